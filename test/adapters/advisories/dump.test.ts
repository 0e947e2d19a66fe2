import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DAY_MS, later } from "../../../src/time.ts";
import { type FeedServer, startFeedServer } from "../../fakes/feed-server.ts";
import { zipOf } from "../../fakes/zip.ts";
import { NEVER, NOW, read, recordText, sourceOf } from "./bench.ts";

let server: FeedServer;
beforeEach(async () => {
  server = await startFeedServer();
});
afterEach(() => server.close());

const source = (limits: Parameters<typeof sourceOf>[1] = {}) =>
  sourceOf({ kind: "osv-dump", url: `${server.url}/osv`, ecosystem: "Red Hat" }, limits);
const FOLDER = "/osv/Red%20Hat";

function serveChanges(rows: readonly string[], etag = JSON.stringify(rows.slice(0, 2).join())): void {
  server.routes.set(`${FOLDER}/modified_id.csv`, { body: rows.map((row) => `${row}\n`).join(""), etag });
}

function serveDump(...ids: readonly string[]): void {
  const body = zipOf(Object.fromEntries(ids.map((id) => [`${id}.json`, recordText(id)])));
  server.routes.set(`${FOLDER}/all.zip`, { body });
}

function serveRecord(id: string, more: object = {}): void {
  server.routes.set(`${FOLDER}/${id}.json`, { body: recordText(id, more) });
}

describe("a dump gives", () => {
  test("all of it first, then nothing, then what changed", async () => {
    serveChanges(["2026-11-20T00:00:00Z,A-2", "2026-11-19T00:00:00Z,A-1"]);
    serveDump("A-1", "A-2");
    const first = await read(source());
    expect(first).toMatchObject({ kind: "all", ids: ["A-1", "A-2"], faults: [] });

    server.asked.length = 0;
    expect(await read(source(), first.validator)).toMatchObject({ kind: "unchanged" });
    expect(server.asked).toEqual([`304 ${FOLDER}/modified_id.csv`]);

    // The row of the last known moment is asked again: another one may share it.
    serveChanges(["2026-11-21T00:00:00.5Z,A-3", "2026-11-20T00:00:00Z,A-2", "2026-11-19T00:00:00Z,A-1"]);
    serveRecord("A-3");
    server.asked.length = 0;
    const next = await read(source(), first.validator);
    expect(next).toMatchObject({ kind: "some", ids: ["A-3"], gone: ["A-2"] });
    expect(server.asked.toSorted()).toEqual([
      `200 ${FOLDER}/A-3.json`,
      `200 ${FOLDER}/modified_id.csv`,
      `404 ${FOLDER}/A-2.json`,
    ]);
  });

  test("all of it when a week is over, and when too much changed", async () => {
    serveChanges(["2026-11-20T00:00:00Z,A-1"]);
    serveDump("A-1");
    const { validator } = await read(source());
    expect(await read(source(), validator, later(NOW, 7 * DAY_MS))).toMatchObject({ kind: "all" });
    const many = Array.from({ length: 1_500 }, (_, number) => `2026-11-21T00:00:00Z,B-${number}`);
    serveChanges([...many, "2026-11-20T00:00:00Z,A-1"]);
    expect(await read(source(), validator)).toMatchObject({ kind: "all" });
  });

  test("all of it where what was known has another form", async () => {
    serveChanges(["2026-11-20T00:00:00Z,A-1"]);
    serveDump("A-1");
    for (const validator of ["", "{", '"etag"', "{}"]) {
      expect(await read(source(), validator)).toMatchObject({ kind: "all", ids: ["A-1"] });
    }
  });

  test("what can be read where something cannot", async () => {
    serveChanges(["2026-11-20T00:00:00Z,A-1"]);
    const body = zipOf({ "a.json": "{", "b.json": recordText("B-1", { x: "x".repeat(3_000) }), "c.txt": "" });
    server.routes.set(`${FOLDER}/all.zip`, { body });
    const { ids, faults } = await read(source({ recordBytesMax: 2_000 }));
    expect(ids).toEqual([]);
    expect(faults.map((fault) => fault.slice(0, 6))).toEqual(["a.json", "b.json"]);
  });
});

describe("a dump is refused", () => {
  const NEWEST = ["2026-11-20T00:00:00Z,A-1"];
  test.each([
    { title: "that is not there", changes: undefined, zip: undefined, limits: {} },
    { title: "without its archive", changes: NEWEST, zip: undefined, limits: {} },
    { title: "whose list of changes is a page", changes: ["<html>"], zip: undefined, limits: {} },
    { title: "whose archive is none", changes: NEWEST, zip: Buffer.from("no"), limits: {} },
    {
      title: "whose archive ends early",
      changes: NEWEST,
      zip: zipOf({ "a.json": recordText("A-1") }).subarray(0, 90),
      limits: {},
    },
    {
      title: "that unpacks to more than it says",
      changes: NEWEST,
      zip: zipOf({ "a.json": `"${"0".repeat(1_000_000)}"` }, { "a.json": 10 }),
      limits: {},
    },
    {
      title: "that unpacks to more than it may",
      changes: NEWEST,
      zip: zipOf({ "a.json": recordText("A-1"), "b.json": recordText("B-1") }),
      limits: { unpackedBytesMax: 200 },
    },
    {
      title: "with more records than it may have",
      changes: NEWEST,
      zip: zipOf({ "a.json": recordText("A-1"), "b.json": recordText("B-1") }),
      limits: { recordsMax: 1 },
    },
    {
      title: "that is larger than it may be",
      changes: NEWEST,
      zip: zipOf({ "a.json": recordText("A-1") }),
      limits: { packedBytesMax: 20 },
    },
  ])("$title, and leaves nothing behind", async ({ changes, zip, limits }) => {
    const before = await leftBehind();
    if (changes !== undefined) serveChanges(changes);
    if (zip !== undefined) server.routes.set(`${FOLDER}/all.zip`, { body: zip });
    await expect(read(source(limits))).rejects.toMatchObject({ code: "advisories-unavailable" });
    expect((await leftBehind()).filter((name) => !before.includes(name))).toEqual([]);
  });

  test("when it is looked at, without being fetched", async () => {
    await expect(source().look(NOW, NEVER)).rejects.toMatchObject({ code: "advisories-unavailable" });
    serveChanges([]);
    await expect(source().look(NOW, NEVER)).rejects.toThrow("is empty");
    serveChanges(NEWEST);
    await expect(source().look(NOW, NEVER)).resolves.toBeUndefined();
  });
});

async function leftBehind(): Promise<readonly string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith("hullkeeper-dump-"));
}
