import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../time.ts";

/** Shortest and longest time a host may ask us to wait for. */
export const PENALTY_MS_MIN = SECOND_MS;
export const PENALTY_MS_MAX = 6 * HOUR_MS;
/** Waits after a 429 that does not say how long: doubling from the first, up to the last, any part of it by chance. */
export const UNSAID_PENALTY_MS = 30 * SECOND_MS;
export const UNSAID_PENALTY_MS_MAX = 30 * MINUTE_MS;
/** Doublings that are counted; the wait is at its longest before. */
export const DOUBLINGS_MAX = 10;

/** The learned part of a budget never falls below this. */
export const SHARE_MIN = 1 / 64;
/** What of the configured budget comes back with each hour without a 429. */
export const SHARE_REGAINED = 0.1;
export const QUIET_MS = HOUR_MS;

/** Failures in a row that open the breaker. */
export const FAILURES_MAX = 5;
/** Outcomes that are remembered, and how many of them may be failures. */
export const RECENT_MAX = 20;
export const RECENT_FAILURES_MAX = 10;
export const OPEN_MS = 30 * SECOND_MS;
export const OPEN_MS_MAX = 15 * MINUTE_MS;
/** How long the one request that tries a failed host may take before another one may. */
export const PROBE_MS = MINUTE_MS;

/** Fewer pulls than this are kept for people who pull the images themselves. */
export const PULLS_KEPT = 10;
/** How soon a held pull asks again: answers to checks may tell meanwhile that there are pulls again. */
export const PULLS_AGAIN_MS = 15 * MINUTE_MS;

/** Refusals in a row that suspend credentials which were not accepted within {@link TRUST_MS}, and others. */
export const REFUSALS_MAX = 3;
export const TRUSTED_REFUSALS_MAX = 10;
export const TRUST_MS = HOUR_MS;
export const SUSPENDED_MS = HOUR_MS;

/** By how much the last of those who wait for one thing is put off behind it. */
export const SPREAD_MS_MAX = HOUR_MS;
/** Of a request: what a sum of fractions may be short of a whole one. */
export const ROUNDING = 1e-6;

/** How long what is known of a host outlives its last use: longer than any penalty, and than a budget takes to come back. */
export const RECORD_TTL_S = 24 * 3_600;
/** Hosts and credentials that are remembered by name, those used last. */
export const GATES_MAX = 1_000;
