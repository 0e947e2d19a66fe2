import { type ChildProcess, spawn } from "node:child_process";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { CodedError } from "../../errors.ts";
import type { RedisAddress } from "./connect.ts";

/** A server program and what its environment needs. */
export interface RedisProgram {
  readonly command: string;
  readonly environment: Readonly<Record<string, string>>;
}

export interface PrivateRedis {
  readonly address: RedisAddress;
  /** Resolves when the server has ended, asked or not. */
  readonly ended: Promise<void>;
  /** Ends the server and waits for it; its files stay. */
  close(): Promise<void>;
}

const PROGRAM_NAMES = ["redis-server", "valkey-server"] as const;
const SETTINGS = (
  "--port 0 --unixsocketperm 700 --appendonly yes --appendfsync everysec " +
  "--maxmemory-policy noeviction --daemonize no"
)
  .split(" ")
  .concat("--save", "");
const START_TIMEOUT_MS = 15_000;
/** A server may refuse to end, such as while it writes its first append-only file: then it is not asked any longer. */
const CLOSE_TIMEOUT_MS = 10_000;

const toolsSchema = z.record(
  z.string(),
  z.union([
    z.object({ path: z.string(), env: z.record(z.string(), z.string()).optional() }),
    z.object({ missing: z.string() }),
  ]),
);

/**
 * Finds a Redis or Valkey server: on the search path, else among the tools that the set-up script unpacked.
 *
 * @param toolsFile the set-up script's list of unpacked tools
 */
export function findRedisProgram(searchPath: string, toolsFile: string): RedisProgram | undefined {
  for (const name of PROGRAM_NAMES) {
    for (const folder of searchPath.split(delimiter)) {
      const command = join(folder, name);
      if (folder !== "" && isExecutable(command)) return { command, environment: {} };
    }
  }
  if (!existsSync(toolsFile)) return undefined;
  const tools = toolsSchema.parse(JSON.parse(readFileSync(toolsFile, "utf8")));
  for (const name of PROGRAM_NAMES) {
    const tool = tools[name];
    if (tool !== undefined && "path" in tool) return { command: tool.path, environment: tool.env ?? {} };
  }
  return undefined;
}

/**
 * Starts a server of our own: no port, a unix socket only we may open, every write in an append-only file, nothing ever evicted.
 * It ends with this process, however that ends.
 *
 * @param directory where its files are kept; made if need be. Two servers never share one
 * @throws {CodedError} `redis-unusable` when it does not come up
 */
export async function startPrivateRedis(program: RedisProgram, directory: string): Promise<PrivateRedis> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const releaseDirectory = claimDirectory(directory);
  // A socket's path may have 107 bytes; a data directory is often longer.
  const socketDirectory = mkdtempSync(join(tmpdir(), "hk-"));
  const path = join(socketDirectory, "redis.sock");
  const [command, ...leading] = [...deathSignalPrefix(), program.command];
  const server = spawn(
    command ?? program.command,
    [...leading, "--dir", directory, "--unixsocket", path, ...SETTINGS],
    { stdio: ["ignore", "pipe", "pipe"], env: { ...program.environment, LANG: "C" } },
  );
  try {
    await readiness(server);
  } catch (error) {
    server.kill("SIGKILL");
    rmSync(socketDirectory, { recursive: true, force: true });
    releaseDirectory();
    throw error;
  }
  const ended = new Promise<void>((resolve) => server.once("exit", () => resolve()));
  return {
    address: { kind: "socket", path },
    ended,
    async close() {
      server.kill("SIGTERM");
      const hurry = setTimeout(() => server.kill("SIGKILL"), CLOSE_TIMEOUT_MS);
      await ended;
      clearTimeout(hurry);
      rmSync(socketDirectory, { recursive: true, force: true });
      releaseDirectory();
    },
  };
}

/** Redis itself lets two servers append to one file. */
function claimDirectory(directory: string): () => void {
  const file = join(directory, "hullkeeper.pid");
  const owner = existsSync(file) ? readFileSync(file, "utf8") : "";
  const pid = Number.parseInt(owner, 10);
  if (isRunning(pid) && owner === nameOf(pid)) {
    throw new CodedError(
      "redis-unusable",
      `process ${pid} keeps its private Redis in ${directory} already; end it, or let both use one Redis through REDIS_URL`,
    );
  }
  writeFileSync(file, nameOf(process.pid));
  return () => rmSync(file, { force: true });
}

/**
 * A process as no other is called: its id, which the kernel gives away again, and where it says so when it started.
 *
 * @see proc_pid_stat(5), field 22
 */
function nameOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in parentheses, and may hold anything.
    return `${pid} ${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? ""}`;
  } catch {
    return String(pid);
  }
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** `setpriv --pdeathsig` lets the kernel end the server when we die, even by SIGKILL. */
function deathSignalPrefix(): readonly string[] {
  const setpriv = ["/usr/bin/setpriv", "/bin/setpriv"].find(isExecutable);
  return setpriv === undefined ? [] : [setpriv, "--pdeathsig", "TERM", "--"];
}

async function readiness(server: ChildProcess): Promise<void> {
  const lines: string[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = (reason: string) =>
    reject(
      new CodedError(
        "redis-unusable",
        `starting a private Redis failed: ${reason}; it said: ${lines.slice(-5).join(" | ")}`,
      ),
    );
  const timer = setTimeout(() => fail(`not ready after ${START_TIMEOUT_MS} ms`), START_TIMEOUT_MS);
  server.once("error", (error) => fail(error.message));
  server.once("exit", (code, signal) => fail(`it ended with ${code ?? signal}`));
  for (const stream of [server.stdout, server.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on("line", (line) => {
      if (lines.length < 200) lines.push(line);
      // With a capital since Redis 7.2 and in Valkey.
      if (/ready to accept connections/i.test(line)) resolve();
    });
  }
  try {
    await promise;
  } finally {
    clearTimeout(timer);
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
