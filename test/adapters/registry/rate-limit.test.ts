import { array, assert, constant, dictionary, oneof, property, string, stringMatching } from "fast-check";
import { describe, expect, test } from "vitest";
import { nextPageOf } from "../../../src/adapters/registry/link.ts";
import { parseApiLimit, parsePullLimit } from "../../../src/adapters/registry/rate-limit.ts";
import { parseRetryAfter } from "../../../src/adapters/registry/retry-after.ts";
import { CodedError } from "../../../src/errors.ts";
import { parseRepository } from "../../../src/image/reference.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../src/time.ts";

const NOW_MS = Date.parse("2026-11-24T12:00:00Z");
const NOW_SECONDS = NOW_MS / SECOND_MS;
type Headers = Record<string, string | string[] | undefined>;

describe("parsePullLimit", () => {
  test.each<{ readonly title: string; readonly headers: Headers; readonly limit: object }>([
    {
      title: "what Docker Hub says to somebody without a log-in",
      headers: {
        "ratelimit-limit": "100;w=21600",
        "ratelimit-remaining": "20;w=21600",
        "docker-ratelimit-source": "192.0.2.7",
      },
      limit: { remaining: 20, limit: 100, windowMs: 6 * HOUR_MS, source: "192.0.2.7" },
    },
    {
      title: "nothing left",
      headers: { "ratelimit-limit": "100;w=21600", "ratelimit-remaining": "0;w=21600" },
      limit: { remaining: 0, limit: 100, windowMs: 6 * HOUR_MS },
    },
    {
      title: "a window that only one of them says",
      headers: { "ratelimit-limit": "200;w=60", "ratelimit-remaining": "199" },
      limit: { remaining: 199, limit: 200, windowMs: MINUTE_MS },
    },
    {
      title: "blanks",
      headers: { "ratelimit-limit": " 100 ; w=60 ", "ratelimit-remaining": "7; w=60" },
      limit: { remaining: 7, limit: 100, windowMs: MINUTE_MS },
    },
    {
      title: "more left than there is, as all of it",
      headers: { "ratelimit-limit": "100;w=60", "ratelimit-remaining": "1000000;w=60" },
      limit: { remaining: 100, limit: 100, windowMs: MINUTE_MS },
    },
    {
      title: "a hostile source as none",
      headers: {
        "ratelimit-limit": "100;w=60",
        "ratelimit-remaining": "1;w=60",
        "docker-ratelimit-source": "\u001b[31m<b>",
      },
      limit: { remaining: 1, limit: 100, windowMs: MINUTE_MS },
    },
  ])("reads $title", ({ headers, limit }) => {
    expect(parsePullLimit(headers)).toEqual(limit);
  });

  test.each<{ readonly title: string; readonly headers: Headers }>([
    { title: "no headers, as with no limit", headers: {} },
    { title: "only a limit", headers: { "ratelimit-limit": "100;w=60" } },
    { title: "only what is left", headers: { "ratelimit-remaining": "1;w=60" } },
    { title: "no window", headers: { "ratelimit-limit": "100", "ratelimit-remaining": "1" } },
    {
      title: "a window of nothing",
      headers: { "ratelimit-limit": "100;w=0", "ratelimit-remaining": "1;w=0" },
    },
    {
      title: "a window of a century",
      headers: { "ratelimit-limit": "100;w=3153600000", "ratelimit-remaining": "1;w=3153600000" },
    },
    {
      title: "a negative rest",
      headers: { "ratelimit-limit": "100;w=60", "ratelimit-remaining": "-1;w=60" },
    },
    { title: "a fraction", headers: { "ratelimit-limit": "100;w=60", "ratelimit-remaining": "1.5;w=60" } },
    { title: "hex", headers: { "ratelimit-limit": "0x64;w=60", "ratelimit-remaining": "1;w=60" } },
    { title: "words", headers: { "ratelimit-limit": "many", "ratelimit-remaining": "few" } },
    {
      title: "two headers",
      headers: { "ratelimit-limit": ["100;w=60", "1;w=60"], "ratelimit-remaining": "1;w=60" },
    },
    {
      title: "a number without an end",
      headers: { "ratelimit-limit": "9".repeat(100_000), "ratelimit-remaining": "1;w=60" },
    },
  ])("reads nothing from $title", ({ headers }) => {
    expect(parsePullLimit(headers)).toBeUndefined();
  });
});

