import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Redis } from "ioredis";
import { z } from "zod";
import { connect } from "../../../src/adapters/redis/connect.ts";
import { createRedisGate, type RedisGate } from "../../../src/adapters/redis/gate/redis-gate.ts";
import type { LogFields } from "../../../src/ports/log.ts";
import { MINUTE_MS, SECOND_MS } from "../../../src/time.ts";
import { SILENT } from "../../fakes/log.ts";
import { startRedis, type TestRedis } from "../../tools/redis.ts";

const ASKER = fileURLToPath(new URL("gate-asker.ts", import.meta.url));
const KEY = { host: "registry.example", credential: "anonymous" };
const CHECK = { kind: "check", count: 1 } as const;
const momentsSchema = z.array(z.number());

let server: TestRedis;
const closing: (() => Promise<void>)[] = [];
beforeEach(async () => {
  server = await startRedis();
});
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
  await server.close();
});

function connected(log = SILENT): Redis {
  const redis = connect(server.address, log);
  closing.push(async () => redis.disconnect());
  return redis;
}

function open(redis: Redis, log = SILENT): RedisGate {
  const gate = createRedisGate(redis, { log });
  closing.push(() => gate.close());
  return gate;
}

/** Lets so many processes ask as fast as they may. @returns all moments of admission, in order */
async function askFrom(
  processes: number,
  limits: { readonly perSecond: number; readonly burst: number },
  lastsMs: number,
): Promise<readonly number[]> {
  const askers = await Promise.all(
    Array.from({ length: processes }, async () => {
      const { perSecond, burst } = limits;
      const values = [server.url, perSecond, burst, 12, lastsMs].map(String);
      const child = spawn(process.execPath, [ASKER, ...values], { stdio: ["pipe", "pipe", "inherit"] });
      closing.push(async () => void child.kill("SIGKILL"));
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      await lines.next();
      return { child, lines };
    }),
  );
  for (const { child } of askers) child.stdin.write("go\n");
  const moments = await Promise.all(
    askers.map(async ({ lines }) => {
      const line = await lines.next();
      return momentsSchema.parse(JSON.parse(line.done === true ? "[]" : line.value));
    }),
  );
  return moments.flat().toSorted((a, b) => a - b);
}

describe("processes that share a Redis", () => {
  it.each([
    { processes: 2, perSecond: 100, burst: 50 },
    { processes: 4, perSecond: 400, burst: 200 },
  ])("spend one budget together: $processes of them, $perSecond a second", async (limits) => {
    const { processes, perSecond, burst } = limits;
    const moments = await askFrom(processes, limits, 3 * SECOND_MS);
    const seconds = ((moments.at(-1) ?? 0) - (moments[0] ?? 0)) / SECOND_MS;
    const allowed = burst + perSecond * seconds;
    expect(seconds).toBeGreaterThan(2);
    expect(moments.length / allowed).toBeGreaterThan(0.97);
    expect(moments.length / allowed).toBeLessThan(1.03);
  });

  it("share what each of them hears of a host", async () => {
    const redis = connected();
    const [one, two] = [open(redis), open(redis)];
    const limits = { perSecond: 5, burst: 20 };
    await Promise.all([one.admit(KEY, limits, CHECK), two.admit(KEY, limits, CHECK)]);
    one.report(KEY, { kind: "rate-limited", limits: "all", retryAfterMs: MINUTE_MS });
    // The first gate's next question stands behind what it told.
    await one.admit(KEY, limits, CHECK);
    expect(await two.admit(KEY, limits, CHECK)).toMatchObject({ kind: "wait", reason: "penalty" });
    expect(await two.states()).toMatchObject([{ ...KEY, perSecondNow: 2.5, penalty: { limits: "all" } }]);
  });

  it("hear at once that a host which failed answers again", async () => {
    const redis = connected();
    let nowMs = Date.now();
    const gates = [0, 1].map(() => createRedisGate(redis, { log: SILENT, now: () => nowMs }));
    for (const gate of gates) closing.push(() => gate.close());
    const [one, two] = gates;
    const limits = { perSecond: 5, burst: 20 };
    const failed = { kind: "failed", code: "registry-unavailable", message: "503" } as const;
    for (let count = 0; count < 5; count++) one?.report(KEY, failed);
    expect(await one?.admit(KEY, limits, CHECK)).toMatchObject({ reason: "breaker" });
    nowMs += 30 * SECOND_MS;
    expect(await one?.admit(KEY, limits, CHECK)).toEqual({ kind: "admitted", count: 1 });
    expect(await two?.admit(KEY, limits, CHECK)).toMatchObject({ reason: "breaker" });
    one?.report(KEY, { kind: "answered" });
    await one?.states();
    expect(await two?.admit(KEY, limits, CHECK)).toEqual({ kind: "admitted", count: 1 });
  });
});

describe("while Redis is gone", () => {
  const limits = { perSecond: 0.001, burst: 40 };
  const warned: LogFields[] = [];
  const told: string[] = [];
  const log = {
    ...SILENT,
    warn: (fields: LogFields, message: string) => {
      if (message.startsWith("requests to hosts")) warned.push(fields);
    },
    info: (_fields: LogFields, message: string) => void told.push(message),
  };
  const drain = async (gate: RedisGate): Promise<number> => {
    for (let granted = 0; ; granted++) {
      if ((await gate.admit(KEY, limits, CHECK)).kind === "wait") return granted;
    }
  };

  it("each process goes by itself with a quarter of the budget, and says so once", async () => {
    warned.length = 0;
    const gate = open(connected(log), log);
    await gate.admit(KEY, limits, CHECK);
    await server.close();
    expect(await drain(gate)).toBe(10);
    expect(warned).toHaveLength(1);
    expect(await gate.states()).toMatchObject([{ ...KEY, budgetLeft: 0, limits: { burst: 10 } }]);
  });

  it("a process keeps to the penalties that it heard itself", async () => {
    const gate = open(connected());
    await gate.admit(KEY, limits, CHECK);
    gate.report(KEY, { kind: "rate-limited", limits: "all", retryAfterMs: MINUTE_MS });
    await server.close();
    expect(await gate.admit(KEY, limits, CHECK)).toMatchObject({ kind: "wait", reason: "penalty" });
    expect(() => gate.report(KEY, { kind: "answered" })).not.toThrow();
  });

  it("a process that starts without it does not wait for it for ever", async () => {
    await server.close();
    const gate = open(connected());
    expect(await drain(gate)).toBe(10);
  });

  it("nobody is kept waiting for longer than a second by one that hangs, and all count together when it is back", async () => {
    warned.length = 0;
    told.length = 0;
    const redis = connected();
    const gate = open(redis, log);
    await gate.admit(KEY, limits, CHECK);
    await redis.call("CLIENT", "PAUSE", "1500", "ALL");
    expect(await gate.admit(KEY, limits, CHECK)).toEqual({ kind: "admitted", count: 1 });
    expect(warned).toHaveLength(1);
    // Answered when the pause is over.
    await redis.ping();
    await gate.admit(KEY, limits, CHECK);
    expect(told).toEqual(["requests to hosts are counted together again"]);
    expect((await gate.states())[0]?.limits).toEqual(limits);
  });
});
