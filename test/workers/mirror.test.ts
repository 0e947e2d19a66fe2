import { describe, expect, test } from "vitest";
import { packageLookup } from "../../src/advisory/feed-document.ts";
import type { OsvRecord } from "../../src/advisory/osv.ts";
import { CodedError } from "../../src/errors.ts";
import type { FeedItem, FeedReading, FeedSource } from "../../src/ports/feed-sources.ts";
import { ASSESS, MIRROR, RESCAN } from "../../src/queues.ts";
import { HOUR_MS, later } from "../../src/time.ts";
import { mirror } from "../../workers/mirror.ts";
import { emptyDelta } from "../fixtures/deltas.ts";
import { BASE, type Bench, createBench, digest, MUSL, NOW, pin, queued, seen } from "./bench.ts";

const ZLIB = { ecosystem: "Debian:13", name: "zlib" };

const document = (id: string, more: Partial<OsvRecord> = {}): FeedItem => ({
  kind: "document",
  document: {
    kind: "osv",
    record: { id, modified: "2026-11-20T00:00:00Z", affected: [{ package: ZLIB }], ...more },
  },
});

async function* itemsOf(items: readonly FeedItem[]): AsyncGenerator<FeedItem> {
  yield* items;
}

const all = (validator: string, ...items: readonly FeedItem[]): FeedReading => ({
  kind: "content",
  scope: "all",
  items: itemsOf(items),
  validator: () => validator,
});

/** A bench with one feed that answers with these, one after the other. */
function benchOf(...answers: readonly (FeedReading | CodedError)[]) {
  const asked: (string | undefined)[] = [];
  const left = [...answers];
  const source: FeedSource = {
    id: "debian",
    name: "Debian's advisories",
    everyMs: HOUR_MS,
    staleAfterMs: 2 * HOUR_MS,
    ecosystems: ["Debian"],
    licenceNote: "public",
    async read(validator) {
      asked.push(validator);
      const next = left.shift();
      if (next === undefined || next instanceof CodedError) throw next ?? new Error("nothing left");
      return next;
    },
    async look() {},
  };
  const bench = createBench({ feeds: [source] });
  const run = () => bench.run(mirror, { feed: "debian" });
  return { ...bench, asked, run, feed: async () => (await bench.store.feeds())[0] };
}

const OLD = digest("01d");
const NEXT = digest("4e3");
const JOB = queued(ASSESS, { repository: BASE, from: OLD, to: NEXT });

/** Code pins the old digest, and the tag has moved on. */
async function pinned(bench: Bench): Promise<void> {
  await pin(bench, [[MUSL, OLD]]);
  await seen(bench, MUSL, [OLD, NEXT]);
}

const failed = () => new CodedError("advisories-unavailable", "answered 503");

describe("a feed that is read", () => {
  test("is stored, its changes are noted, and it is due again", async () => {
    const bench = benchOf(
      all("v1", document("D-1"), { kind: "fault", fault: { place: "x.json", reason: "y".repeat(999) } }),
    );
    await bench.run();
    expect(await bench.feed()).toMatchObject({
      id: "debian",
      name: "Debian's advisories",
      checkedAt: NOW,
      staleAfterMs: 2 * HOUR_MS,
      licenceNote: "public",
      recordCount: 1,
      validator: "v1",
      faultCount: 1,
      faults: [{ place: "x.json", reason: "y".repeat(200) }],
    });
    expect(bench.take()).toEqual([queued(RESCAN, {})]);
    expect(bench.store.dueAt({ kind: "mirror", feed: "debian" })).toBe(NOW + HOUR_MS);
    expect(await bench.store.takeChanged(10)).toContain(packageLookup(ZLIB));
    expect(bench.warnings).toHaveLength(1);
  });

  test("and has what it had is only made sure of", async () => {
    const bench = benchOf(all("v1", document("D-1")), { kind: "unchanged" }, all("v2", document("D-1")));
    await bench.run();
    bench.take();
    bench.clock.advance(HOUR_MS);
    await bench.run();
    expect(await bench.feed()).toMatchObject({ checkedAt: NOW + HOUR_MS, changedAt: NOW, validator: "v1" });
    await bench.run();
    expect(await bench.feed()).toMatchObject({ changedAt: NOW, validator: "v2" });
    expect(bench.asked).toEqual([undefined, "v1", "v1"]);
    const named = await bench.store.takeChanged(10);
    await bench.store.doneChanged(named);
    expect(await bench.store.takeChanged(10)).toEqual([]);
  });

  test("in part keeps the rest, but for what is gone", async () => {
    const bench = benchOf(all("v1", document("D-1"), document("D-2"), document("D-3")), {
      kind: "content",
      scope: "some",
      items: itemsOf([document("D-2", { withdrawn: "2026-11-21T00:00:00Z" }), { kind: "gone", id: "D-3" }]),
      validator: () => "v2",
    });
    await bench.run();
    await bench.run();
    const { documents } = await bench.store.lookUp([packageLookup(ZLIB)]);
    expect(documents).toHaveLength(2);
    expect(await bench.feed()).toMatchObject({ recordCount: 1, documentCount: 2, validator: "v2" });
  });

  test("of more than one batch is stored as a whole", async () => {
    const many = Array.from({ length: 1_203 }, (_, number) => document(`D-${number}`));
    const bench = benchOf(all("v1", ...many));
    await bench.run();
    expect(await bench.feed()).toMatchObject({ documentCount: 1_203 });
  });
});

