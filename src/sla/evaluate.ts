import type { Severity } from "../advisory/severity.ts";
import type { Instant } from "../time.ts";
import { compareTexts } from "../versions/order.ts";
import { excusedDeadline } from "./acceptance.ts";
import { knownOf, versionedDeadline } from "./deadline.ts";
import { dueFields, type Evaluation, type Note, type PlaceEvaluation } from "./evaluation.ts";
import type { TargetFact } from "./facts.ts";
import type { Line, LineVulnerability } from "./line.ts";
import { lastMomentOf, UPDATE_ID } from "./obligation.ts";
import type { SlaPolicy } from "./policy.ts";
import { acceptanceAt, restoredOf, runningState, type Scope, scopeOf } from "./scope.ts";
import { type Start, startOf } from "./start.ts";
import { type Restored, targetOf } from "./target.ts";
import { type Course, courseOf, pinnedNow } from "./timeline.ts";
import { updateOf } from "./update.ts";

/**
 * Every obligation of a target. Pure: a function of the facts, in whatever order they came, of the policy and of the moment.
 *
 * An obligation is of a place and a vulnerability, never of a digest or a pull request: what supersedes what does not restart it.
 *
 * @param line from the facts that were known at `now`
 */
export function evaluateTarget(
  line: Line,
  facts: readonly TargetFact[],
  policy: SlaPolicy,
  now: Instant,
): readonly PlaceEvaluation[] {
  const target = targetOf(facts, policy, now);
  return target.timelines.map((timeline) => {
    const scope = scopeOf(timeline, { line, target, policy, now });
    const obligations = idsOf(scope).flatMap((id) => evaluationOf(id, scope) ?? []);
    const update = updateOf(scope, obligations);
    const pinned = pinnedNow(timeline);
    return {
      place: timeline.place,
      ...(pinned === undefined ? {} : { pinned }),
      obligations: update === undefined ? obligations : [...obligations, update],
    };
  });
}

/** Vulnerabilities a place has, had, or was said to have. */
function idsOf({ line, target, timeline }: Scope): readonly string[] {
  const ids = new Set<string>();
  for (const stay of timeline.stays) {
    if (stay.kind !== "pinned") continue;
    for (const id of line.idsOf(stay.digest)) ids.add(id);
    for (const id of line.digests.get(stay.digest)?.former.keys() ?? []) ids.add(id);
  }
  for (const id of target.restored.keys()) if (id !== UPDATE_ID) ids.add(id);
  return [...ids].toSorted(compareTexts);
}

const UNKNOWN_VULNERABILITY: Omit<LineVulnerability, "id"> = {
  isFromFuture: false,
  wasWithoutFix: false,
  packages: [],
  ratings: [],
  ssvc: [],
};

function evaluationOf(id: string, scope: Scope): Evaluation | undefined {
  const { line, timeline } = scope;
  const restored = restoredOf(id, scope);
  const course = courseOf(timeline, (digest) => {
    const presence = line.presenceOf(digest, id);
    if (presence !== "unknown" || restored === undefined) return presence;
    // Before anything was looked at again, the pull request tells what has it and what has not.
    return digest === restored.from ? "affected" : digest === restored.to ? "clean" : "unknown";
  });
  const vulnerability = line.vulnerabilities.get(id) ?? { id, ...UNKNOWN_VULNERABILITY };
  if (!course.hadIt) return reclassifiedOf(vulnerability, scope);
  const start = startOf(vulnerability, course, scope, restored);
  // Where facts go back further than what a pull request remembers, they speak.
  const isRemembered = start.by === "restored";
  const facts = { vulnerability, course, scope, restored: isRemembered ? restored : undefined };
  if (start.startedAt === undefined || start.startedAt > scope.now) return notStarted(start, facts);
  return runningOf({ ...start, startedAt: start.startedAt }, facts);
}

interface ObligationFacts {
  readonly vulnerability: LineVulnerability;
  readonly course: Course;
  readonly scope: Scope;
  readonly restored: Restored | undefined;
}

/** Said to be there once, and not any more: it ended when that changed. */
function reclassifiedOf(vulnerability: LineVulnerability, scope: Scope): Evaluation | undefined {
  const { line, timeline } = scope;
  const ends = timeline.stays.flatMap((stay) =>
    stay.kind === "pinned" ? (line.digests.get(stay.digest)?.former.get(vulnerability.id) ?? []) : [],
  );
  const [changedAt] = ends.toSorted((a, b) => b - a);
  const endedAt = vulnerability.notApplicable?.at ?? changedAt;
  if (endedAt === undefined) return undefined;
  return {
    ...identityOf(vulnerability, scope.now),
    state: "not-applicable",
    endedAt,
    moves: [],
    relapses: [],
    notes: vulnerability.notApplicable === undefined ? ["reclassified"] : [],
  };
}

