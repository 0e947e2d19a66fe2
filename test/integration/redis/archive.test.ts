import type { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { archiveLines, storeArchive } from "../../../src/adapters/redis/archive.ts";
import { connect } from "../../../src/adapters/redis/connect.ts";
import { createRedisStore } from "../../../src/adapters/redis/store.ts";
import { packageLookup, packFeedDocument } from "../../../src/advisory/feed-document.ts";
import { parseDigest } from "../../../src/image/digest.ts";
import { packedOf } from "../../../src/sbom/packed.ts";
import { instantOf } from "../../../src/time.ts";
import { SILENT } from "../../fakes/log.ts";
import { libericaRelease } from "../../fixtures/lists.ts";
import { startRedis, type TestRedis } from "../../tools/redis.ts";

const NOW = instantOf(Date.UTC(2026, 10, 24, 12));
const DIGEST = parseDigest(`sha256:${"a".repeat(64)}`);
const ZLIB = { ecosystem: "Alpaquita:25", name: "zlib" };

let server: TestRedis;
let redis: Redis;
beforeAll(async () => {
  server = await startRedis();
  redis = connect(server.address, SILENT);
});
afterAll(async () => {
  redis.disconnect();
  await server.close();
});
beforeEach(() => redis.flushall());

async function fill(): Promise<ReturnType<typeof createRedisStore>> {
  const store = createRedisStore(redis);
  await store.saveComponents(DIGEST, packedOf(libericaRelease(1)));
  for (const id of ["bellsoft", "wolfi"]) {
    const writer = await store.writeFeed(id, "all", NOW);
    const records = Array.from({ length: 700 }, (_, number) => ({
      id: `${id}-${number}`,
      modified: "2026-11-20T00:00:00Z",
      affected: [{ package: ZLIB }],
    }));
    await writer.put(records.slice(0, 500).map((record) => packFeedDocument({ kind: "osv", record })));
    await writer.put(records.slice(500).map((record) => packFeedDocument({ kind: "osv", record })));
    const facts = { name: id, checkedAt: NOW, staleAfterMs: 1, faultCount: 0, faults: [], expected: ["X"] };
    await writer.commit({ id, ...facts, validator: "v1" });
  }
  return store;
}

async function linesOf(): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const line of archiveLines(redis, (feed) => feed !== "wolfi")) lines.push(line);
  return lines;
}

async function* told(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

describe("an archive", () => {
  test("brings lists and feeds to another Redis, but for those that must not be passed on", async () => {
    const before = await (await fill()).feeds();
    const lines = await linesOf();
    await redis.flushall();
    const store = createRedisStore(redis);
    expect(await storeArchive(told(lines), store, NOW)).toEqual({ lists: 1, feeds: 1, documents: 700 });
    expect(await store.components(DIGEST)).toEqual(libericaRelease(1));
    expect(await store.feeds()).toEqual(before.filter(({ id }) => id === "bellsoft"));
    expect((await store.lookUp([packageLookup(ZLIB)])).documents).toHaveLength(700);
  });

  test("may be stored twice", async () => {
    const store = await fill();
    const lines = await linesOf();
    const before = await store.feeds();
    await storeArchive(told(lines), store, NOW);
    expect(await store.feeds()).toEqual(before);
  });

  test.each([
    { title: "that is empty", lines: [] },
    { title: "of another form", lines: ['{"kind":"hullkeeper","form":2}'] },
    { title: "that is none", lines: ["<html>"] },
    { title: "with a line that is none", lines: ['{"kind":"hullkeeper","form":1}', "{"] },
    { title: "with a list that is none", lines: ['{"kind":"hullkeeper","form":1}', listLine("eA==")] },
    {
      title: "with a document of no feed",
      lines: ['{"kind":"hullkeeper","form":1}', '{"kind":"document","feed":"x","bytes":"eA=="}'],
    },
  ])("$title is refused, and what is there stays", async ({ lines }) => {
    const store = await fill();
    const before = await store.feeds();
    await expect(storeArchive(told(lines), store, NOW)).rejects.toMatchObject({ code: "record-invalid" });
    expect(await store.feeds()).toEqual(before);
    expect(await store.components(DIGEST)).toEqual(libericaRelease(1));
  });

  test("whose feed has a document that is none leaves the feed as it was", async () => {
    const store = await fill();
    const before = await store.feeds();
    const lines = [...(await linesOf()), '{"kind":"document","feed":"bellsoft","bytes":"eA=="}'];
    await expect(storeArchive(told(lines), store, NOW)).rejects.toMatchObject({ code: "record-invalid" });
    expect(await store.feeds()).toEqual(before);
  });
});

function listLine(deflated: string): string {
  return JSON.stringify({ kind: "list", digest: DIGEST, deflated });
}
