import { afterEach, describe, expect, test } from "vitest";
import type { LayerLimits } from "../../../../src/adapters/registry/layers/budget.ts";
import type { Digest } from "../../../../src/image/digest.ts";
import type { LayersReading } from "../../../../src/sbom/layers/list.ts";
import { COMPRESSIONS, type LayerEntry, tarOfEntries } from "../../../tools/layers.ts";
import { rpmDatabaseOf, rpmHeaderOf } from "../../../tools/rpm-database.ts";
import type { FakeRegistry } from "../../../fakes/registry/server.ts";
import { clientFor, closeAll, errorOf, imageAt, PATH, startFake } from "../stage.ts";

const OCI = "application/vnd.oci.image.layer.v1.";
const MEBIBYTE = 1024 * 1024;
const { signal } = new AbortController();

afterEach(closeAll);

const OS: LayerEntry = { name: "etc/os-release", text: "ID=alpine\nVERSION_ID=3.22.1\n" };
const MUSL = "P:musl\nV:1.2.5-r12\n\n";
const DATABASE: LayerEntry = { name: "lib/apk/db/installed", text: MUSL };
const CONFIG = { mediaType: "application/vnd.oci.image.config.v1+json", bytes: "{}" };

interface Scene {
  readonly fake: FakeRegistry;
  readonly digest: Digest;
  readonly read: (limits?: Partial<LayerLimits>) => Promise<LayersReading>;
}

/** An image of these layers, lowest first. */
async function sceneOf(layers: readonly { mediaType?: string; bytes: Uint8Array }[]): Promise<Scene> {
  const fake = await startFake();
  const { digest } = fake.putImage(PATH, {
    config: CONFIG,
    layers: layers.map(({ mediaType = `${OCI}tar`, bytes }) => ({ mediaType, bytes })),
  });
  const read = async (limits: Partial<LayerLimits> = {}): Promise<LayersReading> => {
    const client = clientFor([fake], { layers: limits });
    const manifest = await client.manifest(imageAt(fake, digest), signal);
    if (manifest.kind !== "image") throw new Error("not an image");
    return client.packagesIn(imageAt(fake, digest), manifest, signal);
  };
  return { fake, digest, read };
}

async function layerOf(
  entries: readonly LayerEntry[],
  compression: keyof typeof COMPRESSIONS = "tar+gzip",
): Promise<{ mediaType: string; bytes: Buffer }> {
  const bytes = COMPRESSIONS[compression](await tarOfEntries(entries));
  return { mediaType: `${OCI}${compression.split(" ")[0]}`, bytes };
}

describe("the packages in an image's layers", () => {
  test.each(["tar", "tar+gzip", "tar+gzip in members", "tar+zstd", "tar+zstd in frames"] as const)(
    "are read from %s",
    async (compression) => {
      const noise = { name: "usr/bin/noise", text: Buffer.alloc(3 * MEBIBYTE, "noise") };
      const { read } = await sceneOf([
        await layerOf([OS, noise, DATABASE], compression),
        await layerOf([{ ...DATABASE, text: `${MUSL}P:zlib\nV:1.3.1-r2\n\n` }, noise], compression),
      ]);
      expect(await read()).toMatchObject({
        kind: "read",
        list: {
          format: "layers",
          distribution: "alpine-3.22.1",
          components: [{ key: "apk/alpine/musl" }, { key: "apk/alpine/zlib", version: "1.3.1-r2" }],
        },
      });
    },
  );

  test("are read whatever the media type says of the compression", async () => {
    const { bytes } = await layerOf([OS, DATABASE], "tar+zstd");
    const mediaType = "application/vnd.docker.image.rootfs.diff.tar.gzip";
    const { read } = await sceneOf([{ mediaType, bytes }]);
    expect(await read()).toMatchObject({ kind: "read" });
  });

  test("come from rpm's database as SQLite writes it", async () => {
    const header = rpmHeaderOf({ name: "bash", version: "5.1.8", release: "9.el9", ballastBytes: 50_000 });
    const { read } = await sceneOf([
      await layerOf([
        { name: "./etc/os-release", text: "ID=rhel\nVERSION_ID=9.4\n" },
        { name: "./var/lib/rpm/rpmdb.sqlite", text: rpmDatabaseOf([header]) },
      ]),
    ]);
    expect(await read()).toMatchObject({
      list: { components: [{ key: "rpm/redhat/bash", version: "5.1.8-9.el9" }] },
    });
  });

  test("that a later layer took away are not there", async () => {
    const { read } = await sceneOf([
      await layerOf([OS, DATABASE]),
      await layerOf([{ name: "lib/apk/.wh.db", text: "" }]),
    ]);
    expect(await read()).toMatchObject({ kind: "not-read", reason: expect.stringContaining("no database") });
  });

  test("every layer is asked for once", async () => {
    const layers = [await layerOf([OS]), await layerOf([DATABASE])];
    const { fake, read } = await sceneOf(layers);
    await read();
    expect(fake.requests.filter(({ url }) => url.includes("/blobs/"))).toHaveLength(2);
  });
});

