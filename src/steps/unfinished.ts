import type { Digest } from "../image/digest.ts";
import { renderLine, type Repository } from "../image/reference.ts";
import type { Store, WatchState } from "../ports/store.ts";
import { isSameContent } from "../watch/history.ts";
import { pinnedDigests } from "./pins.ts";

/**
 * The digests of one repository that tags stand on and that are not dealt with: not judged, or pinned otherwise by somebody. A move that was
 * noticed and then lost on its way (a killed process, a job that gave up) is found again by this.
 *
 * @param watches of one repository, as they are now
 */
export async function unfinishedDigests(
  store: Store,
  repository: Repository,
  watches: readonly WatchState[],
): Promise<readonly Digest[]> {
  const current = new Set(watches.flatMap(({ history }) => history.at(-1)?.digest ?? []));
  if (current.size === 0) return [];
  const records = await store.verdicts([...current].map((digest) => ({ repository, digest })));
  const judged = new Set(
    records.flatMap(({ image, verdict }) => (verdict.kind === "awaiting-evidence" ? [] : [image.digest])),
  );
  const pinned = await pinnedDigests(store, watches);
  const unfinished = watches.flatMap(({ line, history }) => {
    const digest = history.at(-1)?.digest;
    if (digest === undefined) return [];
    // A pin on another index of the same images stays where it is.
    const isBehind = (pin: Digest): boolean => pin !== digest && !isSameContent(history, pin, digest);
    return !judged.has(digest) || [...(pinned.get(renderLine(line)) ?? [])].some(isBehind) ? [digest] : [];
  });
  return [...new Set(unfinished)];
}
