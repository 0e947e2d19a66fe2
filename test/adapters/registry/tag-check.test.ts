import { describe, expect, test } from "vitest";
import { ASKED_NOW_MS, createTagCheck } from "../../../src/adapters/registry/tag-check.ts";
import { CodedError } from "../../../src/errors.ts";
import type { Digest } from "../../../src/image/digest.ts";
import { type ImageLine, renderLine } from "../../../src/image/reference.ts";
import type { TagState } from "../../../src/ports/registry.ts";
import { SECOND_MS } from "../../../src/time.ts";
import { digest, GLIBC, lineOf, MUSL } from "../../workers/bench.ts";

const OLD = digest("01d");
const NEXT = digest("4e3");
const { signal: NEVER } = new AbortController();

/** A registry that answers when it is told to, or at once, and a clock that stands. */
function scene(start: Digest = NEXT) {
  let atMs = 1_000_000;
  let digestNow: Digest | undefined = start;
  const asked: string[] = [];
  const waiting: PromiseWithResolvers<TagState>[] = [];
  let isSlow = false;
  const stateNow = (): TagState =>
    digestNow === undefined ? { kind: "missing" } : { kind: "found", digest: digestNow };
  const check = createTagCheck(
    {
      async resolve(line: ImageLine, signal: AbortSignal) {
        asked.push(renderLine(line));
        if (!isSlow) return stateNow();
        const held = Promise.withResolvers<TagState>();
        waiting.push(held);
        signal.addEventListener("abort", () => held.reject(signal.reason));
        return held.promise;
      },
    },
    () => atMs,
  );
  return {
    asked,
    waiting,
    check,
    isAt: (to: Digest, { line = MUSL, signal = NEVER } = {}) =>
      check.isSo(line, (state) => state.kind === "found" && state.digest === to, signal),
    pass: (ms: number): void => void (atMs += ms),
    point: (to: Digest | undefined): void => void (digestNow = to),
    beSlow: (): void => void (isSlow = true),
    beQuick: (): void => void (isSlow = false),
    stateNow,
  };
}

describe("one question does for all that are put within a few seconds", () => {
  test("one after the other", async () => {
    const { isAt, asked, pass } = scene();
    for (let count = 0; count < 10; count += 1) {
      expect(await isAt(NEXT)).toBe(true);
      pass(SECOND_MS / 2);
    }
    expect(asked).toHaveLength(1);
  });

  test("at the same time, while it is under way", async () => {
    const { isAt, asked, waiting, beSlow, stateNow } = scene();
    beSlow();
    const answers = [isAt(NEXT), isAt(NEXT), isAt(NEXT)];
    expect(asked).toHaveLength(1);
    waiting[0]?.resolve(stateNow());
    expect(await Promise.all(answers)).toEqual([true, true, true]);
    expect(asked).toHaveLength(1);
  });

  test("and no longer, counted from when it was put, however late its answer came", async () => {
    const { isAt, asked, waiting, pass, beSlow, beQuick, stateNow } = scene();
    beSlow();
    const first = isAt(NEXT);
    pass(ASKED_NOW_MS);
    waiting[0]?.resolve(stateNow());
    expect(await first).toBe(true);
    expect(await isAt(NEXT)).toBe(true);
    expect(asked).toHaveLength(1);
    beQuick();
    pass(1);
    expect(await isAt(NEXT)).toBe(true);
    expect(asked).toHaveLength(2);
  });

  test("of one tag, and not of another", async () => {
    const { isAt, asked } = scene();
    await isAt(NEXT);
    expect(await isAt(NEXT, { line: GLIBC })).toBe(true);
    expect(asked).toEqual([renderLine(MUSL), renderLine(GLIBC)]);
  });

  test("of a thousand tags: the one asked longest ago is forgotten first", async () => {
    const { isAt, asked } = scene();
    const lines = Array.from({ length: 1_001 }, (_, count) => lineOf(`t${count}`));
    for (const line of lines) await isAt(NEXT, { line });
    asked.length = 0;
    for (const line of lines.slice(1)) await isAt(NEXT, { line });
    expect(asked).toEqual([]);
    await isAt(NEXT, { line: lineOf("t0") });
    expect(asked).toHaveLength(1);
  });
});

describe("a no is never what was known", () => {
  test("a tag that went on since is asked about anew, and its answer counts", async () => {
    const { isAt, asked, point } = scene(OLD);
    expect(await isAt(OLD)).toBe(true);
    point(NEXT);
    expect(await isAt(NEXT)).toBe(true);
    expect(asked).toHaveLength(2);
    // What is known now is the newer answer.
    expect(await isAt(NEXT)).toBe(true);
    expect(asked).toHaveLength(2);
    expect(await isAt(OLD)).toBe(false);
  });

  test.each([
    { title: "elsewhere", to: OLD },
    { title: "gone", to: undefined },
  ])("a tag that is $title: asked each time", async ({ to }) => {
    const { isAt, asked, point } = scene();
    point(to);
    for (let count = 1; count <= 3; count += 1) {
      expect(await isAt(NEXT)).toBe(false);
      expect(asked).toHaveLength(count);
    }
  });

  test("a tag that was gone and is there again", async () => {
    const { isAt, point } = scene();
    point(undefined);
    expect(await isAt(NEXT)).toBe(false);
    point(NEXT);
    expect(await isAt(NEXT)).toBe(true);
  });
});

describe("a question without an answer", () => {
  const failure = new CodedError("registry-unavailable", "no answer");

  test("is the failure of who put it, and asked again by who waited for it", async () => {
    const { isAt, asked, waiting, beSlow, beQuick } = scene();
    beSlow();
    const first = isAt(NEXT);
    const second = isAt(NEXT);
    beQuick();
    waiting[0]?.reject(failure);
    await expect(first).rejects.toBe(failure);
    expect(await second).toBe(true);
    expect(asked).toHaveLength(2);
  });

  test("is not remembered", async () => {
    const { isAt, asked, waiting, beSlow, beQuick } = scene();
    beSlow();
    const first = isAt(NEXT);
    waiting[0]?.reject(failure);
    await expect(first).rejects.toBe(failure);
    beQuick();
    expect(await isAt(NEXT)).toBe(true);
    expect(asked).toHaveLength(2);
  });

  test("because who put it was stopped: who waited for it asks", async () => {
    const { isAt, asked, beSlow, beQuick } = scene();
    beSlow();
    const stop = new AbortController();
    const first = isAt(NEXT, { signal: stop.signal });
    const second = isAt(NEXT);
    beQuick();
    stop.abort(new Error("stopped"));
    await expect(first).rejects.toThrow("stopped");
    expect(await second).toBe(true);
    expect(asked).toHaveLength(2);
  });

  test("yet: who waits and is stopped leaves, and the question goes on", async () => {
    const { isAt, asked, waiting, beSlow, stateNow } = scene();
    beSlow();
    const first = isAt(NEXT);
    const stop = new AbortController();
    const second = isAt(NEXT, { signal: stop.signal });
    stop.abort(new Error("stopped"));
    await expect(second).rejects.toThrow("stopped");
    waiting[0]?.resolve(stateNow());
    expect(await first).toBe(true);
    expect(asked).toHaveLength(1);
  });
});
