import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Login } from "../../../../src/adapters/registry/settings.ts";
import { Secret } from "../../../../src/secret.ts";
import type { FakeRegistry } from "../../../fakes/registry/server.ts";
import { reply, type Reply } from "../../../fakes/registry/reply.ts";
import { startEntraDouble } from "../../../fakes/token-services/entra.ts";
import { startTokenService, type TokenService } from "../../../fakes/token-services/service.ts";
import {
  clientFor,
  closeAll,
  errorOf,
  everythingIn,
  lineAt,
  PATH,
  startFake,
  type TestClient,
} from "../stage.ts";

const TENANT = "11111111-2222-3333-4444-555555555555";
const SECRET = "canary-client-secret";
const ASSERTION = "canary-assertion";
const ACCESS = "canary-access-token";
const IDENTITY = "canary-refresh-token";
const { signal } = new AbortController();
const services: TokenService[] = [];
let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hk-acr-"));
});
afterEach(async () => {
  await closeAll();
  await Promise.all(services.splice(0).map((service) => service.close()));
  await rm(folder, { recursive: true, force: true });
});

async function startEntra(): Promise<TokenService> {
  const entra = await startEntraDouble({
    tenant: TENANT,
    clientId: "client",
    secret: SECRET,
    assertion: ASSERTION,
    accessToken: ACCESS,
  });
  services.push(entra);
  return entra;
}

async function startAcr(): Promise<FakeRegistry> {
  const exchange = { tenant: TENANT, accessToken: ACCESS };
  const fake = await startFake({ login: { kind: "token", identityToken: IDENTITY, exchange } });
  fake.putImage(PATH, { tag: "latest" });
  return fake;
}

type AcrLogin = Extract<Login, { readonly kind: "acr" }>;

function clientWith(
  fake: FakeRegistry,
  entra: TokenService,
  login: Partial<AcrLogin> = {},
  elapsedMs: () => number = () => 0,
): TestClient {
  const proof = { kind: "secret", secret: new Secret(SECRET) } as const;
  const acr: AcrLogin = {
    kind: "acr",
    tenant: TENANT,
    clientId: "client",
    proof,
    authority: entra.url,
    ...login,
  };
  return clientFor([], {
    hosts: new Map([
      [fake.host, { plainHttp: true, allowPrivate: true, login: acr }],
      [entra.host, { plainHttp: true, allowPrivate: true }],
    ]),
    elapsedMs,
  });
}

function pathsOf(fake: FakeRegistry): readonly string[] {
  return fake.requests.map(({ method, url }) => `${method} ${url.split("?")[0] ?? ""}`);
}

