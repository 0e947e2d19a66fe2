import { describe, expect, test } from "vitest";
import { packageMatchOf } from "../../src/advisory/ecosystem.ts";
import { componentFrom } from "../fixtures/lists.ts";

function matched(purl: string): readonly string[] | string {
  const match = packageMatchOf(componentFrom(purl));
  return match.kind === "matched"
    ? match.keys.map(({ ecosystem, name }) => `${ecosystem}|${name}`)
    : match.reason;
}

const BHC = "pkg:apk/bellsoft-hardened-containers";

describe("asks about", () => {
  test.each([
    {
      title: "the source package of a BellSoft image",
      purl: `${BHC}/libcrypto3@3?distro=bellsoft-hardened-containers-25&upstream=openssl`,
      keys: ["BellSoft Hardened Containers:25|openssl"],
    },
    {
      title: "its own name where that is the source",
      purl: `${BHC}/zlib@1?distro=bellsoft-hardened-containers-23`,
      keys: ["BellSoft Hardened Containers:23|zlib"],
    },
    {
      title: "the stream",
      purl: `${BHC}/zlib@1?distro=bellsoft-hardened-containers-stream`,
      keys: ["BellSoft Hardened Containers:stream|zlib"],
    },
    {
      title: "a release alone, as BellSoft's own purls have it",
      purl: `${BHC}/zlib@1?distro=25`,
      keys: ["BellSoft Hardened Containers:25|zlib"],
    },
    { title: "Alpaquita", purl: "pkg:apk/alpaquita/zlib@1?distro=alpaquita-23", keys: ["Alpaquita:23|zlib"] },
    {
      title: "the branch of an Alpine release",
      purl: "pkg:apk/alpine/zlib@1?distro=alpine-3.22.1",
      keys: ["Alpine:v3.22|zlib"],
    },
    { title: "an Alpine branch", purl: "pkg:apk/alpine/zlib@1?distro=3.9", keys: ["Alpine:v3.9|zlib"] },
    {
      title: "the old type of Alpine's packages",
      purl: "pkg:alpine/zlib@1?distro=alpine-3.22.1",
      keys: ["Alpine:v3.22|zlib"],
    },
    { title: "Alpine edge", purl: "pkg:apk/alpine/zlib@1?distro=alpine-edge", keys: ["Alpine:edge|zlib"] },
    {
      title: "source and name of Wolfi, which has no releases",
      purl: "pkg:apk/wolfi/libssl3@3?upstream=openssl",
      keys: ["Wolfi|openssl", "Wolfi|libssl3"],
    },
    {
      title: "one name of Chainguard",
      purl: "pkg:apk/chainguard/zlib@1?distro=chainguard-20230214",
      keys: ["Chainguard|zlib"],
    },
    { title: "MinimOS", purl: "pkg:apk/minimos/zlib@1", keys: ["MinimOS|zlib"] },
  ])("$title", ({ purl, keys }) => {
    expect(matched(purl)).toStrictEqual(keys);
  });
});

describe("does not guess", () => {
  const RELEASE = "release of their distribution unknown";
  test.each([
    { title: "the release of BellSoft", purl: `${BHC}/zlib@1`, reason: RELEASE },
    { title: "the release of Alpine", purl: "pkg:apk/alpine/zlib@1", reason: RELEASE },
    {
      title: "from an empty release",
      purl: `${BHC}/zlib@1?distro=bellsoft-hardened-containers-`,
      reason: RELEASE,
    },
    {
      title: "from another distribution's release",
      purl: `${BHC}/zlib@1?distro=alpine-3.22.1`,
      reason: RELEASE,
    },
    {
      title: "from a release that has none of its forms",
      purl: `${BHC}/zlib@1?distro=bellsoft-hardened-containers-25%3A26`,
      reason: RELEASE,
    },
    {
      title: "from a release with something behind it",
      purl: "pkg:apk/alpaquita/zlib@1?distro=alpaquita-stream-x",
      reason: RELEASE,
    },
    {
      title: "which branch edge will be",
      purl: "pkg:apk/alpine/zlib@1?distro=alpine-3.23_alpha20250612",
      reason: RELEASE,
    },
    {
      title: "that Alpine's major release is a branch",
      purl: "pkg:apk/alpine/zlib@1?distro=alpine-3",
      reason: RELEASE,
    },
    {
      title: "that an apk is Alpine's",
      purl: "pkg:apk/zlib@1?distro=alpine-3.22.1",
      reason: "no advisories for their distribution",
    },
    {
      title: "that a distribution it does not know is another",
      purl: "pkg:apk/postmarketos/zlib@1?distro=postmarketos-25",
      reason: "no advisories for their distribution",
    },
    {
      title: "for another type",
      purl: "pkg:deb/debian/zlib1g@1?distro=debian-13",
      reason: "no advisories for their type of package",
    },
    {
      title: "for a language's packages",
      purl: "pkg:maven/g/a@1",
      reason: "no advisories for their type of package",
    },
  ])("$title", ({ purl, reason }) => {
    expect(matched(purl)).toBe(reason);
  });
});
