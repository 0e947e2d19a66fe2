import { DAY_MS, HOUR_MS, type Instant, instantOf, isInstant, later } from "../time.ts";
import { type Calendar, UTC_CALENDAR, businessDaysAfter } from "./calendar.ts";

/**
 * How long after its start a deadline falls.
 *
 * `days` and `hours` are elapsed time, 86,400 s and 3,600 s each: no change of clocks moves them. `months`: the same UTC day of a later
 * month, or its last day. `business-days`: the end of the nth working day after the start, by a calendar. `never`: no deadline.
 */
export type Period = { readonly kind: CountedKind; readonly count: number } | { readonly kind: "never" };

type CountedKind = "days" | "hours" | "months" | "business-days";

/** The period without a deadline. */
export const NEVER: Period = { kind: "never" };

/** No policy waits for more than ten years: a larger number is a slip of the hand. */
const COUNT_MAX: Readonly<Record<CountedKind, number>> = {
  days: 3_660,
  hours: 87_840,
  months: 120,
  "business-days": 2_610,
};

/** `P7D`, `P2W`, `P1M`, `P1Y`, `PT48H`, `7BD`, `7d`, `2w`, `1mo`, `1y`, `48h`, `7bd`: unit as written → kind and how many of it. */
const UNITS = new Map<string, { readonly kind: CountedKind; readonly size: number }>([
  ["h", { kind: "hours", size: 1 }],
  ["d", { kind: "days", size: 1 }],
  ["w", { kind: "days", size: 7 }],
  ["mo", { kind: "months", size: 1 }],
  ["y", { kind: "months", size: 12 }],
  ["bd", { kind: "business-days", size: 1 }],
]);
const ISO_PATTERN = /^P(?:T(\d{1,6})(H)|(\d{1,6})(D|W|M|Y))$/;
const SHORT_PATTERN = /^(\d{1,6})(h|d|w|mo|y|bd)$/;
const BUSINESS_PATTERN = /^P?(\d{1,6})(BD)$/;

/**
 * Reads a period as policies write it: ISO 8601 with one part (`P7D`, `PT48H`, `P1M`), the short forms (`7d`, `48h`, `1mo`), working
 * days (`7BD`, `7bd`) or `never`. Undefined for anything else: zero, a sign, a fraction, several parts, more than ten years. `1m` is
 * refused, as it could be a minute or a month.
 */
export function parsePeriod(text: string): Period | undefined {
  if (text === "never") return NEVER;
  const match = ISO_PATTERN.exec(text) ?? SHORT_PATTERN.exec(text) ?? BUSINESS_PATTERN.exec(text);
  const [digits, unit] = match?.slice(1).filter((part) => part !== undefined) ?? [];
  if (digits === undefined || unit === undefined) return undefined;
  const known = UNITS.get(unit === "M" ? "mo" : unit.toLowerCase());
  if (known === undefined) return undefined;
  const count = Number(digits) * known.size;
  return count >= 1 && count <= COUNT_MAX[known.kind] ? { kind: known.kind, count } : undefined;
}

/** As {@link parsePeriod} reads it: `P7D`, `PT48H`, `P1M`, `7BD`, `never`. */
export function periodText(period: Period): string {
  switch (period.kind) {
    case "days":
      return `P${period.count}D`;
    case "hours":
      return `PT${period.count}H`;
    case "months":
      return `P${period.count}M`;
    case "business-days":
      return `${period.count}BD`;
    case "never":
      return "never";
    default:
      return period satisfies never;
  }
}

const UNIT_WORDS: Readonly<Record<CountedKind, string>> = {
  days: "day",
  hours: "hour",
  months: "month",
  "business-days": "working day",
};

/** For people: `7 days`, `48 hours`, `1 month`, `7 working days`, `no deadline`. */
export function renderPeriod(period: Period): string {
  if (period.kind === "never") return "no deadline";
  return `${period.count} ${UNIT_WORDS[period.kind]}${period.count === 1 ? "" : "s"}`;
}

/**
 * The last moment that is in time; undefined when there is no deadline, or none that a calendar can show.
 *
 * @param calendar which days count for `business-days`
 */
export function dueAfter(
  startedAt: Instant,
  period: Period,
  calendar: Calendar = UTC_CALENDAR,
): Instant | undefined {
  switch (period.kind) {
    case "days":
      return laterIfAny(startedAt, period.count * DAY_MS);
    case "hours":
      return laterIfAny(startedAt, period.count * HOUR_MS);
    case "months":
      return monthsAfter(startedAt, period.count);
    case "business-days":
      return businessDaysAfter(startedAt, period.count, calendar);
    case "never":
      return undefined;
    default:
      return period satisfies never;
  }
}

/** About how long a period is, to tell a tighter one from a longer one where no start is given. Never is infinite. */
export function lengthOf(period: Period): number {
  switch (period.kind) {
    case "days":
      return period.count * DAY_MS;
    case "hours":
      return period.count * HOUR_MS;
    case "months":
      return period.count * 30.4375 * DAY_MS;
    case "business-days":
      return period.count * 1.4 * DAY_MS;
    case "never":
      return Number.POSITIVE_INFINITY;
    default:
      return period satisfies never;
  }
}

function laterIfAny(from: Instant, byMs: number): Instant | undefined {
  return isInstant(from + byMs) ? later(from, byMs) : undefined;
}

/** The same UTC day of the month and time of day, or the month's last day where it has no such day. */
function monthsAfter(from: Instant, count: number): Instant | undefined {
  const date = new Date(from);
  const timeOfDayMs = from - Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
  const month = date.getUTCMonth() + count;
  // Day 0 of the month after is the last day of this one.
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), month + 1, 0)).getUTCDate();
  const due = Date.UTC(date.getUTCFullYear(), month, Math.min(date.getUTCDate(), lastDay)) + timeOfDayMs;
  return isInstant(due) ? instantOf(due) : undefined;
}
