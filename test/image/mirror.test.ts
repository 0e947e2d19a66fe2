import { assert, constantFrom, property, array } from "fast-check";
import { describe, expect, test } from "vitest";
import {
  isMeetingPrefix,
  type Mirror,
  originOf,
  parseRepositoryPrefix,
  renderPrefix,
} from "../../src/image/mirror.ts";
import { isRepository, parseRepository, renderRepository } from "../../src/image/reference.ts";

function mirrorsOf(entries: Readonly<Record<string, string>>): readonly Mirror[] {
  return Object.entries(entries).map(([prefix, origin]) => ({
    prefix: parseRepositoryPrefix(prefix),
    origin: parseRepositoryPrefix(origin),
  }));
}

describe("a prefix", () => {
  test.each([
    { text: "docker.io", rendered: "docker.io" },
    { text: "docker.io/", rendered: "docker.io" },
    { text: "registry-1.docker.io/bellsoft", rendered: "docker.io/bellsoft" },
    { text: "docker.io/redis", rendered: "docker.io/redis" },
    { text: "localhost/a/b/", rendered: "localhost/a/b" },
    { text: "GHCR.io/acme", rendered: "ghcr.io/acme" },
    { text: "[::1]:5000/a", rendered: "[::1]:5000/a" },
  ])("reads $text", ({ text, rendered }) => {
    expect(renderPrefix(parseRepositoryPrefix(text))).toBe(rendered);
  });

  test.each([
    "",
    "/",
    "bellsoft",
    "bellsoft/hardened-base",
    "docker.io//",
    "docker.io//a",
    "docker.io/a:1",
    "docker.io/A",
    "docker.io/../a",
    "docker.io/%2e%2e",
    "docker.io/a b",
    "docker.io/а",
    "https://docker.io",
    "docker.io:0",
    "docker.io/*",
    "user@docker.io",
    `docker.io/${"a".repeat(255)}`,
  ])("refuses %j", (text) => {
    expect(() => parseRepositoryPrefix(text)).toThrow(/not an image reference|must begin with a registry/);
  });

  test.each([
    { a: "docker.io", b: "docker.io/a", isMeeting: true },
    { a: "docker.io/a/b", b: "docker.io/a", isMeeting: true },
    { a: "docker.io/a", b: "docker.io/a", isMeeting: true },
    { a: "docker.io/ab", b: "docker.io/a", isMeeting: false },
    { a: "docker.io/a/b", b: "docker.io/a/c", isMeeting: false },
    { a: "docker.io", b: "ghcr.io", isMeeting: false },
    { a: "docker.io", b: "docker.io.example.com", isMeeting: false },
  ])("$a and $b", ({ a, b, isMeeting }) => {
    expect(isMeetingPrefix(parseRepositoryPrefix(a), parseRepositoryPrefix(b))).toBe(isMeeting);
    expect(isMeetingPrefix(parseRepositoryPrefix(b), parseRepositoryPrefix(a))).toBe(isMeeting);
  });
});

describe("the origin of a repository", () => {
  const MIRRORS = mirrorsOf({
    "mirror.acme.example": "docker.io",
    "mirror.acme.example/quay": "quay.io",
    "mirror.acme.example/quay/acme": "ghcr.io/acme/images",
    "m.example": "other.example/images/of/others",
    "harbor.acme.example/hub": "mirror.acme.example",
    "harbor.acme.example/base": "docker.io/bellsoft/hardened-base",
  });

  test.each([
    {
      title: "of a mirror of a host",
      name: "mirror.acme.example/bellsoft/hardened-base",
      origin: "docker.io/bellsoft/hardened-base",
    },
    {
      title: "of an official image",
      name: "mirror.acme.example/library/redis",
      origin: "docker.io/library/redis",
    },
    {
      title: "of an official image without library",
      name: "mirror.acme.example/redis",
      origin: "docker.io/library/redis",
    },
    {
      title: "of a part of the host",
      name: "mirror.acme.example/quay/coreos/etcd",
      origin: "quay.io/coreos/etcd",
    },
    {
      title: "of the longest path",
      name: "mirror.acme.example/quay/acme/base",
      origin: "ghcr.io/acme/images/base",
    },
    {
      title: "of a path that only begins alike",
      name: "mirror.acme.example/quayside/x",
      origin: "docker.io/quayside/x",
    },
    {
      title: "of a mirror of a mirror",
      name: "harbor.acme.example/hub/bellsoft/hardened-go",
      origin: "docker.io/bellsoft/hardened-go",
    },
    {
      title: "of a mirror of one repository",
      name: "harbor.acme.example/base",
      origin: "docker.io/bellsoft/hardened-base",
    },
    {
      title: "of what is below that repository",
      name: "harbor.acme.example/base/x",
      origin: "docker.io/bellsoft/hardened-base/x",
    },
  ])("$title", ({ name, origin }) => {
    const found = originOf(MIRRORS, parseRepository(name));
    expect(renderRepository(found.repository)).toBe(origin);
    expect(found.mirror).toEqual(parseRepository(name));
  });

  test.each([
    { title: "of a registry that is none", name: "docker.io/bellsoft/hardened-base" },
    { title: "of a host that ends alike", name: "x.mirror.acme.example/a" },
    { title: "of another port", name: "mirror.acme.example:5000/a" },
    { title: "of another path of the host", name: "harbor.acme.example/other/x" },
    { title: "of a path that is a registry as a whole", name: "harbor.acme.example/hub" },
    { title: "of a name too long for the origin", name: `m.example/${"a".repeat(240)}` },
  ])("is the repository itself: $title", ({ name }) => {
    const repository = parseRepository(name);
    expect(originOf(MIRRORS, repository)).toEqual({ repository });
  });

  test("ends even in a circle", () => {
    const circle = mirrorsOf({ "a.example": "b.example/x", "b.example": "a.example/y" });
    const { repository } = originOf(circle, parseRepository("a.example/image"));
    expect(renderRepository(repository)).toMatch(/^a\.example\/y\/x\/image$/);
  });

  test("is a repository in the one form we keep, whatever mirrors there are", () => {
    const names = [
      "docker.io",
      "docker.io/library",
      "a.example",
      "a.example/x",
      "a.example/x/y",
      "b.example:1/x",
    ];
    assert(
      property(
        array(constantFrom(...names), { minLength: 2, maxLength: 6 }),
        constantFrom("docker.io/a/b", "redis", "a.example/x", "a.example/x/y/z", "b.example:1/x/q"),
        (pairs, name) => {
          const mirrors = pairs.slice(1).map((origin, index) => ({
            prefix: parseRepositoryPrefix(pairs[index] ?? ""),
            origin: parseRepositoryPrefix(origin),
          }));
          const { repository } = originOf(mirrors, parseRepository(name));
          expect(isRepository(repository)).toBe(true);
        },
      ),
      { seed: 1 },
    );
  });
});
