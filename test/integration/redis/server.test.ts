import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { checkRedis, type RedisAddress } from "../../../src/adapters/redis/connect.ts";
import {
  findRedisProgram,
  type PrivateRedis,
  type RedisProgram,
  startPrivateRedis,
} from "../../../src/adapters/redis/server.ts";
import { redisMissing } from "../../tools/redis.ts";
import { TOOLS_FILE } from "../../tools/tool.ts";

const missing = redisMissing();
const PARENT = fileURLToPath(new URL("parent.ts", import.meta.url));
/** A path may have 107 bytes and a zero at its end. @see unix(7), sun_path */
const SOCKET_PATH_BYTES_MAX = 107;
const addressSchema = z.object({ kind: z.literal("socket"), path: z.string() });

let directory: string;
let servers: PrivateRedis[];
let parents: ChildProcess[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "hk-server-"));
  servers = [];
  parents = [];
});

afterEach(async () => {
  for (const parent of parents) parent.kill("SIGKILL");
  await Promise.all(servers.map((server) => server.close()));
  await rm(directory, { recursive: true, force: true });
});

function program(): RedisProgram {
  const found = findRedisProgram(process.env["PATH"] ?? "", TOOLS_FILE);
  if (found === undefined) throw new Error(missing);
  return found;
}

async function start(where = directory): Promise<PrivateRedis> {
  const server = await startPrivateRedis(program(), where);
  servers.push(server);
  return server;
}

/** Another process that keeps a private Redis there. */
async function startParent(): Promise<{ readonly parent: ChildProcess; readonly address: RedisAddress }> {
  const parent = spawn(process.execPath, [PARENT, directory], { stdio: ["ignore", "pipe", "inherit"] });
  parents.push(parent);
  for await (const line of createInterface({ input: parent.stdout })) {
    return { parent, address: addressSchema.parse(JSON.parse(line)) };
  }
  throw new Error("it ended without a word");
}

async function killed(parent: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => parent.once("exit", resolve));
  parent.kill("SIGKILL");
  await ended;
}

/** Asks one question on a connection of its own. */
async function asking<Answer>(
  address: RedisAddress,
  question: (redis: Redis) => Promise<Answer>,
): Promise<Answer> {
  const options = { maxRetriesPerRequest: 0, retryStrategy: () => null };
  const redis =
    address.kind === "url" ? new Redis(address.url, options) : new Redis({ ...options, path: address.path });
  redis.on("error", () => {});
  try {
    return await question(redis);
  } finally {
    redis.disconnect();
  }
}

async function processIdOf(address: RedisAddress): Promise<number> {
  const info = await asking(address, (redis) => redis.info("server"));
  return Number(/^process_id:(\d+)/m.exec(info)?.[1]);
}

/** Whether a process ends within some seconds. */
async function isGone(pid: number): Promise<boolean> {
  for (let round = 0; round < 200; round += 1) {
    if (!existsSync(`/proc/${pid}`)) return true;
    await wait(50);
  }
  return false;
}

describe.skipIf(missing !== undefined)(`a private server (${missing ?? "present"})`, () => {
  test("keeps its data over a restart, and its socket goes with it", async () => {
    const first = await start();
    await asking(first.address, (redis) => redis.set("fact", "kept"));
    await first.close();
    expect(first.address.kind === "socket" && existsSync(first.address.path)).toBe(false);
    const second = await start();
    expect(await asking(second.address, (redis) => redis.get("fact"))).toBe("kept");
  });

  test("has a short socket, however long the directory's path is", async () => {
    const deep = join(directory, ...Array.from({ length: 4 }, () => "d".repeat(60)));
    const { address } = await start(deep);
    expect(address.kind === "socket" && Buffer.byteLength(address.path)).toBeLessThanOrEqual(
      SOCKET_PATH_BYTES_MAX,
    );
    expect(await asking(address, (redis) => redis.ping())).toBe("PONG");
  });

  test("is what we demand of any other", async () => {
    expect(await checkRedis((await start()).address)).toEqual([]);
  });

  test("says that it ended when it does, asked or not", async () => {
    const server = await start();
    process.kill(await processIdOf(server.address), "SIGKILL");
    await server.ended;
    expect(existsSync(directory)).toBe(true);
  });

  test.skipIf(!existsSync("/usr/bin/setpriv") && !existsSync("/bin/setpriv"))(
    "dies with its parent, however that dies, and loses nothing",
    async () => {
      const { parent, address } = await startParent();
      await asking(address, (redis) => redis.set("fact", "kept"));
      const pid = await processIdOf(address);
      await killed(parent);
      expect(await isGone(pid)).toBe(true);
      await expect(asking(address, (redis) => redis.ping())).rejects.toThrow(/closed/);
      const { address: next } = await start();
      expect(await asking(next, (redis) => redis.get("fact"))).toBe("kept");
    },
  );

  test("is refused a directory that another process has, by name; and gets it when that is gone", async () => {
    const { parent, address } = await startParent();
    await expect(start()).rejects.toMatchObject({
      code: "redis-unusable",
      message: expect.stringContaining(`process ${parent.pid ?? 0} keeps its private Redis in ${directory}`),
    });
    expect(await asking(address, (redis) => redis.ping())).toBe("PONG");
    const pid = await processIdOf(address);
    await killed(parent);
    expect(await isGone(pid)).toBe(true);
    await start();
  });

  test("is refused a directory that this process has already", async () => {
    await start();
    await expect(start()).rejects.toMatchObject({ code: "redis-unusable" });
  });

  test.each([
    { title: "a process that is gone", text: "4194304 1" },
    { title: "a process whose id another one has now", text: `${process.pid} 1` },
    { title: "nothing that can be read", text: "?" },
    { title: "nothing", text: "" },
  ])("is not refused a directory that was left by $title", async ({ text }) => {
    await writeFile(join(directory, "hullkeeper.pid"), text);
    expect(await asking((await start()).address, (redis) => redis.ping())).toBe("PONG");
  });

  test.each([
    { title: "ends at once", command: "/bin/false", says: /it ended with 1/ },
    { title: "is not there", command: "/nowhere/redis-server", says: /it ended with 127|ENOENT/ },
  ])("that $title is refused, and leaves the directory free", async ({ command, says }) => {
    const starting = startPrivateRedis({ command, environment: {} }, directory);
    await expect(starting).rejects.toMatchObject({
      code: "redis-unusable",
      message: expect.stringMatching(says),
    });
    await start();
  });
});

