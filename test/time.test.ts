import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidInputError } from "../src/errors.ts";
import {
  DAY_MS,
  HOUR_MS,
  type Instant,
  instantOf,
  isInstant,
  later,
  MINUTE_MS,
  parseDuration,
  parseInstant,
  renderDay,
  renderInstant,
  renderMoment,
  renderSpan,
  renderWeekday,
  SECOND_MS,
} from "../src/time.ts";

const LAST = 8_640_000_000_000_000;
const instants = fc.integer({ min: -LAST, max: LAST }).map(instantOf);
/** What RFC 3339 can write: years 0000 to 9999. */
const written = fc
  .integer({ min: Date.parse("0001-01-01T00:00:00Z"), max: Date.parse("9999-12-31T23:59:59Z") })
  .map(instantOf);

describe("a moment", () => {
  test.each([
    { title: "half a millisecond", value: 0.5 },
    { title: "no number", value: Number.NaN },
    { title: "for ever", value: Number.POSITIVE_INFINITY },
    { title: "after the last day", value: LAST + 1 },
    { title: "before the first", value: -LAST - 1 },
  ])("is not: $title", ({ value }) => {
    expect(isInstant(value)).toBe(false);
    expect(() => instantOf(value)).toThrow(InvalidInputError);
  });

  test.each([{ value: 0 }, { value: -1 }, { value: LAST }, { value: -LAST }])("is: $value", ({ value }) => {
    expect(instantOf(value)).toBe(value);
  });

  test("later than the last is refused", () => {
    expect(() => later(instantOf(LAST), 1)).toThrow(InvalidInputError);
    expect(later(instantOf(0), -DAY_MS)).toBe(-DAY_MS);
  });
});

describe("reading a date and time", () => {
  test.each([
    { text: "2026-11-24T14:12:00Z", is: "2026-11-24T14:12:00.000Z" },
    { text: "2026-11-24T14:12:00.5Z", is: "2026-11-24T14:12:00.500Z" },
    { text: "2026-11-24T14:12:00.123456789Z", is: "2026-11-24T14:12:00.123Z" },
    { text: "2026-11-24T14:12:00+02:00", is: "2026-11-24T12:12:00.000Z" },
    { text: "2026-01-01T00:30:00+01:00", is: "2025-12-31T23:30:00.000Z" },
    { text: "2024-02-29T00:00:00Z", is: "2024-02-29T00:00:00.000Z" },
    { text: "1969-12-31T23:59:59-00:00", is: "1969-12-31T23:59:59.000Z" },
  ])("$text", ({ text, is }) => {
    const at = parseInstant(text);
    expect(at === undefined ? undefined : renderInstant(at)).toBe(is);
  });

  test.each([
    { title: "nothing", text: "" },
    { title: "a date alone", text: "2026-11-24" },
    { title: "without a zone: whose time?", text: "2026-11-24T14:12:00" },
    { title: "without seconds", text: "2026-11-24T14:12Z" },
    { title: "a space", text: "2026-11-24 14:12:00Z" },
    { title: "space around", text: " 2026-11-24T14:12:00Z" },
    { title: "a line break after", text: "2026-11-24T14:12:00Z\n" },
    { title: "small letters", text: "2026-11-24t14:12:00z" },
    { title: "as in a mail", text: "Tue, 24 Nov 2026 14:12:00 GMT" },
    { title: "a number", text: "1795521600000" },
    { title: "a month 13", text: "2026-13-01T00:00:00Z" },
    { title: "a month 0", text: "2026-00-01T00:00:00Z" },
    { title: "a day 0", text: "2026-11-00T00:00:00Z" },
    { title: "a 30th of February", text: "2026-02-30T00:00:00Z" },
    { title: "a 29th of February in another year", text: "2026-02-29T00:00:00Z" },
    { title: "a 31st of April", text: "2026-04-31T00:00:00+01:00" },
    { title: "an hour 24", text: "2026-11-24T24:00:00Z" },
    { title: "a minute 60", text: "2026-11-24T14:60:00Z" },
    { title: "a second 60", text: "2026-11-24T23:59:60Z" },
    { title: "a zone of 99 hours", text: "2026-11-24T14:12:00+99:00" },
    { title: "a year of six digits", text: "+012026-11-24T14:12:00Z" },
    { title: "digits of another script", text: "٢٠٢٦-11-24T14:12:00Z" },
    { title: "too long", text: `2026-11-24T14:12:00.${"0".repeat(40)}Z` },
  ])("refuses $title", ({ text }) => {
    expect(parseInstant(text)).toBeUndefined();
  });

  test("never throws", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        const at = parseInstant(text);
        expect(at === undefined || isInstant(at)).toBe(true);
      }),
    );
  });

  test("gives back what was rendered", () => {
    fc.assert(
      fc.property(written, (at) => {
        expect(parseInstant(renderInstant(at))).toBe(at);
      }),
    );
  });
});