/** Nothing to merge yet, as far as anybody knows. */
function notStarted(start: Start, { vulnerability, course, scope }: ObligationFacts): Evaluation {
  const common = {
    ...identityOf(vulnerability, scope.now),
    moves: [],
    relapses: course.relapses,
    notes: notesOf(vulnerability, start, []),
  };
  const ended = endOf(vulnerability, course);
  if (ended !== undefined) return { ...common, ...ended, state: ended.state ?? "met" };
  const acceptance = acceptanceAt(scope, vulnerability.id);
  if (acceptance !== undefined) return { ...common, state: "accepted", acceptance };
  const { unassessedAt } = start;
  if (unassessedAt !== undefined) {
    // Nobody can say whether what is there fixes it: it is merged by when an unrated one would be.
    const deadline = versionedDeadline(scope.policy, {
      startedAt: unassessedAt,
      known: [{ severity: "unknown", at: unassessedAt }],
      pauses: scope.target.pauses,
    });
    return {
      ...common,
      state: "indeterminate",
      startedAt: unassessedAt,
      startedBy: "unassessed-image",
      ...dueFields(deadline),
      notes: [...common.notes, "unassessed"],
    };
  }
  return { ...common, state: course.now === "unknown" ? "indeterminate" : "waiting" };
}

/** How it ended, if it did; the state is left open where it was merged. */
function endOf(
  { notApplicable, ratings }: LineVulnerability,
  { now, stoppedAt }: Course,
): { readonly endedAt: Instant; readonly state?: "gone" | "cancelled" | "not-applicable" } | undefined {
  const last = ratings.at(-1);
  const harmlessAt = last?.severity === "none" ? last.at : undefined;
  const immaterialAt = notApplicable?.at ?? harmlessAt;
  const isImmaterial = immaterialAt !== undefined && (stoppedAt === undefined || immaterialAt < stoppedAt);
  if (isImmaterial) return { endedAt: immaterialAt, state: "not-applicable" };
  if (stoppedAt === undefined) return undefined;
  return now === "gone" || now === "cancelled" ? { endedAt: stoppedAt, state: now } : { endedAt: stoppedAt };
}

function runningOf(start: Start & { readonly startedAt: Instant }, facts: ObligationFacts): Evaluation {
  const { vulnerability, course, scope, restored } = facts;
  const { policy, target, now } = scope;
  const { startedAt } = start;
  const ended = endOf(vulnerability, course);
  const stoppedAt = ended?.endedAt;
  const deadline = versionedDeadline(policy, {
    startedAt,
    known: knownOf(vulnerability, startedAt, restored),
    pauses: target.pauses,
    ...(stoppedAt === undefined ? {} : { stoppedAt }),
    ...(restored?.dueAt === undefined ? {} : { restoredDueAt: restored.dueAt }),
  });
  const severity = severityAt(vulnerability, stoppedAt ?? now, restored);
  const excused = excusedDeadline(deadline, target.acceptances.get(vulnerability.id) ?? [], {
    ...policy,
    period: policy.terms[severity],
  });
  const lastAt = lastMomentOf(excused);
  const isLate = stoppedAt !== undefined && lastAt !== undefined && stoppedAt > lastAt;
  const acceptance = ended === undefined ? acceptanceAt(scope, vulnerability.id) : undefined;
  const isAlreadyFixed = stoppedAt !== undefined && ended?.state === undefined && stoppedAt <= startedAt;
  const notes: Note[] = [];
  if (excused.triage === true) notes.push("triage");
  if (severity === "unknown") notes.push("not-rated");
  if (isAlreadyFixed) notes.push("already-fixed");
  if (restored !== undefined) notes.push("restored");
  return {
    ...identityOf(vulnerability, now),
    severity,
    state: ended === undefined ? runningState(acceptance, scope) : (ended.state ?? (isLate ? "late" : "met")),
    startedAt,
    startedBy: start.by,
    ...(start.fixedBy === undefined ? {} : { fixedBy: start.fixedBy }),
    ...dueFields(excused),
    ...(excused.excusedUntil === undefined ? {} : { excusedUntil: excused.excusedUntil }),
    ...(stoppedAt === undefined ? {} : { endedAt: stoppedAt }),
    relapses: course.relapses,
    ...(acceptance === undefined ? {} : { acceptance }),
    notes: notesOf(vulnerability, start, notes),
  };
}

/** The last rating that says something; one that is taken back does not. */
function severityAt(
  { ratings }: LineVulnerability,
  at: Instant,
  restored: Pick<Restored, "severity"> | undefined,
): Severity {
  const said = ratings.filter(({ severity }) => severity !== "unknown");
  const last = said.findLast((rating) => rating.at <= at) ?? said[0];
  return last?.severity ?? restored?.severity ?? "unknown";
}

function identityOf(
  vulnerability: LineVulnerability,
  now: Instant,
): Pick<Evaluation, "id" | "severity" | "score" | "packages"> {
  const { id, packages, ratings } = vulnerability;
  const score = ratings.findLast((rating) => rating.score !== undefined)?.score;
  return {
    id,
    severity: severityAt(vulnerability, now, undefined),
    ...(score === undefined ? {} : { score }),
    packages,
  };
}

function notesOf(
  { isFromFuture, kev }: LineVulnerability,
  start: Start,
  more: readonly Note[],
): readonly Note[] {
  const notes: Note[] = [];
  if (isFromFuture) notes.push("published-in-future");
  if (kev?.dueAt !== undefined && kev.dueAt < kev.addedAt) notes.push("listed-due-before-listing");
  if (start.isFixGone) notes.push("fix-gone");
  if (start.startedAt !== undefined && start.fixedBy === undefined && start.by !== "restored") {
    notes.push("no-fix");
  }
  return [...notes, ...more];
}
