import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DAY_MS, HOUR_MS, instantOf, later, MINUTE_MS } from "../../src/time.ts";
import { isGone, type Missing, missingAfter, missingWaitMs } from "../../src/watch/missing.ts";
import { NOW } from "./facts.ts";

const after = (...minutes: readonly number[]): Missing | undefined =>
  minutes.reduce<Missing | undefined>(
    (missing, minute) => missingAfter(missing, later(NOW, minute * MINUTE_MS)),
    undefined,
  );

describe("a tag counts as gone", () => {
  test.each([
    { title: "before any look", minutes: [], isIt: false },
    { title: "after one look", minutes: [0], isIt: false },
    { title: "after two looks, a day apart", minutes: [0, 1_440], isIt: false },
    { title: "after three looks in 59 minutes", minutes: [0, 30, 59], isIt: false },
    {
      title: "after a hundred looks in a minute",
      minutes: Array.from({ length: 100 }, () => 1),
      isIt: false,
    },
    { title: "after three looks in an hour", minutes: [0, 30, 60], isIt: true },
    { title: "when the clock was set back in between", minutes: [0, -600, -570], isIt: false },
    { title: "an hour after the clock was set back", minutes: [0, -600, -540], isIt: true },
  ])("$title: $isIt", ({ minutes, isIt }) => {
    expect(isGone(after(...minutes))).toBe(isIt);
  });
});

test.each([
  { count: 1, intervalMs: 30 * MINUTE_MS, is: HOUR_MS },
  { count: 2, intervalMs: 30 * MINUTE_MS, is: 2 * HOUR_MS },
  { count: 5, intervalMs: 30 * MINUTE_MS, is: 16 * HOUR_MS },
  { count: 6, intervalMs: 30 * MINUTE_MS, is: DAY_MS },
  { count: 10_000, intervalMs: 1, is: DAY_MS },
  { count: 1, intervalMs: 2 * DAY_MS, is: 2 * DAY_MS },
])("look $count at an interval of $intervalMs ms: $is ms", ({ count, intervalMs, is }) => {
  expect(missingWaitMs({ since: NOW, lastAt: NOW, count }, intervalMs)).toBe(is);
});

test("for any looks: counted, and never a negative time", () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1, maxLength: 50 }), (times) => {
      const missing = times.reduce<Missing | undefined>(
        (before, at) => missingAfter(before, instantOf(at)),
        undefined,
      );
      expect(missing?.count).toBe(times.length);
      expect((missing?.lastAt ?? 0) - (missing?.since ?? 1)).toBeGreaterThanOrEqual(0);
    }),
  );
});