describe("a feed that cannot be read", () => {
  test("keeps what it had, says why and since when, and is told once a day", async () => {
    const bench = benchOf(all("v1", document("D-1")), failed(), failed(), { kind: "unchanged" });
    await bench.run();
    bench.clock.advance(HOUR_MS);
    await expect(bench.run()).rejects.toMatchObject({ code: "advisories-unavailable" });
    bench.clock.advance(1_000);
    await expect(bench.run()).rejects.toMatchObject({ code: "advisories-unavailable" });
    expect(await bench.feed()).toMatchObject({
      checkedAt: NOW,
      recordCount: 1,
      failure: { code: "advisories-unavailable", message: "answered 503", since: NOW + HOUR_MS },
    });
    expect(await bench.told()).toEqual(["feed-failed debian"]);
    await bench.run();
    expect((await bench.feed())?.failure).toBeUndefined();
  });

  test("for too long is stale, and told once", async () => {
    const bench = benchOf(all("v1", document("D-1")), failed(), failed());
    await bench.run();
    bench.clock.advance(2 * HOUR_MS + 1);
    await expect(bench.run()).rejects.toThrow("answered 503");
    await expect(bench.run()).rejects.toThrow("answered 503");
    expect(await bench.told()).toEqual(["feed-failed debian", "feed-stale debian"]);
    expect(await bench.messages("feed-stale")).toEqual([
      "Debian's advisories was last read 2 h ago: what it speaks of is not assessed any more",
    ]);
  });

  test("and is read again has assessed what was not, though it says what it said", async () => {
    const bench = benchOf(all("v1", document("D-1")), { kind: "unchanged" }, { kind: "unchanged" });
    await pinned(bench);
    await bench.run();
    bench.take();
    bench.clock.advance(HOUR_MS);
    await bench.run();
    expect(bench.take()).toEqual([queued(RESCAN, {})]);
    bench.clock.advance(2 * HOUR_MS + 1);
    await bench.run();
    expect(bench.take()).toEqual([queued(RESCAN, {}), JOB]);
  });

  test("and is read again leaves alone what was assessed", async () => {
    const bench = benchOf(all("v1", document("D-1")), { kind: "unchanged" });
    await pinned(bench);
    await bench.run();
    bench.take();
    await bench.store.saveAssessment(BASE, OLD, NEXT, {
      class: "content",
      components: { kind: "not-compared", quality: "new-missing", reason: "no SBOM" },
      vulnerabilities: { kind: "assessed", delta: emptyDelta() },
      assessedAt: NOW,
    });
    bench.clock.advance(2 * HOUR_MS + 1);
    await bench.run();
    expect(bench.take()).toEqual([queued(RESCAN, {})]);
  });

  test("and never was, and now is, has assessed what it has no record about", async () => {
    const bench = benchOf(failed(), all("v1", document("D-1")));
    await pinned(bench);
    await expect(bench.run()).rejects.toThrow("answered 503");
    await bench.run();
    expect(bench.take()).toEqual([queued(RESCAN, {}), JOB]);
  });

  test("and never was is shown as one that proves nothing", async () => {
    const bench = benchOf(failed());
    await expect(bench.run()).rejects.toThrow("answered 503");
    expect(await bench.feed()).toMatchObject({
      checkedAt: 0,
      ecosystems: ["Debian"],
      recordCount: 0,
      failure: { since: NOW },
    });
    expect(await bench.told()).toEqual(["feed-failed debian", "feed-stale debian"]);
  });

  test("because it holds nothing at all is never taken for one without vulnerabilities", async () => {
    const fault: FeedItem = { kind: "fault", fault: { place: "a.json", reason: "not JSON" } };
    const bench = benchOf(all("v1", document("D-1")), all("v2", fault), all("v3"));
    await bench.run();
    await expect(bench.run()).rejects.toThrow('has no record at all: 1 faults, the first in "a.json"');
    await expect(bench.run()).rejects.toMatchObject({ code: "advisories-unavailable" });
    expect(await bench.feed()).toMatchObject({ recordCount: 1, validator: "v1" });
  });

  test("to its end changes nothing", async () => {
    async function* breaking(): AsyncGenerator<FeedItem> {
      yield document("D-9");
      throw failed();
    }
    const broken: FeedReading = {
      kind: "content",
      scope: "all",
      items: breaking(),
      validator: () => "v2",
    };
    const bench = benchOf(all("v1", document("D-1")), broken);
    await bench.run();
    await expect(bench.run()).rejects.toThrow("answered 503");
    expect(await bench.feed()).toMatchObject({ recordCount: 1, validator: "v1" });
    expect((await bench.store.lookUp([packageLookup(ZLIB)])).documents).toHaveLength(1);
  });
});

test("a feed that is brought by hand stays as old as it is", async () => {
  const bench = benchOf({ kind: "kept" }, all("v1", document("D-1")), { kind: "kept" });
  await expect(bench.run()).rejects.toThrow("was never imported");
  await bench.run();
  bench.clock.advance(HOUR_MS);
  await bench.run();
  expect(await bench.feed()).toMatchObject({ checkedAt: NOW, recordCount: 1 });
});

test("a feed that is configured no more is forgotten", async () => {
  const bench = benchOf(all("v1", document("D-1")));
  await bench.run();
  const other = createBench({ store: bench.store });
  await other.store.schedule({ kind: "mirror", feed: "debian" }, later(NOW, 1), "set");
  await other.run(mirror, MIRROR.schema.parse({ feed: "debian" }));
  expect(await other.store.feeds()).toEqual([]);
  expect(other.store.dueAt({ kind: "mirror", feed: "debian" })).toBeUndefined();
  expect(other.take()).toEqual([queued(RESCAN, {})]);
});
