import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const CLI = fileURLToPath(new URL("../../src/cli/hullkeeper.mjs", import.meta.url));
const OUTPUT_LINES_MAX = 5_000;

/** A process of the product, started as an operator starts it. */
export interface HullkeeperProcess {
  readonly pid: number;
  /** Everything it wrote so far, the last lines of it. */
  output(): string;
  /** Resolves with the first line that matches; rejects when the process ends before. */
  lineMatching(pattern: RegExp): Promise<string>;
  /** Resolves with its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Ends it and waits. */
  end(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts `hullkeeper ARGS`. It ends with this process, however that ends. */
export function startHullkeeper(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): HullkeeperProcess {
  const child = spawn("setpriv", ["--pdeathsig", "TERM", "--", process.execPath, CLI, ...args], {
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: process.env["HOME"] ?? "",
      // As in the image.
      MALLOC_ARENA_MAX: "2",
      ...environment,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines = linesOf(child);
  const ended = new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(signal ?? code ?? 1));
  });
  return {
    pid: child.pid ?? 0,
    output: () => lines.seen.join("\n"),
    ended,
    lineMatching: (pattern) => lines.first(pattern, ended),
    async end(signal = "SIGTERM") {
      child.kill(signal);
      await ended;
    },
  };
}

interface Lines {
  readonly seen: readonly string[];
  first(pattern: RegExp, ended: Promise<unknown>): Promise<string>;
}

function linesOf(child: ChildProcess): Lines {
  const seen: string[] = [];
  const listeners = new Set<(line: string) => void>();
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on("line", (line) => {
      if (seen.length >= OUTPUT_LINES_MAX) seen.shift();
      seen.push(line);
      for (const listen of listeners) listen(line);
    });
  }
  return {
    seen,
    async first(pattern, ended) {
      const before = seen.find((line) => pattern.test(line));
      if (before !== undefined) return before;
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      const listen = (line: string): void => {
        if (pattern.test(line)) resolve(line);
      };
      listeners.add(listen);
      void ended.then((code) =>
        reject(new Error(`it ended with ${String(code)} and said:\n${seen.join("\n")}`)),
      );
      try {
        return await promise;
      } finally {
        listeners.delete(listen);
      }
    },
  };
}
