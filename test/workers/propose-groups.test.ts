import { describe, expect, test } from "vitest";
import { PROPOSE } from "../../src/queues.ts";
import { DEFAULT_POLICIES, type Policies } from "../../src/vendor/policies.ts";
import type { Grouping } from "../../src/vendor/pull-rules.ts";
import { assess } from "../../workers/assess.ts";
import { discover } from "../../workers/discover.ts";
import { propose } from "../../workers/propose.ts";
import { BASE, type Bench, createBench, dockerfile, GLIBC, KEY, MUSL, SHOP } from "./bench.ts";
import { NEXT, OLD, ready } from "./propose-bench.ts";

const grouped = (group: Grouping): Policies => ({
  ...DEFAULT_POLICIES,
  otherwise: {
    ...DEFAULT_POLICIES.otherwise,
    pulls: { ...DEFAULT_POLICIES.otherwise.pulls, group },
  },
});

/** The same two lines in two directories, all ready to move. */
async function benchOf(group: Grouping): Promise<Bench> {
  const bench = createBench({ policies: grouped(group) });
  const text = dockerfile([MUSL, OLD], [GLIBC, OLD]);
  bench.codeHost.create(SHOP, { "a/Dockerfile": text, "b/Dockerfile": text });
  await bench.run(discover, { codeRepository: SHOP });
  for (const line of [MUSL, GLIBC]) await ready(bench, line, OLD, NEXT);
  bench.take();
  return bench;
}

/** What assess hands on, by group. */
async function handedOn(bench: Bench): Promise<readonly string[]> {
  await bench.run(assess, { repository: BASE, from: OLD, to: NEXT });
  return bench
    .take()
    .filter(({ queue }) => queue === PROPOSE.name)
    .map(({ job }) => PROPOSE.schema.parse(job).group);
}

const moved = dockerfile([MUSL, NEXT], [GLIBC, NEXT]);
const unmoved = dockerfile([MUSL, OLD], [GLIBC, OLD]);

describe("one pull request for", () => {
  test.each([
    { title: "the vendor", grouping: "vendor", groups: ["bellsoft"] },
    {
      title: "each line",
      grouping: "line",
      groups: ["line:docker.io/bellsoft/hardened-base:glibc", "line:docker.io/bellsoft/hardened-base:musl"],
    },
    { title: "each directory", grouping: "directory", groups: ["dir:a", "dir:b"] },
    { title: "everything", grouping: "all", groups: ["_all"] },
  ] as const)("$title", async ({ grouping, groups }) => {
    const bench = await benchOf(grouping);
    expect([...new Set(await handedOn(bench))].toSorted()).toEqual(groups);
    for (const group of groups) await bench.run(propose, { ...KEY, group });
    expect(bench.codeHost.pulls(SHOP)).toHaveLength(groups.length);
    const branches = new Set(bench.codeHost.pulls(SHOP).map(({ head }) => head));
    expect(branches.size).toBe(groups.length);
  });

  test("a directory: all of it, and nothing of the other one", async () => {
    const bench = await benchOf("directory");
    for (const group of ["dir:a", "dir:b"]) await bench.run(propose, { ...KEY, group });
    const [a, b] = bench.codeHost.pulls(SHOP).map(({ head }) => bench.codeHost.read(SHOP, head));
    expect(a).toMatchObject({ "a/Dockerfile": moved, "b/Dockerfile": unmoved });
    expect(b).toMatchObject({ "a/Dockerfile": unmoved, "b/Dockerfile": moved });
  });

  test("a line: in every file, and no other line", async () => {
    const bench = await benchOf("line");
    await bench.run(propose, { ...KEY, group: "line:docker.io/bellsoft/hardened-base:musl" });
    const text = dockerfile([MUSL, NEXT], [GLIBC, OLD]);
    const [files] = bench.codeHost.pulls(SHOP).map(({ head }) => bench.codeHost.read(SHOP, head));
    expect(files).toMatchObject({ "a/Dockerfile": text, "b/Dockerfile": text });
  });
});

describe("nothing for", () => {
  test.each([
    { title: "a directory without an image", grouping: "directory", group: "dir:c" },
    { title: "a vendor where directories are asked for", grouping: "directory", group: "bellsoft" },
    { title: "a directory where vendors are", grouping: "vendor", group: "dir:a" },
    { title: "a line that nobody names", grouping: "line", group: "line:docker.io/bellsoft/hardened-base:x" },
  ] as const)("$title", async ({ grouping, group }) => {
    const bench = await benchOf(grouping);
    await bench.run(propose, { ...KEY, group });
    expect(bench.codeHost.pulls(SHOP)).toEqual([]);
  });
});

describe("another grouping", () => {
  test("leaves the old pull request open until all new ones are there", async () => {
    const bench = await regrouped();
    await bench.run(propose, KEY);
    await bench.run(propose, { ...KEY, group: "dir:a" });
    await bench.run(propose, KEY);
    expect(bench.codeHost.pulls(SHOP).map(({ state }) => state)).toEqual(["open", "open"]);
    expect(bench.codeHost.talk(SHOP, 1)).toEqual([]);
    expect(bench.jobs.map(({ job }) => job)).toContainEqual({ ...KEY, group: "dir:b" });
  });

  test("leaves it open where one of the new ones has ended: nothing has taken over", async () => {
    const bench = await regrouped();
    for (const group of ["dir:a", "dir:b"]) await bench.run(propose, { ...KEY, group });
    bench.codeHost.close(SHOP, 2, bench.clock.at);
    bench.clock.advance(600_000);
    await bench.run(propose, { ...KEY, group: "dir:a" });
    await bench.run(propose, KEY);
    expect(bench.codeHost.pulls(SHOP).map(({ state }) => state)).toEqual(["open", "closed", "open"]);
  });

  test("closes it then, with a word, and declines nothing", async () => {
    const bench = await regrouped();
    for (const group of ["dir:a", "dir:b"]) await bench.run(propose, { ...KEY, group });
    await bench.run(propose, KEY);
    await bench.run(propose, KEY);
    expect(bench.codeHost.pulls(SHOP).map(({ state }) => state)).toEqual(["closed", "open", "open"]);
    expect(bench.codeHost.talk(SHOP, 1).map(({ body }) => body)).toEqual([
      "Superseded by #2, #3: pull requests are grouped in another way now.",
    ]);
    expect(await bench.store.declined(KEY)).toEqual([]);
    expect(await bench.messages("superseded")).toHaveLength(1);
  });
});

async function regrouped(): Promise<Bench> {
  const before = await benchOf("vendor");
  await before.run(propose, KEY);
  const settings = { ...before.context.settings, policies: grouped("directory") };
  const run: Bench["run"] = (worker, job) =>
    worker.handle(job, { ...before.context, settings }, AbortSignal.timeout(10_000));
  before.take();
  before.clock.advance(600_000);
  return Object.assign(Object.create(before), { run });
}
