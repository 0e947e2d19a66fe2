import { afterEach, describe, expect, test } from "vitest";
import { type RegistryHostSettings, type RegistryTimeouts } from "../../../src/adapters/registry/settings.ts";
import { parseDigest } from "../../../src/image/digest.ts";
import { Secret } from "../../../src/secret.ts";
import type { Fault } from "../../fakes/registry/faults.ts";
import { clientFor, closeAll, errorOf, everythingIn, imageAt, lineAt, PATH, startFake } from "./stage.ts";
import { TLS } from "./certificates.ts";

const OTHER = parseDigest(`sha256:${"1".repeat(64)}`);
const IMAGE = "application/vnd.oci.image.manifest.v1+json";
const { signal } = new AbortController();
afterEach(closeAll);

const body = JSON.stringify({ schemaVersion: 2 });

/** The head of an answer with a manifest, as it stands on the wire. */
function head(...headers: readonly string[]): string {
  return ["HTTP/1.1 200 OK", `content-type: ${IMAGE}`, ...headers, "", ""].join("\r\n");
}

describe("an answer that breaks HTTP", () => {
  test.each<{
    readonly title: string;
    readonly bytes: string;
    readonly after?: "end" | "keep";
    readonly code: string;
  }>([
    {
      title: "two lengths",
      bytes: `${head("content-length: 2", "content-length: 19")}${body}`,
      code: "registry-protocol",
    },
    {
      title: "a length and chunks",
      bytes: `${head("content-length: 19", "transfer-encoding: chunked")}0\r\n\r\n`,
      code: "registry-protocol",
    },
    { title: "a negative length", bytes: `${head("content-length: -1")}${body}`, code: "registry-protocol" },
    {
      title: "a length in words",
      bytes: `${head("content-length: many")}${body}`,
      code: "registry-protocol",
    },
    {
      title: "chunks that are none",
      bytes: `${head("transfer-encoding: chunked")}zz\r\n`,
      code: "registry-protocol",
    },
    { title: "no HTTP", bytes: "SSH-2.0-OpenSSH_9.2\r\n", code: "registry-protocol" },
    { title: "a header without a name", bytes: `${head(": x")}${body}`, code: "registry-protocol" },
    {
      title: "a body that is longer than it says, in what counts",
      bytes: `${head("content-length: 2")}${body}`,
      code: "registry-integrity",
    },
    {
      title: "an end before the length is there",
      bytes: `${head("content-length: 500")}${body}`,
      code: "registry-unavailable",
    },
    { title: "an end in the header", bytes: "HTTP/1.1 200 OK\r\ncontent-ty", code: "registry-unavailable" },
    {
      title: "an end in a chunk",
      bytes: `${head("transfer-encoding: chunked")}ff\r\n{`,
      code: "registry-unavailable",
    },
    { title: "an end at once", bytes: "", code: "registry-unavailable" },
    {
      title: "half a header and then nothing",
      bytes: "HTTP/1.1 200 OK\r\n",
      after: "keep",
      code: "registry-timeout",
    },
    {
      title: "half a body and then nothing",
      bytes: `${head("content-length: 500")}${body}`,
      after: "keep",
      code: "registry-timeout",
    },
  ])("with $title: $code", async ({ bytes, after, code }) => {
    const fake = await startFake();
    const { digest } = fake.putImage(PATH);
    fake.faults.add({ path: /./, fault: { kind: "raw", bytes, after: after ?? "end" } });
    const client = clientFor([fake], { timeouts: { requestMs: 300 } });
    expect(await errorOf(client.manifest(imageAt(fake, digest), signal))).toMatchObject({ code });
  });

  test("with a thousand headers is read all the same", async () => {
    const fake = await startFake();
    const { digest } = fake.putImage(PATH);
    const headers = Object.fromEntries(Array.from({ length: 1_000 }, (_, number) => [`x-${number}`, "1"]));
    fake.faults.add({ path: /./, fault: { kind: "headers", headers } });
    expect(await clientFor([fake]).manifest(imageAt(fake, digest), signal)).toMatchObject({ kind: "image" });
  });

  test.each<{ readonly title: string; readonly fault: Fault; readonly code: string }>([
    ...(["gzip", "br", "zstd"] as const).map((encoding) => ({
      title: `50 MB in a few bytes (${encoding})`,
      fault: { kind: "bomb", encoding, megabytes: 50 } as const,
      code: "registry-protocol",
    })),
    {
      title: "chunks without an end",
      fault: { kind: "oversize", megabytes: Infinity, framing: "chunked" },
      code: "registry-too-large",
    },
  ])("with $title is not read to its end: $code", async ({ fault, code }) => {
    const fake = await startFake();
    const { digest } = fake.putImage(PATH);
    fake.faults.add({ path: /./, fault });
    expect(await errorOf(clientFor([fake]).manifest(imageAt(fake, digest), signal))).toMatchObject({ code });
  });
});

