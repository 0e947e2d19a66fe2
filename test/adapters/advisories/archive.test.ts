import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SECOND_MS } from "../../../src/time.ts";
import { type FeedServer, startFeedServer } from "../../fakes/feed-server.ts";
import { NEVER, NOW, read, recordText, sourceOf } from "./bench.ts";

const STATEMENT = {
  vulnerability: { name: "CVE-2026-1" },
  status: "not_affected",
  justification: "vulnerable_code_not_present",
  products: [{ "@id": "pkg:docker/dhi/base" }],
};
const VEX = {
  "@context": "https://openvex.dev/ns/v0.2.0",
  author: "Docker",
  timestamp: "2026-11-20T00:00:00Z",
  statements: [STATEMENT, { ...STATEMENT, vulnerability: { name: "CVE-2026-2" } }, { status: "fixed" }],
};
const options = [{ Exploitation: "poc" }, { Automatable: "yes" }, { "Technical Impact": "total" }];
const CVE = {
  dataType: "CVE_RECORD",
  cveMetadata: { cveId: "CVE-2026-1234" },
  containers: {
    adp: [
      { title: "CVE Program Container" },
      {
        title: "CISA ADP Vulnrichment",
        metrics: [{ cvssV3_1: {} }, { other: { type: "ssvc", content: { options } } }],
      },
    ],
  },
};