describe.skipIf(missing !== undefined)(`a Redis of others (${missing ?? "present"})`, () => {
  test.each(["allkeys-lru", "volatile-ttl"])(
    "that evicts by %s is refused; the command mends it",
    async (policy) => {
      const { address } = await start();
      const set = (value: string) =>
        asking(address, (redis) => redis.config("SET", "maxmemory-policy", value));
      await set(policy);
      await expect(checkRedis(address)).rejects.toMatchObject({
        code: "redis-unusable",
        message: expect.stringContaining("redis-cli CONFIG SET maxmemory-policy noeviction"),
      });
      await set("noeviction");
      expect(await checkRedis(address)).toEqual([]);
    },
  );

  test("that keeps no append-only file is warned about; the command mends it", async () => {
    const { address } = await start();
    const set = (value: string) => asking(address, (redis) => redis.config("SET", "appendonly", value));
    await set("no");
    expect(await checkRedis(address)).toEqual([
      expect.stringContaining("redis-cli CONFIG SET appendonly yes"),
    ]);
    await set("yes");
    expect(await checkRedis(address)).toEqual([]);
    // A server that writes its first file refuses to end; it is ended all the same, after each test.
  });

  test("that wants a password says so, and does not repeat ours", async () => {
    const { address } = await start();
    await asking(address, (redis) => redis.config("SET", "requirepass", "hunter2"));
    const refused = await checkRedis(address).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "redis-unavailable", message: expect.stringMatching(/NOAUTH/) });
    expect(String(refused)).not.toContain("hunter2");
  });
});

describe("an address where no Redis answers", () => {
  test.each<{ title: string; address: RedisAddress; says: RegExp }>([
    {
      title: "nobody listens",
      address: { kind: "url", url: "redis://127.0.0.1:1" },
      says: /ECONNREFUSED 127\.0\.0\.1:1/,
    },
    {
      title: "no such socket",
      address: { kind: "socket", path: "/nowhere/redis.sock" },
      says: /ENOENT \/nowhere\/redis\.sock/,
    },
    {
      title: "no such host",
      address: { kind: "url", url: "redis://redis.invalid:6379" },
      says: /redis\.invalid/,
    },
  ])("$title: said within seconds", async ({ address, says }) => {
    const startedAt = performance.now();
    await expect(checkRedis(address)).rejects.toMatchObject({
      code: "redis-unavailable",
      transient: true,
      message: expect.stringMatching(says),
    });
    expect(performance.now() - startedAt).toBeLessThan(15_000);
  });

  test.each([
    { title: "says nothing", answer: "" },
    { title: "speaks another language", answer: "HTTP/1.1 400 Bad Request\r\n\r\n" },
  ])("somebody who $title: said within seconds", async ({ answer }) => {
    const listener = createServer((socket) => {
      socket.on("error", () => {});
      socket.resume();
      socket.write(answer);
    });
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    const bound = listener.address();
    const port = typeof bound === "object" && bound !== null ? bound.port : 0;
    const startedAt = performance.now();
    try {
      const address = { kind: "url", url: `redis://127.0.0.1:${port}` } as const;
      await expect(checkRedis(address)).rejects.toMatchObject({ code: "redis-unavailable" });
      expect(performance.now() - startedAt).toBeLessThan(20_000);
    } finally {
      await new Promise((resolve) => {
        listener.close(resolve);
      });
    }
  });
});
