import { arch, cpus, release } from "node:os";
import { parseArgs } from "node:util";
import { dockerRegistryMissing } from "../../test/tools/docker-registry.ts";
import { redisMissing } from "../../test/tools/redis.ts";
import { type Aim, isMissed, renderAims, say } from "../table.ts";
import { type CasePlan, type CaseResult, runCases } from "./case.ts";
import type { Population } from "./population.ts";
import { type BenchRegistry, startFilledDockerRegistry, startRawRegistry } from "./registries.ts";
import { aimsOf, renderCases, renderTools } from "./report.ts";
import { budgetAimOf, measureSharedBudget } from "./shared-budget.ts";
import { LOOP_TOOLS, type ToolResult } from "./tools.ts";

const USAGE = `npm run bench:poll                what a poll costs; takes some minutes
npm run bench:poll -- --quick     2,000 tags only
npm run bench:poll -- --strict    exits with 1 when an aim is missed
`;

const SMALL: Population = { repositories: 200, tagsPerRepository: 10 };
const LARGE: Population = { repositories: 2_000, tagsPerRepository: 10 };
const PLANS: readonly CasePlan[] = [
  { level: "heads", movements: ["nothing"] },
  { level: "survey", movements: ["nothing", "one-percent"] },
  { level: "cycle", movements: ["nothing", "one-percent"] },
];
/** 100 repositories with 100 tags each, whose registry tells of all tags of one at once. */
const LISTED: Population = { repositories: 100, tagsPerRepository: 100 };
const LISTED_PLANS: readonly CasePlan[] = [
  { level: "survey", movements: ["nothing", "one-percent"], lists: "google" },
  { level: "cycle", movements: ["nothing", "one-percent"], lists: "google" },
];
const LEAN_HEAP_PLAN: CasePlan = { level: "cycle", movements: ["nothing"], heap: "lean" };

const { values } = parseArgs({
  options: { strict: { type: "boolean" }, quick: { type: "boolean" }, help: { type: "boolean" } },
});
if (values.help === true) say(USAGE);
else process.exitCode = await bench();

async function bench(): Promise<number> {
  const missing = redisMissing() ?? dockerRegistryMissing();
  if (missing !== undefined) throw new Error(`cannot run: ${missing}`);
  say(`${new Date().toISOString().slice(0, 10)}, ${cpus().length} x ${cpus()[0]?.model ?? ""} ${arch()}`);
  say(`Linux ${release()}, Node ${process.version}\n`);

  const cases: CaseResult[] = [];
  for (const population of values.quick === true ? [SMALL] : [SMALL, LARGE]) {
    for (const scheme of ["http", "https"] as const) {
      const plans = population === LARGE ? [...PLANS, LEAN_HEAP_PLAN] : PLANS;
      cases.push(...(await casesOf(await startRawRegistry(scheme, population), plans)).cases);
    }
  }
  cases.push(...(await casesOf(await startRawRegistry("https", LISTED), LISTED_PLANS)).cases);
  const docker = await casesOf(await startFilledDockerRegistry(SMALL), PLANS, loopTools);
  cases.push(...docker.cases);
  say(`${renderCases(cases)}\n`);
  const client = docker.cases.find(({ level }) => level === "survey");
  say(`${renderTools(docker.more ?? [], client)}\n`);

  const aims: readonly Aim[] = [...aimsOf(cases), budgetAimOf(await measureSharedBudget())];
  say(renderAims(aims));
  return values.strict === true && aims.some(isMissed) ? 1 : 0;
}

/** Runs these cases against a registry, and something more, and ends the registry. */
async function casesOf<More>(
  registry: BenchRegistry,
  plans: readonly CasePlan[],
  more?: (registry: BenchRegistry) => Promise<More>,
): Promise<{ readonly cases: readonly CaseResult[]; readonly more: More | undefined }> {
  try {
    const cases: CaseResult[] = [];
    for (const plan of plans) {
      process.stderr.write(`${registry.title} ${registry.scheme} ${plan.level} ...\n`);
      cases.push(...(await runCases(registry, plan)));
    }
    return { cases, more: await more?.(registry) };
  } finally {
    await registry.close();
  }
}

async function loopTools(
  registry: BenchRegistry,
): Promise<readonly { readonly title: string; readonly result: ToolResult }[]> {
  const results = [];
  for (const tool of LOOP_TOOLS) results.push({ title: tool.title, result: await tool.run(registry) });
  return results;
}
