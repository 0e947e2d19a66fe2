import { afterEach, describe, expect, test } from "vitest";
import { Agents } from "../../../src/adapters/registry/agents.ts";
import {
  DEFAULT_LIMITS,
  DEFAULT_TIMEOUTS,
  type RegistryHostSettings,
} from "../../../src/adapters/registry/settings.ts";
import { dashedOf } from "../../../src/image/digest.ts";
import { clientFor, closeAll, errorOf, imageAt, lineAt, lineOf, PATH, startFake } from "./stage.ts";

const { signal } = new AbortController();

afterEach(closeAll);

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
