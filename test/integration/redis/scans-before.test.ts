import type { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { connect } from "../../../src/adapters/redis/connect.ts";
import { keys } from "../../../src/adapters/redis/keys.ts";
import { dueMemberOf } from "../../../src/adapters/redis/records.ts";
import { createRedisStore } from "../../../src/adapters/redis/store.ts";
import { parseDigest } from "../../../src/image/digest.ts";
import { type ImageLine, parseRepository, parseTag, renderLine } from "../../../src/image/reference.ts";
import { instantOf } from "../../../src/time.ts";
import { linesOf, type Scan } from "../../../src/watch/scan.ts";
import { SILENT } from "../../fakes/log.ts";
import { startRedis, type TestRedis } from "../../tools/redis.ts";

/** What a release wrote that read one branch of each code repository. */

const SHOP = { owner: "acme", name: "shop" };
const PAY = { owner: "acme", name: "pay" };
const MAIN = { codeRepository: SHOP, branch: "main" };
const line = (tag: string): ImageLine => ({
  repository: parseRepository("bellsoft/hardened-base"),
  tag: parseTag(tag),
});
const scanOf = (codeRepository: typeof SHOP, branch: string, tags: readonly string[]): Scan => ({
  codeRepository,
  branch,
  commit: "c".repeat(40),
  scannedAt: instantOf(Date.UTC(2026, 10, 24)),
  places: tags.map((tag) => ({
    path: "Dockerfile",
    line: 1,
    raw: "raw",
    state: {
      kind: "handled",
      line: line(tag),
      digest: parseDigest(`sha256:${"a".repeat(64)}`),
      profile: "bellsoft",
    },
  })),
  skipped: [],
  own: { path: ".github/hullkeeper.yml", settings: { pin: "propose" }, faults: [] },
});
const INDEX = { commit: "c".repeat(40), readBy: "r", files: [{ path: "a", blob: "b".repeat(40) }] };

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

beforeEach(async () => {
  await redis.flushall();
});

async function writeBefore(scan: Scan): Promise<void> {
  const name = `${scan.codeRepository.owner}/${scan.codeRepository.name}`;
  await redis.set(`{hullkeeper}:scan:${name}`, JSON.stringify(scan));
  await redis.set(`{hullkeeper}:files:${name}`, JSON.stringify(INDEX));
  await redis.sadd(keys.scans(), name);
  for (const each of linesOf(scan)) {
    await redis.sadd(keys.subscribers(each), name);
    await redis.sadd(keys.tags(each.repository), each.tag);
    await redis.sadd(keys.watches(), renderLine(each));
    await redis.zadd(keys.due(), scan.scannedAt, dueMemberOf({ kind: "poll", repository: each.repository }));
  }
}

/** Every key with what it holds, but for values that order themselves. */
async function everything(): Promise<Readonly<Record<string, unknown>>> {
  const all: Record<string, unknown> = {};
  for (const key of (await redis.keys("*")).toSorted()) {
    const type = await redis.type(key);
    if (type === "set") all[key] = (await redis.smembers(key)).toSorted();
    else all[key] = type === "zset" ? await redis.zrange(key, "0", "-1", "WITHSCORES") : await redis.get(key);
  }
  return all;
}

test("is read on, and is as if it had been written by this one", async () => {
  const scans = [scanOf(PAY, "develop", ["musl"]), scanOf(SHOP, "main", ["musl", "glibc"])];
  for (const scan of scans) await writeBefore(scan);

  const store = createRedisStore(redis);
  expect(await store.scans()).toEqual(scans);
  expect((await store.watch(line("musl"))).subscribers).toEqual([
    { codeRepository: PAY, branch: "develop" },
    MAIN,
  ]);
  expect(await store.fileIndex(MAIN)).toEqual(INDEX);
  const moved = await everything();

  await redis.flushall();
  const fresh = createRedisStore(redis);
  for (const scan of scans) {
    await fresh.saveScan(scan);
    await fresh.saveFileIndex(scan, INDEX);
  }
  expect(moved).toEqual(await everything());
});

test.each<{
  readonly title: string;
  readonly ask: (store: ReturnType<typeof createRedisStore>) => Promise<unknown>;
  readonly answer: unknown;
}>([
  { title: "a scan", ask: (store) => store.scan(MAIN), answer: scanOf(SHOP, "main", ["musl"]) },
  { title: "scans", ask: (store) => store.scansOf([MAIN]), answer: [scanOf(SHOP, "main", ["musl"])] },
  { title: "scans of one", ask: (store) => store.scansIn(SHOP), answer: [scanOf(SHOP, "main", ["musl"])] },
  { title: "files", ask: (store) => store.fileIndex(MAIN), answer: INDEX },
  {
    title: "a repository",
    ask: async (store) => (await store.watched(line("musl").repository)).watches[0]?.subscribers,
    answer: [MAIN],
  },
  { title: "watches", ask: async (store) => (await store.watches())[0]?.subscribers, answer: [MAIN] },
  {
    title: "a webhook",
    ask: async (store) => (await store.knownUnder(SHOP)).scans.map(({ branch }) => branch),
    answer: ["main"],
  },
])("is there for who asks first for $title", async ({ ask, answer }) => {
  await writeBefore(scanOf(SHOP, "main", ["musl"]));
  expect(await ask(createRedisStore(redis))).toEqual(answer);
});

test("ends subscriptions as those of this release do", async () => {
  await writeBefore(scanOf(SHOP, "main", ["musl", "glibc"]));
  const store = createRedisStore(redis);
  await store.saveScan(scanOf(SHOP, "main", ["glibc"]));
  expect((await store.watches()).map((watch) => renderLine(watch.line))).toEqual([renderLine(line("glibc"))]);
  expect(await store.linesOf(line("musl").repository)).toEqual([line("glibc")]);
});

test("gives way to what this release has found, as where a process of the one before ran on", async () => {
  await createRedisStore(redis).saveScan(scanOf(SHOP, "main", ["glibc"]));
  await writeBefore(scanOf(SHOP, "main", ["musl", "glibc"]));
  const store = createRedisStore(redis);
  expect(await store.scans()).toEqual([scanOf(SHOP, "main", ["glibc"])]);
  expect(await store.watches()).toMatchObject([{ line: line("glibc"), subscribers: [MAIN] }]);
  expect(await redis.exists("{hullkeeper}:scan:acme/shop", "{hullkeeper}:files:acme/shop")).toBe(0);
});

test("is moved once by many processes that start at one time", async () => {
  await writeBefore(scanOf(SHOP, "main", ["musl"]));
  const stores = Array.from({ length: 8 }, () => createRedisStore(redis));
  const found = await Promise.all(stores.map((store) => store.scans()));
  expect(found).toEqual(stores.map(() => [scanOf(SHOP, "main", ["musl"])]));
  expect(await redis.smembers(keys.scans())).toEqual(["acme/shop#main"]);
  expect(await redis.smembers(keys.subscribers(line("musl")))).toEqual(["acme/shop#main"]);
});

test("of a name without a scan: is forgotten", async () => {
  await redis.sadd(keys.scans(), "acme/shop");
  expect(await createRedisStore(redis).scans()).toEqual([]);
  expect(await redis.exists(keys.scans())).toBe(0);
});

test("of another form: is refused, and asked for again", async () => {
  await writeBefore(scanOf(SHOP, "main", ["musl"]));
  await redis.set("{hullkeeper}:scan:acme/shop", "{");
  const store = createRedisStore(redis);
  await expect(store.scans()).rejects.toMatchObject({ code: "record-invalid" });
  await redis.set("{hullkeeper}:scan:acme/shop", JSON.stringify(scanOf(SHOP, "main", ["musl"])));
  expect(await store.scans()).toHaveLength(1);
});
