import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../time.ts";

/** What the host counts by, and a second more: what leaves us in order may arrive closer together. */
export const MINUTE_WINDOW_MS = MINUTE_MS + SECOND_MS;
export const HOUR_WINDOW_MS = HOUR_MS + SECOND_MS;

/** Shortest and longest time a host is left alone after it refused. */
export const PENALTY_MS_MIN = SECOND_MS;
export const PENALTY_MS_MAX = HOUR_MS;
/** The pace after refusals never falls below this part of the configured one. */
export const SHARE_MIN = 1 / 16;
/** What of the configured pace comes back with a success, once this long nothing was refused or came back. */
export const SHARE_REGAINED = 1 / 16;
export const QUIET_MS = 5 * MINUTE_MS;

/** How long somebody who was told when to come is waited for; after that the turn is lost. */
export const GRACE_MS = 15 * SECOND_MS;
/** Nobody is told to come later than this. */
export const WAIT_MS_MAX = HOUR_MS;
/** How long asking again for what was let through is no second wish. */
export const REPEAT_MS = 15 * SECOND_MS;
/** Somebody without a deadline who waits longer than this comes after three that have one, not after all. */
export const AGED_MS = 2 * HOUR_MS;
export const DATED_BEFORE_AGED = 3;

/** Who waits beyond these is told a moment, but has no place in the line. */
export const WAITERS_MAX = 5_000;
/** Things that may be created by one request. */
export const COST_MAX = 20;
/** How far the clock may go back before all that rests on it is forgotten. */
export const CLOCK_BACK_MS_MAX = MINUTE_MS;
/** How long what is known of an account outlives its last use. */
export const RECORD_TTL_MS = DAY_MS;
