import { afterEach, describe, expect, test } from "vitest";
import { Secret } from "../../../src/secret.ts";
import type { Fault } from "../../fakes/registry/faults.ts";
import type { FakeLogin } from "../../fakes/registry/login.ts";
import type { FakeRegistry } from "../../fakes/registry/server.ts";
import { clientFor, closeAll, errorOf, everythingIn, lineAt, PATH, startFake } from "./stage.ts";

const TOKEN = "canary-identity-token";
const identity = { login: { kind: "identity-token", token: new Secret(TOKEN) } } as const;
const REGISTRY_TOKEN = "canary-registry-token";
const registryToken = { login: { kind: "registry-token", token: new Secret(REGISTRY_TOKEN) } } as const;
const { signal } = new AbortController();

afterEach(closeAll);

async function startWithImage(login: FakeLogin): Promise<FakeRegistry> {
  const fake = await startFake({ login });
  fake.putImage(PATH, { tag: "latest" });
  return fake;
}

function tokenCalls(fake: FakeRegistry): FakeRegistry["requests"] {
  return fake.requests.filter(({ url }) => url.startsWith("/token"));
}

describe("an identity token", () => {
  test("is posted to the token service, and to nobody else", async () => {
    const fake = await startWithImage({ kind: "token", identityToken: TOKEN });
    expect(await clientFor([fake], { settings: identity }).resolve(lineAt(fake), signal)).toMatchObject({
      kind: "found",
    });
    expect(tokenCalls(fake).map(({ method, url }) => `${method} ${url}`)).toEqual(["POST /token"]);
    expect(JSON.stringify(fake.requests)).not.toContain(TOKEN);
  });

  test.each([{ postStatus: 404 }, { postStatus: 405 }] as const)(
    "is a password where a POST is answered with $postStatus",
    async ({ postStatus }) => {
      const fake = await startWithImage({ kind: "token", identityToken: TOKEN, postStatus });
      const client = clientFor([fake], { settings: identity });
      expect(await client.resolve(lineAt(fake), signal)).toMatchObject({ kind: "found" });
      expect(tokenCalls(fake).map(({ method }) => method)).toEqual(["POST", "GET"]);
      const basic = Buffer.from(`<token>:${TOKEN}`).toString("base64");
      expect(tokenCalls(fake)[1]?.headers["authorization"]).toBe(`Basic ${basic}`);
      expect(tokenCalls(fake)[1]?.url).toBe("/token?service=fake&scope=repository%3Aacme%2Fbase%3Apull");
    },
  );

  test("asks for no refresh token and uses none that comes", async () => {
    const fake = await startWithImage({ kind: "token", identityToken: TOKEN, expiresInSeconds: 60 });
    let nowMs = 0;
    const client = clientFor([fake], { settings: identity, elapsedMs: () => nowMs });
    await client.resolve(lineAt(fake), signal);
    nowMs = 3_600_000;
    expect(await client.resolve(lineAt(fake), signal)).toMatchObject({ kind: "found" });
    expect(tokenCalls(fake)).toHaveLength(2);
  });

  test.each<{ readonly title: string; readonly fault: Fault; readonly code: string; readonly calls: number }>(
    [
      {
        title: "that is refused with OAuth's 400",
        fault: {
          kind: "status",
          status: 400,
          body: `{"error":"invalid_grant","error_description":"${TOKEN}"}`,
        },
        code: "registry-unauthorized",
        calls: 1,
      },
      {
        title: "that is refused with 401",
        fault: { kind: "status", status: 401, body: TOKEN },
        code: "registry-unauthorized",
        calls: 1,
      },
      {
        title: "and a service that fails",
        fault: { kind: "status", status: 500 },
        code: "registry-unavailable",
        calls: 1,
      },
      {
        title: "and a service that redirects",
        fault: { kind: "redirect", location: "https://evil.example/" },
        code: "registry-refused",
        calls: 1,
      },
      {
        title: "and a service that redirects the fallback too",
        fault: { kind: "status", status: 405 },
        code: "registry-protocol",
        calls: 2,
      },
    ],
  )("$title: $code, and the token stays out of the message", async ({ fault, code, calls }) => {
    const fake = await startWithImage({ kind: "token", identityToken: TOKEN });
    fake.faults.add({ path: /^\/token/, fault });
    const error = await errorOf(clientFor([fake], { settings: identity }).resolve(lineAt(fake), signal));
    expect(error.code).toBe(code);
    expect(tokenCalls(fake)).toHaveLength(calls);
    expect(everythingIn(error)).not.toContain(TOKEN);
  });

  test("is not shown to a registry that knows Basic alone", async () => {
    const fake = await startWithImage({ kind: "basic", username: "<token>", password: TOKEN });
    const error = await errorOf(clientFor([fake], { settings: identity }).resolve(lineAt(fake), signal));
    expect(error.code).toBe("registry-unauthorized");
    expect(fake.requests).toHaveLength(1);
    expect(fake.requests[0]?.headers).not.toHaveProperty("authorization");
  });

  test("goes to no token service of another name", async () => {
    const fake = await startWithImage({ kind: "token", realm: "https://evil.example/token" });
    const error = await errorOf(clientFor([fake], { settings: identity }).resolve(lineAt(fake), signal));
    expect(error).toMatchObject({ code: "registry-refused" });
    expect(error.message).toContain("trustedRealms");
  });
});

