import { assert, constantFrom, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { CodedError } from "../../src/errors.ts";
import { parseRepository, renderRepository } from "../../src/image/reference.ts";
import {
  isCovering,
  isOverlapping,
  parseImagePattern,
  regExpOf,
  renderImagePattern,
  WILDCARDS_MAX,
} from "../../src/vendor/pattern.ts";

describe("parseImagePattern", () => {
  test.each([
    { title: "empty", text: "", reason: "path must be lower-case" },
    { title: "a tag", text: "docker.io/acme/base:25", reason: "without tag or digest" },
    { title: "a tag pattern", text: "acme/base:*", reason: "without tag or digest" },
    { title: "a digest", text: `acme/base@sha256:${"0".repeat(64)}`, reason: "without tag or digest" },
    { title: "a host alone", text: "registry.acme.example:5000", reason: "without tag or digest" },
    { title: "* in the host", text: "*.acme.example/base", reason: "registry's host" },
    { title: "* as the port", text: "acme.example:*/base", reason: "the host is not valid" },
    { title: "**", text: "docker.io/acme/**", reason: "inside one component" },
    { title: "too many *", text: "acme/*-*-*-*", reason: "more than 3" },
    { title: "upper case", text: "docker.io/Acme/base", reason: "lower-case" },
    { title: "an empty component", text: "docker.io/acme//base", reason: "lower-case" },
    { title: "a scheme", text: "https://ghcr.io/acme/base", reason: "not" },
    { title: "a separator before the end", text: "docker.io/acme/*-", reason: "lower-case" },
    { title: "a regular expression", text: "docker.io/acme/(base|java)", reason: "lower-case" },
    { title: "a name longer than a repository may be", text: `acme/${"a".repeat(300)}`, reason: "longer" },
  ])("refuses $title", ({ text, reason }) => {
    expect(() => parseImagePattern(text)).toThrow(reason);
    expect(() => parseImagePattern(text)).toThrow(CodedError);
  });

  test.each([
    { text: "redis", full: "docker.io/library/redis" },
    { text: "red*", full: "docker.io/library/red*" },
    { text: "docker.io/redis", full: "docker.io/library/redis" },
    { text: "index.docker.io/acme/*", full: "docker.io/acme/*" },
    { text: "127.0.0.1:5000/bellsoft/hardened-*", full: "127.0.0.1:5000/bellsoft/hardened-*" },
    { text: "GHCR.io/acme/*/base", full: "ghcr.io/acme/*/base" },
    { text: "[::1]:5000/*", full: "[::1]:5000/*" },
  ])("reads $text", ({ text, full }) => {
    expect(renderImagePattern(parseImagePattern(text))).toBe(full);
  });
});

describe("regExpOf", () => {
  test.each([
    {
      title: "another end",
      pattern: "bellsoft/hardened-*",
      name: "docker.io/bellsoft/liberica-runtime-container",
    },
    { title: "a deeper path", pattern: "bellsoft/hardened-*", name: "docker.io/bellsoft/hardened-base/x" },
    { title: "another host that ends alike", pattern: "ghcr.io/acme/*", name: "evil.ghcr.io/acme/base" },
    { title: "a dot read as any character", pattern: "ghcr.io/acme/*", name: "ghcrxio/acme/base" },
    {
      title: "a prefix of the namespace",
      pattern: "bellsoft/hardened-*",
      name: "docker.io/bellsoft2/hardened-base",
    },
    {
      title: "the name inside another name",
      pattern: "acme/base",
      name: "mirror.example/docker.io/acme/base",
    },
    { title: "a line break after the name", pattern: "acme/base", name: "docker.io/acme/base\n" },
  ])("does not match $title", ({ pattern, name }) => {
    expect(regExpOf(parseImagePattern(pattern)).test(name)).toBe(false);
  });

  test.each([
    { pattern: "bellsoft/hardened-*", name: "bellsoft/hardened-liberica-runtime-container" },
    { pattern: "127.0.0.1:5000/*/base", name: "127.0.0.1:5000/acme/base" },
    { pattern: "[::1]:5000/base", name: "[::1]:5000/base" },
    { pattern: "redis", name: "docker.io/library/redis" },
    { pattern: "ghcr.io/acme/mirror*", name: "ghcr.io/acme/mirror" },
    { pattern: "registry.example/*/*/*/*", name: "registry.example/a/b/c/d" },
  ])("$pattern matches $name", ({ pattern, name }) => {
    expect(regExpOf(parseImagePattern(pattern)).test(renderRepository(parseRepository(name)))).toBe(true);
  });

  test("answers quickly on a name made to make it slow", () => {
    const pattern = regExpOf(parseImagePattern(`acme/${"*a".repeat(WILDCARDS_MAX)}b`));
    const startedAt = process.hrtime.bigint();
    expect(pattern.test(`docker.io/acme/${"a".repeat(230)}`)).toBe(false);
    expect(Number(process.hrtime.bigint() - startedAt) / 1e6).toBeLessThan(2_000);
  });
});

describe("a pattern with exceptions", () => {
  const pattern = regExpOf(parseImagePattern("cgr.dev/*/*"), [
    parseImagePattern("cgr.dev/chainguard/*"),
    parseImagePattern("cgr.dev/acme/base"),
  ]);

  test.each([
    "cgr.dev/chainguard/node",
    "cgr.dev/acme/base",
    "cgr.dev/chainguard/node/x",
    "cgr.dev/node",
    "evil.example/cgr.dev/x",
  ])("does not match %s", (name) => {
    expect(pattern.test(name)).toBe(false);
  });

  test.each(["cgr.dev/chainguard-private/node", "cgr.dev/acme/base-jre", "cgr.dev/acme.com/base"])(
    "matches %s",
    (name) => {
      expect(pattern.test(name)).toBe(true);
    },
  );
});

describe("isCovering", () => {
  const component = string({ unit: constantFrom("a", "b", "*"), minLength: 1, maxLength: 4 }).filter(
    (text) => !text.includes("**"),
  );
  // A third letter that stands in no pattern: of two alone, more would be covered than of all that names are made of.
  const texts = Array.from({ length: 7 }, (_, length) => length).flatMap(namesOf);

  test("says exactly whether all names of one are names of the other", () => {
    let covering = 0;
    let open = 0;
    assert(
      property(component, component, (left, right) => {
        const [outer, inner] = [left, right].map((text) => parseImagePattern(`example.com/${text}`));
        if (outer === undefined || inner === undefined) throw new Error("two patterns were made");
        const [wide, narrow] = [regExpOf(outer), regExpOf(inner)];
        const names = texts.map((text) => `example.com/${text}`);
        const expected = names.every((name) => !narrow.test(name) || wide.test(name));
        if (expected) covering += 1;
        else open += 1;
        expect(isCovering(outer, inner)).toBe(expected);
      }),
      { numRuns: 300, seed: 1 },
    );
    expect(Math.min(covering, open)).toBeGreaterThan(20);
  });

  test.each([
    { outer: "cgr.dev/*/*", inner: "cgr.dev/chainguard/*", expected: true },
    { outer: "cgr.dev/*/*", inner: "cgr.dev/*/*", expected: true },
    { outer: "cgr.dev/chainguard/*", inner: "cgr.dev/*/*", expected: false },
    { outer: "cgr.dev/*/*", inner: "cgr.dev/chainguard/charts/*", expected: false },
    { outer: "gcr.io/distroless/*", inner: "gcr.io/distroless/*-debian9", expected: true },
    { outer: "acme/*-jdk", inner: "acme/hardened-*", expected: false },
    { outer: "quay.io/acme/*", inner: "ghcr.io/acme/base", expected: false },
  ])("$outer over $inner: $expected", ({ outer, inner, expected }) => {
    expect(isCovering(parseImagePattern(outer), parseImagePattern(inner))).toBe(expected);
  });
});

describe("isOverlapping", () => {
  const component = string({ unit: constantFrom("a", "b", "*"), minLength: 1, maxLength: 4 }).filter(
    (text) => !text.includes("**"),
  );
  const texts = Array.from({ length: 9 }, (_, length) => length).flatMap(textsOf);

  test("says exactly whether some name matches both", () => {
    expect(texts.length).toBeGreaterThan(500);
    let overlapping = 0;
    let disjoint = 0;
    assert(
      property(component, component, (left, right) => {
        const patterns = [left, right].map((text) => parseImagePattern(`example.com/${text}`));
        const [a, b] = patterns;
        if (a === undefined || b === undefined) throw new Error("two patterns were made");
        const [first, second] = [regExpOf(a), regExpOf(b)];
        const expected = texts.some(
          (text) => first.test(`example.com/${text}`) && second.test(`example.com/${text}`),
        );
        if (expected) overlapping += 1;
        else disjoint += 1;
        expect(isOverlapping(a, b)).toBe(expected);
        expect(isOverlapping(b, a)).toBe(expected);
      }),
      { numRuns: 300, seed: 1 },
    );
    expect(Math.min(overlapping, disjoint)).toBeGreaterThan(20);
  });

  test.each([
    { title: "the same place", a: "acme/base", b: "docker.io/acme/base", expected: true },
    { title: "two wildcards that meet", a: "acme/*-jdk", b: "acme/hardened-*", expected: true },
    { title: "another host", a: "ghcr.io/acme/*", b: "quay.io/acme/*", expected: false },
    { title: "another port", a: "acme.example:5000/base", b: "acme.example:5001/base", expected: false },
    { title: "another depth", a: "acme/*", b: "acme/*/*", expected: false },
    { title: "other beginnings", a: "acme/base-*", b: "acme/java-*", expected: false },
  ])("$title", ({ a, b, expected }) => {
    expect(isOverlapping(parseImagePattern(a), parseImagePattern(b))).toBe(expected);
  });
});

/** All texts of this length over three letters. */
function namesOf(length: number): readonly string[] {
  return Array.from({ length: 3 ** length }, (_, value) =>
    Array.from({ length }, (_unused, digit) => "abc"[Math.floor(value / 3 ** digit) % 3] ?? "").join(""),
  );
}

/** All texts of this length over two letters. */
function textsOf(length: number): readonly string[] {
  return Array.from({ length: 2 ** length }, (_, value) =>
    Array.from({ length }, (_unused, bit) => ((value >> bit) % 2 === 0 ? "a" : "b")).join(""),
  );
}
