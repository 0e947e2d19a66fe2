import { afterEach, describe, expect, test } from "vitest";
import type { Digest } from "../../../src/image/digest.ts";
import { Secret } from "../../../src/secret.ts";
import type { Fault } from "../../fakes/registry/faults.ts";
import type { FakeRegistry } from "../../fakes/registry/server.ts";
import {
  clientFor,
  closeAll,
  errorOf,
  everythingIn,
  imageAt,
  lineAt,
  PATH,
  repositoryAt,
  startFake,
} from "./stage.ts";
import { parseTag } from "../../../src/image/reference.ts";

const PASSWORD = "canary-password";
const user = { username: "robot", password: PASSWORD };
const settings = { login: { kind: "basic", username: "robot", password: new Secret(PASSWORD) } } as const;
const BASIC = `Basic ${Buffer.from(`robot:${PASSWORD}`).toString("base64")}`;
const CANARIES = [PASSWORD, BASIC.slice(6)];
const { signal } = new AbortController();
const manifests = /\/manifests\//;

afterEach(closeAll);

function withImage(fake: FakeRegistry): Digest {
  return fake.putImage(PATH, { tag: "latest" }).digest;
}

function callsTo(fake: FakeRegistry, path: RegExp): FakeRegistry["requests"] {
  return fake.requests.filter(({ url }) => path.test(url));
}

const challenge = (header: string | readonly string[]): Fault => ({
  kind: "status",
  status: 401,
  headers: { "www-authenticate": header },
});

