import { CodedError } from "../../errors.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../time.ts";

/** How often a job is tried before it fails for good. What it was about is found again by the next poll or sweep. */
export const RETRIES_MAX = 8;

const FIRST_DELAY_MS = SECOND_MS;
const DELAY_MAX_MS = 15 * MINUTE_MS;
const RETRY_AFTER_MAX_MS = 6 * HOUR_MS;

/** Whether trying the same job again may help: every error but those that say it does not. */
export function isRetryable(error: unknown): boolean {
  return error instanceof CodedError ? error.transient : true;
}

/**
 * How long to wait before the next try, in milliseconds: what the other side asked for, else doubling from one second.
 *
 * @param triesDone at least 1
 * @param random 0 to 1: half of the wait is spread, so that jobs which failed together do not come back together
 */
export function retryDelayMs(triesDone: number, error: unknown, random: number): number {
  const asked = error instanceof CodedError ? error.retryAfterMs : undefined;
  if (asked !== undefined) return Math.min(asked, RETRY_AFTER_MAX_MS) + Math.floor(random * SECOND_MS);
  const delayMs = Math.min(FIRST_DELAY_MS * 2 ** Math.min(triesDone - 1, 20), DELAY_MAX_MS);
  return Math.floor(delayMs / 2 + (random * delayMs) / 2);
}
