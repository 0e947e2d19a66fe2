import type { Finding } from "../advisory/finding.ts";
import { SEVERITIES, type Severity } from "../advisory/severity.ts";
import type { Instant } from "../time.ts";
import { compareTexts } from "../versions/order.ts";
import type { Evaluation } from "./evaluation.ts";

/** One reason to merge, as pull requests and pages show it. Keyed by vulnerability, never by digest: a newer digest cannot restart it. */
export interface Obligation {
  /** The vulnerability's id, or {@link UPDATE_ID}. */
  readonly id: string;
  readonly severity: Severity;
  readonly startedAt: Instant;
  /** The last moment that is in time; absent for no deadline. */
  readonly dueAt?: Instant;
  /** Until when being over it is excused. */
  readonly excusedUntil?: Instant;
  /** Present where it is not simply open. */
  readonly standing?: "paused" | "accepted" | "indeterminate";
  /** When the acceptance of its risk ends. */
  readonly acceptedUntil?: Instant;
  readonly startedBy?: Evaluation["startedBy"];
  /** The rule that set the deadline, for people: `critical P7D`. */
  readonly rule?: string;
}

/** Id of the obligation of an update that fixes no known vulnerability. */
export const UPDATE_ID = "update";

/** How severe a vulnerability is that is in several packages: as in the worst of them. */
export function severityOf(findings: readonly Finding[]): Severity {
  return worstOf(findings.map(({ severity }) => severity));
}

/** The most severe of ratings; `unknown` only when there is no other. */
export function worstOf(severities: Iterable<Severity>): Severity {
  const present = new Set(severities);
  return SEVERITIES.find((severity) => present.has(severity)) ?? "unknown";
}

/** The moment after which an obligation is late, with its excuse; undefined for none. */
export function lastMomentOf({
  dueAt,
  excusedUntil,
}: Pick<Obligation, "dueAt" | "excusedUntil">): Instant | undefined {
  if (dueAt === undefined || excusedUntil === undefined) return dueAt;
  return excusedUntil > dueAt ? excusedUntil : dueAt;
}

/** The order of a timer: the earliest deadline first, those without one last, then by id. A risk that is accepted comes after all others. */
export function byDue(a: Obligation, b: Obligation): number {
  const borne = Number(a.standing === "accepted") - Number(b.standing === "accepted");
  if (borne !== 0) return borne;
  if (a.dueAt === b.dueAt) return compareTexts(a.id, b.id);
  return (a.dueAt ?? Number.POSITIVE_INFINITY) - (b.dueAt ?? Number.POSITIVE_INFINITY);
}
