import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Redis } from "ioredis";
import { z } from "zod";
import { createQueues, type Queues } from "../../../src/adapters/queue/queues.ts";
import { RETRIES_MAX } from "../../../src/adapters/queue/retry.ts";
import { run, type RunOptions, type Running } from "../../../src/adapters/queue/run.ts";
import { connect } from "../../../src/adapters/redis/connect.ts";
import type { Context } from "../../../src/context.ts";
import { CodedError } from "../../../src/errors.ts";
import type { QueueDefinition } from "../../../src/queues.ts";
import { worker } from "../../../src/worker.ts";
import type { StoreEvent } from "../../../src/ports/store.ts";
import { HOUR_MS, instantOf, MINUTE_MS } from "../../../src/time.ts";
import { SILENT } from "../../fakes/log.ts";
import { UNCOUNTED } from "../../fakes/metrics.ts";
import { startRedis, type TestRedis } from "../../tools/redis.ts";

interface Work {
  readonly id: string;
}

const QUEUE: QueueDefinition<Work> = {
  name: "work",
  schema: z.object({ id: z.string() }),
  idOf: ({ id }) => id,
  concurrency: 4,
};
const PREFIX = "{test}";

let server: TestRedis;
let redis: Redis;
let queues: Queues;
let running: Running[] = [];
let outcomes: string[] = [];
let events: StoreEvent[] = [];

beforeEach(async () => {
  server = await startRedis();
  redis = connect(server.address, SILENT);
  queues = createQueues(redis, PREFIX, [QUEUE.name]);
  running = [];
  outcomes = [];
  events = [];
});

afterEach(async () => {
  await Promise.all(running.map((one) => one.close(1_000)));
  await queues.close();
  redis.disconnect();
  await server.close();
});

/** What the queue runner itself uses of a context; the rest it hands through unread. */
const contextOf = (told: StoreEvent[]): Context =>
  ({
    clock: { now: async () => instantOf(0) },
    record: async (event: StoreEvent) => void told.push(event),
  }) as unknown as Context;

function start(
  handle: (job: Work, signal: AbortSignal) => Promise<void>,
  options: Partial<RunOptions> = {},
): Running {
  const metrics = {
    ...UNCOUNTED,
    job: ({ outcome }: { outcome: string }) => outcomes.push(outcome),
  };
  const started = run(
    worker(QUEUE, (job, _context, signal) => handle(job, signal)),
    contextOf(events),
    { connection: redis, prefix: PREFIX, metrics, log: SILENT, ...options },
  );
  running.push(started);
  return started;
}

/** Resolves when the queue has nothing left to do. */
async function drained(): Promise<void> {
  for (;;) {
    const { waiting = 0, active = 0, delayed = 0 } = (await queues.counts())[QUEUE.name] ?? {};
    if (waiting + active + delayed === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe("the queue runner", () => {
  it("does a job once", async () => {
    const done: string[] = [];
    await queues.enqueue(QUEUE, { id: "a" });
    start(async ({ id }) => void done.push(id));
    await drained();
    expect(done).toEqual(["a"]);
    expect(outcomes).toEqual(["completed"]);
  });

  it("remembers one more run for a job that is asked for while it runs, however often", async () => {
    let runs = 0;
    const first = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    start(async () => {
      runs += 1;
      if (runs === 1) {
        first.resolve();
        await release.promise;
      }
    });
    await queues.enqueue(QUEUE, { id: "a" });
    await first.promise;
    for (let asked = 0; asked < 5; asked += 1) await queues.enqueue(QUEUE, { id: "a" });
    release.resolve();
    await drained();
    expect(runs).toBe(2);
  });

  it("tries again what may pass, and keeps it while it waits", async () => {
    let tries = 0;
    start(async () => {
      tries += 1;
      if (tries < 3) throw new CodedError("registry-unavailable", "asking failed", { retryAfterMs: 1 });
    });
    await queues.enqueue(QUEUE, { id: "a" });
    await drained();
    expect(tries).toBe(3);
    expect(outcomes).toEqual(["retried", "retried", "completed"]);
    expect(await queues.failures(10)).toEqual([]);
    expect(events).toEqual([]);
  });

  it("gives up at once on what cannot pass, says why, and does the job when it is asked for again", async () => {
    let tries = 0;
    start(async () => {
      tries += 1;
      if (tries === 1) throw new CodedError("registry-unauthorized", "reading a.example/x answered 401");
    });
    await queues.enqueue(QUEUE, { id: "a" });
    await drained();
    expect(tries).toBe(1);
    expect(outcomes).toEqual(["failed"]);
    expect(events).toMatchObject([{ kind: "job-failed", subject: "work a" }]);
    expect(await queues.failures(10)).toMatchObject([
      { queue: "work", job: "a", reason: "registry-unauthorized: reading a.example/x answered 401" },
    ]);
    await queues.enqueue(QUEUE, { id: "a" });
    await drained();
    expect(tries).toBe(2);
  });

  it.each([
    { title: "a job without its field", data: {} },
    { title: "a job whose field has another type", data: { id: 7 } },
  ])("refuses $title for good", async ({ data }) => {
    let tries = 0;
    start(async () => void (tries += 1));
    const { Queue } = await import("bullmq");
    const raw = new Queue(QUEUE.name, { connection: redis, prefix: PREFIX });
    await raw.add("work", data);
    await drained();
    expect(tries).toBe(0);
    expect((await queues.failures(1))[0]?.reason).toMatch(/^job-invalid: /);
    await raw.close();
  });

  it("refuses to enqueue what does not have the queue's form", async () => {
    const wrong: unknown = { id: 7 };
    await expect(queues.enqueue({ ...QUEUE, idOf: () => "x" }, wrong as Work)).rejects.toThrow(
      /expected string/,
    );
  });

  it("tells running jobs to stop when the grace is over, and leaves them to be tried again", async () => {
    const began = Promise.withResolvers<void>();
    const reasons: unknown[] = [];
    const one = start(async (_job, signal) => {
      began.resolve();
      await new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          reasons.push(signal.reason);
          reject(new Error("stopped"));
        });
      });
    });
    await queues.enqueue(QUEUE, { id: "a" });
    await began.promise;
    await one.close(10);
    running = [];
    expect(reasons).toHaveLength(1);
    expect((await queues.counts())[QUEUE.name]?.delayed).toBe(1);
  });
});

