import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createFeedHttp } from "../../../src/adapters/advisories/http.ts";
import { withOsvApi } from "../../../src/adapters/advisories/osv-api.ts";
import type { AdvisoryAnswer } from "../../../src/advisory/answer.ts";
import { isStale } from "../../../src/advisory/feed.ts";
import { type FeedServer, startFeedServer } from "../../fakes/feed-server.ts";
import { UNCOUNTED } from "../../fakes/metrics.ts";
import { feedOf } from "../../fixtures/feeds.ts";
import { NEVER, NOW } from "./bench.ts";

interface Query {
  readonly package: { readonly ecosystem: string; readonly name: string };
  readonly page_token?: string;
}

let server: FeedServer;
/** Queries of each call, in order. */
let calls: (readonly Query[])[];
beforeEach(async () => {
  server = await startFeedServer();
  calls = [];
});
afterEach(() => server.close());

const record = (id: string, name: string, modified = "2026-11-20T00:00:00Z") => ({
  id,
  modified,
  affected: [{ package: { ecosystem: "npm", name } }],
});
const vulnOf = ({ id, modified }: ReturnType<typeof record>) => ({ id, modified });

/** Answers each query of a call with this. */
function answerWith(resultOf: (query: Query) => object): void {
  server.routes.set("/v1/querybatch", (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { queries }: { queries: readonly Query[] } = JSON.parse(Buffer.concat(chunks).toString());
      calls.push(queries);
      response.writeHead(200).end(JSON.stringify({ results: queries.map(resultOf) }));
    });
  });
}

function serve(...records: readonly ReturnType<typeof record>[]): void {
  for (const each of records) server.routes.set(`/v1/vulns/${each.id}`, { body: JSON.stringify(each) });
}

const EMPTY: AdvisoryAnswer = { feeds: [], records: [], related: [], vex: [], signals: new Map() };

function open(mirrored: AdvisoryAnswer = EMPTY) {
  const http = createFeedHttp({ userAgent: "test", metrics: UNCOUNTED });
  const options = { http, url: server.url, id: "osv-api", name: "OSV", nowMs: () => NOW };
  return withOsvApi({ about: async () => mirrored }, options);
}

const npm = (name: string) => ({ ecosystem: "npm", name });

describe("OSV's service is asked", () => {
  test("U25: about more than 1,000 packages in two calls, with the pages that follow", async () => {
    const [first, second] = [record("GHSA-1", "p7"), record("GHSA-2", "p7")];
    serve(first, second);
    answerWith(({ package: { name }, page_token: token }) => {
      if (name !== "p7") return {};
      return token === "2" ? { vulns: [vulnOf(second)] } : { vulns: [vulnOf(first)], next_page_token: "2" };
    });
    const packages = Array.from({ length: 1_001 }, (_, number) => npm(`p${number}`));
    const { records, feeds } = await open().about(packages, NEVER);
    expect(calls.map((queries) => queries.length)).toEqual([1_000, 1, 1]);
    expect(calls[2]).toEqual([{ package: npm("p7"), page_token: "2" }]);
    expect(records.map(({ id }) => id).toSorted()).toEqual(["GHSA-1", "GHSA-2"]);
    expect(feeds).toMatchObject([{ id: "osv-api", recordCount: 2, ecosystems: ["npm"], checkedAt: NOW }]);
  });

  test("about packages of languages that no mirrored feed speaks of, and nobody else's", async () => {
    answerWith(() => ({}));
    const mirrored = { ...EMPTY, feeds: [feedOf({ ecosystems: ["Go"] })] };
    const others = [
      { ecosystem: "Go", name: "stdlib" },
      { ecosystem: "Debian:13", name: "zlib" },
      { ecosystem: "Alpaquita:25", name: "zlib" },
    ];
    await open(mirrored).about(others, NEVER);
    expect(calls).toEqual([]);
    const { feeds } = await open(mirrored).about([...others, npm("left-pad")], NEVER);
    expect(calls).toEqual([[{ package: npm("left-pad") }]]);
    expect(feeds.map(({ ecosystems }) => ecosystems)).toEqual([["Go"], ["npm"]]);
  });

  test("once for a record, until it changes", async () => {
    const advisories = open();
    let current = record("GHSA-1", "a");
    serve(current);
    answerWith(() => ({ vulns: [vulnOf(current)] }));
    const first = await advisories.about([npm("a")], NEVER);
    await advisories.about([npm("a")], NEVER);
    expect(server.asked.filter((line) => line.includes("/vulns/"))).toHaveLength(1);
    current = record("GHSA-1", "a", "2026-11-21T00:00:00Z");
    serve(current);
    const changed = await advisories.about([npm("a")], NEVER);
    expect(server.asked.filter((line) => line.includes("/vulns/"))).toHaveLength(2);
    expect(changed.feeds[0]?.snapshot).not.toBe(first.feeds[0]?.snapshot);
  });
});

describe("OSV's service proves nothing", () => {
  test.each<{ title: string; prepare: () => void }>([
    { title: "when it is not there", prepare: () => undefined },
    {
      title: "when it answers with a page",
      prepare: () => server.routes.set("/v1/querybatch", { body: "<html>" }),
    },
    {
      title: "when it answers to fewer questions",
      prepare: () => server.routes.set("/v1/querybatch", { body: '{"results":[]}' }),
    },
    { title: "when its pages never end", prepare: () => answerWith(() => ({ next_page_token: "again" })) },
    {
      title: "when a record is none",
      prepare() {
        answerWith(() => ({ vulns: [{ id: "GHSA-1", modified: "2026-11-20T00:00:00Z" }] }));
        server.routes.set("/v1/vulns/GHSA-1", { body: "{}" });
      },
    },
    {
      title: "when it fails",
      prepare: () =>
        server.routes.set("/v1/querybatch", (_request, response) => {
          response.writeHead(500).end();
        }),
    },
  ])("$title, and what is mirrored stays", async ({ prepare }) => {
    prepare();
    const mirrored = { ...EMPTY, records: [record("D-1", "x")] };
    const { feeds, records } = await open(mirrored).about([npm("a")], NEVER);
    expect(feeds.map((feed) => [feed.id, isStale(feed, NOW)])).toEqual([["osv-api", true]]);
    expect(records.map(({ id }) => id)).toEqual(["D-1"]);
  });
});
