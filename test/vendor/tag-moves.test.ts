import { array, assert, constantFrom, nat, property, subarray, tuple } from "fast-check";
import { describe, expect, test } from "vitest";
import { builtInProfiles } from "../../config/built-in.ts";
import { isTag, parseReference, parseTag } from "../../src/image/reference.ts";
import { instantOf } from "../../src/time.ts";
import { profileOf } from "../../src/vendor/profile.ts";
import { STREAM_SCOPES, type StreamScope } from "../../src/vendor/streams.ts";
import { isMoveWithin, newestTag, type TagMoveRules } from "../../src/vendor/tag-moves.ts";

const profiles = await builtInProfiles();
const NOW = instantOf(Date.parse("2026-11-24T12:00:00Z"));

function rulesOf(image: string, scope: StreamScope) {
  const { repository, tag = parseTag("latest") } = parseReference(image);
  const rules: TagMoveRules = { profile: profileOf(profiles, repository) ?? {}, scope, now: NOW };
  return { line: { repository, tag }, rules };
}

function newestOf(image: string, tags: readonly string[], scope: StreamScope = "major"): string | undefined {
  const { line, rules } = rulesOf(image, scope);
  return newestTag(line, tags, rules);
}

const JAVA = "bellsoft/hardened-liberica-runtime-container";

describe("the newest tag of the stream", () => {
  test.each([
    {
      title: "a build of Java",
      image: `${JAVA}:jre-25.0.4_9-cds-distroless-glibc`,
      scope: "patch",
      tags: ["jre-25.0.5_1-cds-distroless-glibc", "jre-25.0.4_10-cds-distroless-glibc"],
      newest: "jre-25.0.5_1-cds-distroless-glibc",
    },
    {
      title: "the next Java, where that may be",
      image: `${JAVA}:jre-25-cds-distroless-glibc`,
      scope: "major",
      tags: ["jre-27-cds-distroless-glibc", "jre-26-cds-distroless-glibc"],
      newest: "jre-27-cds-distroless-glibc",
    },
    {
      title: "a Python, by Python's order",
      image: "bellsoft/hardened-python:3.13.9-musl",
      scope: "minor",
      tags: ["3.13.10-musl", "3.14.0rc2-musl", "3.14.0a1-musl", "3.9.30-musl"],
      newest: "3.13.10-musl",
    },
    {
      title: "an epoch of a package",
      image: "cgr.dev/chainguard-private/nginx:1.27.3-r2-dev",
      scope: "patch",
      tags: ["1.27.3-r10-dev", "1.27.3-r9-dev", "1.27.4-r0"],
      newest: "1.27.3-r10-dev",
    },
    {
      title: "a release of UBI",
      image: "registry.access.redhat.com/ubi9/ubi:9.7-1762956380",
      scope: "minor",
      tags: ["9.7-1764000000", "9.6-1769999999", "10.1-1764000000"],
      newest: "9.7-1764000000",
    },
  ] as const)("$title", ({ image, scope, tags, newest }) => {
    expect(newestOf(image, tags, scope)).toBe(newest);
  });

  test.each([
    { title: "another libc", image: `${JAVA}:jre-25.0.4_9-glibc`, tags: ["jre-25.0.5_1-musl"] },
    { title: "a JDK", image: `${JAVA}:jre-25.0.4_9-glibc`, tags: ["jdk-25.0.5_1-glibc"] },
    {
      title: "without a shell",
      image: `${JAVA}:jre-25.0.4_9-glibc`,
      tags: ["jre-25.0.5_1-distroless-glibc"],
    },
    { title: "another user", image: `${JAVA}:jre-25.0.4_9-glibc`, tags: ["jre-25.0.5_1-nonroot-glibc"] },
    {
      title: "with an archive of classes",
      image: `${JAVA}:jre-25.0.4_9-glibc`,
      tags: ["jre-25.0.5_1-cds-glibc"],
    },
    { title: "less exact", image: `${JAVA}:jre-25.0.4_9-glibc`, tags: ["jre-26-glibc"] },
    { title: "another distribution", image: "dhi.io/nginx:1.26.1-debian13", tags: ["1.26.2-alpine3.23"] },
    { title: "another Debian", image: "dhi.io/nginx:1.26.1-debian13", tags: ["1.26.2-debian14"] },
    { title: "a build image", image: "dhi.io/nginx:1.26.1-debian13", tags: ["1.26.2-debian13-dev"] },
    { title: "a variant", image: "dhi.io/nginx:1.26.1-debian13", tags: ["1.26.2-debian13-fips"] },
    {
      title: "no version to begin with",
      image: "bellsoft/hardened-base:musl",
      tags: ["1-musl", "glibc", "musl"],
    },
    { title: "a signature", image: "bellsoft/hardened-go:1.26", tags: [`sha256-${"a".repeat(64)}.sig`] },
    { title: "what is no tag", image: "bellsoft/hardened-go:1.26", tags: ["", "a b", "1.27\n", "-1.27"] },
    { title: "nothing", image: "bellsoft/hardened-go:1.26", tags: [] },
  ])("is not $title", ({ image, tags }) => {
    expect(newestOf(image, tags)).toBeUndefined();
  });

  test.each([
    { scope: "patch", newest: "1.2.9-musl" },
    { scope: "minor", newest: "1.10.0-musl" },
    { scope: "major", newest: "2.0.0-musl" },
  ] as const)("is no further than $scope", ({ scope, newest }) => {
    const tags = ["1.2.9-musl", "1.10.0-musl", "1.9.9-musl", "2.0.0-musl", "1.2.4-musl"];
    expect(newestOf("bellsoft/hardened-base:1.2.4-musl", tags, scope)).toBe(newest);
  });
});

