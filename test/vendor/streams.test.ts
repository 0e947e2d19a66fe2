import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { builtInProfiles } from "../../config/built-in.ts";
import { parseReference } from "../../src/image/reference.ts";
import { profileOf } from "../../src/vendor/profile.ts";
import {
  type StreamScope,
  type TagStream,
  compareStreams,
  grammarOf,
  newerIn,
  streamOf,
} from "../../src/vendor/streams.ts";
import { mirrored } from "../../src/versions/order.ts";
import type { TagGrammar } from "../../src/vendor/tag-grammar.ts";

const profiles = await builtInProfiles();

function grammarFor(image: string): TagGrammar {
  const { repository } = parseReference(image);
  return grammarOf(repository, profileOf(profiles, repository));
}

function streamIn(image: string, tag: string): TagStream {
  const stream = streamOf(tag, grammarFor(image));
  if (stream === undefined) throw new Error(`${tag} has no stream`);
  return stream;
}

function newer(image: string, tag: string, tags: readonly string[], scope: StreamScope): string | undefined {
  return newerIn(streamIn(image, tag), tags, { grammar: grammarFor(image), scope });
}

/** `jre libc=musl 25.0.4_9` and so on: what a tag says, for a table. */
function said({ words, versions, builds }: TagStream): string {
  return [
    ...words.map(({ role, word }) => `${role}=${word}`),
    ...versions.map(({ text }) => `version=${text}`),
    ...builds.map((build) => `build=${build}`),
  ].join(" ");
}

const JAVA = "bellsoft/hardened-liberica-runtime-container";
const NIK = "ghcr.io/bell-sw/hardened-liberica-native-image-kit-container";
const DHI = "dhi.io/golang";
const CHAINGUARD = "cgr.dev/acme.example/nginx";
const HUMMINGBIRD = "registry.access.redhat.com/hi/go";
const UBI = "registry.access.redhat.com/ubi9/ubi-minimal";
const DISTROLESS = "gcr.io/distroless/static-debian13";
const DOTNET = "mcr.microsoft.com/dotnet/aspnet";
const OTHER = "docker.io/library/nginx";

