import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { checkTrust, realmOf } from "../../../src/adapters/registry/login/realm.ts";
import { endpointOf, type RegistryHostSettings } from "../../../src/adapters/registry/settings.ts";
import { parseRepository, parseTag } from "../../../src/image/reference.ts";
import { Secret } from "../../../src/secret.ts";
import type { Fault } from "../../fakes/registry/faults.ts";
import type { LoginDesk } from "../../fakes/registry/login.ts";
import { startTokenService, type TokenService } from "../../fakes/token-services/service.ts";
import {
  clientFor,
  closeAll,
  errorOf,
  everythingIn,
  lineAt,
  PATH,
  repositoryAt,
  startFake,
} from "./stage.ts";

const PASSWORD = "canary-password";
const user = { username: "robot", password: PASSWORD };
const login = { kind: "basic", username: "robot", password: new Secret(PASSWORD) } as const;
const BASIC = `Basic ${Buffer.from(`robot:${PASSWORD}`).toString("base64")}`;
const { signal } = new AbortController();
const manifests = /\/manifests\//;
const tls = {
  key: readFileSync(new URL("../../fakes/registry/tls/key.pem", import.meta.url), "utf8"),
  cert: readFileSync(new URL("../../fakes/registry/tls/cert.pem", import.meta.url), "utf8"),
};
const open: RegistryHostSettings = { plainHttp: true, allowPrivate: true };

const services: TokenService[] = [];
afterEach(async () => {
  await closeAll();
  await Promise.all(services.splice(0).map((service) => service.close()));
});

const challenge = (header: string): Fault => ({
  kind: "status",
  status: 401,
  headers: { "www-authenticate": header },
});

/** A registry at 127.0.0.1 whose token service has another name: localhost. */
async function startApart(): Promise<{
  readonly fake: Awaited<ReturnType<typeof startFake>>;
  readonly service: TokenService;
  readonly realm: string;
}> {
  const desk: { current?: LoginDesk } = {};
  const service = await startTokenService((call, url) => desk.current?.answer(call, url));
  services.push(service);
  const realm = `http://localhost:${service.port}`;
  const fake = await startFake({ login: { kind: "token", user, realm: `${realm}/token` } });
  desk.current = fake.login;
  fake.putImage(PATH, { tag: "latest" });
  return { fake, service, realm };
}

describe("a token service with another name than the registry's", () => {
  test("gets the credentials when the settings of the registry trust it", async () => {
    const { fake, service, realm } = await startApart();
    const client = clientFor([], {
      hosts: new Map([
        [fake.host, { ...open, login, trustedRealms: [realm] }],
        [`localhost:${service.port}`, open],
      ]),
    });
    expect(await client.resolve(lineAt(fake), signal)).toMatchObject({ kind: "found" });
    expect(service.calls.map(({ headers }) => headers["authorization"])).toEqual([BASIC]);
    expect(fake.requests.map(({ headers }) => headers["authorization"])).not.toContain(BASIC);
  });

  test.each([
    { title: "nothing is trusted", trusted: (_realm: string): readonly string[] => [] },
    { title: "another port is trusted", trusted: () => ["http://localhost:1"] },
    { title: "its name with TLS is trusted", trusted: (realm: string) => [realm.replace("http:", "https:")] },
    {
      title: "a longer name is trusted",
      trusted: (realm: string) => [realm.replace("localhost", "localhost.example")],
    },
    { title: "what is trusted is no URL", trusted: () => ["localhost", "*", ""] },
  ])("does not get them when $title", async ({ trusted }) => {
    const { fake, service, realm } = await startApart();
    const client = clientFor([], {
      hosts: new Map([
        [fake.host, { ...open, login, trustedRealms: trusted(realm) }],
        [`localhost:${service.port}`, open],
      ]),
    });
    const error = await errorOf(client.resolve(lineAt(fake), signal));
    expect(error.code).toBe("registry-refused");
    expect(error.message).toContain(`add "${realm}" to registries.${fake.host}.trustedRealms`);
    expect(service.calls).toEqual([]);
  });

  test("is asked anonymously without any trust", async () => {
    const { fake, service } = await startApart();
    fake.login.change({ kind: "token", realm: `http://localhost:${service.port}/token` });
    const client = clientFor([], {
      hosts: new Map([
        [fake.host, open],
        [`localhost:${service.port}`, open],
      ]),
    });
    expect(await client.resolve(lineAt(fake), signal)).toMatchObject({ kind: "found" });
    expect(service.calls.filter(({ headers }) => "authorization" in headers)).toEqual([]);
  });

  test("that became known without credentials does not get those that another repository has", async () => {
    const { fake, service } = await startApart();
    fake.login.change({ kind: "token", realm: `http://localhost:${service.port}/token` });
    fake.putImage("team/private", { tag: "latest" });
    const auths = { [`${fake.host}/team`]: { auth: Buffer.from(`robot:${PASSWORD}`).toString("base64") } };
    const client = clientFor([], {
      hosts: new Map([
        [fake.host, open],
        [`localhost:${service.port}`, open],
      ]),
      dockerConfig: { inline: new Secret(JSON.stringify({ auths })), files: [], helpers: "ignored" },
    });
    expect(await client.resolve(lineAt(fake), signal)).toMatchObject({ kind: "found" });
    const asked = service.calls.length;
    const line = { repository: repositoryAt(fake, "team/private"), tag: parseTag("latest") };
    const error = await errorOf(client.resolve(line, signal));
    expect(error).toMatchObject({ code: "registry-refused" });
    expect(service.calls).toHaveLength(asked);
    expect(everythingIn(error)).not.toContain(PASSWORD);
  });
});

