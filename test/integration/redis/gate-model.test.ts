import { afterAll, beforeAll, expect, it } from "vitest";
import * as fc from "fast-check";
import type { Redis } from "ioredis";
import { connect } from "../../../src/adapters/redis/connect.ts";
import { NO_RECORDS, parseRecords } from "../../../src/adapters/redis/gate/records.ts";
import { type Asked, decide, type Decision } from "../../../src/adapters/redis/gate/model.ts";
import { settle, type Told } from "../../../src/adapters/redis/gate/outcomes.ts";
import { ADMIT, TELL } from "../../../src/adapters/redis/gate/script.ts";
import { ScriptCall } from "../../../src/adapters/redis/gate/script-call.ts";
import { keys } from "../../../src/adapters/redis/keys.ts";
import type { GateOutcome } from "../../../src/ports/host-gate.ts";
import { SILENT } from "../../fakes/log.ts";
import { startRedis, type TestRedis } from "../../tools/redis.ts";

const KEY = { host: "registry.example:5000", credential: "anonymous" };
const NAME = "registry.example:5000 anonymous";
const [HOST_KEY, BUDGET_KEY, INDEX_KEY] = [keys.gate(KEY.host), keys.budget(KEY), keys.gates()];
const START = 1_764_000_000_000;

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

const part = fc.integer({ min: 0, max: 1_000 }).map((thousandths) => thousandths / 1_000);
const pullLimit = fc.record({
  kind: fc.constant("pull-limit" as const),
  remaining: fc.integer({ min: 0, max: 30 }),
  limit: fc.constant(100),
  windowMs: fc.constantFrom(1_000, 21_600_000),
});
const failure = fc.constant({ kind: "failed" as const, code: "registry-timeout", message: "none ☃" });
const anyOutcome: fc.Arbitrary<GateOutcome> = fc.oneof(
  fc.constant({ kind: "answered" as const }),
  fc.constant({ kind: "answered" as const, login: "accepted" as const }),
  { arbitrary: failure, weight: 3 },
  fc.constant({ kind: "refused" as const, code: "registry-unauthorized", message: "401" }),
  fc.record(
    {
      kind: fc.constant("rate-limited" as const),
      limits: fc.constantFrom("all" as const, "pull" as const, "check" as const),
      retryAfterMs: fc.integer({ min: -10, max: 30_000_000 }),
    },
    { requiredKeys: ["kind", "limits"] },
  ),
  pullLimit,
);
const anyTold: fc.Arbitrary<Told> = fc.record(
  {
    answered: fc.integer({ min: 0, max: 25 }),
    accepted: fc.integer({ min: 0, max: 2 }),
    pulls: pullLimit,
  },
  { requiredKeys: ["answered", "accepted"] },
);
const anyAsked: fc.Arbitrary<Asked> = fc.record({
  limits: fc.record({
    perSecond: fc.constantFrom(0.8, 5, 10, 50),
    burst: fc.constantFrom(1, 5, 20, 100),
  }),
  kind: fc.constantFrom("check" as const, "pull" as const),
  count: fc.integer({ min: 1, max: 30 }),
  told: anyTold,
  random: part,
});
const passedMs = fc.oneof(
  fc.integer({ min: 0, max: 3_000 }),
  fc.integer({ min: 0, max: 5_000_000 }),
  fc.integer({ min: -90_000_000, max: -1 }),
);
const anyStep = fc.oneof(
  { arbitrary: fc.record({ kind: fc.constant("ask" as const), asked: anyAsked }), weight: 4 },
  {
    arbitrary: fc.record({ kind: fc.constant("tell" as const), outcome: anyOutcome, random: part }),
    weight: 3,
  },
  { arbitrary: fc.record({ kind: fc.constant("pass" as const), byMs: passedMs }), weight: 2 },
);

it("decides and remembers the same in Redis as in memory, whatever happens in whatever order", async () => {
  const admit = new ScriptCall(ADMIT);
  const tell = new ScriptCall(TELL);
  let asks = 0;

  const compared = fc.asyncProperty(
    fc.array(anyStep, { minLength: 1, maxLength: 60, size: "max" }),
    async (steps) => {
      await redis.flushall();
      let now = START;
      let records = NO_RECORDS;
      for (const step of steps) {
        let answers: readonly [byRedis: unknown, byModel: unknown] = [undefined, undefined];
        if (step.kind === "pass") {
          now += step.byMs;
          continue;
        }
        if (step.kind === "ask") {
          asks += 1;
          const { limits, kind, count, told, random } = step.asked;
          const question = [limits.perSecond, limits.burst, kind, count];
          const answer = await run(admit, [NAME, now, random, ...question, ...toldValues(told)]);
          const decision = decide(records, step.asked, now);
          ({ records } = decision);
          answers = [answer, answerOf(decision)];
        } else {
          await run(tell, [NAME, now, step.random, ...outcomeValues(step.outcome)]);
          records = settle(records, step.outcome, step.random, now);
        }
        const [host, budget] = await Promise.all([redis.hgetall(HOST_KEY), redis.hgetall(BUDGET_KEY)]);
        const [byRedis, byModel] = answers;
        expect([byRedis, parseRecords(host, budget)]).toEqual([byModel, records]);
      }
    },
  );
  await fc.assert(compared, { numRuns: 100 });
  expect(asks).toBeGreaterThan(1_000);
});

function run(script: ScriptCall, values: readonly (string | number)[]): Promise<unknown> {
  return script.run(redis, [HOST_KEY, BUDGET_KEY, INDEX_KEY], values);
}

function answerOf({ admission, isProbe }: Decision): readonly (string | number)[] {
  return admission.kind === "admitted"
    ? [admission.count, 0, "", isProbe ? 1 : 0]
    : [0, admission.waitMs, admission.reason, 0];
}

function toldValues({ answered, accepted, pulls }: Told): readonly (string | number)[] {
  return [answered, accepted, pulls?.remaining ?? "", pulls?.limit ?? "", pulls?.windowMs ?? ""];
}

function outcomeValues(outcome: GateOutcome): readonly (string | number)[] {
  const nothing = toldValues({ answered: 0, accepted: 0 });
  switch (outcome.kind) {
    case "answered":
      return [...toldValues({ answered: 1, accepted: outcome.login === "accepted" ? 1 : 0 }), "told"];
    case "pull-limit":
      return [...toldValues({ answered: 0, accepted: 0, pulls: outcome }), "told"];
    case "rate-limited":
      return [...nothing, outcome.kind, outcome.limits, outcome.retryAfterMs ?? ""];
    case "failed":
    case "refused":
      return [...nothing, outcome.kind, outcome.code, outcome.message];
    default:
      return outcome satisfies never;
  }
}
