import { z } from "zod";
import { type TestRedis, startRedis } from "../../test/tools/redis.ts";
import { medianOf } from "../table.ts";
import { startChild } from "./child.ts";
import { type Measurement, measurementSchema } from "./measure.ts";
import { sizeOf } from "./population.ts";
import type { BenchRegistry } from "./registries.ts";
import { seedRedis } from "./seed.ts";
import type { Assignment, Level } from "./work.ts";

/** Rounds of each case after the first one, which opens the connections and finds the code not compiled yet. */
const WARM_ROUNDS = 3;

/** What moves before each round of a case. */
export type Movement = "nothing" | "one-percent";

/** How much memory V8 may take before it collects: as it likes, or what the command line of the product lets it. */
export type Heap = "as-node-likes" | "lean";

const LEAN_HEAP = ["--import", new URL("../../src/cli/lean-heap.mjs", import.meta.url).href];

/** A case and what its rounds cost. */
export interface CaseResult {
  readonly registry: string;
  readonly scheme: string;
  readonly level: Level;
  readonly movement: Movement;
  readonly heap: Heap;
  readonly lists: Assignment["lists"];
  readonly tags: number;
  /** Memory of the process when its code was loaded and nothing was asked yet. */
  readonly preparedRssMb: number;
  readonly first: Measurement;
  /** Of each number the median of the rounds after the first. */
  readonly warm: Measurement;
}

/** Which cases are run, one after the other, over the same facts. */
export interface CasePlan {
  readonly level: Level;
  readonly movements: readonly Movement[];
  readonly heap?: Heap;
  readonly lists?: Assignment["lists"];
}

/** Runs cases against a registry, each in a fresh process. */
export async function runCases(
  registry: BenchRegistry,
  { level, movements, heap = "as-node-likes", lists = "generic" }: CasePlan,
): Promise<readonly CaseResult[]> {
  const redis = level === "cycle" ? await startRedis() : undefined;
  try {
    await registry.restore();
    if (redis !== undefined) await seedRedis(socketOf(redis), registry.host, registry.population);
    const results: CaseResult[] = [];
    for (const movement of movements) {
      results.push(await runCase(registry, { level, movement, heap, lists }, redis));
    }
    return results;
  } finally {
    await redis?.close();
  }
}

async function runCase(
  registry: BenchRegistry,
  { level, movement, heap, lists }: Pick<CaseResult, "level" | "movement" | "heap" | "lists">,
  redis: TestRedis | undefined,
): Promise<CaseResult> {
  const { scheme, host, population } = registry;
  const client = startChild(new URL("programs/client.ts", import.meta.url), heap === "lean" ? LEAN_HEAP : []);
  try {
    const assignment = {
      level,
      scheme,
      host,
      population,
      lists,
      ...(redis === undefined ? {} : { redisPath: socketOf(redis) }),
    };
    const { rssMb } = await client.ask({ kind: "prepare", assignment }, z.object({ rssMb: z.number() }));
    const rounds: Measurement[] = [];
    const before = await registry.counts();
    for (let round = 0; round <= WARM_ROUNDS; round += 1) {
      if (movement === "one-percent") await registry.move(round + 1);
      rounds.push(await client.ask({ kind: "round" }, measurementSchema));
    }
    checkCounts(rounds, before, await registry.counts());
    await client.ask({ kind: "close" }, z.object({}));
    const [first, ...others] = rounds;
    if (first === undefined) throw new Error("no round was run");
    const tags = sizeOf(population);
    const warm = medianRound(others);
    const facts = {
      registry: registry.title,
      scheme,
      level,
      movement,
      heap,
      lists,
      tags,
      preparedRssMb: rssMb,
    };
    return { ...facts, first, warm };
  } finally {
    await client.end();
  }
}

/** The client's own count against what the registry saw: a benchmark that asks less than it says is worth nothing. */
function checkCounts(
  rounds: readonly Measurement[],
  before: Awaited<ReturnType<BenchRegistry["counts"]>>,
  after: Awaited<ReturnType<BenchRegistry["counts"]>>,
): void {
  if (before === undefined || after === undefined) return;
  for (const name of ["requests", "connections"] as const) {
    const told = rounds.reduce((sum, round) => sum + round[name], 0);
    const seen = after[name] - before[name];
    if (told !== seen) throw new Error(`the client tells of ${told} ${name}, the registry saw ${seen}`);
  }
}

function medianRound(rounds: readonly Measurement[]): Measurement {
  const median = (name: keyof Measurement) => medianOf(rounds.map((round) => round[name]));
  return {
    requests: median("requests"),
    connections: median("connections"),
    cpuMs: median("cpuMs"),
    wallMs: median("wallMs"),
    peakRssMb: Math.max(...rounds.map(({ peakRssMb }) => peakRssMb)),
    redisBytes: median("redisBytes"),
    redisCpuMs: median("redisCpuMs"),
  };
}

function socketOf({ url }: TestRedis): string {
  return url;
}
