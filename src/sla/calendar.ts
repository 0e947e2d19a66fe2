import { DAY_MS, type Instant, instantOf, isInstant } from "../time.ts";

/** Which days are worked on, and where they begin and end. */
export interface Calendar {
  /** As configured, e.g. `us`. */
  readonly id: string;
  /** IANA time zone, e.g. `America/New_York`. */
  readonly zone: string;
  /** Days of the week that are not worked on, 0 is Sunday. Never all seven. */
  readonly weekend: readonly number[];
  /** Local dates that are not worked on, as `2026-12-25`. */
  readonly holidays: ReadonlySet<string>;
}

/** Monday to Friday in UTC, without holidays: what counts where nothing is configured. */
export const UTC_CALENDAR: Calendar = { id: "utc", zone: "UTC", weekend: [0, 6], holidays: new Set() };

const ZONE_MAX = 64;

/** Whether a text names a time zone that this runtime knows. */
export function isZone(text: string): boolean {
  if (text.length > ZONE_MAX || !/^[A-Za-z][A-Za-z0-9+_/-]*$/.test(text)) return false;
  try {
    partsFormatOf(text);
    return true;
  } catch {
    return false;
  }
}

/** Whether a text is a date of the calendar as `2026-12-25`; a 30th of February is none. */
export function isLocalDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const at = Date.parse(`${text}T00:00:00Z`);
  return isInstant(at) && dateText(at / DAY_MS) === text;
}

/**
 * The end (23:59:59.999, local) of the nth working day after the local date of a moment; that date itself never counts. Undefined
 * when no calendar can show it.
 */
export function businessDaysAfter(from: Instant, count: number, calendar: Calendar): Instant | undefined {
  const weekend = new Set(calendar.weekend);
  // A week without a working day has none to wait for.
  if (weekend.size >= 7) return undefined;
  let day = localDayOf(from, calendar.zone);
  let left = count;
  // Ends: the holidays are finitely many, and each week has a day that is not of the weekend.
  while (left > 0) {
    day += 1;
    if (!weekend.has(weekdayOf(day)) && !calendar.holidays.has(dateText(day))) left -= 1;
  }
  return endOfDay(day, calendar.zone);
}

/**
 * The next time, after a moment, that clocks of a zone show this minute of the day on this day of the week (0 is Sunday).
 * Undefined when no calendar can show it.
 */
export function nextWeekly(
  after: Instant,
  { weekday, minute, zone }: { readonly weekday: number; readonly minute: number; readonly zone: string },
): Instant | undefined {
  const today = localDayOf(after, zone);
  for (let ahead = 0; ahead <= 8; ahead += 1) {
    const day = today + ahead;
    if (weekdayOf(day) !== weekday) continue;
    const at = momentOf(day * DAY_MS + minute * 60_000, zone);
    if (at !== undefined && at > after) return at;
  }
  return undefined;
}

/** For people, in a zone of theirs: `Fri 3 Apr 2026, 17:00 CEST`. Independent of the machine's zone and locale. */
export function renderLocal(at: Instant, zone: string): string {
  const wall = new Date(at + offsetAt(at, zone));
  const weekday = WEEKDAYS[wall.getUTCDay()] ?? "";
  const month = MONTHS[wall.getUTCMonth()] ?? "";
  const time = wall.toISOString().slice(11, 16);
  return `${weekday} ${wall.getUTCDate()} ${month} ${wall.getUTCFullYear()}, ${time} ${zoneNameAt(at, zone)}`;
}

const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

/** Each knows the abbreviations of its own part of the world; elsewhere it writes `GMT+3`. */
const NAME_LOCALES = ["en-GB", "en-US", "en-AU", "en-IN", "en-ZA", "en-NZ"] as const;

function zoneNameAt(at: Instant, zone: string): string {
  const names = NAME_LOCALES.map(
    (locale) =>
      new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: "short" })
        .formatToParts(at)
        .find(({ type }) => type === "timeZoneName")?.value ?? "",
  );
  const known = names.find((name) => /^[A-Z]{3,5}$/.test(name) && name !== "GMT");
  return known ?? (names[0] ?? "UTC").replace(/^GMT(?=[+-])/, "UTC");
}

/** Days since 1970-01-01 of the local date of a moment. */
function localDayOf(at: Instant, zone: string): number {
  return Math.floor((at + offsetAt(at, zone)) / DAY_MS);
}

/** The last millisecond of a local day. */
function endOfDay(day: number, zone: string): Instant | undefined {
  const next = momentOf((day + 1) * DAY_MS, zone);
  return next !== undefined && isInstant(next - 1) ? instantOf(next - 1) : undefined;
}

/**
 * When clocks of a zone first show this, given as if it were UTC. Where clocks skip it (they go forward at midnight in some zones),
 * the moment they jump.
 */
function momentOf(wallMs: number, zone: string): Instant | undefined {
  if (!isInstant(wallMs) || !isInstant(wallMs - 2 * DAY_MS) || !isInstant(wallMs + 2 * DAY_MS)) {
    return undefined;
  }
  // No zone is more than a day from UTC, nor changes its offset twice within two days.
  const before = offsetAt(instantOf(wallMs - DAY_MS), zone);
  const after = offsetAt(instantOf(wallMs + DAY_MS), zone);
  const [first, second] = [wallMs - before, wallMs - after].toSorted((a, b) => a - b);
  const shown = [first, second].find(
    (at) => at !== undefined && isInstant(at) && at + offsetAt(at, zone) === wallMs,
  );
  if (shown !== undefined) return instantOf(shown);
  return jumpBetween(first ?? wallMs, second ?? wallMs, zone);
}

/** The moment within this span at which the offset of a zone changes. */
function jumpBetween(fromMs: number, untilMs: number, zone: string): Instant {
  let [low, high] = [fromMs, untilMs];
  const before = offsetAt(instantOf(low), zone);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(instantOf(middle), zone) === before) low = middle;
    else high = middle;
  }
  return instantOf(high);
}

/** How far clocks of a zone are ahead of UTC, in milliseconds. */
function offsetAt(at: Instant, zone: string): number {
  if (zone === "UTC") return 0;
  const parts = new Map(
    partsFormatOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
  const wall = Date.UTC(
    part("year"),
    part("month") - 1,
    part("day"),
    part("hour"),
    part("minute"),
    part("second"),
  );
  // Formats show whole seconds.
  return wall - Math.floor(at / 1_000) * 1_000;
}

/** Making a format costs a hundred times what using it does, and there are as many as zones: kept, as its zone alone decides it. */
const partsFormats = new Map<string, Intl.DateTimeFormat>();

function partsFormatOf(zone: string): Intl.DateTimeFormat {
  const known = partsFormats.get(zone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  partsFormats.set(zone, format);
  return format;
}

function weekdayOf(day: number): number {
  // 1970-01-01 was a Thursday.
  return (((day + 4) % 7) + 7) % 7;
}

function dateText(day: number): string {
  const at = day * DAY_MS;
  return isInstant(at) ? new Date(at).toISOString().slice(0, "2026-12-25".length) : "";
}