describe("an answer to HEAD with bytes behind it", () => {
  const forged = [
    "HTTP/1.1 200 OK",
    `content-type: ${IMAGE}`,
    `docker-content-digest: ${OTHER}`,
    "content-length: 0",
    "",
    "",
  ].join("\r\n");

  test.each([
    { title: "a body", bytes: '{"schemaVersion":2}' },
    { title: "another answer", bytes: forged },
    { title: "ten of them", bytes: forged.repeat(10) },
  ])("($title) brings no manifest but the one that was asked for", async ({ bytes }) => {
    const fake = await startFake();
    const { digest } = fake.putImage(PATH, { tag: "latest" });
    fake.faults.add({ method: "HEAD", path: /./, fault: { kind: "trailing", bytes } });
    const client = clientFor([fake], { limits: { connections: 1 }, timeouts: { requestMs: 1_000 } });
    let reads = 0;
    for (let round = 0; round < 5; round++) {
      const state = await client.resolve(lineAt(fake), signal).catch(() => undefined);
      if (state?.kind !== "found") continue;
      reads += 1;
      const manifest = await client.manifest(imageAt(fake, state.digest), signal).catch(() => undefined);
      // HEAD may have lied; what is read is what was hashed.
      expect(state.digest === digest ? manifest?.kind : manifest).toBe(
        state.digest === digest ? "image" : undefined,
      );
    }
    expect(reads).toBeGreaterThan(0);
  });
});

describe("a redirect to a name", () => {
  test.each([
    { title: "that means a private address", address: "10.0.0.1" },
    { title: "that means loopback", address: "127.0.0.1" },
    { title: "that means a metadata service", address: "169.254.169.254" },
    { title: "that means Azure's wire server", address: "168.63.129.16" },
  ])("$title is not followed, and only its host is told", async ({ address }) => {
    const fake = await startFake();
    const { digest } = fake.putImage(PATH);
    const location = "https://store.example/blob?X-Amz-Signature=canary";
    fake.faults.add({ path: /./, fault: { kind: "redirect", location } });
    const client = clientFor([fake], { lookup: () => Promise.resolve([{ address, family: 4 }]) });
    const error = await errorOf(client.manifest(imageAt(fake, digest), signal));
    expect(error).toMatchObject({ code: "registry-refused" });
    expect(error.message).toContain('"store.example"');
    expect(everythingIn(error)).not.toContain("canary");
  });
});

describe("a wait inside an answer", () => {
  test.each<{ readonly title: string; readonly fault: Fault; readonly timeouts: Partial<RegistryTimeouts> }>([
    {
      title: "between the headers, however many come",
      fault: { kind: "header-drip" },
      timeouts: { headersMs: 300 },
    },
    { title: "for the headers", fault: { kind: "hang" }, timeouts: { headersMs: 300 } },
    {
      title: "between two pieces of the body",
      fault: { kind: "raw", bytes: `${head("content-length: 500")}${body}`, after: "keep" },
      timeouts: { idleMs: 300 },
    },
  ])("$title ends before the time for the whole is up", async ({ fault, timeouts }) => {
    const fake = await startFake();
    const { digest } = fake.putImage(PATH);
    fake.faults.add({ path: /./, fault });
    const client = clientFor([fake], { timeouts: { requestMs: 60_000, ...timeouts } });
    expect(await errorOf(client.manifest(imageAt(fake, digest), signal))).toMatchObject({
      code: "registry-timeout",
    });
  });
});

test("a log-in does not go along from plain HTTP to TLS, which is another origin", async () => {
  const login = { username: "robot", password: "canary-password" };
  const [plain, secure] = [
    await startFake({ login: { kind: "basic", ...login } }),
    await startFake({ tls: TLS }),
  ];
  const { digest } = plain.putImage(PATH);
  secure.putImage(PATH);
  const location = `${secure.url}/v2/${PATH}/manifests/${digest}`;
  plain.faults.add({
    path: /./,
    fault: { kind: "status", status: 401, headers: { "www-authenticate": "Basic" } },
    times: 1,
  });
  plain.faults.add({ path: /./, fault: { kind: "redirect", location } });
  const client = clientFor([], {
    hosts: new Map<string, RegistryHostSettings>([
      [
        plain.host,
        {
          plainHttp: true,
          allowPrivate: true,
          login: { kind: "basic", username: login.username, password: new Secret(login.password) },
        },
      ],
      [secure.host, { allowPrivate: true, ca: TLS.cert }],
    ]),
  });
  expect(await client.manifest(imageAt(plain, digest), signal)).toMatchObject({ kind: "image" });
  expect(plain.requests.at(-1)?.headers).toHaveProperty("authorization");
  expect(secure.requests.map(({ headers }) => headers["authorization"])).toEqual([undefined]);
});
