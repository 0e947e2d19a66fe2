import { DAY_MS, HOUR_MS, type Instant } from "../time.ts";

/** A tag that the registry says it does not have, look after look. */
export interface Missing {
  readonly since: Instant;
  readonly lastAt: Instant;
  /** Looks in a row that did not find it. */
  readonly count: number;
}

/** Looks in a row, and the time between the first and the last of them, before a tag counts as gone: registries say 404 for a while. */
const GONE_AFTER_LOOKS = 3;
const GONE_AFTER_MS = HOUR_MS;
const WAIT_MAX_MS = DAY_MS;
/** Doublings that reach the longest wait from any interval. */
const DOUBLINGS_MAX = 40;

/** What is known of a tag that is not there, after one more look. */
export function missingAfter(before: Missing | undefined, at: Instant): Missing {
  if (before === undefined) return { since: at, lastAt: at, count: 1 };
  // A clock that was set back has not waited.
  return { since: before.since <= at ? before.since : at, lastAt: at, count: before.count + 1 };
}

/** Whether a tag is gone, beyond a registry's bad moment. */
export function isGone(missing: Missing | undefined): boolean {
  return (
    missing !== undefined &&
    missing.count >= GONE_AFTER_LOOKS &&
    missing.lastAt - missing.since >= GONE_AFTER_MS
  );
}

/** How long to wait before it is looked for again, in milliseconds: the interval doubled with each look, at most a day. */
export function missingWaitMs({ count }: Missing, intervalMs: number): number {
  return Math.min(intervalMs * 2 ** Math.min(count, DOUBLINGS_MAX), Math.max(WAIT_MAX_MS, intervalMs));
}
