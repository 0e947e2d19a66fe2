import { z } from "zod";

/** Milliseconds since 1970; 0 means never. Redis keeps hashes of texts. */
const at = z.coerce.number().default(0);
const count = z.coerce.number().default(0);
const text = z.string().default("");

/** What is known of a host, whoever asks there. A hash in Redis; an absent field is 0 or empty. */
const hostRecordSchema = z.object({
  /** Last time anything was written. A clock that shows less has gone back. */
  seenAt: at,
  penaltyUntil: at,
  /** Failures in a row. */
  failures: count,
  /** The last outcomes, oldest first: `1` an answer, `0` none. */
  recent: text,
  /** The breaker is closed at 0, open before this moment, half-open after it. */
  openUntil: at,
  /** How often it opened in a row. */
  openings: count,
  /** Until when the one request that tries the host has time. */
  probeUntil: at,
  unreachableAt: at,
  answeredAt: at,
  errorAt: at,
  errorCode: text,
  errorMessage: text,
});

/** What is known of the budget of one (host, credential). A hash in Redis. */
const budgetRecordSchema = z.object({
  seenAt: at,
  /** The limits that were handed in last. */
  perSecond: count,
  burst: count,
  /** When all that was sent is paid for (the theoretical arrival time of GCRA). */
  paidAt: at,
  /** Part of the budget that was lost by 429s, at {@link limitedAt}. */
  lost: count,
  limitedAt: at,
  /** 429s since the last quiet hour. */
  limitedTimes: count,
  pullPenaltyUntil: at,
  checkPenaltyUntil: at,
  pullsLeft: count,
  pullsLimit: count,
  pullsAt: at,
  pullsUntil: at,
  refusals: count,
  acceptedAt: at,
  suspendedUntil: at,
  errorAt: at,
  errorCode: text,
  errorMessage: text,
  /** The next free moment for somebody who is sent away, by what is waited for. */
  nextBudget: at,
  nextPenalty: at,
  nextPullPenalty: at,
  nextCheckPenalty: at,
  nextPulls: at,
  nextBreaker: at,
  nextSuspended: at,
});

export type HostRecord = Readonly<z.infer<typeof hostRecordSchema>>;
export type BudgetRecord = Readonly<z.infer<typeof budgetRecordSchema>>;

/** All that is known about one (host, credential). */
export interface GateRecords {
  readonly host: HostRecord;
  readonly budget: BudgetRecord;
}

export const NO_RECORDS: GateRecords = {
  host: hostRecordSchema.parse({}),
  budget: budgetRecordSchema.parse({}),
};

/** Fields that hold moments. */
export const HOST_TIMES = [
  "seenAt",
  "penaltyUntil",
  "openUntil",
  "probeUntil",
  "unreachableAt",
  "answeredAt",
  "errorAt",
] as const satisfies readonly (keyof HostRecord)[];

export const BUDGET_TIMES = [
  "seenAt",
  "paidAt",
  "limitedAt",
  "pullPenaltyUntil",
  "checkPenaltyUntil",
  "pullsAt",
  "pullsUntil",
  "acceptedAt",
  "suspendedUntil",
  "errorAt",
  "nextBudget",
  "nextPenalty",
  "nextPullPenalty",
  "nextCheckPenalty",
  "nextPulls",
  "nextBreaker",
  "nextSuspended",
] as const satisfies readonly (keyof BudgetRecord)[];

/** Names of the fields that hold text; the others hold numbers. */
export const TEXTS: readonly string[] = ["recent", "errorCode", "errorMessage"];
export const HOST_FIELDS: readonly string[] = Object.keys(hostRecordSchema.shape);
export const BUDGET_FIELDS: readonly string[] = Object.keys(budgetRecordSchema.shape);

/** Records as they are at a moment. When the clock went back, all moments go back with it, so that no wait gets longer. */
export function atTime({ host, budget }: GateRecords, now: number): GateRecords {
  return {
    host:
      now < host.seenAt
        ? hostRecordSchema.parse({ ...host, ...moved(host, HOST_TIMES, now - host.seenAt) })
        : { ...host, seenAt: now },
    budget:
      now < budget.seenAt
        ? budgetRecordSchema.parse({ ...budget, ...moved(budget, BUDGET_TIMES, now - budget.seenAt) })
        : { ...budget, seenAt: now },
  };
}

function moved<Field extends string>(
  record: Readonly<Record<Field, number>>,
  times: readonly Field[],
  byMs: number,
): Readonly<Record<string, number>> {
  const set = times.filter((field) => record[field] > 0);
  return Object.fromEntries(set.map((field) => [field, Math.max(1, record[field] + byMs)]));
}

/** Reads both hashes as Redis holds them; undefined for what nothing of ours wrote. */
export function parseRecords(
  host: Readonly<Record<string, string>>,
  budget: Readonly<Record<string, string>>,
): GateRecords | undefined {
  const parsedHost = hostRecordSchema.safeParse(host);
  const parsedBudget = budgetRecordSchema.safeParse(budget);
  return parsedHost.success && parsedBudget.success
    ? { host: parsedHost.data, budget: parsedBudget.data }
    : undefined;
}