describe("a registry with a token service", () => {
  test("is read anonymously", async () => {
    const fake = await startFake({ login: { kind: "token" } });
    const digest = withImage(fake);
    expect(await clientFor([fake]).resolve(lineAt(fake), signal)).toEqual({ kind: "found", digest });
    const [, token] = fake.requests;
    expect(token?.headers).not.toHaveProperty("authorization");
    expect(token?.url).toBe("/token?service=fake&scope=repository%3Aacme%2Fbase%3Apull");
  });

  test("is read with a user, who is told to the token service alone", async () => {
    const fake = await startFake({ login: { kind: "token", user } });
    const digest = withImage(fake);
    const client = clientFor([fake], { settings });
    expect(await client.resolve(lineAt(fake), signal)).toEqual({ kind: "found", digest });
    const told = fake.requests.filter(({ headers }) => headers["authorization"] === BASIC);
    expect(told.map(({ url }) => new URL(url, fake.url).pathname)).toEqual(["/token"]);
    expect(told[0]?.url).toContain("account=robot");
  });

  test("costs one refused request and one token for any number of questions", async () => {
    const fake = await startFake({ login: { kind: "token" } });
    const digest = withImage(fake);
    const client = clientFor([fake]);
    await client.resolve(lineAt(fake), signal);
    await client.manifest(imageAt(fake, digest), signal);
    await client.resolve(lineAt(fake), signal);
    expect(callsTo(fake, /^\/token/)).toHaveLength(1);
    expect(callsTo(fake, manifests)).toHaveLength(4);
  });

  test("gives twenty questions at once one token", async () => {
    const fake = await startFake({ login: { kind: "token" } });
    withImage(fake);
    const client = clientFor([fake]);
    await client.resolve(lineAt(fake), signal);
    fake.login.revoke();
    const states = await Promise.all(Array.from({ length: 20 }, () => client.resolve(lineAt(fake), signal)));
    expect(new Set(states.map(({ kind }) => kind))).toEqual(new Set(["found"]));
    expect(callsTo(fake, /^\/token/)).toHaveLength(2);
  });

  test("has one token per repository", async () => {
    const fake = await startFake({ login: { kind: "token" } });
    const client = clientFor([fake]);
    for (const path of ["acme/a", "acme/b"]) {
      fake.putImage(path, { tag: "latest" });
      const line = { repository: repositoryAt(fake, path), tag: parseTag("latest") };
      expect(await client.resolve(line, signal)).toMatchObject({ kind: "found" });
    }
    const scopes = callsTo(fake, /^\/token/).map(({ url }) =>
      new URL(url, fake.url).searchParams.get("scope"),
    );
    expect(scopes).toEqual(["repository:acme/a:pull", "repository:acme/b:pull"]);
  });

  test.each([
    { title: "300 s, used for 270", expiresIn: 300, usedForMs: 269_000 },
    { title: "1 s, taken for 60, used for 54", expiresIn: 1, usedForMs: 53_000 },
    { title: "0 s, the same", expiresIn: 0, usedForMs: 53_000 },
    { title: "a negative time, the same", expiresIn: -1, usedForMs: 53_000 },
    { title: "a billion seconds, used for 54 minutes", expiresIn: 1e9, usedForMs: 3_239_000 },
  ])("gives a token that lasts $title", async ({ expiresIn, usedForMs }) => {
    const fake = await startFake({ login: { kind: "token", expiresInSeconds: expiresIn } });
    withImage(fake);
    let nowMs = 0;
    const client = clientFor([fake], { elapsedMs: () => nowMs });
    await client.resolve(lineAt(fake), signal);
    nowMs = usedForMs;
    await client.resolve(lineAt(fake), signal);
    expect(callsTo(fake, /^\/token/)).toHaveLength(1);
    nowMs = usedForMs + 2_000;
    await client.resolve(lineAt(fake), signal);
    expect(callsTo(fake, /^\/token/)).toHaveLength(2);
  });

  test("that refuses every token is asked for one new token, not for ever", async () => {
    const fake = await startFake({ login: { kind: "token" } });
    withImage(fake);
    const client = clientFor([fake]);
    await client.resolve(lineAt(fake), signal);
    fake.faults.add({ path: manifests, fault: challenge(`Bearer realm="${fake.url}/token"`) });
    expect(await errorOf(client.resolve(lineAt(fake), signal))).toMatchObject({
      code: "registry-unauthorized",
    });
    expect(callsTo(fake, /^\/token/)).toHaveLength(2);
  });

  test("whose token request one waiter aborts still serves the others", async () => {
    const fake = await startFake({ login: { kind: "token" } });
    withImage(fake);
    const client = clientFor([fake]);
    await client.resolve(lineAt(fake), signal);
    fake.login.revoke();
    const controller = new AbortController();
    const impatient = client.resolve(lineAt(fake), controller.signal);
    const patient = client.resolve(lineAt(fake), signal);
    controller.abort(new Error("enough"));
    await expect(impatient).rejects.toThrow("enough");
    expect(await patient).toMatchObject({ kind: "found" });
  });

  test.each<{ readonly title: string; readonly fault: Fault; readonly code: string }>([
    { title: "a page", fault: { kind: "status", status: 200, body: "<html>" }, code: "registry-protocol" },
    { title: "no token", fault: { kind: "status", status: 200, body: "{}" }, code: "registry-protocol" },
    { title: "null", fault: { kind: "status", status: 200, body: "null" }, code: "registry-protocol" },
    {
      title: "an empty token",
      fault: { kind: "status", status: 200, body: '{"token":""}' },
      code: "registry-protocol",
    },
    {
      title: "a token with a line break",
      fault: { kind: "status", status: 200, body: String.raw`{"token":"a\r\nx: y"}` },
      code: "registry-protocol",
    },
    {
      title: "a token with a letter beyond ASCII",
      fault: { kind: "status", status: 200, body: '{"token":"é"}' },
      code: "registry-protocol",
    },
    {
      title: "a token of 20 KB",
      fault: { kind: "status", status: 200, body: JSON.stringify({ token: "t".repeat(20_000) }) },
      code: "registry-protocol",
    },
    {
      title: "a megabyte",
      fault: { kind: "oversize", megabytes: 1, framing: "chunked" },
      code: "registry-too-large",
    },
    { title: "401", fault: { kind: "status", status: 401 }, code: "registry-unauthorized" },
    { title: "403", fault: { kind: "status", status: 403 }, code: "registry-forbidden" },
    { title: "429", fault: { kind: "status", status: 429 }, code: "registry-rate-limited" },
    { title: "500", fault: { kind: "status", status: 500 }, code: "registry-unavailable" },
    { title: "nothing", fault: { kind: "drop", when: "before-answer" }, code: "registry-unavailable" },
    { title: "a redirect", fault: { kind: "redirect", location: "/elsewhere" }, code: "registry-refused" },
    {
      title: "a redirect to a metadata service",
      fault: { kind: "redirect", location: "https://169.254.169.254/" },
      code: "registry-refused",
    },
  ])("that answers $title: $code", async ({ fault, code }) => {
    const fake = await startFake({ login: { kind: "token", user } });
    fake.faults.add({ path: /^\/token/, fault });
    const error = await errorOf(clientFor([fake], { settings }).resolve(lineAt(fake), signal));
    expect(error.code).toBe(code);
    for (const canary of CANARIES) expect(everythingIn(error)).not.toContain(canary);
  });

  test.each([
    { title: "no expires_in", body: '{"token":"x"}' },
    { title: "an expires_in that is text", body: '{"token":"x","expires_in":"300"}' },
    { title: "access_token instead", body: '{"access_token":"x"}' },
  ])("that answers with $title is believed", async ({ body }) => {
    const fake = await startFake({ login: { kind: "token" } });
    fake.faults.add({ path: /^\/token/, fault: { kind: "status", status: 200, body } });
    await errorOf(clientFor([fake]).resolve(lineAt(fake), signal));
    expect(fake.requests.at(-1)?.headers["authorization"]).toBe("Bearer x");
  });

  test("that never answers: registry-timeout", async () => {
    const fake = await startFake({ login: { kind: "token" } });
    fake.faults.add({ path: /^\/token/, fault: { kind: "hang" } });
    const client = clientFor([fake], { timeouts: { requestMs: 200 } });
    expect(await errorOf(client.resolve(lineAt(fake), signal))).toMatchObject({ code: "registry-timeout" });
  });
});

