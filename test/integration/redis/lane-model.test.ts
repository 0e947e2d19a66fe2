import { afterAll, beforeAll, expect, it } from "vitest";
import * as fc from "fast-check";
import type { Redis } from "ioredis";
import { connect } from "../../../src/adapters/redis/connect.ts";
import { ScriptCall } from "../../../src/adapters/redis/gate/script-call.ts";
import { keys } from "../../../src/adapters/redis/keys.ts";
import {
  ask,
  type LaneAnswer,
  type LaneRecord,
  NO_LANE,
  refuse,
  succeed,
} from "../../../src/adapters/redis/lane/model.ts";
import { ASK, LANE_FIELDS, REFUSE, SUCCEED } from "../../../src/adapters/redis/lane/script.ts";
import { SILENT } from "../../fakes/log.ts";
import { startRedis, type TestRedis } from "../../tools/redis.ts";

const START = 1_764_000_000_000;
const LANE = keys.lane("installation 1");
const scripts = {
  ask: new ScriptCall(ASK),
  refuse: new ScriptCall(REFUSE),
  succeed: new ScriptCall(SUCCEED),
};

let server: TestRedis;
let redis: Redis;
beforeAll(async () => {
  server = await startRedis();
  redis = connect(server.address, SILENT);
});
afterAll(async () => {
  redis.disconnect();
  await server.close();
});

const anyAsk = fc.record(
  {
    kind: fc.constant("ask" as const),
    subject: fc.integer({ min: 1, max: 12 }).map((number) => `job-${number}`),
    cost: fc.integer({ min: 0, max: 25 }),
    dueAt: fc.integer({ min: 0, max: 5 }).map((hours) => START + hours * 3_600_000),
  },
  { requiredKeys: ["kind", "subject", "cost"] },
);
const anyStep = fc.oneof(
  { arbitrary: anyAsk, weight: 12 },
  {
    arbitrary: fc.record({
      kind: fc.constant("refuse" as const),
      afterMs: fc.integer({ min: -10, max: 9_000_000 }),
    }),
    weight: 1,
  },
  { arbitrary: fc.record({ kind: fc.constant("succeed" as const) }), weight: 2 },
  {
    arbitrary: fc.record({
      kind: fc.constant("pass" as const),
      byMs: fc.oneof(
        fc.integer({ min: 0, max: 20_000 }),
        fc.integer({ min: 0, max: 4_000_000 }),
        fc.integer({ min: -90_000, max: -1 }),
      ),
    }),
    weight: 5,
  },
);
const anyLimits = fc.record({
  perMinute: fc.integer({ min: 1, max: 30 }),
  perHour: fc.integer({ min: 1, max: 90 }),
});

it("decides and remembers the same in Redis as in memory, whatever happens in whatever order", async () => {
  let lets = 0;
  let waits = 0;
  const compared = fc.asyncProperty(
    fc.array(anyStep, { minLength: 1, maxLength: 80, size: "max" }),
    anyLimits,
    async (steps, limits) => {
      await redis.flushall();
      let now = START;
      let record = NO_LANE;
      const answers: [byRedis: unknown, byModel: unknown][] = [];
      for (const step of steps) {
        switch (step.kind) {
          case "pass":
            now += step.byMs;
            continue;
          case "refuse":
            await scripts.refuse.run(redis, LANE, [now, now + step.afterMs]);
            record = refuse(record, now + step.afterMs, now);
            break;
          case "succeed":
            await scripts.succeed.run(redis, LANE, [now]);
            record = succeed(record, now);
            break;
          case "ask": {
            const { subject, cost, dueAt } = step;
            const values = [now, subject, cost, dueAt ?? "", limits.perMinute, limits.perHour];
            const byRedis = await scripts.ask.run(redis, LANE, values);
            const decision = ask(
              record,
              { subject, cost, limits, ...(dueAt === undefined ? {} : { dueAt }) },
              now,
            );
            answers.push([byRedis, answerOf(decision.answer)]);
            ({ record } = decision);
            if (decision.answer.kind === "let") lets += 1;
            else waits += 1;
            break;
          }
          default:
            step satisfies never;
        }
        expect(await remembered()).toEqual(memoryOf(record));
        expect(answers.at(-1)?.[0]).toEqual(answers.at(-1)?.[1]);
      }
    },
  );
  await fc.assert(compared, { numRuns: 100 });
  expect(lets).toBeGreaterThan(300);
  expect(waits).toBeGreaterThan(300);
});

function answerOf(answer: LaneAnswer): readonly number[] {
  return [answer.kind === "let" ? 0 : answer.waitMs, answer.isSlowed ? 1 : 0];
}

/** Everything that Redis holds of the lane. */
async function remembered(): Promise<unknown> {
  const [pace = "", spent = "", dated = "", undated = "", turns = "", let_ = "", costs = ""] = LANE;
  const numbers = LANE_FIELDS.filter((field) => field !== "sent");
  return {
    numbers: (await redis.hmget(pace, ...numbers)).map(Number),
    spent: (await pairs(spent)).map(([, at]) => at),
    dated: await pairs(dated),
    undated: await pairs(undated),
    turns: Object.fromEntries(await pairs(turns)),
    let: Object.fromEntries(await pairs(let_)),
    costs: Object.fromEntries(
      Object.entries(await redis.hgetall(costs)).map(([subject, cost]) => [subject, Number(cost)]),
    ),
  };
}

async function pairs(key: string): Promise<readonly (readonly [string, number])[]> {
  const flat = await redis.zrange(key, "0", "-1", "WITHSCORES");
  return flat.flatMap((member, index) =>
    index % 2 === 0 ? [[member, Number(flat[index + 1])] as const] : [],
  );
}

function memoryOf(record: LaneRecord): unknown {
  const { seenAt, penaltyUntil, lost, changedAt, spacedAt, datedInRow, spent, waiters } = record;
  const line = waiters.toSorted((one, other) => one.at - other.at || (one.subject < other.subject ? -1 : 1));
  const ranked = (rank: "dated" | "undated"): unknown =>
    line.filter((waiter) => waiter.rank === rank).map(({ subject, at }) => [subject, at]);
  return {
    numbers: [seenAt, penaltyUntil, lost, changedAt, spacedAt, datedInRow],
    spent,
    dated: ranked("dated"),
    undated: ranked("undated"),
    turns: Object.fromEntries(waiters.map(({ subject, until }) => [subject, until])),
    let: Object.fromEntries(record.let),
    costs: Object.fromEntries(waiters.map(({ subject, cost }) => [subject, cost])),
  };
}
