import { execFile } from "node:child_process";

/** What one git process answered. */
export interface GitAnswer {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface GitRun {
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  /** Exit codes that are an answer; others throw. Default: 0. */
  readonly codes?: readonly number[];
}

/** Runs git. */
export type Git = (args: readonly string[], run?: GitRun) => Promise<GitAnswer>;

const TIMEOUT_MS = 60_000;
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
const PROCESSES_MAX = 8;

/**
 * A runner of git processes: without a shell, without any configuration of the machine or of the person, at most 8 at a time,
 * 60 seconds and 64 MiB each.
 */
export function createGit(home: string): Git {
  const waiting: (() => void)[] = [];
  let running = 0;

  const acquire = async (): Promise<void> => {
    if (running < PROCESSES_MAX) {
      running += 1;
      return;
    }
    // The turn is handed over, so `running` stays.
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
    });
  };
  const release = (): void => {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  };

  return async (args, run = {}) => {
    await acquire();
    try {
      return await runGit(home, args, run);
    } finally {
      release();
    }
  };
}

async function runGit(home: string, args: readonly string[], run: GitRun): Promise<GitAnswer> {
  const env = {
    PATH: process.env["PATH"] ?? "/usr/bin:/bin",
    HOME: home,
    LC_ALL: "C",
    TZ: "UTC",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_TERMINAL_PROMPT: "0",
    ...run.env,
  };
  const options = { env, encoding: "buffer", timeout: TIMEOUT_MS, maxBuffer: OUTPUT_BYTES_MAX } as const;
  return new Promise((resolve, reject) => {
    const child = execFile("git", args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      const text = stderr.toString("utf8");
      if (typeof code === "number" && (run.codes ?? [0]).includes(code)) {
        resolve({ code, stdout, stderr: text });
      } else {
        reject(
          new Error(`git ${args.join(" ")}: ${text.trim() || (error?.message ?? "")}`, { cause: error }),
        );
      }
    });
    // A git that ends before it has read its input is reported by its exit code.
    child.stdin?.on("error", () => {});
    child.stdin?.end(run.input ?? "");
  });
}