describe("hostile layers", () => {
  test("paths that leave the image are passed over, and links are not followed", async () => {
    const { read } = await sceneOf([
      await layerOf([
        OS,
        { name: "../../../../../../etc/os-release", text: "ID=evil\nVERSION_ID=1\n" },
        { name: "/../lib/apk/db/installed", text: "P:evil\nV:1\n\n" },
        { name: "x/../lib/apk/db/installed", text: "P:evil\nV:1\n\n" },
        { name: "tmp/link", type: "symlink", linkname: "/etc/passwd" },
        DATABASE,
      ]),
    ]);
    expect(await read()).toMatchObject({ list: { components: [{ key: "apk/alpine/musl" }] } });
  });

  test.each(["symlink", "link"] as const)("a %s in place of the database is said", async (type) => {
    const { read } = await sceneOf([
      await layerOf([OS, { name: DATABASE.name, type, linkname: "etc/shadow" }]),
    ]);
    expect(await read()).toMatchObject({ kind: "not-read", reason: expect.stringContaining("a link") });
  });

  const BLANKS = { name: "usr/blanks", text: Buffer.alloc(8 * MEBIBYTE) };

  test.each<{ title: string; limits: Partial<LayerLimits>; reason: string }>([
    { title: "bytes that expand", limits: { expandedBytes: 4 * MEBIBYTE }, reason: "4194304 bytes expanded" },
    { title: "compressed bytes", limits: { compressedBytes: 100 }, reason: "100 bytes compressed" },
    { title: "files", limits: { entries: 2 }, reason: "2 files" },
    { title: "files about packages", limits: { kept: 1 }, reason: "1 files about packages" },
    { title: "bytes of one file", limits: { fileBytes: 10 }, reason: "10 bytes in one file" },
    { title: "bytes of all files", limits: { keptBytes: 30 }, reason: "30 bytes about packages" },
  ])("with too many $title are not read", async ({ limits, reason }) => {
    const { read } = await sceneOf([await layerOf([OS, BLANKS, DATABASE])]);
    expect(await read(limits)).toStrictEqual({
      kind: "not-read",
      reason: expect.stringContaining(`more than ${reason}`),
    });
  });

  test.each(["tar+gzip", "tar+zstd"] as const)(
    "a bomb of %s ends early and in little memory",
    async (compression) => {
      const bomb = await layerOf([{ name: "usr/blanks", text: Buffer.alloc(256 * MEBIBYTE) }], compression);
      const { read } = await sceneOf([bomb]);
      const before = process.memoryUsage().arrayBuffers;
      expect(await read({ expandedBytes: 16 * MEBIBYTE })).toMatchObject({ kind: "not-read" });
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * MEBIBYTE);
    },
  );

  test.each([
    { title: "text", bytes: Buffer.from("this is no archive".repeat(100)) },
    { title: "gzip of text", bytes: COMPRESSIONS["tar+gzip"](Buffer.from("no archive".repeat(1_000))) },
    { title: "one byte", bytes: Buffer.from("x") },
    { title: "a gzip header alone", bytes: Buffer.from("1f8b0800", "hex") },
    { title: "a zstd header alone", bytes: Buffer.from("28b52ffd", "hex") },
  ])("$title is no archive", async ({ bytes }) => {
    const { read } = await sceneOf([{ bytes }]);
    expect(await read()).toStrictEqual({
      kind: "not-read",
      reason: "a layer is no archive, or a damaged one",
    });
  });

  test.each(["tar", "tar+gzip", "tar+gzip in members", "tar+zstd", "tar+zstd in frames"] as const)(
    "a cut %s is damaged wherever it is cut",
    async (compression) => {
      const noise = {
        name: "usr/noise",
        text: Buffer.from(Array.from({ length: 5_000 }, (_, at) => (at * at) % 251)),
      };
      const { bytes } = await layerOf([OS, DATABASE, noise], compression);
      for (const part of [0.2, 0.5, 0.8]) {
        const { read } = await sceneOf([
          { bytes: bytes.subarray(0, Math.floor(bytes.byteLength * part) - 1) },
        ]);
        expect(await read()).toMatchObject({ kind: "not-read" });
      }
    },
  );
});

