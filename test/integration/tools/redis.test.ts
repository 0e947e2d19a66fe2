import { existsSync } from "node:fs";
import { Redis } from "ioredis";
import { describe, expect, test } from "vitest";
import { redisMissing, startRedis } from "../../tools/redis.ts";

const missing = redisMissing();

describe.skipIf(missing !== undefined)(`a private Redis (${missing ?? "present"})`, () => {
  test("keeps every write, evicts nothing, and is nobody else's", async () => {
    const [one, other] = await Promise.all([startRedis(), startRedis()]);
    const clients = [one, other].map(({ url }) => new Redis(url.replace("unix://", "")));
    try {
      const [first, second] = clients;
      await first?.set("key", "value");
      expect(await second?.get("key")).toBeNull();
      expect(await first?.config("GET", "maxmemory-policy")).toEqual(["maxmemory-policy", "noeviction"]);
      expect(await first?.config("GET", "appendonly")).toEqual(["appendonly", "yes"]);
      expect(await first?.config("GET", "port")).toEqual(["port", "0"]);
    } finally {
      for (const client of clients) client.disconnect();
      await Promise.all([one.close(), other.close()]);
    }
    expect(existsSync(one.url.replace("unix://", ""))).toBe(false);
  });
});
