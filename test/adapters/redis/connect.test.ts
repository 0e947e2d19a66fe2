import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { faultsOf, warningsOf } from "../../../src/adapters/redis/connect.ts";

const infoOf = (name: string): string =>
  readFileSync(new URL(`../../fixtures/redis-info/${name}.txt`, import.meta.url), "utf8");

const REDIS = infoOf("redis-7.0.15");
const VALKEY = infoOf("valkey-8.1.1");

/** What a server answers whose field has another value. */
function changed(info: string, field: string, value: string): string {
  const changedInfo = info.replace(new RegExp(`^${field}:.*?(\\r?)$`, "m"), `${field}:${value}$1`);
  if (changedInfo === info) throw new Error(`there is no ${field} to change`);
  return changedInfo;
}

/** What a server answers that does not know the field. */
function without(info: string, field: string): string {
  return info.replace(new RegExp(`^${field}:.*\\r?\\n`, "m"), "");
}

describe("may be used", () => {
  test.each([
    { title: "Redis 7", info: REDIS },
    { title: "Valkey 8, which also calls itself Redis 7.2", info: VALKEY },
    { title: "Redis 6.2, the oldest", info: changed(REDIS, "redis_version", "6.2.0") },
    { title: "Redis 8", info: changed(REDIS, "redis_version", "8.2.1") },
    { title: "Redis 10", info: changed(REDIS, "redis_version", "10.0.0") },
    { title: "with line ends of another kind", info: REDIS.replaceAll("\r\n", "\n") },
  ])("$title", ({ info }) => {
    expect(faultsOf(info)).toEqual([]);
  });
});

describe("may not be used", () => {
  test.each([
    { version: "6.0.16" },
    { version: "5.0.14" },
    { version: "2.8.24" },
    { version: "6.1.240" },
    { version: "unstable" },
  ])("Redis $version", ({ version }) => {
    expect(faultsOf(changed(REDIS, "redis_version", version))).toEqual([
      `its version is ${version}; 6.2 or newer is needed (Debian: apt-get install redis-server)`,
    ]);
  });

  test.each([
    { policy: "allkeys-lru" },
    { policy: "allkeys-lfu" },
    { policy: "allkeys-random" },
    { policy: "volatile-lru" },
    { policy: "volatile-lfu" },
    { policy: "volatile-random" },
    { policy: "volatile-ttl" },
  ])("with $policy, and the fault says how to mend it", ({ policy }) => {
    for (const info of [REDIS, VALKEY]) {
      expect(faultsOf(changed(info, "maxmemory_policy", policy))).toEqual([
        `its maxmemory-policy is ${policy}, so it may drop facts under memory pressure; ` +
          "run: redis-cli CONFIG SET maxmemory-policy noeviction (and put it into redis.conf)",
      ]);
    }
  });

  test("one that does not say what it is", () => {
    expect(faultsOf("")).toEqual([
      expect.stringMatching(/^its version is unknown; /),
      expect.stringMatching(/^its maxmemory-policy is unknown, /),
    ]);
    expect(faultsOf(without(REDIS, "maxmemory_policy"))).toHaveLength(1);
    expect(faultsOf(without(REDIS, "redis_version"))).toHaveLength(1);
  });

  test("all faults at once", () => {
    const info = changed(changed(REDIS, "redis_version", "6.0.16"), "maxmemory_policy", "allkeys-lru");
    expect(faultsOf(info)).toHaveLength(2);
  });

  test("a policy that only looks like the right one", () => {
    expect(faultsOf(changed(REDIS, "maxmemory_policy", "noeviction-ish"))).toHaveLength(1);
    expect(faultsOf(`${without(REDIS, "maxmemory_policy")}not_maxmemory_policy:noeviction\r\n`)).toHaveLength(
      1,
    );
  });
});

describe("a warning", () => {
  test("where no append-only file is kept, with the command", () => {
    expect(warningsOf(REDIS)).toEqual([expect.stringContaining("redis-cli CONFIG SET appendonly yes")]);
    expect(warningsOf("")).toHaveLength(1);
    expect(warningsOf(changed(VALKEY, "aof_enabled", "0"))).toHaveLength(1);
  });

  test("none where one is", () => {
    expect(warningsOf(VALKEY)).toEqual([]);
    expect(warningsOf(changed(REDIS, "aof_enabled", "1"))).toEqual([]);
  });
});