describe("a challenge", () => {
  test.each([
    {
      title: "that asks for another repository and for push",
      header: 'scope="repository:other/secret:pull,push"',
    },
    { title: "that asks for everything", header: 'scope="registry:catalog:*"' },
    { title: "without a scope", header: "service=fake" },
  ])("$title gets a token to pull from ours", async ({ header }) => {
    const fake = await startFake({ login: { kind: "token" } });
    withImage(fake);
    fake.faults.add({
      path: manifests,
      fault: challenge(`Bearer realm="${fake.url}/token",${header}`),
      times: 1,
    });
    await clientFor([fake]).resolve(lineAt(fake), signal);
    const [token] = callsTo(fake, /^\/token/);
    expect(new URL(token?.url ?? "", fake.url).searchParams.getAll("scope")).toEqual([
      "repository:acme/base:pull",
    ]);
  });

  test.each([
    { title: "another host", realm: "https://evil.example/token", code: "registry-refused" },
    {
      title: "a host that begins like ours",
      realm: "https://127.0.0.1.evil.example/token",
      code: "registry-refused",
    },
    {
      title: "Docker Hub's token service, which is not ours",
      realm: "https://auth.docker.io/token",
      code: "registry-refused",
    },
    { title: "a metadata service", realm: "http://169.254.169.254/token", code: "registry-refused" },
    {
      title: "a host nobody allowed plain HTTP to",
      realm: "http://127.0.0.1:9/token",
      code: "registry-refused",
    },
    { title: "a file", realm: "file:///etc/passwd", code: "registry-refused" },
    { title: "a realm with a user", realm: "http://a:b@127.0.0.1/token", code: "registry-refused" },
    { title: "a relative realm", realm: "/token", code: "registry-protocol" },
    { title: "an empty realm", realm: "", code: "registry-protocol" },
    {
      title: "a realm of 10 KB",
      realm: `https://127.0.0.1/${"x".repeat(10_000)}`,
      code: "registry-protocol",
    },
  ])("that sends the credentials to $title: $code", async ({ realm, code }) => {
    const fake = await startFake();
    fake.faults.add({ path: manifests, fault: challenge(`Bearer realm="${realm}"`) });
    const error = await errorOf(clientFor([fake], { settings }).resolve(lineAt(fake), signal));
    expect(error.code).toBe(code);
    expect(fake.requests.map(({ headers }) => headers["authorization"])).toEqual([undefined]);
    for (const canary of CANARIES) expect(everythingIn(error)).not.toContain(canary);
  });

  test("that names another host is refused by that host's name", async () => {
    const fake = await startFake();
    fake.faults.add({ path: manifests, fault: challenge('Bearer realm="https://evil.example/token"') });
    const error = await errorOf(clientFor([fake], { settings }).resolve(lineAt(fake), signal));
    expect(error.message).toContain('credentials sent to "evil.example"');
  });

  test.each([
    { title: "Basic only", header: 'Basic realm="x"' },
    { title: "an unknown scheme", header: "Negotiate" },
    { title: "Bearer without a realm", header: "Bearer service=x" },
    { title: "nonsense", header: '"""' },
    { title: "nothing", header: "" },
  ])("of $title leaves an anonymous client outside", async ({ header }) => {
    const fake = await startFake();
    fake.faults.add({ path: manifests, fault: challenge(header) });
    expect(await errorOf(clientFor([fake]).resolve(lineAt(fake), signal))).toMatchObject({
      code: "registry-unauthorized",
    });
    expect(fake.requests).toHaveLength(1);
  });
});