describe("for people", () => {
  const at = instantOf(Date.parse("2026-11-24T04:02:59.999Z"));

  test("a moment, a day, a weekday: in UTC, whatever the machine says", () => {
    const zone = process.env["TZ"];
    process.env["TZ"] = "Pacific/Kiritimati";
    try {
      expect([renderMoment(at), renderDay(at), renderWeekday(at)]).toEqual([
        "24 Nov 2026, 04:02 UTC",
        "24 Nov",
        "Tue",
      ]);
    } finally {
      if (zone === undefined) delete process.env["TZ"];
      else process.env["TZ"] = zone;
    }
  });

  test("never throw, and are never empty", () => {
    fc.assert(
      fc.property(instants, (any: Instant) => {
        for (const render of [renderMoment, renderDay, renderWeekday, renderInstant]) {
          expect(render(any)).toMatch(/^\S.*\S$/);
        }
      }),
    );
  });
});

describe("a span", () => {
  test.each([
    { ms: 0, is: "0 s" },
    { ms: 999, is: "0 s" },
    { ms: SECOND_MS, is: "1 s" },
    { ms: 59_999, is: "59 s" },
    { ms: MINUTE_MS, is: "1 min" },
    { ms: MINUTE_MS + SECOND_MS, is: "1 min 1 s" },
    { ms: 3 * HOUR_MS + 5 * MINUTE_MS + 59_999, is: "3 h 5 min" },
    { ms: DAY_MS - 1, is: "23 h 59 min" },
    { ms: DAY_MS, is: "1 d" },
    { ms: DAY_MS + 59 * MINUTE_MS, is: "1 d" },
    { ms: 6 * DAY_MS + 23 * HOUR_MS, is: "6 d 23 h" },
    { ms: -5 * DAY_MS, is: "0 s" },
    { ms: Number.NaN, is: "0 s" },
  ])("$ms ms is $is", ({ ms, is }) => {
    expect(renderSpan(ms)).toBe(is);
  });

  test("never throws, is never empty, and never longer than what it is about", () => {
    const sizes = new Map([
      ["d", DAY_MS],
      ["h", HOUR_MS],
      ["min", MINUTE_MS],
      ["s", SECOND_MS],
    ]);
    fc.assert(
      fc.property(fc.double({ min: -1e15, max: 1e15, noNaN: true }), (ms) => {
        const shown = renderSpan(ms);
        expect(shown).toMatch(/^\d+ (?:d|h|min|s)(?: \d+ (?:h|min|s))?$/);
        const words = shown.split(" ");
        const sum = words.reduce(
          (total, word, position) =>
            position % 2 === 0 ? total + Number(word) * (sizes.get(words[position + 1] ?? "") ?? 0) : total,
          0,
        );
        expect(sum).toBeLessThanOrEqual(Math.max(0, ms));
      }),
    );
    expect(renderSpan(Number.POSITIVE_INFINITY)).toBe("Infinity d");
  });
});

describe("reading a duration", () => {
  test.each([
    { text: "0s", ms: 0 },
    { text: "250ms", ms: 250 },
    { text: "90s", ms: 90 * SECOND_MS },
    { text: "30m", ms: 30 * MINUTE_MS },
    { text: "24h", ms: DAY_MS },
    { text: "7d", ms: 7 * DAY_MS },
    { text: "2w", ms: 14 * DAY_MS },
    { text: "007d", ms: 7 * DAY_MS },
  ])("$text", ({ text, ms }) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each([
    "",
    "7",
    "d",
    "7 d",
    " 7d",
    "7d\n",
    "-7d",
    "+7d",
    "1.5h",
    "1e3s",
    "7D",
    "7M",
    "1h30m",
    "7y",
    "0x10s",
    "1_000s",
    "٧d",
    "9999999999s",
  ])("refuses %j", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  test("never throws", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 20 }), (text) => {
        expect(parseDuration(text) ?? 0).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
