import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Config } from "../../config/config.ts";
import type { RedisAddress } from "../adapters/redis/connect.ts";
import { findRedisProgram, startPrivateRedis } from "../adapters/redis/server.ts";
import { CodedError } from "../errors.ts";

/** The Redis a command works with, and how to let go of it. */
export interface RedisInUse {
  readonly address: RedisAddress;
  /** Resolves when a private server has ended; never for one that others run. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

/** Where the set-up notes the tools that it unpacked. */
export const TOOLS_FILE = fileURLToPath(new URL("../../.cache/tools/tools.json", import.meta.url));

/**
 * The configured Redis, else a private one that ends with this process.
 *
 * @throws {CodedError} `redis-unusable` when there is neither
 */
export async function openRedis(config: Config, environment: NodeJS.ProcessEnv): Promise<RedisInUse> {
  const configured = configuredRedis(config);
  if (configured !== undefined)
    return { address: configured, ended: new Promise(() => {}), async close() {} };

  const program = findRedisProgram(environment["PATH"] ?? "", TOOLS_FILE);
  if (program === undefined) {
    throw new CodedError(
      "redis-unusable",
      "no Redis: set REDIS_URL, or install one (Debian: apt-get install --no-install-recommends redis-server)",
    );
  }
  return startPrivateRedis(program, stateDirectory(environment));
}

/** The Redis that the configuration or REDIS_URL names. */
export function configuredRedis(config: Config): RedisAddress | undefined {
  const url = config.redisUrl?.reveal();
  if (url === undefined) return undefined;
  return url.startsWith("/") ? { kind: "socket", path: url } : { kind: "url", url };
}

/** @see XDG Base Directory Specification, XDG_STATE_HOME */
function stateDirectory(environment: NodeJS.ProcessEnv): string {
  const base = environment["XDG_STATE_HOME"] ?? join(environment["HOME"] ?? homedir(), ".local", "state");
  return join(base, "hullkeeper", "redis");
}