describe("a token service that must not be asked at all", () => {
  test("without TLS, for a registry with it", async () => {
    const fake = await startFake({ tls });
    const service = await startTokenService(() => undefined);
    services.push(service);
    fake.faults.add({ path: manifests, fault: challenge(`Bearer realm="${service.url}/token"`) });
    const client = clientFor([], {
      hosts: new Map([
        [fake.host, { allowPrivate: true, ca: tls.cert }],
        [service.host, open],
      ]),
    });
    expect(await errorOf(client.resolve(lineAt(fake), signal))).toMatchObject({ code: "registry-refused" });
    expect(service.calls).toEqual([]);
  });

  test.each([
    { title: "a private address", host: "10.0.0.1" },
    { title: "this machine", host: "127.0.0.1:1" },
    { title: "the metadata service", host: "169.254.169.254" },
    { title: "Azure's wire server", host: "168.63.129.16" },
    { title: "a private address in IPv6", host: "[::ffff:10.0.0.1]" },
    { title: "a metadata address behind NAT64", host: "[64:ff9b::a9fe:a9fe]" },
    { title: "this machine as a number", host: "2130706433" },
  ])("at $title, even anonymously", async ({ host }) => {
    const fake = await startFake();
    fake.faults.add({ path: manifests, fault: challenge(`Bearer realm="https://${host}/token"`) });
    const error = await errorOf(clientFor([fake]).resolve(lineAt(fake), signal));
    expect(error.code).toBe("registry-refused");
  });

  test.each([
    { title: "this machine", addresses: ["127.0.0.1"] },
    { title: "a public and a private address", addresses: ["93.184.216.34", "192.168.1.1"] },
    { title: "the metadata service", addresses: ["169.254.169.254"] },
  ])("whose name resolves to $title", async ({ addresses }) => {
    const fake = await startFake();
    fake.faults.add({ path: manifests, fault: challenge('Bearer realm="https://auth.example/token"') });
    const client = clientFor([fake], {
      lookup: () => Promise.resolve(addresses.map((address) => ({ address, family: 4 }))),
    });
    const error = await errorOf(client.resolve(lineAt(fake), signal));
    expect(error.code).toBe("registry-refused");
    expect(error.message).toContain("auth.example");
  });

  test("is named without the user that stands in its URL", async () => {
    const fake = await startFake();
    const realm = `http://canary:canary-password@${fake.host}/token`;
    fake.faults.add({ path: manifests, fault: challenge(`Bearer realm="${realm}"`) });
    const error = await errorOf(clientFor([fake]).resolve(lineAt(fake), signal));
    expect(error.code).toBe("registry-refused");
    expect(everythingIn(error)).not.toContain("canary");
  });
});

/** Asks whether a registry that nobody configured may have its credentials sent there. */
const trust = (registry: string, realm: string): void => {
  const endpoint = endpointOf(registry, undefined);
  const repository = parseRepository(`${registry}/acme/base`);
  const subject = { repository, operation: "token", asked: "a token" } as const;
  const parameters = new Map([["realm", realm]]);
  checkTrust(realmOf({ scheme: "bearer", parameters }, endpoint, subject), endpoint, subject);
};

describe("who may have credentials without being named in the settings", () => {
  test.each([
    { registry: "docker.io", realm: "https://auth.docker.io/token" },
    { registry: "registry.gitlab.com", realm: "https://gitlab.com/jwt/auth" },
    { registry: "ghcr.io", realm: "https://ghcr.io/token" },
    { registry: "dhi.io", realm: "https://dhi.io/token" },
    { registry: "public.ecr.aws", realm: "https://public.ecr.aws/token/" },
    { registry: "acme.azurecr.io", realm: "https://acme.azurecr.io/oauth2/token" },
    { registry: "europe-docker.pkg.dev", realm: "https://europe-docker.pkg.dev/v2/token" },
    { registry: "registry.acme.example:5000", realm: "https://registry.acme.example:5001/auth" },
  ])("$realm for $registry", ({ registry, realm }) => {
    expect(() => trust(registry, realm)).not.toThrow();
  });

  test.each([
    { registry: "ghcr.io", realm: "https://auth.docker.io/token" },
    { registry: "dhi.io", realm: "https://auth.docker.io/token" },
    { registry: "registry.scout.docker.com", realm: "https://auth.docker.io/token" },
    { registry: "docker.io", realm: "https://auth.docker.io.evil.example/token" },
    { registry: "docker.io", realm: "https://auth.docker.io:8443/token" },
    { registry: "docker.io", realm: "https://docker.io/token" },
    { registry: "registry.gitlab.com", realm: "https://gitlab.com.evil.example/jwt/auth" },
    { registry: "gitlab.com", realm: "https://registry.gitlab.com/jwt/auth" },
    { registry: "acme.azurecr.io", realm: "https://other.azurecr.io/oauth2/token" },
    { registry: "registry.acme.example", realm: "https://acme.example/token" },
    { registry: "registry.acme.example", realm: "https://x.registry.acme.example/token" },
  ])("not $realm for $registry", ({ registry, realm }) => {
    expect(() => trust(registry, realm)).toThrow(/trustedRealms/);
  });
});
