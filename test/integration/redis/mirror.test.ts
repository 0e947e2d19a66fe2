import { existsSync } from "node:fs";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createMirroredAdvisories } from "../../../src/adapters/advisories/mirrored.ts";
import { connect } from "../../../src/adapters/redis/connect.ts";
import { createRedisStore } from "../../../src/adapters/redis/store.ts";
import { packageLookup } from "../../../src/advisory/feed-document.ts";
import { mirror } from "../../../workers/mirror.ts";
import { sourceOf } from "../../adapters/advisories/bench.ts";
import { SILENT } from "../../fakes/log.ts";
import { createFakeStore } from "../../fakes/store.ts";
import { sharedData } from "../../shared-data.ts";
import { startRedis, type TestRedis } from "../../tools/redis.ts";
import { createBench } from "../../workers/bench.ts";

const FEED = sharedData("osv/bellsoft-live.jsonl.gz");
const OPENSSL = { ecosystem: "Alpaquita:stream", name: "openssl" };

let server: TestRedis;
let redis: Redis;
let directory: string;
beforeAll(async () => {
  server = await startRedis();
  redis = connect(server.address, SILENT);
  directory = await mkdtemp(join(tmpdir(), "mirror-"));
});
afterAll(async () => {
  redis.disconnect();
  await server.close();
  await rm(directory, { recursive: true });
});

describe.skipIf(!existsSync(FEED))("a published feed", () => {
  test("is mirrored, answers, and costs what changed", async () => {
    await copyFile(FEED, join(directory, "live.jsonl.gz"));
    const store = { ...createFakeStore(), ...createRedisStore(redis) };
    const source = sourceOf({ kind: "directory", path: directory });
    const bench = createBench({ store, feeds: [source] });
    await bench.run(mirror, { feed: "feed" });
    const [feed] = await store.feeds();
    expect(feed).toMatchObject({
      recordCount: 12_401,
      faultCount: 0,
      ecosystems: [
        "Alpaquita",
        "Alpaquita:23",
        "Alpaquita:25",
        "Alpaquita:stream",
        "BellSoft Hardened Containers",
        "BellSoft Hardened Containers:23",
        "BellSoft Hardened Containers:25",
        "BellSoft Hardened Containers:stream",
      ],
    });
    // 30 MB in the form they are published in.
    expect(feed?.bytes).toBeLessThan(6_000_000);

    const advisories = createMirroredAdvisories(store, [source]);
    const { records, feeds } = await advisories.about([OPENSSL], AbortSignal.timeout(20_000));
    expect(records.length).toBeGreaterThan(50);
    expect(feeds.map(({ snapshot }) => snapshot)).toEqual([feed?.snapshot]);

    const changes = await store.takeChanged(100_000);
    await store.doneChanged(changes);
    const affected = [{ package: OPENSSL }];
    const record = { id: "NEW-1", modified: "2026-11-20T00:00:00Z", affected };
    await writeFile(join(directory, "new.json"), JSON.stringify(record));
    await bench.run(mirror, { feed: "feed" });
    expect(await store.takeChanged(10)).toEqual([packageLookup(OPENSSL), "vNEW-1"]);
    const again = await advisories.about([OPENSSL], AbortSignal.timeout(20_000));
    expect(again.records).toHaveLength(records.length + 1);
  });
});
