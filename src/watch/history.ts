import type { Digest } from "../image/digest.ts";
import { type Instant } from "../time.ts";

/** At this time this tag pointed at this digest. */
export interface Observation {
  readonly digest: Digest;
  readonly firstSeenAt: Instant;
  readonly lastSeenAt: Instant;
}

/** Where a tag has been, oldest first. The last one is where it is now; a digest stands twice if the tag came back to it. */
export type TagHistory = readonly Observation[];

/** Observations of one tag that are kept. */
export const OBSERVATIONS_MAX = 100;

/** What an observation means against what was known. */
export type Movement = "first" | "same" | "forward" | "backwards";

/** The history with one more look at the tag, and what that look means. Pure: running it twice changes only `lastSeenAt`. */
export function observe(
  history: TagHistory,
  digest: Digest,
  at: Instant,
): { readonly history: TagHistory; readonly movement: Movement } {
  const current = history.at(-1);
  if (current?.digest === digest) {
    const seen = { ...current, lastSeenAt: at > current.lastSeenAt ? at : current.lastSeenAt };
    return { history: [...history.slice(0, -1), seen], movement: "same" };
  }
  const movement = current === undefined ? "first" : isKnown(history, digest) ? "backwards" : "forward";
  const seen = { digest, firstSeenAt: at, lastSeenAt: at };
  return { history: [...history, seen].slice(-OBSERVATIONS_MAX), movement };
}

/** Whether the tag stands on a digest that it had left before: never an ordinary update. */
export function isBackwards(history: TagHistory): boolean {
  const current = history.at(-1);
  return current !== undefined && isKnown(history.slice(0, -1), current.digest);
}

function isKnown(history: TagHistory, digest: Digest): boolean {
  return history.some((observation) => observation.digest === digest);
}
