import type { Redis } from "ioredis";
import type { Clock } from "../../ports/clock.ts";
import { instantOf } from "../../time.ts";

/** The time of Redis: every process sees the same clock, whatever its machine says. */
export function createRedisClock(redis: Redis): Clock {
  return {
    async now() {
      const [seconds, microseconds] = await redis.time();
      return instantOf(Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000));
    },
  };
}
