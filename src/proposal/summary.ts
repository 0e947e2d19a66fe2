import type { Finding, NotAffected } from "../advisory/finding.ts";
import { SEVERITIES, type Severity } from "../advisory/severity.ts";
import type { FixedFinding, VulnerabilityDelta } from "../assess/assessment.ts";
import { InvalidInputError } from "../errors.ts";
import { isSameRepository, shortNameOf } from "../image/reference.ts";
import { byDue, type Obligation, worstOf } from "../sla/obligation.ts";
import { dueOf } from "../sla/timer.ts";
import type { Instant } from "../time.ts";
import { compareTexts } from "../versions/order.ts";
import type { Plan, Update } from "./plan.ts";

/** A finding with the updates it is about. */
export interface PlanFinding extends Finding {
  /** How it is fixed, why it is no longer counted, and why nobody knows: each of its own side. */
  readonly how?: FixedFinding["how"];
  readonly why?: NotAffected;
  readonly reason?: string;
  /** Sorted as in the plan, never empty. */
  readonly updates: readonly Update[];
  /** By when it is to be merged; absent where no clock runs for it. */
  readonly dueAt?: Instant;
}

/** What decides by when the whole pull request is to be merged. */
export interface PlanDue {
  readonly obligation: Obligation;
  /** What is fixed by then, the most severe first; empty when the plan fixes nothing of the kind. */
  readonly fixed: readonly PlanFinding[];
}

/** What a body says about a plan more than once. */
export interface PlanSummary {
  readonly plan: Plan;
  readonly fixed: readonly PlanFinding[];
  readonly introduced: readonly PlanFinding[];
  readonly remaining: readonly PlanFinding[];
  readonly reclassified: readonly PlanFinding[];
  readonly indeterminate: readonly PlanFinding[];
  readonly due: PlanDue;
}

/** @throws {InvalidInputError} `record-invalid` for a plan without updates */
export function summaryOf(plan: Plan): PlanSummary {
  return {
    plan,
    fixed: findingsOf(plan, "fixed"),
    introduced: findingsOf(plan, "introduced"),
    remaining: findingsOf(plan, "remaining"),
    reclassified: findingsOf(plan, "reclassified"),
    indeterminate: findingsOf(plan, "indeterminate"),
    due: planDueOf(plan),
  };
}

/**
 * The earliest deadline of all updates.
 *
 * @throws {InvalidInputError} `record-invalid` for a plan without updates
 */
export function planDueOf(plan: Plan): PlanDue {
  const [first] = plan.updates.map(({ timer }) => dueOf(timer)).toSorted(byDue);
  if (first === undefined) {
    throw new InvalidInputError("record-invalid", "a plan without updates proposes nothing");
  }
  const fixed = findingsOf(plan, "fixed").filter(
    ({ id, dueAt }) => dueAt === first.dueAt && (dueAt !== undefined || id === first.id),
  );
  const obligation = plan.updates
    .flatMap(({ timer }) => timer.obligations)
    .find(({ id, dueAt }) => id === fixed[0]?.id && dueAt === first.dueAt);
  return { obligation: obligation ?? first, fixed };
}

/** Findings of one side of all updates, equal ones merged: sorted by deadline, severity, score, id, package. */
export function findingsOf(plan: Plan, side: FindingSide): readonly PlanFinding[] {
  const found = plan.updates.flatMap((update) => {
    const dueById = new Map(update.timer.obligations.map(({ id, dueAt }) => [id, dueAt]));
    return (deltaOf(update)?.[side] ?? []).map((finding) => ({
      finding,
      update,
      dueAt: dueById.get(finding.id),
    }));
  });
  const groups = Map.groupBy(found, ({ finding }) =>
    JSON.stringify([finding.id, finding.packageName, finding.installedVersion, finding.fixedVersion]),
  );
  return [...groups.values()].flatMap((group) => mergedOf(group)).toSorted(byUrgency);
}

