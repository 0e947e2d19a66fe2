import { createHash } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Redis } from "ioredis";
import { CodedError } from "../../../errors.ts";
import type { WriteLane, WriteRequest } from "../../../ports/write-lane.ts";
import { type Instant, SECOND_MS } from "../../../time.ts";
import { asking } from "../asking.ts";
import { ScriptCall } from "../gate/script-call.ts";
import { keys } from "../keys.ts";
import type { LaneLimits } from "./model.ts";
import { ASK, REFUSE, SUCCEED } from "./script.ts";

/** A wait that is not longer is slept through; a longer one is for the queue. */
const SLEPT_MS_MAX = 2 * SECOND_MS;
/** How long a request is kept by short waits, each after another, before it is put off all the same. */
const PATIENCE_MS = 10 * SECOND_MS;

export interface RedisLaneOptions {
  readonly limits: LaneLimits;
  /** Instead of Redis' own time, in tests: milliseconds since 1970. */
  readonly now?: () => number;
  /** Instead of waiting on the clock, in tests. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** One line of writers per account for all processes that share a Redis. What waits there outlives them. */
export function createRedisLane(redis: Redis, options: RedisLaneOptions): WriteLane {
  const scripts = {
    ask: new ScriptCall(ASK),
    refuse: new ScriptCall(REFUSE),
    succeed: new ScriptCall(SUCCEED),
  };
  const { limits, sleep = sleepOnClock } = options;
  /** Accounts whose pace is not the whole one: only there anybody has to know of successes. */
  const slowed = new Set<string>();
  const run = async (
    script: ScriptCall,
    account: string,
    values: readonly (string | number)[],
  ): Promise<unknown> =>
    asking(() => script.run(redis, keys.lane(account), [options.now?.() ?? "", ...values]));

  const ask = async ({ account, subject, cost, dueAt }: WriteRequest): Promise<number> => {
    const name = createHash("sha256").update(subject).digest("hex").slice(0, 32);
    const answer = await run(scripts.ask, account, [
      name,
      cost,
      dueAt ?? "",
      limits.perMinute,
      limits.perHour,
    ]);
    if (!isAnswer(answer)) {
      throw new CodedError("redis-unusable", "the script that lines up writes gave no answer of its form");
    }
    const [waitMs, isSlowed] = answer;
    if (isSlowed === 1) slowed.add(account);
    else slowed.delete(account);
    return waitMs;
  };

  return {
    async take(request, signal) {
      let sleptMs = 0;
      for (;;) {
        signal.throwIfAborted();
        const waitMs = await ask(request);
        if (waitMs === 0) return;
        if (waitMs > SLEPT_MS_MAX || sleptMs + waitMs > PATIENCE_MS) {
          const message = `${request.account} has ${limits.perMinute} writes a minute and ${limits.perHour} an hour: others go first`;
          throw new CodedError("code-host-deferred", message, { retryAfterMs: waitMs });
        }
        await sleep(waitMs, signal);
        sleptMs += waitMs;
      }
    },
    async succeeded(account) {
      if (slowed.has(account)) await run(scripts.succeed, account, []);
    },
    async refused(account: string, until: Instant) {
      await run(scripts.refuse, account, [until]);
    },
  };
}

async function sleepOnClock(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch((thrown: unknown) => {
    signal.throwIfAborted();
    throw thrown;
  });
}

function isAnswer(value: unknown): value is readonly [number, number] {
  return Array.isArray(value) && typeof value[0] === "number" && typeof value[1] === "number";
}
