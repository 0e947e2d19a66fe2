import { beforeEach, describe, expect, test } from "vitest";
import { createRedisClock } from "../../../src/adapters/redis/clock.ts";

/** One clock for all processes, that is not asked all the time. */

const EPOCH_MS = Date.parse("2026-11-29T12:00:00.250Z");

let machineMs: number;
let asked: number;
let answers: (() => void)[];
let failure: Error | undefined;

/** Redis, `answering` at once or when the test says so. */
function clockOver(answering: "at once" | "later") {
  return createRedisClock(
    {
      async time() {
        asked += 1;
        if (failure !== undefined) throw failure;
        const toldMs = EPOCH_MS + machineMs;
        if (answering === "later") await new Promise<void>((resolve) => answers.push(resolve));
        return [Math.floor(toldMs / 1_000), (toldMs % 1_000) * 1_000];
      },
    },
    () => machineMs,
  );
}

beforeEach(() => {
  machineMs = 0;
  asked = 0;
  answers = [];
  failure = undefined;
});

test("tells the time of Redis, in whole milliseconds", async () => {
  machineMs = 0.75;
  expect(await clockOver("at once").now()).toBe(EPOCH_MS);
});

test("counts on for a second, then asks again", async () => {
  const clock = clockOver("at once");
  const told: number[] = [];
  for (const at of [0, 1, 500, 999, 1_000, 1_999, 2_000]) {
    machineMs = at;
    told.push((await clock.now()) - EPOCH_MS);
  }
  expect(told).toEqual([0, 1, 500, 999, 1_000, 1_999, 2_000]);
  expect(asked).toBe(3);
});

describe("while Redis is asked", () => {
  test("everybody waits for the same answer", async () => {
    const clock = clockOver("later");
    const all = [clock.now(), clock.now(), clock.now()];
    answers.shift()?.();
    expect(new Set(await Promise.all(all))).toEqual(new Set([EPOCH_MS]));
    expect(asked).toBe(1);
  });

  test("what its answer takes does not put the clock ahead, and it does not go back", async () => {
    const clock = clockOver("later");
    const first = clock.now();
    answers.shift()?.();
    expect(await first).toBe(EPOCH_MS);
    machineMs = 999;
    const before = await clock.now();
    machineMs = 1_000;
    const slow = clock.now();
    machineMs = 1_400;
    const meanwhile = clock.now();
    answers.shift()?.();
    expect([before - EPOCH_MS, (await slow) - EPOCH_MS, (await meanwhile) - EPOCH_MS]).toEqual([
      999, 1_000, 1_000,
    ]);
  });
});

test("a failure is told to who asked, and the next one asks again", async () => {
  const clock = clockOver("at once");
  failure = new Error("gone");
  await expect(clock.now()).rejects.toThrow("gone");
  failure = undefined;
  expect(await clock.now()).toBe(EPOCH_MS);
  expect(asked).toBe(2);
});
