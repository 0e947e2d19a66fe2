import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";

/** What the set-up script finds or fetches. */
export type ToolName = "redis-server" | "docker-registry" | "cosign" | "oras" | "docker-compose" | "chromium";

/** A program on this machine, or why there is none. */
export type Tool =
  | {
      readonly kind: "found";
      readonly path: string;
      /** What it needs in its environment, such as the place of its libraries. */
      readonly env: Readonly<Record<string, string>>;
      readonly version: string;
    }
  | { readonly kind: "missing"; readonly reason: string };

/** The set-up script's list of what it found and fetched. */
export const TOOLS_FILE = fileURLToPath(new URL("../../.cache/tools/tools.json", import.meta.url));

const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

const manifestSchema = z.record(
  z.string(),
  z.union([
    z.object({ path: z.string(), env: z.record(z.string(), z.string()), version: z.string() }),
    z.object({ missing: z.string() }),
  ]),
);

/**
 * Looks a tool up in the set-up script's list.
 *
 * @throws {Error} when there is a list that cannot be read
 */
export function toolOf(name: ToolName, toolsFile = TOOLS_FILE): Tool {
  if (!existsSync(toolsFile)) {
    return { kind: "missing", reason: "tools are not set up: run node scripts/bootstrap.mjs setup" };
  }
  const entry = manifestSchema.parse(JSON.parse(readFileSync(toolsFile, "utf8")))[name];
  if (entry === undefined) return { kind: "missing", reason: `${name} is not in the list of tools` };
  if ("missing" in entry) return { kind: "missing", reason: `${name} ${entry.missing}` };
  if (!existsSync(entry.path)) {
    return { kind: "missing", reason: `${name} is gone: run node scripts/bootstrap.mjs setup` };
  }
  return { kind: "found", ...entry };
}

/**
 * Why some of these tools cannot be used, or undefined when all can: for `describe.skipIf` and its title.
 */
export function missingTools(...names: readonly ToolName[]): string | undefined {
  const reasons = names.flatMap((name) => {
    const tool = toolOf(name);
    return tool.kind === "missing" ? [tool.reason] : [];
  });
  return reasons.length === 0 ? undefined : [...new Set(reasons)].join("; ");
}

/** How a tool is run. */
export interface RunOptions {
  readonly cwd?: string;
  /** Added to the tool's own needs; of our environment it sees only PATH, HOME and TMPDIR. */
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Of what it prints. */
  readonly outputBytesMax?: number;
}

const run = promisify(execFile);

/**
 * Runs a tool to its end.
 *
 * @throws {Error} when it is missing or ends with another code than 0; the message holds what it printed
 */
export async function runTool(
  name: ToolName,
  args: readonly string[],
  { cwd, env, signal, outputBytesMax = OUTPUT_BYTES_MAX }: RunOptions = {},
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const tool = toolOf(name);
  if (tool.kind === "missing") throw new Error(tool.reason);
  return run(tool.path, [...args], {
    cwd,
    signal,
    env: { ...ownEnvironment(), ...tool.env, ...env },
    maxBuffer: outputBytesMax,
  });
}

/** Of our environment what programs need; the rest, with its tokens, is none of theirs. */
function ownEnvironment(): Record<string, string> {
  return Object.fromEntries(
    ["PATH", "HOME", "TMPDIR"].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
