import { describe, expect, test } from "vitest";
import { createMirroredAdvisories } from "../../../src/adapters/advisories/mirrored.ts";
import { isStale } from "../../../src/advisory/feed.ts";
import { type FeedDocument, packFeedDocument } from "../../../src/advisory/feed-document.ts";
import type { OsvRecord } from "../../../src/advisory/osv.ts";
import type { FeedStore } from "../../../src/ports/feeds.ts";
import { createFakeFeeds } from "../../fakes/feeds.ts";
import { NEVER, NOW, sourceOf } from "./bench.ts";

const ZLIB = { ecosystem: "Debian:13", name: "zlib" };

const osv = (id: string, more: Partial<OsvRecord> = {}): FeedDocument => ({
  kind: "osv",
  record: { id, modified: "2026-11-20T00:00:00Z", ...more },
});
const about = (...names: readonly string[]): Pick<OsvRecord, "affected"> => ({
  affected: names.map((name) => ({ package: { ecosystem: "Debian:13", name } })),
});

async function mirror(store: FeedStore, id: string, ...documents: readonly FeedDocument[]): Promise<void> {
  const writer = await store.writeFeed(id, "all", NOW);
  await writer.put(documents.map(packFeedDocument));
  const facts = { name: id, checkedAt: NOW, staleAfterMs: 1_000, faultCount: 0, faults: [], expected: [] };
  await writer.commit({ id, ...facts, validator: "secret of the source" });
}

