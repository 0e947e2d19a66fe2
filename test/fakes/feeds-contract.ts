import { beforeEach, describe, expect, it } from "vitest";
import {
  type FeedDocument,
  packageLookup,
  packFeedDocument,
  scoreLookup,
  vulnerabilityLookup,
} from "../../src/advisory/feed-document.ts";
import { parseDigest } from "../../src/image/digest.ts";
import { type ImageId, parseRepository } from "../../src/image/reference.ts";
import { FEED_BATCH_MAX, type FeedFacts, type FeedStore } from "../../src/ports/feeds.ts";
import { instantOf, later } from "../../src/time.ts";

const T0 = instantOf(Date.UTC(2026, 10, 24, 12));
const ECOSYSTEM = "Alpaquita:25";
const pkg = (name: string): string => packageLookup({ ecosystem: ECOSYSTEM, name });
const facts = (more: Partial<FeedFacts> = {}): FeedFacts => ({
  id: "bellsoft",
  name: "BellSoft",
  checkedAt: T0,
  staleAfterMs: 1_000,
  faultCount: 0,
  faults: [],
  expected: [],
  ...more,
});
const record = (id: string, names: readonly string[], more: object = {}): FeedDocument => ({
  kind: "osv",
  record: {
    id,
    modified: "2026-11-20T00:00:00Z",
    affected: names.map((name) => ({ package: { ecosystem: ECOSYSTEM, name } })),
    ...more,
  },
});
const image = (hex: string): ImageId => ({
  repository: parseRepository("127.0.0.1:5000/acme/base"),
  digest: parseDigest(`sha256:${hex.repeat(64)}`),
});

interface Mirrored {
  readonly scope?: "all" | "some";
  readonly gone?: readonly string[];
  readonly facts?: Partial<FeedFacts>;
}

async function mirror(
  store: FeedStore,
  documents: readonly FeedDocument[],
  { scope = "all", gone = [], facts: more = {} }: Mirrored = {},
) {
  const writer = await store.writeFeed(more.id ?? "bellsoft", scope, T0);
  const packed = documents.map(packFeedDocument);
  for (let start = 0; start < packed.length; start += FEED_BATCH_MAX) {
    await writer.put(packed.slice(start, start + FEED_BATCH_MAX));
  }
  await writer.remove(gone);
  return writer.commit(facts(more));
}

async function idsUnder(store: FeedStore, ...names: readonly string[]): Promise<readonly string[]> {
  const { documents } = await store.lookUp(names);
  return documents
    .map(({ document }) => (document.kind === "osv" ? document.record.id : document.id))
    .toSorted();
}

async function changesOf(store: FeedStore): Promise<readonly string[]> {
  const changes = await store.takeChanged(1_000_000);
  await store.doneChanged(changes);
  return changes;
}