describe("parseApiLimit", () => {
  const two = { "x-ratelimit-limit": "180", "x-ratelimit-remaining": "179" };

  test.each<{ readonly title: string; readonly headers: Headers; readonly resetAfterMs: number | undefined }>(
    [
      {
        title: "a moment",
        headers: { "x-ratelimit-reset": String(NOW_SECONDS + 60) },
        resetAfterMs: MINUTE_MS,
      },
      { title: "a moment that has passed", headers: { "x-ratelimit-reset": "1700000000" }, resetAfterMs: 0 },
      { title: "a distance", headers: { "x-ratelimit-reset": "60" }, resetAfterMs: MINUTE_MS },
      { title: "a year ahead", headers: { "x-ratelimit-reset": "1830000000" }, resetAfterMs: 6 * HOUR_MS },
      { title: "no reset", headers: {}, resetAfterMs: undefined },
      { title: "a reset in words", headers: { "x-ratelimit-reset": "soon" }, resetAfterMs: undefined },
      { title: "two resets", headers: { "x-ratelimit-reset": ["1", "2"] }, resetAfterMs: undefined },
    ],
  )("reads $title", ({ headers, resetAfterMs }) => {
    expect(parseApiLimit({ ...two, ...headers }, NOW_MS)).toEqual({
      remaining: 179,
      limit: 180,
      ...(resetAfterMs === undefined ? {} : { resetAfterMs }),
    });
  });

  test.each<{ readonly title: string; readonly headers: Headers }>([
    { title: "no headers", headers: {} },
    { title: "no rest", headers: { "x-ratelimit-limit": "180" } },
    { title: "no limit", headers: { "x-ratelimit-remaining": "180" } },
    { title: "a negative rest", headers: { "x-ratelimit-limit": "180", "x-ratelimit-remaining": "-1" } },
    { title: "words", headers: { "x-ratelimit-limit": "all", "x-ratelimit-remaining": "none" } },
  ])("reads nothing from $title", ({ headers }) => {
    expect(parseApiLimit(headers, NOW_MS)).toBeUndefined();
  });
});

describe("whatever stands in a header", () => {
  const text = oneof(
    string({ maxLength: 200, unit: "binary" }),
    stringMatching(/^[0-9;w= ,.-]{0,40}$/),
    stringMatching(/^[<>;,="relnxtp/:?@\s]{0,60}$/),
    stringMatching(/^retry-after: {0,3}[0-9.]{1,20}(?:ns|us|ms|s|m|h)?$/),
    constant("9".repeat(50_000)),
    constant("<".repeat(20_000)),
    constant(`</n>; ${" ".repeat(20_000)}rel`),
    constant(`retry-after: ${"1h".repeat(20_000)}`),
  );
  const header = oneof(text, array(text, { maxLength: 4 }), constant(undefined));
  const names = [
    "ratelimit-limit",
    "ratelimit-remaining",
    "docker-ratelimit-source",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
  ] as const;
  const headers = dictionary(oneof(...names.map((name) => constant(name))), header);

  test("limits are read within their bounds, or not at all", () => {
    assert(
      property(headers, (candidate) => {
        const pull = parsePullLimit(candidate);
        const api = parseApiLimit(candidate, NOW_MS);
        return (
          (pull === undefined ||
            (pull.remaining >= 0 && pull.remaining <= pull.limit && pull.windowMs >= SECOND_MS)) &&
          (api === undefined ||
            (api.remaining >= 0 && api.remaining <= api.limit && (api.resetAfterMs ?? 0) <= 6 * HOUR_MS))
        );
      }),
      { numRuns: 2_000 },
    );
  });

  test("a wait is between a second and six hours, or there is none", () => {
    assert(
      property(header, text, (candidate, body) => {
        const waitMs = parseRetryAfter(candidate, body, NOW_MS);
        return waitMs === undefined || (waitMs >= SECOND_MS && waitMs <= 6 * HOUR_MS);
      }),
      { numRuns: 2_000 },
    );
  });

  test("a next page is at the same origin, or refused with a code", () => {
    const page = new URL("https://registry.example/v2/a/tags/list");
    const subject = {
      repository: parseRepository("registry.example/a"),
      operation: "tags",
      asked: "x",
    } as const;
    assert(
      property(header, (candidate) => {
        try {
          const next = nextPageOf(candidate, page, subject);
          return next === undefined || (next.origin === page.origin && next.username === "");
        } catch (thrown) {
          return thrown instanceof CodedError;
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
