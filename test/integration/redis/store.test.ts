import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Redis } from "ioredis";
import { connect } from "../../../src/adapters/redis/connect.ts";
import { createRedisClock } from "../../../src/adapters/redis/clock.ts";
import { DELIVERIES_MAX, DELIVERY_TTL_S, keys, LOOK_WISH_TTL_S } from "../../../src/adapters/redis/keys.ts";
import { createRedisStore } from "../../../src/adapters/redis/store.ts";
import { parseDigest } from "../../../src/image/digest.ts";
import { parseRepository } from "../../../src/image/reference.ts";
import { DAY_MS, instantOf, later } from "../../../src/time.ts";
import { describeCodeEvents } from "../../fakes/code-events-contract.ts";
import { describeHours, describeOpenings } from "../../fakes/openings-contract.ts";
import { describeConfigs } from "../../fakes/configs-contract.ts";
import { describeDeclined } from "../../fakes/declined-contract.ts";
import { describeFeeds } from "../../fakes/feeds-contract.ts";
import { describeClockFacts } from "../../fakes/clock-facts-contract.ts";
import { describeOperators } from "../../fakes/operators-contract.ts";
import { describeStore } from "../../fakes/store-contract.ts";
import { SILENT } from "../../fakes/log.ts";
import { startRedis, type TestRedis } from "../../tools/redis.ts";

let server: TestRedis;
let redis: Redis;

beforeAll(async () => {
  server = await startRedis();
  const { address } = server;
  redis = connect(address, SILENT);
});

afterAll(async () => {
  redis.disconnect();
  await server.close();
});

const openEmpty = async () => {
  await redis.flushall();
  return createRedisStore(redis);
};
describeStore("in Redis", openEmpty);
describeClockFacts("in Redis", openEmpty);
describeOperators("in Redis", openEmpty);
describeConfigs("in Redis", openEmpty);
describeCodeEvents("in Redis", openEmpty);
describeOpenings("in Redis", openEmpty);
describeHours("in Redis", openEmpty);

describe("in Redis: the writes of an hour", () => {
  it("are never more, from however many processes they are wanted at once; and nothing stays", async () => {
    await redis.flushall();
    const processes = Array.from({ length: 4 }, () => connect(server.address, SILENT));
    const codeRepository = { owner: "acme", name: "shop" };
    const now = instantOf(Date.UTC(2026, 10, 28, 12));
    try {
      const turns = await Promise.all(
        processes.flatMap((each, process) =>
          Array.from({ length: 25 }, (_, n) =>
            createRedisStore(each).takeOfHour({
              key: { codeRepository, baseBranch: "main", group: `${process}-${n}` },
              write: "w",
              max: 10,
              turn: "in-line",
              now,
            }),
          ),
        ),
      );
      expect(turns.filter(({ kind }) => kind === "taken")).toHaveLength(10);
      expect(turns.filter(({ kind }) => kind === "waits")).toHaveLength(90);
    } finally {
      for (const each of processes) each.disconnect();
    }
    for (const key of keys.hour(codeRepository)) {
      const left = await redis.pttl(key);
      expect(left).toBeGreaterThan(0);
      expect(left).toBeLessThanOrEqual(80 * 60 * 1_000);
    }
  });
});

const note = (id: string, at: number) => ({ id, at: instantOf(at), looks: [], wishes: [] });

