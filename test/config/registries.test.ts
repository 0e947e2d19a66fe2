import { describe, expect, test } from "vitest";
import { faultsOf, load, loginAt, type Refusal } from "./folder.ts";

const KEYS = [{ file: "key.pub" }];
const PASSWORD = { env: "TOKEN" };
const ECR = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";
const PRINCIPAL = { tenant: "acme.onmicrosoft.com", clientId: "1b4e28ba", secret: { env: "TOKEN" } };
const GOOGLE_KEY = JSON.stringify({ client_email: "x@y.example", private_key: "-----BEGIN" });

/** An entry for a host with an image of a subscription at it. */
function at(host: string, entry: unknown, image = `${host.replace("*", "x")}/acme/base`) {
  return { sections: { registries: { [host]: entry }, subscriptions: [{ image, keys: KEYS }] } };
}

const pathAt = (host: string, rest = "") => `registries."${host}"${rest}`;

describe("hosts", () => {
  test.each<Refusal>(
    [
      { title: "a star inside", host: "a.*.example.com", reason: "* may only stand for the beginning" },
      { title: "a star without a dot", host: "*example.com", reason: "* may only stand for the beginning" },
      { title: "two stars", host: "*.*.example.com", reason: "may hold one *" },
      { title: "a star for a whole domain of the top", host: "*.com", reason: "is too much" },
      { title: "a star for every host", host: "*", reason: "* may only stand for the beginning" },
      { title: "a star before nothing", host: "*.", reason: "is too much" },
      { title: "a star before no host", host: "*.exa mple.com", reason: "must be the host" },
      { title: "a star before a path", host: "*.example.com/acme", reason: "must be the host" },
      { title: "a star before upper case", host: "*.Example.com", reason: "must be the host" },
      { title: "another writing of an address", host: "0x7f.1", reason: "must be the host" },
    ].map(({ host, ...rest }) => ({
      ...rest,
      sections: { registries: { [host]: {} } },
      path: pathAt(host),
    })),
  )("refuses $title", async ({ path, reason, ...loaded }) => {
    expect(await faultsOf(loaded)).toEqual([{ path, reason: expect.stringContaining(reason) }]);
  });
});

