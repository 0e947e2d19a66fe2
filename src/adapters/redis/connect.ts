import { Redis } from "ioredis";
import { CodedError, messageOf } from "../../errors.ts";
import type { Log } from "../../ports/log.ts";

/** Where Redis is: a URL (`redis://`, `rediss://`) or the path of a unix socket. */
export type RedisAddress =
  { readonly kind: "url"; readonly url: string } | { readonly kind: "socket"; readonly path: string };

/**
 * Opens a connection that waits for Redis for ever, which is what workers need.
 *
 * @param log told about each loss of the connection; without a listener ioredis writes to the console by itself
 */
export function connect(address: RedisAddress, log: Log): Redis {
  const options = { maxRetriesPerRequest: null, lazyConnect: false } as const;
  const redis =
    address.kind === "url" ? new Redis(address.url, options) : new Redis({ ...options, path: address.path });
  redis.on("error", (error) => log.warn({ error: messageOf(error) }, "redis connection failed"));
  return redis;
}

const CONNECT_TIMEOUT_MS = 5_000;
const VERSION_MIN = [6, 2] as const;

/** What a Redis must be to keep durable facts; each fault names the command that mends it. Empty: it may be used. */
export function faultsOf(info: string): readonly string[] {
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1];
  const faults: string[] = [];

  const version = field("valkey_version") ?? field("redis_version") ?? "";
  const [major = 0, minor = 0] = version.split(".").map(Number);
  // Written so that a version which is no number is not new enough either.
  if (!(major > VERSION_MIN[0] || (major === VERSION_MIN[0] && minor >= VERSION_MIN[1]))) {
    faults.push(
      `its version is ${version || "unknown"}; 6.2 or newer is needed (Debian: apt-get install redis-server)`,
    );
  }
  const policy = field("maxmemory_policy");
  if (policy !== "noeviction") {
    faults.push(
      `its maxmemory-policy is ${policy ?? "unknown"}, so it may drop facts under memory pressure; ` +
        "run: redis-cli CONFIG SET maxmemory-policy noeviction (and put it into redis.conf)",
    );
  }
  return faults;
}

/** What an operator should know about a Redis that may be used all the same. */
export function warningsOf(info: string): readonly string[] {
  return /^aof_enabled:1\r?$/m.test(info)
    ? []
    : [
        "Redis does not keep an append-only file: a restart loses facts. Run: redis-cli CONFIG SET appendonly yes",
      ];
}

/**
 * Asks a Redis whether it may be used, and refuses one that may not.
 *
 * @returns warnings for the operator
 * @throws {CodedError} `redis-unavailable` without an answer within 5 s, `redis-unusable` for a wrong policy or version
 */
export async function checkRedis(address: RedisAddress): Promise<readonly string[]> {
  const info = await infoOf(address);
  const faults = faultsOf(info);
  if (faults.length > 0) {
    throw new CodedError("redis-unusable", `this Redis cannot be used: ${faults.join("; ")}`);
  }
  return warningsOf(info);
}

async function infoOf(address: RedisAddress): Promise<string> {
  const options = {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: CONNECT_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  };
  const redis =
    address.kind === "url" ? new Redis(address.url, options) : new Redis({ ...options, path: address.path });
  // What rejects below says only that the connection is closed; this says why.
  let reason: unknown;
  redis.on("error", (error) => (reason ??= error));
  try {
    await redis.connect();
    return await redis.info();
  } catch (thrown) {
    const cause = reason ?? thrown;
    throw new CodedError("redis-unavailable", `asking Redis for its state failed: ${messageOf(cause)}`, {
      cause,
    });
  } finally {
    redis.disconnect();
  }
}
