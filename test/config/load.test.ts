import { signersOf } from "../../src/trust/policy.ts";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { ConfigError } from "../../config/fault.ts";
import { loadConfig } from "../../config/load.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../src/time.ts";
import {
  type Case,
  ENVIRONMENT,
  builtInIds,
  faultsOf,
  load,
  loginAt,
  MARKER_KEY,
  PUBLIC_KEY,
  tokenOf,
} from "./folder.ts";

const GITHUB = { token: { env: "TOKEN" }, repositories: ["acme/shop"] };
const KEYS = [{ file: "key.pub" }];

describe("the file", () => {
  test.each([
    { title: "an empty file", text: "", reason: "must be a mapping of sections, is empty" },
    { title: "a list", text: "- github", reason: "is a list" },
    { title: "broken YAML", text: "github:\n  token: a: b\n", reason: "line 2, column" },
    {
      title: "one key twice",
      text: "web: {}\nlog: {}\nweb: {}\n",
      reason: "line 3, column 1: Map keys must be unique",
    },
    { title: "two documents", text: "web: {}\n---\nlog: {}\n", reason: "multiple documents" },
    {
      title: "a tag with a meaning of its own",
      text: "github: !env TOKEN\n",
      reason: "Unresolved tag: !env",
    },
    { title: "an alias of nothing", text: "web: *nothing\n", reason: "Unresolved alias" },
    { title: "a key that is a mapping", text: "? { a: 1 }\n: 2\n", reason: "keys must be strings" },
    {
      title: "a key that objects would swallow",
      text: "registries: { __proto__: {} }\n",
      reason: "__proto__",
    },
    {
      title: "aliases that grow",
      text: [
        "a: &a [x, x]",
        ...["b", "c", "d"].map((name, i) => `${name}: &${name} [${`*${"abc"[i]},`.repeat(10)}]`),
      ].join("\n"),
      reason: "Excessive alias count",
    },
    { title: "a file without end", text: `# ${"x".repeat(1_100_000)}`, reason: "is larger than" },
  ])("refuses $title", async ({ text, reason }) => {
    expect(await faultsOf({ text })).toEqual([{ path: "", reason: expect.stringContaining(reason) }]);
  });

  test("refuses one that is not there", async () => {
    await expect(loadConfig("/nowhere/hullkeeper.yaml", ENVIRONMENT)).rejects.toThrow(
      'configuration "/nowhere/hullkeeper.yaml" is refused:\n  "/nowhere/hullkeeper.yaml": cannot be read: ENOENT',
    );
  });

  test("tells all faults at once, one per line, each with its path", async () => {
    const loaded: Case = {
      sections: {
        github: {
          tokn: 1,
          token: { env: "NOWHERE" },
          url: "http://github.example.com",
          repositories: ["acme"],
        },
        vendors: { bellsoft: { keys: [{ file: "nowhere.pub" }, { file: "key.pub" }, { pem: "x" }] } },
        registries: { "docker.io": { password: { file: "nowhere" } } },
        marker: { key: { env: "SHORT" } },
        intervals: { poll: "-1s", sla: 5 },
      },
      environment: { SHORT: "x", REDIS_URL: "nonsense" },
    };
    const faults = await faultsOf(loaded);
    expect(faults.map(({ path }) => path).toSorted()).toEqual([
      "",
      "github.repositories[0]",
      "github.token.env",
      "github.tokn",
      "github.url",
      "intervals.poll",
      "intervals.sla",
      "marker.key.env",
      'registries."docker.io".password.file',
      "vendors.bellsoft.keys[0].file",
      "vendors.bellsoft.keys[2].pem",
    ]);
    const error = new ConfigError("hullkeeper.yaml", faults);
    expect(error.code).toBe("config-invalid");
    expect(error.transient).toBe(false);
    expect(error.message.split("\n")).toHaveLength(1 + faults.length);
    expect(error.message).toMatch(
      /^ {2}vendors\.bellsoft\.keys\[0\]\.file: ".*\/nowhere\.pub": cannot be read: ENOENT$/m,
    );
  });

  test("tells of claimed images beside other faults, even of the same entries", async () => {
    const faults = await faultsOf({
      sections: {
        vendors: { bellsoft: { keys: [{ file: "nowhere.pub" }], images: ["10.0.0.1/mirror"] } },
        subscriptions: [
          { image: "ghcr.io/acme/base:1", keys: KEYS },
          { image: "bellsoft/hardened-base", keys: [{ file: "nowhere.pub" }], tag: "1" },
        ],
        policy: { dueSoon: "soon" },
        redis: { url: "nonsense" },
      },
    });
    expect(faults.map(({ path }) => path).toSorted()).toEqual([
      "policy.dueSoon",
      "redis.url",
      "subscriptions[0].image",
      "subscriptions[1].image",
      "subscriptions[1].keys[0].file",
      "subscriptions[1].tag",
      "vendors.bellsoft.images[0]",
      "vendors.bellsoft.keys[0].file",
    ]);
  });
});

