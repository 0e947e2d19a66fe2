import { existsSync, readFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Signals } from "../../../src/advisory/signal.ts";
import { type FeedServer, startFeedServer } from "../../fakes/feed-server.ts";
import { sharedData } from "../../shared-data.ts";
import { type Read, read, sourceOf } from "./bench.ts";

const CATALOGUE = sharedData("signals/kev-2025-08-25.json.gz");

let server: FeedServer;
beforeEach(async () => {
  server = await startFeedServer();
});
afterEach(() => server.close());

const source = (kind: "kev" | "epss") => sourceOf({ kind, url: `${server.url}/signals` });

function signalsIn({ items }: Read): ReadonlyMap<string, Signals> {
  return new Map(
    items.flatMap((item) =>
      item.kind === "document" && item.document.kind === "signals" ? item.document.entries : [],
    ),
  );
}

function serveKev(...vulnerabilities: readonly unknown[]): void {
  server.routes.set("/signals", { body: JSON.stringify({ vulnerabilities }), etag: '"kev"' });
}

const kev = (more: object = {}): object => ({
  cveID: "CVE-2026-1234",
  dateAdded: "2026-11-01",
  dueDate: "2026-11-22",
  knownRansomwareCampaignUse: "Known",
  ...more,
});

describe("the catalogue of exploited vulnerabilities gives", () => {
  test("when each was added, when it is due, and whether ransomware uses it", async () => {
    serveKev(
      kev(),
      kev({ cveID: "CVE-2026-0002", knownRansomwareCampaignUse: "Unknown", dueDate: undefined }),
      kev({ cveID: "CVE-2026-0003", dueDate: "2026-04-20" }),
    );
    const signals = signalsIn(await read(source("kev")));
    const addedAt = Date.UTC(2026, 10, 1);
    expect([...signals]).toEqual([
      ["CVE-2026-1234", { kev: { addedAt, dueAt: Date.UTC(2026, 10, 22), isRansomware: true } }],
      ["CVE-2026-0002", { kev: { addedAt, isRansomware: false } }],
      ["CVE-2026-0003", { kev: { addedAt, isRansomware: true } }],
    ]);
    expect(await read(source("kev"), '"kev"')).toMatchObject({ kind: "unchanged" });
  });

  test("what can be read where something cannot", async () => {
    serveKev(kev({ cveID: "x" }), kev({ dateAdded: "2026-02-30" }), 7, kev());
    const { ids, faults } = await read(source("kev"));
    expect(ids).toEqual(["CVE-2026-1234"]);
    expect(faults).toHaveLength(3);
    expect(faults[0]).toBe("entry 1: not an entry of the catalogue");
  });

  test.each([
    { title: "a page", body: "<html>" },
    { title: "another document", body: "{}" },
    { title: "a list", body: "[]" },
  ])("nothing where it is $title", async ({ body }) => {
    server.routes.set("/signals", { body });
    await expect(read(source("kev"))).rejects.toMatchObject({ code: "advisories-unavailable" });
  });

  test.skipIf(!existsSync(CATALOGUE))("every entry of the published one", async () => {
    const body = gunzipSync(readFileSync(CATALOGUE));
    server.routes.set("/signals", { body });
    const result = await read(source("kev"));
    const entries = [...signalsIn(result).values()].map((signals) => signals.kev);
    expect(result.faults).toEqual([]);
    expect(entries).toHaveLength(1_404);
    expect(entries.filter((entry) => entry?.dueAt === undefined)).toHaveLength(15);
    expect(entries.filter((entry) => entry?.isRansomware === true)).toHaveLength(293);
  });
});

describe("the table of scores gives", () => {
  test("scores by the hundred", async () => {
    const text = [
      "#model_version:v2025.03.14,score_date:2026-11-24T00:00:00+0000",
      "cve,epss,percentile",
      "CVE-2026-12301,0.97123,0.9987",
      "CVE-2026-12399,1e-5,0",
      "CVE-2026-99,0.1,0.2",
      "CVE-2026-12300,.5,1",
      "",
    ].join("\r\n");
    server.routes.set("/signals", { body: gzipSync(text) });
    const result = await read(source("epss"));
    expect(result.ids).toEqual(["s2026-123"]);
    expect(result.faults).toEqual(["line 5: not a CVE with two numbers"]);
    expect([...signalsIn(result)]).toEqual([
      ["CVE-2026-12300", { epss: { score: 0.5, percentile: 1 } }],
      ["CVE-2026-12301", { epss: { score: 0.97123, percentile: 0.9987 } }],
      ["CVE-2026-12399", { epss: { score: 0.00001, percentile: 0 } }],
    ]);
  });

  test.each([
    "CVE-2026-1234,1.1,0",
    "CVE-2026-1234,-0,0",
    "CVE-2026-1234,NaN,0",
    "CVE-2026-1234,0.1",
    "a,b,c,d",
  ])("no score for %s", async (line) => {
    server.routes.set("/signals", { body: gzipSync(line) });
    const { ids, faults } = await read(source("epss"));
    expect([ids.length, faults.length]).toEqual([0, 1]);
  });

  test.each([
    { title: "that is not packed", body: "cve,epss,percentile" },
    { title: "with a line without end", body: gzipSync("x".repeat(1_000_000)) },
  ])("nothing where it is one $title", async ({ body }) => {
    server.routes.set("/signals", { body });
    await expect(read(source("epss"))).rejects.toMatchObject({ code: "advisories-unavailable" });
  });
});
