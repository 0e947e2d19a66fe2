import { Refused } from "./world.ts";

/** How many things an account may make, until whoever set it sets another. */
export interface ContentLimit {
  /** GitHub's documentation says 80. */
  readonly perMinute: number;
  /** GitHub's documentation says 500. */
  readonly perHour: number;
  /**
   * What counts: what people are told of (pull requests, comments, requests for reviews, merges), or every request that writes; in a GraphQL document every
   * such mutation. GitHub does not tell; the first is the reading of octokit's throttling. Default: `content`.
   */
  readonly counts?: "content" | "writes";
  /** How a refusal is answered. Default: 403. */
  readonly status?: 403 | 429;
}

/** Limits that are kept. What is absent is not limited, as on a server of one's own. */
export interface LimitWish {
  /** Requests an account may make in an hour, REST and GraphQL apart. */
  readonly primaryPerHour?: number;
  readonly content?: ContentLimit;
}

/** What is counted apart. */
export type Resource = "core" | "graphql";

/** Counts requests and things by account. */
export interface Limits {
  set(wish: LimitWish): void;
  /** Refuses a request of an account that has none left. */
  demand(account: string, resource: Resource): void;
  /** Takes note of a request; `free` for an answer that costs nothing. Returns the headers that tell. */
  count(account: string, resource: Resource, cost: "counted" | "free"): Readonly<Record<string, string>>;
  /** Of this hour. */
  used(account: string, resource: Resource): number;
  /** Refuses an account that makes too many things; those that are let through are counted. */
  make(account: string, things: { readonly content: number; readonly writes: number }): void;
  /** What was made and what was turned away, so far. */
  readonly made: { let: number; refused: number };
}

const LIMIT_TOLD = 5_000;
const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

const SECONDARY =
  "You have exceeded a secondary rate limit and have been temporarily blocked from content creation. Please retry your request again later. If you reach out to GitHub Support for help, please include the request ID.";
const ABOUT_SECONDARY =
  "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits";

/** Routes whose requests tell people of something, by octokit's throttling. @see @octokit/plugin-throttling, triggers-notification-paths */
const TELLING: ReadonlySet<string> = new Set([
  "POST /repos/{owner}/{repo}/pulls",
  "PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge",
  "POST /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers",
  "POST /repos/{owner}/{repo}/issues/{issue_number}/comments",
]);
const TELLING_MUTATIONS: ReadonlySet<string> = new Set(["createPullRequest", "addComment"]);

/** What a REST request makes. */
export function thingsOf(route: string): { readonly content: number; readonly writes: number } {
  return { content: TELLING.has(route) ? 1 : 0, writes: route.startsWith("GET ") ? 0 : 1 };
}

/** What a GraphQL document makes, by its fields at the root. */
export function thingsIn(fields: readonly string[]): { readonly content: number; readonly writes: number } {
  return { content: fields.filter((field) => TELLING_MUTATIONS.has(field)).length, writes: fields.length };
}

interface Account {
  readonly made: number[];
  blockedUntil: number;
  readonly used: Record<Resource, { window: number; count: number }>;
}

/** @param now milliseconds since 1970 */
export function createLimits(now: () => number): Limits {
  let limits: LimitWish = {};
  const accounts = new Map<string, Account>();
  const made = { let: 0, refused: 0 };
  const of = (name: string): Account => {
    const known = accounts.get(name) ?? {
      made: [],
      blockedUntil: 0,
      used: { core: { window: 0, count: 0 }, graphql: { window: 0, count: 0 } },
    };
    accounts.set(name, known);
    return known;
  };
  const used = (name: string, resource: Resource): number => {
    const counter = of(name).used[resource];
    const window = Math.floor(now() / HOUR_MS);
    if (counter.window !== window) Object.assign(counter, { window, count: 0 });
    return counter.count;
  };
  const headers = (name: string, resource: Resource): Readonly<Record<string, string>> => {
    const limit = limits.primaryPerHour ?? LIMIT_TOLD;
    const left = Math.max(limits.primaryPerHour === undefined ? 1 : 0, limit - used(name, resource));
    return {
      "x-ratelimit-limit": String(limit),
      "x-ratelimit-remaining": String(left),
      "x-ratelimit-used": String(used(name, resource)),
      "x-ratelimit-reset": String(windowEndS(now())),
      "x-ratelimit-resource": resource,
    };
  };

  return {
    made,
    used,
    set(wish) {
      limits = wish;
    },
    demand(name, resource) {
      if (limits.primaryPerHour === undefined || used(name, resource) < limits.primaryPerHour) return;
      throw new Refused(403, `API rate limit exceeded for ${name}.`, undefined, headers(name, resource));
    },
    count(name, resource, cost) {
      const before = used(name, resource);
      if (cost === "counted") of(name).used[resource].count = before + 1;
      return headers(name, resource);
    },
    make(name, things) {
      const { content: limit } = limits;
      if (limit === undefined) return;
      const count = limit.counts === "writes" ? things.writes : things.content;
      if (count === 0) return;
      const account = of(name);
      const at = now();
      account.made.splice(0, account.made.findLastIndex((each) => each <= at - HOUR_MS) + 1);
      const until = Math.max(account.blockedUntil, roomAt(account.made, limit, { count, at }));
      if (until > at) {
        account.blockedUntil = until;
        made.refused += 1;
        const waitS = String(Math.max(1, Math.ceil((until - at) / SECOND_MS)));
        throw new Refused(
          limit.status ?? 403,
          SECONDARY,
          undefined,
          { "retry-after": waitS },
          ABOUT_SECONDARY,
        );
      }
      made.let += count;
      account.made.push(...Array.from({ length: count }, () => at));
    },
  };
}

/** The end of the hour that requests are counted in, in seconds since 1970. */
export function windowEndS(nowMs: number): number {
  return ((Math.floor(nowMs / HOUR_MS) + 1) * HOUR_MS) / SECOND_MS;
}

/** When there is room for so many things more, in windows that slide. */
function roomAt(
  made: readonly number[],
  { perMinute, perHour }: ContentLimit,
  { count, at }: { readonly count: number; readonly at: number },
): number {
  const freeAt = (limit: number, windowMs: number): number => {
    const oldest = made[made.length - limit + Math.min(count, limit) - 1];
    return oldest === undefined ? at : Math.max(at, oldest + windowMs);
  };
  return Math.max(freeAt(perMinute, MINUTE_MS), freeAt(perHour, HOUR_MS));
}
