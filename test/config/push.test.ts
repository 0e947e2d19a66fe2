import { describe, expect, test } from "vitest";
import { PROVIDERS } from "../../src/push/provider.ts";
import { faultsOf, load, type Refusal } from "./folder.ts";

const SECRET = "0123456789-abcdefghij_ABC";
const environment = { HOOK: SECRET, OTHER_HOOK: `${SECRET}2`, KEY: "the key", SHORT: SECRET.slice(0, 19) };
const secret = { env: "HOOK" };
const key = { env: "KEY" };
const hooks = (...entries: readonly object[]) => ({ push: { hooks: entries } });

const google = { provider: "google", secret, audience: "https://hooks", email: "push@acme.example" };
const chainguard = {
  provider: "chainguard",
  secret,
  audience: "https://hooks",
  subject: "webhook:45a0c61e/c5fb",
};
const harbor = { provider: "harbor", secret, registry: "harbor.acme.internal" };
const gitea = { provider: "gitea", secret, registry: "gitea.acme.internal:3000", signatureSecret: key };

describe("hooks", () => {
  test("there are none unless they are configured", async () => {
    expect((await load({})).pushHooks).toEqual([]);
    expect((await load({ sections: { push: {} } })).pushHooks).toEqual([]);
  });

  test.each([
    { hook: { provider: "docker-hub", secret }, proof: { kind: "path" } },
    {
      hook: { provider: "github", secret, signatureSecret: key },
      proof: { kind: "hmac", headers: ["x-hub-signature-256"] },
    },
    { hook: { provider: "ecr", secret }, proof: { kind: "path" } },
    {
      hook: { provider: "ecr", secret, header: { name: "X-Acme", value: key } },
      proof: { kind: "header", name: "X-Acme" },
    },
    {
      hook: google,
      proof: {
        kind: "token",
        issuer: "https://accounts.google.com",
        audience: "https://hooks",
        email: "push@acme.example",
      },
    },
    {
      hook: { provider: "acr", secret, header: { value: key } },
      proof: { kind: "header", name: "Authorization" },
    },
    { hook: { provider: "quay", secret, registry: "quay.acme.internal" }, proof: { kind: "path" } },
    { hook: harbor, proof: { kind: "path" } },
    { hook: { ...harbor, header: { value: key } }, proof: { kind: "header", name: "Authorization" } },
    {
      hook: { provider: "jfrog", secret, registry: "acme.jfrog.io", signatureSecret: key },
      proof: { kind: "hmac", headers: ["X-JFrog-Event-Auth"] },
    },
    {
      hook: { provider: "jfrog", secret, registry: "acme.jfrog.io", header: { value: key } },
      proof: { kind: "header", name: "X-JFrog-Event-Auth" },
    },
    {
      hook: chainguard,
      proof: { kind: "token", issuer: "https://issuer.enforce.dev", subject: "webhook:45a0c61e/c5fb" },
    },
    { hook: { provider: "distribution", secret, registry: "127.0.0.1:5000" }, proof: { kind: "path" } },
    { hook: gitea, proof: { kind: "hmac", headers: expect.arrayContaining(["x-gitea-signature"]) } },
  ])("$hook.provider, proven by $proof.kind", async ({ hook, proof }) => {
    const { pushHooks, warnings } = await load({ sections: hooks(hook), environment });
    expect(pushHooks).toEqual([
      expect.objectContaining({ provider: hook.provider, proof: expect.objectContaining(proof) }),
    ]);
    expect(pushHooks[0]?.secret.reveal()).toBe(SECRET);
    expect(pushHooks[0]?.registry).toBe("registry" in hook ? hook.registry : undefined);
    expect(warnings).toEqual([]);
  });

  test("several of one provider", async () => {
    const second = { ...harbor, secret: { env: "OTHER_HOOK" }, registry: "harbor.other.internal" };
    expect((await load({ sections: hooks(harbor, second), environment })).pushHooks).toHaveLength(2);
  });

  test.each(["github", "google", "chainguard"])(
    "unsigned where %s could sign, if that is said, with a warning",
    async (provider) => {
      const hook = { provider, secret, dangerouslyAcceptUnsigned: true };
      const { pushHooks, warnings } = await load({ sections: hooks(hook), environment });
      expect(pushHooks[0]?.proof).toEqual({ kind: "path" });
      expect(warnings).toEqual([expect.stringMatching(/^push\.hooks\[0\]: whoever knows the path may call/)]);
    },
  );

  test("show no secret", async () => {
    const config = await load({ sections: hooks({ ...harbor, header: { value: key } }), environment });
    expect(JSON.stringify(config)).not.toContain(SECRET);
    expect(JSON.stringify(config)).not.toContain("the key");
  });
});

