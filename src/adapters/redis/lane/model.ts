import { MINUTE_MS } from "../../../time.ts";
import {
  CLOCK_BACK_MS_MAX,
  COST_MAX,
  DATED_BEFORE_AGED,
  GRACE_MS,
  HOUR_WINDOW_MS,
  MINUTE_WINDOW_MS,
  PENALTY_MS_MAX,
  PENALTY_MS_MIN,
  QUIET_MS,
  REPEAT_MS,
  SHARE_MIN,
  SHARE_REGAINED,
  WAIT_MS_MAX,
  WAITERS_MAX,
} from "./constants.ts";
import { costAhead, type Waiter } from "./line.ts";

/** How many things a host lets one account create. */
export interface LaneLimits {
  /** 1 to 1,000. */
  readonly perMinute: number;
  /** 1 to 10,000. */
  readonly perHour: number;
}

/** What is known of one account. Moments are milliseconds since 1970. */
export interface LaneRecord {
  readonly seenAt: number;
  /** Nothing is let through before. */
  readonly penaltyUntil: number;
  /** Part of the limits that was lost by refusals. */
  readonly lost: number;
  /** When that changed last. */
  readonly changedAt: number;
  /** With a part lost: when the next may be sent. */
  readonly spacedAt: number;
  /** How many with a deadline were let through since somebody without one, 3 at most. */
  readonly datedInRow: number;
  /** When each thing was let through, oldest first. */
  readonly spent: readonly number[];
  readonly waiters: readonly Waiter[];
  /** What was let through a moment ago, by subject. */
  readonly let: ReadonlyMap<string, number>;
}

export const NO_LANE: LaneRecord = {
  seenAt: 0,
  penaltyUntil: 0,
  lost: 0,
  changedAt: 0,
  spacedAt: 0,
  datedInRow: 0,
  spent: [],
  waiters: [],
  let: new Map(),
};

/** A wish to write. */
export interface LaneAsked {
  /** Printable ASCII. */
  readonly subject: string;
  readonly cost: number;
  readonly dueAt?: number;
  readonly limits: LaneLimits;
}

/** Leave, or how long to wait before asking again: until the place in the line has its turn. */
export type LaneAnswer =
  | { readonly kind: "let"; readonly isSlowed: boolean }
  | { readonly kind: "wait"; readonly waitMs: number; readonly isSlowed: boolean };

/**
 * Decides whether something may be written. The script in Redis does the same; a test holds both against each other.
 *
 * A thing that was let through is counted for a minute and an hour, each sliding. Somebody is let through when there is room for it and
 * all that go before it. After a refusal the limits are a part of what they were and the writes are spaced evenly, so
 * that the host sees no burst when its own waiting time is over.
 */
export function ask(
  before: LaneRecord,
  asked: LaneAsked,
  clock: number,
): { readonly record: LaneRecord; readonly answer: LaneAnswer } {
  const record = atTime(before, clock);
  const now = record.seenAt;
  const isSlowed = record.lost > 0;
  if (record.let.has(asked.subject)) {
    const others = [...record.let].filter(([subject]) => subject !== asked.subject);
    return { record: { ...record, let: new Map(others) }, answer: { kind: "let", isSlowed } };
  }

  const self = waiterOf(record, asked);
  const others = record.waiters.filter(({ subject }) => subject !== asked.subject);
  const ahead = costAhead(self, { others, datedInRow: record.datedInRow, now });
  const at = turnOf(record, asked.limits, { ahead, cost: self.cost });
  if (at <= now) {
    const through = letThrough({ ...record, waiters: others }, self, asked.limits);
    return { record: through, answer: { kind: "let", isSlowed } };
  }
  const hasPlace = others.length < WAITERS_MAX;
  return {
    record: { ...record, waiters: hasPlace ? [...others, { ...self, until: at + GRACE_MS }] : others },
    answer: { kind: "wait", waitMs: Math.max(1, Math.ceil(at - now)), isSlowed },
  };
}

/** The host refused because of too many. Requests that were under way together are refused together: that counts once. */
export function refuse(before: LaneRecord, until: number, clock: number): LaneRecord {
  const record = atTime(before, clock);
  const now = record.seenAt;
  const penaltyUntil = Math.min(Math.max(until, now + PENALTY_MS_MIN), now + PENALTY_MS_MAX);
  if (record.penaltyUntil > now) {
    return { ...record, penaltyUntil: Math.max(record.penaltyUntil, penaltyUntil) };
  }
  const lost = 1 - Math.max(SHARE_MIN, (1 - record.lost) / 2);
  return { ...record, penaltyUntil, lost, changedAt: now, spacedAt: penaltyUntil };
}

