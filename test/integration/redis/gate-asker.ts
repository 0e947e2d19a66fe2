import { setTimeout as wait } from "node:timers/promises";
import { connect } from "../../../src/adapters/redis/connect.ts";
import { createRedisGate } from "../../../src/adapters/redis/gate/redis-gate.ts";
import { SILENT } from "../../fakes/log.ts";

/*
 * One of several processes that share a budget: asks with so many callers at a time, each coming back when it is told to, and prints when
 * each request was admitted.
 *
 * Arguments: path of Redis' socket, requests a second, burst, callers, milliseconds.
 */
const [path = "", perSecond, burst, callers, lastsMs] = process.argv.slice(2);
const limits = { perSecond: Number(perSecond), burst: Number(burst) };
const redis = connect({ kind: "socket", path }, SILENT);
const gate = createRedisGate(redis, { log: SILENT });
const key = { host: "registry.example", credential: "anonymous" };
const admittedAt: number[] = [];

await gate.states();
process.stdout.write("ready\n");
await new Promise((resolve) => process.stdin.once("data", resolve));
const end = Date.now() + Number(lastsMs);
await Promise.all(
  Array.from({ length: Number(callers) }, async () => {
    while (Date.now() < end) {
      const admission = await gate.admit(key, limits, { kind: "check", count: 1 });
      if (admission.kind === "admitted") admittedAt.push(Date.now());
      else await wait(Math.min(admission.waitMs, Math.max(1, end - Date.now())));
    }
  }),
);
process.stdout.write(`${JSON.stringify(admittedAt)}\n`);
await gate.close();
redis.disconnect();
process.stdin.destroy();