describe("a registry token", () => {
  test("is shown to the registry as it is, once it has asked", async () => {
    const fake = await startWithImage({ kind: "token", registryToken: REGISTRY_TOKEN });
    const client = clientFor([fake], { settings: registryToken });
    expect(await client.resolve(lineAt(fake), signal)).toMatchObject({ kind: "found" });
    await client.resolve(lineAt(fake), signal);
    const bearer = `Bearer ${REGISTRY_TOKEN}`;
    expect(fake.requests.map(({ headers }) => headers["authorization"])).toEqual([undefined, bearer, bearer]);
    expect(tokenCalls(fake)).toEqual([]);
  });

  test("that is refused is shown once", async () => {
    const fake = await startWithImage({ kind: "token", registryToken: "another" });
    const error = await errorOf(clientFor([fake], { settings: registryToken }).resolve(lineAt(fake), signal));
    expect(error).toMatchObject({ code: "registry-unauthorized" });
    expect(fake.requests).toHaveLength(2);
    expect(everythingIn(error)).not.toContain(REGISTRY_TOKEN);
  });

  test.each([
    { title: "a registry that knows Basic alone", header: 'Basic realm="x"' },
    { title: "a realm that is a file", header: 'Bearer realm="file:///etc/passwd"' },
  ])("is not shown to $title", async ({ header }) => {
    const fake = await startWithImage({ kind: "none" });
    const fault = { kind: "status", status: 401, headers: { "www-authenticate": header } } as const;
    fake.faults.add({ path: /manifests/, fault });
    await errorOf(clientFor([fake], { settings: registryToken }).resolve(lineAt(fake), signal));
    expect(fake.requests.map(({ headers }) => headers["authorization"])).toEqual([undefined]);
  });

  test.each([
    { title: "with a line break", token: "canary\r\nx: y" },
    { title: "with a blank", token: "canary token" },
    { title: "that is empty", token: "" },
    { title: "of 20 KB", token: "c".repeat(20_000) },
  ])("$title: registry-login-failed", async ({ token }) => {
    const fake = await startWithImage({ kind: "none" });
    const settings = { login: { kind: "registry-token", token: new Secret(token) } } as const;
    const error = await errorOf(clientFor([fake], { settings }).resolve(lineAt(fake), signal));
    expect(error).toMatchObject({ code: "registry-login-failed", transient: true });
    expect(everythingIn(error)).not.toContain("canary");
    expect(fake.requests).toEqual([]);
  });
});

/** Tokens that two questions cost, this long apart. */
const usedAfter = async (issuedSecondsAgo: number, laterSeconds: number): Promise<number> => {
  const fake = await startWithImage({ kind: "token", expiresInSeconds: 300, issuedSecondsAgo });
  let nowMs = 0;
  const client = clientFor([fake], { elapsedMs: () => nowMs });
  await client.resolve(lineAt(fake), signal);
  nowMs = laterSeconds * 1_000;
  await client.resolve(lineAt(fake), signal);
  return tokenCalls(fake).length;
};

