import { execFileSync } from "node:child_process";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { digestOf } from "../../src/image/digest.ts";
import { parseManifest, runnableChildrenOf } from "../../src/image/manifest.ts";
import { type BuiltImage, type ImageRelease, buildImage } from "./images.ts";

const RELEASE: ImageRelease = {
  version: "25.0.1",
  createdAt: "2026-11-20T10:00:00Z",
  labels: { "org.opencontainers.image.vendor": "Acme" },
  files: { "usr/share/b": "b".repeat(600), "usr/share/a": "" },
};

test("equal releases give equal bytes", () => {
  const other = { ...RELEASE, files: { "usr/share/a": "", "usr/share/b": "b".repeat(600) } };
  expect(buildImage(other)).toEqual(buildImage(RELEASE));
});

test.each<{ title: string; change: Partial<ImageRelease> }>([
  { title: "version", change: { version: "25.0.2" } },
  { title: "time", change: { createdAt: "2026-11-20T10:00:01Z" } },
  { title: "user", change: { user: "0" } },
  { title: "environment", change: { env: { JAVA_HOME: "/opt/java" } } },
  { title: "entrypoint", change: { entrypoint: ["java"] } },
  { title: "label", change: { labels: {} } },
  { title: "file", change: { files: { "usr/share/a": "x" } } },
])("another $title gives another digest", ({ change }) => {
  expect(buildImage({ ...RELEASE, ...change }).root.digest).not.toBe(buildImage(RELEASE).root.digest);
});

test("several platforms make an index of different manifests, one platform makes a manifest", () => {
  const { root, children } = buildImage(RELEASE, ["linux/amd64", "linux/arm64/v8"]);
  const index = parseManifest(root.bytes, root.mediaType);
  if (index.kind !== "index") throw new Error("not an index");
  expect(runnableChildrenOf(index)).toEqual(children.map(({ digest, platform }) => ({ digest, platform })));
  expect(new Set(children.map(({ digest }) => digest)).size).toBe(2);

  const single = buildImage(RELEASE, ["linux/amd64"]);
  expect(parseManifest(single.root.bytes, single.root.mediaType).kind).toBe("image");
  expect(() => buildImage(RELEASE, [])).toThrow(RangeError);
});

test("every digest and size is that of the bytes, and the layer is a tar file", () => {
  const image = buildImage(RELEASE);
  expect(image.blobs.size).toBe(4);
  for (const [digest, bytes] of image.blobs) expect(digestOf(bytes)).toBe(digest);
  for (const child of image.children) {
    const manifest = parseManifest(child.bytes, child.mediaType);
    if (manifest.kind !== "image") throw new Error("not an image");
    const [layer] = manifest.layers;
    const tar = gunzipSync(blobOf(image, layer));
    const config: unknown = JSON.parse(Buffer.from(blobOf(image, manifest.config)).toString());
    expect(config).toMatchObject({ os: "linux", rootfs: { diff_ids: [digestOf(tar)] } });
    const listing = execFileSync("tar", ["-tvf", "-"], { input: tar, env: { ...process.env, TZ: "UTC" } });
    expect(listing.toString().trim().split("\n")).toEqual([
      expect.stringMatching(/ 2026-11-20 10:00 etc\/release$/),
      expect.stringMatching(/ 0 .* usr\/share\/a$/),
      expect.stringMatching(/ 600 .* usr\/share\/b$/),
    ]);
  }
});

function blobOf({ blobs }: BuiltImage, descriptor: { digest: string; size: number } | undefined) {
  const found = [...blobs].find(([digest]) => digest === descriptor?.digest)?.[1];
  if (found === undefined) throw new Error("no such blob");
  expect(found.byteLength).toBe(descriptor?.size);
  return found;
}
