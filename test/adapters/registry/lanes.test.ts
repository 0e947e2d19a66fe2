import { beforeEach, expect, test } from "vitest";
import { Lanes, LANES_MAX } from "../../../src/adapters/registry/lanes.ts";
import { parseRepository } from "../../../src/image/reference.ts";
import type { Survey } from "../../../src/ports/registry.ts";

const HANGING = parseRepository("hanging.example/acme/base");
const OTHER = parseRepository("other.example/acme/base");
const DONE: Survey = { answers: new Map() };

/** Longer than a host that answers takes. */
const SLOW_MS = 2_000;

let nowMs: number;
let timers: Set<() => void>;
let lanes: Lanes;
beforeEach(() => {
  nowMs = 1_000_000;
  timers = new Set();
  lanes = new Lanes(
    () => nowMs,
    (_ms, act) => {
      timers.add(act);
      return { cancel: () => void timers.delete(act) };
    },
  );
});

/** Fills all lanes of the host; the result ends one. */
function fill(): { readonly end: () => void; readonly ended: Promise<unknown> }[] {
  return Array.from({ length: LANES_MAX }, () => {
    const { promise, resolve } = Promise.withResolvers<Survey>();
    const ended = lanes.survey(HANGING, () => promise);
    return { end: () => resolve(DONE), ended };
  });
}

/** The same, and nothing comes back for a while. */
function hang(): void {
  fill();
  nowMs += SLOW_MS;
}

const refused = (): Promise<Survey> => Promise.reject(new Error("was asked"));

test("a host that hangs takes sixteen places, and the next survey is put off unasked", async () => {
  hang();
  const { answers, deferred } = await lanes.survey(HANGING, refused);
  expect(answers.size).toBe(0);
  expect(deferred).toMatchObject({ code: "registry-deferred", transient: true });
  expect(deferred?.message).toMatch(
    /^hanging\.example\/acme\/base is not asked before .*: 16 surveys of hanging\.example are under way$/,
  );
});

test("another host is not held up", async () => {
  hang();
  expect(await lanes.survey(OTHER, async () => DONE)).toBe(DONE);
});

test("a place that got free is taken", async () => {
  const [first] = fill();
  first?.end();
  await first?.ended;
  expect(await lanes.survey(HANGING, async () => DONE)).toBe(DONE);
});

test("a survey that failed frees its place, too", async () => {
  for (let failed = 0; failed < LANES_MAX + 1; failed++) {
    await expect(lanes.survey(HANGING, refused)).rejects.toThrow("was asked");
  }
});

test("those that are put off are told moments that lie apart by what a place takes to get free", async () => {
  hang();
  const waits: (number | undefined)[] = [];
  for (let count = 0; count < 4; count++)
    waits.push((await lanes.survey(HANGING, refused)).deferred?.retryAfterMs);
  expect(waits).toEqual([5_000, 5_313, 5_625, 5_938]);
});

test("the wait follows how long surveys take", async () => {
  for (let count = 0; count < 50; count++) {
    await lanes.survey(HANGING, async () => {
      nowMs += 60_000;
      return DONE;
    });
  }
  hang();
  const { deferred } = await lanes.survey(HANGING, refused);
  expect(deferred?.retryAfterMs).toBeGreaterThan(55_000);
  expect(deferred?.retryAfterMs).toBeLessThanOrEqual(60_000);
});

test("nobody is put off for longer than a quarter of an hour, or less than a second", async () => {
  hang();
  for (let count = 0; count < 5_000; count++) await lanes.survey(HANGING, refused);
  expect((await lanes.survey(HANGING, refused)).deferred?.retryAfterMs).toBe(900_000);
});

test("a host that answers keeps others waiting for a place, the first of them first, and never more than sixteen at it", async () => {
  const all = fill();
  let underWay = LANES_MAX;
  const order: number[] = [];
  const waiting = [1, 2, 3].map((number) =>
    lanes.survey(HANGING, async () => {
      underWay += 1;
      order.push(number);
      expect(underWay).toBeLessThanOrEqual(LANES_MAX);
      underWay -= 1;
      return DONE;
    }),
  );
  expect(order).toEqual([]);
  underWay -= 1;
  all[0]?.end();
  expect(await Promise.all(waiting)).toEqual([DONE, DONE, DONE]);
  expect(order).toEqual([1, 2, 3]);
  expect(timers.size).toBe(0);
});

test("somebody who comes while others wait takes no place before them", async () => {
  const [first] = fill();
  const order: string[] = [];
  const early = lanes.survey(HANGING, async () => {
    order.push("early");
    return DONE;
  });
  first?.end();
  await first?.ended;
  const late = lanes.survey(HANGING, async () => {
    order.push("late");
    return DONE;
  });
  await Promise.all([early, late]);
  expect(order).toEqual(["early", "late"]);
});

test("who waits for too long is put off, unasked", async () => {
  fill();
  const waiting = lanes.survey(HANGING, refused);
  for (const fire of timers) fire();
  expect((await waiting).deferred).toMatchObject({ code: "registry-deferred" });
});