describe("values", () => {
  test.each<Refusal>(
    [
      {
        title: "an unknown kind",
        entry: { kind: "nexus" },
        rest: ".kind",
        reason: "must be one of docker-hub, ghcr",
      },
      {
        title: "an unknown log-in",
        entry: { auth: "kerberos" },
        rest: ".auth",
        reason: "must be one of ecr, ecr-public",
      },
      {
        title: "a token as a value",
        entry: { identityToken: "s3cret" },
        rest: ".identityToken",
        reason: "must be a reference",
      },
      {
        title: "a registry token as a value",
        entry: { registryToken: "s3cret" },
        rest: ".registryToken",
        reason: "secrets are never written here",
      },
      {
        title: "a key of Google as a value",
        entry: { auth: "google", google: { key: "{}" } },
        rest: ".google.key",
        reason: "must be a reference",
      },
      {
        title: "a key of Google that is none",
        host: "gcr.io",
        entry: { auth: "google", google: { key: { env: "TOKEN" } } },
        rest: ".google.key.env",
        reason: "is not the key of a service account",
      },
      {
        title: "a key of Google without its log-in",
        entry: { google: { key: { env: "KEY" } } },
        rest: ".google",
        reason: "means nothing without auth: google",
      },
      {
        title: "a principal without its log-in",
        entry: { acr: PRINCIPAL },
        rest: ".acr",
        reason: "means nothing without auth: acr",
      },
      {
        title: "Entra ID without a principal",
        host: "acme.azurecr.io",
        entry: { auth: "acr" },
        rest: ".acr",
        reason: "is missing",
      },
      {
        title: "a principal without a tenant",
        host: "acme.azurecr.io",
        entry: { auth: "acr", acr: { ...PRINCIPAL, tenant: undefined } },
        rest: ".acr.tenant",
        reason: "is missing",
      },
      {
        title: "a tenant that would be a path",
        host: "acme.azurecr.io",
        entry: { auth: "acr", acr: { ...PRINCIPAL, tenant: "../common" } },
        rest: ".acr.tenant",
        reason: "must be the id or the domain",
      },
      {
        title: "a principal without a client",
        host: "acme.azurecr.io",
        entry: { auth: "acr", acr: { ...PRINCIPAL, clientId: undefined } },
        rest: ".acr.clientId",
        reason: "is missing",
      },
      {
        title: "a principal without a proof",
        host: "acme.azurecr.io",
        entry: { auth: "acr", acr: { ...PRINCIPAL, secret: undefined } },
        rest: ".acr",
        reason: "needs exactly one of secret and tokenFile",
      },
      {
        title: "a principal with two proofs",
        host: "acme.azurecr.io",
        entry: { auth: "acr", acr: { ...PRINCIPAL, tokenFile: "key.pub" } },
        rest: ".acr",
        reason: "needs exactly one of secret and tokenFile",
      },
      {
        title: "a file with a token that is not there",
        host: "acme.azurecr.io",
        entry: { auth: "acr", acr: { ...PRINCIPAL, secret: undefined, tokenFile: "nowhere" } },
        rest: ".acr.tokenFile",
        reason: "ENOENT",
      },
      {
        title: "two ways to log in",
        entry: { username: "x", password: PASSWORD, auth: "ecr" },
        rest: "",
        reason: "several ways to log in: username and password; auth: ecr",
      },
      {
        title: "a user and a token",
        entry: { username: "x", password: PASSWORD, identityToken: PASSWORD },
        rest: "",
        reason: "several ways to log in: username and password; identityToken",
      },
      {
        title: "two tokens",
        entry: { identityToken: PASSWORD, registryToken: PASSWORD },
        rest: "",
        reason: "several ways to log in: identityToken; registryToken",
      },
      {
        title: "a token for nobody",
        entry: { registryToken: PASSWORD, auth: "anonymous" },
        rest: "",
        reason: "several ways to log in: registryToken; auth: anonymous",
      },
      {
        title: "Amazon's log-in elsewhere",
        entry: { auth: "ecr" },
        rest: ".auth",
        reason: "docker.io is none of them",
      },
      {
        title: "Amazon's log-in at a host that ends like it",
        host: `${ECR}.example.com`,
        entry: { auth: "ecr" },
        rest: ".auth",
        reason: "is none of them",
      },
      {
        title: "Amazon's log-in at an address without a region",
        host: "123456789012.dkr.ecr.amazonaws.com",
        entry: { auth: "ecr" },
        rest: ".auth",
        reason: "is none of them",
      },
      {
        title: "Amazon's log-in at a name of both kinds",
        host: "123456789012.dkr.ecr.eu-west-1.on.aws",
        entry: { auth: "ecr" },
        rest: ".auth",
        reason: "is none of them",
      },
      {
        title: "Amazon's log-in at all hosts of a region",
        host: "*.eu-central-1.amazonaws.com",
        entry: { auth: "ecr" },
        rest: ".auth",
        reason: "is none of them",
      },
      {
        title: "Amazon's public log-in at a private registry",
        host: ECR,
        entry: { auth: "ecr-public" },
        rest: ".auth",
        reason: "is none of them",
      },
      {
        title: "Google's log-in elsewhere",
        entry: { auth: "google" },
        rest: ".auth",
        reason: "docker.io is none of them",
      },
      {
        title: "Google's log-in at a host that begins like it",
        host: "gcr.io.example.com",
        entry: { auth: "google" },
        rest: ".auth",
        reason: "is none of them",
      },
      {
        title: "Entra ID elsewhere",
        host: "azurecr.io.example.com",
        entry: { auth: "acr", acr: PRINCIPAL },
        rest: ".auth",
        reason: "is none of them",
      },
      {
        title: "docker's files that are not read",
        entry: { auth: "docker-config" },
        rest: ".auth",
        reason: "while credentials.dockerConfig is off",
      },
      {
        title: "a budget of nothing",
        entry: { budget: { perSecond: 0, burst: 1 } },
        rest: ".budget.perSecond",
        reason: "must be more than 0",
      },
      {
        title: "a negative budget",
        entry: { budget: { perSecond: -1, burst: 1 } },
        rest: ".budget.perSecond",
        reason: "must be more than 0",
      },
      {
        title: "a budget without end",
        entry: { budget: { perSecond: 10_001, burst: 1 } },
        rest: ".budget.perSecond",
        reason: "must be 10000 or less",
      },
      {
        title: "half a budget",
        entry: { budget: { perSecond: 1 } },
        rest: ".budget.burst",
        reason: "is missing",
      },
      {
        title: "a budget that lets nothing through",
        entry: { budget: { perSecond: 1, burst: 0 } },
        rest: ".budget.burst",
        reason: "must be 1 or more",
      },
      {
        title: "half a request at once",
        entry: { budget: { perSecond: 1, burst: 1.5 } },
        rest: ".budget.burst",
        reason: "must be a whole number",
      },
      {
        title: "a realm by http",
        entry: { trustedRealms: ["http://auth.example.com"] },
        rest: ".trustedRealms[0]",
        reason: "must be https",
      },
      {
        title: "a realm without a scheme",
        entry: { trustedRealms: ["auth.example.com"] },
        rest: ".trustedRealms[0]",
        reason: "must be https",
      },
      {
        title: "a realm with a path",
        entry: { trustedRealms: ["https://auth.example.com/token"] },
        rest: ".trustedRealms[0]",
        reason: "https://host alone",
      },
      {
        title: "a realm with a password",
        entry: { trustedRealms: ["https://u:hunter2@auth.example.com"] },
        rest: ".trustedRealms[0]",
        reason: "https://host alone",
      },
      {
        title: "a realm at a private address",
        entry: { trustedRealms: ["https://ghcr.io", "https://10.0.0.1:8443"] },
        rest: ".trustedRealms[1]",
        reason: 'allow it with registries."10.0.0.1:8443".allowPrivate: true',
      },
      {
        title: "HTTP/2 without TLS",
        entry: { plainHttp: true, http2: true },
        rest: ".http2",
        reason: "means nothing with plainHttp",
      },
      {
        title: "a text as lists",
        entry: { lists: "allowed" },
        rest: ".lists",
        reason: "must be true or false",
      },
    ].map(({ host = "docker.io", entry, rest, ...row }) => ({
      ...row,
      ...at(host, entry, host === "docker.io" ? "acme/base" : undefined),
      environment: { KEY: GOOGLE_KEY },
      path: pathAt(host, rest),
    })),
  )("refuses $title", async ({ path, reason, ...loaded }) => {
    const faults = await faultsOf(loaded);
    expect(faults).toEqual([{ path, reason: expect.stringContaining(reason) }]);
    expect(JSON.stringify(faults)).not.toMatch(/hunter2|s3cret/);
  });
});

