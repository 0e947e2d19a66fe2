import { DAY_MS } from "../src/time.ts";

/** Years for which holidays are known beforehand, first and last. Deadlines lie months ahead, not decades. */
const YEARS = { first: 2020, last: 2045 } as const;

/** Whose holidays, by the codes of ISO 3166: a country, a part of it, a part of that. */
export interface HolidayRegion {
  readonly country: string;
  readonly state?: string | undefined;
  readonly region?: string | undefined;
}

/** What is known of a region: the dates (`2026-12-25`) on which offices are closed, or why there are none. */
export type RegionalHolidays =
  | { readonly kind: "known"; readonly dates: readonly string[] }
  | { readonly kind: "unknown"; readonly field: "country" | "state" | "region"; readonly known: string };

/** Codes that a fault lists. */
const CODES_SHOWN = 60;

/**
 * The public and bank holidays of a region from 2020 to 2045, days on which an office is closed as a whole. The rules behind them are large:
 * they are read only where somebody asks for a country.
 */
export async function holidaysOf({ country, state, region }: HolidayRegion): Promise<RegionalHolidays> {
  const { default: Holidays } = await import("date-holidays");
  const all = new Holidays();
  const countries = all.getCountries("en");
  if (!Object.hasOwn(countries, country)) return unknown("country", countries);
  const states = mappingOf(all.getStates(country, "en"));
  if (state !== undefined && !Object.hasOwn(states, state)) return unknown("state", states);
  const regions = state === undefined ? {} : mappingOf(all.getRegions(country, state, "en"));
  if (region !== undefined && !Object.hasOwn(regions, region)) return unknown("region", regions);

  const holidays =
    state === undefined
      ? new Holidays(country)
      : region === undefined
        ? new Holidays(country, state)
        : new Holidays(country, state, region);
  const dates: string[] = [];
  for (let year = YEARS.first; year <= YEARS.last; year += 1) {
    for (const { type, date, start, end } of holidays.getHolidays(year)) {
      // A holiday that begins at noon leaves a morning to work in.
      if ((type !== "public" && type !== "bank") || !/^\d{4}-\d{2}-\d{2} 00:00:00/.test(date)) continue;
      const firstDay = Date.parse(`${date.slice(0, 10)}T00:00:00Z`);
      const count = Math.max(1, Math.round((end.getTime() - start.getTime()) / DAY_MS));
      for (let ahead = 0; ahead < Math.min(count, SPAN_DAYS_MAX); ahead += 1) {
        dates.push(new Date(firstDay + ahead * DAY_MS).toISOString().slice(0, 10));
      }
    }
  }
  return { kind: "known", dates: [...new Set(dates)].toSorted() };
}

/** Days that one holiday lasts at most. */
const SPAN_DAYS_MAX = 31;

function unknown(
  field: "country" | "state" | "region",
  codes: Readonly<Record<string, string>>,
): RegionalHolidays {
  const names = Object.keys(codes);
  const shown = names.slice(0, CODES_SHOWN).join(", ");
  const rest = names.length > CODES_SHOWN ? ` and ${names.length - CODES_SHOWN} more` : "";
  return { kind: "unknown", field, known: names.length === 0 ? "none" : `${shown}${rest}` };
}

function mappingOf(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}
