import { describe, expect, test } from "vitest";
import { CodedError } from "../../src/errors.ts";
import { DISCOVER, VERIFY } from "../../src/queues.ts";
import { DAY_MS, HOUR_MS, later } from "../../src/time.ts";
import { discover } from "../../workers/discover.ts";
import {
  BASE,
  createBench,
  digest,
  dockerfile,
  GLIBC,
  MUSL,
  NOW,
  pin,
  queued,
  seen,
  SHOP,
  SHOP_MAIN,
} from "./bench.ts";

const OLD = digest("01d");
const POLL_BASE = { kind: "poll", repository: BASE } as const;

async function scanned(files: Readonly<Record<string, string>>) {
  const bench = createBench();
  bench.codeHost.create(SHOP, files);
  await bench.run(discover, { codeRepository: SHOP });
  return { bench, scan: await bench.store.scan(SHOP_MAIN) };
}

describe("what becomes of a place", () => {
  const pinned = `bellsoft/hardened-base:musl@${OLD}`;

  test.each([
    { title: "pinned by digest, claimed", from: pinned, state: { kind: "handled", digest: OLD } },
    {
      title: "claimed, a tag alone",
      from: "bellsoft/hardened-base:musl",
      state: { kind: "seen", reason: "not-pinned", line: MUSL, profile: "bellsoft" },
    },
    {
      title: "claimed, a digest alone",
      from: `bellsoft/hardened-base@${OLD}`,
      state: { kind: "seen", reason: "tag-unknown", profile: "bellsoft" },
    },
    {
      title: "pinned, nobody's",
      from: `redis:8@${OLD}`,
      state: { kind: "seen", reason: "no-profile" },
    },
    {
      title: "the vendor's, not hardened",
      from: `bellsoft/liberica:25@${OLD}`,
      state: { kind: "seen", reason: "no-profile" },
    },
    {
      title: "the vendor's name elsewhere",
      from: `evil.example/bellsoft/hardened-base:musl@${OLD}`,
      state: { kind: "seen", reason: "no-profile" },
    },
    {
      title: "a variable from outside",
      from: "$BASE",
      state: { kind: "seen", reason: "variable-unresolved" },
    },
    {
      title: "no reference",
      from: "Bad//Name",
      state: { kind: "seen", reason: "reference-invalid" },
    },
  ])("$title", async ({ from, state }) => {
    const { scan } = await scanned({ Dockerfile: `ARG BASE\nFROM ${from}\n` });
    expect(scan?.places).toHaveLength(1);
    expect(scan?.places[0]).toMatchObject({ path: "Dockerfile", line: 2, raw: from, state });
  });
});

test("only Dockerfiles are read, wherever they are", async () => {
  const text = dockerfile([MUSL, OLD]);
  const { scan } = await scanned({
    "README.md": text,
    "compose.yaml": text,
    "services/api/Dockerfile": text,
    "app.Dockerfile": text,
  });
  expect(scan?.places.map(({ path }) => path).toSorted()).toEqual([
    "app.Dockerfile",
    "services/api/Dockerfile",
  ]);
});

test("a file that cannot be read is kept as not read, the others are scanned", async () => {
  const bench = createBench();
  bench.codeHost.create(SHOP, { Dockerfile: dockerfile([MUSL, OLD]), "big.Dockerfile": "FROM x" });
  bench.codeHost.unreadable.set("big.Dockerfile", "larger than 1 MiB");
  await bench.run(discover, { codeRepository: SHOP });
  const scan = await bench.store.scan(SHOP_MAIN);
  expect(scan?.skipped).toEqual([{ path: "big.Dockerfile", reason: "larger than 1 MiB" }]);
  expect(scan?.places).toHaveLength(1);
});

test("a code repository without images is scanned all the same", async () => {
  const { bench, scan } = await scanned({ "README.md": "" });
  expect(scan).toMatchObject({ branch: "main", places: [], skipped: [], scannedAt: NOW });
  expect(bench.jobs).toEqual([]);
});

