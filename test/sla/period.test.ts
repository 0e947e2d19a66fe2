import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Calendar,
  UTC_CALENDAR,
  isLocalDate,
  isZone,
  nextWeekly,
  renderLocal,
} from "../../src/sla/calendar.ts";
import {
  NEVER,
  type Period,
  dueAfter,
  lengthOf,
  parsePeriod,
  periodText,
  renderPeriod,
} from "../../src/sla/period.ts";
import { DAY_MS, HOUR_MS, type Instant, instantOf, parseInstant, renderInstant } from "../../src/time.ts";

function at(text: string): Instant {
  const moment = parseInstant(text);
  if (moment === undefined) throw new Error(`not a moment: ${text}`);
  return moment;
}

function calendar(
  zone: string,
  weekend: readonly number[] = [0, 6],
  holidays: readonly string[] = [],
): Calendar {
  return { id: "test", zone, weekend, holidays: new Set(holidays) };
}

function period(text: string): Period {
  const parsed = parsePeriod(text);
  if (parsed === undefined) throw new Error(`not a period: ${text}`);
  return parsed;
}

function dueText(start: string, length: string, days: Calendar = UTC_CALENDAR): string {
  const due = dueAfter(at(start), period(length), days);
  return due === undefined ? "none" : renderInstant(due);
}

