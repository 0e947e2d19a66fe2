import { describe, expect, test } from "vitest";
import { InvalidInputError } from "../../src/errors.ts";
import {
  MANIFEST_BYTES_MAX,
  MANIFEST_MEDIA_TYPES,
  parseManifest,
  runnableChildrenOf,
} from "../../src/image/manifest.ts";

const INDEX = "application/vnd.oci.image.index.v1+json";
const IMAGE = "application/vnd.oci.image.manifest.v1+json";
const DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json";
const DOCKER_IMAGE = "application/vnd.docker.distribution.manifest.v2+json";
const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const descriptor = { mediaType: "application/octet-stream", digest: digest("a"), size: 3 };
const image = { schemaVersion: 2, mediaType: IMAGE, config: descriptor, layers: [descriptor] };
const index = {
  schemaVersion: 2,
  mediaType: INDEX,
  manifests: [{ ...descriptor, mediaType: IMAGE, platform: { os: "linux", architecture: "amd64" } }],
};
const bytesOf = (document: unknown): Uint8Array =>
  Buffer.from(typeof document === "string" ? document : JSON.stringify(document));

describe("parseManifest", () => {
  test.each([
    { title: "an OCI image", document: image, type: IMAGE, kind: "image" },
    { title: "an OCI index", document: index, type: INDEX, kind: "index" },
    {
      title: "a Docker image",
      document: { ...image, mediaType: DOCKER_IMAGE },
      type: DOCKER_IMAGE,
      kind: "image",
    },
    {
      title: "a Docker list",
      document: { ...index, mediaType: DOCKER_LIST },
      type: DOCKER_LIST,
      kind: "index",
    },
    {
      title: "an image that does not say its type",
      document: { ...image, mediaType: undefined },
      type: IMAGE,
      kind: "image",
    },
    { title: "an image of which only it says the type", document: image, type: undefined, kind: "image" },
    {
      title: "an artifact with a subject",
      document: { ...image, artifactType: "a/b", subject: descriptor, layers: [] },
      type: IMAGE,
      kind: "image",
    },
    {
      title: "null for no annotations",
      document: { ...image, annotations: null },
      type: IMAGE,
      kind: "image",
    },
    { title: "null for no layers", document: { ...image, layers: null }, type: IMAGE, kind: "image" },
    { title: "null for no manifests", document: { ...index, manifests: null }, type: INDEX, kind: "index" },
    {
      title: "fields it does not know",
      document: { ...image, urls: [1], x: {} },
      type: IMAGE,
      kind: "image",
    },
    {
      title: "a platform that is none",
      document: { ...index, manifests: [{ ...descriptor, platform: { os: 1 } }] },
      type: INDEX,
      kind: "index",
    },
  ])("reads $title", ({ document, type, kind }) => {
    expect(parseManifest(bytesOf(document), type)).toMatchObject({ kind });
  });

  test.each([
    { title: "nothing", document: "", type: IMAGE },
    { title: "text", document: "<html>", type: IMAGE },
    { title: "a list", document: [], type: IMAGE },
    { title: "null", document: "null", type: IMAGE },
    { title: "a number", document: "1", type: IMAGE },
    { title: "4 MiB of brackets", document: "[".repeat(MANIFEST_BYTES_MAX), type: IMAGE },
    {
      title: "lists in lists",
      document: `${"[".repeat(100_000)}${"]".repeat(100_000)}`,
      type: IMAGE,
    },
    {
      title: "more than 4 MiB",
      document: `${JSON.stringify(image)}${" ".repeat(MANIFEST_BYTES_MAX)}`,
      type: IMAGE,
    },
    { title: "a byte order mark", document: `\ufeff${JSON.stringify(image)}`, type: IMAGE },
    { title: "another type than the registry says", document: image, type: INDEX },
    { title: "the same, Docker's", document: image, type: DOCKER_IMAGE },
    { title: "a type that is a list", document: { ...image, mediaType: [IMAGE] }, type: IMAGE },
    {
      title: "a type that cannot become text",
      document: { ...image, mediaType: { toString: 1, valueOf: 1 } },
      type: IMAGE,
    },
    { title: "a type that is null", document: { ...image, mediaType: null }, type: IMAGE },
    { title: "no type anywhere", document: { ...image, mediaType: undefined }, type: undefined },
    {
      title: "schema 1",
      document: { schemaVersion: 1, fsLayers: [] },
      type: "application/vnd.docker.distribution.manifest.v1+prettyjws",
    },
    { title: "HTML's type", document: { ...image, mediaType: undefined }, type: "text/html" },
    { title: "an image with manifests", document: { ...image, manifests: [] }, type: IMAGE },
    { title: "an index with layers", document: { ...index, layers: [] }, type: INDEX },
    { title: "an index with a config", document: { ...index, config: descriptor }, type: INDEX },
    { title: "no config", document: { ...image, config: undefined }, type: IMAGE },
    { title: "no layers", document: { ...image, layers: undefined }, type: IMAGE },
    { title: "layers that are an object", document: { ...image, layers: {} }, type: IMAGE },
    {
      title: "a short digest",
      document: { ...image, config: { ...descriptor, digest: "sha256:a" } },
      type: IMAGE,
    },
    {
      title: "a digest with a path",
      document: { ...image, config: { ...descriptor, digest: `sha256:../${"a".repeat(61)}` } },
      type: IMAGE,
    },
    { title: "a negative size", document: { ...image, layers: [{ ...descriptor, size: -1 }] }, type: IMAGE },
    {
      title: "a size of 2^62",
      document: { ...image, layers: [{ ...descriptor, size: 2 ** 62 }] },
      type: IMAGE,
    },
    { title: "a size in text", document: { ...image, layers: [{ ...descriptor, size: "3" }] }, type: IMAGE },
    {
      title: "1,001 layers",
      document: { ...image, layers: Array.from({ length: 1_001 }, () => descriptor) },
      type: IMAGE,
    },
    {
      title: "10,000 children",
      document: { ...index, manifests: Array.from({ length: 10_000 }, () => descriptor) },
      type: INDEX,
    },
    { title: "annotations that are no text", document: { ...image, annotations: { a: 1 } }, type: IMAGE },
    { title: "a subject that is none", document: { ...image, subject: {} }, type: IMAGE },
  ])("refuses $title", ({ document, type }) => {
    expect(() => parseManifest(bytesOf(document), type)).toThrow(InvalidInputError);
  });

  test("refuses bytes that are not UTF-8", () => {
    const bytes = Buffer.concat([Buffer.from('{"mediaType":"'), Buffer.from([0xff]), Buffer.from('"}')]);
    expect(() => parseManifest(bytes, IMAGE)).toThrow(InvalidInputError);
  });

  test("a refusal does not repeat a long or hostile key", () => {
    const key = `\u202e${"k".repeat(10_000)}`;
    expect(() => parseManifest(bytesOf({ ...image, annotations: { [key]: 1 } }), IMAGE)).toThrow(
      /^not a manifest: [^\u202e]{1,230}$/,
    );
  });

  test("a key __proto__ changes nothing", () => {
    const text = JSON.stringify(image).replace('"layers"', '"__proto__":{"kind":"index"},"layers"');
    const manifest = parseManifest(bytesOf(text), IMAGE);
    expect(manifest.kind).toBe("image");
    expect(Object.getPrototypeOf(manifest)).toBe(Object.prototype);
  });

  test("every type that is asked for can be read", () => {
    expect(MANIFEST_MEDIA_TYPES).toHaveLength(4);
    for (const type of MANIFEST_MEDIA_TYPES) {
      const document = /index|list/.test(type)
        ? { ...index, mediaType: type }
        : { ...image, mediaType: type };
      expect(parseManifest(bytesOf(document), type).mediaType).toBe(type);
    }
  });
});

test("runnable children leave out attestation manifests and what has no platform", () => {
  const child = (letter: string, platform?: object): object => ({
    ...descriptor,
    digest: digest(letter),
    ...(platform === undefined ? {} : { platform }),
  });
  const manifest = parseManifest(
    bytesOf({
      ...index,
      manifests: [
        child("a", { os: "linux", architecture: "amd64" }),
        child("b", { os: "linux", architecture: "arm64", variant: "v8" }),
        child("c", { os: "unknown", architecture: "unknown" }),
        child("d"),
      ],
    }),
    INDEX,
  );
  expect(manifest.kind === "index" ? runnableChildrenOf(manifest) : []).toEqual([
    { digest: digest("a"), platform: "linux/amd64" },
    { digest: digest("b"), platform: "linux/arm64/v8" },
  ]);
});
