import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { mapParallel } from "../../src/adapters/registry/parallel.ts";
import { renderLine } from "../../src/image/reference.ts";
import { oras, orasMissing } from "../../test/tools/oras.ts";
import { linesAt } from "./population.ts";
import type { BenchRegistry } from "./registries.ts";

/** What a loop of processes costs, one process per tag. */
export type ToolResult =
  | { readonly kind: "measured"; readonly tags: number; readonly cpuMs: number; readonly wallMs: number }
  | { readonly kind: "missing"; readonly reason: string };

/** A program that people put into such loops. */
export interface LoopTool {
  readonly title: string;
  run(registry: BenchRegistry): Promise<ToolResult>;
}

/** Tags that are asked about: a process costs the same for each. */
const SAMPLE = 200;
const AT_A_TIME = 2;
/** Linux has told user space 100 ticks a second for as long as it has told them. @see proc_pid_stat(5) */
const TICK_MS = 10;

const exec = promisify(execFile);

export const LOOP_TOOLS: readonly LoopTool[] = [
  {
    title: "oras manifest fetch --descriptor",
    run: async (registry) => {
      const reason = orasMissing();
      if (reason !== undefined) return { kind: "missing", reason };
      return loop(registry, (line) => oras(["manifest", "fetch", "--descriptor", "--plain-http", line]));
    },
  },
  {
    title: "skopeo inspect --raw",
    run: async (registry) => {
      const isThere = await exec("skopeo", ["--version"]).then(
        () => true,
        () => false,
      );
      if (!isThere) return { kind: "missing", reason: "skopeo is not installed" };
      return loop(registry, (line) =>
        exec("skopeo", ["inspect", "--raw", "--tls-verify=false", `docker://${line}`]),
      );
    },
  },
];

async function loop(
  { host, population }: BenchRegistry,
  ask: (line: string) => Promise<unknown>,
): Promise<ToolResult> {
  const lines = linesAt(host, population).slice(0, SAMPLE).map(renderLine);
  const cpuBefore = childrenCpuMs();
  const startedAt = performance.now();
  await mapParallel(lines, AT_A_TIME, ask);
  return {
    kind: "measured",
    tags: lines.length,
    cpuMs: childrenCpuMs() - cpuBefore,
    wallMs: performance.now() - startedAt,
  };
}

/** CPU time of all processes that we started and that have ended. @see proc_pid_stat(5), fields 16 and 17 */
function childrenCpuMs(): number {
  const stat = readFileSync("/proc/self/stat", "utf8");
  // The second field is the program's name in parentheses, and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[13]) + Number(fields[14])) * TICK_MS;
}
