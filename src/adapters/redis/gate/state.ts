import type { GateKey, HostState } from "../../../ports/host-gate.ts";
import { type Instant, instantOf } from "../../../time.ts";
import { freeOf, paceOf } from "./model.ts";
import { atTime, type GateRecords } from "./records.ts";

/** What people are told of a host. */
export function stateOf(key: GateKey, before: GateRecords, now: number): HostState {
  const { host, budget } = atTime(before, now);
  const pace = paceOf(budget, now);
  return {
    ...key,
    limits: { perSecond: budget.perSecond, burst: budget.burst },
    perSecondNow: pace.perSecond,
    budgetLeft: Math.max(0, freeOf(budget, pace, now)),
    ...penaltyOf({ host, budget }, now),
    ...(budget.pullsUntil > now
      ? {
          pullsLeft: { remaining: budget.pullsLeft, limit: budget.pullsLimit, at: momentOf(budget.pullsAt) },
        }
      : {}),
    breaker: host.openUntil === 0 ? "closed" : now < host.openUntil ? "open" : "half-open",
    ...(host.unreachableAt === 0 ? {} : { unreachableSince: momentOf(host.unreachableAt) }),
    ...lastErrorOf({ host, budget }),
    ...(host.answeredAt === 0 ? {} : { lastAnswerAt: momentOf(host.answeredAt) }),
  };
}

function penaltyOf({ host, budget }: GateRecords, now: number): Pick<HostState, "penalty"> {
  const penalties = [
    { until: host.penaltyUntil, limits: "all" },
    { until: budget.suspendedUntil, limits: "all" },
    { until: budget.pullPenaltyUntil, limits: "pull" },
    { until: budget.checkPenaltyUntil, limits: "check" },
  ] as const;
  const first = penalties.find(({ until }) => until > now);
  return first === undefined ? {} : { penalty: { until: momentOf(first.until), limits: first.limits } };
}

function lastErrorOf({ host, budget }: GateRecords): Pick<HostState, "lastError"> {
  const { errorAt, errorCode, errorMessage } = host.errorAt >= budget.errorAt ? host : budget;
  if (errorAt === 0) return {};
  return { lastError: { code: errorCode, message: errorMessage, at: momentOf(errorAt) } };
}

function momentOf(atMs: number): Instant {
  return instantOf(Math.ceil(atMs));
}
