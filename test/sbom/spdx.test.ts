import { describe, expect, test } from "vitest";
import { readSbom } from "../../src/sbom/read.ts";

const SPDX = "https://spdx.dev/Document";

function spdx(packages: readonly unknown[], more: object = {}): object {
  return { spdxVersion: "SPDX-2.3", packages, ...more };
}

function spdxPackage(id: string, purl: string, more: object = {}): object {
  const externalRefs = [
    { referenceCategory: "PACKAGE-MANAGER", referenceType: "purl", referenceLocator: purl },
  ];
  return { SPDXID: `SPDXRef-${id}`, name: id, externalRefs, ...more };
}

function relate(from: string, relationshipType: string, to: string): object {
  return { spdxElementId: `SPDXRef-${from}`, relationshipType, relatedSpdxElement: `SPDXRef-${to}` };
}

function keysOf(predicateType: string, predicate: unknown): readonly string[] {
  return readSbom(predicateType, predicate).components.map(({ key }) => key);
}

describe("SPDX", () => {
  test.each(["2.2", "2.3"])("%s is read", (version) => {
    const list = readSbom(SPDX, {
      spdxVersion: `SPDX-${version}`,
      packages: [spdxPackage("a", "pkg:apk/alpine/a@1")],
    });
    expect(list).toMatchObject({
      format: "spdx",
      specVersion: version,
      components: [{ key: "apk/alpine/a" }],
    });
  });

  test("files and snippets are not looked at", () => {
    const files = [
      { SPDXID: "SPDXRef-f", externalRefs: [{ referenceType: "purl", referenceLocator: "pkg:npm/f@1" }] },
    ];
    expect(
      keysOf(SPDX, spdx([spdxPackage("a", "pkg:apk/alpine/a@1")], { files, snippets: files })),
    ).toStrictEqual(["apk/alpine/a"]);
  });

  test.each(["CONTAINER", "OPERATING_SYSTEM", "INSTALL", "FILE", "ARCHIVE", "SOURCE"])(
    "a %s is no package",
    (primaryPackagePurpose) => {
      const list = readSbom(SPDX, spdx([spdxPackage("a", "pkg:apk/alpine/a@1", { primaryPackagePurpose })]));
      expect(list).toMatchObject({ components: [], skipped: [{ reason: "not-a-package", count: 1 }] });
    },
  );

  test.each([
    {
      title: "what a package was made from",
      relationships: [relate("a", "GENERATED_FROM", "b")],
      kept: ["a"],
    },
    {
      title: "what a package is described by",
      relationships: [relate("a", "DESCRIBED_BY", "b")],
      kept: ["a"],
    },
    { title: "a build tool", relationships: [relate("b", "BUILD_TOOL_OF", "a")], kept: ["a"] },
    {
      title: "a development dependency",
      relationships: [relate("b", "DEV_DEPENDENCY_OF", "a")],
      kept: ["a"],
    },
    { title: "a test", relationships: [relate("b", "TEST_OF", "a")], kept: ["a"] },
    {
      title: "nothing that the image also contains",
      relationships: [relate("a", "GENERATED_FROM", "b"), relate("i", "CONTAINS", "b")],
      kept: ["a", "b"],
    },
    {
      title: "nothing for other relationships",
      relationships: [relate("b", "DEPENDENCY_OF", "a"), relate("a", "OTHER", "b")],
      kept: ["a", "b"],
    },
    {
      title: "nothing for nonsense",
      relationships: [null, 1, {}, { relationshipType: "GENERATED_FROM" }],
      kept: ["a", "b"],
    },
  ])("leaves out $title", ({ relationships, kept }) => {
    const packages = [spdxPackage("a", "pkg:apk/alpine/a@1"), spdxPackage("b", "pkg:apk/alpine/b@1")];
    expect(
      readSbom(SPDX, spdx(packages, { relationships })).components.map(({ name }) => name),
    ).toStrictEqual(kept);
  });

  test("an apk of apko has a recipe and a source beside it: one component", () => {
    const packages = [
      spdxPackage("zlib", "pkg:apk/wolfi/zlib@1.3.1-r2?arch=x86_64"),
      spdxPackage("zlib.yaml", "pkg:github/wolfi-dev/os@abc#zlib.yaml"),
      spdxPackage("src", "pkg:generic/zlib@1.3.1"),
    ];
    const creationInfo = { creators: ["Tool: apko (v0.30.1)", "Organization: Chainguard, Inc"] };
    const list = readSbom(SPDX, spdx(packages, { creationInfo }));
    expect(list.components.map(({ key }) => key)).toStrictEqual(["apk/wolfi/zlib"]);
    expect(list.skipped).toStrictEqual([{ reason: "build-input", count: 2 }]);
    expect(readSbom(SPDX, spdx(packages)).components).toHaveLength(3);
  });

  test("a package with several purls is one component per type, never the image", () => {
    const refs = ["pkg:oci/x@1", "pkg:maven/g/a@1", "pkg:maven/g/b@1", "pkg:npm/a@1", "broken"];
    const externalRefs = refs.map((referenceLocator) => ({ referenceType: "purl", referenceLocator }));
    expect(keysOf(SPDX, spdx([{ SPDXID: "x", externalRefs }]))).toStrictEqual(["maven/g/a", "npm/a"]);
  });

  test.each([
    { creator: "Tool: syft-1.8.0", tool: "syft" },
    { creator: "Tool: apko (v0.30.1)", tool: "apko" },
    { creator: "Tool: sbom-tool-2.2", tool: "sbom-tool" },
    { creator: "Tool: buildkit-v0.11.0", tool: "buildkit" },
    { creator: "Tool: ", tool: undefined },
    { creator: "Organization: Anchore, Inc", tool: undefined },
  ])("the tool of $creator", ({ creator, tool }) => {
    expect(readSbom(SPDX, spdx([], { creationInfo: { creators: [7, creator] } })).tool).toBe(tool);
  });
});