describe("images without layers of files", () => {
  test.each([
    { title: "none", layers: [], reason: "no layers of files" },
    {
      title: "a statement",
      layers: [{ mediaType: "application/vnd.in-toto+json", bytes: Buffer.from("{}") }],
      reason: "another type",
    },
    {
      title: "layers that are elsewhere",
      layers: [
        { mediaType: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", bytes: Buffer.from("x") },
      ],
      reason: "another type",
    },
  ])("$title are not read, and nothing is fetched", async ({ layers, reason }) => {
    const { fake, read } = await sceneOf(layers);
    expect(await read()).toMatchObject({ kind: "not-read", reason: expect.stringContaining(reason) });
    expect(fake.requests.filter(({ url }) => url.includes("/blobs/"))).toEqual([]);
  });
});

describe("registries that do not answer", () => {
  test.each([
    { title: "other bytes", fault: { kind: "bytes", body: "x" }, code: "registry-integrity" },
    { title: "an end too soon", fault: { kind: "drop", when: "in-body" }, code: "registry-unavailable" },
    { title: "500", fault: { kind: "status", status: 500 }, code: "registry-unavailable" },
    { title: "429", fault: { kind: "status", status: 429 }, code: "registry-rate-limited" },
  ] as const)("$title is no answer: $code", async ({ fault, code }) => {
    const { fake, read } = await sceneOf([await layerOf([OS, DATABASE])]);
    fake.faults.add({ path: /\/blobs\//, fault });
    expect(await errorOf(read())).toMatchObject({ code, transient: true });
  });

  test("damage on the way is found by the digest, not taken for a damaged layer", async () => {
    const layer = await layerOf([OS, DATABASE]);
    const { fake, read } = await sceneOf([layer]);
    const changed = Buffer.from(layer.bytes);
    changed.fill(0xff, 20, 40);
    fake.faults.add({ path: /\/blobs\//, fault: { kind: "bytes", body: changed } });
    expect(await errorOf(read())).toMatchObject({ code: "registry-integrity" });
  });

  test("a layer that is gone is an answer", async () => {
    const { fake, read } = await sceneOf([await layerOf([OS, DATABASE])]);
    fake.faults.add({ path: /\/blobs\//, fault: { kind: "status", status: 404 } });
    expect(await read()).toMatchObject({
      kind: "not-read",
      reason: expect.stringContaining("no longer has"),
    });
  });
});
