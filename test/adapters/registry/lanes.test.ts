import { beforeEach, expect, test } from "vitest";
import { Lanes, LANES_MAX } from "../../../src/adapters/registry/lanes.ts";
import { parseRepository } from "../../../src/image/reference.ts";
import type { Survey } from "../../../src/ports/registry.ts";

const HANGING = parseRepository("hanging.example/acme/base");
const OTHER = parseRepository("other.example/acme/base");
const DONE: Survey = { answers: new Map() };

let nowMs: number;
let lanes: Lanes;
beforeEach(() => {
  nowMs = 1_000_000;
  lanes = new Lanes(() => nowMs);
});

/** Fills all lanes of the host; the result ends one. */
function fill(): { readonly end: () => void; readonly ended: Promise<unknown> }[] {
  return Array.from({ length: LANES_MAX }, () => {
    const { promise, resolve } = Promise.withResolvers<Survey>();
    const ended = lanes.survey(HANGING, () => promise);
    return { end: () => resolve(DONE), ended };
  });
}

const refused = (): Promise<Survey> => Promise.reject(new Error("was asked"));

test("a host that hangs takes sixteen places, and the next survey is put off unasked", async () => {
  fill();
  const { answers, deferred } = await lanes.survey(HANGING, refused);
  expect(answers.size).toBe(0);
  expect(deferred).toMatchObject({ code: "registry-deferred", transient: true });
  expect(deferred?.message).toMatch(
    /^hanging\.example\/acme\/base is not asked before .*: 16 surveys of hanging\.example are under way$/,
  );
});

test("another host is not held up", async () => {
  fill();
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
  fill();
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
  fill();
  const { deferred } = await lanes.survey(HANGING, refused);
  expect(deferred?.retryAfterMs).toBeGreaterThan(55_000);
  expect(deferred?.retryAfterMs).toBeLessThanOrEqual(60_000);
});

test("nobody is put off for longer than a quarter of an hour, or less than a second", async () => {
  fill();
  for (let count = 0; count < 5_000; count++) await lanes.survey(HANGING, refused);
  expect((await lanes.survey(HANGING, refused)).deferred?.retryAfterMs).toBe(900_000);
});
