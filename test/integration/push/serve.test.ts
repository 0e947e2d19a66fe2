import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { stringify } from "yaml";
import { createRedisClock } from "../../../src/adapters/redis/clock.ts";
import { connect } from "../../../src/adapters/redis/connect.ts";
import { createRedisStore } from "../../../src/adapters/redis/store.ts";
import { DAY_MS, later } from "../../../src/time.ts";
import { until } from "../../e2e/until.ts";
import { SILENT } from "../../fakes/log.ts";
import { startFakeRegistry } from "../../fakes/registry/server.ts";
import { startHullkeeper } from "../../tools/hullkeeper.ts";
import { redisMissing, startRedis } from "../../tools/redis.ts";
import { lineOf } from "../../web/hooks-under-test.ts";

const missing = redisMissing();
const PATH_SECRET = "path-secret-of-the-process-0123456789";
const HEADER_VALUE = "Bearer header-secret-of-the-process";
/** Nothing listens on the discard port, so that no scan replaces what the test watches. */
const NO_CODE_HOST = "http://127.0.0.1:9";

const configurationOf = (registryHost: string): string =>
  stringify({
    github: { token: { env: "TOKEN" }, url: NO_CODE_HOST, repositories: ["acme/shop"] },
    marker: { key: { env: "MARKER_KEY" } },
    trustUpdates: { mode: "off" },
    registries: { [registryHost]: { plainHttp: true, allowPrivate: true } },
    web: { port: 0 },
    log: { level: "debug" },
    push: {
      hooks: [
        {
          provider: "distribution",
          secret: { env: "HOOK" },
          registry: registryHost,
          header: { value: { env: "HOOK_HEADER" } },
        },
      ],
    },
  });

test.skipIf(missing !== undefined)(
  `a serving process asks the registry at once when it is told of a push (${missing ?? "present"})`,
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "hk-push-"));
    const [server, registry] = await Promise.all([startRedis(), startFakeRegistry()]);
    const redis = connect(server.address, SILENT);
    onTestFinished(async () => {
      redis.disconnect();
      await Promise.all([server.close(), registry.close(), rm(folder, { recursive: true })]);
    });
    const line = lineOf(`${registry.host}/acme/base`, "1");
    const store = createRedisStore(redis);
    const now = await createRedisClock(redis).now();
    await store.saveScan({
      codeRepository: { owner: "acme", name: "shop" },
      branch: "main",
      commit: "c".repeat(40),
      scannedAt: now,
      places: [
        {
          path: "Dockerfile",
          line: 1,
          raw: "raw",
          state: { kind: "seen", reason: "not-pinned", line, profile: "acme" },
        },
      ],
      skipped: [],
    });
    await store.schedule({ kind: "poll", repository: line.repository }, later(now, DAY_MS), "set");

    await writeFile(join(folder, "hullkeeper.yaml"), configurationOf(registry.host));
    const ours = startHullkeeper(["serve", "--config", join(folder, "hullkeeper.yaml")], {
      TOKEN: "token",
      MARKER_KEY: "0123456789abcdef".repeat(4),
      HOOK: PATH_SECRET,
      HOOK_HEADER: HEADER_VALUE,
      REDIS_URL: server.url,
    });
    onTestFinished(() => ours.end());
    const [url = ""] = /http:\S+$/.exec(await ours.lineMatching(/ serves http:/)) ?? [];

    const call = async (secret: string, authorization: string): Promise<Response> =>
      fetch(`${url}/hooks/distribution/${secret}`, {
        method: "POST",
        headers: { authorization },
        body: JSON.stringify({
          events: [
            {
              action: "push",
              target: {
                mediaType: "application/vnd.oci.image.index.v1+json",
                repository: "acme/base",
                tag: "1",
                digest: `sha256:${"f".repeat(64)}`,
              },
              request: { host: registry.host },
            },
          ],
        }),
      });
    expect((await call(`${PATH_SECRET}x`, HEADER_VALUE)).status).toBe(404);
    expect((await call(PATH_SECRET, "Bearer wrong")).status).toBe(401);
    expect(registry.requests).toEqual([]);

    expect((await call(PATH_SECRET, HEADER_VALUE)).status).toBe(202);
    await until({
      what: "a question about the tag",
      holds: async () => registry.requests.some(({ url: asked }) => asked === "/v2/acme/base/manifests/1"),
      explain: () => ours.output(),
      timeoutMs: 30_000,
    });

    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain('hullkeeper_push_total{provider="distribution",outcome="accepted"} 1');
    expect(metrics).toContain('hullkeeper_push_total{provider="unknown",outcome="not-found"} 1');
    await ours.end();
    expect(ours.output()).toContain("push not taken");
    for (const secret of [PATH_SECRET, HEADER_VALUE]) expect(ours.output() + metrics).not.toContain(secret);
  },
);
