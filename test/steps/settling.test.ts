import {
  array,
  assert as assertProperty,
  boolean,
  constantFrom,
  integer,
  property,
  record,
} from "fast-check";
import { describe, expect, test } from "vitest";
import type { Assessment } from "../../src/assess/assessment.ts";
import { type MovedTag, SETTLE_MS, settlingEnd } from "../../src/steps/planning/settling.ts";
import { DAY_MS, HOUR_MS, later, MINUTE_MS, SECOND_MS } from "../../src/time.ts";
import type { TagHistory } from "../../src/watch/history.ts";
import { digest, NOW } from "../workers/bench.ts";
import { CONTENT, FIXES } from "../workers/propose-bench.ts";

/** A tag that moved at these times, in milliseconds before now. */
function movedBefore(...ages: readonly number[]): TagHistory {
  return ages.map((age, position) => {
    const at = later(NOW, -age);
    return { digest: digest(`d${position}`), firstSeenAt: at, lastSeenAt: at };
  });
}

function tag(ages: readonly number[], change: Partial<MovedTag> = {}): MovedTag {
  return { history: movedBefore(...ages), verdict: undefined, isAssessed: false, ...change };
}

function assessed(age: number, assessment = CONTENT): Assessment {
  return { ...assessment, assessedAt: later(NOW, -age) };
}

const S = SECOND_MS;
const READY = [assessed(2 * S)];
const PENDING = tag([DAY_MS, 10 * S]);

test.each([
  { title: "not judged at all", moved: [PENDING], leftMs: 50 * S },
  {
    title: "verified and not compared",
    moved: [tag([DAY_MS, 20 * S], { verdict: "verified" })],
    leftMs: 40 * S,
  },
  { title: "seen for the first time", moved: [tag([10 * S])], leftMs: 50 * S },
  { title: "seen this very moment: from the assessment on", moved: [tag([DAY_MS, 0])], leftMs: 58 * S },
  { title: "two: until the later", moved: [tag([DAY_MS, 30 * S]), PENDING], leftMs: 50 * S },
  { title: "one of which is done", moved: [tag([3 * S], { verdict: "rejected" }), PENDING], leftMs: 50 * S },
  {
    title: "of what a clock assessed that has gone back",
    news: [assessed(-HOUR_MS)],
    moved: [PENDING],
    leftMs: 50 * S,
  },
  {
    title: "two that would be proposed: from the older assessment on",
    news: [assessed(2 * S), assessed(40 * S)],
    moved: [PENDING],
    leftMs: 20 * S,
  },
])("waits for a tag that moved a moment ago: $title", ({ news = READY, moved, leftMs }) => {
  expect(settlingEnd({ news, moved, now: NOW })).toBe(later(NOW, leftMs));
});

test.each([
  { title: "nothing moved", moved: [] },
  { title: "nothing new to propose", news: [], moved: [PENDING] },
  { title: "something grave is fixed", news: [assessed(0, FIXES)], moved: [PENDING] },
  { title: "one of several fixes something grave", news: [...READY, assessed(0, FIXES)], moved: [PENDING] },
  { title: "what is ready has been for a minute", news: [assessed(MINUTE_MS)], moved: [PENDING] },
  { title: "some of it has been for days", news: [...READY, assessed(3 * DAY_MS)], moved: [PENDING] },
  { title: "it moved a minute ago", moved: [tag([DAY_MS, MINUTE_MS])] },
  { title: "it was never seen", moved: [tag([])] },
  { title: "it has no evidence yet", moved: [tag([DAY_MS, 0], { verdict: "awaiting-evidence" })] },
  { title: "it was rejected", moved: [tag([DAY_MS, 0], { verdict: "rejected" })] },
  { title: "nothing can verify it", moved: [tag([DAY_MS, 0], { verdict: "unverifiable" })] },
  { title: "it is compared", moved: [tag([DAY_MS, 0], { verdict: "verified", isAssessed: true })] },
  { title: "it moved twice in a minute", moved: [tag([DAY_MS, 40 * S, 10 * S])] },
  { title: "it moves every minute and a half", moved: [tag([190 * S, 100 * S, 10 * S])] },
  { title: "it moved in the future, by a clock that has gone back", moved: [tag([DAY_MS, -HOUR_MS])] },
])("waits for nothing where $title", ({ news = READY, moved }) => {
  expect(settlingEnd({ news, moved, now: NOW })).toBeUndefined();
});

