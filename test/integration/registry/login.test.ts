import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRegistry } from "../../../src/adapters/registry/client.ts";
import type { Login, RegistryOptions } from "../../../src/adapters/registry/settings.ts";
import type { Digest } from "../../../src/image/digest.ts";
import { type ImageLine, parseTag } from "../../../src/image/reference.ts";
import { Secret } from "../../../src/secret.ts";
import { OpenGate } from "../../fakes/host-gate.ts";
import { RecordedMetrics } from "../../fakes/registry/metrics.ts";
import { dockerRegistryMissing, REGISTRY_LOGIN, startDockerRegistry } from "../../tools/docker-registry.ts";
import { pushImage } from "../../tools/publish.ts";
import { startTokenServer, type TokenServer, type TokenServerOptions } from "../../tools/token-server.ts";

const PATH = "acme/base";
const IDENTITY_TOKEN = "canary-identity-token";
const missing = dockerRegistryMissing();
const { signal } = new AbortController();

const basic = (password: string): Login => ({
  kind: "basic",
  username: REGISTRY_LOGIN.username,
  password: new Secret(password),
});

const identity = (token: string): Login => ({ kind: "identity-token", token: new Secret(token) });

/** Settings that let a client reach the registry, and the token service at its own port. */
const reaching = (host: string, server: TokenServer, login?: Login): Partial<RegistryOptions> => {
  const open = { plainHttp: true, allowPrivate: true } as const;
  return {
    hosts: new Map([
      [host, { ...open, ...(login === undefined ? {} : { login }) }],
      [server.host, open],
    ]),
  };
};

describe.skipIf(missing !== undefined)(
  `logging in to real docker-registry${missing === undefined ? "" : ` (${missing})`}`,
  () => {
    let directory = "";
    let digest: Digest;

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), "hk-login-"));
      const open = await startDockerRegistry({ directory });
      const release = { version: "1.0.0", createdAt: "2026-11-20T10:00:00Z" };
      const pushed = await pushImage({ host: open.host, repository: PATH, tag: "latest", release });
      digest = pushed.digest;
      await open.close();
    });
    afterAll(() => rm(directory, { recursive: true, force: true }));

    /** Where the tag points for this log-in; the code of the error when it is refused. */
    const outcomeWith = async (
      host: string,
      options: Partial<RegistryOptions> & { readonly login?: Login },
    ): Promise<unknown> => {
      const { login, ...rest } = options;
      const settings = { plainHttp: true, allowPrivate: true, ...(login === undefined ? {} : { login }) };
      const client = createRegistry({
        hosts: new Map([[host, settings]]),
        gate: new OpenGate(),
        userAgent: "hullkeeper-test",
        metrics: new RecordedMetrics(),
        ...rest,
      });
      const line: ImageLine = { repository: { registry: host, path: PATH }, tag: parseTag("latest") };
      try {
        const state = await client.resolve(line, signal);
        const manifest = await client.manifest({ repository: line.repository, digest }, signal);
        return { state, kind: manifest.kind };
      } catch (error) {
        return error;
      } finally {
        await client.close();
      }
    };
    const readable = (): unknown => ({ state: { kind: "found", digest }, kind: "index" });
    test("with a password file, by Basic: from the settings and from docker's document, or not at all", async () => {
      const registry = await startDockerRegistry({ directory, htpasswd: REGISTRY_LOGIN.htpasswd });
      const { host } = registry;
      try {
        const { username, password } = REGISTRY_LOGIN;
        expect(await outcomeWith(host, { login: basic(password) })).toEqual(readable());
        const inline = new Secret(
          JSON.stringify({ auths: { [`http://${host}/v2/`]: { username, password } } }),
        );
        const dockerConfig = { inline, files: [], helpers: "ignored" } as const;
        expect(await outcomeWith(host, { dockerConfig })).toEqual(readable());
        const other = new Secret(JSON.stringify({ auths: { "127.0.0.1": { username, password } } }));
        const refused = { code: "registry-unauthorized" };
        expect(await outcomeWith(host, { dockerConfig: { ...dockerConfig, inline: other } })).toMatchObject(
          refused,
        );
        expect(await outcomeWith(host, { login: basic("wrong") })).toMatchObject(refused);
        expect(await outcomeWith(host, {})).toMatchObject(refused);
      } finally {
        await registry.close();
      }
    });

    const withTokenServer = async (
      options: TokenServerOptions,
      run: (host: string, server: TokenServer) => Promise<void>,
    ): Promise<void> => {
      const server = await startTokenServer(options);
      try {
        const registry = await startDockerRegistry({ directory, token: server.auth });
        try {
          // Plain HTTP is allowed to exactly one port; the token service has its own.
          await run(registry.host, server);
        } finally {
          await registry.close();
        }
      } finally {
        await server.close();
      }
    };

    test("with a token service that asks nobody who they are", async () => {
      await withTokenServer({}, async (host, server) => {
        expect(await outcomeWith(host, reaching(host, server))).toEqual(readable());
        expect(server.calls.map(({ query }) => query.get("scope"))).toEqual([`repository:${PATH}:pull`]);
      });
    });

    test("with a token service that wants a user", async () => {
      await withTokenServer({ user: REGISTRY_LOGIN }, async (host, server) => {
        const { password } = REGISTRY_LOGIN;
        expect(await outcomeWith(host, reaching(host, server, basic(password)))).toEqual(readable());
        const refused = { code: "registry-unauthorized" };
        expect(await outcomeWith(host, reaching(host, server, basic("wrong")))).toMatchObject(refused);
        expect(await outcomeWith(host, reaching(host, server))).toMatchObject(refused);
      });
    });

    test("with a token service that wants an identity token", async () => {
      await withTokenServer({ identityToken: IDENTITY_TOKEN }, async (host, server) => {
        expect(await outcomeWith(host, reaching(host, server, identity(IDENTITY_TOKEN)))).toEqual(readable());
        expect(await outcomeWith(host, reaching(host, server, identity("wrong")))).toMatchObject({
          code: "registry-unauthorized",
        });
        expect(server.calls.map(({ method }) => method)).toEqual(["POST", "POST"]);
      });
    });
  },
);