describe("credentials for a host that nothing names", () => {
  test.each([
    { title: "a password", host: "registry.example.org", entry: { username: "x", password: PASSWORD } },
    { title: "a token", host: "registry.example.org", entry: { registryToken: PASSWORD } },
    { title: "a cloud's log-in", host: ECR, entry: { auth: "ecr" } },
    {
      title: "another port of a host that is named",
      host: "ghcr.io:8443",
      entry: { username: "x", password: PASSWORD },
    },
  ])("refuses $title", async ({ host, entry }) => {
    expect(await faultsOf({ sections: { registries: { [host]: entry } } })).toEqual([
      { path: pathAt(host), reason: expect.stringContaining("credentials for a host that no image") },
    ]);
  });

  test("warns of those for many hosts where each that is named has its own", async () => {
    const own = { username: "x", password: PASSWORD };
    const loaded = at("registry.acme.example", own);
    const registries = { ...loaded.sections.registries, "*.acme.example": own };
    const { warnings } = await load({ sections: { ...loaded.sections, registries } });
    expect(warnings).toEqual([
      expect.stringContaining('registries."*.acme.example": credentials for a host that no image'),
    ]);
  });

  test("warns of a cloud's log-in for many hosts while nothing is watched there", async () => {
    const host = "*.dkr.ecr.eu-central-1.amazonaws.com";
    const { warnings } = await load({ sections: { registries: { [host]: { auth: "ecr" } } } });
    expect(warnings.filter((warning) => warning.startsWith(pathAt(host)))).toHaveLength(1);
  });

  test("refuses those of a vendor that is disabled", async () => {
    const sections = {
      registries: { "ghcr.io": { username: "x", password: PASSWORD } },
      vendors: { bellsoft: { enabled: false } },
    };
    expect(await faultsOf({ sections })).toMatchObject([{ path: pathAt("ghcr.io") }]);
  });

  test("says nothing of it while the image they are for is written wrong", async () => {
    const { sections } = at("quay.io", { username: "x", password: PASSWORD }, "quay.io/acme/base:1");
    expect(await faultsOf({ sections })).toMatchObject([{ path: "subscriptions[0].image" }]);
  });

  test.each([
    { title: "of nobody", entry: { auth: "anonymous" } },
    { title: "none at all", entry: { allowPrivate: true, kind: "harbor" } },
  ])("has nothing against an entry with credentials $title", async ({ entry }) => {
    expect((await load({ sections: { registries: { "quay.io": entry } } })).registries.size).toBe(1);
  });

  test("takes a mirror and a place of evidence for a name", async () => {
    const own = { username: "x", password: PASSWORD };
    const config = await load({
      sections: {
        registries: {
          "registry.acme.example": { ...own, mirrorOf: "docker.io" },
          "evidence.acme.example": own,
        },
        vendors: {
          bellsoft: {
            keys: KEYS,
            evidence: [{ images: "bellsoft/hardened-*", at: "evidence.acme.example/hardened-*" }],
          },
        },
      },
    });
    expect(loginAt(config, "registry.acme.example")).toMatchObject({ kind: "basic" });
    expect(config.profiles.find(({ id }) => id === "bellsoft")?.evidence).toHaveLength(1);
    expect(config.warnings).toEqual([]);
  });
});

