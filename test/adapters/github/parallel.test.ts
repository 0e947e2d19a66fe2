import { expect, test } from "vitest";
import { inParallel } from "../../../src/adapters/github/parallel.ts";

const PATIENT = new AbortController().signal;

/** Lets everything that is ready go on. */
async function turn(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}

test("keeps the order of the items, with at most 8 under way", async () => {
  const items = Array.from({ length: 30 }, (_, index) => index);
  let running = 0;
  let most = 0;
  const results = await inParallel(items, PATIENT, async (item) => {
    running += 1;
    most = Math.max(most, running);
    // Later items are ready sooner.
    for (let rest = 30 - item; rest > 0; rest -= 1) await turn();
    running -= 1;
    return item * 2;
  });
  expect(results).toEqual(items.map((item) => item * 2));
  expect(most).toBe(8);
});

test("nothing to do is done", async () => {
  expect(await inParallel([], PATIENT, async () => 1)).toEqual([]);
});

test("the first failure is thrown, ends the others, and starts no more", async () => {
  const failure = new Error("the first");
  const started: number[] = [];
  const ended: unknown[] = [];
  const call = inParallel([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], PATIENT, async (item, signal) => {
    started.push(item);
    if (item === 3) throw failure;
    while (!signal.aborted) await turn();
    ended.push(signal.reason);
    throw new Error("a consequence");
  });
  await expect(call).rejects.toBe(failure);
  expect(started).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(ended).toEqual(Array.from({ length: 7 }, () => failure));
});

test("the caller's reason is thrown", async () => {
  const caller = new AbortController();
  const reason = new Error("enough");
  const call = inParallel([1, 2], caller.signal, async (_, signal) => {
    while (!signal.aborted) await turn();
    signal.throwIfAborted();
  });
  await turn();
  caller.abort(reason);
  await expect(call).rejects.toBe(reason);
});
