import { DEFAULT_POLICIES } from "../../../src/vendor/policies.ts";
import type { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createRedisClock } from "../../../src/adapters/redis/clock.ts";
import { connect } from "../../../src/adapters/redis/connect.ts";
import { createRedisStore } from "../../../src/adapters/redis/store.ts";
import type { ImageLine } from "../../../src/image/reference.ts";
import type { Store } from "../../../src/ports/store.ts";
import type { Hook } from "../../../src/push/hook.ts";
import { Secret } from "../../../src/secret.ts";
import { DAY_MS, later } from "../../../src/time.ts";
import { createWeb } from "../../../src/web/app.ts";
import { serveWeb, type WebServer } from "../../../src/web/server.ts";
import { SILENT } from "../../fakes/log.ts";
import {
  type DockerRegistry,
  dockerRegistryMissing,
  startDockerRegistry,
} from "../../tools/docker-registry.ts";
import { pushImage } from "../../tools/publish.ts";
import { redisMissing, startRedis, type TestRedis } from "../../tools/redis.ts";
import { callOf, hookOf, lineOf, pathOf, verifierSaying } from "../../web/hooks-under-test.ts";

const RELEASE = { version: "1.2.3", createdAt: "2026-11-20T10:00:00Z" };
const PATH_SECRET = "path-secret-of-docker-registry";
const HEADER_VALUE = "Bearer secret-of-docker-registry";
const missing = dockerRegistryMissing() ?? redisMissing();

let server: TestRedis;
let redis: Redis;
let store: Store;

/** The receiver on the real store; each outcome is told to whoever waits for it. */
function receiver(hooks: readonly Hook[]) {
  const outcomes: string[] = [];
  const waiting: { readonly outcome: string; readonly resolve: () => void }[] = [];
  const app = createWeb({
    store,
    clock: createRedisClock(redis),
    gate: { states: async () => [] },
    profiles: [],
    policies: DEFAULT_POLICIES,
    metrics: { text: async () => "", contentType: "text/plain" },
    ready: async () => [],
    version: "0",
    dueSoonMs: 1,
    push: {
      hooks,
      verifier: verifierSaying({ kind: "valid" }),
      metrics: {
        push({ outcome }) {
          outcomes.push(outcome);
          for (const one of waiting) if (one.outcome === outcome) one.resolve();
        },
      },
      log: SILENT,
    },
  });
  const first = async (outcome: string): Promise<void> => {
    if (outcomes.includes(outcome)) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.push({ outcome, resolve });
    await promise;
  };
  return { app, outcomes, first };
}

/** Somebody watches these lines, and their polls are due tomorrow. */
async function watch(...lines: readonly ImageLine[]): Promise<void> {
  const now = await createRedisClock(redis).now();
  await store.saveScan({
    codeRepository: { owner: "acme", name: "shop" },
    branch: "main",
    commit: "c".repeat(40),
    scannedAt: now,
    places: lines.map((line, index) => ({
      path: "Dockerfile",
      line: index + 1,
      raw: "raw",
      state: { kind: "seen", reason: "not-pinned", line, profile: "acme" },
    })),
    skipped: [],
  });
  for (const { repository } of lines) {
    await store.schedule({ kind: "poll", repository }, later(now, DAY_MS), "set");
  }
}

async function due(): Promise<Awaited<ReturnType<Store["claimDue"]>>> {
  return store.claimDue(await createRedisClock(redis).now(), 1_000, 100);
}

