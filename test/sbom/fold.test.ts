import { expect, test } from "vitest";
import { type ComponentList } from "../../src/sbom/component.ts";
import { diffOf } from "../../src/sbom/diff.ts";
import { foldBySource } from "../../src/sbom/fold.ts";
import { libericaRelease, listOf } from "../fixtures/lists.ts";

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
    title: "a package that is built from another source now",
    before: ["pkg:apk/x/a@1?upstream=old"],
    after: ["pkg:apk/x/a@2?upstream=new"],
    lines: ["upgraded new 1 → 2 (a)"],
  },
])("$title", ({ before, after, lines }) => {
  expect(folded(listOf(...before), listOf(...after))).toStrictEqual(lines);
});
