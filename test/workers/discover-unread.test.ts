import { describe, expect, test } from "vitest";
import { later } from "../../src/time.ts";
import { discover } from "../../workers/discover.ts";
import { later as grownOld, pinPull, unpinned } from "./first-pins-bench.ts";
import { type Bench, createBench, digest, dockerfile, GLIBC, MUSL, SHOP, SHOP_MAIN } from "./bench.ts";

/** A code repository whose files the host cannot list. */

const OLD = digest("01d");
const FILES = { Dockerfile: dockerfile([MUSL, OLD]) };
const REASON = "listing its files takes more than 200 requests";

async function look(bench: Bench) {
  bench.clock.advance(bench.context.settings.discoverMs);
  await bench.run(discover, { codeRepository: SHOP });
  bench.take();
  return bench.store.scan(SHOP_MAIN);
}

/** Read, then pushed to and too large. */
async function grown() {
  const bench = createBench();
  bench.codeHost.create(SHOP, FILES);
  const before = await look(bench);
  const commit = bench.codeHost.push(SHOP, "main", { "app/Dockerfile": dockerfile([GLIBC, OLD]) });
  bench.codeHost.answers.unlisted = REASON;
  return { bench, before, commit };
}

test("a pull request is not done because nothing could be read", async () => {
  const { bench } = await unpinned();
  const scan = await bench.store.scan(SHOP_MAIN);
  if (scan === undefined) throw new Error("not scanned");
  const unread = { commit: "c", reason: REASON, at: bench.clock.at };
  await bench.store.saveScan({ ...scan, places: [], unread });
  await grownOld(bench);
  expect(pinPull(bench)).toMatchObject({ state: "open" });
  await bench.store.saveScan({ ...scan, places: [] });
  await grownOld(bench);
  expect(pinPull(bench)).toMatchObject({ state: "closed" });
});

describe("what was known before", () => {
  test("holds, with the reason beside it", async () => {
    const { bench, before, commit } = await grown();
    const after = await look(bench);
    expect(after).toEqual({ ...before, unread: { commit, reason: REASON, at: bench.clock.at } });
    expect(await bench.store.linesOf(MUSL.repository)).toEqual([MUSL]);
  });

  test("is told to hold once, however often it is looked at, in the ordinary rhythm", async () => {
    const { bench } = await grown();
    for (const _ of ["once", "twice"]) await look(bench);
    expect(await bench.messages("repository-unread")).toEqual([
      `main cannot be read: ${REASON}. What was known before holds`,
    ]);
    const due = bench.store.dueAt({ kind: "discover", codeRepository: SHOP });
    expect(due).toBe(later(bench.clock.at, bench.context.settings.discoverMs));
  });

  test("gives way to what is there as soon as that can be read", async () => {
    const { bench, commit } = await grown();
    await look(bench);
    bench.codeHost.answers.unlisted = undefined;
    const after = await look(bench);
    expect(after).not.toHaveProperty("unread");
    expect(after).toMatchObject({ commit, places: [{ path: "Dockerfile" }, { path: "app/Dockerfile" }] });
  });

  test("is what is there where the branch went back to it", async () => {
    const { bench, before } = await grown();
    await look(bench);
    bench.codeHost.branchAt(SHOP, "main", before?.commit ?? "");
    const after = await look(bench);
    expect(after).toEqual({ ...before, scannedAt: bench.clock.at });
  });

  test("was nothing: the row is there, and the same commit is tried again", async () => {
    const bench = createBench();
    bench.codeHost.create(SHOP, FILES);
    bench.codeHost.answers.unlisted = REASON;
    expect(await look(bench)).toMatchObject({ places: [], unread: { reason: REASON } });
    bench.codeHost.answers.unlisted = undefined;
    expect(await look(bench)).toMatchObject({ places: [{ path: "Dockerfile" }] });
  });
});