describe("words of a tag", () => {
  test.each([
    { image: JAVA, tag: "jdk-25-musl", says: "type=jdk libc=musl version=25" },
    { image: JAVA, tag: "jre-25-nonroot-musl", says: "type=jre user=nonroot libc=musl version=25" },
    { image: JAVA, tag: "jre-25-glibc", says: "type=jre libc=glibc version=25" },
    {
      image: JAVA,
      tag: "jre-25-cds-distroless-glibc",
      says: "type=jre flag=cds shell=distroless libc=glibc version=25",
    },
    {
      image: JAVA,
      tag: "jre-25.0.4_9-cds-distroless-glibc",
      says: "type=jre flag=cds shell=distroless libc=glibc version=25.0.4_9",
    },
    {
      image: JAVA,
      tag: "jre-27-cds-distroless-glibc",
      says: "type=jre flag=cds shell=distroless libc=glibc version=27",
    },
    { image: JAVA, tag: "jdk-25.0.3_11-glibc", says: "type=jdk libc=glibc version=25.0.3_11" },
    { image: JAVA, tag: "jre-distroless-musl", says: "type=jre shell=distroless libc=musl" },
    { image: JAVA, tag: "jdk-all-25-glibc", says: "type=jdk-all libc=glibc version=25" },
    { image: NIK, tag: "jdk-25-nik-25.0.4-musl", says: "type=jdk libc=musl version=25 version=25.0.4" },
    { image: NIK, tag: "jdk-21-nik-23-glibc", says: "type=jdk libc=glibc version=21 version=23" },
    { image: JAVA, tag: "musl", says: "libc=musl" },
    { image: JAVA, tag: "latest", says: "other=latest" },
    { image: JAVA, tag: "stream-musl-240709", says: "flag=stream libc=musl build=240709" },
    { image: DHI, tag: "1.26-debian13-dev", says: "distro=debian13 dev=dev version=1.26" },
    {
      image: DHI,
      tag: "8.4-alpine3.23-fpm-sfw-ent-dev",
      says: "distro=alpine3.23 other=fpm dev=sfw-ent-dev version=8.4",
    },
    { image: CHAINGUARD, tag: "1.27.3-r2-dev", says: "dev=dev version=1.27.3 build=2" },
    { image: CHAINGUARD, tag: "1.27.3-r2-202611231200", says: "version=1.27.3 build=2 build=202611231200" },
    { image: HUMMINGBIRD, tag: "1.26.4-builder", says: "type=builder version=1.26.4" },
    { image: HUMMINGBIRD, tag: "latest-openssl", says: "other=latest flag=openssl" },
    { image: UBI, tag: "9.7-1762956380", says: "version=9.7 build=1762956380" },
    { image: DISTROLESS, tag: "debug-nonroot-arm64", says: "dev=debug user=nonroot arch=arm64" },
    {
      image: DOTNET,
      tag: "10.0.1-1-azurelinux3.0-distroless-extra-arm64v8",
      says: "distro=azurelinux3.0 shell=distroless flag=extra arch=arm64v8 version=10.0.1 build=1",
    },
    { image: OTHER, tag: "1.29.3-alpine3.22-slim", says: "distro=alpine3.22 flag=slim version=1.29.3" },
  ])("$tag", ({ image, tag, says }) => {
    expect(said(streamIn(image, tag))).toBe(says);
  });

  test.each([
    { title: "a signature", image: OTHER, tag: `sha256-${"a".repeat(64)}.sig` },
    { title: "a referrers tag", image: OTHER, tag: `sha256-${"a".repeat(64)}` },
    { title: "a commit", image: DISTROLESS, tag: "0".repeat(40) },
    { title: "a commit of a variant", image: DISTROLESS, tag: `debug-${"f".repeat(40)}` },
    { title: "a replaced digest", image: DISTROLESS, tag: `update-available-${"1".repeat(64)}` },
    { title: "a retired image", image: DISTROLESS, tag: `deprecated-public-image-${"1".repeat(64)}` },
    { title: "no tag", image: OTHER, tag: "a b" },
    { title: "nothing", image: OTHER, tag: "" },
  ])("no stream: $title", ({ image, tag }) => {
    expect(streamOf(tag, grammarFor(image))).toBeUndefined();
  });
});

interface Row {
  readonly title: string;
  readonly image: string;
  readonly from: string;
  readonly tags: readonly string[];
  readonly scope?: StreamScope;
}