/** What every store does with mirrored feeds. @param open makes an empty store */
export function describeFeeds(name: string, open: () => Promise<FeedStore>): void {
  describe(`${name}: mirrored feeds`, () => {
    let store: FeedStore;
    beforeEach(async () => {
      store = await open();
    });

    it("are none at first", async () => {
      expect(await store.feeds()).toEqual([]);
      expect((await store.lookUp([pkg("zlib")])).documents).toEqual([]);
      expect(await store.takeChanged(10)).toEqual([]);
      expect(await store.carriersOf([pkg("zlib")])).toEqual([]);
      await store.dropFeed("bellsoft");
      await store.dropCarriers([image("a")]);
      await store.doneChanged(["v1"]);
    });

    it("are found by package and by vulnerability, each document once", async () => {
      const { record: stored, changed } = await mirror(store, [
        record("A-1", ["zlib", "expat"], { upstream: ["CVE-2026-1"] }),
        record("A-2", ["zlib"], { withdrawn: "2026-11-20T00:00:00Z" }),
      ]);
      expect(changed).toBe(2);
      expect(stored).toMatchObject({
        id: "bellsoft",
        asOf: Date.parse("2026-11-20T00:00:00Z"),
        recordCount: 1,
        documentCount: 2,
        ecosystems: ["Alpaquita", "Alpaquita:25"],
        changedAt: T0,
      });
      expect(await store.feeds()).toEqual([stored]);
      expect(await idsUnder(store, pkg("zlib"), pkg("expat"))).toEqual(["A-1", "A-2"]);
      expect(await idsUnder(store, vulnerabilityLookup("CVE-2026-1"))).toEqual(["A-1"]);
      expect(await idsUnder(store, pkg("nothing"), "v__proto__", "pconstructor")).toEqual([]);
    });

    it("keep what a record says", async () => {
      const full = record("A-1", ["zlib"], {
        severity: [{ type: "CVSS_V3", score: "CVSS:3.1/AV:N" }],
        aliases: ["CVE-2026-1"],
      });
      await mirror(store, [full]);
      expect((await store.lookUp([pkg("zlib")])).documents).toEqual([{ feed: "bellsoft", document: full }]);
    });

    it("keep statements and signals", async () => {
      const statement: FeedDocument = {
        kind: "vex",
        id: "dhi/base",
        statements: [
          {
            vulnerabilities: ["CVE-2026-1"],
            status: "not_affected",
            justification: "vulnerable_code_not_present",
            at: T0,
            author: "Docker",
            products: [{ purl: "pkg:docker/dhi/base", digests: [], subcomponents: [] }],
            from: "feed",
          },
        ],
      };
      const kev: FeedDocument = {
        kind: "signals",
        id: "CVE-2026-1",
        entries: [["CVE-2026-1", { kev: { addedAt: T0, isRansomware: true } }]],
      };
      const epss: FeedDocument = {
        kind: "signals",
        id: "2026-123",
        entries: [["CVE-2026-12345", { epss: { score: 0.5, percentile: 0.9 } }]],
      };
      await mirror(store, [statement, kev, epss]);
      const found = await store.lookUp([
        vulnerabilityLookup("CVE-2026-1"),
        scoreLookup("CVE-2026-12399") ?? "",
      ]);
      expect(found.documents.map(({ document }) => document)).toEqual(
        expect.arrayContaining([statement, kev, epss]),
      );
      expect(await changesOf(store)).toEqual([vulnerabilityLookup("CVE-2026-1")]);
    });

    it("have one name for one state, whatever way they came to it", async () => {
      const [a, b, c] = [record("A", ["a"]), record("B", ["b"]), record("C", ["c"])];
      const first = await mirror(store, [a, b, c]);
      await mirror(store, [record("A", ["other"]), c]);
      const again = await mirror(store, [c, b, a]);
      expect(again.record.snapshot).toBe(first.record.snapshot);
      expect(again.record.bytes).toBe(first.record.bytes);
      const other = await mirror(store, [a, b], { facts: { id: "other" } });
      await mirror(store, [], { scope: "some", gone: ["C"] });
      expect((await store.feeds())[0]?.snapshot).toBe(other.record.snapshot);
    });

    it("lose what is there no more, and say which packages that is about", async () => {
      await mirror(store, [record("A-1", ["zlib"]), record("A-2", ["expat"]), record("A-3", ["curl"])]);
      await changesOf(store);
      const { changed } = await mirror(store, [record("A-1", ["zlib"]), record("A-3", ["curl", "curl-dev"])]);
      expect(changed).toBe(2);
      expect(await idsUnder(store, pkg("zlib"), pkg("expat"), pkg("curl-dev"))).toEqual(["A-1", "A-3"]);
      expect(await changesOf(store)).toEqual(
        [pkg("curl"), pkg("curl-dev"), pkg("expat"), "vA-2", "vA-3"].toSorted(),
      );
    });

    it("keep the rest when only some of it is told", async () => {
      await mirror(store, [record("A-1", ["zlib"]), record("A-2", ["expat"])]);
      const { record: stored } = await mirror(
        store,
        [record("A-1", ["curl"], { modified: "2026-11-21T00:00:00Z" })],
        { scope: "some" },
      );
      expect(stored.asOf).toBe(Date.parse("2026-11-21T00:00:00Z"));
      expect(await idsUnder(store, pkg("zlib"))).toEqual([]);
      expect(await idsUnder(store, pkg("curl"), pkg("expat"))).toEqual(["A-1", "A-2"]);
    });

    it("change nothing where nothing is new", async () => {
      const documents = [record("A-1", ["zlib"])];
      await mirror(store, documents);
      await changesOf(store);
      const before = await store.lookUp([]);
      const { record: stored, changed } = await mirror(store, documents, {
        facts: { checkedAt: later(T0, 5), faultCount: 1, faults: [{ place: "x", reason: "y" }] },
      });
      expect(changed).toBe(0);
      expect(stored).toMatchObject({ checkedAt: T0 + 5, changedAt: T0, faultCount: 1 });
      expect((await store.lookUp([])).snapshot).toBe(before.snapshot);
      expect(await changesOf(store)).toEqual([]);
    });

    it("count the newer of two documents with one id, whichever comes first", async () => {
      const old = record("A-1", ["zlib"], { modified: "2026-11-01T00:00:00Z" });
      const newer = record("A-1", ["curl"]);
      await mirror(store, [old, newer]);
      expect(await idsUnder(store, pkg("zlib"))).toEqual([]);
      await mirror(store, [newer, old], { facts: { id: "other" } });
      expect(await idsUnder(store, pkg("zlib"))).toEqual([]);
      expect(await idsUnder(store, pkg("curl"))).toEqual(["A-1", "A-1"]);
    });

    it("are not as young as a record that claims to be from the future", async () => {
      const { record: stored } = await mirror(store, [
        record("A-1", ["zlib"], { modified: "2099-01-01T00:00:00Z" }),
        record("A-2", ["zlib"]),
      ]);
      expect(stored.asOf).toBe(Date.parse("2026-11-20T00:00:00Z"));
    });

    it("are shown only once they are complete", async () => {
      await mirror(store, [record("A-1", ["zlib"])]);
      const writer = await store.writeFeed("bellsoft", "all", T0);
      await writer.put([packFeedDocument(record("B-1", ["zlib"]))]);
      expect(await idsUnder(store, pkg("zlib"))).toEqual(["A-1"]);
      await writer.commit(facts());
      expect(await idsUnder(store, pkg("zlib"))).toEqual(["B-1"]);
    });

    it("are written by one at a time", async () => {
      const first = await store.writeFeed("bellsoft", "all", T0);
      const second = await store.writeFeed("bellsoft", "all", T0);
      await second.put([packFeedDocument(record("A-1", ["zlib"]))]);
      await second.commit(facts());
      await first.put([packFeedDocument(record("B-1", ["zlib"]))]);
      await expect(first.commit(facts())).rejects.toMatchObject({ code: "feed-conflict" });
      expect(await idsUnder(store, pkg("zlib"))).toEqual(["A-1"]);
    });

    it("of many records are replaced as one, and none is lost", async () => {
      const many = Array.from({ length: 2_600 }, (_, number) =>
        record(`A-${number}`, ["openssl", `p${number % 40}`]),
      );
      const { record: stored, changed } = await mirror(store, many);
      expect([changed, stored.documentCount]).toEqual([2_600, 2_600]);
      expect(await idsUnder(store, pkg("openssl"))).toHaveLength(2_600);
      expect(await idsUnder(store, pkg("p7"))).toHaveLength(65);
      const rest = many.slice(0, 1_000);
      const less = await mirror(store, [...rest, record("B-1", ["p7"])]);
      expect([less.changed, less.record.documentCount]).toEqual([1_601, 1_001]);
      expect(await idsUnder(store, pkg("p7"))).toHaveLength(26);
      expect((await mirror(store, many)).record.snapshot).toBe(stored.snapshot);
    });

    it("answer side by side, in the order of their names", async () => {
      await mirror(store, [record("B-1", ["zlib"])], { facts: { id: "second" } });
      await mirror(store, [record("A-1", ["zlib"])], { facts: { id: "first", expected: ["Wolfi"] } });
      const { feeds, documents } = await store.lookUp([pkg("zlib")]);
      expect(feeds.map(({ id }) => id)).toEqual(["first", "second"]);
      expect(feeds[0]?.ecosystems).toEqual(["Alpaquita", "Alpaquita:25", "Wolfi"]);
      expect(documents.map(({ feed }) => feed)).toEqual(["first", "second"]);
    });

    it("take notes, unless they changed meanwhile", async () => {
      const { record: stored } = await mirror(store, [record("A-1", ["zlib"])]);
      const failure = { code: "advisories-unavailable", message: "answered 503", since: T0 };
      await store.noteFeed({ ...stored, failure });
      expect(await store.feeds()).toEqual([{ ...stored, failure }]);
      expect(await idsUnder(store, pkg("zlib"))).toEqual(["A-1"]);
      await store.noteFeed({ ...stored, snapshot: "f".repeat(32) });
      await store.noteFeed({ ...stored, id: "other" });
      expect(await store.feeds()).toEqual([{ ...stored, failure }]);
    });

    it("are forgotten, which changes what is known of their packages", async () => {
      await mirror(store, [record("A-1", ["zlib"])]);
      await changesOf(store);
      await store.dropFeed("bellsoft");
      expect(await store.feeds()).toEqual([]);
      expect(await idsUnder(store, pkg("zlib"))).toEqual([]);
      expect(await changesOf(store)).toEqual([pkg("zlib"), "vA-1"]);
      await mirror(store, [record("A-1", ["zlib"])]);
      expect(await idsUnder(store, pkg("zlib"))).toEqual(["A-1"]);
    });
  });

  describe(`${name}: what changed in feeds`, () => {
    it("is given out until it is dealt with, and again when it changed again", async () => {
      const store = await open();
      await mirror(store, [record("A-1", ["a", "b", "c"])]);
      const first = await store.takeChanged(2);
      expect(first).toHaveLength(2);
      expect(await store.takeChanged(2)).toEqual(first);
      await mirror(store, [record("A-1", ["a", "b", "c"], { modified: "2026-11-21T00:00:00Z" })]);
      await store.doneChanged(first);
      const rest: string[] = [];
      for (let more = await store.takeChanged(2); more.length > 0; more = await store.takeChanged(2)) {
        rest.push(...more);
        await store.doneChanged(more);
      }
      expect(rest.toSorted()).toEqual([pkg("a"), pkg("b"), pkg("c"), "vA-1"]);
    });
  });

  describe(`${name}: who has which packages`, () => {
    it("is known of each image that was noted, and of no other", async () => {
      const store = await open();
      await store.saveCarrier(image("a"), [pkg("zlib"), pkg("curl")]);
      await store.saveCarrier(image("b"), [pkg("zlib")]);
      await store.saveCarrier(image("b"), [pkg("zlib")]);
      await store.saveCarrier(image("c"), []);
      expect(await store.carriersOf([pkg("zlib"), pkg("curl")])).toEqual([image("a"), image("b")]);
      expect(await store.carriersOf([pkg("curl")])).toEqual([image("a")]);
      await store.saveCarrier(image("b"), [pkg("zlib"), pkg("expat")]);
      expect(await store.carriersOf([pkg("expat")])).toEqual([image("b")]);
      await store.dropCarriers([image("b")]);
      expect(await store.carriersOf([pkg("zlib"), pkg("expat")])).toEqual([image("a")]);
      await store.saveCarrier(image("b"), [pkg("zlib")]);
      expect(await store.carriersOf([pkg("zlib")])).toEqual([image("a"), image("b")]);
    });
  });
}
