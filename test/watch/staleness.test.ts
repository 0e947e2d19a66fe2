import { describe, expect, test } from "vitest";
import { DAY_MS, HOUR_MS, later } from "../../src/time.ts";
import { stalenessInWords, stalenessOf } from "../../src/watch/staleness.ts";
import { movedAt, NOW } from "./facts.ts";

const WEEK_MS = 7 * DAY_MS;
const daysAgo = (...days: readonly number[]) => movedAt(...days.map((day) => later(NOW, -day * DAY_MS)));

describe("a tag stands still", () => {
  test.each([
    { title: "never seen", history: [], criticalMs: WEEK_MS, kind: undefined },
    { title: "half of the period", history: daysAgo(3.5), criticalMs: WEEK_MS, kind: undefined },
    { title: "more than half of the period", history: daysAgo(3.6), criticalMs: WEEK_MS, kind: "sla" },
    { title: "for a year, without a period", history: daysAgo(365), criticalMs: undefined, kind: undefined },
    { title: "half of a very short period", history: daysAgo(0.9), criticalMs: HOUR_MS, kind: undefined },
    {
      title: "three gaps, three times the usual",
      history: daysAgo(19, 17, 15, 12, 10, 6),
      criticalMs: WEEK_MS,
      kind: undefined,
    },
    {
      title: "more than that",
      history: daysAgo(19, 17, 15, 13, 11, 6.1),
      criticalMs: WEEK_MS,
      kind: "usual-gap",
    },
    {
      title: "two gaps are no usual gap",
      history: daysAgo(10, 9, 8, 3),
      criticalMs: WEEK_MS,
      kind: undefined,
    },
    {
      title: "a slow tag, within its pace",
      history: daysAgo(130, 100, 70, 40, 20),
      criticalMs: WEEK_MS,
      kind: undefined,
    },
    {
      title: "moves a minute apart, half a day ago",
      history: daysAgo(0.504, 0.503, 0.502, 0.501, 0.5),
      criticalMs: WEEK_MS,
      kind: undefined,
    },
    { title: "moved in the future", history: daysAgo(-10), criticalMs: WEEK_MS, kind: undefined },
  ])("$title: $kind", ({ history, criticalMs, kind }) => {
    expect(stalenessOf(history, criticalMs, NOW)?.kind).toBe(kind);
  });
});

test.each([
  {
    history: daysAgo(4),
    words: "no move for more than half of the 7 d in which a critical vulnerability is to be fixed",
  },
  { history: daysAgo(14, 13, 12, 11, 10), words: "no move for more than 3 times the usual 1 d" },
])("says by which measure: $words", ({ history, words }) => {
  const stale = stalenessOf(history, WEEK_MS, NOW);
  expect(stale).toBeDefined();
  expect(stale === undefined ? "" : stalenessInWords(stale)).toBe(words);
});
