import type { Redis } from "ioredis";
import type { Clock } from "../../ports/clock.ts";
import { type Instant, instantOf, SECOND_MS } from "../../time.ts";

/** How long this machine counts on by itself: a clock that is off by a thousandth is a millisecond off then. */
const COUNTED_MAX_MS = SECOND_MS;

/** What Redis said the time was, and when that was heard here. */
interface Heard {
  readonly epochMs: number;
  readonly atMs: number;
}

/**
 * The time of Redis: every process sees the same clock, whatever its machine says. Redis is asked once a second at most; between two answers the
 * time since the last one is added. It goes back only where that of Redis does.
 *
 * @param monotonicMs of this machine; which time it is to it does not matter
 */
export function createRedisClock(
  redis: Pick<Redis, "time">,
  monotonicMs: () => number = () => performance.now(),
): Clock {
  let answer: Promise<Heard> | undefined;
  let askAgainAtMs = Number.NEGATIVE_INFINITY;

  const ask = async (): Promise<Heard> => {
    // Those who come meanwhile wait for the same answer.
    askAgainAtMs = Number.POSITIVE_INFINITY;
    let atMs = Number.NEGATIVE_INFINITY;
    try {
      const [seconds, microseconds] = await redis.time();
      // Taken afterwards: what the way back took is missing, so that nobody who is told now is ahead of who asks next.
      atMs = monotonicMs();
      return { epochMs: Number(seconds) * 1_000 + Number(microseconds) / 1_000, atMs };
    } finally {
      askAgainAtMs = atMs + COUNTED_MAX_MS;
    }
  };

  return {
    async now(): Promise<Instant> {
      if (answer === undefined || monotonicMs() >= askAgainAtMs) answer = ask();
      const { epochMs, atMs } = await answer;
      return instantOf(Math.floor(epochMs + Math.max(0, monotonicMs() - atMs)));
    },
  };
}
