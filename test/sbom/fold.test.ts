import { describe, expect, test } from "vitest";
import type { ComponentChange } from "../../src/sbom/change.ts";
import type { Component, ComponentList } from "../../src/sbom/component.ts";
import { diffOf } from "../../src/sbom/diff.ts";
import { foldBySource } from "../../src/sbom/fold.ts";
import { componentFrom, libericaRelease, listOf } from "../fixtures/lists.ts";

function folded(before: ComponentList, after: ComponentList): readonly string[] {
  return foldBySource(diffOf(before, after).changes).map(
    ({ kind, name, fromVersion, toVersion, packages }) =>
      `${kind} ${name} ${fromVersion ?? "–"} → ${toVersion ?? "–"} (${packages.join(", ")})`,
  );
}

test("one line per source package", () => {
  expect(folded(libericaRelease(1), libericaRelease(2))).toStrictEqual([
    "upgraded ca-certificates 20260714-r0 → 20261027-r0 (ca-certificates, ca-certificates-bundle)",
    "upgraded expat 2.7.1-r0 → 2.7.3-r0 (libexpat)",
    "upgraded openjdk25-container-jre 25.0.4_p9-r0 → 25.0.5_p8-r0 (libliberica25-jvm, libliberica25-net, openjdk25-container-jre)",
    "upgraded openssl 3.5.3-r0 → 3.5.4-r0 (libcrypto3, libssl3)",
    "upgraded tzdata 2026b-r0 → 2026c-r0 (tzdata)",
  ]);
});

test.each([
  { title: "nothing", before: [], after: [], lines: [] },
  {
    title: "packages of one source that went different ways",
    before: ["pkg:apk/x/a@1?upstream=s", "pkg:apk/x/b@2?upstream=s", "pkg:apk/x/c@1?upstream=s"],
    after: ["pkg:apk/x/a@3?upstream=s", "pkg:apk/x/b@1?upstream=s", "pkg:apk/x/d@3?upstream=s"],
    lines: ["downgraded s 2 → 1 (b)", "upgraded s 1 → 3 (a)", "added s – → 3 (d)", "removed s 1 → – (c)"],
  },
  {
    title: "one name in two kinds of packages",
    before: ["pkg:apk/x/a@1", "pkg:pypi/a@1"],
    after: ["pkg:apk/x/a@2", "pkg:pypi/a@2"],
    lines: ["upgraded a 1 → 2 (a)", "upgraded a 1 → 2 (a)"],
  },
  {
    title: "packages of two namespaces, which are their own source outside distributions",
    before: [
      "pkg:npm/%40types/node@1.0.0",
      "pkg:npm/node@1.0.0",
      "pkg:maven/g/a@1",
      "pkg:golang/x.test/m@v1.0.0#s",
    ],
    after: ["pkg:npm/%40types/node@1.0.0"],
    lines: [
      "removed g/a 1 → – (g/a)",
      "removed node 1.0.0 → – (node)",
      "removed x.test/m#s v1.0.0 → – (x.test/m#s)",
    ],
  },
  {
    title: "a version more, and one less",
    before: ["pkg:apk/x/a@1", "pkg:apk/x/b@1", "pkg:apk/x/b@2"],
    after: ["pkg:apk/x/a@1", "pkg:apk/x/a@2", "pkg:apk/x/b@2"],
    lines: ["version-added a – → 2 (a)", "version-removed b 1 → – (b)"],
  },
  {
    title: "a package that is built from another source now",
    before: ["pkg:apk/x/a@1?upstream=old"],
    after: ["pkg:apk/x/a@2?upstream=new"],
    lines: ["upgraded new 1 → 2 (a)"],
  },
])("$title", ({ before, after, lines }) => {
  expect(folded(listOf(...before), listOf(...after))).toStrictEqual(lines);
});

