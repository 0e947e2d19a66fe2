import { expect, test } from "vitest";
import { parseRetryAfter } from "../../../src/adapters/registry/retry-after.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../src/time.ts";

const NOW_MS = Date.parse("2026-11-24T12:00:00Z");

test.each([
  { title: "seconds", header: "120", body: "", waitMs: 120 * SECOND_MS },
  { title: "no seconds: at least one", header: "0", body: "", waitMs: SECOND_MS },
  { title: "a billion seconds: at most six hours", header: "1000000000", body: "", waitMs: 6 * HOUR_MS },
  { title: "a date", header: "Tue, 24 Nov 2026 12:02:00 GMT", body: "", waitMs: 2 * MINUTE_MS },
  { title: "a date in the past", header: "Tue, 24 Nov 2026 11:00:00 GMT", body: "", waitMs: SECOND_MS },
  { title: "a date years ahead", header: "Wed, 24 Nov 2032 11:00:00 GMT", body: "", waitMs: 6 * HOUR_MS },
  {
    title: "microseconds in GHCR's body",
    header: undefined,
    body: "retry-after: 880.092us, allowed: 44000/minute",
    waitMs: SECOND_MS,
  },
  {
    title: "several units in the body",
    header: undefined,
    body: "Retry-After: 1h2m3.5s",
    waitMs: HOUR_MS + 2 * MINUTE_MS + 3_500,
  },
  {
    title: "milliseconds with a micro sign beside",
    header: undefined,
    body: "retry-after: 2500ms10µs",
    waitMs: 2_501,
  },
  { title: "the header before the body", header: "5", body: "retry-after: 1h", waitMs: 5 * SECOND_MS },
  {
    title: "the body when the header is nonsense",
    header: "soon",
    body: "retry-after: 7s",
    waitMs: 7 * SECOND_MS,
  },
  { title: "nothing from nonsense", header: "soon", body: "later", waitMs: undefined },
  { title: "nothing from a negative number", header: "-5", body: "", waitMs: undefined },
  { title: "nothing from a fraction", header: "1.5", body: "", waitMs: undefined },
  { title: "nothing from two headers", header: ["1", "2"], body: "", waitMs: undefined },
  {
    title: "nothing from a number without a unit in the body",
    header: undefined,
    body: "retry-after: 5",
    waitMs: undefined,
  },
  { title: "nothing from nothing", header: undefined, body: "", waitMs: undefined },
])("parseRetryAfter reads $title", ({ header, body, waitMs }) => {
  expect(parseRetryAfter(header, body, NOW_MS)).toBe(waitMs);
});

test("a long body is read in no time", () => {
  expect(parseRetryAfter(undefined, `retry-after: ${"9".repeat(100_000)}`, NOW_MS)).toBeUndefined();
});