/** The host let something through: after a quiet time a part of the pace comes back. */
export function succeed(before: LaneRecord, clock: number): LaneRecord {
  const record = atTime(before, clock);
  const now = record.seenAt;
  if (record.lost === 0 || now < Math.max(record.penaltyUntil, record.changedAt + QUIET_MS)) return record;
  return { ...record, lost: Math.max(0, record.lost - SHARE_REGAINED), changedAt: now };
}

/** What is over is forgotten. A clock that went back a little stands still; one that went back far takes all moments with it. */
function atTime(before: LaneRecord, clock: number): LaneRecord {
  const isFar = clock < before.seenAt - CLOCK_BACK_MS_MAX;
  const record = isFar ? { ...NO_LANE, lost: before.lost, changedAt: clock } : before;
  const now = Math.max(clock, record.seenAt);
  return {
    ...record,
    seenAt: now,
    spent: record.spent.filter((at) => at > now - HOUR_WINDOW_MS),
    waiters: record.waiters.filter(({ until }) => until > now),
    let: new Map([...record.let].filter(([, at]) => at > now - REPEAT_MS)),
  };
}

function waiterOf({ waiters, seenAt }: LaneRecord, { subject, cost, dueAt }: LaneAsked): Waiter {
  const bounded = Math.min(Math.max(Math.trunc(cost), 1), COST_MAX);
  const base = { subject, cost: bounded, until: 0 };
  if (dueAt !== undefined) return { ...base, rank: "dated", at: dueAt };
  const known = waiters.find((waiter) => waiter.subject === subject && waiter.rank === "undated");
  return { ...base, rank: "undated", at: known?.at ?? seenAt };
}

/** When there is room for so many things after so many others; not later than an hour from now. */
function turnOf(
  record: LaneRecord,
  limits: LaneLimits,
  { ahead, cost }: { readonly ahead: number; readonly cost: number },
): number {
  const { seenAt: now, spent, penaltyUntil, lost, spacedAt } = record;
  const { perMinute, perHour } = paceOf(record, limits);
  // What costs more than the whole limit goes when there is room for all of that.
  const place = ahead + Math.min(cost, perMinute, perHour);
  const spaced = lost === 0 ? now : Math.max(spacedAt, now) + ahead * (MINUTE_MS / perMinute);
  const at = Math.max(
    penaltyUntil,
    spaced,
    freeAt(spent, { limit: perMinute, windowMs: MINUTE_WINDOW_MS, place, now }),
    freeAt(spent, { limit: perHour, windowMs: HOUR_WINDOW_MS, place, now }),
  );
  return Math.min(Math.max(at, now), now + WAIT_MS_MAX);
}

/** When the place-th thing from now has room, if each before it is let through as soon as it has. */
function freeAt(
  spent: readonly number[],
  window: { readonly limit: number; readonly windowMs: number; readonly place: number; readonly now: number },
): number {
  const { limit, windowMs, place, now } = window;
  const rounds = Math.floor((place - 1) / limit);
  const position = spent.length - limit + ((place - 1) % limit);
  const freedBy = Math.max(spent[position] ?? 0, now - windowMs);
  return freedBy + windowMs * (rounds + 1);
}

function paceOf({ lost }: LaneRecord, { perMinute, perHour }: LaneLimits): LaneLimits {
  return {
    perMinute: Math.max(1, Math.floor(perMinute * (1 - lost))),
    perHour: Math.max(1, Math.floor(perHour * (1 - lost))),
  };
}

function letThrough(record: LaneRecord, self: Waiter, limits: LaneLimits): LaneRecord {
  const { seenAt: now, lost, datedInRow } = record;
  return {
    ...record,
    datedInRow: self.rank === "dated" ? Math.min(datedInRow + 1, DATED_BEFORE_AGED) : 0,
    spent: [...record.spent, ...Array.from({ length: self.cost }, () => now)],
    let: new Map([...record.let, [self.subject, now]]),
    spacedAt: lost === 0 ? 0 : now + self.cost * (MINUTE_MS / paceOf(record, limits).perMinute),
  };
}
