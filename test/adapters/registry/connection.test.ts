import { afterEach, describe, expect, test } from "vitest";
import { TLS } from "./certificates.ts";
import { clientFor, closeAll, errorOf, imageAt, lineAt, lineOf, PATH, startFake } from "./stage.ts";

const { signal } = new AbortController();

afterEach(closeAll);

describe("connections", () => {
  test("500 HEADs use no more than the pool has", async () => {
    const fake = await startFake();
    fake.putImage(PATH, { tag: "latest" });
    const client = clientFor([fake]);
    const states = await Promise.all(Array.from({ length: 500 }, () => client.resolve(lineAt(fake), signal)));
    expect(states.every(({ kind }) => kind === "found")).toBe(true);
    expect(fake.requests).toHaveLength(500);
    expect(fake.connections).toBeLessThanOrEqual(8);
  });

  test("HEADs one after the other share them", async () => {
    const fake = await startFake();
    fake.putImage(PATH, { tag: "latest" });
    const client = clientFor([fake]);
    for (let round = 0; round < 20; round++) await client.resolve(lineAt(fake), signal);
    // The second is opened when a request comes before the first connection has noticed that it is free.
    expect(fake.connections).toBeLessThanOrEqual(2);
  });

  test("are kept through 404, errors and redirects", async () => {
    const fake = await startFake();
    const { digest } = fake.putImage(PATH, { tag: "latest" });
    const client = clientFor([fake], { limits: { connections: 1 } });
    for (let round = 0; round < 5; round++) {
      await client.resolve(lineAt(fake, "other"), signal);
      fake.faults.add({
        path: /./,
        fault: { kind: "status", status: 500, body: "no ".repeat(1_000) },
        times: 1,
      });
      await errorOf(client.manifest(imageAt(fake, digest), signal));
      fake.faults.add({ path: /./, fault: { kind: "redirect", location: "?again" }, times: 1 });
      await client.manifest(imageAt(fake, digest), signal);
      await client.evidenceOf(imageAt(fake, digest), signal);
    }
    expect(fake.connections).toBe(1);
  });

  test("that the server closed between two polls cost nothing", async () => {
    const fake = await startFake();
    const { digest } = fake.putImage(PATH, { tag: "latest" });
    const client = clientFor([fake]);
    for (let round = 0; round < 5; round++) {
      expect(await client.resolve(lineAt(fake), signal)).toEqual({ kind: "found", digest });
      fake.closeIdleConnections();
    }
  });

  test("end with the client", async () => {
    const fake = await startFake();
    fake.faults.add({ path: /./, fault: { kind: "hang" } });
    const client = clientFor([fake]);
    const asking = errorOf(client.resolve(lineAt(fake), signal));
    await client.close();
    expect(await asking).toMatchObject({ code: "registry-unavailable" });
  });

  test("say who we are and what we accept, and ask for nothing compressed", async () => {
    const fake = await startFake();
    const { digest } = fake.putImage(PATH, { tag: "latest" });
    const client = clientFor([fake]);
    await client.resolve(lineAt(fake), signal);
    await client.manifest(imageAt(fake, digest), signal);
    for (const { headers } of fake.requests) {
      expect(headers).toMatchObject({
        "user-agent": "hullkeeper-test",
        "accept-encoding": "identity",
        accept:
          "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json",
      });
    }
  });
});