/** How many vulnerabilities there are of each severity, the most severe first; one that is in several packages counts once. */
export function countsOf(
  findings: readonly Finding[],
): readonly { readonly severity: Severity; readonly count: number }[] {
  const byId = Map.groupBy(findings, ({ id }) => id);
  const severities = [...byId.values()].map((group) => worstOf(group.map(({ severity }) => severity)));
  return SEVERITIES.map((severity) => ({
    severity,
    count: severities.filter((other) => other === severity).length,
  })).filter(({ count }) => count > 0);
}

/** `3 critical, 2 high, 1 not rated`. */
export function renderCounts(findings: readonly Finding[]): string {
  return countsOf(findings)
    .map(({ severity, count }) => `${count} ${severityWord(severity)}`)
    .join(", ");
}

/** A severity in a sentence. */
export function severityWord(severity: Severity): string {
  if (severity === "unknown") return "not rated";
  return severity === "none" ? "without severity" : severity;
}

/** `3 remain (1 high, 2 low)`, `1 remains (low)`: how many there are, of which severities. */
export function renderTotal(
  findings: readonly Finding[],
  verbs: readonly [one: string, many: string],
): string {
  const [first, ...others] = countsOf(findings);
  if (first !== undefined && others.length === 0) {
    return `${first.count} ${verbs[first.count === 1 ? 0 : 1]} (${severityWord(first.severity)})`;
  }
  return `${idCountOf(findings)} ${verbs[1]} (${renderCounts(findings)})`;
}

/** How many different vulnerabilities. */
export function idCountOf(findings: readonly Finding[]): number {
  return new Set(findings.map(({ id }) => id)).size;
}

/** What advisories say about an update, if they were asked. */
export function deltaOf({ assessment }: Update): VulnerabilityDelta | undefined {
  return assessment.vulnerabilities.kind === "assessed" ? assessment.vulnerabilities.delta : undefined;
}

/** Whether all updates are about one repository of images. */
export function hasOneRepository({
  updates,
}: {
  readonly updates: readonly Pick<Update, "line">[];
}): boolean {
  const [first] = updates;
  return (
    first !== undefined &&
    updates.every(({ line }) => isSameRepository(line.repository, first.line.repository))
  );
}

/** What tells an update from the others of its plan: its tag, or name and tag. Foreign text. */
export function labelOf(
  { line }: Pick<Update, "line">,
  plan: { readonly updates: readonly Pick<Update, "line">[] },
): string {
  return hasOneRepository(plan) ? line.tag : `${shortNameOf(line.repository)}:${line.tag}`;
}

/** Lists of findings in a delta. */
export type FindingSide = "fixed" | "introduced" | "remaining" | "reclassified" | "indeterminate";

interface FoundFinding {
  readonly finding: Omit<PlanFinding, "updates" | "dueAt">;
  readonly update: Update;
  readonly dueAt: Instant | undefined;
}

function mergedOf(group: readonly FoundFinding[]): readonly PlanFinding[] {
  const [first] = group;
  if (first === undefined) return [];
  const updates = [...new Set(group.map(({ update }) => update))];
  const [dueAt] = group.flatMap((found) => found.dueAt ?? []).toSorted((a, b) => a - b);
  return [{ ...first.finding, updates, ...(dueAt === undefined ? {} : { dueAt }) }];
}

function byUrgency(a: PlanFinding, b: PlanFinding): number {
  const due = (a.dueAt ?? Number.MAX_SAFE_INTEGER) - (b.dueAt ?? Number.MAX_SAFE_INTEGER);
  if (due !== 0) return due;
  const severity = SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity);
  if (severity !== 0) return severity;
  const score = (b.score ?? 0) - (a.score ?? 0);
  if (score !== 0) return score;
  return compareTexts(a.id, b.id) || compareTexts(a.packageName, b.packageName);
}
