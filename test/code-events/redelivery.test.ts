import * as fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
  type Delivery,
  failedIdsOf,
  lookFrom,
  OVERLAP_MS,
  redeliveryOf,
} from "../../src/code-events/redelivery.ts";
import { instantOf, later, MINUTE_MS } from "../../src/time.ts";

const T0 = instantOf(Date.UTC(2026, 10, 28, 12));
const at = (minutes: number) => later(T0, minutes * MINUTE_MS);

/** An attempt at a webhook, so many minutes after the beginning. */
function attempt(id: string, minutes: number, change: Partial<Delivery> = {}): Delivery {
  return {
    number: BigInt(1_000 + minutes),
    id,
    deliveredAt: at(minutes),
    event: "push",
    status: 503,
    ...change,
  };
}

const decide = (deliveries: readonly Delivery[], change: Partial<Parameters<typeof redeliveryOf>[0]> = {}) =>
  redeliveryOf({ deliveries, asked: new Set(), seenUpTo: T0, againMax: 10, ...change });

describe("sent again", () => {
  test.each([
    { title: "what we answered with an error", status: 503 },
    { title: "what did not reach us", status: 502 },
    { title: "what we did not answer in time", status: 504 },
    { title: "what has no status at all", status: 0 },
    { title: "what was refused while the secret was wrong", status: 401 },
    { title: "what was one too many", status: 429 },
    { title: "what was sent elsewhere by a redirect", status: 302 },
  ])("is $title", ({ status }) => {
    const failed = attempt("a", 1, { status });
    expect(decide([failed])).toEqual({ again: [failed], seenUpTo: at(1) });
  });

  it("is the newest attempt, and each webhook once", () => {
    const [first, second] = [attempt("a", 1), attempt("a", 5)];
    expect(decide([second, first]).again).toEqual([second]);
  });

  it("is the oldest webhook first, and of the rest none is forgotten", () => {
    const attempts = [attempt("d", 4), attempt("c", 3), attempt("b", 2), attempt("a", 1)];
    const first = decide(attempts, { againMax: 2 });
    expect(first.again.map(({ id }) => id)).toEqual(["a", "b"]);
    expect(first.seenUpTo).toBe(at(3));
    const second = decide(attempts, { againMax: 2, asked: new Set(["a", "b"]), seenUpTo: first.seenUpTo });
    expect(second.again.map(({ id }) => id)).toEqual(["c", "d"]);
    expect(second.seenUpTo).toBe(at(4));
  });
});

describe("not sent again", () => {
  test.each([
    { title: "what was taken", deliveries: [attempt("a", 1, { status: 202 })] },
    {
      title: "what was taken at a later attempt",
      deliveries: [attempt("a", 2, { status: 202 }), attempt("a", 1)],
    },
    {
      title: "what was taken before a later attempt failed",
      deliveries: [attempt("a", 2), attempt("a", 1, { status: 200 })],
    },
    { title: "what is too large", deliveries: [attempt("a", 1, { status: 413 })] },
    { title: "what nothing follows from", deliveries: [attempt("a", 1, { event: "star" })] },
    ...["check_suite", "check_run", "status"].map((event) => ({
      title: `${event}, which the next look finds`,
      deliveries: [attempt("a", 1, { event })],
    })),
    { title: "a ping", deliveries: [attempt("a", 1, { event: "ping" })] },
    { title: "nothing", deliveries: [] },
  ])("is $title", ({ deliveries }) => {
    expect(decide(deliveries).again).toEqual([]);
  });

  it("is what was asked for before, however it went", () => {
    expect(decide([attempt("a", 9), attempt("a", 1)], { asked: new Set(["a"]) }).again).toEqual([]);
  });
});

test("what was seen is never seen less", () => {
  expect(decide([]).seenUpTo).toBe(T0);
  expect(decide([attempt("a", -3, { status: 202 })]).seenUpTo).toBe(T0);
  expect(lookFrom(T0)).toBe(T0 - OVERLAP_MS);
});

test("only what failed is asked about in the store", () => {
  const deliveries = [attempt("b", 2), attempt("a", 1, { status: 202 }), attempt("b", 0)];
  expect(failedIdsOf(deliveries)).toEqual(["b"]);
});

test("asked for run by run, each webhook that nobody took is sent again exactly once", () => {
  const deliveries = fc.array(
    fc.record({
      id: fc.constantFrom("a", "b", "c", "d", "e", "f"),
      minutes: fc.nat(60),
      status: fc.constantFrom(202, 503),
    }),
  );
  fc.assert(
    fc.property(deliveries, fc.integer({ min: 1, max: 4 }), (all, againMax) => {
      const attempts = all
        .map(({ id, minutes, status }) => attempt(id, minutes, { status }))
        .toSorted((a, b) => b.deliveredAt - a.deliveredAt);
      const sent: string[] = [];
      let seenUpTo = T0;
      for (let run = 0; run < 12; run += 1) {
        const listed = attempts.filter(({ deliveredAt }) => deliveredAt >= lookFrom(seenUpTo));
        const next = redeliveryOf({ deliveries: listed, asked: new Set(sent), seenUpTo, againMax });
        sent.push(...next.again.map(({ id }) => id));
        seenUpTo = next.seenUpTo;
      }
      const taken = new Set(attempts.filter(({ status }) => status === 202).map(({ id }) => id));
      const lost = new Set(attempts.map(({ id }) => id).filter((id) => !taken.has(id)));
      // One that was taken long before an attempt that failed may be sent again: it is known to the receiver.
      expect(sent.filter((id) => lost.has(id)).toSorted()).toEqual([...lost].toSorted());
      expect(new Set(sent).size).toBe(sent.length);
    }),
  );
});
