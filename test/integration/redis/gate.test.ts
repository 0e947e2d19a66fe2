import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Redis } from "ioredis";
import { connect } from "../../../src/adapters/redis/connect.ts";
import { BUDGET_FIELDS, HOST_FIELDS } from "../../../src/adapters/redis/gate/records.ts";
import { createRedisGate, type RedisGate } from "../../../src/adapters/redis/gate/redis-gate.ts";
import { keys } from "../../../src/adapters/redis/keys.ts";
import { describeHostGate } from "../../fakes/host-gate-contract.ts";
import { SILENT } from "../../fakes/log.ts";
import { startRedis, type TestRedis } from "../../tools/redis.ts";

const KEY = { host: "registry.example:5000", credential: "anonymous" };

let server: TestRedis;
let redis: Redis;
const gates: RedisGate[] = [];

beforeAll(async () => {
  server = await startRedis();
  redis = connect(server.address, SILENT);
});
afterEach(async () => {
  await Promise.all(gates.splice(0).map((gate) => gate.close()));
});
afterAll(async () => {
  redis.disconnect();
  await server.close();
});

function open(options: { readonly now?: () => number; readonly random?: () => number } = {}): RedisGate {
  const gate = createRedisGate(redis, { log: SILENT, ...options });
  gates.push(gate);
  return gate;
}

describeHostGate("in Redis", async (time) => {
  await redis.flushall();
  const gate = open({ now: () => time.nowMs, random: () => 0.5 });
  // The first connection is there when this is answered.
  await gate.states();
  return gate;
});

describe("what a gate keeps in Redis", () => {
  it("is a few small keys that expire, in one slot, with no more fields than the records have", async () => {
    await redis.flushall();
    const gate = open();
    for (let host = 0; host < 20; host++) {
      const key = { host: `host-${host % 3}.example`, credential: host % 2 === 0 ? "anonymous" : "c0ffee" };
      await gate.admit(key, { perSecond: 1, burst: 5 }, { kind: "check", count: 1 });
      gate.report(key, { kind: "failed", code: "registry-timeout", message: "x".repeat(10_000) });
    }
    await gate.states();
    const names = await redis.keys("*");
    expect(names).toHaveLength(3 + 6 + 1);
    for (const name of names) {
      expect(name).toMatch(/^\{hullkeeper\}:/);
      expect(await redis.ttl(name)).toBeGreaterThan(80_000);
    }
    expect(await redis.hlen(keys.gate("host-0.example"))).toBeLessThanOrEqual(HOST_FIELDS.length);
    expect(await redis.memory("USAGE", keys.gate("host-0.example"))).toBeLessThan(2_000);
    expect(BUDGET_FIELDS.length).toBeLessThan(64);
  });

  it("remembers a thousand names at most", async () => {
    await redis.flushall();
    const gate = open();
    for (let host = 0; host < 1_050; host++) {
      const key = { host: `host-${host}.example`, credential: "anonymous" };
      await gate.admit(key, { perSecond: 1, burst: 1 }, { kind: "check", count: 1 });
    }
    expect(await redis.zcard(keys.gates())).toBe(1_000);
    expect(await gate.states()).toHaveLength(1_000);
  });

  it("passes over what nothing of ours wrote", async () => {
    await redis.flushall();
    const gate = open();
    await gate.admit(KEY, { perSecond: 1, burst: 1 }, { kind: "check", count: 1 });
    await redis.hset(keys.budget(KEY), "paidAt", "soon");
    expect(await gate.states()).toEqual([]);
  });

  it("sends the text of a script once, also after Redis forgot it", async () => {
    const gate = open();
    const ask = () => gate.admit(KEY, { perSecond: 1_000, burst: 1_000 }, { kind: "check", count: 1 });
    await ask();
    await redis.script("FLUSH");
    expect(await ask()).toEqual({ kind: "admitted", count: 1 });
    await redis.config("RESETSTAT");
    for (let time = 0; time < 10; time++) await ask();
    const stats = await redis.info("commandstats");
    expect(stats).toMatch(/cmdstat_evalsha:calls=10,/);
    expect(stats).not.toMatch(/cmdstat_eval:/);
  });
});
