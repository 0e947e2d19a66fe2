import * as fc from "fast-check";
import { PackageURL } from "packageurl-js";
import { describe, expect, test } from "vitest";
import { parsePurl, type Purl } from "../../src/sbom/purl.ts";

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** What the library alone makes of it, where all of that can be shown. */
function byLibrary(text: string): Purl | undefined {
  try {
    const { type, namespace, name, version, qualifiers, subpath } = PackageURL.fromString(text);
    if (type === undefined || name === undefined) return undefined;
    const parts = [type, namespace, name, version, subpath, ...Object.entries(qualifiers ?? {}).flat()];
    if (parts.some((part) => part !== undefined && UNPRINTABLE.test(part))) return undefined;
    return {
      type,
      ...(namespace === undefined ? {} : { namespace }),
      name,
      ...(version === undefined ? {} : { version }),
      qualifiers: new Map(Object.entries(qualifiers ?? {})),
      ...(subpath === undefined ? {} : { subpath }),
    };
  } catch {
    return undefined;
  }
}

const part = fc.string({ unit: fc.constantFrom(..."aAb1.-_~+%:@/ ü".split("")), minLength: 0, maxLength: 5 });
const plain = fc.string({
  unit: fc.constantFrom(..."ab1.-_".split(""), "A", "%2B", "%3A", "%7E"),
  minLength: 1,
  maxLength: 6,
});
const goVersion = fc
  .tuple(fc.nat(3), fc.nat(3), fc.option(plain))
  .map(([a, b, more]) => `v${a}.${b}.0${more === null ? "" : `-${more}`}`);
const mostlyPlain = fc.oneof({ weight: 5, arbitrary: plain }, { weight: 1, arbitrary: part });
const key = fc.constantFrom("arch", "distro", "epoch", "upstream", "Arch", "a_b", "");
const purl = fc
  .record({
    type: fc.constantFrom("apk", "deb", "rpm", "APK", "npm", "golang", "pypi", "maven", "nuget"),
    namespace: fc.option(
      fc.oneof(
        mostlyPlain,
        fc.tuple(plain, plain).map((parts) => parts.join("/")),
      ),
    ),
    name: mostlyPlain,
    version: fc.option(fc.oneof(mostlyPlain, goVersion)),
    qualifiers: fc.array(fc.tuple(key, mostlyPlain), { maxLength: 3 }),
    subpath: fc.option(plain, { freq: 8 }),
  })
  .map(({ type, namespace, name, version, qualifiers, subpath }) => {
    const path = [type, ...(namespace === null ? [] : [namespace]), name].join("/");
    const query = qualifiers.map(([name_, value]) => `${name_}=${value}`).join("&");
    const at = version === null ? "" : `@${version}`;
    return `pkg:${path}${at}${query === "" ? "" : `?${query}`}${subpath === null ? "" : `#${subpath}`}`;
  });

test("a purl is read as the library reads it, plain or not", () => {
  let read = 0;
  fc.assert(
    fc.property(purl, (text) => {
      const expected = byLibrary(text);
      if (expected !== undefined) read += 1;
      expect(parsePurl(text)).toEqual(expected);
    }),
    { numRuns: 20_000, seed: 20_261_128 },
  );
  expect(read).toBeGreaterThan(5_000);
});

describe("a purl of a distribution's package", () => {
  test.each([
    "pkg:apk/alpine/musl@1.2.5-r0?arch=x86_64&distro=alpine-3.20",
    "pkg:deb/debian/bash@5.2.15-2?arch=amd64&distro=debian-12",
    "pkg:rpm/redhat/glibc@2.34-100.el9_4.2?arch=x86_64&distro=redhat-9.4&epoch=0",
    "pkg:apk/alpine/libcrypto3@3.5.4-r0",
    "pkg:apk/alpine/a@1?arch=x&arch=y",
    "pkg:deb/debian/libstdc%2B%2B6@12.2.0-14%2Bdeb12u1?arch=amd64",
    "pkg:rpm/Fedora/Perl@5?arch=x",
    "pkg:rpm/redhat/gpg-pubkey@1?arch=",
    "pkg:npm/lodash@4.17.21",
    "pkg:npm/%40types/node@20.1.0",
    "pkg:npm/JSONStream@1.3.5",
    "pkg:pypi/Django_x@4.2",
    "pkg:pypi/ruamel.yaml@0.18",
    "pkg:maven/org.Acme/Core_2.13@1.0.0-SNAPSHOT?type=jar",
    "pkg:golang/github.com/Azure/azure-sdk-for-go@v68.0.0%2Bincompatible",
    "pkg:golang/github.com/Azure/x@v1.2.3-0.20250204101112-0123456789ab#sub/path",
    "pkg:golang/golang.org/x/net@v0.40.0?goos=linux",
  ])("%s", (text) => {
    expect(parsePurl(text)).toEqual(byLibrary(text));
    expect(parsePurl(text)).toBeDefined();
  });

  test.each([
    "pkg:apk/alpine/",
    "pkg:apk//musl@1?x",
    "pkg:/alpine/musl@1",
    "apk/alpine/musl@1",
    "pkg:apk/alpine/musl@1?=x",
  ])("and not %s, unless the library has it", (text) => {
    expect(parsePurl(text)).toEqual(byLibrary(text));
  });
});