const deferred = (retryAfterMs: number): CodedError =>
  new CodedError("registry-deferred", "a.example is not asked before noon: it asked us to wait", {
    retryAfterMs,
  });

async function putOff(): Promise<void> {
  while (((await queues.counts())[QUEUE.name]?.delayed ?? 0) === 0) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe("a job whose registry must be left alone", () => {
  it("is put off as often as need be, which costs no try and is no failure", async () => {
    let runs = 0;
    const warned: unknown[] = [];
    const log = { ...SILENT, warn: (fields: unknown) => void warned.push(fields) };
    await queues.enqueue(QUEUE, { id: "a" });
    start(
      async () => {
        runs += 1;
        if (runs <= RETRIES_MAX + 2) throw deferred(1);
        if (runs <= RETRIES_MAX + 4)
          throw new CodedError("registry-rate-limited", "429", { retryAfterMs: 1 });
      },
      { log },
    );
    await drained();
    const puttings = Array.from({ length: RETRIES_MAX + 2 }, () => "deferred");
    expect(outcomes).toEqual([...puttings, "retried", "retried", "completed"]);
    expect(warned).toMatchObject([{ code: "registry-rate-limited" }, { code: "registry-rate-limited" }]);
    expect(events).toEqual([]);
    expect(await queues.failures(10)).toEqual([]);
  });

  it("holds up nobody else, and is the same job when it is asked for meanwhile", async () => {
    const done: string[] = [];
    const both = Promise.withResolvers<void>();
    start(async ({ id }) => {
      if (id === "a") throw deferred(HOUR_MS);
      done.push(id);
      if (done.length === 2) both.resolve();
    });
    await queues.enqueue(QUEUE, { id: "a" });
    await putOff();
    for (const id of ["b", "a", "c"]) await queues.enqueue(QUEUE, { id });
    await both.promise;
    expect(done.toSorted()).toEqual(["b", "c"]);
    expect((await queues.counts())[QUEUE.name]).toMatchObject({ delayed: 1, waiting: 0, failed: 0 });
    expect(outcomes.filter((outcome) => outcome === "deferred")).toHaveLength(1);
  });

  it("runs when its time comes, also when it was asked for again while it ran", async () => {
    let runs = 0;
    const began = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    start(async () => {
      runs += 1;
      if (runs > 1) return;
      began.resolve();
      await release.promise;
      throw deferred(1);
    });
    await queues.enqueue(QUEUE, { id: "a" });
    await began.promise;
    await queues.enqueue(QUEUE, { id: "a" });
    release.resolve();
    await drained();
    expect(runs).toBeGreaterThanOrEqual(2);
    const before = runs;
    await queues.enqueue(QUEUE, { id: "a" });
    await drained();
    expect(runs).toBe(before + 1);
  });

  it.each([
    { title: "no time is named", facts: {} },
    { title: "years are named", facts: { retryAfterMs: 1e12 } },
  ])("comes back within hours when $title", async ({ facts }) => {
    start(async () => Promise.reject(new CodedError("registry-deferred", "not now", facts)));
    await queues.enqueue(QUEUE, { id: "a" });
    await putOff();
    const [, score] = await redis.zrange(`${PREFIX}:${QUEUE.name}:delayed`, "0", "0", "WITHSCORES");
    // BullMQ keeps the moment in the upper bits of the score.
    const waitMs = Number(score) / 0x1000 - Date.now();
    expect(waitMs).toBeGreaterThan(10_000);
    expect(waitMs).toBeLessThanOrEqual(6 * HOUR_MS);
  });

  it("fails at once where nobody waits for so long, also when it was the first to hear of it", async () => {
    start(
      async () => {
        throw new CodedError("registry-rate-limited", "a.example answered 429", { retryAfterMs: HOUR_MS });
      },
      { deferMsMax: MINUTE_MS },
    );
    await queues.enqueue(QUEUE, { id: "a" });
    await drained();
    expect(outcomes).toEqual(["failed"]);
    expect((await queues.failures(1))[0]?.reason).toBe("registry-rate-limited: a.example answered 429");
  });

  it("fails at once, with the reason, where nobody waits for so long", async () => {
    let runs = 0;
    start(
      async () => {
        runs += 1;
        throw deferred(runs === 1 ? 1 : HOUR_MS);
      },
      { deferMsMax: MINUTE_MS },
    );
    await queues.enqueue(QUEUE, { id: "a" });
    await drained();
    expect(outcomes).toEqual(["deferred", "failed"]);
    expect(events).toMatchObject([{ kind: "job-failed", subject: "work a" }]);
    expect((await queues.failures(1))[0]?.reason).toBe(
      "registry-deferred: a.example is not asked before noon: it asked us to wait",
    );
  });
});
