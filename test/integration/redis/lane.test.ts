import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Redis } from "ioredis";
import { connect } from "../../../src/adapters/redis/connect.ts";
import { createRedisLane } from "../../../src/adapters/redis/lane/redis-lane.ts";
import { CodedError, isDeferral } from "../../../src/errors.ts";
import type { WriteLane } from "../../../src/ports/write-lane.ts";
import { instantOf } from "../../../src/time.ts";
import { SILENT } from "../../fakes/log.ts";
import { startRedis, type TestRedis } from "../../tools/redis.ts";

const START = 1_764_000_000_000;
const ACCOUNT = "installation 7";
const PATIENT = new AbortController().signal;

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
beforeEach(async () => {
  await redis.flushall();
});

/** A lane whose clock moves only when somebody sleeps. */
function laneAt(limits = { perMinute: 2, perHour: 100 }): {
  readonly lane: WriteLane;
  readonly other: WriteLane;
  readonly clock: { now: number };
  readonly slept: number[];
} {
  const clock = { now: START };
  const slept: number[] = [];
  const options = {
    limits,
    now: () => clock.now,
    sleep: async (ms: number) => {
      slept.push(ms);
      clock.now += ms;
    },
  };
  return { lane: createRedisLane(redis, options), other: createRedisLane(redis, options), clock, slept };
}

async function failureOf(call: Promise<void>): Promise<unknown> {
  return call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
}

test("two processes have one line: what one let through is gone for the other", async () => {
  const { lane, other } = laneAt();
  await lane.take({ account: ACCOUNT, subject: "a", cost: 1 }, PATIENT);
  await other.take({ account: ACCOUNT, subject: "b", cost: 1 }, PATIENT);
  const failure = await failureOf(lane.take({ account: ACCOUNT, subject: "c", cost: 1 }, PATIENT));
  expect(isDeferral(failure)).toBe(true);
  expect(failure).toMatchObject({ code: "code-host-deferred", transient: true, retryAfterMs: 61_000 });
});

test("accounts do not wait for each other", async () => {
  const { lane, slept } = laneAt({ perMinute: 1, perHour: 100 });
  await lane.take({ account: ACCOUNT, subject: "a", cost: 1 }, PATIENT);
  await lane.take({ account: "installation 8", subject: "a b", cost: 1 }, PATIENT);
  expect(slept).toEqual([]);
});

test("a short wait is slept through", async () => {
  const { lane, clock, slept } = laneAt();
  await lane.take({ account: ACCOUNT, subject: "a", cost: 2 }, PATIENT);
  clock.now += 59_500;
  await lane.take({ account: ACCOUNT, subject: "b", cost: 1 }, PATIENT);
  expect(slept).toEqual([1_500]);
});

test("who is put off keeps the place, whoever takes the job up then", async () => {
  const { lane, other, clock } = laneAt({ perMinute: 1, perHour: 100 });
  await lane.take({ account: ACCOUNT, subject: "a", cost: 1 }, PATIENT);
  const first = { account: ACCOUNT, subject: "first", cost: 1 };
  const second = { account: ACCOUNT, subject: "second", cost: 1 };
  await failureOf(lane.take(first, PATIENT));
  clock.now += 1_000;
  await failureOf(lane.take(second, PATIENT));
  clock.now = START + 61_000;
  expect(await failureOf(other.take(second, PATIENT))).toMatchObject({ retryAfterMs: 61_000 });
  await other.take(first, PATIENT);
});

test("a refusal stops all, and a success brings the pace back in time", async () => {
  const { lane, other, clock } = laneAt({ perMinute: 80, perHour: 500 });
  await lane.refused(ACCOUNT, instantOf(START + 60_000));
  const job = { account: ACCOUNT, subject: "a", cost: 1 };
  expect(await failureOf(other.take(job, PATIENT))).toMatchObject({ retryAfterMs: 60_000 });
  clock.now += 300_000;
  await other.take(job, PATIENT);
  await other.succeeded(ACCOUNT);
  const [pace = ""] = (await redis.keys("*lane:pace*")).toSorted();
  expect(await redis.hget(pace, "lost")).toBe("0.4375");
});

test("whose signal is aborted does not ask", async () => {
  const { lane } = laneAt();
  const gone = AbortSignal.abort(new Error("gone"));
  await expect(lane.take({ account: ACCOUNT, subject: "a", cost: 1 }, gone)).rejects.toThrow("gone");
  expect(await redis.keys("*lane*")).toEqual([]);
});

test("an abort ends a sleep at once", async () => {
  const clock = { now: START };
  const controller = new AbortController();
  const lane = createRedisLane(redis, { limits: { perMinute: 1, perHour: 9 }, now: () => clock.now });
  await lane.take({ account: ACCOUNT, subject: "a", cost: 1 }, PATIENT);
  clock.now += 59_500;
  const taking = failureOf(lane.take({ account: ACCOUNT, subject: "b", cost: 1 }, controller.signal));
  controller.abort(new Error("shutting down"));
  expect(await taking).toMatchObject({ message: "shutting down" });
});

test("without Redis the write is not made", async () => {
  const away = connect(server.address, SILENT);
  away.disconnect();
  const lane = createRedisLane(away, { limits: { perMinute: 1, perHour: 9 } });
  const failure = await failureOf(lane.take({ account: ACCOUNT, subject: "a", cost: 1 }, PATIENT));
  expect(failure).toBeInstanceOf(CodedError);
  expect(failure).toMatchObject({ code: "redis-unavailable", transient: true });
});

test("what is kept of an account expires", async () => {
  const { lane } = laneAt();
  await lane.take({ account: ACCOUNT, subject: "a", cost: 1 }, PATIENT);
  const kept = await redis.keys("*");
  expect(kept.length).toBeGreaterThan(1);
  for (const key of kept) expect(await redis.ttl(key)).toBeGreaterThan(0);
});