describe("refuses", () => {
  const at = "push.hooks[0]";

  test.each<Refusal>([
    { title: "no provider", sections: hooks({ secret }), path: `${at}.provider`, reason: "is missing" },
    {
      title: "a provider there is not",
      sections: hooks({ provider: "gitlab", secret }),
      path: `${at}.provider`,
      reason: "must be one of docker-hub, github",
    },
    {
      title: "a provider by another name",
      sections: hooks({ provider: "ghcr", secret }),
      path: `${at}.provider`,
      reason: "must be one of",
    },
    { title: "no secret", sections: hooks({ provider: "quay" }), path: `${at}.secret`, reason: "is missing" },
    {
      title: "a secret written down",
      sections: hooks({ provider: "quay", secret: SECRET }),
      path: `${at}.secret`,
      reason: "must be a reference",
    },
    {
      title: "a short secret",
      sections: hooks({ provider: "quay", secret: { env: "SHORT" } }),
      path: `${at}.secret.env`,
      reason: "must have 20 to 200 characters",
    },
    {
      title: "a secret that a path would change",
      sections: hooks({ provider: "quay", secret }),
      environment: { HOOK: `${SECRET}/..` },
      path: `${at}.secret.env`,
      reason: "letters, digits",
    },
    {
      title: "a secret longer than any path",
      sections: hooks({ provider: "quay", secret }),
      environment: { HOOK: "a".repeat(201) },
      path: `${at}.secret.env`,
      reason: "must have 20 to 200 characters",
    },
    {
      title: "one secret for two hooks",
      sections: hooks({ provider: "quay", secret }, { provider: "docker-hub", secret }),
      path: "push.hooks[1].secret",
      reason: "is the secret of another hook",
    },
    {
      title: "Harbor anywhere",
      sections: hooks({ provider: "harbor", secret }),
      path: `${at}.registry`,
      reason: "is missing: harbor is not at one host",
    },
    {
      title: "distribution anywhere",
      sections: hooks({ provider: "distribution", secret }),
      path: `${at}.registry`,
      reason: "is missing",
    },
    {
      title: "JFrog anywhere",
      sections: hooks({ provider: "jfrog", secret, signatureSecret: key }),
      path: `${at}.registry`,
      reason: "is missing",
    },
    {
      title: "Gitea anywhere",
      sections: hooks({ provider: "gitea", secret, signatureSecret: key }),
      path: `${at}.registry`,
      reason: "is missing",
    },
    {
      title: "Docker Hub somewhere else",
      sections: hooks({ provider: "docker-hub", secret, registry: "ghcr.io" }),
      path: `${at}.registry`,
      reason: "means nothing for docker-hub",
    },
    {
      title: "Chainguard somewhere else",
      sections: hooks({ ...chainguard, registry: "ghcr.io" }),
      path: `${at}.registry`,
      reason: "means nothing for chainguard",
    },
    {
      title: "an address as a host",
      sections: hooks({ ...harbor, registry: "https://harbor.acme.internal" }),
      path: `${at}.registry`,
      reason: "must be the host of a registry",
    },
    {
      title: "many hosts",
      sections: hooks({ ...harbor, registry: "*.acme.internal" }),
      path: `${at}.registry`,
      reason: "patterns are not supported",
    },
    {
      title: "GitHub unsigned",
      sections: hooks({ provider: "github", secret }),
      path: `${at}.signatureSecret`,
      reason: "is missing: github can prove its calls",
    },
    {
      title: "Gitea unsigned",
      sections: hooks({ provider: "gitea", secret, registry: "gitea.acme.internal" }),
      path: `${at}.signatureSecret`,
      reason: "is missing",
    },
    {
      title: "JFrog unsigned",
      sections: hooks({ provider: "jfrog", secret, registry: "acme.jfrog.io" }),
      path: `${at}.signatureSecret`,
      reason: "is missing",
    },
    {
      title: "Google with any account",
      sections: hooks({ provider: "google", secret, audience: "https://hooks" }),
      path: `${at}.email`,
      reason: "is missing",
    },
    {
      title: "Google with any audience",
      sections: hooks({ provider: "google", secret, email: "a@b.example" }),
      path: `${at}.audience`,
      reason: "is missing",
    },
    {
      title: "Chainguard of anybody",
      sections: hooks({ provider: "chainguard", secret, audience: "https://hooks" }),
      path: `${at}.subject`,
      reason: "is missing",
    },
    {
      title: "a subject that is none",
      sections: hooks({ ...chainguard, subject: "45a0c61e" }),
      path: `${at}.subject`,
      reason: "must be webhook: and the id",
    },
    {
      title: "an account that is none",
      sections: hooks({ ...google, email: "push" }),
      path: `${at}.email`,
      reason: "not the address of a service account",
    },
    {
      title: "a signature of Quay",
      sections: hooks({ provider: "quay", secret, signatureSecret: key }),
      path: `${at}.signatureSecret`,
      reason: "means nothing for quay",
    },
    {
      title: "a header of Docker Hub",
      sections: hooks({ provider: "docker-hub", secret, header: { value: key } }),
      path: `${at}.header`,
      reason: "means nothing for docker-hub",
    },
    {
      title: "a token of Harbor",
      sections: hooks({ ...harbor, audience: "https://hooks" }),
      path: `${at}.audience`,
      reason: "means nothing for harbor",
    },
    {
      title: "a subject of Google",
      sections: hooks({ ...google, subject: "webhook:45" }),
      path: `${at}.subject`,
      reason: "means nothing for google",
    },
    {
      title: "two proofs of JFrog",
      sections: hooks({
        provider: "jfrog",
        secret,
        registry: "acme.jfrog.io",
        signatureSecret: key,
        header: { value: key },
      }),
      path: `${at}.header`,
      reason: "is one too many beside signatureSecret",
    },
    {
      title: "a header without a value",
      sections: hooks({ ...harbor, header: { name: "X-Acme" } }),
      path: `${at}.header.value`,
      reason: "is missing",
    },
    {
      title: "a header with a line break",
      sections: hooks({ ...harbor, header: { name: "X-Acme\r\nX", value: key } }),
      path: `${at}.header.name`,
      reason: "is not the name of a header",
    },
    {
      title: "unsigned and signed",
      sections: hooks({ provider: "github", secret, signatureSecret: key, dangerouslyAcceptUnsigned: true }),
      path: `${at}.dangerouslyAcceptUnsigned`,
      reason: "contradicts signatureSecret",
    },
    {
      title: "unsigned where nobody signs",
      sections: hooks({ provider: "quay", secret, dangerouslyAcceptUnsigned: true }),
      path: `${at}.dangerouslyAcceptUnsigned`,
      reason: "means nothing for quay",
    },
    {
      title: "unsigned, no",
      sections: hooks({ provider: "github", secret, signatureSecret: key, dangerouslyAcceptUnsigned: false }),
      path: `${at}.dangerouslyAcceptUnsigned`,
      reason: "must be one of true",
    },
    {
      title: "an unknown field",
      sections: hooks({ ...harbor, token: "x" }),
      path: `${at}.token`,
      reason: "unknown key; known here: provider, secret",
    },
    { title: "no list", sections: { push: { hooks: harbor } }, path: "push.hooks", reason: "must be a list" },
    {
      title: "more hooks than anybody has",
      sections: hooks(...Array.from({ length: 51 }, () => harbor)),
      path: "push.hooks",
      reason: "has more than 50 entries",
    },
  ])("$title", async ({ path, reason, ...refused }) => {
    const faults = await faultsOf({ ...refused, environment: { ...environment, ...refused.environment } });
    expect(faults).toContainEqual({ path, reason: expect.stringContaining(reason) });
    expect(JSON.stringify(faults)).not.toContain(SECRET);
  });

  test("every fault of a hook at once", async () => {
    const faults = await faultsOf({
      sections: hooks({ provider: "google", secret, signatureSecret: key }),
      environment,
    });
    expect(faults.map(({ path }) => path)).toEqual([
      `${at}.signatureSecret`,
      `${at}.audience`,
      `${at}.email`,
    ]);
  });
});

test("every provider has a hook that loads", async () => {
  const needed: Readonly<Record<string, object>> = {
    github: { signatureSecret: key },
    google,
    harbor,
    jfrog: { registry: "acme.jfrog.io", signatureSecret: key },
    chainguard,
    distribution: { registry: "127.0.0.1:5000" },
    gitea,
  };
  for (const provider of PROVIDERS) {
    const hook = { ...needed[provider], provider, secret };
    expect((await load({ sections: hooks(hook), environment })).pushHooks).toHaveLength(1);
  }
});