async function tarOf(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const archive = pack();
  for (const [name, text] of Object.entries(files)) archive.entry({ name: `feed-abc123/${name}` }, text);
  archive.entry({ name: "feed-abc123/linked.json", type: "symlink", linkname: "/etc/passwd" });
  archive.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

let server: FeedServer;
beforeEach(async () => {
  server = await startFeedServer();
});
afterEach(() => server.close());

const source = (limits: Parameters<typeof sourceOf>[1] = {}) =>
  sourceOf({ kind: "archive", url: `${server.url}/feed.tar.gz` }, limits);

async function serve(files: Readonly<Record<string, string>>, etag?: string): Promise<void> {
  const body = gzipSync(await tarOf(files));
  server.routes.set("/feed.tar.gz", { body, ...(etag === undefined ? {} : { etag }) });
}

describe("an archive gives", () => {
  test("records, statements and decision points, whatever else lies there", async () => {
    await serve({
      "BELL-CVE/A-1.json": recordText("A-1"),
      "vex/base.json": JSON.stringify(VEX),
      "2026/CVE-2026-1234.json": JSON.stringify(CVE),
      "2026/CVE-2026-9.json": JSON.stringify({ ...CVE, containers: {} }),
      ".github/settings.json": "{}",
      "README.md": "not a record",
    });
    const { kind, ids, items, faults } = await read(source());
    expect(kind).toBe("all");
    expect(ids).toEqual(["A-1", "vex/base.json CVE-2026-1", "vex/base.json CVE-2026-2", "CVE-2026-1234"]);
    expect(faults).toEqual(["vex/base.json: 1 statements cannot be read"]);
    expect(items.at(-1)).toMatchObject({
      document: {
        kind: "signals",
        entries: [
          ["CVE-2026-1234", { ssvc: { exploitation: "poc", automatable: "yes", technicalImpact: "total" } }],
        ],
      },
    });
    expect(items[1]).toMatchObject({ document: { statements: [{ from: "feed", author: "Docker" }] } });
  });

  test("what can be read where something cannot", async () => {
    await serve({
      "a.json": "{",
      "b.json": "[]",
      "c.json": '{"id":1}',
      "d.json": recordText("D-1", { summary: "x".repeat(2_000) }),
      "e.json": recordText("E-1"),
    });
    const { ids, faults } = await read(source({ recordBytesMax: 1_000 }));
    expect(ids).toEqual(["E-1"]);
    expect(faults.map((fault) => fault.slice(0, 6))).toEqual(["a.json", "b.json", "c.json", "d.json"]);
  });

  test("nothing to do while it is what it was, for one question", async () => {
    await serve({ "a.json": recordText("A-1") }, '"one"');
    const first = await read(source());
    expect(first.validator).toBe('"one"');
    expect(await read(source(), first.validator)).toMatchObject({ kind: "unchanged" });
    expect(server.asked).toEqual(["200 /feed.tar.gz", "304 /feed.tar.gz"]);
    await serve({ "a.json": recordText("A-2") }, '"two"');
    expect((await read(source(), first.validator)).ids).toEqual(["A-2"]);
  });

  test("the place where it is now", async () => {
    server.routes.set("/feed.tar.gz", (_request, response) => {
      response.writeHead(302, { location: "/moved" }).end();
    });
    server.routes.set("/moved", { body: gzipSync(await tarOf({ "a.json": recordText("A-1") })) });
    expect((await read(source())).ids).toEqual(["A-1"]);
  });
});

describe("an archive is refused", () => {
  const tar = tarOf({ "a.json": recordText("A-1"), "b.json": recordText("B-1") });
  test.each([
    { title: "that is not there", body: undefined, says: "is not there" },
    { title: "that is not packed", body: async () => tar, says: "cannot be unpacked" },
    { title: "that ends early", body: async () => gzipSync(await tar).subarray(0, 150), says: "unpacked" },
    {
      title: "whose archive ends early",
      body: async () => gzipSync((await tar).subarray(0, 700)),
      says: "cannot be read",
    },
    { title: "that is no archive", body: async () => gzipSync("x".repeat(2_000)), says: "cannot be read" },
  ])("$title", async ({ body, says }) => {
    if (body !== undefined) server.routes.set("/feed.tar.gz", { body: await body() });
    await expect(read(source())).rejects.toMatchObject({
      code: "advisories-unavailable",
      message: expect.stringContaining(says),
    });
  });

  test.each([
    { title: "bytes that are received", limits: { packedBytesMax: 50 } },
    { title: "bytes after unpacking, however small it is packed", limits: { unpackedBytesMax: 100_000 } },
    { title: "records", limits: { recordsMax: 1 } },
  ])("with more $title than it may have", async ({ limits }) => {
    await serve({ "a.json": `"${"0".repeat(200_000)}"`, "b.json": recordText("B-1") });
    await expect(read(source(limits))).rejects.toMatchObject({ code: "advisories-unavailable" });
  });

  test.each([
    { status: 500, retryAfter: undefined, ms: undefined },
    { status: 429, retryAfter: "7", ms: 7 * SECOND_MS },
    { status: 403, retryAfter: "soon", ms: undefined },
  ])("where the server answers $status", async ({ status, retryAfter, ms }) => {
    server.routes.set("/feed.tar.gz", (_request, response) => {
      response.writeHead(status, retryAfter === undefined ? {} : { "retry-after": retryAfter }).end();
    });
    await expect(read(source())).rejects.toMatchObject({
      code: "advisories-unavailable",
      status,
      retryAfterMs: ms,
    });
  });

  test.each(["ftp://127.0.0.1/x", "file:///etc/passwd"])("that redirects to %s", async (location) => {
    server.routes.set("/feed.tar.gz", (_request, response) => {
      response.writeHead(302, { location }).end();
    });
    await expect(read(source())).rejects.toMatchObject({ code: "advisories-unavailable" });
  });

  test("that redirects in circles", async () => {
    server.routes.set("/feed.tar.gz", (_request, response) => {
      response.writeHead(302, { location: "/feed.tar.gz" }).end();
    });
    await expect(read(source())).rejects.toThrow("redirects more than");
    expect(server.asked).toHaveLength(5);
  });

  test("when it is looked at and holds nothing", async () => {
    await serve({ "a.json": "{}" });
    await expect(source().look(NOW, NEVER)).rejects.toThrow("has no record at all");
    await serve({ "a.json": "{}", "b.json": recordText("B-1") });
    await expect(source().look(NOW, NEVER)).resolves.toBeUndefined();
  });
});
