import { createSecureServer } from "node:http2";
import { createServer as createTcpServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { afterEach, describe, expect, test } from "vitest";
import { Agents } from "../../../src/adapters/registry/agents.ts";
import {
  DEFAULT_LIMITS,
  DEFAULT_TIMEOUTS,
  type RegistryHostSettings,
  type RegistryTimeouts,
} from "../../../src/adapters/registry/settings.ts";
import { dashedOf, parseDigest } from "../../../src/image/digest.ts";
import { type ImageLine, parseTag } from "../../../src/image/reference.ts";
import { Secret } from "../../../src/secret.ts";
import type { Fault } from "../../fakes/registry/faults.ts";
import { clientFor, closeAll, errorOf, everythingIn, imageAt, lineAt, PATH, startFake } from "./stage.ts";
import { EXPIRED_TLS, TLS } from "./tls.ts";

const OTHER = parseDigest(`sha256:${"1".repeat(64)}`);
const IMAGE = "application/vnd.oci.image.manifest.v1+json";
const { signal } = new AbortController();
const servers: { readonly server: Server; readonly sockets: Set<Socket> }[] = [];

afterEach(async () => {
  await closeAll();
  for (const { server, sockets } of servers.splice(0)) {
    for (const socket of sockets) socket.destroy();
    const { promise, resolve } = Promise.withResolvers<void>();
    server.close(() => resolve());
    await promise;
  }
});

/** Lets a server of its own kind listen until the test is over, and gives its port. */
async function portOf(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  servers.push({ server, sockets });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

function lineOf(registry: string): ImageLine {
  return { repository: { registry, path: PATH }, tag: parseTag("latest") };
}

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

describe("TLS", () => {
  test("with a certificate that has expired: registry-refused", async () => {
    const fake = await startFake({ tls: EXPIRED_TLS });
    const client = clientFor([fake], { settings: { ca: EXPIRED_TLS.cert } });
    expect(await errorOf(client.resolve(lineAt(fake), signal))).toMatchObject({ code: "registry-refused" });
    expect(fake.requests).toEqual([]);
  });

  test.each(["TLSv1", "TLSv1.1"] as const)("older than 1.2 (%s): registry-refused", async (version) => {
    const options = {
      ...TLS,
      minVersion: "TLSv1",
      maxVersion: version,
      ciphers: "DEFAULT@SECLEVEL=0",
    } as const;
    const server = createTlsServer(options, (socket) => socket.destroy());
    server.on("tlsClientError", () => undefined);
    const registry = `127.0.0.1:${await portOf(server)}`;
    const client = clientFor([], { hosts: new Map([[registry, { allowPrivate: true, ca: TLS.cert }]]) });
    expect(await errorOf(client.resolve(lineOf(registry), signal))).toMatchObject({
      code: "registry-refused",
      transient: false,
    });
  });

  test("to a host that speaks plain HTTP: registry-protocol", async () => {
    const fake = await startFake();
    const client = clientFor([fake], { settings: { plainHttp: false } });
    expect(await errorOf(client.resolve(lineAt(fake), signal))).toMatchObject({ code: "registry-protocol" });
    expect(fake.requests).toEqual([]);
  });

  test("to a host that takes the connection and says nothing: registry-timeout", async () => {
    const registry = `127.0.0.1:${await portOf(createTcpServer(() => undefined))}`;
    const client = clientFor([], {
      hosts: new Map([[registry, { allowPrivate: true }]]),
      timeouts: { connectMs: 200 },
    });
    expect(await errorOf(client.resolve(lineOf(registry), signal))).toMatchObject({
      code: "registry-timeout",
    });
  });

  test("keeps its connections for HEADs too", async () => {
    const fake = await startFake({ tls: TLS });
    fake.putImage(PATH, { tag: "latest" });
    const client = clientFor([fake], { settings: { ca: TLS.cert } });
    await Promise.all(Array.from({ length: 500 }, () => client.resolve(lineAt(fake), signal)));
    expect(fake.requests).toHaveLength(500);
    expect(fake.connections).toBeLessThanOrEqual(8);
  });
});

/** Answers every HEAD with a digest, and remembers by which protocol it was asked. */
async function startBoth(): Promise<{ readonly registry: string; readonly versions: string[] }> {
  const versions: string[] = [];
  const server = createSecureServer({ ...TLS, allowHTTP1: true }, (request, response) => {
    versions.push(request.httpVersion);
    response.writeHead(200, { "content-type": IMAGE, "docker-content-digest": OTHER });
    response.end();
  });
  return { registry: `127.0.0.1:${await portOf(server)}`, versions };
}

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

describe("HTTP/2", () => {
  test.each([
    { title: "where it is configured", settings: { http2: true }, version: "2.0" },
    { title: "nowhere else", settings: {}, version: "1.1" },
    { title: "not where it is configured away", settings: { http2: false }, version: "1.1" },
  ])("is spoken $title", async ({ settings, version }) => {
    const { registry, versions } = await startBoth();
    const host: RegistryHostSettings = { allowPrivate: true, ca: TLS.cert, ...settings };
    const client = clientFor([], { hosts: new Map([[registry, host]]) });
    const states = await Promise.all(
      Array.from({ length: 50 }, () => client.resolve(lineOf(registry), signal)),
    );
    expect(states.every((state) => state.kind === "found" && state.digest === OTHER)).toBe(true);
    expect(new Set(versions)).toEqual(new Set([version]));
  });

  test("is not needed: a host without it is spoken to as ever", async () => {
    const fake = await startFake({ tls: TLS });
    const { digest } = fake.putImage(PATH, { tag: "latest" });
    const client = clientFor([fake], { settings: { ca: TLS.cert, http2: true } });
    expect(await client.resolve(lineAt(fake), signal)).toEqual({ kind: "found", digest });
  });

  test("does not get round the guard", async () => {
    const { registry, versions } = await startBoth();
    const client = clientFor([], { hosts: new Map([[registry, { ca: TLS.cert, http2: true }]]) });
    expect(await errorOf(client.resolve(lineOf(registry), signal))).toMatchObject({
      code: "registry-refused",
    });
    expect(versions).toEqual([]);
  });
});

function lookup(): Promise<{ address: string; family: number }[]> {
  return Promise.resolve([{ address: "127.0.0.1", family: 4 }]);
}

describe("settings for the end of a name", () => {
  test("count for what ends so", async () => {
    const fake = await startFake();
    const { digest } = fake.putImage(PATH, { tag: "latest" });
    const port = fake.host.split(":")[1] ?? "";
    const hosts = new Map([[`*.corp.example:${port}`, { plainHttp: true, allowPrivate: true }]]);
    const client = clientFor([], { hosts, lookup });
    const line = lineOf(`one.corp.example:${port}`);
    expect(await client.resolve(line, signal)).toEqual({ kind: "found", digest });
  });

  test.each([
    { title: "for another port", pattern: "*.corp.example:1" },
    { title: "without the port", pattern: "*.corp.example" },
    { title: "for the end itself", pattern: "*.one.corp.example:PORT" },
    { title: "for a name that only looks like it", pattern: "*.example.corp:PORT" },
  ])("do not count $title", async ({ pattern }) => {
    const fake = await startFake();
    const port = fake.host.split(":")[1] ?? "";
    const hosts = new Map([[pattern.replace("PORT", port), { allowPrivate: true }]]);
    const client = clientFor([], { hosts, lookup });
    const error = await errorOf(client.resolve(lineOf(`one.corp.example:${port}`), signal));
    expect(error).toMatchObject({ code: "registry-refused" });
    expect(fake.connections).toBe(0);
  });

  test("give way to those of the name", async () => {
    const fake = await startFake();
    const port = fake.host.split(":")[1] ?? "";
    const hosts = new Map<string, RegistryHostSettings>([
      [`*.corp.example:${port}`, { plainHttp: true, allowPrivate: true }],
      [`one.corp.example:${port}`, { plainHttp: true }],
    ]);
    const client = clientFor([], { hosts, lookup });
    expect(await errorOf(client.resolve(lineOf(`one.corp.example:${port}`), signal))).toMatchObject({
      code: "registry-refused",
    });
    expect(fake.connections).toBe(0);
  });
});

function urlOf(number: number): URL {
  return new URL(`https://h${number}.example/`);
}

describe("agents", () => {
  const options = { hosts: new Map(), timeouts: DEFAULT_TIMEOUTS, limits: DEFAULT_LIMITS, lookup: undefined };

  test("are kept by origin, those for blobs apart", async () => {
    const agents = new Agents(options);
    expect(agents.agentFor(urlOf(1))).toBe(agents.agentFor(new URL("/x", urlOf(1))));
    expect(agents.agentFor(urlOf(1), "blobs")).not.toBe(agents.agentFor(urlOf(1)));
    expect(agents.agentFor(urlOf(2))).not.toBe(agents.agentFor(urlOf(1)));
    await agents.close();
  });

  test("are kept for so many origins at most, the ones used last", async () => {
    const agents = new Agents(options);
    const [first, second] = [agents.agentFor(urlOf(1)), agents.agentFor(urlOf(2))];
    for (let number = 3; number < 300; number++) {
      agents.agentFor(urlOf(number));
      expect(agents.agentFor(urlOf(1))).toBe(first);
    }
    expect(agents.agentFor(urlOf(2))).not.toBe(second);
    await agents.close();
  });

  test.each(["http://h.example/", "ftp://h.example/", "file:///etc/passwd", "data:,x"])(
    "there is none for %s",
    async (url) => {
      const agents = new Agents(options);
      expect(() => agents.agentFor(new URL(url))).toThrow(
        expect.objectContaining({ code: "registry-refused" }),
      );
      await agents.close();
    },
  );

  test("there is none any more after the end", async () => {
    const agents = new Agents(options);
    await agents.close();
    expect(() => agents.agentFor(urlOf(1))).toThrow(
      expect.objectContaining({ code: "registry-unavailable" }),
    );
  });
});

test("slow blobs do not keep a question waiting", async () => {
  const fake = await startFake();
  const { digest } = fake.putImage(PATH, { tag: "latest" });
  const layers = Array.from({ length: 8 }, (_, number) => ({
    mediaType: "application/vnd.dev.cosign.simplesigning.v1+json",
    bytes: `layer ${number}`,
  }));
  fake.putImage(PATH, { tag: `${dashedOf(digest)}.sig`, layers });
  fake.faults.add({ path: /\/blobs\//, fault: { kind: "hang" } });
  const client = clientFor([fake], { limits: { connections: 2 }, timeouts: { blobMs: 60_000 } });
  const controller = new AbortController();
  const collecting = client.evidenceOf(imageAt(fake, digest), controller.signal).catch(() => "ended");
  const blobs = (): number => fake.requests.filter(({ url }) => url.includes("/blobs/")).length;
  while (blobs() < 2) await new Promise((resolve) => setImmediate(resolve));
  expect(await client.resolve(lineAt(fake), signal)).toEqual({ kind: "found", digest });
  controller.abort();
  expect(await collecting).toBe("ended");
});