describe("how long a period is", () => {
  test("S1: critical, start 2026-03-27T15:00:00Z, zone Berlin (DST 29 Mar)", () => {
    const due = dueAfter(at("2026-03-27T15:00:00Z"), period("P7D"), calendar("Europe/Berlin"));
    expect(due).toBe(at("2026-04-03T15:00:00.000Z"));
    expect(renderLocal(at("2026-04-03T15:00:00.000Z"), "Europe/Berlin")).toBe("Fri 3 Apr 2026, 17:00 CEST");
  });

  test("S2: 14 d from 2026-10-25T05:30:00Z", () => {
    expect(dueText("2026-10-25T05:30:00Z", "P14D")).toBe("2026-11-08T05:30:00.000Z");
  });

  test("S3: leap: 7 d from 2028-02-25T00:00Z", () => {
    expect(dueText("2028-02-25T00:00:00Z", "P7D")).toBe("2028-03-03T00:00:00.000Z");
  });

  test("S4: 7BD from Fri 2026-12-18T16:30Z Berlin, with and without holidays", () => {
    const holidays = ["2026-12-24", "2026-12-25", "2026-12-31", "2027-01-01"];
    const start = "2026-12-18T16:30:00Z";
    expect(dueText(start, "7BD", calendar("Europe/Berlin", [0, 6], holidays))).toBe(
      "2027-01-04T22:59:59.999Z",
    );
    expect(dueText(start, "7BD", calendar("Europe/Berlin"))).toBe("2026-12-29T22:59:59.999Z");
  });

  test("S5: 2BD from Fri 2026-11-20T22:00Z New York, holiday 26 Nov; from Sat 21 Nov the same", () => {
    const newYork = calendar("America/New_York", [0, 6], ["2026-11-26"]);
    expect(dueText("2026-11-20T22:00:00Z", "2BD", newYork)).toBe("2026-11-25T04:59:59.999Z");
    expect(dueText("2026-11-21T15:00:00Z", "2BD", newYork)).toBe("2026-11-25T04:59:59.999Z");
  });

  test("S6: 7BD from Mon 2026-11-23T10:00Z New York, holidays 26, 27 Nov", () => {
    const newYork = calendar("America/New_York", [0, 6], ["2026-11-26", "2026-11-27"]);
    expect(dueText("2026-11-23T10:00:00Z", "7BD", newYork)).toBe("2026-12-05T04:59:59.999Z");
  });

  test("S7: 2BD from Thu 2026-11-19T21:30Z Riyadh, weekend Fri+Sat; Dubai Sat+Sun", () => {
    const start = "2026-11-19T21:30:00Z";
    expect(dueText(start, "2BD", calendar("Asia/Riyadh", [5, 6]))).toBe("2026-11-23T20:59:59.999Z");
    expect(dueText(start, "2BD", calendar("Asia/Dubai"))).toBe("2026-11-24T19:59:59.999Z");
  });

  test("S8: PT48H from 2026-11-23T10:00Z", () => {
    expect(dueText("2026-11-23T10:00:00Z", "PT48H")).toBe("2026-11-25T10:00:00.000Z");
  });

  test("S9: P1M from 2027-01-31", () => {
    expect(dueText("2027-01-31T13:14:15.016Z", "P1M")).toBe("2027-02-28T13:14:15.016Z");
  });

  test.each([
    {
      title: "a month over the end of a year",
      start: "2026-12-31T00:00:00Z",
      length: "P1M",
      due: "2027-01-31T00:00:00.000Z",
    },
    {
      title: "a month into a leap February",
      start: "2028-01-30T00:00:00Z",
      length: "1mo",
      due: "2028-02-29T00:00:00.000Z",
    },
    {
      title: "a year from a leap day",
      start: "2028-02-29T08:00:00Z",
      length: "1y",
      due: "2029-02-28T08:00:00.000Z",
    },
    { title: "six months", start: "2026-08-31T08:00:00Z", length: "P6M", due: "2027-02-28T08:00:00.000Z" },
    {
      title: "a working day in UTC",
      start: "2026-11-25T08:00:00Z",
      length: "1bd",
      due: "2026-11-26T23:59:59.999Z",
    },
    { title: "no deadline", start: "2026-11-25T08:00:00Z", length: "never", due: "none" },
  ])("$title", ({ start, length, due }) => {
    expect(dueText(start, length)).toBe(due);
  });

  test.each(["days", "months", "business-days"] as const)("%s past the end of time: no deadline", (kind) => {
    expect(
      dueAfter(instantOf(8_640_000_000_000_000), { kind, count: 1 }, calendar("Europe/Berlin")),
    ).toBeUndefined();
  });

  test("a day that ends when clocks skip midnight ends at the jump", () => {
    // Cairo: 2026-04-24 begins at 01:00, as 00:00 to 00:59 is skipped.
    expect(dueText("2026-04-22T10:00:00Z", "1bd", calendar("Africa/Cairo", [5, 6]))).toBe(
      "2026-04-23T21:59:59.999Z",
    );
  });

  test("a day that ends twice, as clocks go back at midnight, ends the first time", () => {
    // Havana: on 2026-11-01 at 01:00 clocks go back to 00:00.
    expect(dueText("2026-10-30T10:00:00Z", "1bd", calendar("America/Havana", []))).toBe(
      "2026-11-01T03:59:59.999Z",
    );
  });

  test("a calendar without a working day in the week: no deadline", () => {
    expect(dueText("2026-11-25T08:00:00Z", "1bd", calendar("UTC", [0, 1, 2, 3, 4, 5, 6]))).toBe("none");
  });

  test("the end of a working day is the last millisecond of a local day, wherever", () => {
    const zones = [
      "UTC",
      "Europe/Berlin",
      "America/New_York",
      "Asia/Kathmandu",
      "Pacific/Apia",
      "Pacific/Marquesas",
      "Africa/Cairo",
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2035, 0, 1) }),
        fc.integer({ min: 1, max: 40 }),
        (zone, start, count) => {
          const due = dueAfter(instantOf(start), { kind: "business-days", count }, calendar(zone));
          if (due === undefined) throw new Error("no deadline");
          expect(due - start).toBeGreaterThanOrEqual(count * DAY_MS - 26 * HOUR_MS);
          expect(renderLocal(due, zone)).toMatch(/^(?:Mon|Tue|Wed|Thu|Fri) .*, 23:59 /);
          expect(renderLocal(instantOf(due + 1), zone)).toMatch(/, (?:00:00|01:00) /);
        },
      ),
    );
  });
});

