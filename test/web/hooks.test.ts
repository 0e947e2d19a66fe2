import { describe, expect, it } from "vitest";
import { CodedError } from "../../src/errors.ts";
import { PROVIDERS, type Provider } from "../../src/push/provider.ts";
import { Secret } from "../../src/secret.ts";
import { later } from "../../src/time.ts";
import { PUSH_GAP_MS } from "../../src/watch/push.ts";
import { bodyOf, changed } from "../push/fixture.ts";
import { createHmac } from "node:crypto";
import {
  callOf,
  hookOf,
  hooksOn,
  LATER,
  lineOf,
  NOW,
  pathOf,
  proofHeadersOf,
  secretOf,
  SIGNING_KEY,
  verifierSaying,
} from "./hooks-under-test.ts";

/** The line that the first push of each provider is about. */
const WATCHED = {
  "docker-hub": lineOf("acme/hardened-base", "3.23-musl"),
  github: lineOf("ghcr.io/acme/hardened-base", "3.23-musl"),
  ecr: lineOf("123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme/hardened-base", "3.23-musl"),
  google: lineOf("europe-west3-docker.pkg.dev/acme/images/hardened-base", "3.23-musl"),
  acr: lineOf("acmeregistry.azurecr.io/acme/hardened-base", "3.23-musl"),
  quay: lineOf("quay.io/acme/hardened-base", "3.23-musl"),
  harbor: lineOf("harbor.acme.internal/platform/hardened-base", "3.23-musl"),
  jfrog: lineOf("acme.jfrog.io/docker-local/platform/hardened-base", "3.23-musl"),
  chainguard: lineOf("cgr.dev/acme/hardened-base", "3.23"),
  distribution: lineOf("registry.acme.internal:5000/platform/hardened-base", "3.23-musl"),
  gitea: lineOf("gitea.acme.internal/platform/hardened-base", "3.23-musl"),
} as const;

const LINES = Object.values(WATCHED);
const signed = (body: Uint8Array, key: string): string =>
  createHmac("sha256", key).update(body).digest("hex");
const HOOKS = PROVIDERS.map((provider) => hookOf(provider));
const repositoryOf = (provider: Provider) => WATCHED[provider].repository;