describe("what is mirrored answers", () => {
  test("with records of the packages, withdrawn ones too, and nothing else of a feed", async () => {
    const store = createFakeFeeds();
    await mirror(
      store,
      "debian",
      osv("D-1", about("zlib", "curl")),
      osv("D-2", { ...about("zlib"), withdrawn: "2026-11-20T00:00:00Z" }),
      osv("D-3", about("curl")),
    );
    const { feeds, records, related } = await createMirroredAdvisories(store, []).about([ZLIB], NEVER);
    expect(records.map(({ id }) => id).toSorted()).toEqual(["D-1", "D-2"]);
    expect(related).toEqual([]);
    expect(feeds).toEqual([
      {
        id: "debian",
        name: "debian",
        snapshot: expect.stringMatching(/^[0-9a-f]{32}$/),
        asOf: Date.parse("2026-11-20T00:00:00Z"),
        checkedAt: NOW,
        recordCount: 2,
        ecosystems: ["Debian", "Debian:13"],
        staleAfterMs: 1_000,
      },
    ]);
  });

  test("with no feed that speaks of other releases alone: its silence proves nothing", async () => {
    const store = createFakeFeeds();
    await mirror(store, "debian", osv("D-1", about("zlib")));
    const advisories = createMirroredAdvisories(store, []);
    const trixie = { ecosystem: "Debian:14", name: "zlib" };
    expect((await advisories.about([trixie], NEVER)).feeds).toEqual([]);
    const [both] = (await advisories.about([ZLIB, trixie], NEVER)).feeds;
    expect(both?.ecosystems).toEqual(["Debian", "Debian:13"]);
  });

  test("with other records of their vulnerabilities, from whatever feed and by whatever way", async () => {
    const store = createFakeFeeds();
    await mirror(store, "ubuntu", osv("USN-1", { ...about("zlib"), upstream: ["UBUNTU-CVE-1"] }));
    await mirror(store, "names", osv("UBUNTU-CVE-1", { upstream: ["CVE-2026-1111"] }));
    await mirror(
      store,
      "nvd",
      osv("NVD-1", { aliases: ["CVE-2026-1111"] }),
      osv("NVD-2", { aliases: ["CVE-2026-2222"] }),
    );
    const answer = await createMirroredAdvisories(store, []).about([ZLIB], NEVER);
    expect(answer.records.map(({ id }) => id)).toEqual(["USN-1"]);
    expect(answer.related.map(({ id }) => id).toSorted()).toEqual(["NVD-1", "UBUNTU-CVE-1"]);
    expect(answer.feeds.map(({ id }) => id)).toEqual(["ubuntu"]);
  });

  test("with the newer of two records of one id, whichever feed has it", async () => {
    const store = createFakeFeeds();
    await mirror(store, "a", osv("X-1", { ...about("zlib"), summary: "old" }));
    await mirror(
      store,
      "b",
      osv("X-1", { ...about("zlib"), summary: "new", modified: "2026-11-21T00:00:00Z" }),
    );
    const { records } = await createMirroredAdvisories(store, []).about([ZLIB], NEVER);
    expect(records.map(({ summary }) => summary)).toEqual(["new"]);
  });

  test("with statements and signals about their vulnerabilities alone", async () => {
    const store = createFakeFeeds();
    const statement = {
      vulnerabilities: ["CVE-2026-12345"],
      status: "not_affected" as const,
      at: NOW,
      author: "Docker",
      products: [],
      from: "feed" as const,
    };
    await mirror(store, "debian", osv("D-1", { ...about("zlib"), aliases: ["CVE-2026-12345"] }));
    const other = { ...statement, vulnerabilities: ["CVE-2026-12346"] };
    await mirror(store, "vex", { kind: "vex", id: "x", statements: [statement, other] });
    const kev = { addedAt: NOW, isRansomware: false };
    const epss = { score: 0.5, percentile: 0.9 };
    const ssvc = { exploitation: "poc", automatable: "no", technicalImpact: "partial" } as const;
    await mirror(store, "kev", { kind: "signals", id: "1", entries: [["CVE-2026-12345", { kev }]] });
    await mirror(store, "ssvc", { kind: "signals", id: "1", entries: [["CVE-2026-12345", { ssvc }]] });
    await mirror(store, "epss", {
      kind: "signals",
      id: "2",
      entries: [
        ["CVE-2026-12345", { epss }],
        ["CVE-2026-12346", { epss }],
      ],
    });
    const answer = await createMirroredAdvisories(store, []).about([ZLIB], NEVER);
    expect(answer.vex).toEqual([statement]);
    expect([...answer.signals]).toEqual([["CVE-2026-12345", { kev, epss, ssvc }]]);
  });

  test("with a stale feed for one that is configured and was never read", async () => {
    const source = sourceOf({ kind: "kev", url: "http://127.0.0.1/" });
    const { ecosystems: _ecosystems, ...rest } = source;
    const unknown = { ...rest, id: "any" };
    const advisories = createMirroredAdvisories(createFakeFeeds(), [
      { ...source, ecosystems: ["Debian"], staleAfterMs: Number.MAX_SAFE_INTEGER },
      { ...source, id: "other", ecosystems: ["Alpine"] },
      { ...source, id: "signals", ecosystems: [] },
      unknown,
    ]);
    const { feeds } = await advisories.about([ZLIB], NEVER);
    expect(feeds.map(({ id }) => id)).toEqual(["any", "feed"]);
    expect(feeds.map((feed) => isStale(feed, NOW))).toEqual([true, true]);
  });

  test("from one moment: what changes meanwhile is asked anew, and not for ever", async () => {
    const store = createFakeFeeds();
    await mirror(store, "debian", osv("D-1", { ...about("zlib"), aliases: ["CVE-2026-12345"] }));
    let changes = 1;
    const changing: Pick<FeedStore, "lookUp"> = {
      async lookUp(lookups) {
        const view = await store.lookUp(lookups);
        if (changes > 0)
          await mirror(store, "debian", osv(`D-${changes}`, { ...about("zlib"), aliases: ["A"] }));
        changes -= 1;
        return changes > 100 ? { ...view, snapshot: String(changes) } : view;
      },
    };
    const { records } = await createMirroredAdvisories(changing, []).about([ZLIB], NEVER);
    expect(records.map(({ aliases }) => aliases)).toEqual([["A"]]);
    changes = 1_000;
    await expect(createMirroredAdvisories(changing, []).about([ZLIB], NEVER)).rejects.toMatchObject({
      code: "feed-conflict",
    });
  });

  test("nobody who does not want to know any more", async () => {
    const advisories = createMirroredAdvisories(createFakeFeeds(), []);
    await expect(advisories.about([ZLIB], AbortSignal.abort(new Error("over")))).rejects.toThrow("over");
  });
});