describe("reading a period", () => {
  test.each([
    ["P7D", "P7D", "7 days"],
    ["7d", "P7D", "7 days"],
    ["1d", "P1D", "1 day"],
    ["P2W", "P14D", "14 days"],
    ["2w", "P14D", "14 days"],
    ["PT48H", "PT48H", "48 hours"],
    ["48h", "PT48H", "48 hours"],
    ["P1M", "P1M", "1 month"],
    ["1mo", "P1M", "1 month"],
    ["P1Y", "P12M", "12 months"],
    ["7BD", "7BD", "7 working days"],
    ["7bd", "7BD", "7 working days"],
    ["P7BD", "7BD", "7 working days"],
    ["never", "never", "no deadline"],
    ["P3660D", "P3660D", "3660 days"],
  ])("%s is %s: %s", (text, canonical, words) => {
    const parsed = period(text);
    expect(periodText(parsed)).toBe(canonical);
    expect(renderPeriod(parsed)).toBe(words);
    expect(parsePeriod(periodText(parsed))).toEqual(parsed);
  });

  test.each([
    "",
    "7",
    "0d",
    "P0D",
    "-7d",
    "P-7D",
    "+7d",
    "7.5d",
    "7 d",
    "7D",
    "p7d",
    "P7DT1H",
    "P7",
    "PT7",
    "P48H",
    "PT1M",
    "1m",
    "1min",
    "P",
    "PT",
    "BD",
    "Never",
    "NEVER",
    "never ",
    "7d\n",
    "3661d",
    "P121M",
    "11y",
    "2611bd",
    "99999999999999999999d",
    `${"9".repeat(10_000)}d`,
    "٧d",
  ])("refuses %j", (text) => {
    expect(parsePeriod(text)).toBeUndefined();
  });

  test("lengths order periods of different kinds", () => {
    const texts = ["48h", "7d", "7bd", "14d", "1mo", "30bd", "3mo", "never"];
    const lengths = texts.map((text) => lengthOf(period(text)));
    expect(lengths).toEqual(lengths.toSorted((a, b) => a - b));
    expect(new Set(lengths).size).toBe(texts.length);
    expect(lengthOf(NEVER)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("zones and dates", () => {
  test.each(["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+3"])("knows %s", (zone) => {
    expect(isZone(zone)).toBe(true);
  });

  test.each(["", "Berlin", "Europe/Atlantis", "+01:00", "../etc", "Europe/Berlin ", "x".repeat(10_000)])(
    "does not know %j",
    (zone) => {
      expect(isZone(zone)).toBe(false);
    },
  );

  test("dates", () => {
    expect(isLocalDate("2026-12-25")).toBe(true);
    for (const text of ["2026-02-30", "2026-13-01", "2026-1-1", "26-12-25", "", "2026-12-25T00:00:00Z"]) {
      expect(isLocalDate(text)).toBe(false);
    }
  });

  test.each([
    ["Europe/Berlin", "Wed 25 Nov 2026, 01:00 CET"],
    ["America/New_York", "Tue 24 Nov 2026, 19:00 EST"],
    ["Asia/Riyadh", "Wed 25 Nov 2026, 03:00 UTC+3"],
    ["Asia/Kolkata", "Wed 25 Nov 2026, 05:30 IST"],
    ["Europe/London", "Wed 25 Nov 2026, 00:00 GMT"],
    ["UTC", "Wed 25 Nov 2026, 00:00 UTC"],
  ])("a moment in %s is %s", (zone, text) => {
    expect(renderLocal(at("2026-11-25T00:00:00Z"), zone)).toBe(text);
  });

  test("the next Monday at six", () => {
    const monday = { weekday: 1, minute: 360, zone: "Europe/Berlin" };
    const next = (text: string): string => {
      const found = nextWeekly(at(text), monday);
      return found === undefined ? "none" : renderInstant(found);
    };
    expect(next("2026-11-25T00:00:00Z")).toBe("2026-11-30T05:00:00.000Z");
    expect(next("2026-11-30T04:59:59Z")).toBe("2026-11-30T05:00:00.000Z");
    expect(next("2026-11-30T05:00:00Z")).toBe("2026-12-07T05:00:00.000Z");
    // Clocks go forward in between.
    expect(next("2026-03-28T12:00:00Z")).toBe("2026-03-30T04:00:00.000Z");
  });
});
