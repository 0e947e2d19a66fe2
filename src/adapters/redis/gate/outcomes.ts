import type { GateOutcome } from "../../../ports/host-gate.ts";
import {
  DOUBLINGS_MAX,
  FAILURES_MAX,
  OPEN_MS,
  OPEN_MS_MAX,
  PENALTY_MS_MAX,
  PENALTY_MS_MIN,
  QUIET_MS,
  RECENT_FAILURES_MAX,
  RECENT_MAX,
  REFUSALS_MAX,
  SHARE_MIN,
  SHARE_REGAINED,
  SUSPENDED_MS,
  TRUST_MS,
  TRUSTED_REFUSALS_MAX,
  UNSAID_PENALTY_MS,
  UNSAID_PENALTY_MS_MAX,
} from "./constants.ts";
import { atTime, type BudgetRecord, type GateRecords, type HostRecord } from "./records.ts";

/** Outcomes that nobody has to know at once: they are told together. */
export interface Told {
  /** Requests that were answered. */
  readonly answered: number;
  /** Those of them that prove the credentials. */
  readonly accepted: number;
  /** The last that was said about a pull limit. */
  readonly pulls?: Extract<GateOutcome, { readonly kind: "pull-limit" }>;
}

export const NOTHING_TOLD: Told = { answered: 0, accepted: 0 };

/** What several good outcomes change. */
export function told(
  { host, budget }: GateRecords,
  { answered, accepted, pulls }: Told,
  now: number,
): GateRecords {
  const trusted = accepted > 0 ? { ...budget, refusals: 0, acceptedAt: now, suspendedUntil: 0 } : budget;
  const counted =
    pulls === undefined
      ? trusted
      : {
          ...trusted,
          pullsLeft: pulls.remaining,
          pullsLimit: pulls.limit,
          pullsAt: now,
          pullsUntil: now + pulls.windowMs,
        };
  return { host: answered > 0 ? answeredHost(host, answered, now) : host, budget: counted };
}

/**
 * What one outcome changes. The script in Redis does the same.
 *
 * Requests that were under way together often fail together: while a penalty is in force a further 429 can only make it longer,
 * and while the breaker is open a further failure changes nothing. A 429 about pulls alone leaves the budget as it is: it says nothing
 * about how fast we may check.
 *
 * @param random 0 to 1
 */
export function settle(before: GateRecords, outcome: GateOutcome, random: number, now: number): GateRecords {
  const records = atTime(before, now);
  switch (outcome.kind) {
    case "answered":
      return told(records, { answered: 1, accepted: outcome.login === "accepted" ? 1 : 0 }, now);
    case "pull-limit":
      return told(records, { answered: 0, accepted: 0, pulls: outcome }, now);
    case "failed":
      return { ...records, host: failedHost(records.host, outcome, now) };
    case "rate-limited":
      return limited(records, outcome, random, now);
    case "refused":
      return {
        host: answeredHost(records.host, 1, now),
        budget: refusedBudget(records.budget, outcome, now),
      };
    default:
      return outcome satisfies never;
  }
}

/** An answer ends the breaker only when the host is being tried: one that was under way when it opened says little. */
function answeredHost(host: HostRecord, count: number, now: number): HostRecord {
  const well = { ...host, failures: 0, unreachableAt: 0, answeredAt: now };
  if (host.openUntil === 0) {
    return { ...well, recent: (host.recent + "1".repeat(Math.min(count, RECENT_MAX))).slice(-RECENT_MAX) };
  }
  return now < host.openUntil ? well : { ...well, openUntil: 0, openings: 0, probeUntil: 0, recent: "" };
}

