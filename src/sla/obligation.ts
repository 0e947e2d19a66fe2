import type { Finding } from "../advisory/finding.ts";
import { SEVERITIES, type Severity } from "../advisory/severity.ts";
import { type Instant, later } from "../time.ts";
import { compareTexts } from "../versions/order.ts";
import type { SlaTerms } from "./terms.ts";

/** One reason to merge by a certain moment. Keyed by vulnerability, never by digest: a newer digest cannot restart it. */
export interface Obligation {
  /** The vulnerability's id, or `update` for an update that fixes none that is known. */
  readonly id: string;
  readonly severity: Severity;
  /** When the first verified digest that fixes it was there for us and the vulnerability was known. */
  readonly startedAt: Instant;
  /** The last moment that is in time. */
  readonly dueAt: Instant;
}

/** What an obligation is computed from, besides the vulnerability. */
export interface ClockFacts {
  /** When the digest that has the fixes was verified. */
  readonly startedAt: Instant;
  /** When the advisories were asked: severities and dates of findings are as of this moment. */
  readonly assessedAt: Instant;
  readonly terms: SlaTerms;
}

/** Id of the obligation of an update that fixes no known vulnerability. */
export const UPDATE_ID = "update";

/**
 * Our clock for a vulnerability, which may be in several packages: from the moment its fix was there for us and it was known,
 * whichever is later.
 *
 * A date of publication after the assessment lies in the future. It is not believed: it would only move the deadline away.
 */
export function obligationOf(id: string, findings: readonly Finding[], facts: ClockFacts): Obligation {
  const severity = severityOf(findings);
  const [publishedAt] = findings
    .map((finding) => finding.publishedAt)
    .filter((at) => at <= facts.assessedAt)
    .toSorted((a, b) => a - b);
  const isKnownLater = publishedAt !== undefined && publishedAt > facts.startedAt;
  const startedAt = isKnownLater ? publishedAt : facts.startedAt;
  return { id, severity, startedAt, dueAt: later(startedAt, facts.terms[severity]) };
}

/** Our clock for an update without a known fix: a later advisory may name it, so it has a day to be merged by as well. */
export function updateObligationOf({ startedAt, terms }: ClockFacts): Obligation {
  return { id: UPDATE_ID, severity: "none", startedAt, dueAt: later(startedAt, terms.none) };
}

/**
 * An obligation whose vulnerability is now rated like this. Its start stays.
 *
 * Raised (a shorter period): the new period counts from the assessment, unless the old deadline comes first. Lowered (a longer
 * one): the new period counts from the start. A deadline that has passed stays where it is, and so does everything when a rating is
 * taken back (`unknown`) or stays the same: new terms apply to new obligations only.
 */
export function reratedOf(
  obligation: Obligation,
  severity: Severity,
  { assessedAt, terms }: Pick<ClockFacts, "assessedAt" | "terms">,
): Obligation {
  const { startedAt, dueAt } = obligation;
  if (severity === obligation.severity || severity === "unknown") return obligation;
  if (dueAt < assessedAt) return { ...obligation, severity };
  if (terms[severity] > terms[obligation.severity]) {
    return { ...obligation, severity, dueAt: later(startedAt, terms[severity]) };
  }
  const raisedDueAt = later(assessedAt, terms[severity]);
  return { ...obligation, severity, dueAt: raisedDueAt < dueAt ? raisedDueAt : dueAt };
}

/** How severe a vulnerability is that is in several packages: as in the worst of them. */
export function severityOf(findings: readonly Finding[]): Severity {
  return worstOf(findings.map(({ severity }) => severity));
}

/** The most severe of ratings; `unknown` only when there is no other. */
export function worstOf(severities: Iterable<Severity>): Severity {
  const present = new Set(severities);
  return SEVERITIES.find((severity) => present.has(severity)) ?? "unknown";
}

/** The order of a timer: the earliest deadline first, then by id. */
export function byDue(a: Obligation, b: Obligation): number {
  return a.dueAt === b.dueAt ? compareTexts(a.id, b.id) : a.dueAt - b.dueAt;
}
