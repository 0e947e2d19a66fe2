import type { Severity } from "../advisory/severity.ts";
import type { Instant } from "../time.ts";

/** One reason to merge by a certain moment. Keyed by vulnerability, never by digest: a newer digest cannot restart it. */
export interface Obligation {
  /** The vulnerability's id, or `update` for an update that fixes none that is known. */
  readonly id: string;
  readonly severity: Severity;
  /** When the first verified digest that fixes it was there for us. */
  readonly startedAt: Instant;
  readonly dueAt: Instant;
}

/** An SLA clock of one image line in one code repository. */
export interface Timer {
  /** Sorted by due date, then id; never empty. */
  readonly obligations: readonly Obligation[];
  readonly state: "open" | "met" | "late" | "cancelled";
  /** When it was merged (met, late) or no longer applied (cancelled). */
  readonly closedAt?: Instant;
}
