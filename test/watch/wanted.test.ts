import { describe, expect, test } from "vitest";
import { type Digest, digestOf } from "../../src/image/digest.ts";
import type { DigestShape } from "../../src/image/shape.ts";
import { isWhere, wantedFor } from "../../src/watch/wanted.ts";

const named = (name: string): Digest => digestOf(Buffer.from(name));
const index = (...platforms: readonly string[]): DigestShape => ({
  kind: "index",
  children: platforms.map((platform) => ({ digest: named(`new ${platform}`), platform })),
});
const image = (platform?: string): DigestShape => ({
  kind: "image",
  ...(platform === undefined ? {} : { platform }),
});
const MULTI = index("linux/amd64", "linux/arm64/v8");

describe("a pin should stand", () => {
  test.each<{ title: string; pin: DigestShape | undefined; current: DigestShape | undefined }>([
    { title: "on the index, from an index", pin: index("linux/amd64"), current: MULTI },
    { title: "on the image, from an image", pin: image("linux/amd64"), current: image("linux/amd64") },
    { title: "on the image, from an image of unknown platform", pin: image(), current: image() },
    { title: "where the tag stands, when nothing is known of the pin", pin: undefined, current: MULTI },
    {
      title: "where the tag stands, when nothing is known of that",
      pin: image("linux/amd64"),
      current: undefined,
    },
    { title: "where the tag stands, when nothing is known", pin: undefined, current: undefined },
  ])("$title", ({ pin, current }) => {
    const wanted = wantedFor({ digest: named("old"), shape: pin }, { digest: named("tag"), shape: current });
    expect(wanted).toEqual({ kind: "digest", digest: named("tag") });
  });

  test("on the manifest of its own platform, from that of one platform", () => {
    const pin = { digest: named("old"), shape: image("linux/arm64/v8") };
    expect(wantedFor(pin, { digest: named("tag"), shape: MULTI })).toEqual({
      kind: "digest",
      digest: named("new linux/arm64/v8"),
    });
  });

  test.each([
    { title: "and it is known to be one platform's", shape: image("linux/amd64") },
    { title: "and nothing is known of it", shape: undefined },
  ])("where it stands, when the index lists it, $title", ({ shape }) => {
    const digest = named("new linux/amd64");
    expect(wantedFor({ digest, shape }, { digest: named("tag"), shape: MULTI })).toEqual({
      kind: "digest",
      digest,
    });
  });
});

describe("one kind is never put in place of the other", () => {
  test.each([
    {
      title: "an index by an image",
      pin: MULTI,
      current: image("linux/amd64"),
      reason: "an index for several platforms is pinned, and the tag points at a single image now",
    },
    {
      title: "a platform by another",
      pin: image("linux/s390x"),
      current: MULTI,
      reason: "the image for linux/s390x is pinned, and the tag has none for it any more",
    },
    {
      title: "a variant by another",
      pin: image("linux/arm64"),
      current: MULTI,
      reason: "the image for linux/arm64 is pinned, and the tag has none for it any more",
    },
    {
      title: "an image of unknown platform by an index",
      pin: image(),
      current: MULTI,
      reason: "the image of one platform is pinned, and it does not say of which",
    },
  ])("$title", ({ pin, current, reason }) => {
    const wanted = wantedFor({ digest: named("old"), shape: pin }, { digest: named("tag"), shape: current });
    expect(wanted).toEqual({ kind: "unclear", reason });
  });
});

test.each([
  { title: "the digest itself", digest: named("tag"), is: true },
  { title: "one of its platforms", digest: named("new linux/amd64"), is: true },
  { title: "another", digest: named("old"), is: false },
])("a tag stands on $title: $is", ({ digest, is }) => {
  expect(isWhere(digest, { digest: named("tag"), shape: MULTI })).toBe(is);
  expect(isWhere(digest, { digest: named("tag"), shape: undefined })).toBe(digest === named("tag"));
});