test("all clocks are looked at a moment later, once for a burst of scans", async () => {
  const { bench } = await scanned({ "README.md": "" });
  expect(bench.store.dueAt({ kind: "sla" })).toBe(later(NOW, 10_000));
  bench.clock.advance(4_000);
  await bench.run(discover, { codeRepository: SHOP });
  expect(bench.store.dueAt({ kind: "sla" })).toBe(later(NOW, 10_000));
});

test("the configured base branch is read, not the default one", async () => {
  const bench = createBench({ baseBranches: ["release"] });
  bench.codeHost.create(SHOP, { Dockerfile: "FROM scratch" });
  const commit = bench.codeHost.push(SHOP, "release", { Dockerfile: dockerfile([MUSL, OLD]) });
  await bench.run(discover, { codeRepository: SHOP });
  const release = { codeRepository: SHOP, branch: "release" };
  expect(await bench.store.scans()).toMatchObject([{ ...release, commit }]);
  expect((await bench.store.watch(MUSL)).subscribers).toEqual([release]);
});

describe("what is done about a watch", () => {
  test("a new one is polled now", async () => {
    const { bench } = await scanned({ Dockerfile: dockerfile([MUSL, OLD]) });
    expect(bench.store.dueAt(POLL_BASE)).toBe(NOW);
    expect(bench.jobs).toEqual([]);
  });

  test("a new one beside a known one brings the poll of their repository forward", async () => {
    const bench = createBench();
    await pin(bench, [[MUSL, OLD]]);
    await seen(bench, MUSL, [OLD]);
    await bench.store.schedule(POLL_BASE, later(NOW, HOUR_MS), "set");
    bench.codeHost.create(SHOP, { Dockerfile: dockerfile([MUSL, OLD], [GLIBC, OLD]) });
    await bench.run(discover, { codeRepository: SHOP });
    expect(bench.store.dueAt(POLL_BASE)).toBe(NOW);
  });

  test("a known one is verified again and stays on its own schedule", async () => {
    const current = digest("c0ffee");
    const bench = createBench();
    await pin(bench, [[MUSL, OLD]]);
    await seen(bench, MUSL, [OLD, current]);
    await bench.store.schedule(POLL_BASE, later(NOW, HOUR_MS), "set");
    bench.codeHost.create(SHOP, { Dockerfile: dockerfile([MUSL, OLD]) });
    await bench.run(discover, { codeRepository: SHOP });
    expect(bench.jobs).toEqual([queued(VERIFY, { image: { repository: BASE, digest: current } })]);
    expect(bench.store.dueAt(POLL_BASE)).toBe(later(NOW, HOUR_MS));
  });

  test("one that nobody names any more ends", async () => {
    const { bench } = await scanned({ Dockerfile: dockerfile([MUSL, OLD]) });
    bench.codeHost.push(SHOP, "main", { Dockerfile: dockerfile([GLIBC, OLD]) });
    await bench.run(discover, { codeRepository: SHOP });
    expect(await bench.store.linesOf(BASE)).toEqual([GLIBC]);
  });
});

test("the next sweep is set before anything can fail, and a failure leaves the last scan as it was", async () => {
  const { bench, scan } = await scanned({ Dockerfile: dockerfile([MUSL, OLD]) });
  bench.clock.advance(HOUR_MS);
  bench.codeHost.push(SHOP, "main", { Dockerfile: "FROM scratch" });
  bench.codeHost.fail("files", new CodedError("code-host-unavailable", "listing the files answered 502"));
  bench.take();
  await expect(bench.run(discover, { codeRepository: SHOP })).rejects.toMatchObject({
    code: "code-host-unavailable",
  });
  expect(bench.store.dueAt({ kind: "discover", codeRepository: SHOP })).toBe(later(NOW, DAY_MS + HOUR_MS));
  expect(await bench.store.scan(SHOP_MAIN)).toEqual(scan);
  expect(bench.jobs).toEqual([]);
});

test("run twice, the facts are the same", async () => {
  const { bench, scan } = await scanned({ Dockerfile: dockerfile([MUSL, OLD], [GLIBC, OLD]) });
  await bench.run(discover, { codeRepository: SHOP });
  expect(await bench.store.scan(SHOP_MAIN)).toEqual(scan);
  expect(await bench.store.watches()).toHaveLength(2);
  expect(bench.jobs.every(({ queue }) => queue !== DISCOVER.name)).toBe(true);
});
