import { describe, expect, it } from "vitest";
import type { FeedRecord } from "../../src/ports/feeds.ts";
import { HOUR_MS, instantOf, later } from "../../src/time.ts";
import { feedOf } from "../fixtures/feeds.ts";
import { createFakeStore } from "../fakes/store.ts";
import { NOW } from "./sample.ts";
import { pageOf, rowsOf } from "./web-under-test.ts";

const FRESH: FeedRecord = {
  ...feedOf({ name: "BellSoft OSV", licenceNote: "MIT", staleAfterMs: 24 * HOUR_MS }),
  asOf: later(NOW, -5 * HOUR_MS),
  checkedAt: later(NOW, -HOUR_MS),
  changedAt: NOW,
  recordCount: 12_401,
  documentCount: 16_989,
  bytes: 5 * 1024 * 1024,
  faultCount: 0,
  faults: [],
};
const failure = { code: "advisories-unavailable", message: "answered 503", since: later(NOW, -HOUR_MS) };

const pageWith = (...feeds: readonly FeedRecord[]) =>
  pageOf("/", { ...createFakeStore(), feeds: async () => feeds });

describe("overview: feeds", () => {
  it.each<{ title: string; change: Partial<FeedRecord>; says: string }>([
    {
      title: "a fresh one",
      change: {},
      says: "BellSoft OSV bellsoft MIT ✓ fresh made sure of 1 h ago 5 h ago 12401 records 5.0 MiB nothing none",
    },
    {
      title: "one that cannot be reached, and why",
      change: { failure },
      says: "▲ not reached made sure of 1 h ago 5 h ago 12401 records 5.0 MiB nothing answered 503 advisories-unavailable since 1 h ago",
    },
    { title: "a stale one", change: { staleAfterMs: 1_000 }, says: "✕ stale made sure of 1 h ago" },
    { title: "one that was never read", change: { checkedAt: instantOf(0) }, says: "✕ never read 5 h ago" },
    {
      title: "what could not be read",
      change: { faultCount: 7, faults: [{ place: "a.json", reason: "not <b>JSON</b>" }], bytes: 10 },
      says: "1 KiB 7 unreadable first a.json: not &lt;b&gt;JSON&lt;/b&gt; none",
    },
  ])("shows $title", async ({ change, says }) => {
    const [row] = rowsOf(await pageWith({ ...FRESH, ...change }), "feeds");
    expect(row).toContain(says);
  });

  it("says how much room all of them take, and that there is none", async () => {
    expect(await pageWith(FRESH, { ...FRESH, id: "kev" })).toContain("they take 10.0 MiB");
    expect(await pageWith()).toContain("vulnerabilities were not assessed");
  });
});
