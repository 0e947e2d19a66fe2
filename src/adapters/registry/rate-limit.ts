import { DAY_MS, HOUR_MS, SECOND_MS } from "../../time.ts";

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

const WINDOW_MS_MAX = 31 * DAY_MS;
const RESET_MS_MAX = 6 * HOUR_MS;
const NUMBER = /^\d{1,15}$/;
/** Smaller numbers are no moment of this century, so they are a distance. */
const UNIX_SECONDS_MIN = 1_000_000_000;

/** How much of a limit for fetching manifests is left. */
export interface PullLimit {
  /** At most `limit`. */
  readonly remaining: number;
  readonly limit: number;
  /** How long the limit counts back, from a second to 31 days. */
  readonly windowMs: number;
  /** Whom the limit is about, as the registry says it: an address or an account. */
  readonly source?: string;
}

/** How much of a limit for an interface beside the registry protocol is left. */
export interface ApiLimit {
  /** At most `limit`. */
  readonly remaining: number;
  readonly limit: number;
  /** When it is full again: at most 6 hours; absent when the answer does not say. */
  readonly resetAfterMs?: number;
}

/**
 * Docker Hub's pull limit: `ratelimit-limit: 100;w=21600`, `ratelimit-remaining: 20;w=21600`, `docker-ratelimit-source`. Undefined when the
 * answer does not say both numbers, as for those who have no limit.
 *
 * @see docs.docker.com, "Docker Hub pull usage and limits"
 */
export function parsePullLimit(headers: Headers): PullLimit | undefined {
  const limit = quotaOf(headers["ratelimit-limit"]);
  const remaining = quotaOf(headers["ratelimit-remaining"]);
  const windowMs = remaining?.windowMs ?? limit?.windowMs;
  if (limit === undefined || remaining === undefined || windowMs === undefined) return undefined;
  const source = textOf(headers["docker-ratelimit-source"]);
  const isSource = source !== undefined && /^[\w.:-]{1,64}$/.test(source);
  return {
    remaining: Math.min(remaining.count, limit.count),
    limit: limit.count,
    windowMs,
    ...(isSource ? { source } : {}),
  };
}

/**
 * The limit of an interface: `X-RateLimit-Limit`, `-Remaining`, and `-Reset` in seconds since 1970 or from now. Undefined when the answer
 * does not say the first two.
 *
 * @param nowMs milliseconds since 1970
 * @see docs.docker.com, "Docker Hub API reference", rate limiting
 */
export function parseApiLimit(headers: Headers, nowMs: number): ApiLimit | undefined {
  const limit = numberOf(headers["x-ratelimit-limit"]);
  const remaining = numberOf(headers["x-ratelimit-remaining"]);
  if (limit === undefined || remaining === undefined) return undefined;
  const reset = numberOf(headers["x-ratelimit-reset"]);
  const counts = { remaining: Math.min(remaining, limit), limit };
  if (reset === undefined) return counts;
  const waitMs = reset * SECOND_MS - (reset < UNIX_SECONDS_MIN ? 0 : nowMs);
  return { ...counts, resetAfterMs: Math.min(Math.max(Math.ceil(waitMs), 0), RESET_MS_MAX) };
}

/** `100;w=21600`: a number, and a window in seconds. */
function quotaOf(
  header: Headers[string],
): { readonly count: number; readonly windowMs: number | undefined } | undefined {
  const [count, window] = (textOf(header) ?? "").split(";", 2);
  const number = numberOf(count);
  if (number === undefined) return undefined;
  const seconds = numberOf(window?.trim().replace(/^w=/, ""));
  const windowMs = seconds === undefined ? undefined : seconds * SECOND_MS;
  const isWindow = windowMs !== undefined && windowMs >= SECOND_MS && windowMs <= WINDOW_MS_MAX;
  return { count: number, windowMs: isWindow ? windowMs : undefined };
}

function numberOf(header: Headers[string]): number | undefined {
  const text = textOf(header)?.trim();
  return text !== undefined && NUMBER.test(text) ? Number(text) : undefined;
}

/** A header that was sent once. */
function textOf(header: Headers[string]): string | undefined {
  return typeof header === "string" && header.length <= 256 ? header : undefined;
}
