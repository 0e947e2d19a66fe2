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

function listedImage(id: string): object {
  const purl = `pkg:oci/x@sha256%3A${id}?mediaType=application%2Fvnd.oci.image.index.v1%2Bjson`;
  return spdxPackage(id, purl, { primaryPackagePurpose: "CONTAINER" });
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
    { creator: "Tool: syft-1.8.0", tool: "syft", toolVersion: "1.8.0" },
    { creator: "Tool: apko (v0.30.1)", tool: "apko", toolVersion: "v0.30.1" },
    { creator: "Tool: apko (devel)", tool: "apko" },
    { creator: "Tool: sbom-tool-2.2", tool: "sbom-tool", toolVersion: "2.2" },
    { creator: "Tool: buildkit-v0.11.0", tool: "buildkit", toolVersion: "v0.11.0" },
    { creator: "Tool: syft-[not provided]", tool: "syft" },
    { creator: "Tool: my-tool", tool: "my-tool" },
    { creator: "Tool: ", tool: undefined },
    { creator: "Organization: Anchore, Inc", tool: undefined },
  ])("the tool of $creator", ({ creator, tool, toolVersion }) => {
    const list = readSbom(SPDX, spdx([], { creationInfo: { creators: [7, creator] } }));
    expect(list.tool).toBe(tool);
    expect(list.toolVersion).toBe(toolVersion);
  });

  test.each([
    { title: "declared", fields: { licenseDeclared: "MIT", licenseConcluded: "ISC" }, licence: "MIT" },
    {
      title: "concluded where nothing is declared",
      fields: { licenseDeclared: "NOASSERTION", licenseConcluded: "ISC" },
      licence: "ISC",
    },
    { title: "neither", fields: { licenseDeclared: "NONE", licenseConcluded: "" }, licence: undefined },
    { title: "not a text", fields: { licenseDeclared: ["MIT"] }, licence: undefined },
  ])("the licence: $title", ({ fields, licence }) => {
    const list = readSbom(SPDX, spdx([spdxPackage("a", "pkg:apk/alpine/a@1", fields)]));
    expect(list.components[0]?.licence).toBe(licence);
  });

  test("a package without a purl has its name, unless it is what the document is about", () => {
    const packages = [
      { SPDXID: "SPDXRef-image", name: "image" },
      { SPDXID: "SPDXRef-root", name: "root" },
      { SPDXID: "SPDXRef-a", name: "a", versionInfo: "1" },
      { SPDXID: "SPDXRef-layer", name: `sha256:${"0".repeat(64)}` },
    ];
    const list = readSbom(
      SPDX,
      spdx(packages, {
        documentDescribes: ["SPDXRef-root", 7],
        relationships: [relate("DOCUMENT", "DESCRIBES", "image")],
      }),
    );
    expect(list.components.map(({ key, version }) => [key, version])).toStrictEqual([["name:a", "1"]]);
    expect(list.skipped).toStrictEqual([
      { reason: "no-purl", count: 1 },
      { reason: "not-a-package", count: 2 },
    ]);
  });

  test("the operating system with its CPE", () => {
    const wolfi = {
      SPDXID: "SPDXRef-OS",
      name: "wolfi",
      versionInfo: "20230201",
      primaryPackagePurpose: "OPERATING_SYSTEM",
      externalRefs: [{ referenceType: "cpe22Type", referenceLocator: "cpe:/o:wolfi:wolfi:20230201" }],
    };
    const list = readSbom(SPDX, spdx([wolfi, spdxPackage("a", "pkg:apk/wolfi/a@1")]));
    expect(list).toMatchObject({
      distribution: "wolfi-20230201",
      distributionCpe: "cpe:/o:wolfi:wolfi:20230201",
      components: [{ distribution: "wolfi-20230201" }],
    });
  });

  test("D6: an index of apko lists images and no packages", () => {
    const list = readSbom(
      SPDX,
      spdx(["a", "b", "c"].map(listedImage), {
        documentDescribes: ["SPDXRef-a"],
        relationships: [relate("a", "VARIANT_OF", "b"), relate("a", "VARIANT_OF", "c")],
      }),
    );
    expect(list).toMatchObject({ scope: "index", components: [] });
  });

  test("D7: an apk with its recipe and its source beside it is one component, built from what the recipe makes", () => {
    const packages = [
      spdxPackage("libcrypto3", "pkg:apk/wolfi/libcrypto3@3.5.4-r0?arch=x86_64", { licenseDeclared: "MIT" }),
      spdxPackage("yaml", "pkg:github/wolfi-dev/os@abc#openssl.yaml", { name: "openssl.yaml" }),
      spdxPackage("src", "pkg:github/openssl/openssl@def"),
    ];
    const list = readSbom(
      SPDX,
      spdx(packages, {
        creationInfo: { creators: ["Tool: apko (v0.30.1)"] },
        relationships: [
          relate("libcrypto3", "DESCRIBED_BY", "yaml"),
          relate("libcrypto3", "GENERATED_FROM", "src"),
        ],
      }),
    );
    expect(list.components).toStrictEqual([
      {
        key: "apk/wolfi/libcrypto3",
        type: "apk",
        namespace: "wolfi",
        name: "libcrypto3",
        version: "3.5.4-r0",
        source: { name: "openssl", how: "recipe" },
        architecture: "x86_64",
        licence: "MIT",
      },
    ]);
  });

  test.each([
    { title: "in a folder", name: "./py3/py3-x.yaml", source: "py3-x" },
    { title: "of melange", name: "replayout.melange.yaml", source: "replayout" },
    { title: "of another kind", name: "Makefile", source: "a" },
    { title: "without a name", name: ".yaml", source: "a" },
  ])("a recipe $title", ({ name, source }) => {
    const packages = [spdxPackage("a", "pkg:apk/wolfi/a@1"), { SPDXID: "SPDXRef-r", name }];
    const relationships = [relate("a", "DESCRIBED_BY", "r")];
    expect(readSbom(SPDX, spdx(packages, { relationships })).components[0]?.source.name).toBe(source);
  });
});