describe("a push", () => {
  it.each(PROVIDERS)(
    "that %s tells of makes the poll of its repository due, and no other",
    async (provider) => {
      const { app, dueAt, counted } = await hooksOn(LINES, { hooks: HOOKS });
      const answer = await app.request(pathOf(provider), callOf(provider));
      expect(answer.status).toBe(202);
      // Quay tells of two tags, and one of them is watched.
      expect(await answer.json()).toEqual({ accepted: 1 });
      expect(dueAt(repositoryOf(provider))).toBe(NOW);
      for (const other of PROVIDERS.filter((one) => one !== provider))
        expect(dueAt(repositoryOf(other))).toBe(LATER);
      expect(counted).toEqual([`${provider} accepted`]);
    },
  );

  it("never says where a tag points: a forged digest changes nothing but when we look", async () => {
    const { app, store } = await hooksOn(LINES, { hooks: HOOKS });
    const before = await store.watches();
    const named = ["github", "ecr", "acr", "harbor", "jfrog", "chainguard", "distribution"] as const;
    for (const provider of named) {
      const body = changed(bodyOf(provider), "5f5f", "0000");
      expect((await app.request(pathOf(provider), callOf(provider, { body }))).status).toBe(202);
    }
    expect(await store.watches()).toEqual(before);
    expect(await store.events(10)).toEqual([]);
  });

  it("a thousand times is one poll", async () => {
    let nowMs = 0;
    const { app, store, counted } = await hooksOn(LINES, { hooks: HOOKS, monotonicMs: () => (nowMs += 50) });
    for (let call = 0; call < 1_000; call += 1) await app.request(pathOf("harbor"), callOf("harbor"));
    expect(counted.filter((one) => one === "harbor accepted")).toHaveLength(1_000);
    const due = await store.claimDue(NOW, 1_000, 100);
    expect(due).toEqual([{ kind: "poll", repository: repositoryOf("harbor") }]);
  });

  it("that is sent again later brings about one more look, a while after the last", async () => {
    const { app, store, dueAt } = await hooksOn(LINES, { hooks: HOOKS });
    const call = callOf("github");
    await app.request(pathOf("github"), call);
    await store.claimDue(NOW, 3_600_000, 100);
    expect((await app.request(pathOf("github"), call)).status).toBe(202);
    expect(dueAt(repositoryOf("github"))).toBe(later(NOW, PUSH_GAP_MS));
  });

  it("never puts off a poll that is due already", async () => {
    const { app, store, dueAt } = await hooksOn(LINES, { hooks: HOOKS, clock: { now: async () => LATER } });
    await store.schedule({ kind: "poll", repository: repositoryOf("quay") }, NOW, "set");
    expect((await app.request(pathOf("quay"), callOf("quay"))).status).toBe(202);
    expect(dueAt(repositoryOf("quay"))).toBe(NOW);
  });

  it("to a mirror is a push to what it mirrors", async () => {
    const origin = lineOf("docker.io/bellsoft/hardened-base", "3.23-musl");
    const { app, dueAt } = await hooksOn([origin], {
      hooks: HOOKS,
      originOf: (repository) =>
        repository.registry === "harbor.acme.internal" ? origin.repository : repository,
    });
    expect((await app.request(pathOf("harbor"), callOf("harbor"))).status).toBe(202);
    expect(dueAt(origin.repository)).toBe(NOW);
  });

  it("to what nobody watches changes nothing", async () => {
    const { app, store, counted } = await hooksOn([WATCHED.quay], { hooks: HOOKS });
    for (const provider of PROVIDERS.filter((one) => one !== "quay")) {
      const answer = await app.request(pathOf(provider), callOf(provider));
      expect([answer.status, await answer.json()]).toEqual([200, { ignored: "not-watched" }]);
    }
    expect(await store.firstDueAt()).toBe(LATER);
    expect(new Set(counted.map((one) => one.split(" ")[1]))).toEqual(new Set(["ignored"]));
  });

  it("may be told of at several hooks of one provider, each for its host", async () => {
    const other = lineOf("harbor.other.internal/platform/hardened-base", "3.23-musl");
    const second = hookOf("harbor", {
      secret: new Secret("another-secret-0123456789"),
      registry: "harbor.other.internal",
    });
    const { app, dueAt } = await hooksOn([...LINES, other], { hooks: [...HOOKS, second] });
    const body = changed(bodyOf("harbor"), "harbor.acme.internal", "harbor.other.internal");
    expect(
      (await app.request("/hooks/harbor/another-secret-0123456789", callOf("harbor", { body }))).status,
    ).toBe(202);
    expect(dueAt(other.repository)).toBe(NOW);
    expect(dueAt(repositoryOf("harbor"))).toBe(LATER);
    const wrongHost = await app.request(pathOf("harbor"), callOf("harbor", { body }));
    expect(await wrongHost.json()).toEqual({ ignored: "other-registry" });
  });
});

describe("calls that are no push", () => {
  it.each([
    { title: "a ping of GitHub", provider: "github", name: "ping", headers: { "X-GitHub-Event": "ping" } },
    {
      title: "an issue on GitHub",
      provider: "github",
      name: "ping",
      headers: { "X-GitHub-Event": "issues" },
    },
    { title: "a ping of ACR", provider: "acr", name: "ping", headers: {} },
    { title: "a pull from Harbor", provider: "harbor", name: "pull-artifact", headers: {} },
    { title: "a layer", provider: "distribution", name: "push-layer", headers: {} },
  ] as const)("$title: 200, and nothing is due", async ({ provider, name, headers }) => {
    const { app, store, counted } = await hooksOn(LINES, { hooks: HOOKS });
    const answer = await app.request(
      pathOf(provider),
      callOf(provider, { body: bodyOf(provider, name), headers }),
    );
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ ignored: expect.stringMatching(/^other-/) });
    expect(await store.firstDueAt()).toBe(LATER);
    expect(counted).toEqual([`${provider} ignored`]);
  });
});

