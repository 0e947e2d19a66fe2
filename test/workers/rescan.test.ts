import { describe, expect, test } from "vitest";
import { packFeedDocument, packageLookup, type FeedDocument } from "../../src/advisory/feed-document.ts";
import type { OsvRecord } from "../../src/advisory/osv.ts";
import type { Digest } from "../../src/image/digest.ts";
import { ASSESS, RESCAN } from "../../src/queues.ts";
import { noteCarrier } from "../../src/steps/carriers.ts";
import { rescan } from "../../workers/rescan.ts";
import { saveRecord } from "../fakes/look.ts";
import { BASE, type Bench, createBench, digest, MUSL, NOW, pin, queued, seen } from "./bench.ts";
import { judged } from "./facts.ts";

const OLD = digest("01d");
const NEXT = digest("4e3");
const ALONE = digest("a10e");
const key = (name: string) => ({ ecosystem: "Alpaquita:25", name });

const osv = (id: string, names: readonly string[], more: Partial<OsvRecord> = {}): FeedDocument => ({
  kind: "osv",
  record: {
    id,
    modified: "2026-11-20T00:00:00Z",
    affected: names.map((name) => ({ package: key(name) })),
    ...more,
  },
});

async function mirror({ store }: Pick<Bench, "store">, id: string, ...documents: readonly FeedDocument[]) {
  const writer = await store.writeFeed(id, "all", NOW);
  await writer.put(documents.map(packFeedDocument));
  const facts = { name: id, checkedAt: NOW, staleAfterMs: 1, faultCount: 0, faults: [], expected: [] };
  await writer.commit({ id, ...facts });
}

/** An image that moved from the old digest to the next, which both carry zlib; nobody uses the third, which carries it too. */
async function moved(): Promise<Bench> {
  const bench = createBench();
  await judged(bench, OLD);
  await judged(bench, NEXT);
  await pin(bench, [[MUSL, OLD]]);
  await seen(bench, MUSL, [OLD, NEXT]);
  const carries = (of: Digest, ...names: readonly string[]) =>
    noteCarrier({ repository: BASE, digest: of }, names.map(key), bench.store);
  await carries(OLD, "zlib", "curl");
  await carries(NEXT, "zlib");
  await carries(ALONE, "zlib");
  bench.take();
  return bench;
}

const run = (bench: Bench) => bench.run(rescan, RESCAN.schema.parse({}));
const JOB = queued(ASSESS, { repository: BASE, from: OLD, to: NEXT });

describe("a record that was published or changed", () => {
  test.each([
    { title: "about a package of both", names: ["zlib"], jobs: [JOB] },
    { title: "about a package of the old one alone", names: ["curl"], jobs: [JOB] },
    { title: "about a package of neither", names: ["expat"], jobs: [] },
    { title: "about several, once", names: ["zlib", "curl"], jobs: [JOB] },
  ])("$title has the pair assessed anew: $jobs.length", async ({ names, jobs }) => {
    const bench = await moved();
    await mirror(bench, "bellsoft", osv("B-1", names));
    await run(bench);
    expect(bench.take()).toEqual(jobs);
    expect(await bench.store.takeChanged(10)).toEqual([]);
  });

  test("about a vulnerability that another record says packages have", async () => {
    const bench = await moved();
    await mirror(bench, "bellsoft", osv("B-1", ["zlib"], { upstream: ["CVE-2026-1234"] }));
    await run(bench);
    bench.take();
    await mirror(bench, "kev", {
      kind: "signals",
      id: "CVE-2026-1234",
      entries: [["CVE-2026-1234", { kev: { addedAt: NOW, isRansomware: false } }]],
    });
    await run(bench);
    expect(bench.take()).toEqual([JOB]);
  });

  test("whose score alone changed has nothing assessed", async () => {
    const bench = await moved();
    await mirror(bench, "bellsoft", osv("B-1", ["zlib"], { upstream: ["CVE-2026-1234"] }));
    await run(bench);
    bench.take();
    const epss = { score: 0.5, percentile: 0.5 };
    await mirror(bench, "epss", { kind: "signals", id: "s", entries: [["CVE-2026-1234", { epss }]] });
    await run(bench);
    expect(bench.take()).toEqual([]);
  });

  test("and was taken back", async () => {
    const bench = await moved();
    await mirror(bench, "bellsoft", osv("B-1", ["zlib"]), osv("B-2", ["expat"]));
    await run(bench);
    bench.take();
    await mirror(bench, "bellsoft", osv("B-2", ["expat"]));
    await run(bench);
    expect(bench.take()).toEqual([JOB]);
  });

  test("about what code stays with has that assessed with itself", async () => {
    const bench = await moved();
    await saveRecord(
      bench.store,
      MUSL,
      { history: [{ digest: OLD, firstSeenAt: NOW, lastSeenAt: NOW }] },
      NOW,
    );
    await mirror(bench, "bellsoft", osv("B-1", ["zlib"]));
    await run(bench);
    expect(bench.take()).toEqual([queued(ASSESS, { repository: BASE, from: OLD, to: OLD })]);
  });
});

test("what nobody uses is forgotten, until it is assessed again", async () => {
  const bench = await moved();
  await mirror(bench, "bellsoft", osv("B-1", ["zlib"]));
  await run(bench);
  const carriers = await bench.store.carriersOf([packageLookup(key("zlib"))]);
  expect(carriers.map((image) => image.digest).toSorted()).toEqual([OLD, NEXT].toSorted());
});

test("many changes are dealt with in one run", async () => {
  const bench = await moved();
  const many = Array.from({ length: 2_500 }, (_, number) => osv(`B-${number}`, [`p${number}`]));
  await mirror(bench, "bellsoft", ...many, osv("C-1", ["zlib"]));
  await run(bench);
  expect(await bench.store.takeChanged(10)).toEqual([]);
  expect(bench.take().filter(({ queue }) => queue === ASSESS.name)).toContainEqual(JOB);
});