describe("a registry with Basic", () => {
  test("is read with a user, who is not sent before the registry asks", async () => {
    const fake = await startFake({ login: { kind: "basic", ...user } });
    const digest = withImage(fake);
    const client = clientFor([fake], { settings });
    expect(await client.resolve(lineAt(fake), signal)).toEqual({ kind: "found", digest });
    await client.manifest(imageAt(fake, digest), signal);
    expect(fake.requests.map(({ headers }) => headers["authorization"])).toEqual([undefined, BASIC, BASIC]);
  });

  test("and another password is asked once", async () => {
    const fake = await startFake({ login: { kind: "basic", ...user, password: "other" } });
    const error = await errorOf(clientFor([fake], { settings }).resolve(lineAt(fake), signal));
    expect(error).toMatchObject({ code: "registry-unauthorized", transient: false });
    expect(fake.requests).toHaveLength(2);
    for (const canary of CANARIES) expect(everythingIn(error)).not.toContain(canary);
  });
});

describe("credentials of one host", () => {
  test("never go to another one", async () => {
    const [ours, theirs] = [await startFake({ login: { kind: "basic", ...user } }), await startFake()];
    const digest = withImage(ours);
    const client = clientFor([ours, theirs], {
      hosts: new Map([
        [ours.host, { plainHttp: true, allowPrivate: true, ...settings }],
        [theirs.host, { plainHttp: true, allowPrivate: true }],
      ]),
    });
    await client.resolve(lineAt(ours), signal);
    theirs.faults.add({ path: /./, fault: challenge('Basic realm="give"'), times: 1 });
    await errorOf(client.resolve(lineAt(theirs), signal));

    // A redirect to the other host, and one that leads back from there.
    const stored = ours.content.manifest(PATH, digest);
    theirs.putManifest(PATH, stored?.bytes ?? {});
    ours.faults.add({
      path: /./,
      fault: { kind: "redirect", location: `${theirs.url}/v2/${PATH}/manifests/${digest}` },
      times: 2,
    });
    expect(await client.manifest(imageAt(ours, digest), signal)).toMatchObject({ kind: "image" });
    theirs.faults.add({
      path: /./,
      fault: { kind: "redirect", location: `${ours.url}/v2/${PATH}/manifests/${digest}` },
      times: 1,
    });
    await errorOf(client.manifest(imageAt(ours, digest), signal));

    expect(theirs.requests.length).toBeGreaterThanOrEqual(3);
    expect(theirs.requests.filter(({ headers }) => "authorization" in headers)).toEqual([]);
    expect(ours.requests.at(-1)?.headers).not.toHaveProperty("authorization");
  });

  test.each([
    { title: "answers", fault: undefined },
    { title: "leads back, where a log-in is asked for", fault: { kind: "redirect" } as const },
  ])(
    "stay at home when a page that was redirected names the next one there, and that $title",
    async ({ fault }) => {
      const [ours, theirs] = [
        await startFake({ login: { kind: "basic", ...user }, referrers: "api" }),
        await startFake(),
      ];
      const digest = withImage(ours);
      const client = clientFor([], {
        hosts: new Map([
          [ours.host, { plainHttp: true, allowPrivate: true, ...settings }],
          [theirs.host, { plainHttp: true, allowPrivate: true }],
        ]),
      });
      await client.manifest(imageAt(ours, digest), signal);
      ours.faults.add({
        path: /referrers/,
        fault: { kind: "redirect", location: `${theirs.url}/first` },
      });
      const type = "application/vnd.oci.image.index.v1+json";
      const headers = { "content-type": type, link: '</second>; rel="next"' };
      theirs.faults.add({
        path: /first/,
        fault: { kind: "status", status: 200, headers, body: '{"manifests":[]}' },
      });
      if (fault !== undefined) {
        theirs.faults.add({
          path: /second/,
          fault: { ...fault, location: `${ours.url}/v2/${PATH}/tags/list` },
        });
      }
      await errorOf(client.evidenceOf(imageAt(ours, digest), signal));
      expect(theirs.requests.map(({ url }) => url)).toEqual(["/first", "/second"]);
      expect(theirs.requests.filter(({ headers: sent }) => "authorization" in sent)).toEqual([]);
    },
  );

  test("stay at home when the other one refuses a redirected request", async () => {
    const [ours, theirs] = [await startFake({ login: { kind: "token", user } }), await startFake()];
    const digest = withImage(ours);
    const client = clientFor([ours, theirs], {
      hosts: new Map([
        [ours.host, { plainHttp: true, allowPrivate: true, ...settings }],
        [theirs.host, { plainHttp: true, allowPrivate: true }],
      ]),
    });
    theirs.faults.add({ path: /./, fault: challenge(`Bearer realm="${theirs.url}/token"`) });
    ours.faults.add({ path: manifests, fault: { kind: "redirect", location: `${theirs.url}/x` } });
    expect(await errorOf(client.manifest(imageAt(ours, digest), signal))).toMatchObject({
      code: "registry-unauthorized",
    });
    expect(theirs.requests.map(({ url }) => url)).toEqual(["/x"]);
  });
});