describe("a newer tag", () => {
  const rows: readonly (Row & { readonly to: string })[] = [
    {
      title: "a Java patch",
      image: JAVA,
      from: "jre-25.0.4_9-musl",
      tags: ["jre-25.0.5_11-musl"],
      to: "jre-25.0.5_11-musl",
      scope: "patch",
    },
    {
      title: "a Java build",
      image: JAVA,
      from: "jre-25.0.4_9-musl",
      tags: ["jre-25.0.4_10-musl"],
      to: "jre-25.0.4_10-musl",
      scope: "patch",
    },
    {
      title: "the newest of several, by number",
      image: JAVA,
      from: "jre-25.0.4_9-musl",
      tags: ["jre-25.0.5_8-musl", "jre-25.0.10_1-musl", "jre-25.0.9_9-musl"],
      to: "jre-25.0.10_1-musl",
      scope: "patch",
    },
    {
      title: "a Java feature release, asked for",
      image: JAVA,
      from: "jre-25-musl",
      tags: ["jre-27-musl"],
      to: "jre-27-musl",
    },
    {
      title: "words in another order",
      image: JAVA,
      from: "jre-25-cds-musl",
      tags: ["jre-26-musl-cds"],
      to: "jre-26-musl-cds",
    },
    {
      title: "two versions",
      image: NIK,
      from: "jdk-25-nik-25.0.4-musl",
      tags: ["jdk-25-nik-25.0.5-musl"],
      to: "jdk-25-nik-25.0.5-musl",
      scope: "patch",
    },
    {
      title: "an epoch",
      image: CHAINGUARD,
      from: "1.27.3-r2",
      tags: ["1.27.3-r10", "1.27.3-r9"],
      to: "1.27.3-r10",
      scope: "patch",
    },
    {
      title: "a version with a lower epoch",
      image: CHAINGUARD,
      from: "1.27.3-r2",
      tags: ["1.27.4-r0"],
      to: "1.27.4-r0",
      scope: "patch",
    },
    {
      title: "an epoch before a time",
      image: CHAINGUARD,
      from: "1.27.3-r2-202611231200",
      tags: ["1.27.3-r1-202611291200", "1.27.3-r3-202611231100"],
      to: "1.27.3-r3-202611231100",
      scope: "patch",
    },
    {
      title: "a time",
      image: CHAINGUARD,
      from: "1.27.3-r2-202611231200",
      tags: ["1.27.3-r2-202611241200"],
      to: "1.27.3-r2-202611241200",
      scope: "patch",
    },
    {
      title: "DHI",
      image: DHI,
      from: "1.26.1-debian13-dev",
      tags: ["1.26.3-debian13-dev", "1.26.4-debian13"],
      to: "1.26.3-debian13-dev",
      scope: "patch",
    },
    {
      title: "Red Hat",
      image: HUMMINGBIRD,
      from: "1.26.4-builder",
      tags: ["1.27.0-builder", "1.27.1"],
      to: "1.27.0-builder",
      scope: "minor",
    },
    {
      title: "a UBI release",
      image: UBI,
      from: "9.7-1762956380",
      tags: ["9.7-1763000000", "9.8-1"],
      to: "9.7-1763000000",
      scope: "patch",
    },
    {
      title: ".NET",
      image: DOTNET,
      from: "10.0.1-noble-chiseled",
      tags: ["10.0.2-noble-chiseled", "10.0.3-noble"],
      to: "10.0.2-noble-chiseled",
      scope: "patch",
    },
    {
      title: "a final release after its candidate",
      image: OTHER,
      from: "1.29.0-rc.1",
      tags: ["1.29.0", "1.29.0-rc.2"],
      to: "1.29.0",
      scope: "patch",
    },
    {
      title: "Python's own order",
      image: "python",
      from: "3.14.0rc2",
      tags: ["3.14.0", "3.14.0rc3"],
      to: "3.14.0",
      scope: "patch",
    },
    {
      title: "a leading v",
      image: OTHER,
      from: "v1.2.3",
      tags: ["v1.2.4", "1.2.5"],
      to: "v1.2.4",
      scope: "patch",
    },
  ];
  test.each(rows)("$title", ({ image, from, tags, scope = "major", to }) => {
    expect(newer(image, from, tags, scope)).toBe(to);
    expect(newer(image, from, [from, ...tags.toReversed()], scope)).toBe(to);
  });
});

