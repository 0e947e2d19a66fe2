import { describe, expect, test } from "vitest";
import { NO_PURL } from "../../src/sbom/component.ts";
import { readSbom } from "../../src/sbom/read.ts";

const CYCLONEDX = "https://cyclonedx.org/bom";

function cyclonedx(components: readonly unknown[], more: object = {}): object {
  return { bomFormat: "CycloneDX", specVersion: "1.6", components, ...more };
}

function system(name: string, version: string): object {
  return { type: "operating-system", name, version };
}

function goModule(name: string, version: string): object {
  return {
    type: "library",
    name,
    purl: `pkg:golang/${name}@${version}`,
    properties: [{ name: "syft:metadata:mainModule", value: "example.com/main" }],
  };
}

const zlib = { type: "library", name: "zlib", purl: "pkg:apk/alpine/zlib@1.3-r0" };

describe("what CycloneDX says of a component", () => {
  describe("a package without a purl", () => {
    test.each([
      { title: "has the key of its name", entry: { name: "bare", version: "1" }, keys: ["name:bare"] },
      { title: "and of its group", entry: { name: "bare", group: "org" }, keys: ["name:org/bare"] },
      { title: "is none without a name", entry: {}, keys: [] },
      { title: "is none with the name of a layer", entry: { name: `sha256:${"a".repeat(64)}` }, keys: [] },
      { title: "is none with a digest for a name", entry: { name: "a".repeat(64) }, keys: [] },
      { title: "is none with a name longer than any", entry: { name: "n".repeat(400) }, keys: [] },
      { title: "is none with a version that cannot be shown", entry: { name: "n", version: "\n" }, keys: [] },
    ])("$title", ({ entry, keys }) => {
      const list = readSbom(CYCLONEDX, cyclonedx([{ type: "library", ...entry }]));
      expect(list.components.map(({ key }) => key)).toStrictEqual(keys);
      expect(list.skipped).toStrictEqual(keys.length === 0 ? [{ reason: "no-purl", count: 1 }] : []);
    });

    test("says that it is one by its type", () => {
      const list = readSbom(CYCLONEDX, cyclonedx([{ type: "library", name: "bare", version: "1" }]));
      expect(list.components).toStrictEqual([
        {
          key: "name:bare",
          type: NO_PURL,
          name: "bare",
          version: "1",
          source: { name: "bare", how: "own-name" },
        },
      ]);
    });
  });

  describe("the licence", () => {
    test.each([
      { title: "an identifier", licenses: [{ license: { id: "MIT" } }], licence: "MIT" },
      { title: "a name", licenses: [{ license: { name: "GPLv2+" } }], licence: "GPLv2+" },
      {
        title: "an expression",
        licenses: [{ expression: "MIT OR Apache-2.0" }],
        licence: "MIT OR Apache-2.0",
      },
      {
        title: "several, all of them, in one order",
        licenses: [
          { license: { id: "MIT" } },
          { license: { name: "BSD and X" } },
          { license: { id: "MIT" } },
        ],
        licence: "(BSD and X) AND MIT",
      },
      {
        title: "the declared of declared and concluded",
        licenses: [
          { license: { id: "MIT", acknowledgement: "concluded" } },
          { license: { id: "ISC", acknowledgement: "declared" } },
        ],
        licence: "ISC",
      },
      { title: "none", licenses: undefined, licence: undefined },
      { title: "not a list", licenses: "MIT", licence: undefined },
      { title: "no entries", licenses: [], licence: undefined },
      { title: "not asserted", licenses: [{ license: { name: "NOASSERTION" } }], licence: undefined },
      { title: "none, in words", licenses: [{ expression: "NONE" }], licence: undefined },
      { title: "dots", licenses: [{ license: { name: "..." } }], licence: undefined },
      {
        title: "one that is known and one that is not",
        licenses: [{ license: { id: "MIT" } }, { license: { id: "NOASSERTION" } }],
        licence: undefined,
      },
      {
        title: "a text that cannot be shown",
        licenses: [{ license: { name: "MIT\u202e" } }],
        licence: undefined,
      },
      { title: "endless", licenses: [{ license: { name: "M".repeat(1_500) } }], licence: undefined },
    ])("$title", ({ licenses, licence }) => {
      const list = readSbom(CYCLONEDX, cyclonedx([{ ...zlib, licenses }]));
      expect(list.components[0]?.licence).toBe(licence);
    });
  });

  test.each([
    {
      title: "syft of deb",
      properties: { "syft:metadata:source": "openssl", "syft:metadata:sourceVersion": "3.0.1-1" },
      source: { name: "openssl", version: "3.0.1-1", how: "property" },
    },
    {
      title: "Trivy",
      properties: {
        "aquasecurity:trivy:SrcName": "openssl",
        "aquasecurity:trivy:SrcVersion": "3.0.1",
        "aquasecurity:trivy:SrcRelease": "1",
        "aquasecurity:trivy:SrcEpoch": "2",
      },
      source: { name: "openssl", version: "2:3.0.1-1", how: "property" },
    },
    {
      title: "nothing that cannot be shown",
      properties: { "syft:metadata:source": "open\nssl", "syft:metadata:sourceVersion": "3.0.1-1" },
      source: { name: "libssl3", how: "own-name" },
    },
    {
      title: "a version without a name",
      properties: { "syft:metadata:sourceVersion": "3.0.1-1" },
      source: { name: "libssl3", how: "own-name" },
    },
  ])("the version of the source by $title", ({ properties, source }) => {
    const entry = {
      type: "library",
      purl: "pkg:deb/debian/libssl3@3.0.1-1+b1",
      properties: Object.entries(properties).map(([name, value]) => ({ name, value })),
    };
    expect(readSbom(CYCLONEDX, cyclonedx([entry])).components[0]?.source).toStrictEqual(source);
  });

  test("D14: the version of a main module and (devel) mark builds, the version of a dependency does not", () => {
    const pseudo = "v0.0.0-20250204101112-0123456789ab";
    const list = readSbom(
      CYCLONEDX,
      cyclonedx([
        goModule("example.com/main", pseudo),
        goModule("example.com/used", pseudo),
        goModule("example.com/x", "(devel)"),
      ]),
    );
    expect(list.components.map(({ name, isBuildMark }) => [name, isBuildMark])).toStrictEqual([
      ["main", true],
      ["used", undefined],
      ["x", true],
    ]);
  });

  test("D17: nested components are walked once, whatever depends on whatever", () => {
    const nested = {
      ...zlib,
      "bom-ref": "a",
      components: [{ type: "library", "bom-ref": "b", purl: "pkg:npm/b@1", components: [] }],
    };
    const dependencies = [
      { ref: "a", dependsOn: ["b"] },
      { ref: "b", dependsOn: ["a"] },
    ];
    const list = readSbom(CYCLONEDX, cyclonedx([nested], { dependencies }));
    expect(list.components.map(({ key, copies }) => [key, copies])).toStrictEqual([
      ["apk/alpine/zlib", undefined],
      ["npm/b", undefined],
    ]);
  });

  describe("an SBOM of an index", () => {
    const image = { type: "container", name: "image", purl: "pkg:oci/image@sha256%3Aabc" };
    test.each([
      { title: "lists images and no packages", components: [image, image], scope: "index" },
      { title: "is none with a package", components: [image, zlib], scope: undefined },
      { title: "is none with a system", components: [image, system("wolfi", "1")], scope: undefined },
      { title: "is none with nothing in it", components: [], scope: undefined },
    ])("$title", ({ components, scope }) => {
      expect(readSbom(CYCLONEDX, cyclonedx(components)).scope).toBe(scope);
    });
  });

  describe("the operating system", () => {
    const debian = {
      ...system("debian", "12"),
      cpe: "cpe:2.3:o:debian:debian_linux:12:*:*:*:*:*:*:*",
      properties: [
        { name: "syft:distro:id", value: "debian" },
        { name: "syft:distro:versionID", value: "12" },
      ],
    };
    const redhat = { type: "library", purl: "pkg:rpm/redhat/acl@1-1.el9" };
    test.each([
      {
        title: "with its CPE",
        components: [debian],
        expected: { distribution: "debian-12", distributionCpe: debian.cpe },
      },
      {
        title: "without a version",
        components: [{ type: "operating-system", name: "wolfi" }],
        expected: {},
      },
      {
        title: "not of two",
        components: [debian, system("alpine", "3.22.1")],
        expected: { distributionCpe: debian.cpe },
      },
      {
        title: "what all packages say, where the document has none",
        components: [{ ...zlib, purl: "pkg:apk/alpine/zlib@1?distro=alpine-3.22.1" }],
        expected: { distribution: "alpine-3.22.1", ofFirst: "alpine-3.22.1" },
      },
      {
        title: "not what a language's package says",
        components: [{ type: "library", purl: "pkg:npm/a@1?distro=alpine-3.22.1" }],
        expected: { ofFirst: "alpine-3.22.1" },
      },
      {
        title: "a CPE that is none",
        components: [{ ...debian, cpe: "debian" }],
        expected: { distribution: "debian-12" },
      },
      {
        title: "an id that cannot be shown",
        components: [system("a\u0000", "1")],
        expected: {},
      },
      {
        title: "of packages that have another name for it",
        components: [redhat, system("rhel", "9.4")],
        expected: { distribution: "rhel-9.4", ofFirst: "rhel-9.4" },
      },
    ])("$title", ({ components, expected }) => {
      const { distribution, distributionCpe, components: read } = readSbom(CYCLONEDX, cyclonedx(components));
      expect({ distribution, distributionCpe, ofFirst: read[0]?.distribution }).toStrictEqual({
        distribution: undefined,
        distributionCpe: undefined,
        ofFirst: undefined,
        ...expected,
      });
    });
  });
});
