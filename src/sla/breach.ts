import type { Severity } from "../advisory/severity.ts";
import type { Instant } from "../time.ts";
import { type Evaluation, isOverdue, type PlaceEvaluation } from "./evaluation.ts";
import { type PlaceId, placeName } from "./facts.ts";
import { lastMomentOf } from "./obligation.ts";
import type { SlaPolicy } from "./policy.ts";

/** A deadline that passed, as it was known when it did. Written once, never changed. */
export interface Breach {
  readonly place: PlaceId;
  readonly id: string;
  readonly severity: Severity;
  readonly startedAt: Instant;
  /** The last moment that would have been in time, with what excused it. */
  readonly dueAt: Instant;
  /** The rule that set it, and the policy it is of. */
  readonly rule: string;
  readonly policy: { readonly id: string; readonly version: number };
}

/** Deadlines of a target that have passed: what is overdue, and what was merged too late. */
export function breachesOf(
  places: readonly PlaceEvaluation[],
  { id: policyId, version }: Pick<SlaPolicy, "id" | "version">,
  now: Instant,
): readonly Breach[] {
  return places.flatMap(({ place, obligations }) =>
    obligations.flatMap((evaluation) => {
      const { id, severity, startedAt, state, rule = "" } = evaluation;
      const dueAt = lastMomentOf(evaluation);
      const isBreached = state === "late" || isOverdue(evaluation, now);
      if (!isBreached || dueAt === undefined || startedAt === undefined) return [];
      return [{ place, id, severity, startedAt, dueAt, rule, policy: { id: policyId, version } }];
    }),
  );
}

/** The identity of a breach: a deadline of an obligation passes once. */
export function breachId({ place, id, dueAt }: Pick<Breach, "place" | "id" | "dueAt">): string {
  return `${placeName(place)} ${id} ${dueAt}`;
}

/** Whether an obligation that was called breached was met after all: the branch had the fix before we heard of it. */
export function isRetracted(
  { id, dueAt }: Pick<Breach, "id" | "dueAt">,
  evaluations: readonly Evaluation[],
): boolean {
  return evaluations.some(
    (evaluation) =>
      evaluation.id === id &&
      evaluation.state === "met" &&
      evaluation.endedAt !== undefined &&
      evaluation.endedAt <= dueAt,
  );
}

/**
 * The last of the moments before a deadline that has come: how long before, in milliseconds. Undefined before the first and after the
 * deadline itself.
 *
 * @param warnMs how long before the deadline each is
 */
export function milestoneOf(dueAt: Instant, now: Instant, warnMs: readonly number[]): number | undefined {
  if (now > dueAt) return undefined;
  const leftMs = dueAt - now;
  return warnMs.filter((beforeMs) => leftMs <= beforeMs).toSorted((a, b) => a - b)[0];
}

/** How far a clock of ours is from another one. */
export const SKEW_TOLD_MS = 5_000;
/** Beyond this nothing is decided that depends on the time. */
export const SKEW_MS_MAX = 300_000;

/** What a difference between two clocks means. Which one is wrong cannot be told from here. */
export function skewOf(
  ours: Instant,
  theirs: Instant,
): { readonly skewMs: number; readonly isUsable: boolean } {
  const skewMs = ours - theirs;
  return { skewMs, isUsable: Math.abs(skewMs) <= SKEW_MS_MAX };
}