describe("log-ins", () => {
  test.each([
    { title: "nothing said", host: "ghcr.io", entry: {}, login: undefined },
    { title: "nobody", host: "ghcr.io", entry: { auth: "anonymous" }, login: { kind: "anonymous" } },
    {
      title: "a user",
      host: "ghcr.io",
      entry: { username: "acme", password: PASSWORD },
      login: { kind: "basic", username: "acme", password: "the-token" },
    },
    {
      title: "an identity token",
      host: "ghcr.io",
      entry: { identityToken: PASSWORD },
      login: { kind: "identity-token", token: "the-token" },
    },
    {
      title: "a registry token",
      host: "ghcr.io",
      entry: { registryToken: PASSWORD },
      login: { kind: "registry-token", token: "the-token" },
    },
    { title: "Amazon", host: ECR, entry: { auth: "ecr" }, login: { kind: "ecr" } },
    {
      title: "Amazon in China",
      host: "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn",
      entry: { auth: "ecr" },
      login: { kind: "ecr" },
    },
    {
      title: "Amazon by a dual-stack name",
      host: "123456789012.dkr-ecr.eu-west-1.on.aws",
      entry: { auth: "ecr" },
      login: { kind: "ecr" },
    },
    {
      title: "Amazon's public gallery",
      host: "public.ecr.aws",
      entry: { auth: "ecr-public" },
      login: { kind: "ecr-public" },
    },
    {
      title: "Google",
      host: "europe-west3-docker.pkg.dev",
      entry: { auth: "google" },
      login: { kind: "google" },
    },
    {
      title: "Google with a key",
      host: "eu.gcr.io",
      entry: { auth: "google", google: { key: { env: "KEY" } } },
      login: { kind: "google", key: GOOGLE_KEY },
    },
    {
      title: "Entra ID with a secret",
      host: "acme.azurecr.io",
      entry: { auth: "acr", acr: PRINCIPAL },
      login: {
        kind: "acr",
        tenant: "acme.onmicrosoft.com",
        clientId: "1b4e28ba",
        proof: { kind: "secret", secret: "the-token" },
      },
    },
    {
      title: "Entra ID with a token in a file",
      host: "acme.azurecr.io",
      entry: { auth: "acr", acr: { ...PRINCIPAL, secret: undefined, tokenFile: "azure/token" } },
      login: {
        kind: "acr",
        tenant: "acme.onmicrosoft.com",
        clientId: "1b4e28ba",
        proof: { kind: "token-file", path: expect.stringMatching(/^\/.*\/azure\/token$/) },
      },
    },
  ])("of $title", async ({ host, entry, login }) => {
    const config = await load({
      ...at(host, entry),
      environment: { KEY: GOOGLE_KEY },
      files: { "azure/token": "eyJ" },
    });
    expect(loginAt(config, host)).toEqual(login);
  });

  test("of docker's files, where those are read", async () => {
    const { sections } = at("ghcr.io", { auth: "docker-config" });
    const config = await load({ sections: { ...sections, credentials: { dockerConfig: "auto" } } });
    expect(loginAt(config, "ghcr.io")).toBeUndefined();
    expect(config.dockerConfig).toBeDefined();
  });

  test("of many hosts by the end of their names", async () => {
    const config = await load(
      at("*.dkr.ecr.eu-central-1.amazonaws.com", { auth: "ecr" }, `${ECR}/acme/base`),
    );
    expect(loginAt(config, "*.dkr.ecr.eu-central-1.amazonaws.com")).toEqual({ kind: "ecr" });
  });
});

