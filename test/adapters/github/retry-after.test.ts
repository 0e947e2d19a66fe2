import { expect, test } from "vitest";
import { retryAfterMsOf } from "../../../src/adapters/github/retry-after.ts";

const NOW_MS = Date.parse("2026-11-24T12:00:00Z");
const DATE = "Tue, 24 Nov 2026 11:00:00 GMT";

test.each([
  { title: "seconds", headers: { "retry-after": "30" }, waitMs: 30_000 },
  { title: "seconds as a number", headers: { "retry-after": 30 }, waitMs: 30_000 },
  { title: "zero: at least a second", headers: { "retry-after": "0" }, waitMs: 1_000 },
  { title: "a week: at most an hour", headers: { "retry-after": "604800" }, waitMs: 3_600_000 },
  {
    title: "a date, by our clock",
    headers: { "retry-after": "Tue, 24 Nov 2026 12:00:20 GMT" },
    waitMs: 20_000,
  },
  {
    title: "a date, by GitHub's clock",
    headers: { "retry-after": "Tue, 24 Nov 2026 11:00:20 GMT", date: DATE },
    waitMs: 20_000,
  },
  {
    title: "a date that is over",
    headers: { "retry-after": "Tue, 24 Nov 2020 12:00:00 GMT" },
    waitMs: 1_000,
  },
  {
    title: "a reset when nothing remains",
    headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(NOW_MS / 1_000 + 90) },
    waitMs: 90_000,
  },
  {
    title: "a reset by GitHub's clock, not ours",
    headers: {
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": String(Date.parse(DATE) / 1_000 + 90),
      date: DATE,
    },
    waitMs: 90_000,
  },
  {
    title: "retry-after before a reset",
    headers: { "retry-after": "5", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1900000000" },
    waitMs: 5_000,
  },
])("waits for $title", ({ headers, waitMs }) => {
  expect(retryAfterMsOf(headers, NOW_MS)).toBe(waitMs);
});

test.each([
  { title: "nothing", headers: {} },
  { title: "an empty retry-after", headers: { "retry-after": "" } },
  { title: "a word", headers: { "retry-after": "soon" } },
  {
    title: "a reset while something remains",
    headers: { "x-ratelimit-remaining": "7", "x-ratelimit-reset": "1900000000" },
  },
  { title: "a reset without what remains", headers: { "x-ratelimit-reset": "1900000000" } },
  {
    title: "a reset that is no time",
    headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "later" },
  },
  { title: "nothing remaining without a reset", headers: { "x-ratelimit-remaining": "0" } },
])("does not guess from $title", ({ headers }) => {
  expect(retryAfterMsOf(headers, NOW_MS)).toBeUndefined();
});
