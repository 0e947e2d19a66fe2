import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findRedisProgram, startPrivateRedis } from "../../src/adapters/redis/server.ts";
import type { RedisAddress } from "../../src/adapters/redis/connect.ts";
import { TOOLS_FILE, missingTools } from "./tool.ts";

/** A Redis for one test file: empty, nobody else's. */
export interface TestRedis {
  readonly address: RedisAddress;
  /** What REDIS_URL may be set to. */
  readonly url: string;
  /** Ends it and removes what it kept. */
  close(): Promise<void>;
}

/** Why no Redis can be started here, or undefined when one can. */
export function redisMissing(): string | undefined {
  return program() === undefined
    ? (missingTools("redis-server") ?? "neither redis-server nor valkey-server was found")
    : undefined;
}

/**
 * Starts the same private server the product starts.
 *
 * @throws {Error} when there is no server program
 */
export async function startRedis(): Promise<TestRedis> {
  const found = program();
  if (found === undefined) throw new Error(redisMissing());
  const directory = await mkdtemp(join(tmpdir(), "hk-redis-"));
  const server = await startPrivateRedis(found, directory);
  const { address } = server;
  return {
    address,
    url: address.kind === "url" ? address.url : address.path,
    async close() {
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function program(): ReturnType<typeof findRedisProgram> {
  return findRedisProgram(process.env["PATH"] ?? "", TOOLS_FILE);
}
