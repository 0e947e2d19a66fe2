import { mkdtemp, rm } from "node:fs/promises";
import { arch, cpus, release, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createOpenApiValidator } from "../../test/fakes/github/openapi-validator.ts";
import { cosignMissing, generateKeyPair } from "../../test/tools/cosign.ts";
import { dockerRegistryMissing, startDockerRegistry } from "../../test/tools/docker-registry.ts";
import { redisMissing } from "../../test/tools/redis.ts";
import { type Aim, columnsOf, isMissed, renderAims, renderTable, rounded, say } from "../table.ts";
import { type Phase, runCase } from "./case.ts";
import { publishPool } from "./scene.ts";
import { totalOf } from "./usage.ts";

const USAGE = `npm run bench:propose                              10, 50 and 200 code repositories with 1 and 5 images each
npm run bench:propose -- --repositories 10,1000    others
npm run bench:propose -- --images 1 --files 3000   other files in each code repository; default 20
npm run bench:propose -- --strict                  exits with 1 when an aim is missed

One process of the product, with Debian's docker-registry, images that real cosign signs, and a double of GitHub. What the double and Redis take
is not counted, nor is starting.
`;
/** What Renovate took for 200 code repositories, in seconds of processor time: docs/benchmarks.md. */
const RENOVATE = { noChange: 37.2, moved: 77.4 };

const { values } = parseArgs({
  options: {
    repositories: { type: "string", default: "10,50,200" },
    images: { type: "string", default: "1,5" },
    files: { type: "string", default: "20" },
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
        const registry = await startDockerRegistry();
        try {
          const { host } = registry;
          const old = await publishPool(host, key, 1);
          const move = async () => publishPool(host, key, 2);
          const phases = await runCase({ workload, host, key, old, validator, move });
          say(renderPhases(`${repositories} code repositories, ${images} of 20 images`, phases));
          if (repositories === 200) aims.push(...aimsOf(images, phases, repositories));
        } finally {
          await registry.close();
        }
      }
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  if (aims.length > 0) say(renderAims(aims));
  return values.strict === true && aims.some(isMissed) ? 1 : 0;
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
  ]);
  const kinds = phases.map(
    ({ title: phase, requests }) =>
      `${phase}: ${[...requests].map(([name, count]) => `${count} ${name}`).join(", ")}`,
  );
  return `${renderTable(columns, rows)}\n\n${kinds.join("\n")}\n`;
}

function aimsOf(images: number, phases: readonly Phase[], repositories: number): readonly Aim[] {
  const [, still, moved, open] = phases;
  if (still === undefined || moved === undefined || open === undefined) return [];
  const titled = (title: string): string => `${images} of 20 images: ${title}`;
  return [
    {
      title: titled("no change, registry"),
      measured: totalOf(still.requests, "registry"),
      most: 20,
      unit: "requests",
    },
    {
      title: titled("no change, GitHub"),
      measured: totalOf(still.requests, "code-host"),
      most: 0,
      unit: "requests",
    },
    { title: titled("no change, CPU"), measured: still.cpuSeconds, most: RENOVATE.noChange / 100, unit: "s" },
    { title: titled("pull requests missing"), measured: repositories - moved.rightPulls, most: 0, unit: "" },
    { title: titled("pull requests too many"), measured: moved.pulls - repositories, most: 0, unit: "" },
    {
      title: titled("moved, GitHub per pull request"),
      measured: totalOf(moved.requests, "code-host") / repositories,
      most: 5,
      unit: "requests",
    },
    { title: titled("moved, CPU"), measured: moved.cpuSeconds, most: RENOVATE.moved / 20, unit: "s" },
    { title: titled("moved, wall"), measured: moved.wallSeconds, most: 10, unit: "s" },
    {
      title: titled("open, GitHub"),
      measured: totalOf(open.requests, "code-host"),
      most: 0,
      unit: "requests",
    },
    { title: titled("memory"), measured: open.peakMegabytes, most: 200, unit: "MB" },
  ];
}