function failedHost(
  host: HostRecord,
  { code, message }: Extract<GateOutcome, { readonly kind: "failed" }>,
  now: number,
): HostRecord {
  const failures = host.failures + 1;
  const recent = `${host.recent}0`.slice(-RECENT_MAX);
  const unwell = {
    ...host,
    failures,
    recent,
    unreachableAt: host.unreachableAt === 0 ? now : host.unreachableAt,
    errorAt: now,
    errorCode: code,
    errorMessage: message,
  };
  if (now < host.openUntil) return unwell;
  const isFull = recent.length === RECENT_MAX;
  const isFlaky = isFull && recent.replaceAll("1", "").length >= RECENT_FAILURES_MAX;
  if (host.openUntil === 0 && failures < FAILURES_MAX && !isFlaky) return unwell;
  const openMs = Math.min(OPEN_MS_MAX, OPEN_MS * 2 ** Math.min(host.openings, DOUBLINGS_MAX));
  return { ...unwell, openUntil: now + openMs, openings: host.openings + 1, probeUntil: 0 };
}

function limited(
  { host, budget }: GateRecords,
  { retryAfterMs, limits }: Extract<GateOutcome, { readonly kind: "rate-limited" }>,
  random: number,
  now: number,
): GateRecords {
  const answering = answeredHost(host, 1, now);
  const penaltyUntil = {
    all: host.penaltyUntil,
    pull: budget.pullPenaltyUntil,
    check: budget.checkPenaltyUntil,
  }[limits];
  const isNew = penaltyUntil <= now;
  if (!isNew && retryAfterMs === undefined) return { host: answering, budget };

  const isQuiet = now - budget.limitedAt > QUIET_MS;
  const times = isQuiet ? 0 : Math.min(budget.limitedTimes, DOUBLINGS_MAX);
  const unsaidMs = random * Math.min(UNSAID_PENALTY_MS_MAX, UNSAID_PENALTY_MS * 2 ** times);
  const waitMs = Math.min(Math.max(Math.ceil(retryAfterMs ?? unsaidMs), PENALTY_MS_MIN), PENALTY_MS_MAX);
  const until = Math.max(penaltyUntil, now + waitMs);
  const share = limits === "all" ? halved(budget, now) : shareOf(budget, now);
  const counted = isNew ? { lost: 1 - share, limitedAt: now, limitedTimes: times + 1 } : {};
  switch (limits) {
    case "all":
      return { host: { ...answering, penaltyUntil: until }, budget: { ...budget, ...counted } };
    case "pull":
      return { host: answering, budget: { ...budget, ...counted, pullPenaltyUntil: until } };
    case "check":
      return { host: answering, budget: { ...budget, ...counted, checkPenaltyUntil: until } };
    default:
      return limits satisfies never;
  }
}

/** What is left of a budget at a moment: an hour without a 429 gives a part of it back. From 1/64 to 1. */
export function shareOf({ lost, limitedAt }: BudgetRecord, now: number): number {
  const quiet = limitedAt === 0 ? 0 : Math.floor((now - limitedAt) / QUIET_MS);
  return Math.min(1, 1 - lost + SHARE_REGAINED * quiet);
}

function halved(budget: BudgetRecord, now: number): number {
  return Math.max(SHARE_MIN, shareOf(budget, now) / 2);
}

/**
 * Credentials are suspended after three refusals in a row, and after ten when they were accepted within the last hour: a token service
 * may refuse a token for one private repository while the same credentials open others.
 */
function refusedBudget(
  budget: BudgetRecord,
  { code, message }: Extract<GateOutcome, { readonly kind: "refused" }>,
  now: number,
): BudgetRecord {
  const refusals = budget.refusals + 1;
  const isTrusted = budget.acceptedAt > 0 && now - budget.acceptedAt < TRUST_MS;
  const isEnough = refusals >= (isTrusted ? TRUSTED_REFUSALS_MAX : REFUSALS_MAX);
  return {
    ...budget,
    refusals,
    suspendedUntil: isEnough ? now + SUSPENDED_MS : budget.suspendedUntil,
    errorAt: now,
    errorCode: code,
    errorMessage: message,
  };
}