describe.skipIf(missing !== undefined)(`pushes on real programs (${missing ?? "present"})`, () => {
  beforeAll(async () => {
    server = await startRedis();
    redis = connect(server.address, SILENT);
  });

  beforeEach(async () => {
    await redis.flushall();
    store = createRedisStore(redis);
  });

  afterAll(async () => {
    redis.disconnect();
    await server.close();
  });

  describe("docker-registry", () => {
    let web: WebServer;
    let registry: DockerRegistry;
    let receiving: ReturnType<typeof receiver>;

    const start = async (path: string, headers: Readonly<Record<string, string>>): Promise<void> => {
      web = await serveWeb(
        { fetch: (...call) => receiving.app.fetch(...call) },
        { host: "127.0.0.1", port: 0 },
      );
      registry = await startDockerRegistry({ notifications: { url: `${web.url}${path}`, headers } });
      receiving = receiver([
        {
          provider: "distribution",
          secret: new Secret(PATH_SECRET),
          registry: registry.host,
          proof: { kind: "header", name: "Authorization", value: new Secret(HEADER_VALUE) },
        },
      ]);
    };

    afterEach(async () => {
      await registry.close();
      await web.close();
    });

    test("makes the poll of a watched repository due when its tag is pushed", async () => {
      await start(`/hooks/distribution/${PATH_SECRET}`, { Authorization: HEADER_VALUE });
      await watch(lineOf(`${registry.host}/acme/base`, "1"), lineOf(`${registry.host}/acme/other`, "1"));
      await pushImage({ host: registry.host, repository: "acme/base", tag: "1", release: RELEASE });
      await receiving.first("accepted");
      expect(await due()).toEqual([
        { kind: "poll", repository: { registry: registry.host, path: "acme/base" } },
      ]);
      // Layers and the manifests of single platforms came first, and moved no tag.
      expect(receiving.outcomes.filter((outcome) => outcome === "ignored").length).toBeGreaterThan(2);
      expect(await store.events(10)).toEqual([]);
      expect((await store.watches()).flatMap(({ history }) => history)).toEqual([]);
    });

    test("is not listened to about what nobody watches", async () => {
      await start(`/hooks/distribution/${PATH_SECRET}`, { Authorization: HEADER_VALUE });
      await watch(lineOf(`${registry.host}/acme/base`, "1"));
      await pushImage({ host: registry.host, repository: "acme/stranger", tag: "1", release: RELEASE });
      await pushImage({ host: registry.host, repository: "acme/base", tag: "1", release: RELEASE });
      await receiving.first("accepted");
      expect(await due()).toEqual([
        { kind: "poll", repository: { registry: registry.host, path: "acme/base" } },
      ]);
    });

    test.each([
      {
        title: "the header",
        path: `/hooks/distribution/${PATH_SECRET}`,
        header: "Bearer wrong",
        outcome: "unproven",
      },
      {
        title: "the path",
        path: `/hooks/distribution/${PATH_SECRET}x`,
        header: HEADER_VALUE,
        outcome: "not-found",
      },
    ])("is not believed when $title is wrong", async ({ path, header, outcome }) => {
      await start(path, { Authorization: header });
      await watch(lineOf(`${registry.host}/acme/base`, "1"));
      await pushImage({ host: registry.host, repository: "acme/base", tag: "1", release: RELEASE });
      await receiving.first(outcome);
      expect(await due()).toEqual([]);
      expect(new Set(receiving.outcomes)).toEqual(new Set([outcome]));
    });
  });

  describe("Redis", () => {
    const line = lineOf("acme/hardened-base", "3.23-musl");

    test("has one poll due after a thousand calls, most of them turned away", async () => {
      const { app, outcomes } = receiver([hookOf("docker-hub")]);
      await watch(line);
      for (let call = 0; call < 1_000; call += 1)
        await app.request(pathOf("docker-hub"), callOf("docker-hub"));
      expect(outcomes).toHaveLength(1_000);
      expect(new Set(outcomes)).toEqual(new Set(["accepted", "rate-limited"]));
      expect(await due()).toEqual([{ kind: "poll", repository: line.repository }]);
      expect(await due()).toEqual([]);
    });

    test("that is gone is a 503 in time, not a caller that waits", async () => {
      const lost = await startRedis();
      const connection = connect(lost.address, SILENT);
      store = createRedisStore(connection);
      await connection.ping();
      const { app } = receiver([hookOf("docker-hub")]);
      await lost.close();
      const began = performance.now();
      const answer = await app.request(pathOf("docker-hub"), callOf("docker-hub"));
      expect(answer.status).toBe(503);
      expect(performance.now() - began).toBeLessThan(5_000);
      connection.disconnect();
    });
  });
});
