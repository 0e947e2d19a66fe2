import type { Digest } from "../image/digest.ts";
import { renderLine, type Repository } from "../image/reference.ts";
import type { Store, WatchState } from "../ports/store.ts";
import { isSameContent } from "../watch/history.ts";
import { pinnedDigests } from "./pins.ts";
import { wantedFor } from "../watch/wanted.ts";

/**
 * The digests of one repository that tags stand on and that are not dealt with: not judged, or pinned otherwise by somebody. A move that was
 * noticed and then lost on its way (a killed process, a job that gave up) is found again by this.
 *
 * @param watches of one repository, as they are now
 * @param hashOf the rules in force for a digest; what was judged by others is not judged. Undefined where that is not known now
 */
export async function unfinishedDigests(
  store: Store,
  repository: Repository,
  watches: readonly WatchState[],
  hashOf: (digest: Digest) => Promise<string | undefined>,
): Promise<readonly Digest[]> {
  const current = new Set(watches.flatMap(({ history }) => history.at(-1)?.digest ?? []));
  if (current.size === 0) return [];
  const pinned = await pinnedDigests(store, watches);
  const asked = new Set([...current, ...[...pinned.values()].flatMap((digests) => [...digests])]);
  const records = new Map(
    (await store.verdicts([...asked].map((digest) => ({ repository, digest })))).map((record) => [
      record.image.digest,
      record,
    ]),
  );
  const judged = new Set<Digest>();
  for (const digest of current) {
    const record = records.get(digest);
    if (record === undefined || record.verdict.kind === "awaiting-evidence") continue;
    if (record.policyHash === ((await hashOf(digest)) ?? record.policyHash)) judged.add(digest);
  }
  const unfinished = watches.flatMap(({ line, history }) => {
    const digest = history.at(-1)?.digest;
    if (digest === undefined) return [];
    const isBehind = (pin: Digest): boolean => {
      const wanted = wantedFor(
        { digest: pin, shape: records.get(pin)?.shape },
        { digest, shape: records.get(digest)?.shape },
      );
      // A pin on another index of the same images stays where it is.
      return wanted.kind === "digest" && wanted.digest !== pin && !isSameContent(history, pin, digest);
    };
    return !judged.has(digest) || [...(pinned.get(renderLine(line)) ?? [])].some(isBehind) ? [digest] : [];
  });
  return [...new Set(unfinished)];
}