describe("no newer tag", () => {
  const rows: readonly Row[] = [
    { title: "another C library", image: JAVA, from: "jre-25-musl", tags: ["jre-26-glibc"] },
    { title: "none for one C library", image: JAVA, from: "jre-25-musl", tags: ["jre-26"] },
    { title: "another user", image: JAVA, from: "jre-25-nonroot-musl", tags: ["jre-26-musl"] },
    { title: "the other user", image: JAVA, from: "jre-25-musl", tags: ["jre-26-nonroot-musl"] },
    { title: "a shell", image: JAVA, from: "jre-25-distroless-musl", tags: ["jre-26-musl"] },
    { title: "no shell", image: JAVA, from: "jre-25-musl", tags: ["jre-26-distroless-musl"] },
    { title: "build instead of run", image: JAVA, from: "jre-25-musl", tags: ["jdk-26-musl"] },
    { title: "more than the type", image: JAVA, from: "jdk-25-glibc", tags: ["jdk-all-26-glibc"] },
    { title: "a flag less", image: JAVA, from: "jre-25-cds-musl", tags: ["jre-26-musl"] },
    { title: "another flag", image: JAVA, from: "jre-25-cds-musl", tags: ["jre-26-crac-musl"] },
    { title: "a debug image", image: JAVA, from: "jre-25-musl", tags: ["jre-26-debug-musl"] },
    {
      title: "more exact",
      image: JAVA,
      from: "jre-25-musl",
      tags: ["jre-25.0.5_11-musl", "jre-26.0.1_3-musl"],
    },
    { title: "less exact", image: JAVA, from: "jre-25.0.4_9-musl", tags: ["jre-26-musl"] },
    { title: "no build number", image: JAVA, from: "jre-25.0.4_9-musl", tags: ["jre-25.0.5-musl"] },
    { title: "no version here", image: JAVA, from: "jre-distroless-musl", tags: ["jre-25-distroless-musl"] },
    { title: "no version there", image: JAVA, from: "jre-25-distroless-musl", tags: ["jre-distroless-musl"] },
    { title: "a dated copy", image: JAVA, from: "jre-25-musl", tags: ["jre-26-musl-261101"] },
    {
      title: "a second version gone back",
      image: NIK,
      from: "jdk-25-nik-25.0.4-musl",
      tags: ["jdk-26-nik-25.0.3-musl"],
    },
    { title: "a second version gone", image: NIK, from: "jdk-25-nik-25.0.4-musl", tags: ["jdk-26-musl"] },
    { title: "another distribution", image: DHI, from: "1.26-debian13", tags: ["1.27-alpine3.23", "1.27"] },
    {
      title: "another release of it",
      image: DHI,
      from: "1.26-alpine3.22",
      tags: ["1.27-alpine3.23", "1.27-alpine"],
    },
    { title: "development", image: DHI, from: "1.26-debian13", tags: ["1.27-debian13-dev"] },
    { title: "run time", image: DHI, from: "1.26-debian13-dev", tags: ["1.27-debian13"] },
    {
      title: "another development image",
      image: DHI,
      from: "1.26-debian13-dev",
      tags: ["1.27-debian13-sfw-dev"],
    },
    { title: "FIPS", image: DHI, from: "1.26-debian13", tags: ["1.27-debian13-fips"] },
    { title: "a flavour nobody knows", image: DHI, from: "8.4-debian13", tags: ["8.5-debian13-fpm"] },
    { title: "another flavour", image: DHI, from: "3-jdk21", tags: ["4-jdk25"] },
    { title: "an epoch more", image: CHAINGUARD, from: "1.27.3", tags: ["1.27.4-r0"] },
    { title: "an epoch less", image: CHAINGUARD, from: "1.27.3-r1", tags: ["1.27.4"] },
    { title: "an older epoch", image: CHAINGUARD, from: "1.27.3-r2", tags: ["1.27.3-r1"] },
    { title: "development of Chainguard", image: CHAINGUARD, from: "1.27.3-r1", tags: ["1.27.4-r0-dev"] },
    { title: "a time more", image: CHAINGUARD, from: "1.27.3-r1", tags: ["1.27.4-r0-202611231200"] },
    { title: "latest", image: CHAINGUARD, from: "latest", tags: ["latest-dev", "1.27.3"] },
    { title: "builder of Red Hat", image: HUMMINGBIRD, from: "1.26.4", tags: ["1.27.0-builder"] },
    { title: "run time of Red Hat", image: HUMMINGBIRD, from: "25.0.3-runtime", tags: ["26.0.0"] },
    { title: "openssl", image: HUMMINGBIRD, from: "2.42", tags: ["2.43-openssl"] },
    { title: "a release behind a floating tag", image: UBI, from: "9.6", tags: ["9.7-1762956380"] },
    { title: "a floating tag instead of a release", image: UBI, from: "9.6-1", tags: ["9.7"] },
    { title: "fixed tags", image: DISTROLESS, from: "nonroot", tags: ["latest", "debug", "debug-nonroot"] },
    { title: "another system of .NET", image: DOTNET, from: "10.0.1-noble", tags: ["10.0.2-azurelinux3.0"] },
    { title: "chiselled", image: DOTNET, from: "10.0.1-noble", tags: ["10.0.2-noble-chiseled"] },
    {
      title: "another architecture",
      image: DOTNET,
      from: "10.0.1-noble-amd64",
      tags: ["10.0.2-noble-arm64v8"],
    },
    { title: "a preview", image: DOTNET, from: "10.0.1-noble", tags: ["11.0.0-preview.3-noble"] },
    { title: "a rebuild", image: DOTNET, from: "10.0.1-noble", tags: ["10.0.1-1-noble"] },
    {
      title: "a release candidate",
      image: OTHER,
      from: "1.29.0",
      tags: ["1.30.0-rc.1", "1.30.0rc1", "1.30.0-beta2"],
    },
    {
      title: "an alpha of Python",
      image: "python",
      from: "3.14.0",
      tags: ["3.15.0a1", "3.15.0b2", "3.15.0rc1"],
    },
    { title: "a v less", image: OTHER, from: "v1.2.3", tags: ["1.2.4"] },
    { title: "a date", image: OTHER, from: "25", tags: ["20261123", "2026112312"] },
    { title: "a commit", image: OTHER, from: "25", tags: ["1".repeat(40), "1234567"] },
    { title: "itself", image: OTHER, from: "1.2.3", tags: ["1.2.3"] },
    { title: "the same, written otherwise", image: OTHER, from: "1.2.3", tags: ["1.02.3"] },
    { title: "older ones", image: OTHER, from: "1.10.0", tags: ["1.9.9", "1.2.0"] },
    { title: "a minor one unasked", image: OTHER, from: "1.2.3", tags: ["1.3.0"], scope: "patch" },
    { title: "a major one unasked", image: OTHER, from: "1.2.3", tags: ["2.0.0"], scope: "minor" },
    {
      title: "a feature release unasked",
      image: JAVA,
      from: "jre-25-musl",
      tags: ["jre-26-musl"],
      scope: "minor",
    },
    { title: "no tags", image: OTHER, from: "1.2.3", tags: [] },
    { title: "what is no tag", image: OTHER, from: "1.2.3", tags: ["1.2.4\n", "-1.2.4", "1.2.4 "] },
  ];
  test.each(rows)("$title", ({ image, from, tags, scope = "major" }) => {
    expect(newer(image, from, tags, scope)).toBeUndefined();
  });
});

