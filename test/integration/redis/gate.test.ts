import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import fc from "fast-check";
import type { Redis } from "ioredis";
import { connect } from "../../../src/adapters/redis/connect.ts";
import {
  BUDGET_FIELDS,
  HOST_FIELDS,
  NO_RECORDS,
  parseRecords,
} from "../../../src/adapters/redis/gate/records.ts";
import { type Asked, decide } from "../../../src/adapters/redis/gate/model.ts";
import { settle } from "../../../src/adapters/redis/gate/outcomes.ts";
import { createRedisGate, type RedisGate } from "../../../src/adapters/redis/gate/redis-gate.ts";
import { ADMIT, TELL } from "../../../src/adapters/redis/gate/script.ts";
import { ScriptCall } from "../../../src/adapters/redis/gate/script-call.ts";
import { keys } from "../../../src/adapters/redis/keys.ts";
import type { GateOutcome } from "../../../src/ports/host-gate.ts";
import { describeHostGate } from "../../fakes/host-gate-contract.ts";
import { SILENT } from "../../fakes/log.ts";
import { startRedis, type TestRedis } from "../../tools/redis.ts";

const KEY = { host: "registry.example:5000", credential: "anonymous" };
const NAME = "registry.example:5000 anonymous";

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

describe("the script and the model", () => {
  const admit = new ScriptCall(ADMIT);
  const tell = new ScriptCall(TELL);
  const keysOf = [keys.gate(KEY.host), keys.budget(KEY), keys.gates()];

  const part = fc.integer({ min: 0, max: 1_000 }).map((thousandths) => thousandths / 1_000);
  const pulls = fc.record({
    kind: fc.constant("pull-limit" as const),
    remaining: fc.integer({ min: 0, max: 30 }),
    limit: fc.constant(100),
    windowMs: fc.constantFrom(1_000, 21_600_000),
  });
  const outcome: fc.Arbitrary<GateOutcome> = fc.oneof(
    fc.constant({ kind: "answered" as const }),
    fc.constant({ kind: "answered" as const, login: "accepted" as const }),
    {
      arbitrary: fc.constant({ kind: "failed" as const, code: "registry-timeout", message: "none ☃" }),
      weight: 3,
    },
    fc.constant({ kind: "refused" as const, code: "registry-unauthorized", message: "401" }),
    fc.record(
      {
        kind: fc.constant("rate-limited" as const),
        limits: fc.constantFrom("all" as const, "pull" as const, "check" as const),
        retryAfterMs: fc.integer({ min: -10, max: 30_000_000 }),
      },
      { requiredKeys: ["kind", "limits"] },
    ),
    pulls,
  );
  const asked: fc.Arbitrary<Asked> = fc.record({
    limits: fc.record({
      perSecond: fc.constantFrom(0.8, 5, 10, 50),
      burst: fc.constantFrom(1, 5, 20, 100),
    }),
    kind: fc.constantFrom("check" as const, "pull" as const),
    count: fc.integer({ min: 1, max: 30 }),
    told: fc.record(
      {
        answered: fc.integer({ min: 0, max: 25 }),
        accepted: fc.integer({ min: 0, max: 2 }),
        pulls,
      },
      { requiredKeys: ["answered", "accepted"] },
    ),
    random: part,
  });
  const step = fc.oneof(
    { arbitrary: fc.record({ kind: fc.constant("ask" as const), asked }), weight: 4 },
    { arbitrary: fc.record({ kind: fc.constant("tell" as const), outcome, random: part }), weight: 3 },
    {
      arbitrary: fc.record({
        kind: fc.constant("wait" as const),
        byMs: fc.oneof(
          fc.integer({ min: 0, max: 3_000 }),
          fc.integer({ min: 0, max: 5_000_000 }),
          fc.integer({ min: -90_000_000, max: -1 }),
        ),
      }),
      weight: 2,
    },
  );

  it("decide and remember the same, whatever happens in whatever order", async () => {
    let asks = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60, size: "max" }), async (steps) => {
        await redis.flushall();
        let now = 1_764_000_000_000;
        let records = NO_RECORDS;
        for (const one of steps) {
          if (one.kind === "wait") {
            now += one.byMs;
            continue;
          }
          if (one.kind === "ask") {
            asks += 1;
            const { limits, kind, count, told, random } = one.asked;
            const answer = await admit.run(redis, keysOf, [
              ...[
                NAME,
                now,
                random,
                limits.perSecond,
                limits.burst,
                kind,
                count,
                told.answered,
                told.accepted,
              ],
              ...[told.pulls?.remaining ?? "", told.pulls?.limit ?? "", told.pulls?.windowMs ?? ""],
            ]);
            const decision = decide(records, one.asked, now);
            ({ records } = decision);
            const { admission, isProbe } = decision;
            expect(answer).toEqual(
              admission.kind === "admitted"
                ? [admission.count, 0, "", isProbe ? 1 : 0]
                : [0, admission.waitMs, admission.reason, 0],
            );
          } else {
            await tell.run(redis, keysOf, [NAME, now, one.random, ...valuesOf(one.outcome)]);
            records = settle(records, one.outcome, one.random, now);
          }
          const [host = {}, budget = {}] = await Promise.all(
            keysOf.slice(0, 2).map((key) => redis.hgetall(key)),
          );
          expect(parseRecords(host, budget)).toEqual(records);
        }
      }),
      { numRuns: 100 },
    );
    expect(asks).toBeGreaterThan(1_000);
  });

  function valuesOf(outcome: GateOutcome): readonly (string | number)[] {
    switch (outcome.kind) {
      case "answered":
        return [1, outcome.login === "accepted" ? 1 : 0, "", "", "", "told"];
      case "pull-limit":
        return [0, 0, outcome.remaining, outcome.limit, outcome.windowMs, "told"];
      case "rate-limited":
        return [0, 0, "", "", "", outcome.kind, outcome.limits, outcome.retryAfterMs ?? ""];
      case "failed":
      case "refused":
        return [0, 0, "", "", "", outcome.kind, outcome.code, outcome.message];
      default:
        return outcome satisfies never;
    }
  }
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
