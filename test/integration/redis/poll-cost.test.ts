import type { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createRedisClock } from "../../../src/adapters/redis/clock.ts";
import { connect } from "../../../src/adapters/redis/connect.ts";
import { createRedisStore } from "../../../src/adapters/redis/store.ts";
import { poll } from "../../../workers/poll.ts";
import { SILENT } from "../../fakes/log.ts";
import { startRedis, type TestRedis } from "../../tools/redis.ts";
import { createBench, lineOf, pin } from "../../workers/bench.ts";
import { judged } from "../../workers/facts.ts";
import { JOB, pushIndex } from "../../workers/poll-bench.ts";

/** Writes to Redis that a poll may cost, however many tags there are. */
const WRITES_MAX = 9;

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

test.each([{ count: 1 }, { count: 50 }])(
  "a repository of $count unmoved tags is polled in few turns with Redis",
  async ({ count }) => {
    await redis.flushall();
    const bench = createBench();
    const context = { ...bench.context, store: createRedisStore(redis), clock: createRedisClock(redis) };
    const current = pushIndex(bench, { image: "1" });
    const lines = Array.from({ length: count }, (_, number) => lineOf(`tag-${number}`));
    for (const line of lines) bench.registry.point(line, current);
    await pin(
      context,
      lines.map((line) => [line, current]),
    );
    await judged(context, current);
    const { signal } = new AbortController();
    await poll.handle(JOB, context, signal);
    expect((await context.store.watched(JOB.repository)).watches).toHaveLength(count);

    // Commands that are asked together are one write to the socket, and one turn.
    const writes = vi.spyOn(redis.stream, "write");
    await poll.handle(JOB, context, signal);
    expect(writes.mock.calls.length).toBeGreaterThan(0);
    expect(writes.mock.calls.length).toBeLessThanOrEqual(WRITES_MAX);
    writes.mockRestore();
  },
);