describe("a token's issued_at", () => {
  test.each([
    { title: "200 s ago leaves 70 of 270 s", issuedSecondsAgo: 200, laterSeconds: 60, tokens: 1 },
    { title: "200 s ago leaves no 80 s", issuedSecondsAgo: 200, laterSeconds: 80, tokens: 2 },
    {
      title: "an hour ago leaves a token for one question",
      issuedSecondsAgo: 3_600,
      laterSeconds: 0,
      tokens: 2,
    },
    { title: "in the future gives no more time", issuedSecondsAgo: -3_600, laterSeconds: 280, tokens: 2 },
    { title: "in the future takes none away", issuedSecondsAgo: -3_600, laterSeconds: 260, tokens: 1 },
  ])("$title", async ({ issuedSecondsAgo, laterSeconds, tokens }) => {
    expect(await usedAfter(issuedSecondsAgo, laterSeconds)).toBe(tokens);
  });

  test.each([
    { title: "that is no time", body: '{"token":"x","issued_at":"yesterday"}' },
    { title: "that is a number", body: '{"token":"x","issued_at":17}' },
    { title: "of the year 275761", body: '{"token":"x","issued_at":"275761-01-01T00:00:00Z"}' },
  ])("$title is passed over", async ({ body }) => {
    const fake = await startWithImage({ kind: "token" });
    fake.faults.add({ path: /^\/token/, fault: { kind: "status", status: 200, body } });
    await errorOf(clientFor([fake]).resolve(lineAt(fake), signal));
    expect(fake.requests.at(-1)?.headers["authorization"]).toBe("Bearer x");
  });

  test("is judged by the service's own clock, which may be a day behind ours", async () => {
    const fake = await startWithImage({ kind: "token" });
    const yesterday = new Date("2026-01-01T00:00:00Z");
    const body = JSON.stringify({ token: "x", expires_in: 300, issued_at: yesterday.toISOString() });
    const fault = { kind: "status", status: 200, headers: { date: yesterday.toUTCString() }, body } as const;
    fake.faults.add({ path: /^\/token/, fault });
    const client = clientFor([fake]);
    await errorOf(client.resolve(lineAt(fake), signal));
    fake.login.change({ kind: "token", registryToken: "x" });
    await client.resolve(lineAt(fake), signal);
    expect(fake.requests.at(-1)?.headers["authorization"]).toBe("Bearer x");
    expect(tokenCalls(fake)).toHaveLength(1);
  });
});

test("a token that ends in the middle of twenty questions is renewed exactly once", async () => {
  const fake = await startWithImage({ kind: "token", expiresInSeconds: 300 });
  let nowMs = 0;
  const client = clientFor([fake], { elapsedMs: () => nowMs });
  await client.resolve(lineAt(fake), signal);
  nowMs = 280_000;
  await Promise.all(Array.from({ length: 20 }, () => client.resolve(lineAt(fake), signal)));
  expect(tokenCalls(fake)).toHaveLength(2);
});

test("twenty first questions at once to a registry that nobody knows yet cost one token", async () => {
  const fake = await startWithImage({ kind: "token" });
  const client = clientFor([fake]);
  const states = await Promise.all(Array.from({ length: 20 }, () => client.resolve(lineAt(fake), signal)));
  expect(new Set(states.map(({ kind }) => kind))).toEqual(new Set(["found"]));
  expect(tokenCalls(fake)).toHaveLength(1);
});

test("a registry that knows Basic alone gets a user even when it names a realm and a service", async () => {
  const fake = await startFake({ login: { kind: "basic", username: "AWS", password: "canary" } });
  fake.putImage(PATH, { tag: "latest" });
  const header = 'Basic realm="https://ecr.example/",service="ecr.amazonaws.com"';
  const fault = { kind: "status", status: 401, headers: { "www-authenticate": header } } as const;
  fake.faults.add({ path: /manifests/, fault, times: 1 });
  const settings = { login: { kind: "basic", username: "AWS", password: new Secret("canary") } } as const;
  const client = clientFor([fake], { settings });
  expect(await client.resolve(lineAt(fake), signal)).toMatchObject({ kind: "found" });
  expect(fake.requests).toHaveLength(2);
});

test("a challenge with Basic before Bearer gets the token", async () => {
  const fake = await startWithImage({ kind: "token", user: { username: "robot", password: "canary" } });
  const header = ['Basic realm="x"', `Bearer realm="${fake.url}/token"`];
  const fault = { kind: "status", status: 401, headers: { "www-authenticate": header } } as const;
  fake.faults.add({ path: /manifests/, fault, times: 1 });
  const settings = { login: { kind: "basic", username: "robot", password: new Secret("canary") } } as const;
  await clientFor([fake], { settings }).resolve(lineAt(fake), signal);
  expect(fake.requests.at(-1)?.headers["authorization"]).toMatch(/^Bearer token-/);
});