describe("what its vendor has stopped to build", () => {
  const repository = parseReference("acme/base").repository;
  const images = [/^docker\.io\/acme\/base$/];
  const ended = (word: string, at: string) => ({
    images,
    word,
    endsAt: instantOf(Date.parse(at)),
    notice: "Move.",
  });
  const rules = {
    scope: "major",
    now: NOW,
    profile: { lifecycle: [ended("3", "2026-11-24T12:00:00Z"), ended("4", "2026-11-25T00:00:00Z")] },
  } as const;
  const line = { repository, tag: parseTag("2-musl") };

  test("is passed over", () => {
    expect(newestTag(line, ["3-musl"], rules)).toBeUndefined();
    expect(isMoveWithin(line, parseTag("3-musl"), rules)).toBe(false);
  });

  test("is passed over for one before it that goes on", () => {
    expect(newestTag({ ...line, tag: parseTag("1-musl") }, ["3-musl", "2-musl"], rules)).toBe("2-musl");
  });

  test("is gone to while it has not come to its end", () => {
    expect(newestTag(line, ["3-musl", "4-musl"], rules)).toBe("4-musl");
  });

  test("is not searched through without end", () => {
    const lifecycle = [{ images, endsAt: NOW, notice: "Move." }];
    const tags = Array.from({ length: 5_000 }, (_, at) => `${at + 3}-musl`);
    expect(newestTag(line, tags, { ...rules, profile: { lifecycle } })).toBeUndefined();
  });
});

const versions = array(nat(40), { minLength: 1, maxLength: 3 }).map((numbers) => numbers.join("."));
const words = subarray(["musl", "glibc", "nonroot", "dev", "debian13", "slim", "x"]);
const tags = tuple(versions, words)
  .map(([version, rest]) => [version, ...rest].join("-"))
  .filter(isTag);

test("the choice hangs on what there is, not on its order, and going there is final", () => {
  assert(
    property(tags, array(tags), constantFrom(...STREAM_SCOPES), (from, list, scope) => {
      const { line, rules } = rulesOf(`bellsoft/hardened-base:${from}`, scope);
      const newest = newestTag(line, list, rules);
      expect(newestTag(line, list.toReversed(), rules)).toBe(newest);
      if (newest === undefined) return;
      expect(list).toContain(newest);
      expect(newest).not.toBe(from);
      expect(isMoveWithin(line, newest, rules)).toBe(true);
      // Nobody is ever sent back.
      expect(isMoveWithin({ ...line, tag: newest }, line.tag, { ...rules, scope: "major" })).toBe(false);
      expect(newestTag({ ...line, tag: newest }, list, rules)).toBeUndefined();
    }),
  );
});
