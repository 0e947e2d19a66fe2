import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Bucket, takeToken } from "../../src/push/bucket.ts";

const RATE = { perSecond: 20, burst: 100 };

/** How many of these moments get a token. */
function takenAt(moments: readonly number[]): number {
  let bucket: Bucket | undefined;
  let taken = 0;
  for (const moment of moments) {
    const answer = takeToken(bucket, RATE, moment);
    bucket = answer.bucket;
    if (answer.isTaken) taken += 1;
  }
  return taken;
}

describe("a token bucket", () => {
  test.each([
    { title: "all of a burst", moments: Array.from({ length: 100 }, () => 0), taken: 100 },
    { title: "no more than a burst at once", moments: Array.from({ length: 1_000 }, () => 0), taken: 100 },
    {
      title: "its rate for as long as it takes",
      moments: Array.from({ length: 1_000 }, (_, at) => at * 50),
      taken: 1_000,
    },
    {
      title: "no more than a burst after a long rest",
      moments: [0, ...Array.from({ length: 500 }, () => 1e9)],
      taken: 101,
    },
    {
      title: "nothing for a clock that goes back",
      moments: [...Array.from({ length: 100 }, () => 1e6), 0, 0, 0],
      taken: 100,
    },
  ])("gives $title", ({ moments, taken }) => {
    expect(takenAt(moments)).toBe(taken);
  });

  test("never gives more than burst and rate allow", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 10_000 }), { maxLength: 600 }), (gaps) => {
        let now = 0;
        const moments = gaps.map((gap) => (now += gap % 40));
        expect(takenAt(moments)).toBeLessThanOrEqual(RATE.burst + Math.ceil((now * RATE.perSecond) / 1_000));
      }),
      { numRuns: 50, seed: 1 },
    );
  });
});
