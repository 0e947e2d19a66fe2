import { expect, test } from "vitest";
import { minimumSeconds, type Opening, overtakenCount, spanSeconds } from "../../bench/propose/order.ts";

const DAY_MS = 86_400_000;

test.each([
  { title: "none", count: 0, perMinute: 80, perHour: 500, seconds: 0 },
  { title: "what one minute takes", count: 80, perMinute: 80, perHour: 500, seconds: 0 },
  { title: "one more", count: 81, perMinute: 80, perHour: 500, seconds: 60 },
  { title: "what an hour takes", count: 500, perMinute: 80, perHour: 500, seconds: 360 },
  { title: "one more than an hour takes", count: 501, perMinute: 80, perHour: 500, seconds: 3_600 },
  { title: "two hours", count: 1_000, perMinute: 80, perHour: 500, seconds: 3_960 },
  { title: "a slow host", count: 200, perMinute: 20, perHour: 150, seconds: 3_720 },
])("the least time: $title", ({ count, perMinute, perHour, seconds }) => {
  expect(minimumSeconds(count, { perMinute, perHour })).toBe(seconds);
});

test("the span is from the first to the last", () => {
  expect(spanSeconds([])).toBe(0);
  expect(spanSeconds([{ openedAt: 61_000 }, { openedAt: 1_000 }, { openedAt: 2_000 }])).toBe(60);
});

test.each<{ readonly title: string; readonly openings: readonly Opening[]; readonly count: number }>([
  { title: "none", openings: [], count: 0 },
  {
    title: "those in order",
    openings: [{ openedAt: 0 }, { openedAt: 60_000, dueAt: DAY_MS }, { openedAt: 61_000, dueAt: 2 * DAY_MS }],
    count: 0,
  },
  {
    title: "one that was overtaken",
    openings: [{ openedAt: 0 }, { openedAt: 60_000, dueAt: 2 * DAY_MS }, { openedAt: 66_000, dueAt: DAY_MS }],
    count: 1,
  },
  {
    title: "one that was overtaken by one without a deadline",
    openings: [{ openedAt: 0 }, { openedAt: 60_000 }, { openedAt: 120_000, dueAt: DAY_MS }],
    count: 1,
  },
  {
    title: "of those that went together",
    openings: [{ openedAt: 0 }, { openedAt: 60_000, dueAt: 2 * DAY_MS }, { openedAt: 62_000, dueAt: DAY_MS }],
    count: 0,
  },
  {
    title: "by one whose deadline is hardly later",
    openings: [
      { openedAt: 0 },
      { openedAt: 60_000, dueAt: DAY_MS + 9_000 },
      { openedAt: 120_000, dueAt: DAY_MS },
    ],
    count: 0,
  },
  {
    title: "before all were known",
    openings: [
      { openedAt: 0, dueAt: 2 * DAY_MS },
      { openedAt: 20_000, dueAt: DAY_MS },
    ],
    count: 0,
  },
])("overtaken: $title", ({ openings, count }) => {
  expect(overtakenCount(openings)).toBe(count);
});