const renamed = (before: readonly string[], after: readonly string[]): readonly string[] =>
  foldBySource(diffOf(listOf(...before), listOf(...after)).changes).map(
    ({ kind, name, fromVersion, toVersion, packages, formerPackages = [] }) =>
      `${kind} ${name} ${fromVersion} → ${toVersion} (${formerPackages.join(", ")} → ${packages.join(", ")})`,
  );

describe("renamed within a source", () => {
  test("D24: libssl3 → libssl3t64, both of openssl", () => {
    const before = ["pkg:deb/debian/libssl3@3.0.15-1?upstream=openssl"];
    const after = ["pkg:deb/debian/libssl3t64@3.0.16-1?upstream=openssl"];
    expect(renamed(before, after)).toStrictEqual([
      "renamed openssl 3.0.15-1 → 3.0.16-1 (libssl3 → libssl3t64)",
    ]);
  });

  test("one package becomes two", () => {
    const before = ["pkg:apk/x/a@1?upstream=s"];
    const after = ["pkg:apk/x/a-one@2?upstream=s", "pkg:apk/x/a-two@2?upstream=s"];
    expect(renamed(before, after)).toStrictEqual(["renamed s 1 → 2 (a → a-one, a-two)"]);
  });

  test.each([
    {
      title: "something else of the source stayed and went up",
      before: ["pkg:deb/d/a@1?upstream=s", "pkg:deb/d/s@1"],
      after: ["pkg:deb/d/b@2?upstream=s", "pkg:deb/d/s@2"],
    },
    { title: "another source", before: ["pkg:deb/d/a@1?upstream=s"], after: ["pkg:deb/d/b@1?upstream=t"] },
    {
      title: "another distribution",
      before: ["pkg:deb/d/a@1?upstream=s"],
      after: ["pkg:deb/e/b@1?upstream=s"],
    },
    { title: "another type", before: ["pkg:deb/d/a@1?upstream=s"], after: ["pkg:apk/d/b@1?upstream=s"] },
    { title: "nothing says what the source is", before: ["pkg:deb/d/a@1"], after: ["pkg:deb/d/b@1"] },
    {
      title: "no distribution",
      before: ["pkg:maven/g/bcprov-jdk15on@1"],
      after: ["pkg:maven/g/bcprov-jdk18on@1"],
    },
    {
      title: "versions that differ among those that came",
      before: ["pkg:deb/d/a@1?upstream=s"],
      after: ["pkg:deb/d/b@1?upstream=s", "pkg:deb/d/c@2?upstream=s"],
    },
    {
      title: "versions that differ among those that went",
      before: ["pkg:deb/d/b@1?upstream=s", "pkg:deb/d/c@2?upstream=s"],
      after: ["pkg:deb/d/a@1?upstream=s"],
    },
  ])("is not: $title", ({ before, after }) => {
    const kinds = foldBySource(diffOf(listOf(...before), listOf(...after)).changes).map(({ kind }) => kind);
    expect(kinds).toContain("added");
    expect(kinds).toContain("removed");
    expect(kinds).not.toContain("renamed");
  });
});

const component = (name: string, licence: string): Component => ({
  ...componentFrom(`pkg:apk/x/${name}@1?upstream=s`),
  licence,
});

const change = (name: string, to: string): ComponentChange => ({
  kind: "relicensed",
  from: component(name, "MIT"),
  to: component(name, to),
});

test("what is under another licence is one line for each pair of licences", () => {
  expect(foldBySource([change("a", "ISC"), change("b", "ISC"), change("c", "Zlib")])).toStrictEqual([
    {
      kind: "relicensed",
      type: "apk",
      name: "s",
      fromVersion: "1",
      toVersion: "1",
      fromLicence: "MIT",
      toLicence: "ISC",
      packages: ["a", "b"],
    },
    {
      kind: "relicensed",
      type: "apk",
      name: "s",
      fromVersion: "1",
      toVersion: "1",
      fromLicence: "MIT",
      toLicence: "Zlib",
      packages: ["c"],
    },
  ]);
});
