import { afterEach, describe, expect, test } from "vitest";
import type { ProxySettings, RegistryHostSettings } from "../../../src/adapters/registry/settings.ts";
import { type ImageLine, parseTag } from "../../../src/image/reference.ts";
import { Secret } from "../../../src/secret.ts";
import { type FakeProxy, type FakeProxyOptions, startFakeProxy } from "../../fakes/proxy.ts";
import type { FakeRegistry, FakeRegistryOptions } from "../../fakes/registry/server.ts";
import { clientFor, closeAll, errorOf, everythingIn, PATH, startFake, type TestClient } from "./stage.ts";
import { TLS } from "./certificates.ts";

const { signal } = new AbortController();
const LOGIN = { username: "robot", password: "canary-password" };
const proxies: FakeProxy[] = [];

afterEach(async () => {
  await closeAll();
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
});

interface Scene {
  readonly proxy: FakeProxy;
  readonly fake: FakeRegistry;
  readonly client: TestClient;
  readonly line: ImageLine;
}

/** A registry that has a name only for the proxy: asking a resolver is a failure. */
async function scene({
  proxy: proxyOptions,
  registry: registryOptions,
  settings = {},
  name = "registry.example",
  proxyOf = (url) => ({ http: url, https: url }),
}: {
  readonly proxy?: FakeProxyOptions;
  readonly registry?: FakeRegistryOptions;
  readonly settings?: RegistryHostSettings;
  readonly name?: string;
  readonly proxyOf?: (url: string, port: string) => ProxySettings;
} = {}): Promise<Scene> {
  const proxy = await startFakeProxy(proxyOptions);
  proxies.push(proxy);
  const fake = await startFake(registryOptions);
  fake.putImage(PATH, { tag: "latest" });
  const registry = fake.host.replace("127.0.0.1", name);
  const plainHttp = fake.url.startsWith("http:");
  const client = clientFor([], {
    hosts: new Map([[registry, { plainHttp, ...settings }]]),
    proxy: proxyOf(`http://127.0.0.1:${proxy.port}`, fake.host.split(":")[1] ?? ""),
    lookup: () => Promise.reject(new Error("nobody here knows the name")),
    timeouts: { requestMs: 2_000, connectMs: 1_000 },
  });
  return { proxy, fake, client, line: { repository: { registry, path: PATH }, tag: parseTag("latest") } };
}

describe("through a proxy", () => {
  test.each<{ readonly title: string; readonly registry: FakeRegistryOptions; readonly ca?: string }>([
    { title: "plain HTTP goes in a tunnel", registry: {} },
    { title: "TLS goes in a tunnel, with an authority of one's own", registry: { tls: TLS }, ca: TLS.cert },
  ])("$title, and the log-in is not told to the proxy", async ({ registry, ca }) => {
    const name = ca === undefined ? "registry.example" : "localhost";
    const login = { kind: "basic", username: LOGIN.username, password: new Secret(LOGIN.password) } as const;
    const settings = { login, allowPrivate: true, ...(ca === undefined ? {} : { ca }) };
    const { proxy, fake, client, line } = await scene({
      registry: { ...registry, login: { kind: "basic", ...LOGIN } },
      settings,
      name,
    });
    expect(await client.resolve(line, signal)).toMatchObject({ kind: "found" });
    expect(fake.requests.at(-1)?.headers).toHaveProperty("authorization");
    expect(new Set(proxy.calls.map(({ method, target }) => `${method} ${target}`))).toEqual(
      new Set([`CONNECT ${line.repository.registry}`]),
    );
    const told = JSON.stringify(proxy.calls);
    expect(told).not.toContain('authorization":');
    expect(told).not.toContain(Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString("base64"));
  });

  test("that wants a log-in of its own gets the one in its URL, and nobody else does", async () => {
    const { proxy, fake, client, line } = await scene({
      proxy: { login: LOGIN },
      proxyOf: (url) => ({ http: url.replace("//", `//${LOGIN.username}:${LOGIN.password}@`) }),
    });
    expect(await client.resolve(line, signal)).toMatchObject({ kind: "found" });
    expect(proxy.calls).toHaveLength(1);
    for (const { headers } of fake.requests) expect(headers).not.toHaveProperty("proxy-authorization");
  });

  test("500 questions at once open no more tunnels than there may be connections", async () => {
    const { proxy, client, line } = await scene();
    await Promise.all(Array.from({ length: 500 }, () => client.resolve(line, signal)));
    expect(proxy.calls.length).toBeLessThanOrEqual(8);
  });

  test("an authority of one's own is not enough for another name", async () => {
    const { fake, client, line } = await scene({ registry: { tls: TLS }, settings: { ca: TLS.cert } });
    expect(await errorOf(client.resolve(line, signal))).toMatchObject({ code: "registry-refused" });
    expect(fake.requests).toEqual([]);
  });

  test("a certificate that nobody here trusts is refused", async () => {
    const { fake, client, line } = await scene({
      registry: { tls: TLS },
      settings: { allowPrivate: true },
      name: "localhost",
    });
    expect(await errorOf(client.resolve(line, signal))).toMatchObject({ code: "registry-refused" });
    expect(fake.requests).toEqual([]);
  });
});

