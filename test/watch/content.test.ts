import { describe, expect, test } from "vitest";
import { parseManifest } from "../../src/image/manifest.ts";
import { contentOf, factsIn } from "../../src/watch/content.ts";
import { named } from "./facts.ts";

const IMAGE_TYPE = "application/vnd.oci.image.manifest.v1+json";

const child = (name: string, platform?: string) => ({
  mediaType: IMAGE_TYPE,
  digest: named(name),
  size: 1,
  ...(platform === undefined
    ? {}
    : {
        platform: {
          os: platform.split("/")[0],
          architecture: platform.split("/")[1],
          variant: platform.split("/")[2],
        },
      }),
});
const AMD = child("amd", "linux/amd64");
const ARM = child("arm", "linux/arm64/v8");
const ATTACHED = child("attached", "unknown/unknown");

function indexOf(children: readonly unknown[], annotations?: unknown) {
  const text = JSON.stringify({
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: children,
    annotations,
  });
  const manifest = parseManifest(Buffer.from(text), undefined);
  if (manifest.kind !== "index") throw new Error("not an index");
  return manifest;
}

const CONTENT = contentOf(indexOf([AMD, ARM, ATTACHED]));

describe("the content of an index", () => {
  test.each([
    { title: "without attestations", children: [AMD, ARM] },
    { title: "with others", children: [AMD, ARM, child("other", "unknown/unknown"), ATTACHED] },
    { title: "in another order", children: [ATTACHED, ARM, AMD] },
  ])("is the same $title", ({ children }) => {
    expect(CONTENT).toBeDefined();
    expect(contentOf(indexOf(children))).toBe(CONTENT);
  });

  test.each([
    { title: "another image", children: [AMD, child("arm 2", "linux/arm64/v8"), ATTACHED] },
    { title: "another platform", children: [AMD, child("arm", "linux/arm64"), ATTACHED] },
    { title: "an image less", children: [AMD, ATTACHED] },
    { title: "an image more", children: [AMD, ARM, child("s390x", "linux/s390x")] },
    {
      title: "images that changed places",
      children: [child("arm", "linux/amd64"), child("amd", "linux/arm64/v8")],
    },
  ])("is another with $title", ({ children }) => {
    expect(contentOf(indexOf(children))).not.toBe(CONTENT);
  });

  test.each([
    { title: "nothing at all", children: [] },
    { title: "nothing that runs", children: [ATTACHED] },
    { title: "something whose platform is not known", children: [AMD, ARM, child("what")] },
  ])("is not claimed of one that lists $title", ({ children }) => {
    expect(contentOf(indexOf(children))).toBeUndefined();
  });
});

test("a single image has no content beside its digest", () => {
  const text = JSON.stringify({ mediaType: IMAGE_TYPE, config: child("config"), layers: [] });
  expect(factsIn(parseManifest(Buffer.from(text), undefined))).toEqual({});
});

test.each([
  { text: "2026-11-24T12:00:00Z", at: Date.UTC(2026, 10, 24, 12) },
  { text: "2026-02-30T12:00:00Z", at: undefined },
  { text: "yesterday", at: undefined },
  { text: "", at: undefined },
  { text: "9".repeat(10_000), at: undefined },
])("an index that says it was made at $text: $at", ({ text, at }) => {
  expect(factsIn(indexOf([AMD], { "org.opencontainers.image.created": text })).createdAt).toBe(at);
});
