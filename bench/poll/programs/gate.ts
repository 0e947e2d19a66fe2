import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { connect } from "../../../src/adapters/redis/connect.ts";
import { createRedisGate } from "../../../src/adapters/redis/gate/redis-gate.ts";
import type { GateKey } from "../../../src/ports/host-gate.ts";
import { answerParent } from "../child.ts";

/* One of several processes that spend one budget as fast as they may, and tell how much they were granted. */

const KEY: GateKey = { host: "registry.bench.example", credential: "anonymous" };
/** Requests of one process that ask at the same time. */
const AT_A_TIME = 16;

const questionSchema = z.object({
  redisPath: z.string(),
  limits: z.object({ perSecond: z.number(), burst: z.int() }),
  /** By the clock of the machine, in milliseconds since 1970. */
  startAt: z.number(),
  endAt: z.number(),
});

answerParent(questionSchema, async ({ redisPath, limits, startAt, endAt }) => {
  const complaints: string[] = [];
  const complain = (_fields: unknown, message: string): void => void complaints.push(message);
  const log = { debug() {}, info() {}, warn: complain, error: complain };
  const redis = connect({ kind: "socket", path: redisPath }, log);
  const gate = createRedisGate(redis, { log });
  let granted = 0;
  const ask = async (): Promise<void> => {
    while (Date.now() < endAt) {
      const admission = await gate.admit(KEY, limits, { kind: "check", count: 1 });
      if (admission.kind === "wait") await sleep(Math.min(admission.waitMs, Math.max(0, endAt - Date.now())));
      else if (Date.now() < endAt) granted += admission.count;
    }
  };
  await redis.ping();
  await sleep(Math.max(0, startAt - Date.now()));
  await Promise.all(Array.from({ length: AT_A_TIME }, ask));
  await gate.close();
  redis.disconnect();
  if (complaints.length > 0) throw new Error(`the gate complained: ${complaints[0]}`);
  return { granted };
});
