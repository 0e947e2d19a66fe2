import { SEVERITIES, type Severity } from "../advisory/severity.ts";
import { DAY_MS, type Instant } from "../time.ts";
import { compareTexts } from "../versions/order.ts";
import { type Evaluation, isOverdue } from "./evaluation.ts";
import type { VendorEvaluation, VendorState } from "./vendor.ts";

/** Numbers that teams report about their own merging. */
export interface Compliance {
  readonly met: number;
  readonly late: number;
  /** Running and past the deadline. */
  readonly overdue: number;
  readonly openInTime: number;
  readonly accepted: number;
  /** When the first acceptance ends. */
  readonly nextExpiryAt?: Instant;
  /** Merged before it was known: counted here and in {@link Compliance.met}, in no time to merge. */
  readonly alreadyFixed: number;
  /** Ends that were undone. */
  readonly reopened: number;
  /** met / (met + late), 0 to 1; absent when nothing ended. */
  readonly closedShare?: number;
  /** met / (met + late + overdue): what is overdue counts before somebody merges it. */
  readonly honestShare?: number;
  readonly overdueMaxMs: number;
  /** From start to merge, by severity. */
  readonly timeToMerge: Readonly<Record<Severity, Spread>>;
  /** Running, by severity and age in days: 0-7, 8-14, 15-30, 31-90, over. */
  readonly ages: Readonly<Record<Severity, readonly [number, number, number, number, number]>>;
}

/** How a number spreads. Spans are in milliseconds and absent without any. */
export interface Spread {
  readonly count: number;
  readonly meanMs?: number;
  readonly p50Ms?: number;
  readonly p90Ms?: number;
}

/** What obligations add up to at a moment. Those of vulnerabilities and of updates count alike. */
export function complianceOf(evaluations: readonly Evaluation[], now: Instant): Compliance {
  const counts = { met: 0, late: 0, overdue: 0, openInTime: 0, accepted: 0, alreadyFixed: 0, reopened: 0 };
  const spans = bySeverity<number[]>(() => []);
  const ages = bySeverity<[number, number, number, number, number]>(() => [0, 0, 0, 0, 0]);
  let overdueMaxMs = 0;
  let nextExpiryAt: Instant | undefined;
  for (const evaluation of evaluations) {
    const { state, severity, startedAt, endedAt, dueAt, notes, relapses, acceptance } = evaluation;
    counts.reopened += relapses.length;
    if (state === "met" || state === "late") {
      counts[state] += 1;
      const isAlready = startedAt === undefined || notes.includes("already-fixed");
      if (isAlready) counts.alreadyFixed += 1;
      else if (endedAt !== undefined) spans[severity].push(Math.max(0, endedAt - startedAt));
    } else if (state === "accepted") {
      counts.accepted += 1;
      const until = acceptance?.until;
      if (until !== undefined && (nextExpiryAt === undefined || until < nextExpiryAt)) nextExpiryAt = until;
    } else if (state === "open" || state === "paused" || state === "indeterminate") {
      if (isOverdue(evaluation, now)) {
        counts.overdue += 1;
        overdueMaxMs = Math.max(overdueMaxMs, now - (dueAt ?? now));
      } else counts.openInTime += 1;
      if (startedAt !== undefined) ages[severity][ageOf(now - startedAt)] += 1;
    }
  }
  const { met, late, overdue } = counts;
  return {
    ...counts,
    ...(nextExpiryAt === undefined ? {} : { nextExpiryAt }),
    ...(met + late === 0 ? {} : { closedShare: met / (met + late) }),
    ...(met + late + overdue === 0 ? {} : { honestShare: met / (met + late + overdue) }),
    overdueMaxMs,
    timeToMerge: bySeverity((severity) => spreadOf(spans[severity])),
    ages,
  };
}

function ageOf(ageMs: number): 0 | 1 | 2 | 3 | 4 {
  const days = ageMs / DAY_MS;
  if (days <= 7) return 0;
  if (days <= 14) return 1;
  if (days <= 30) return 2;
  return days <= 90 ? 3 : 4;
}

/** A vendor's record about a severity, beside the promise it is measured by. */
export interface ScorecardRow extends Spread {
  readonly vendor: string;
  readonly severity: Severity;
  readonly states: Readonly<Record<VendorState, number>>;
  /** met / (met + missed + overdue), 0 to 1; absent below {@link SHARE_COUNT_MIN} of them. */
  readonly metShare?: number;
}

/** Verdicts that a share needs to say something. */
export const SHARE_COUNT_MIN = 10;

/** One row for each vendor and severity that has a clock, sorted by vendor, then the most urgent first. */
export function scorecardOf(
  evaluations: readonly { readonly vendor: string; readonly evaluation: VendorEvaluation }[],
): readonly ScorecardRow[] {
  const vendors = Map.groupBy(evaluations, ({ vendor }) => vendor);
  return [...vendors]
    .toSorted(([a], [b]) => compareTexts(a, b))
    .flatMap(([vendor, entries]) =>
      SEVERITIES.flatMap((severity) => {
        const rated = entries.flatMap(({ evaluation }) =>
          evaluation.severity === severity ? [evaluation] : [],
        );
        return rated.length === 0 ? [] : [rowOf(vendor, severity, rated)];
      }),
    );
}

function rowOf(vendor: string, severity: Severity, evaluations: readonly VendorEvaluation[]): ScorecardRow {
  const states = {
    met: 0,
    missed: 0,
    inconclusive: 0,
    running: 0,
    overdue: 0,
    exempt: 0,
    "not-started": 0,
    "not-counted": 0,
  };
  for (const { state } of evaluations) states[state] += 1;
  // Spans that nobody could see do not count.
  const spans = evaluations.flatMap(({ state, tookMs }) =>
    tookMs !== undefined && state !== "not-counted" && state !== "exempt" ? [tookMs] : [],
  );
  const judged = states.met + states.missed + states.overdue;
  return {
    vendor,
    severity,
    states,
    ...spreadOf(spans),
    ...(judged < SHARE_COUNT_MIN ? {} : { metShare: states.met / judged }),
  };
}

function spreadOf(spans: readonly number[]): Spread {
  if (spans.length === 0) return { count: 0 };
  const sorted = spans.toSorted((a, b) => a - b);
  return {
    count: sorted.length,
    meanMs: sorted.reduce((sum, span) => sum + span, 0) / sorted.length,
    p50Ms: percentileOf(sorted, 0.5),
    p90Ms: percentileOf(sorted, 0.9),
  };
}

/** The nearest rank: a span that there was, not one between two. */
function percentileOf(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

function bySeverity<Value>(valueOf: (severity: Severity) => Value): Record<Severity, Value> {
  return {
    critical: valueOf("critical"),
    high: valueOf("high"),
    medium: valueOf("medium"),
    low: valueOf("low"),
    none: valueOf("none"),
    unknown: valueOf("unknown"),
  };
}
