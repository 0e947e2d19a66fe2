import { InvalidInputError, quote } from "./errors.ts";

declare const brand: unique symbol;

/** A moment: milliseconds since 1970-01-01T00:00:00Z. Always UTC; names of fields that hold one end in `At`. */
export type Instant = number & { readonly [brand]: "Instant" };

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

const INSTANT_MAX = 8_640_000_000_000_000;
const INSTANT_PATTERN = /^\d{4}-\d{2}-\d{2}T(?:[01]\d|2[0-3]):\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

/** Whether a number is a moment that a calendar can show. */
export function isInstant(value: number): value is Instant {
  return Number.isInteger(value) && Math.abs(value) <= INSTANT_MAX;
}

/**
 * A moment from milliseconds since the epoch.
 *
 * @throws {InvalidInputError} `record-invalid` for what no calendar can show
 */
export function instantOf(epochMs: number): Instant {
  if (isInstant(epochMs)) return epochMs;
  throw new InvalidInputError("record-invalid", `not a moment in time: ${quote(String(epochMs))}`);
}

/** Reads an RFC 3339 date and time; undefined for anything else, a 30th of February included. */
export function parseInstant(text: string): Instant | undefined {
  if (text.length > 40 || !INSTANT_PATTERN.test(text)) return undefined;
  const date = text.slice(0, "2026-11-24".length);
  const dayMs = Date.parse(`${date}T00:00:00Z`);
  // Date.parse takes the 30th of February for the 2nd of March.
  if (!isInstant(dayMs) || new Date(dayMs).getUTCDate() !== Number(date.slice(-2))) return undefined;
  const epochMs = Date.parse(text);
  return isInstant(epochMs) ? epochMs : undefined;
}

/** The moment this many milliseconds later. */
export function later(from: Instant, byMs: number): Instant {
  return instantOf(from + byMs);
}

/** `2026-11-24T14:12:00.000Z`. */
export function renderInstant(at: Instant): string {
  return new Date(at).toISOString();
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;

/** For people: `24 Nov 2026, 14:12 UTC`. Independent of the machine's locale. */
export function renderMoment(at: Instant): string {
  const date = new Date(at);
  return `${renderDay(at)} ${date.getUTCFullYear()}, ${date.toISOString().slice(11, 16)} UTC`;
}

/** For people: `24 Nov`. */
export function renderDay(at: Instant): string {
  const date = new Date(at);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()] ?? ""}`;
}

/** `Tue`. */
export function renderWeekday(at: Instant): string {
  return DAYS[new Date(at).getUTCDay()] ?? "";
}

/** A span for people, in its two largest units: `6 d 23 h`, `3 h 5 min`, `40 s`. Never negative. */
export function renderSpan(spanMs: number): string {
  const units = [
    ["d", DAY_MS],
    ["h", HOUR_MS],
    ["min", MINUTE_MS],
    ["s", SECOND_MS],
  ] as const;
  const left = Math.max(0, spanMs);
  const first = units.findIndex(([, size]) => left >= size);
  if (first === -1) return "0 s";
  return units
    .slice(first, first + 2)
    .map(([name, size], position) => ({
      name,
      count: Math.floor((position === 0 ? left : left % (units[first]?.[1] ?? left)) / size),
    }))
    .filter(({ count }) => count > 0)
    .map(({ name, count }) => `${count} ${name}`)
    .join(" ");
}

const DURATION_UNITS = new Map([
  ["ms", 1],
  ["s", SECOND_MS],
  ["m", MINUTE_MS],
  ["h", HOUR_MS],
  ["d", DAY_MS],
  ["w", 7 * DAY_MS],
]);

/** Reads a span as configurations write it (`90s`, `30m`, `7d`) into milliseconds; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,9})(ms|s|m|h|d|w)$/.exec(text);
  const size = DURATION_UNITS.get(match?.[2] ?? "");
  return match === null || size === undefined ? undefined : Number(match[1]) * size;
}