test("a body that repeats what we sent does not bring it into a message", async () => {
  const fake = await startFake({ login: { kind: "token", user } });
  withImage(fake);
  const client = clientFor([fake], { settings });
  await client.resolve(lineAt(fake), signal);
  const [token = ""] = fake.login.tokens;
  expect(token).not.toBe("");
  for (const secret of [token, `Bearer ${token}`, ...CANARIES]) {
    for (const body of [
      secret,
      JSON.stringify({ errors: [{ code: "DENIED", message: `you sent ${secret}` }] }),
    ]) {
      fake.faults.add({
        method: "GET",
        path: manifests,
        fault: { kind: "status", status: 403, body },
        times: 1,
      });
      const error = await errorOf(client.manifest(imageAt(fake, withImage(fake)), signal));
      expect(error.message).toContain("[secret]");
      for (const canary of [token, ...CANARIES]) expect(everythingIn(error)).not.toContain(canary);
    }
  }
});

test("metrics hold no credential", async () => {
  const fake = await startFake({ login: { kind: "token", user } });
  withImage(fake);
  const client = clientFor([fake], { settings });
  await client.resolve(lineAt(fake), signal);
  expect(client.metrics.requests.length).toBeGreaterThan(2);
  const counted = JSON.stringify(client.metrics.requests);
  for (const canary of [...fake.login.tokens, ...CANARIES]) expect(counted).not.toContain(canary);
});
