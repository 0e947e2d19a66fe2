import { assert, property, string } from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import type { Credentials } from "../../../../src/adapters/registry/login/credentials.ts";
import { expiryOfJwt } from "../../../../src/adapters/registry/login/jwt-expiry.ts";
import { adviceOn, endingOf } from "../../../../src/adapters/registry/login/report.ts";
import { Secret } from "../../../../src/secret.ts";
import { DAY_MS, instantOf, later } from "../../../../src/time.ts";
import { clientFor, closeAll, errorOf, lineAt, PATH, repositoryAt, startFake } from "../stage.ts";

const { signal } = new AbortController();
const NOW = instantOf(Date.UTC(2026, 10, 28));

afterEach(closeAll);

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

function jwt(claims: unknown): string {
  return `${part({ alg: "RS256" })}.${part(claims)}.canary-signature`;
}

function basic(password: string, facts: Partial<Credentials> = {}): Credentials {
  return {
    username: "robot",
    credentialId: "basic-x",
    source: "a test",
    renewal: "manual",
    ...facts,
    kind: "basic",
    password: new Secret(password),
  };
}

describe("the end of a log-in", () => {
  test.each([
    { title: "twelve days on", days: 12, says: "expires in 12 days" },
    { title: "thirty days on", days: 30, says: "expires in 30 days" },
    { title: "a day on", days: 1, says: "expires in 1 day (" },
    { title: "an hour on", days: 1 / 24, says: "expires in 0 days" },
    { title: "now", days: 0, says: "expired 0 days ago" },
    { title: "two days ago", days: -2, says: "expired 2 days ago" },
  ])("$title is warned about", ({ days, says }) => {
    const warning = endingOf(basic("x", { expiresAt: later(NOW, days * DAY_MS) }), NOW);
    expect(warning).toContain(says);
    expect(warning).toContain("a test");
  });

  test.each([
    { title: "more than thirty days on", facts: { expiresAt: later(NOW, 30 * DAY_MS + 1) } },
    { title: "that nobody knows", facts: {} },
    { title: "that a cloud puts off", facts: { expiresAt: NOW, renewal: "automatic" } as const },
  ])("$title is not", ({ facts }) => {
    expect(endingOf(basic("x", facts), NOW)).toBeUndefined();
  });
});

describe("expiryOfJwt", () => {
  test("reads when a token says it ends", () => {
    expect(expiryOfJwt(jwt({ exp: NOW / 1_000 }))).toBe(NOW);
    expect(expiryOfJwt(jwt({ exp: NOW / 1_000 + 0.5 }))).toBe(later(NOW, 500));
  });

  test.each([
    { title: "no token", text: "" },
    { title: "two parts", text: "a.b" },
    { title: "four parts", text: `${jwt({ exp: 1 })}.x` },
    { title: "no JSON", text: "a.b.c" },
    { title: "no end", text: jwt({}) },
    { title: "an end that is a text", text: jwt({ exp: "1" }) },
    { title: "an end that no calendar has", text: jwt({ exp: 1e300 }) },
    { title: "a list", text: jwt([1]) },
    { title: "null", text: jwt(null) },
    { title: "20 KB", text: jwt({ exp: 1, x: "x".repeat(20_000) }) },
    { title: "a user and a password", text: "user:a.b.c" },
  ])("reads nothing from $title", ({ text }) => {
    expect(expiryOfJwt(text)).toBeUndefined();
  });

  test("reads any text without throwing", () => {
    assert(
      property(string(), (text) => {
        expiryOfJwt(text);
        expiryOfJwt(`a.${Buffer.from(text).toString("base64url")}.c`);
      }),
    );
  });
});

