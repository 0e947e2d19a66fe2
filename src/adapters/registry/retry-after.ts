import { HOUR_MS, SECOND_MS } from "../../time.ts";

const WAIT_MS_MIN = SECOND_MS;
const WAIT_MS_MAX = 6 * HOUR_MS;

const GO_UNITS_MS = new Map([
  ["ns", 1e-6],
  ["us", 1e-3],
  ["µs", 1e-3],
  ["μs", 1e-3],
  ["ms", 1],
  ["s", SECOND_MS],
  ["m", 60 * SECOND_MS],
  ["h", HOUR_MS],
]);

/**
 * How long an answer asks us to wait, between 1 second and 6 hours; undefined when it does not say.
 *
 * @param header the Retry-After header: seconds or an HTTP date
 * @param body GHCR says `retry-after: 880.092us` in the body instead, as Go writes a duration
 * @param nowMs milliseconds since 1970, to judge a date
 * @see RFC 9110, 10.2.3
 */
export function parseRetryAfter(
  header: string | string[] | undefined,
  body: string,
  nowMs: number,
): number | undefined {
  const waitMs = (typeof header === "string" ? waitOfHeader(header, nowMs) : undefined) ?? waitOfBody(body);
  return waitMs === undefined ? undefined : Math.min(Math.max(Math.ceil(waitMs), WAIT_MS_MIN), WAIT_MS_MAX);
}

function waitOfHeader(header: string, nowMs: number): number | undefined {
  if (/^\d{1,15}$/.test(header)) return Number(header) * SECOND_MS;
  // Date.parse reads nearly anything; a date of HTTP begins with the name of a day.
  if (header.length > 40 || !/^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(header)) return undefined;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : at - nowMs;
}

function waitOfBody(body: string): number | undefined {
  const [, duration] =
    /retry-after:\s{0,8}((?:\d{1,12}(?:\.\d{1,12})?(?:ns|us|µs|μs|ms|s|m|h)){1,8})/i.exec(body) ?? [];
  if (duration === undefined) return undefined;
  return [...duration.matchAll(/([\d.]+)([a-zµμ]+)/gi)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (GO_UNITS_MS.get(unit?.toLowerCase() ?? "") ?? 0),
    0,
  );
}
