import { mkdtemp, rm } from "node:fs/promises";
import { arch, cpus, release, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createOpenApiValidator } from "../../test/fakes/github/openapi-validator.ts";
import type { GitHubDouble } from "../../test/fakes/github/start-github-double.ts";
import { cosignMissing, generateKeyPair } from "../../test/tools/cosign.ts";
import { dockerRegistryMissing, startDockerRegistry } from "../../test/tools/docker-registry.ts";
import { redisMissing } from "../../test/tools/redis.ts";
import { type Aim, columnsOf, isMissed, renderAims, renderTable, rounded, say } from "../table.ts";
import { aimsAtDistance, aimsAtHome, aimsOfAll, aimsWithin } from "./aims.ts";
import { type CaseOptions, type Phase, runCase } from "./case.ts";
import { startFarRegistry } from "./far-registry.ts";
import { type Limits, minimumSeconds } from "./order.ts";
import { publishPool } from "./scene.ts";
import { totalOf } from "./usage.ts";

const USAGE = `npm run bench:propose                              10, 50 and 200 code repositories with 1 and 5 images each
npm run bench:propose -- --repositories 10,1000    others
npm run bench:propose -- --images 1 --files 3000   other files in each code repository; default 20
npm run bench:propose -- --limits 80/500           GitHub lets through so many pull requests a minute and an hour; half of the images can wait
npm run bench:propose -- --limits 20/150 --told 80/500   and we were told otherwise
npm run bench:propose -- --distance                GitHub takes 80 ms, and 300 ms for each write; the registry takes 40 ms
npm run bench:propose -- --strict                  exits with 1 when an aim is missed

One process of the product, with Debian's docker-registry, images that real cosign signs, and a double of GitHub. What the double and Redis take
is not counted, nor is starting.
`;
const DISTANCE = { requestMs: 80, writeMs: 300 };
const REGISTRY_DISTANCE_MS = 40;
/** More than is ever reached. */
const UNLIMITED: Limits = { perMinute: 1_000, perHour: 10_000 };

const { values } = parseArgs({
  options: {
    repositories: { type: "string", default: "10,50,200" },
    images: { type: "string", default: "1,5" },
    files: { type: "string", default: "20" },
    limits: { type: "string" },
    told: { type: "string" },
    distance: { type: "boolean", default: false },
    strict: { type: "boolean" },
    help: { type: "boolean" },
  },
});
if (values.help === true) say(USAGE);
else process.exitCode = await bench();

async function bench(): Promise<number> {
  const missing = cosignMissing() ?? dockerRegistryMissing() ?? redisMissing();
  if (missing !== undefined) throw new Error(`cannot run: ${missing}`);
  say(`${new Date().toISOString().slice(0, 10)}, ${cpus().length} x ${cpus()[0]?.model ?? ""} ${arch()}`);
  say(`Linux ${release()}, Node ${process.version}\n`);

  const directory = await mkdtemp(join(tmpdir(), "hk-bench-pool-"));
  const key = await generateKeyPair(directory, "vendor");
  const validator = createOpenApiValidator();
  const aims: Aim[] = [];
  try {
    for (const images of numbersIn(values.images)) {
      for (const repositories of numbersIn(values.repositories)) {
        const workload = { repositories, images, files: Number(values.files) };
        aims.push(...(await benchCase({ workload, key, validator })));
      }
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  if (aims.length > 0) say(renderAims(aims));
  return values.strict === true && aims.some(isMissed) ? 1 : 0;
}

async function benchCase(wish: Pick<CaseOptions, "workload" | "key" | "validator">): Promise<readonly Aim[]> {
  const { workload, key } = wish;
  const limits = values.limits === undefined ? undefined : limitsIn(values.limits);
  const told = values.told === undefined ? (limits ?? UNLIMITED) : limitsIn(values.told);
  const registry = await startDockerRegistry();
  const far = await startFarRegistry(registry.host);
  // What stands between costs time of its own, so only a distance is measured through it.
  const host = values.distance ? far.host : registry.host;
  const urgency = limits === undefined ? "same" : "mixed";
  try {
    const old = await publishPool({ host, key }, 1, urgency);
    const move = async () => {
      far.moveAway(0);
      const moved = await publishPool({ host, key }, 2, urgency);
      far.moveAway(REGISTRY_DISTANCE_MS);
      return moved;
    };
    far.moveAway(REGISTRY_DISTANCE_MS);
    const least = limits === undefined ? 0 : minimumSeconds(workload.repositories, limits);
    const phases = await runCase({
      ...wish,
      host,
      old,
      move,
      limits: `  limits: { perMinute: ${told.perMinute}, perHour: ${told.perHour} }\n`,
      prepare: (codeHost) => prepare(codeHost, limits),
      phaseMaxMs: 30 * 60_000 + least * 3_000,
    });
    const title = titleOf(workload.repositories, workload.images);
    say(renderPhases(title, phases));
    return aimsFor({ title, repositories: workload.repositories, phases }, limits);
  } finally {
    await far.close();
    await registry.close();
  }
}

function prepare(codeHost: GitHubDouble, limits: Limits | undefined): void {
  if (limits !== undefined) codeHost.limit({ content: limits });
  if (values.distance) codeHost.moveAway(DISTANCE);
}

function aimsFor(facts: Parameters<typeof aimsOfAll>[0], limits: Limits | undefined): readonly Aim[] {
  const { repositories } = facts;
  const isPlain = limits === undefined && !values.distance;
  return [
    ...aimsOfAll(facts),
    ...(limits === undefined ? [] : aimsWithin(facts, limits)),
    ...(values.distance && repositories === 10 ? aimsAtDistance(facts) : []),
    ...(isPlain && repositories === 200 ? aimsAtHome(facts) : []),
  ];
}

function titleOf(repositories: number, images: number): string {
  const limits = values.limits === undefined ? "" : `, limits ${values.limits}`;
  const told = values.told === undefined ? "" : ` (told ${values.told})`;
  const distance = values.distance ? ", at a distance" : "";
  return `${repositories} code repositories, ${images} of 20 images${limits}${told}${distance}`;
}

/** `80/500`: a minute, an hour. */
function limitsIn(text: string): Limits {
  const [, perMinute, perHour] = /^(\d{1,4})\/(\d{1,5})$/.exec(text) ?? [];
  if (perMinute === undefined || perHour === undefined) throw new Error(`not limits, as 80/500: ${text}`);
  return { perMinute: Number(perMinute), perHour: Number(perHour) };
}

function numbersIn(text: string): readonly number[] {
  return text.split(",").map(Number);
}

function renderPhases(title: string, phases: readonly Phase[]): string {
  const columns = columnsOf(
    title,
    "wall s",
    "CPU s",
    "peak MB",
    "registry",
    "GitHub",
    "pull requests",
    "right",
    "refused",
  );
  const rows = phases.map((phase) => [
    phase.title,
    rounded(phase.wallSeconds),
    rounded(phase.cpuSeconds),
    rounded(phase.peakMegabytes),
    String(totalOf(phase.requests, "registry")),
    String(totalOf(phase.requests, "code-host")),
    String(phase.pulls),
    String(phase.rightPulls),
    String(phase.refusals),
  ]);
  const kinds = phases.map(
    ({ title: phase, requests }) =>
      `${phase}: ${[...requests].map(([name, count]) => `${count} ${name}`).join(", ")}`,
  );
  return `${renderTable(columns, rows)}\n\n${kinds.join("\n")}\n`;
}
