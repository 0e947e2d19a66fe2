import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { embeddedPublicGood } from "../../../src/adapters/trust-roots/embedded.ts";
import { DAY_MS } from "../../../src/time.ts";
import { parseTrustRoot } from "../../../src/trust/trust-root.ts";
import { startFakeProxy } from "../../fakes/proxy.ts";
import { newRootDocument } from "../../fakes/trust-root.ts";
import { sharedData } from "../../shared-data.ts";
import { type KeeperUnderTest, keeperOf, keeperOfAll, newFolder } from "./keeper-under-test.ts";

const PUBLISHED = sharedData("trust/public-good-trusted-root.json");

/** Where everything would arrive that leaves through a proxy; nothing else of this test can leave. */
async function startCounter(): Promise<{ readonly address: string; readonly callers: () => number }> {
  let callers = 0;
  const server = createServer((socket) => {
    callers += 1;
    socket.destroy();
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { address: `http://127.0.0.1:${address.port}`, callers: () => callers };
}

describe("what a release brings along for the public instance", () => {
  test("is a trust root, and root metadata that leads to it", () => {
    const { root, trustedRoot } = embeddedPublicGood();
    const { sigstore } = parseTrustRoot({ name: "public-good", kind: "sigstore", json: trustedRoot });
    expect(sigstore.certificateAuthorities.length).toBeGreaterThan(0);
    expect(sigstore.tlogs.length).toBeGreaterThan(0);
    expect(sigstore.ctlogs.length).toBeGreaterThan(0);
    expect(JSON.parse(root)).toMatchObject({ signed: { _type: "root", consistent_snapshot: true } });
  });

  test.skipIf(!existsSync(PUBLISHED))("is what the public instance published", () => {
    const json = readFileSync(PUBLISHED, "utf8");
    expect(versionOf(embeddedPublicGood().trustedRoot)).toBe(versionOf(json));
  });
});

describe("without any network", () => {
  test("with updates off: the embedded root and one in a file are held, and nobody is asked", async () => {
    const { address, callers } = await startCounter();
    const folder = await newFolder();
    const path = join(folder, "trusted_root.json");
    await writeFile(path, JSON.stringify(await newRootDocument()));
    const keeper = await keeperOfAll(
      { "public-good": { kind: "public-good" }, acme: { kind: "file", path } },
      { updates: "off", directory: folder, proxy: { http: address, https: address } },
    );
    keeper.advance(400 * DAY_MS);
    await keeper.look();
    expect(keeper.held(["public-good", "acme"]).map(({ source }) => source.name)).toEqual([
      "public-good",
      "acme",
    ]);
    expect(keeper.states()).toEqual([
      expect.objectContaining({
        name: "public-good",
        origin: "embedded",
        renewal: "off",
        logs: 4,
        authorities: 3,
      }),
      expect.objectContaining({ name: "acme", origin: "file", renewal: "on" }),
    ]);
    expect(keeper.states().map(({ fault }) => fault)).toEqual([undefined, undefined]);
    expect(keeper.lines.filter(({ level }) => level !== "info")).toEqual([]);
    expect(callers()).toBe(0);
  });

  test("with updates on: the embedded root is held from the start and stays, with the fault and after a week a warning", async () => {
    const { address, callers } = await startCounter();
    const keeper = await keeperOf({ kind: "public-good" }, { proxy: { https: address } });
    expect(keeper.state()).toMatchObject({ origin: "embedded", renewal: "on" });
    expect(keeper.state().confirmedAt).toBeUndefined();
    keeper.advance(8 * DAY_MS);
    await keeper.look();
    expect(callers()).toBeGreaterThan(0);
    expect(keeper.document()).toBe(embeddedPublicGood().trustedRoot);
    expect(keeper.state()).toMatchObject({
      origin: "embedded",
      fault: expect.stringContaining("asking tuf-repo-cdn.sigstore.dev"),
    });
    expect(warningsOf(keeper)).toEqual(["trust root not renewed", "trust root is old"]);
  });

  test("the public instance is asked through the proxy by its own name, and believed no more than its metadata", async () => {
    // Whoever answers there has no certificate of that name.
    const proxy = await startFakeProxy();
    onTestFinished(() => proxy.close());
    const keeper = await keeperOf(
      { kind: "public-good" },
      { proxy: { https: `http://127.0.0.1:${proxy.port}` } },
    );
    keeper.advance(DAY_MS);
    await keeper.look();
    expect(proxy.calls.map(({ method, target }) => `${method} ${target}`)).toEqual([
      "CONNECT tuf-repo-cdn.sigstore.dev:443",
    ]);
    expect(keeper.state()).toMatchObject({ origin: "embedded", fault: expect.stringContaining("asking") });
  });
});

function versionOf(json: string): string {
  return parseTrustRoot({ name: "any", kind: "sigstore", json }).version;
}

function warningsOf({ lines }: KeeperUnderTest): readonly string[] {
  return lines.filter(({ level }) => level === "warn").map(({ message }) => message);
}