describe("a configuration that is right", () => {
  test("has safe defaults", async () => {
    const { profiles, ...config } = await load({});
    expect(config).toMatchObject({
      github: {
        baseUrl: "https://api.github.com",
        repositories: [{ kind: "allow", owner: "acme", name: "shop" }],
      },
      registries: new Map(),
      mirrors: [],
      intervals: {
        pollMs: 30 * MINUTE_MS,
        maxStalenessMs: HOUR_MS,
        discoverMs: DAY_MS,
        repositoriesMs: HOUR_MS,
        proposalsMs: 5 * MINUTE_MS,
        slaMs: MINUTE_MS,
      },
      evidence: {
        waitMs: DAY_MS,
        retryMs: [MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS],
        sbomWaitMs: 2 * MINUTE_MS,
        recheckMs: DAY_MS,
      },
      dueSoonMs: 3 * DAY_MS,
      closeRevoked: false,
      web: { host: "127.0.0.1", port: 8080 },
      pushHooks: [],
      logLevel: "info",
      warnings: [],
    });
    for (const name of ["redisUrl", "dockerConfig", "proxy"]) expect(Object.keys(config)).not.toContain(name);
    expect(tokenOf(config)).toBe("the-token");
    expect(config.markerKey.reveal()).toBe(MARKER_KEY);
    expect(profiles.map(({ id }) => id).toSorted()).toEqual(builtInIds().toSorted());
    expect(config.images).toEqual([]);
  });

  test("carries everything that can be said", async () => {
    const config = await load({
      sections: {
        github: { ...GITHUB, url: "http://127.0.0.1:3000/api/v3/", baseBranch: "release/1.x" },
        registries: {
          "127.0.0.1:5000": { plainHttp: true, allowPrivate: true },
          "docker.io": { username: "acme-bot", password: { env: "TOKEN" } },
          "registry.acme.internal": { ca: "ca.pem" },
        },
        intervals: { poll: "1s", tryingOut: true },
        evidence: { retry: ["2s"] },
        advisories: { directory: "osv" },
        redis: { url: "redis://redis:6379/2" },
        web: { host: "0.0.0.0", port: 0, publicUrl: "https://hullkeeper.acme.example/" },
        log: { level: "debug" },
      },
      files: { "ca.pem": "-----BEGIN CERTIFICATE-----\n", "osv/README": "" },
    });
    expect(config.github).toMatchObject({
      baseUrl: "http://127.0.0.1:3000/api/v3",
      baseBranch: "release/1.x",
    });
    expect(config.registries.get("127.0.0.1:5000")).toEqual({ plainHttp: true, allowPrivate: true });
    expect(loginAt(config, "docker.io")).toEqual({
      kind: "basic",
      username: "acme-bot",
      password: "the-token",
    });
    expect(config.registries.get("registry.acme.internal")?.ca).toContain("CERTIFICATE");
    expect(config).toMatchObject({
      intervals: { pollMs: 1_000, maxStalenessMs: HOUR_MS },
      evidence: { retryMs: [2_000] },
      feeds: [
        expect.objectContaining({
          id: "directory",
          place: { kind: "directory", path: expect.stringMatching(/^\/.*\/osv$/) },
        }),
      ],
      web: { host: "0.0.0.0", port: 0, publicUrl: "https://hullkeeper.acme.example" },
      pushHooks: [],
      logLevel: "debug",
    });
    expect(config.redisUrl?.reveal()).toBe("redis://redis:6379/2");
    expect(config.warnings).toEqual([
      expect.stringContaining("intervals.poll: 1s is often"),
      expect.stringContaining("web.host: the pages have no login"),
    ]);
  });

  test.each([
    {
      title: "REDIS_URL before the file",
      redis: { url: "redis://file" },
      REDIS_URL: "rediss://:pass@env",
      url: "rediss://:pass@env",
    },
    { title: "a socket in REDIS_URL", redis: {}, REDIS_URL: "/run/redis.sock", url: "/run/redis.sock" },
    {
      title: "a secret in the file",
      redis: { url: { env: "TOKEN_URL" } },
      TOKEN_URL: "redis://:pass@x",
      url: "redis://:pass@x",
    },
  ])("takes $title", async ({ title: _title, redis, url, ...environment }) => {
    const config = await load({ sections: { redis }, environment });
    expect(config.redisUrl?.reveal()).toBe(url);
  });

  test("warns of a password sent in clear, but not to this machine", async () => {
    const access = { plainHttp: true, username: "x", password: { env: "TOKEN" } };
    const config = await load({
      sections: {
        registries: { "localhost:5000": { ...access, allowPrivate: true }, "registry.acme.internal": access },
        vendors: {
          bellsoft: { keys: KEYS, images: ["localhost:5000/base", "registry.acme.internal/base"] },
        },
      },
    });
    expect(config.warnings).toEqual([
      expect.stringContaining('registries."registry.acme.internal": the password'),
    ]);
  });

  test("may use an alias to say a thing twice", async () => {
    const config = await load({
      text: [
        "github: { token: &token { env: TOKEN }, repositories: [acme/shop] }",
        "registries: { ghcr.io: { username: acme, password: *token } }",
        "marker: { key: { env: MARKER_KEY } }",
      ].join("\n"),
    });
    expect(loginAt(config, "ghcr.io")).toEqual({ kind: "basic", username: "acme", password: "the-token" });
  });

  test("the example loads, without a warning", async () => {
    const folder = await mkdtemp(join(tmpdir(), "hullkeeper-config-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const text = await readFile(new URL("../../config/hullkeeper.example.yaml", import.meta.url), "utf8");
    const config = await load({
      text,
      environment: { GITHUB_TOKEN: "x", DOCKERHUB_TOKEN: "y" },
      files: {
        "keys/bellsoft.pub": PUBLIC_KEY,
        "keys/platform.pub": PUBLIC_KEY,
        "secrets/marker-key": `${MARKER_KEY}\n`,
      },
    });
    expect(config.github.repositories).toHaveLength(2);
    const enforced = config.profiles.filter(({ mode }) => mode === "enforced");
    expect(enforced.map(({ id, policy }) => ({ id, keys: signersOf(policy).length }))).toEqual([
      { id: "bellsoft", keys: 1 },
      { id: "acme-platform-base", keys: 1 },
    ]);
    expect(config.warnings).toEqual([]);
  });
});