describe("a place that must not be dialled", () => {
  test.each([
    { title: "loopback", registry: "127.0.0.1:9" },
    { title: "IPv6 loopback", registry: "[::1]:9" },
    { title: "a private network", registry: "10.0.0.1" },
    { title: "a metadata service", registry: "169.254.169.254" },
    { title: "IPv4 in IPv6", registry: "[::ffff:a00:1]" },
    { title: "NAT64 of a metadata service", registry: "[64:ff9b::a9fe:a9fe]" },
  ])("is $title by address", async ({ registry }) => {
    expect(await errorOf(clientFor([]).resolve(lineOf(registry), signal))).toMatchObject({
      code: "registry-refused",
      transient: false,
    });
  });

  test.each([
    { title: "a private address", addresses: ["10.1.2.3"] },
    { title: "loopback", addresses: ["127.0.0.1"] },
    { title: "a metadata service", addresses: ["169.254.169.254"] },
    { title: "Azure's wire server", addresses: ["168.63.129.16"] },
    { title: "a public address and a private one", addresses: ["1.1.1.1", "192.168.0.1"] },
    { title: "IPv4 in IPv6", addresses: ["::ffff:127.0.0.1"] },
  ])("is a name that means $title", async ({ addresses }) => {
    const asked: string[] = [];
    const client = clientFor([], {
      lookup: (hostname) => {
        asked.push(hostname);
        const found = addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
        return Promise.resolve(found);
      },
    });
    const error = await errorOf(client.resolve(lineOf("registry.example"), signal));
    expect(error).toMatchObject({ code: "registry-refused" });
    expect(error.message).toContain('"registry.example"');
    expect(asked).toEqual(["registry.example"]);
  });

  test.each(["169.254.169.254", "168.63.129.16", "100.100.100.200", "fd00:ec2::254"])(
    "is %s, even for a host that may be private",
    async (address) => {
      const client = clientFor([], {
        hosts: new Map([["registry.example", { allowPrivate: true }]]),
        lookup: () => Promise.resolve([{ address, family: address.includes(":") ? 6 : 4 }]),
      });
      expect(await errorOf(client.resolve(lineOf("registry.example"), signal))).toMatchObject({
        code: "registry-refused",
      });
    },
  );

  test("is not loopback for a host that may be private", async () => {
    const fake = await startFake();
    const { digest } = fake.putImage(PATH, { tag: "latest" });
    const registry = fake.host.replace("127.0.0.1", "registry.example");
    const client = clientFor([], {
      hosts: new Map([[registry, { plainHttp: true, allowPrivate: true }]]),
      lookup: () => Promise.resolve([{ address: "127.0.0.1", family: 4 }]),
    });
    expect(await client.resolve(lineOf(registry), signal)).toEqual({ kind: "found", digest });
  });

  test("is a host that may be spoken to in plain HTTP but not be private", async () => {
    const fake = await startFake();
    const client = clientFor([fake], { settings: { allowPrivate: false } });
    const error = await errorOf(client.resolve(lineAt(fake), signal));
    expect(error).toMatchObject({ code: "registry-refused" });
    expect(error.message).toContain("set allowPrivate");
    expect(fake.connections).toBe(0);
  });

  test.each([
    { title: "has no address", lookup: () => Promise.resolve([]) },
    { title: "is not known", lookup: () => Promise.reject(new Error("getaddrinfo ENOTFOUND")) },
  ])("is not a name that $title: that is unavailable", async ({ lookup }) => {
    const client = clientFor([], { lookup });
    expect(await errorOf(client.resolve(lineOf("registry.example"), signal))).toMatchObject({
      code: "registry-unavailable",
      transient: true,
    });
  });

  test("Docker Hub is dialled at its API host, over TLS", async () => {
    const asked: string[] = [];
    const client = clientFor([], {
      lookup: (hostname) => {
        asked.push(hostname);
        return Promise.resolve([{ address: "10.0.0.1", family: 4 }]);
      },
    });
    await errorOf(client.resolve(lineOf("docker.io"), signal));
    expect(asked).toEqual(["registry-1.docker.io"]);
  });
});

describe("TLS", () => {
  test("with an authority that is configured for the host", async () => {
    const fake = await startFake({ tls: TLS });
    const { digest } = fake.putImage(PATH, { tag: "latest" });
    const client = clientFor([fake], { settings: { ca: TLS.cert } });
    expect(await client.resolve(lineAt(fake), signal)).toEqual({ kind: "found", digest });
  });

  test("with one that is not: registry-refused, nothing is sent", async () => {
    const fake = await startFake({ tls: TLS });
    const error = await errorOf(clientFor([fake]).resolve(lineAt(fake), signal));
    expect(error).toMatchObject({ code: "registry-refused" });
    expect(fake.requests).toEqual([]);
  });

  test("with a certificate for another name: registry-refused", async () => {
    const fake = await startFake({ tls: TLS });
    const registry = fake.host.replace("127.0.0.1", "other.example");
    const client = clientFor([], {
      hosts: new Map([[registry, { allowPrivate: true, ca: TLS.cert }]]),
      lookup: () => Promise.resolve([{ address: "127.0.0.1", family: 4 }]),
    });
    expect(await errorOf(client.resolve(lineOf(registry), signal))).toMatchObject({
      code: "registry-refused",
    });
  });

  test("is not left by a redirect, even to where plain HTTP is allowed", async () => {
    const [secure, plain] = [await startFake({ tls: TLS }), await startFake()];
    const { digest } = secure.putImage(PATH);
    secure.faults.add({ path: /./, fault: { kind: "redirect", location: `${plain.url}/x` } });
    const client = clientFor([secure, plain], { settings: { ca: TLS.cert } });
    expect(await errorOf(client.manifest(imageAt(secure, digest), signal))).toMatchObject({
      code: "registry-refused",
    });
    expect(plain.requests).toEqual([]);
  });
});
