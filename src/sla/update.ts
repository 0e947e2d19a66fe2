import type { Digest } from "../image/digest.ts";
import type { Instant } from "../time.ts";
import { excusedDeadline } from "./acceptance.ts";
import { versionedDeadline } from "./deadline.ts";
import { dueFields, type Evaluation } from "./evaluation.ts";
import { lastMomentOf, UPDATE_ID } from "./obligation.ts";
import { acceptanceAt, restoredOf, runningState, type Scope } from "./scope.ts";
import { flooredBy } from "./start.ts";
import type { Stay } from "./timeline.ts";

/** A time in which a place stood at a digest. */
interface Span {
  readonly digest: Digest;
  /** What it came to; absent while it stands there. */
  readonly next?: Stay;
}

/**
 * The obligation of an update that fixes nothing known: it has a day to be merged by as well, as a later advisory may name it. There is
 * one while what may follow was not started by a vulnerability too; where that cannot be known, because something was not assessed, it
 * goes by what is due for what nobody rates. Without one that runs, the last one that ended.
 */
export function updateOf(scope: Scope, others: readonly Evaluation[]): Evaluation | undefined {
  const spans = spansOf(scope.timeline.stays);
  const evaluations = spans.flatMap((span) => updateOfSpan(span, scope, others) ?? []);
  return evaluations.findLast(({ endedAt }) => endedAt === undefined) ?? evaluations.at(-1);
}

function spansOf(stays: readonly Stay[]): readonly Span[] {
  return stays.flatMap((stay, position) => {
    if (stay.kind !== "pinned") return [];
    const next = stays[position + 1];
    return [{ digest: stay.digest, ...(next === undefined ? {} : { next }) }];
  });
}

function updateOfSpan(span: Span, scope: Scope, others: readonly Evaluation[]): Evaluation | undefined {
  const { policy, target, now } = scope;
  const restored = restoredOf(UPDATE_ID, scope);
  const isRestored = restored !== undefined && restored.from === span.digest;
  const successor = successorOf(span, scope);
  const offeredAt = successor === undefined ? undefined : flooredBy(successor.verifiedAt, target);
  const endedAt = span.next?.at;
  const reasons = others.filter((other) => isReasonFor(other, endedAt));
  // What a vulnerability that was known when the two were assessed asks for is asked for once; one that comes later joins.
  const assessedAt = Math.max(offeredAt ?? 0, successor?.offeredAt ?? 0);
  const isKnown = (id: string): boolean =>
    (scope.line.vulnerabilities.get(id)?.seenAt ?? assessedAt) <= assessedAt;
  const isCovered =
    offeredAt === undefined ||
    reasons.some(({ id, startedAt }) => startedAt !== undefined && startedAt <= assessedAt && isKnown(id));
  if (isCovered && !isRestored) return undefined;
  const startedAt = isRestored
    ? offeredAt === undefined || restored.startedAt < offeredAt
      ? restored.startedAt
      : offeredAt
    : offeredAt;
  if (startedAt === undefined || startedAt > now) return undefined;

  const isUnassessed = successor?.isUnassessed === true;
  const severity = isUnassessed ? "unknown" : "none";
  const deadline = versionedDeadline(policy, {
    startedAt,
    known: [{ severity, at: startedAt }],
    pauses: target.pauses,
    ...(endedAt === undefined ? {} : { stoppedAt: endedAt }),
    ...(isRestored && restored.dueAt !== undefined ? { restoredDueAt: restored.dueAt } : {}),
  });
  const excused = excusedDeadline(deadline, target.acceptances.get(UPDATE_ID) ?? [], {
    ...policy,
    period: policy.terms[severity],
  });
  const acceptance = acceptanceAt(scope, UPDATE_ID);
  return {
    id: UPDATE_ID,
    severity,
    packages: [],
    state: stateOf(span, excused, { isUnassessed, running: runningState(acceptance, scope) }),
    startedAt,
    startedBy: isRestored && startedAt === restored.startedAt ? "restored" : "fix-verified",
    ...(successor === undefined ? {} : { fixedBy: successor.digest }),
    ...dueFields(excused),
    ...(excused.excusedUntil === undefined ? {} : { excusedUntil: excused.excusedUntil }),
    ...(endedAt === undefined ? {} : { endedAt }),
    relapses: [],
    ...(endedAt === undefined && acceptance !== undefined ? { acceptance } : {}),
    notes: isUnassessed ? ["unassessed"] : [],
  };
}

/** Whether a vulnerability was a reason to merge in the same time. */
function isReasonFor({ state, endedAt }: Evaluation, spanEndedAt: Instant | undefined): boolean {
  switch (state) {
    case "open":
    case "paused":
    case "accepted":
    case "indeterminate":
      return spanEndedAt === undefined;
    case "met":
    case "late":
    case "gone":
    case "cancelled":
      return endedAt === spanEndedAt;
    case "waiting":
    case "not-applicable":
      return false;
    default:
      return state satisfies never;
  }
}

function stateOf(
  { next }: Span,
  excused: Pick<Evaluation, "dueAt" | "excusedUntil">,
  { isUnassessed, running }: { readonly isUnassessed: boolean; readonly running: Evaluation["state"] },
): Evaluation["state"] {
  if (next === undefined) return isUnassessed && running === "open" ? "indeterminate" : running;
  if (next.kind === "ended") return next.how;
  const lastAt = lastMomentOf(excused);
  return lastAt !== undefined && next.at > lastAt ? "late" : "met";
}

interface Successor {
  readonly digest: Digest;
  readonly verifiedAt: Instant;
  readonly offeredAt: Instant;
  readonly isUnassessed: boolean;
}

/** The first verified digest that was offered to follow what is pinned, of those that could be had. */
function successorOf({ digest: pinned, next }: Span, { line, target }: Scope): Successor | undefined {
  const offers = new Map((target.offers.get(pinned) ?? []).map(({ digest, at }) => [digest, at]));
  for (const { digest, verifiedAt, goneAt } of line.verified) {
    const offeredAt = offers.get(digest);
    if (offeredAt === undefined) continue;
    if (goneAt !== undefined && (next === undefined || goneAt <= next.at)) continue;
    const isUnassessed = [pinned, digest].some((name) => line.digests.get(name)?.unassessed !== undefined);
    return { digest, verifiedAt, offeredAt, isUnassessed };
  }
  return undefined;
}
