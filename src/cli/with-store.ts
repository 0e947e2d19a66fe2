import { userInfo } from "node:os";
import type { Config } from "../../config/config.ts";
import { createLog } from "../adapters/log/pino.ts";
import { createRedisClock } from "../adapters/redis/clock.ts";
import { checkRedis, connect } from "../adapters/redis/connect.ts";
import { createRedisStore } from "../adapters/redis/store.ts";
import type { Decision } from "../ports/operators.ts";
import type { Store } from "../ports/store.ts";
import type { Instant } from "../time.ts";
import type { Saying } from "./decision-arguments.ts";
import { openRedis } from "./redis.ts";

/**
 * Does something with what is stored, and lets go of it. Without a configured Redis it is the private one that `run --once` and `serve` use, one
 * after the other.
 *
 * @throws {CodedError} `redis-unavailable`, `redis-unusable`
 */
export async function withStore<Answer>(
  config: Config,
  environment: NodeJS.ProcessEnv,
  act: (store: Store, now: Instant) => Promise<Answer>,
): Promise<Answer> {
  const used = await openRedis(config, environment);
  try {
    await checkRedis(used.address);
    const redis = connect(used.address, createLog("error"));
    try {
      return await act(createRedisStore(redis), await createRedisClock(redis).now());
    } finally {
      redis.disconnect();
    }
  } finally {
    await used.close();
  }
}

/** A decision as it is kept: by whoever is named, else by the user that the process runs as. */
export function decisionOf({ by, reason }: Saying, at: Instant): Decision {
  return { by: by ?? userName(), reason, at };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // In a container the user often has a number alone.
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}
