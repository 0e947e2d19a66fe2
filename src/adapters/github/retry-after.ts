import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../time.ts";

/** Headers of an answer, names in lower case. */
export type AnswerHeaders = Readonly<Record<string, string | number | undefined>>;

/**
 * How long GitHub asks us to wait: `retry-after`, else until `x-ratelimit-reset` when nothing remains. Between one second and
 * one hour; undefined when the answer does not say.
 *
 * `nowMs` is used where the answer has no `date`: the reset is a time of GitHub's clock, not of ours.
 *
 * @see GitHub REST API, "Rate limits for the REST API", exceeding the rate limit
 */
export function retryAfterMsOf(headers: AnswerHeaders, nowMs: number): number | undefined {
  const dated = Date.parse(textOf(headers, "date"));
  const serverNowMs = Number.isNaN(dated) ? nowMs : dated;

  const retryAfter = textOf(headers, "retry-after");
  if (/^\d{1,9}$/.test(retryAfter)) return clamp(Number(retryAfter) * SECOND_MS);
  const until = Date.parse(retryAfter);
  if (!Number.isNaN(until)) return clamp(until - serverNowMs);

  const reset = textOf(headers, "x-ratelimit-reset");
  if (textOf(headers, "x-ratelimit-remaining") !== "0" || !/^\d{1,12}$/.test(reset)) return undefined;
  return clamp(Number(reset) * SECOND_MS - serverNowMs);
}

/** What to wait after a refusal that names no time. @see the same page: "wait for at least one minute before retrying" */
export const RETRY_AFTER_DEFAULT_MS = MINUTE_MS;

function textOf(headers: AnswerHeaders, name: string): string {
  return String(headers[name] ?? "").trim();
}

function clamp(waitMs: number): number {
  return Math.min(Math.max(waitMs, SECOND_MS), HOUR_MS);
}
