import { createSecureServer } from "node:http2";
import { createServer as createTcpServer } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { afterEach, describe, expect, test } from "vitest";
import type { RegistryHostSettings } from "../../../src/adapters/registry/settings.ts";
import { parseDigest } from "../../../src/image/digest.ts";
import { startFakeProxy } from "../../fakes/proxy.ts";
import { closeListening, listenOn } from "./listening.ts";
import { clientFor, closeAll, errorOf, lineAt, lineOf, PATH, startFake } from "./stage.ts";
import { EXPIRED_TLS, TLS } from "./certificates.ts";

const OTHER = parseDigest(`sha256:${"1".repeat(64)}`);
const IMAGE = "application/vnd.oci.image.manifest.v1+json";
const { signal } = new AbortController();

afterEach(async () => {
  await closeAll();
  await closeListening();
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
    const registry = await listenOn(server);
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
    const registry = await listenOn(createTcpServer(() => undefined));
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
  return { registry: await listenOn(server), versions };
}

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

  test.each([
    { title: "where it is configured", settings: { http2: true }, version: "2.0" },
    { title: "nowhere else", settings: {}, version: "1.1" },
  ])("is spoken through a proxy $title", async ({ settings, version }) => {
    const { registry, versions } = await startBoth();
    const proxy = await startFakeProxy();
    const host: RegistryHostSettings = { allowPrivate: true, ca: TLS.cert, ...settings };
    const client = clientFor([], {
      hosts: new Map([[registry, host]]),
      proxy: { https: `http://127.0.0.1:${proxy.port}` },
    });
    const states = await Promise.all(
      Array.from({ length: 10 }, () => client.resolve(lineOf(registry), signal)),
    );
    await client.close();
    await proxy.close();
    expect(states.every(({ kind }) => kind === "found")).toBe(true);
    expect(new Set(versions)).toEqual(new Set([version]));
    expect(proxy.calls.length).toBeGreaterThan(0);
  });
});
