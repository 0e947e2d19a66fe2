import type { Digest } from "../image/digest.ts";
import { type ImageLine, renderLine } from "../image/reference.ts";
import type { Store, WatchState } from "../ports/store.ts";
import type { CodeRepository } from "../proposal/plan.ts";
import { pinsOf, type Scan } from "../watch/scan.ts";

/** A code repository that pins an image line to a digest. */
export interface Pin {
  readonly codeRepository: CodeRepository;
  readonly branch: string;
  readonly digest: Digest;
  /** Id of the profile that claims the line. */
  readonly profile: string;
  /** Files that pin it, each once. */
  readonly paths: readonly string[];
}

/** Who pins a line to what, by the last scans of its subscribers. */
export async function pinsFor(store: Store, line: ImageLine): Promise<readonly Pin[]> {
  const { subscribers } = await store.watch(line);
  return pinsAmong(await scansFrom(store, subscribers), line);
}

/** The last scans of code repositories, those that there are. */
export async function scansFrom(
  store: Pick<Store, "scan">,
  codeRepositories: readonly CodeRepository[],
): Promise<readonly Scan[]> {
  const scans = await Promise.all(codeRepositories.map((codeRepository) => store.scan(codeRepository)));
  return scans.filter((scan) => scan !== undefined);
}

/** Who pins a line to what, by these scans. */
export function pinsAmong(scans: readonly Scan[], line: ImageLine): readonly Pin[] {
  return scans.flatMap((scan) => {
    const { codeRepository, branch } = scan;
    return pinsOf(scan, line).map((pin) => ({ codeRepository, branch, ...pin }));
  });
}

/** Scans that are read and held at once: each lists every place of a code repository. */
const SCANS_AT_ONCE = 50;

/** Digests that each of these watches is pinned to, by the full name of its line. Every subscriber is read once, however many lines it has. */
export async function pinnedDigests(
  store: Pick<Store, "scansOf">,
  watches: readonly WatchState[],
): Promise<ReadonlyMap<string, ReadonlySet<Digest>>> {
  const pinned = new Map(watches.map(({ line }) => [renderLine(line), new Set<Digest>()]));
  const subscribers = [
    ...new Map(
      watches.flatMap((watch) => watch.subscribers.map((code) => [`${code.owner}/${code.name}`, code])),
    ).values(),
  ];
  for (let start = 0; start < subscribers.length; start += SCANS_AT_ONCE) {
    for (const scan of await store.scansOf(subscribers.slice(start, start + SCANS_AT_ONCE))) {
      for (const { state } of scan.places) {
        if (state.kind === "handled") pinned.get(renderLine(state.line))?.add(state.digest);
      }
    }
  }
  return pinned;
}
