import { describe, expect, test } from "vitest";
import type { Config } from "../../config/config.ts";
import { configuredRedis } from "../../src/cli/redis.ts";
import { Secret } from "../../src/secret.ts";
import { NOTHING_CONFIGURED } from "./config.ts";

const withUrl = (url: string): Config => ({ ...NOTHING_CONFIGURED, redisUrl: new Secret(url) });

describe("which Redis is meant", () => {
  test.each([
    { url: "redis://redis:6379", is: { kind: "url", url: "redis://redis:6379" } },
    { url: "rediss://:secret@r.example/1", is: { kind: "url", url: "rediss://:secret@r.example/1" } },
    { url: "/run/redis/redis.sock", is: { kind: "socket", path: "/run/redis/redis.sock" } },
  ])("$url", ({ url, is }) => {
    expect(configuredRedis(withUrl(url))).toEqual(is);
  });

  test("none", () => {
    expect(configuredRedis(NOTHING_CONFIGURED)).toBeUndefined();
  });
});