test("everything else that is said of a host is carried", async () => {
  const config = await load(
    at("harbor.acme.example", {
      kind: "harbor",
      trustedRealms: ["https://auth.acme.example/", "https://auth.acme.example:8443"],
      budget: { perSecond: 0.5, burst: 3 },
      http2: true,
      lists: false,
    }),
  );
  expect(config.registries.get("harbor.acme.example")).toEqual({
    kind: "harbor",
    plainHttp: false,
    allowPrivate: false,
    trustedRealms: ["https://auth.acme.example", "https://auth.acme.example:8443"],
    budget: { perSecond: 0.5, burst: 3 },
    http2: true,
    lists: "ignored",
  });
});

describe("names that give a secret away, or get one", () => {
  test.each([
    {
      title: "an image",
      section: { subscriptions: [{ image: "reg.mini.dev/s3cret-token/nginx", keys: KEYS }] },
      path: "subscriptions[0].image",
    },
    {
      title: "a vendor's image",
      section: { vendors: { bellsoft: { keys: KEYS, images: ["reg.mini.dev/s3cret-token/*"] } } },
      path: "vendors.bellsoft.images[0]",
    },
    {
      title: "a place of evidence",
      section: {
        vendors: {
          bellsoft: {
            keys: KEYS,
            evidence: [{ images: "bellsoft/hardened-*", at: "reg.mini.dev/s3cret-token/*" }],
          },
        },
      },
      path: "vendors.bellsoft.evidence[0].at",
    },
    {
      title: "a mirror",
      section: { registries: { "acme.example": { mirrorOf: "reg.mini.dev/s3cret-token" } } },
      path: 'registries."acme.example".mirrorOf',
    },
    {
      title: "a part of a mirror",
      section: { registries: { "acme.example": { mirrors: { x: "reg.mini.dev/s3cret-token" } } } },
      path: 'registries."acme.example".mirrors.x',
    },
  ])("refuses a token of Minimus in the path of $title, and does not show it", async ({ section, path }) => {
    const faults = await faultsOf({ sections: section });
    expect(faults).toEqual([{ path, reason: expect.stringContaining("holds a token of Minimus") }]);
    expect(JSON.stringify(faults)).not.toContain("s3cret");
  });

  test("warns of a name that only looks like GitHub's registry", async () => {
    const { warnings } = await load({
      sections: {
        subscriptions: [{ image: "ghrc.io/acme/base", keys: KEYS }],
        registries: { "ghrc.io": {} },
      },
    });
    expect(warnings).toEqual([
      expect.stringMatching(/^subscriptions\[0\]\.image: ghrc\.io\/acme\/base: ghrc\.io is not/),
      expect.stringMatching(/^registries\."ghrc\.io": /),
    ]);
  });
});
