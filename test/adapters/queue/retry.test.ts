import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isRetryable, retryDelayMs, RETRIES_MAX } from "../../../src/adapters/queue/retry.ts";
import { CodedError, ERROR_CODES, type ErrorCode, InvalidInputError } from "../../../src/errors.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../src/time.ts";

const FAILED = new CodedError("registry-unavailable", "asking failed");

describe("whether a job is tried again", () => {
  const codes = Object.keys(ERROR_CODES).filter((code): code is ErrorCode =>
    Object.hasOwn(ERROR_CODES, code),
  );
  test.each(codes.map((code) => ({ code, again: ERROR_CODES[code].transient })))(
    "$code: $again",
    ({ code, again }) => {
      expect(isRetryable(new CodedError(code, ""))).toBe(again);
    },
  );

  test.each<{ title: string; error: unknown; again: boolean }>([
    { title: "input that is wrong", error: new InvalidInputError("job-invalid", ""), again: false },
    { title: "an error of nobody's", error: new TypeError("x is undefined"), again: true },
    { title: "the end of its time", error: new DOMException("", "TimeoutError"), again: true },
    { title: "something thrown that is no error", error: "stop", again: true },
    { title: "nothing", error: undefined, again: true },
  ])("$title: $again", ({ error, again }) => {
    expect(isRetryable(error)).toBe(again);
  });
});

describe("how long it waits", () => {
  test.each([
    { tries: 1, least: 500, most: SECOND_MS },
    { tries: 2, least: SECOND_MS, most: 2 * SECOND_MS },
    { tries: 3, least: 2 * SECOND_MS, most: 4 * SECOND_MS },
    { tries: 7, least: 32 * SECOND_MS, most: 64 * SECOND_MS },
    { tries: 11, least: 7.5 * MINUTE_MS, most: 15 * MINUTE_MS },
    { tries: 1_000_000, least: 7.5 * MINUTE_MS, most: 15 * MINUTE_MS },
  ])("after $tries tries: from $least to $most ms", ({ tries, least, most }) => {
    expect(retryDelayMs(tries, FAILED, 0)).toBe(least);
    expect(retryDelayMs(tries, FAILED, 1)).toBe(most);
  });

  test.each([
    { title: "as long as it was asked to", retryAfterMs: 90 * SECOND_MS, is: 90 * SECOND_MS },
    { title: "not at all, when it was told so", retryAfterMs: 0, is: 0 },
    { title: "six hours at most", retryAfterMs: 24 * HOUR_MS, is: 6 * HOUR_MS },
    { title: "six hours when it was told for ever", retryAfterMs: Number.POSITIVE_INFINITY, is: 6 * HOUR_MS },
  ])("$title, and up to a second more", ({ retryAfterMs, is }) => {
    const asked = new CodedError("registry-rate-limited", "slow down", { retryAfterMs });
    expect(retryDelayMs(1, asked, 0)).toBe(is);
    expect(retryDelayMs(RETRIES_MAX, asked, 0.999)).toBe(is + 999);
  });

  test("is a whole number of milliseconds, never before now and never for ever", () => {
    const tries = fc.integer({ min: 1, max: 10_000 });
    const asked = fc.option(fc.double({ min: 0, max: 1e12, noNaN: true }), { nil: undefined });
    fc.assert(
      fc.property(tries, asked, fc.double({ min: 0, max: 1, noNaN: true }), (count, retryAfterMs, random) => {
        const facts = retryAfterMs === undefined ? {} : { retryAfterMs: Math.floor(retryAfterMs) };
        const delayMs = retryDelayMs(count, new CodedError("registry-timeout", "", facts), random);
        expect(Number.isInteger(delayMs)).toBe(true);
        expect(delayMs).toBeGreaterThanOrEqual(0);
        expect(delayMs).toBeLessThanOrEqual(6 * HOUR_MS + SECOND_MS);
      }),
    );
  });
});