describe("a proxy that lets nobody through", () => {
  test.each([
    { title: "by its rules", proxy: { refuseWith: 403 }, code: "registry-refused" },
    { title: "without a log-in", proxy: { login: LOGIN }, code: "registry-refused" },
    { title: "because it is not well", proxy: { refuseWith: 503 }, code: "registry-unavailable" },
    { title: "because it reaches nobody", proxy: { refuseWith: 502 }, code: "registry-unavailable" },
    { title: "and does not say so", proxy: { isSilent: true }, code: "registry-timeout" },
  ] satisfies readonly { title: string; proxy: FakeProxyOptions; code: string }[])(
    "$title: $code",
    async ({ proxy, code }) => {
      const { fake, client, line } = await scene({ proxy });
      expect(await errorOf(client.resolve(line, signal))).toMatchObject({ code });
      expect(fake.requests).toEqual([]);
    },
  );

  test("because its log-in is wrong does not bring that into a message", async () => {
    const { client, line } = await scene({
      proxy: { login: { ...LOGIN, password: "other" } },
      proxyOf: (url) => ({ http: url.replace("//", `//${LOGIN.username}:${LOGIN.password}@`) }),
    });
    const error = await errorOf(client.resolve(line, signal));
    expect(error).toMatchObject({ code: "registry-refused" });
    expect(error.message).toContain("407");
    expect(everythingIn(error)).not.toContain(LOGIN.password);
  });

  test("because it is not there: registry-unavailable", async () => {
    const { proxy, client, line } = await scene();
    await proxy.close();
    expect(await errorOf(client.resolve(line, signal))).toMatchObject({ code: "registry-unavailable" });
  });
});

describe("a proxy is left out", () => {
  test.each([
    { title: "for a host that is spoken to directly", none: "127.0.0.1" },
    { title: "for a host and port", none: "example.org, 127.0.0.1:PORT" },
    { title: "for all hosts", none: "*" },
  ])("$title", async ({ none }) => {
    const { proxy, client, line } = await scene({
      name: "127.0.0.1",
      settings: { allowPrivate: true },
      proxyOf: (url, port) => ({ http: url, none: none.replace("PORT", port) }),
    });
    expect(await client.resolve(line, signal)).toMatchObject({ kind: "found" });
    expect(proxy.calls).toEqual([]);
  });

  test.each(["127.0.0.1:1", "127.0.0.2", "example"])("but not for %s, which is another one", async (none) => {
    const { proxy, client, line } = await scene({
      name: "127.0.0.1",
      settings: { allowPrivate: true },
      proxyOf: (url) => ({ http: url, none }),
    });
    expect(await client.resolve(line, signal)).toMatchObject({ kind: "found" });
    expect(proxy.calls).not.toEqual([]);
  });

  test("for plain HTTP when there is one for TLS only", async () => {
    const { proxy, client, line } = await scene({
      name: "127.0.0.1",
      settings: { allowPrivate: true },
      proxyOf: (url) => ({ https: url }),
    });
    expect(await client.resolve(line, signal)).toMatchObject({ kind: "found" });
    expect(proxy.calls).toEqual([]);
  });

  test("and then the address is judged that is dialled", async () => {
    const { proxy, fake, client, line } = await scene({
      name: "127.0.0.1",
      proxyOf: (url) => ({ http: url, none: "127.0.0.1" }),
    });
    expect(await errorOf(client.resolve(line, signal))).toMatchObject({ code: "registry-refused" });
    expect([proxy.calls, fake.requests]).toEqual([[], []]);
  });
});

describe("a proxy is not asked for", () => {
  test.each([
    { title: "a private address", registry: "10.0.0.1" },
    { title: "loopback", registry: "127.0.0.1:5000" },
    { title: "IPv6 loopback", registry: "[::1]:5000" },
    { title: "a metadata service", registry: "169.254.169.254" },
    { title: "Azure's wire server", registry: "168.63.129.16" },
    { title: "this machine by name", registry: "localhost:5000" },
    { title: "a name below localhost", registry: "a.localhost" },
    { title: "a name without a dot", registry: "registry:5000" },
    { title: "a name of one's own network", registry: "registry.corp.internal" },
    { title: "a name of the house", registry: "nas.local" },
    { title: "Google's metadata service by name", registry: "metadata.google.internal" },
  ])("$title", async ({ registry }) => {
    const { proxy } = await scene();
    const url = `http://127.0.0.1:${proxy.port}`;
    const client = clientFor([], { proxy: { http: url, https: url } });
    const line = { repository: { registry, path: PATH }, tag: parseTag("latest") };
    expect(await errorOf(client.resolve(line, signal))).toMatchObject({ code: "registry-refused" });
    expect(proxy.calls).toEqual([]);
  });

  test.each(["169.254.169.254", "metadata.google.internal", "168.63.129.16", "[fd00:ec2::254]"])(
    "%s, even where the host may be private",
    async (registry) => {
      const { proxy } = await scene();
      const url = `http://127.0.0.1:${proxy.port}`;
      const client = clientFor([], {
        hosts: new Map([[registry, { allowPrivate: true }]]),
        proxy: { https: url },
      });
      const line = { repository: { registry, path: PATH }, tag: parseTag("latest") };
      expect(await errorOf(client.resolve(line, signal))).toMatchObject({ code: "registry-refused" });
      expect(proxy.calls).toEqual([]);
    },
  );

  test("a place that a redirect leads to", async () => {
    const { proxy, fake, client, line } = await scene();
    fake.faults.add({ path: /./, fault: { kind: "redirect", location: "https://169.254.169.254/latest" } });
    // Plain HTTP may become TLS; only where it leads to is wrong.
    expect(await errorOf(client.resolve(line, signal))).toMatchObject({ code: "registry-refused" });
    expect(proxy.calls.map(({ target }) => target)).toEqual([line.repository.registry]);
  });
});
