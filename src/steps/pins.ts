import type { Digest } from "../image/digest.ts";
import { type ImageLine, renderLine } from "../image/reference.ts";
import type { Store, WatchState } from "../ports/store.ts";
import { branchName, type CodeBranch } from "../proposal/plan.ts";
import { lineTo } from "../watch/candidates.ts";
import { movingTo, pinsOf, type Scan } from "../watch/scan.ts";

/** A branch that pins an image line to a digest. */
export interface Pin extends CodeBranch {
  /** What is pinned. Another line than the one that was asked about, where its places may move there. */
  readonly line: ImageLine;
  readonly digest: Digest;
  /** Id of the profile that claims the line. */
  readonly profile: string;
  /** Files that pin it, each once. */
  readonly paths: readonly string[];
  /** That found it. */
  readonly scan: Scan;
}

/** Who pins a line to what, or may move to it from another tag, by the last scans of its subscribers. */
export async function pinsFor(
  store: Pick<Store, "watch" | "scansOf">,
  line: ImageLine,
): Promise<readonly Pin[]> {
  const { subscribers } = await store.watch(line);
  return pinsAmong(await scansFrom(store, subscribers), line);
}

/** Scans that are asked for at once: each lists every place of a branch. */
const SCANS_AT_ONCE = 50;

/** The last scans of branches, those that there are. */
export async function scansFrom(
  store: Pick<Store, "scansOf">,
  branches: readonly CodeBranch[],
): Promise<readonly Scan[]> {
  const scans: Scan[] = [];
  for (let start = 0; start < branches.length; start += SCANS_AT_ONCE) {
    scans.push(...(await store.scansOf(branches.slice(start, start + SCANS_AT_ONCE))));
  }
  return scans;
}

/** Who pins a line to what, by these scans. */
export function pinsAmong(scans: readonly Scan[], line: ImageLine): readonly Pin[] {
  return scans.flatMap((scan) => {
    const { codeRepository, branch } = scan;
    return [line, ...movingTo(scan, line)].flatMap((pinned) =>
      pinsOf(scan, pinned).map((pin) => ({ codeRepository, branch, line: pinned, scan, ...pin })),
    );
  });
}

/**
 * Digests that each of these watches is pinned to, or may be moved to from, by the full name of its line. Every subscriber is read once,
 * however many lines it has.
 */
export async function pinnedDigests(
  store: Pick<Store, "scansOf">,
  watches: readonly WatchState[],
): Promise<ReadonlyMap<string, ReadonlySet<Digest>>> {
  const pinned = new Map(watches.map(({ line }) => [renderLine(line), new Set<Digest>()]));
  const subscribers = [
    ...new Map(
      watches.flatMap((watch) => watch.subscribers.map((code) => [branchName(code), code])),
    ).values(),
  ];
  for (let start = 0; start < subscribers.length; start += SCANS_AT_ONCE) {
    for (const scan of await store.scansOf(subscribers.slice(start, start + SCANS_AT_ONCE))) {
      addPins(scan, pinned);
    }
  }
  return pinned;
}

function addPins({ places, candidates = [] }: Scan, pinned: ReadonlyMap<string, Set<Digest>>): void {
  const toward = Map.groupBy(candidates, ({ line }) => renderLine(line));
  for (const { state } of places) {
    if (state.kind !== "handled") continue;
    const name = renderLine(state.line);
    pinned.get(name)?.add(state.digest);
    for (const candidate of toward.get(name) ?? []) {
      pinned.get(renderLine(lineTo(candidate)))?.add(state.digest);
    }
  }
}
