import type { Admission, HostLimits, RequestKind, WaitReason } from "../../../ports/host-gate.ts";
import { SECOND_MS } from "../../../time.ts";
import { PROBE_MS, PULLS_AGAIN_MS, PULLS_KEPT, ROUNDING, SPREAD_MS_MAX } from "./constants.ts";
import { shareOf, type Told, told } from "./outcomes.ts";
import { atTime, type BudgetRecord, type GateRecords, type HostRecord } from "./records.ts";

/** A question for leave, with everything that decides it but the records and the time. */
export interface Asked {
  readonly limits: HostLimits;
  readonly kind: RequestKind;
  readonly count: number;
  /** Good outcomes since the last question. */
  readonly told: Told;
  /** 0 to 1. */
  readonly random: number;
}

export interface Decision {
  readonly records: GateRecords;
  readonly admission: Admission;
  /** Whether the admitted request is the one that tries a host which failed. */
  readonly isProbe: boolean;
}

/** What a budget allows at a moment. */
export interface Pace {
  readonly perSecond: number;
  /** Milliseconds that one request takes from the budget. */
  readonly intervalMs: number;
  readonly burst: number;
}

/** A reason to wait that is no matter of the budget. */
interface Hold {
  readonly reason: WaitReason;
  readonly until: number;
  /** Which queue of those who were sent away this is. */
  readonly next: NextField;
}

type NextField = Extract<keyof BudgetRecord, `next${string}`>;

/**
 * Decides whether requests may be sent. The script in Redis does the same; a test holds both against each other.
 *
 * The order is: suspended credentials, a penalty, the breaker, the pull limit, the budget (GCRA). The budget shrinks with its share:
 * a host that complained gets shorter bursts too, or the first thing it would see after its penalty is a full burst.
 *
 * @see ITU-T I.371, "generic cell rate algorithm"
 */
export function decide(before: GateRecords, asked: Asked, now: number): Decision {
  const { limits, kind, count, random } = asked;
  const records = told(atTime(before, now), asked.told, now);
  const { host } = records;
  const budget = { ...records.budget, perSecond: limits.perSecond, burst: limits.burst };
  const pace = paceOf(budget, now);
  const hold = holdOf(host, budget, kind, now);
  if (hold !== undefined) return sentAway({ host, budget }, hold, { pace, count, now, random });

  const paidAt = Math.min(Math.max(budget.paidAt, now), now + pace.burst * pace.intervalMs);
  const free = freeOf({ ...budget, paidAt }, pace, now);
  if (free < 1) {
    const until = paidAt - (pace.burst - 1) * pace.intervalMs;
    const spent: Hold = { reason: "budget", until, next: "nextBudget" };
    return sentAway({ host, budget: { ...budget, paidAt } }, spent, { pace, count, now, random });
  }
  const isProbe = host.openUntil > 0;
  const granted = isProbe ? 1 : Math.min(count, free);
  const pullsLeft = kind === "pull" ? Math.max(0, budget.pullsLeft - granted) : budget.pullsLeft;
  return {
    records: {
      host: isProbe ? { ...host, probeUntil: now + PROBE_MS } : host,
      budget: { ...budget, paidAt: paidAt + granted * pace.intervalMs, pullsLeft },
    },
    admission: { kind: "admitted", count: granted },
    isProbe,
  };
}

/** How fast and how much at once, after what the host's complaints have taken. */
export function paceOf(budget: BudgetRecord, now: number): Pace {
  const share = shareOf(budget, now);
  const perSecond = budget.perSecond * share;
  return {
    perSecond,
    intervalMs: SECOND_MS / perSecond,
    burst: Math.max(1, Math.floor(budget.burst * share)),
  };
}

/** Requests that could be sent at once. */
export function freeOf({ paidAt }: BudgetRecord, { burst, intervalMs }: Pace, now: number): number {
  return Math.floor(burst - Math.max(0, paidAt - now) / intervalMs + ROUNDING);
}

function holdOf(host: HostRecord, budget: BudgetRecord, kind: RequestKind, now: number): Hold | undefined {
  if (budget.suspendedUntil > now) {
    return { reason: "suspended", until: budget.suspendedUntil, next: "nextSuspended" };
  }
  if (host.penaltyUntil > now) {
    return { reason: "penalty", until: host.penaltyUntil, next: "nextPenalty" };
  }
  const own = kind === "pull" ? budget.pullPenaltyUntil : budget.checkPenaltyUntil;
  if (own > now) {
    return { reason: "penalty", until: own, next: kind === "pull" ? "nextPullPenalty" : "nextCheckPenalty" };
  }
  const tried = Math.max(host.openUntil, host.probeUntil);
  if (host.openUntil > 0 && tried > now) return { reason: "breaker", until: tried, next: "nextBreaker" };
  if (kind === "pull" && budget.pullsUntil > now && budget.pullsLeft < PULLS_KEPT) {
    const until = Math.min(budget.pullsUntil, now + PULLS_AGAIN_MS);
    return { reason: "pull-limit", until, next: "nextPulls" };
  }
  return undefined;
}

/** A refusal, with a moment that nobody else was told: as much later than the last one as its requests take. */
function sentAway(
  { host, budget }: GateRecords,
  { reason, until, next }: Hold,
  {
    pace,
    count,
    now,
    random,
  }: { readonly pace: Pace; readonly count: number; readonly now: number; readonly random: number },
): Decision {
  const behind = Math.max(until, budget[next]);
  const isFar = behind > until + SPREAD_MS_MAX;
  // Too many wait for a line of them to make sense: the rest is told any moment in its second half.
  const moment = isFar ? until + SPREAD_MS_MAX * (0.5 + random / 2) : behind;
  const reserved = isFar ? budget[next] : moment + Math.min(count, pace.burst) * pace.intervalMs;
  return {
    records: { host, budget: { ...budget, [next]: reserved } },
    admission: { kind: "wait", waitMs: Math.max(1, Math.ceil(moment - now)), reason },
    isProbe: false,
  };
}
