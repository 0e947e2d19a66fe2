import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DAY_MS, HOUR_MS, type Instant, instantOf, later, MINUTE_MS, SECOND_MS } from "../../src/time.ts";
import type { TagHistory } from "../../src/watch/history.ts";
import {
  nextPollAt,
  type NextPoll,
  POLL_REASONS,
  pollHorizonMs,
  pollReasonInWords,
} from "../../src/watch/next-poll.ts";
import type { TagRecord } from "../../src/watch/tag-record.ts";
import { movedAt, named, NOW } from "./facts.ts";

const RULES = { pollMs: 30 * MINUTE_MS, maxStalenessMs: HOUR_MS };
const PATIENT = { ...RULES, maxStalenessMs: 30 * DAY_MS };

/** A tag that moved every so many milliseconds, the last time so long ago; first seen before that. */
function every(gapMs: number, count: number, agoMs: number): TagRecord {
  const times = Array.from({ length: count + 1 }, (_, back) => later(NOW, -agoMs - (count - back) * gapMs));
  return { history: movedAt(...times) };
}

const minutes = ({ at }: NextPoll, now: Instant = NOW): number => (at - now) / MINUTE_MS;

describe("how long a tag is left alone", () => {
  test.each<{ title: string; tag: TagRecord; is: number; reason: string; rules?: typeof RULES }>([
    { title: "never seen", tag: { history: [] }, is: 30, reason: "base" },
    { title: "seen once, just now", tag: { history: movedAt(NOW) }, is: 30, reason: "base" },
    { title: "three moves", tag: every(DAY_MS, 3, 2 * HOUR_MS), is: 30, reason: "base", rules: PATIENT },
    {
      title: "moves a day apart",
      tag: every(DAY_MS, 4, 5 * HOUR_MS),
      is: 72,
      reason: "adaptive",
      rules: PATIENT,
    },
    { title: "moves an hour apart", tag: every(HOUR_MS, 8, 2 * HOUR_MS), is: 5, reason: "adaptive" },
    { title: "moves 4 hours apart", tag: every(4 * HOUR_MS, 8, 2 * HOUR_MS), is: 12, reason: "adaptive" },
    {
      title: "moves a month apart",
      tag: every(30 * DAY_MS, 4, 2 * DAY_MS),
      is: 360,
      reason: "adaptive",
      rules: PATIENT,
    },
    {
      title: "moves a month apart, and little patience",
      tag: every(30 * DAY_MS, 4, 2 * DAY_MS),
      is: 60 / 1.05,
      reason: "max-staleness",
    },
    { title: "a move a minute ago", tag: every(DAY_MS, 4, MINUTE_MS), is: 5, reason: "hot" },
    { title: "a move an hour ago", tag: every(4 * HOUR_MS, 4, HOUR_MS), is: 12, reason: "adaptive" },
    { title: "a first move just now", tag: every(DAY_MS, 1, 0), is: 5, reason: "hot" },
    { title: "a move in the future", tag: every(4 * HOUR_MS, 4, -HOUR_MS), is: 12, reason: "adaptive" },
    {
      title: "a move that is held back",
      tag: { ...every(MINUTE_MS, 4, MINUTE_MS), held: { digest: named("x"), since: NOW } },
      is: 5.56,
      reason: "settling",
    },
    {
      title: "missing once",
      tag: { ...every(DAY_MS, 4, 0), missing: { since: NOW, lastAt: NOW, count: 1 } },
      is: 60,
      reason: "missing",
    },
    {
      title: "missing for long",
      tag: { history: [], missing: { since: NOW, lastAt: NOW, count: 1_000_000 } },
      is: 1_440,
      reason: "missing",
    },
    {
      title: "credentials refused",
      tag: { history: [], failure: { code: "registry-unauthorized", message: "", at: NOW } },
      is: 60,
      reason: "refused",
    },
    {
      title: "access refused, though it moved a minute ago",
      tag: { ...every(DAY_MS, 4, MINUTE_MS), failure: { code: "registry-forbidden", message: "", at: NOW } },
      is: 60,
      reason: "refused",
    },
    {
      title: "no answer last time",
      tag: { history: [], failure: { code: "registry-timeout", message: "", at: NOW } },
      is: 30,
      reason: "base",
    },
  ])("$title: $is minutes ($reason)", ({ tag, is, reason, rules = RULES }) => {
    const next = nextPollAt(tag, undefined, rules, NOW);
    expect(next.reason).toBe(reason);
    expect(minutes(next)).toBeCloseTo(is, 1);
  });

  test.each([
    { title: "just now", agoMs: 0, reason: "hot" },
    { title: "59 minutes ago", agoMs: 59 * MINUTE_MS, reason: "hot" },
    { title: "an hour ago", agoMs: HOUR_MS, reason: "base" },
    { title: "in an hour", agoMs: -HOUR_MS, reason: "base" },
  ])("a push $title: $reason", ({ agoMs, reason }) => {
    expect(nextPollAt({ history: [] }, later(NOW, -agoMs), RULES, NOW).reason).toBe(reason);
  });
});

/** So many hours after midnight of a day in November. */
const dayOf = (day: number, hour: number): Instant =>
  instantOf(Date.UTC(2026, 10, day) + Math.round(hour * HOUR_MS));

