import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DeadlineReached, unlessAborted, withDeadline } from "../src/deadline.ts";

const never = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("something with a deadline", () => {
  test("gives what it gives, and leaves neither timer nor listener behind", async () => {
    const { signal } = new AbortController();
    const removed = vi.spyOn(signal, "removeEventListener");
    expect(await withDeadline(signal, 1_000, () => Promise.resolve("done"))).toBe("done");
    expect(vi.getTimerCount()).toBe(0);
    expect(removed).toHaveBeenCalledTimes(1);
  });

  test("leaves nothing behind when it fails", async () => {
    const { signal } = new AbortController();
    const removed = vi.spyOn(signal, "removeEventListener");
    await expect(withDeadline(signal, 1_000, () => Promise.reject(new Error("broken")))).rejects.toThrow(
      "broken",
    );
    expect(vi.getTimerCount()).toBe(0);
    expect(removed).toHaveBeenCalledTimes(1);
  });

  test("is told when time is up, and not before", async () => {
    const ended = withDeadline(new AbortController().signal, 1_000, never).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(999);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(await ended).toStrictEqual(new DeadlineReached(1_000));
  });

  test("is told what its caller was told", async () => {
    const caller = new AbortController();
    const ended = withDeadline(caller.signal, 1_000, never).catch((error: unknown) => error);
    const reason = new Error("shutting down");
    caller.abort(reason);
    expect(await ended).toBe(reason);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is not begun for a caller who has left", async () => {
    const run = vi.fn<typeof never>(never);
    await expect(withDeadline(AbortSignal.abort(new Error("left")), 1_000, run)).rejects.toThrow("left");
    expect(run).not.toHaveBeenCalled();
  });
});

describe("waiting for something shared", () => {
  test("ends with an abort, while the thing goes on for others", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const caller = new AbortController();
    const left = unlessAborted(promise, caller.signal).catch((error: unknown) => error);
    const stayed = unlessAborted(promise, new AbortController().signal);
    const reason = new Error("left");
    caller.abort(reason);
    expect(await left).toBe(reason);
    resolve("token");
    expect(await stayed).toBe("token");
  });
});
