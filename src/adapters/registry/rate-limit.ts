/** What an answer says of a limit on pulls. */
export interface PullLimit {
  readonly remaining: number;
  readonly limit: number;
  readonly windowMs: number;
}

/**
 * Reads `ratelimit-limit: 100;w=21600` and `ratelimit-remaining: 20;w=21600`, as Docker Hub sends them; undefined when there is no such limit
 * or it is written otherwise.
 *
 * @see Docker docs, "Pull rate limit": view pull rate and limit
 */
export function parsePullLimit(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): PullLimit | undefined {
  const limit = parseCount(headers["ratelimit-limit"]);
  const remaining = parseCount(headers["ratelimit-remaining"]);
  if (limit === undefined || remaining === undefined) return undefined;
  return { remaining: remaining.count, limit: limit.count, windowMs: limit.windowMs };
}

function parseCount(
  header: string | string[] | undefined,
): { readonly count: number; readonly windowMs: number } | undefined {
  const match = typeof header === "string" ? /^(\d{1,9});w=(\d{1,7})$/.exec(header) : null;
  return match === null ? undefined : { count: Number(match[1]), windowMs: Number(match[2]) * 1_000 };
}