describe("advice on a refusal", () => {
  test.each([
    { title: "an App's token", password: "ghs_canary", status: 403, says: "GitHub App" },
    { title: "an App's token that does not log in", password: "ghs_canary", status: 401, says: "GitHub App" },
    { title: "a fine-grained token", password: "github_pat_canary", status: 403, says: "fine-grained" },
  ])("is given for $title at ghcr.io: take a classic token", ({ password, status, says }) => {
    const advice = adviceOn("ghcr.io", basic(password), status);
    expect(advice).toContain(says);
    expect(advice).toContain("classic personal access token with read:packages");
    expect(advice).not.toContain("canary");
  });

  test.each([
    { title: "a classic token", registry: "ghcr.io", credentials: basic("ghp_canary"), status: 403 },
    { title: "another status", registry: "ghcr.io", credentials: basic("ghs_canary"), status: 404 },
    { title: "no status", registry: "ghcr.io", credentials: basic("ghs_canary"), status: undefined },
    { title: "another registry", registry: "ghcr.io.example", credentials: basic("ghs_canary"), status: 403 },
    { title: "nobody", registry: "ghcr.io", credentials: undefined, status: 401 },
  ])("is not given for $title", ({ registry, credentials, status }) => {
    expect(adviceOn(registry, credentials, status)).toBeUndefined();
  });
});

describe("the report on a log-in", () => {
  test("tells source, name and end of a pull token, and warns before it ends", async () => {
    const expiresAt = later(NOW, 12 * DAY_MS);
    const password = jwt({ exp: expiresAt / 1_000 });
    const fake = await startFake();
    const client = clientFor([fake], {
      settings: { login: { kind: "basic", username: "canary-identity", password: new Secret(password) } },
    });
    const report = await client.logins.reportOn(repositoryAt(fake), NOW, signal);
    expect(report).toEqual({
      registry: fake.host,
      source: "the settings of the registry",
      credentialId: expect.stringMatching(/^basic-[0-9a-f]{12}$/),
      expiresAt,
      warnings: [expect.stringContaining("expires in 12 days (10 Dec 2026, 00:00 UTC)")],
    });
    expect(JSON.stringify(report)).not.toContain("canary");
    expect(fake.requests).toEqual([]);
  });

  test("of nobody says so", async () => {
    const fake = await startFake();
    expect(await clientFor([fake]).logins.reportOn(repositoryAt(fake), NOW, signal)).toEqual({
      registry: fake.host,
      source: "anonymous",
      credentialId: "anonymous",
      warnings: [],
    });
  });

  test("tells users apart, and not passwords", async () => {
    const fake = await startFake();
    const idOf = async (username: string, password: string): Promise<string> => {
      const login = { kind: "basic", username, password: new Secret(password) } as const;
      const client = clientFor([fake], { settings: { login } });
      return (await client.logins.reportOn(repositoryAt(fake), NOW, signal)).credentialId;
    };
    const id = await idOf("robot", "canary");
    expect(await idOf("robot", "other")).toBe(id);
    expect(await idOf("other", "canary")).not.toBe(id);
  });
});

describe("a probe", () => {
  const settings = { login: { kind: "basic", username: "robot", password: new Secret("canary") } } as const;

  test("reads", async () => {
    const fake = await startFake({ login: { kind: "basic", username: "robot", password: "canary" } });
    fake.putImage(PATH, { tag: "latest" });
    const { outcome } = await clientFor([fake], { settings }).logins.probe(lineAt(fake), NOW, signal);
    expect(outcome).toEqual({ kind: "readable" });
  });

  test("finds no such tag", async () => {
    const fake = await startFake();
    const { outcome } = await clientFor([fake]).logins.probe(lineAt(fake), NOW, signal);
    expect(outcome).toEqual({ kind: "missing" });
  });

  test.each([401, 403])("is refused with %i, which is an answer", async (status) => {
    const fake = await startFake();
    fake.faults.add({ path: /./, fault: { kind: "status", status } });
    const { outcome, report } = await clientFor([fake], { settings }).logins.probe(lineAt(fake), NOW, signal);
    expect(outcome).toMatchObject({
      kind: "refused",
      message: expect.stringContaining(`answered ${status}`),
    });
    expect(JSON.stringify([outcome, report])).not.toContain("canary");
  });

  test.each([
    { fault: { kind: "status", status: 500 }, code: "registry-unavailable" },
    { fault: { kind: "drop", when: "before-answer" }, code: "registry-unavailable" },
    { fault: { kind: "status", status: 429 }, code: "registry-rate-limited" },
  ] as const)("gets no answer: $code", async ({ fault, code }) => {
    const fake = await startFake();
    fake.faults.add({ path: /./, fault });
    expect(await errorOf(clientFor([fake]).logins.probe(lineAt(fake), NOW, signal))).toMatchObject({ code });
  });
});