function bag({ words }: TagStream): readonly string[] {
  return words.map(({ role, word }) => `${role}=${word}`).toSorted();
}

describe("whatever the tags", () => {
  const versions = ["25", "25.0.4_9", "26", "1.2.3", "1.3.0", "1.2", "v1.2.3", "3.14.0rc1", "r1", "r2"];
  const variants = [
    "jre",
    "jdk",
    "all",
    "musl",
    "glibc",
    "nonroot",
    "distroless",
    "cds",
    "dev",
    "nik",
    "latest",
  ];
  const systems = [
    "debian12",
    "debian13",
    "alpine3.23",
    "noble",
    "240709",
    "202611231200",
    "rc1",
    "preview.1",
    "x",
  ];
  const word = fc.constantFrom(...versions, ...variants, ...systems);
  const tag = fc.array(word, { minLength: 1, maxLength: 5 }).map((words) => words.join("-"));
  const image = fc.constantFrom(JAVA, DHI, CHAINGUARD, UBI, DOTNET, OTHER, "python");
  const scope = fc.constantFrom("patch" as const, "minor" as const, "major" as const);

  test("no word changes, the version grows, and the newest has none newer", () => {
    fc.assert(
      fc.property(image, tag, fc.array(tag, { maxLength: 30 }), scope, (name, from, tags, within) => {
        const found = newer(name, from, tags, within);
        if (found === undefined) return;
        const [before, after] = [streamIn(name, from), streamIn(name, found)];
        expect(bag(after)).toEqual(bag(before));
        expect(after.isPrerelease).toBe(false);
        expect(compareStreams(after, before)).toBe(1);
        expect(newer(name, found, tags, within)).toBeUndefined();
        expect(newer(name, from, tags.toReversed(), within)).toBe(found);
      }),
      { numRuns: 1_000 },
    );
  });

  test("the order within a stream is total", () => {
    const stream = fc
      .tuple(fc.nat(3), fc.nat(3), fc.nat(3), fc.nat(2))
      .map(([x, y, z, epoch]) => streamIn(CHAINGUARD, `${x}.${y}.${z}-r${epoch}`));
    fc.assert(
      fc.property(stream, stream, stream, (a, b, c) => {
        const isOrdered = compareStreams(a, b) !== 1 && compareStreams(b, c) !== 1;
        expect(compareStreams(a, a)).toBe(0);
        expect(compareStreams(a, b)).toBe(mirrored(compareStreams(b, a)));
        expect(isOrdered && compareStreams(a, c) === 1).toBe(false);
      }),
    );
  });
});