const ages = integer({ min: -HOUR_MS, max: HOUR_MS });
const anyTag = record({
  history: array(ages, { maxLength: 5 }).map((found) => movedBefore(...found.toSorted((a, b) => b - a))),
  verdict: constantFrom(undefined, "verified", "rejected", "awaiting-evidence", "unverifiable"),
  isAssessed: boolean(),
});

describe("whatever moves", () => {
  test("nothing waits longer than a minute after it was assessed, nor into the past", () => {
    let waitedCount = 0;
    assertProperty(
      property(array(ages, { maxLength: 4 }), array(anyTag, { maxLength: 6 }), (readyAges, moved) => {
        const news = readyAges.map((age) => assessed(age));
        const at = settlingEnd({ news, moved, now: NOW });
        if (at === undefined) return;
        waitedCount += 1;
        expect(at).toBeGreaterThan(NOW);
        for (const { assessedAt } of news) expect(at).toBeLessThanOrEqual(later(assessedAt, SETTLE_MS));
      }),
      { numRuns: 20_000 },
    );
    expect(waitedCount).toBeGreaterThan(0);
  });

  test("a tag that goes on moving holds a group for one minute, and never again while it does", () => {
    assertProperty(
      property(
        integer({ min: 1, max: 2 * MINUTE_MS - 1 }),
        integer({ min: 1, max: 40 }),
        integer({ min: 0, max: 2 * MINUTE_MS }),
        (everyMs, moves, agoMs) => {
          const history = movedBefore(
            DAY_MS,
            ...Array.from({ length: moves }, (_, move) => agoMs + (moves - 1 - move) * everyMs),
          );
          const at = settlingEnd({ news: [assessed(0)], moved: [{ ...tag([]), history }], now: NOW });
          expect(at !== undefined).toBe(moves === 1 && agoMs < SETTLE_MS);
        },
      ),
    );
  });

  test("two tags that move every 30 seconds in turns, and take 20 to be compared, are proposed", () => {
    const everyMs = 30 * S;
    const takesMs = 20 * S;
    const startsMs = [0, 15 * S];
    const waits: number[] = [];
    const writes: number[] = [];
    for (let atMs = 0; atMs < 10 * MINUTE_MS; atMs += S) {
      const now = later(NOW, atMs);
      const lines = startsMs.map((startMs) => {
        const count = Math.floor((atMs - startMs) / everyMs) + 1;
        const moves = Array.from({ length: Math.max(0, count) }, (_, move) => startMs + move * everyMs);
        const sinceMs = atMs - (moves.at(-1) ?? atMs);
        return {
          moves,
          isReady: moves.length > 0 && sinceMs >= takesMs,
          readyMs: (moves.at(-1) ?? 0) + takesMs,
        };
      });
      const news = lines.flatMap(({ isReady, readyMs }) =>
        isReady ? [{ ...CONTENT, assessedAt: later(NOW, readyMs) }] : [],
      );
      if (news.length === 0) continue;
      const moved = lines.map(({ moves, isReady }): MovedTag => ({
        history: movedBefore(DAY_MS, ...moves.map((ms) => -ms)),
        verdict: isReady ? "verified" : undefined,
        isAssessed: isReady,
      }));
      (settlingEnd({ news, moved, now }) === undefined ? writes : waits).push(atMs);
    }
    expect(waits.length).toBeGreaterThan(0);
    expect(Math.max(...waits)).toBeLessThan(MINUTE_MS);
    expect(writes.length).toBeGreaterThan(200);
  });
});
