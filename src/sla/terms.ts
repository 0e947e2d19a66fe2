import type { Severity } from "../advisory/severity.ts";

/**
 * How long after its start a deadline falls, in milliseconds, by severity.
 *
 * `none` is also what an update runs by that fixes no known vulnerability: it still has a day to be merged by, because a later
 * advisory may name it.
 */
export type SlaTerms = Readonly<Record<Severity, number>>;