describe("in Redis: webhooks", () => {
  it("remember so many ids and no more, and none for ever", async () => {
    const store = await openEmpty();
    const ids = Array.from({ length: DELIVERIES_MAX }, (_, n) => [n, `old-${n}`] as const).flat();
    await redis.zadd(keys.deliveries(), ...ids);
    await store.noteDelivery(note("new", DELIVERIES_MAX));
    expect(await redis.zcard(keys.deliveries())).toBe(DELIVERIES_MAX);
    expect(await store.noteDelivery(note("old-0", DELIVERIES_MAX + 1))).toBe("noted");
    expect(await redis.ttl(keys.deliveries())).toBe(DELIVERY_TTL_S);
  });

  it("leave nothing half done when something else is in the place of the schedule", async () => {
    const store = await openEmpty();
    await redis.set(keys.due(), "no schedule");
    const looks = [{ kind: "repositories", at: instantOf(1) }] as const;
    await expect(store.noteDelivery({ ...note("a", 1), looks })).rejects.toMatchObject({
      code: "redis-unavailable",
    });
    await redis.del(keys.due());
    expect(await store.noteDelivery({ ...note("a", 2), looks })).toBe("noted");
  });

  it("leave wishes that end", async () => {
    const store = await openEmpty();
    const key = { codeRepository: { owner: "acme", name: "shop" }, baseBranch: "main", group: "bellsoft" };
    await store.noteDelivery({ ...note("a", 1), wishes: [key] });
    expect(await redis.ttl(keys.lookWish(key))).toBe(LOOK_WISH_TTL_S);
  });
});
describeFeeds("in Redis", openEmpty);
describeDeclined("in Redis", openEmpty);

describe("records", () => {
  const digest = parseDigest(`sha256:${"a".repeat(64)}`);
  const image = { repository: parseRepository("bellsoft/hardened-base"), digest };

  it.each([
    { title: "no JSON", text: "{" },
    { title: "another form", text: JSON.stringify({ image, verdict: { kind: "trust me" } }) },
    {
      title: "a repository that escapes",
      text: JSON.stringify({ image: { repository: { registry: "a.b", path: "../x" } } }),
    },
  ])("refuses $title instead of believing it", async ({ text }) => {
    await redis.set(keys.verdict(image), text);
    await expect(createRedisStore(redis).verdict(image)).rejects.toMatchObject({ code: "record-invalid" });
  });

  it("refuses a decision of another form instead of believing it", async () => {
    await redis.hset(keys.distrusted(), "key f", JSON.stringify({ subject: { kind: "everybody" } }));
    await redis.hset(keys.approvals(), "x", "{");
    const store = createRedisStore(redis);
    await expect(store.distrusted()).rejects.toMatchObject({ code: "record-invalid" });
    await expect(store.approvals()).rejects.toMatchObject({ code: "record-invalid" });
  });

  it("refuses a component list that inflates without end", async () => {
    await redis.set(keys.components(digest), Buffer.from("not deflated"));
    await expect(createRedisStore(redis).components(digest)).rejects.toThrow(/header|invalid/i);
  });
});

describe("digests that an older release declined", () => {
  const KEY = { codeRepository: { owner: "acme", name: "shop" }, baseBranch: "main", group: "bellsoft" };
  const older = parseDigest(`sha256:${"a".repeat(64)}`);
  const other = parseDigest(`sha256:${"b".repeat(64)}`);
  const at = instantOf(Date.UTC(2026, 10, 24));
  const known = { digest: older, at, until: later(at, DAY_MS), fixed: [] };

  it("are declined still, and once more is known of them as that says", async () => {
    const store = await openEmpty();
    await redis.sadd(keys.declined(KEY), older, other);
    expect(await store.declined(KEY)).toEqual([{ digest: older }, { digest: other }]);
    await store.decline(KEY, [known], at);
    expect(await store.declined(KEY)).toEqual([known, { digest: other }]);
    expect(await redis.smembers(keys.declined(KEY))).toEqual([other]);
  });

  it("can be taken back", async () => {
    const store = await openEmpty();
    await redis.sadd(keys.declined(KEY), older);
    await store.takeBackDecline(KEY, [older]);
    expect(await store.declined(KEY)).toEqual([]);
  });
});

it("tells the time of Redis, in whole milliseconds", async () => {
  const clock = createRedisClock(redis);
  const [before] = await redis.time();
  const now = await clock.now();
  expect(Number.isInteger(now)).toBe(true);
  expect(Math.floor(now / 1_000)).toBeGreaterThanOrEqual(Number(before));
});