const next = (history: TagHistory, now: Instant) => nextPollAt({ history }, undefined, RULES, now);

describe("a tag that moves at a time of the day", () => {
  const NIGHTLY = movedAt(...[14, 15, 16, 17, 18, 19, 20].map((day) => dayOf(day, 2 + day / 50)));

  test.each([
    { title: "within its two hours", hour: 2.5, is: 10, reason: "cluster" },
    { title: "long before", hour: 0, is: 60 / 1.05, reason: "max-staleness" },
    { title: "long after", hour: 12, is: 60 / 1.05, reason: "max-staleness" },
  ])("$title: $is minutes ($reason)", ({ hour, is, reason }) => {
    const now = dayOf(22, hour);
    expect(next(NIGHTLY, now).reason).toBe(reason);
    expect(minutes(next(NIGHTLY, now), now)).toBeCloseTo(is, 1);
  });

  test("shortly before: when they begin, and not after", () => {
    const now = dayOf(22, 1);
    const { at, reason } = next(NIGHTLY, now);
    expect(reason).toBe("cluster");
    expect(at).toBeGreaterThan(now);
    expect(at).toBeLessThan(dayOf(22, 2));
  });

  test.each([
    { title: "about midnight", hours: [23.8, 0.1, 23.9, 0.2, 23.7, 0.1], isCluster: true },
    { title: "all over the day", hours: [1, 5, 9, 13, 17, 21], isCluster: false },
    { title: "half of them elsewhere", hours: [0, 12, 0, 12, 0, 12], isCluster: false },
  ])("$title: $isCluster", ({ hours, isCluster }) => {
    const history = movedAt(dayOf(1, 0), ...hours.map((hour, day) => dayOf(2 + 2 * day, hour)));
    expect(next(history, dayOf(22, 0)).reason === "cluster").toBe(isCluster);
  });

  test("one that is looked at more often anyway keeps that pace", () => {
    const rules = { pollMs: 6 * MINUTE_MS, maxStalenessMs: 7 * MINUTE_MS };
    const { intervalMs, reason } = nextPollAt({ history: NIGHTLY }, undefined, rules, dayOf(22, 2.5));
    expect(reason).toBe("max-staleness");
    expect(intervalMs).toBeLessThan(7 * MINUTE_MS);
  });

  test("many moves of one day are no habit", () => {
    const history = movedAt(dayOf(1, 0), ...[0, 0.2, 0.4, 0.6, 0.8, 1].map((hour) => dayOf(2, hour)));
    expect(next(history, dayOf(22, 0.5)).reason).not.toBe("cluster");
  });
});

describe("an interval below five minutes, for trying things out", () => {
  const rules = { pollMs: SECOND_MS, maxStalenessMs: HOUR_MS };
  test.each<{ title: string; tag: TagRecord; seconds: number }>([
    { title: "a slow tag", tag: every(30 * DAY_MS, 5, DAY_MS), seconds: 1 },
    { title: "a tag that moved", tag: every(DAY_MS, 5, 0), seconds: 1 },
    {
      title: "a move that is held back",
      tag: { history: [], held: { digest: named("x"), since: NOW } },
      seconds: 1,
    },
    {
      title: "refused credentials",
      tag: { history: [], failure: { code: "registry-forbidden", message: "", at: NOW } },
      seconds: 1,
    },
    {
      title: "a tag missing twice",
      tag: { history: [], missing: { since: NOW, lastAt: NOW, count: 2 } },
      seconds: 4,
    },
  ])("$title: $seconds s", ({ tag, seconds }) => {
    expect(nextPollAt(tag, NOW, rules, NOW).at).toBe(later(NOW, seconds * SECOND_MS));
  });
});

const timesAny = fc
  .array(fc.integer({ min: -400 * DAY_MS, max: 400 * DAY_MS }), { maxLength: 100 })
  .map((offsets) => offsets.map((offset) => later(NOW, offset)));

describe("for any history, in any order", () => {
  test("it is in the future, within the limits", () => {
    const intervals = fc.integer({ min: SECOND_MS, max: 2 * DAY_MS });
    fc.assert(
      fc.property(timesAny, intervals, intervals, (times, pollMs, maxStalenessMs) => {
        const rules = { pollMs, maxStalenessMs: Math.max(maxStalenessMs, 10 * MINUTE_MS) };
        const { at, intervalMs, reason } = nextPollAt({ history: movedAt(...times) }, undefined, rules, NOW);
        expect(at).toBeGreaterThan(NOW);
        expect(at - NOW).toBeLessThanOrEqual(pollHorizonMs(rules));
        const isTrial = pollMs < 5 * MINUTE_MS;
        expect(at - NOW).toBeLessThanOrEqual(isTrial ? pollMs : rules.maxStalenessMs);
        expect(intervalMs).toBeGreaterThan(0);
        expect(POLL_REASONS).toContain(reason);
      }),
    );
  });
});

test("every reason has words", () => {
  const words = POLL_REASONS.map(pollReasonInWords);
  expect(new Set(words).size).toBe(POLL_REASONS.length);
  expect(words.every((text) => text.length > 10)).toBe(true);
});