describe("whoever does not know the path", () => {
  const right = secretOf("docker-hub");

  it.each([
    { title: "a wrong secret", path: `/hooks/docker-hub/${"x".repeat(right.length)}` },
    { title: "a secret that is shorter", path: `/hooks/docker-hub/${right.slice(1)}` },
    { title: "a secret that is longer", path: `/hooks/docker-hub/${right}x` },
    { title: "a secret in capitals", path: `/hooks/docker-hub/${right.toUpperCase()}` },
    { title: "a very long secret", path: `/hooks/docker-hub/${"x".repeat(8_000)}` },
    { title: "the secret of another provider", path: `/hooks/docker-hub/${secretOf("quay")}` },
    { title: "the secret under another provider", path: `/hooks/quay/${right}` },
    { title: "a provider that there is not", path: `/hooks/dockerhub/${right}` },
    { title: "a name of every object", path: `/hooks/constructor/${right}` },
    { title: "how secrets print", path: "/hooks/docker-hub/[secret]" },
  ])("$title: 404, and no hint", async ({ path }) => {
    const { app, store, counted, logged } = await hooksOn(LINES, { hooks: HOOKS });
    const answer = await app.request(path, callOf("docker-hub"));
    expect(answer.status).toBe(404);
    expect(await answer.json()).toEqual({ refused: "not-found" });
    expect(await store.firstDueAt()).toBe(LATER);
    expect(counted).toEqual(["unknown not-found"]);
    expect(logged).toEqual([]);
  });

  it.each([
    "/hooks",
    "/hooks/",
    "/hooks/docker-hub",
    "/hooks/docker-hub/",
    `/hooks/docker-hub/${right}/`,
    `/hooks/docker-hub/${right}/x`,
  ])("%s is nowhere", async (path) => {
    const { app, store } = await hooksOn(LINES, { hooks: HOOKS });
    const answer = await app.request(path, callOf("docker-hub"));
    expect(answer.status).toBe(404);
    expect(await answer.text()).not.toContain(right);
    expect(await store.firstDueAt()).toBe(LATER);
  });

  it("finds no hook where none is configured", async () => {
    const { app } = await hooksOn(LINES);
    for (const provider of PROVIDERS) {
      expect((await app.request(pathOf(provider), callOf(provider))).status).toBe(404);
    }
  });

  it.each(["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])(
    "%s is not how one calls, right or wrong",
    async (method) => {
      const { app, store } = await hooksOn(LINES, { hooks: HOOKS });
      for (const path of [pathOf("docker-hub"), "/hooks/docker-hub/wrong", "/hooks/x/y"]) {
        const answer = await app.request(path, { method });
        expect(answer.status).toBe(405);
        expect(answer.headers.get("allow")).toBe("POST");
      }
      expect(await store.firstDueAt()).toBe(LATER);
    },
  );
});

describe("calls that are not proven", () => {
  const BODY = bodyOf("github");

  it.each<{ title: string; provider: Provider; headers: Readonly<Record<string, string>> }>([
    { title: "no signature", provider: "github", headers: {} },
    { title: "an empty signature", provider: "github", headers: { "X-Hub-Signature-256": "sha256=" } },
    {
      title: "another key's signature",
      provider: "github",
      headers: { "X-Hub-Signature-256": `sha256=${signed(BODY, "x")}` },
    },
    {
      title: "the path's secret as key",
      provider: "github",
      headers: { "X-Hub-Signature-256": `sha256=${signed(BODY, secretOf("github"))}` },
    },
    {
      title: "a signature of other bytes of the same JSON",
      provider: "github",
      headers: {
        "X-Hub-Signature-256": `sha256=${signed(Buffer.from(JSON.stringify(JSON.parse(BODY.toString()))), SIGNING_KEY)}`,
      },
    },
    { title: "no signature of Gitea", provider: "gitea", headers: {} },
    { title: "no signature of JFrog", provider: "jfrog", headers: {} },
    {
      title: "JFrog's key in place of its signature",
      provider: "jfrog",
      headers: { "X-JFrog-Event-Auth": SIGNING_KEY },
    },
    { title: "no header of Harbor", provider: "harbor", headers: {} },
    { title: "another header of Harbor", provider: "harbor", headers: { Authorization: "Bearer" } },
    { title: "no header of ACR", provider: "acr", headers: {} },
    { title: "no header of ECR", provider: "ecr", headers: {} },
    { title: "no header of distribution", provider: "distribution", headers: {} },
    { title: "no token of Google", provider: "google", headers: {} },
    { title: "no token of Chainguard", provider: "chainguard", headers: { Authorization: "Basic YTpi" } },
  ])("$title: 401, and nothing is due", async ({ provider, headers }) => {
    const { app, store, counted, logged } = await hooksOn(LINES, { hooks: HOOKS });
    const { headers: all = {}, ...call } = callOf(provider);
    const kept = new Headers(all);
    for (const name of Object.keys(proofHeadersOf(provider, BODY))) kept.delete(name);
    for (const [name, value] of Object.entries(headers)) kept.set(name, value);
    const answer = await app.request(pathOf(provider), { ...call, headers: kept });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toEqual({ refused: "unproven" });
    expect(await store.firstDueAt()).toBe(LATER);
    expect(counted).toEqual([`${provider} unproven`]);
    expect(logged).toEqual([expect.objectContaining({ level: "warn", provider, outcome: "unproven" })]);
  });

  it("a token that its issuer did not give", async () => {
    const verifier = verifierSaying({ kind: "refused", reason: "signature-invalid" });
    const { app, store, logged } = await hooksOn(LINES, { hooks: HOOKS, verifier });
    for (const provider of ["google", "chainguard"] as const) {
      expect((await app.request(pathOf(provider), callOf(provider))).status).toBe(401);
    }
    expect(await store.firstDueAt()).toBe(LATER);
    expect(logged).toEqual([
      expect.objectContaining({ reason: "signature-invalid" }),
      expect.objectContaining({ reason: "signature-invalid" }),
    ]);
  });

  it("a token whose issuer cannot be asked is not believed: 503, to be sent again", async () => {
    const verifier = {
      verify: () => Promise.reject(new CodedError("issuer-unavailable", "asking: no answer")),
    };
    const { app, store, faults } = await hooksOn(LINES, { hooks: HOOKS, verifier });
    const answer = await app.request(pathOf("google"), callOf("google"));
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(await store.firstDueAt()).toBe(LATER);
    expect(faults).toHaveLength(1);
  });

  it("is asked about with what the hook is configured to expect", async () => {
    const asked: unknown[] = [];
    const verifier = {
      verify: async (...question: unknown[]) => {
        asked.push(question);
        return { kind: "valid" } as const;
      },
    };
    const { app } = await hooksOn(LINES, { hooks: HOOKS, verifier });
    await app.request(pathOf("google"), callOf("google"));
    expect(asked).toEqual([
      ["head.claims.signature", expect.objectContaining({ issuer: "https://accounts.google.com" })],
    ]);
  });
});

describe("calls that cannot be read", () => {
  it.each([
    { title: "nothing", body: "" },
    { title: "no JSON", body: "<xml/>" },
    { title: "half of it", body: '{"a": ' },
    { title: "a list", body: "[]" },
    { title: "null", body: "null" },
    { title: "deep nesting", body: "[".repeat(500_000) },
    { title: "deep nesting that ends", body: "[".repeat(500_000) + "]".repeat(500_000) },
    { title: "keys of a prototype", body: '{"__proto__": {"x": 1}, "constructor": 1}' },
    { title: "numbers for names", body: '{"repository": 1, "docker_url": 2, "updated_tags": [3]}' },
    {
      title: "other letters",
      body: '{"repository": "acme/bаse", "docker_url": "quay.io/acme/base", "updated_tags": ["é"]}',
    },
  ])("$title: 400 at every hook, and nothing is due", async ({ body }) => {
    const { app, store, counted } = await hooksOn(LINES, { hooks: HOOKS });
    for (const provider of PROVIDERS) {
      const answer = await app.request(pathOf(provider), callOf(provider, { body: Buffer.from(body) }));
      expect(answer.status).toBe(400);
      expect(await answer.json()).toEqual({ refused: expect.stringMatching(/^[a-z-]+$/) });
    }
    expect(await store.firstDueAt()).toBe(LATER);
    expect(counted).toEqual(PROVIDERS.map((provider) => `${provider} refused`));
  });
});