describe("a registry of Azure's", () => {
  test("is read with a client's secret: a token of the directory, exchanged, then used for tokens", async () => {
    const [fake, entra] = [await startAcr(), await startEntra()];
    const client = clientWith(fake, entra);
    expect(await client.resolve(lineAt(fake), signal)).toMatchObject({ kind: "found" });
    await client.resolve(lineAt(fake), signal);
    expect(entra.calls).toHaveLength(1);
    expect(pathsOf(fake).toSorted()).toEqual([
      "HEAD /v2/acme/base/manifests/latest",
      "HEAD /v2/acme/base/manifests/latest",
      "HEAD /v2/acme/base/manifests/latest",
      "POST /oauth2/exchange",
      "POST /token",
    ]);
  });

  test("is read with a federated token from a file, which is read again each time", async () => {
    const [fake, entra] = [await startAcr(), await startEntra()];
    const path = join(folder, "token");
    await writeFile(path, "old");
    const client = clientWith(fake, entra, { proof: { kind: "token-file", path } });
    expect(await errorOf(client.resolve(lineAt(fake), signal))).toMatchObject({
      code: "registry-login-failed",
    });
    await writeFile(path, `${ASSERTION}\n`);
    expect(await client.resolve(lineAt(fake), signal)).toMatchObject({ kind: "found" });
  });

  test("gets a new log-in at half the life of the old one", async () => {
    const [fake, entra] = [await startAcr(), await startEntra()];
    let nowMs = 0;
    const client = clientWith(fake, entra, {}, () => nowMs);
    await client.resolve(lineAt(fake), signal);
    nowMs = 14 * 60_000;
    await client.resolve(lineAt(fake), signal);
    expect(entra.calls).toHaveLength(1);
    nowMs = 16 * 60_000;
    await client.resolve(lineAt(fake), signal);
    expect(entra.calls).toHaveLength(2);
  });

  test("keeps the directory's secrets from the registry, and the registry's from the directory", async () => {
    const [fake, entra] = [await startAcr(), await startEntra()];
    await clientWith(fake, entra).resolve(lineAt(fake), signal);
    const toEntra = JSON.stringify(
      entra.calls.map(({ body, headers }) => [Buffer.from(body).toString(), headers]),
    );
    expect(toEntra).toContain(SECRET);
    expect(toEntra).not.toContain(IDENTITY);
    expect(JSON.stringify(fake.requests)).not.toContain(SECRET);
  });

  test.each<{ readonly title: string; readonly answer: Reply; readonly says: string }>([
    {
      title: "refuses the secret",
      answer: reply(401, {}, `{"error":"invalid_client","error_description":"${SECRET}"}`),
      says: "answered 401 (invalid_client)",
    },
    {
      title: "answers a strange error",
      answer: reply(400, {}, `{"error":"${SECRET}"}`),
      says: "answered 400;",
    },
    { title: "answers no token", answer: reply(200, {}, `{"${SECRET}":1}`), says: "without a usable token" },
    { title: "answers a page", answer: reply(200, {}, SECRET), says: "without a usable token" },
    {
      title: "answers a token with a line break",
      answer: reply(200, {}, '{"access_token":"can\\nary"}'),
      says: "without a usable token",
    },
    { title: "redirects", answer: reply(302, { location: "https://evil.example/" }), says: "redirects" },
    {
      title: "answers a megabyte",
      answer: reply(200, {}, "x".repeat(1_000_000)),
      says: "more than 65536 bytes",
    },
    { title: "fails", answer: reply(503, {}, SECRET), says: "answered 503" },
  ])("is an error when the directory $title, without its words", async ({ answer, says }) => {
    const fake = await startAcr();
    const entra = await startTokenService(() => answer);
    services.push(entra);
    const error = await errorOf(clientWith(fake, entra).resolve(lineAt(fake), signal));
    expect(error).toMatchObject({ code: "registry-login-failed", transient: true });
    expect(error.message).toContain(says);
    expect(error.message).toContain(fake.host);
    expect(everythingIn(error)).not.toContain("canary");
    expect(fake.requests).toEqual([]);
  });

  test.each([
    { title: "another tenant", login: { tenant: "other" } },
    { title: "another client", login: { clientId: "other" } },
    {
      title: "another secret",
      login: { proof: { kind: "secret", secret: new Secret("canary-other") } } as const,
    },
    {
      title: "a file that is not there",
      login: { proof: { kind: "token-file", path: "/nowhere/x" } } as const,
    },
  ])("is an error with $title", async ({ login }) => {
    const [fake, entra] = [await startAcr(), await startEntra()];
    const error = await errorOf(clientWith(fake, entra, login).resolve(lineAt(fake), signal));
    expect(error).toMatchObject({ code: "registry-login-failed" });
    expect(everythingIn(error)).not.toContain("canary");
    expect(fake.requests).toEqual([]);
  });

  test("that refuses the exchange is an error, without its words", async () => {
    const [fake, entra] = [await startAcr(), await startEntra()];
    fake.login.change({ kind: "token", exchange: { tenant: TENANT, accessToken: "other" } });
    fake.faults.add({ path: /exchange/, fault: { kind: "status", status: 401, body: ACCESS } });
    const error = await errorOf(clientWith(fake, entra).resolve(lineAt(fake), signal));
    expect(error).toMatchObject({ code: "registry-login-failed" });
    expect(error.message).toContain("answered 401");
    expect(everythingIn(error)).not.toContain("canary");
  });

  test("whose directory stands where nobody may dial is an error of the guard", async () => {
    const fake = await startAcr();
    const entra = await startEntra();
    const login: AcrLogin = {
      kind: "acr",
      tenant: TENANT,
      clientId: "client",
      proof: { kind: "secret", secret: new Secret(SECRET) },
      authority: entra.url,
    };
    const error = await errorOf(clientFor([fake], { settings: { login } }).resolve(lineAt(fake), signal));
    expect(error.message).toContain("will not speak");
    expect(entra.calls).toEqual([]);
  });
});
