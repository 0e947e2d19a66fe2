import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidInputError } from "../../src/errors.ts";
import { COMPONENTS_MAX, SBOM_BYTES_MAX } from "../../src/sbom/component.ts";
import { readSbom } from "../../src/sbom/read.ts";
import { libericaRelease, listOf } from "../fixtures/lists.ts";
import { sharedData } from "../shared-data.ts";

const CYCLONEDX = "https://cyclonedx.org/bom";
const SPDX = "https://spdx.dev/Document";

function cyclonedx(components: readonly unknown[], more: object = {}): object {
  return { bomFormat: "CycloneDX", specVersion: "1.6", components, ...more };
}

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

function wrapped(value: unknown): object {
  return { Data: value, Timestamp: "" };
}

function system(name: string, version: string): object {
  return { type: "operating-system", name, version };
}

const zlib = { type: "library", name: "zlib", purl: "pkg:apk/alpine/zlib@1.3-r0" };

function keysOf(predicateType: string, predicate: unknown): readonly string[] {
  return readSbom(predicateType, predicate).components.map(({ key }) => key);
}

describe("a document in its wrappings", () => {
  const document = cyclonedx([zlib]);
  test.each([
    { title: "the object itself", predicate: document },
    { title: "a text of JSON", predicate: JSON.stringify(document) },
    { title: "a text with a byte order mark and space", predicate: `\uFEFF \n${JSON.stringify(document)}` },
    {
      title: "cosign's wrapper around a text",
      predicate: { Data: JSON.stringify(document), Timestamp: "2026-11-24T00:00:00Z" },
    },
    {
      title: "cosign's wrapper around an object",
      predicate: { Data: document, Timestamp: "2026-11-24T00:00:00Z" },
    },
  ])("$title", ({ predicate }) => {
    expect(keysOf(CYCLONEDX, predicate)).toStrictEqual(["apk/alpine/zlib"]);
  });
});

describe("refuses, saying what it is", () => {
  test.each([
    {
      title: "no SBOM predicate",
      type: "https://slsa.dev/provenance/v1",
      predicate: {},
      says: "predicate type",
    },
    { title: "null", type: CYCLONEDX, predicate: null, says: "not a JSON object" },
    { title: "nothing", type: CYCLONEDX, predicate: undefined, says: "not a JSON object" },
    { title: "a list", type: CYCLONEDX, predicate: [zlib], says: "not a JSON object" },
    { title: "a text of a list", type: CYCLONEDX, predicate: "[]", says: "not a JSON object" },
    { title: "an empty text", type: SPDX, predicate: "", says: "not JSON" },
    { title: "text that is no JSON", type: SPDX, predicate: "hello", says: "not JSON" },
    { title: "cut JSON", type: CYCLONEDX, predicate: '{"bomFormat":', says: "not JSON" },
    { title: "CycloneDX XML", type: CYCLONEDX, predicate: '<?xml version="1.0"?><bom/>', says: "XML" },
    {
      title: "SPDX tag-value",
      type: SPDX,
      predicate: "SPDXVersion: SPDX-2.3\nDataLicense: CC0-1.0",
      says: "tag-value",
    },
    {
      title: "SPDX tag-value after a comment",
      type: SPDX,
      predicate: "# made by x\nSPDXVersion: SPDX-2.3",
      says: "tag-value",
    },
    {
      title: "SPDX tag-value in a wrapper",
      type: SPDX,
      predicate: wrapped("SPDXVersion: SPDX-2.3"),
      says: "tag-value",
    },
    {
      title: "SPDX 3 by its context",
      type: SPDX,
      predicate: { "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": [] },
      says: "SPDX 3",
    },
    { title: "SPDX 3 by its type", type: `${SPDX}/v3`, predicate: { "@graph": [] }, says: "SPDX 3" },
    { title: "SPDX 3 by its version", type: SPDX, predicate: { spdxVersion: "SPDX-3.0" }, says: "SPDX 3" },
    { title: "SPDX 2.1", type: SPDX, predicate: { spdxVersion: "SPDX-2.1" }, says: '"SPDX-2.1"' },
    {
      title: "CycloneDX that says it is SPDX",
      type: SPDX,
      predicate: cyclonedx([zlib]),
      says: "SPDX version",
    },
    { title: "SPDX that says it is CycloneDX", type: CYCLONEDX, predicate: spdx([]), says: "bomFormat" },
    {
      title: "CycloneDX 1.1",
      type: CYCLONEDX,
      predicate: cyclonedx([], { specVersion: "1.1" }),
      says: '"1.1"',
    },
    {
      title: "CycloneDX 2.0",
      type: CYCLONEDX,
      predicate: cyclonedx([], { specVersion: "2.0" }),
      says: '"2.0"',
    },
    {
      title: "a version that is a number",
      type: CYCLONEDX,
      predicate: cyclonedx([], { specVersion: 1.6 }),
      says: "not read",
    },
    {
      title: "components that are no list",
      type: CYCLONEDX,
      predicate: cyclonedx([], { components: { length: 9 } }),
      says: "not a list",
    },
    {
      title: "packages that are no list",
      type: SPDX,
      predicate: spdx([], { packages: "x" }),
      says: "not a list",
    },
    {
      title: "wrappers without end",
      type: CYCLONEDX,
      predicate: wrapped(wrapped(wrapped(wrapped(wrapped({}))))),
      says: "wrapped",
    },
    {
      title: "a text over the bound",
      type: CYCLONEDX,
      predicate: " ".repeat(SBOM_BYTES_MAX + 1),
      says: "bytes",
    },
  ])("$title", ({ type, predicate, says }) => {
    expect(() => readSbom(type, predicate)).toThrow(InvalidInputError);
    expect(() => readSbom(type, predicate)).toThrow(says);
  });

  test("more components than are read", () => {
    const components = Array.from({ length: COMPONENTS_MAX + 1 }, () => zlib);
    expect(() => readSbom(CYCLONEDX, cyclonedx(components))).toThrow("more than");
    const packages = Array.from({ length: COMPONENTS_MAX + 1 }, () => ({}));
    expect(() => readSbom(SPDX, spdx(packages))).toThrow("more than");
  });

  test("components nested deeper than is read", () => {
    let nested: object = zlib;
    for (let depth = 0; depth < 49; depth += 1) nested = { ...zlib, components: [nested] };
    expect(keysOf(CYCLONEDX, cyclonedx([nested]))).toStrictEqual(["apk/alpine/zlib"]);
    expect(() => readSbom(CYCLONEDX, cyclonedx([{ components: [nested] }]))).toThrow("nested");
  });

  test("a component inside itself", () => {
    const snake: { components: unknown[] } = { ...zlib, components: [] };
    snake.components.push(snake);
    expect(() => readSbom(CYCLONEDX, cyclonedx([snake]))).toThrow("nested");
    snake.components.push(snake, snake);
    expect(() => readSbom(CYCLONEDX, cyclonedx([snake]))).toThrow(InvalidInputError);
  });
});

describe("CycloneDX", () => {
  test.each(["1.2", "1.3", "1.4", "1.5", "1.6"])("%s is read", (specVersion) => {
    expect(readSbom(CYCLONEDX, cyclonedx([zlib], { specVersion })).specVersion).toBe(specVersion);
  });

  test.each([
    "file",
    "operating-system",
    "container",
    "platform",
    "data",
    "device",
    "machine-learning-model",
    "cryptographic-asset",
  ])("a %s is no package, but what is inside it may be", (type) => {
    const list = readSbom(
      CYCLONEDX,
      cyclonedx([{ type, name: "x", purl: "pkg:generic/x@1", components: [zlib] }]),
    );
    expect(list.components.map(({ key }) => key)).toStrictEqual(["apk/alpine/zlib"]);
    expect(list.skipped).toStrictEqual([{ reason: "not-a-package", count: 1 }]);
  });

  test("what the SBOM is about is not in it", () => {
    const component = { type: "container", name: "image", purl: "pkg:oci/image@sha256%3Aabc" };
    expect(keysOf(CYCLONEDX, cyclonedx([zlib], { metadata: { component } }))).toStrictEqual([
      "apk/alpine/zlib",
    ]);
  });

  test("entries that are no packages are counted by reason", () => {
    const list = readSbom(
      CYCLONEDX,
      cyclonedx([zlib, 1, null, "x", [], {}, { purl: 7 }, { purl: "" }, { name: "bare" }]),
    );
    expect(list.components).toHaveLength(1);
    expect(list.skipped).toStrictEqual([
      { reason: "entry-invalid", count: 4 },
      { reason: "no-purl", count: 3 },
      { reason: "purl-invalid", count: 1 },
    ]);
  });

  test.each([
    { title: "syft's property names the source package of apk", name: "syft:metadata:originPackage" },
    { title: "syft's property names the source package of deb", name: "syft:metadata:source" },
  ])("$title", ({ name }) => {
    const properties = [
      { name: "other", value: "x" },
      { name, value: "openssl" },
    ];
    const entry = { type: "library", purl: "pkg:apk/alpine/libssl3@3", properties };
    const upstream = { ...entry, purl: "pkg:apk/alpine/libssl3@3?upstream=openssl-fips" };
    expect(readSbom(CYCLONEDX, cyclonedx([entry])).components[0]?.source).toStrictEqual({
      name: "openssl",
      how: "property",
    });
    expect(readSbom(CYCLONEDX, cyclonedx([upstream])).components[0]?.source).toStrictEqual({
      name: "openssl-fips",
      how: "upstream",
    });
  });

  test("the version field serves a purl without one", () => {
    const entry = { type: "library", purl: "pkg:apk/alpine/a", version: "1.2-r0" };
    expect(readSbom(CYCLONEDX, cyclonedx([entry])).components[0]?.version).toBe("1.2-r0");
  });

  test.each([
    { title: "a list", tools: [{ vendor: "anchore", name: "syft", version: "1" }], tool: "syft" },
    { title: "an object", tools: { components: [{ name: "trivy" }] }, tool: "trivy" },
    { title: "nothing", tools: undefined, tool: undefined },
    { title: "nonsense", tools: "syft", tool: undefined },
  ])("the tool from $title", ({ tools, tool }) => {
    expect(readSbom(CYCLONEDX, cyclonedx([], { metadata: { tools } })).tool).toBe(tool);
  });

  describe("the distribution of a package that names none", () => {
    test.each([
      { title: "the image's", systems: [system("alpine", "3.22.1")], distribution: "alpine-3.22.1" },
      {
        title: "none if the image has another's",
        systems: [system("wolfi", "20230201")],
        distribution: undefined,
      },
      {
        title: "none if the image has two",
        systems: [system("alpine", "3.21.0"), system("alpine", "3.22.1")],
        distribution: undefined,
      },
      {
        title: "none without a version",
        systems: [{ type: "operating-system", name: "alpine" }],
        distribution: undefined,
      },
    ])("$title", ({ systems, distribution }) => {
      const list = readSbom(CYCLONEDX, cyclonedx([zlib, ...systems]));
      expect(list.components[0]?.distribution).toBe(distribution);
    });
  });

  test("one entry per package and version, sorted, the one that says most, in whatever order they came", () => {
    const purls = [
      "pkg:apk/alpine/b@1",
      "pkg:apk/alpine/a@2?arch=x86_64",
      "pkg:apk/alpine/a@2?arch=aarch64&upstream=aa",
      "pkg:apk/alpine/a@10",
      "pkg:apk/alpine/a@2?distro=alpine-3.22.1&upstream=aa",
    ];
    const list = listOf(...purls);
    expect(list.components.map(({ name, version }) => `${name} ${version}`)).toStrictEqual([
      "a 10",
      "a 2",
      "b 1",
    ]);
    expect(list.components[1]).toMatchObject({
      source: { name: "aa", how: "upstream" },
      distribution: "alpine-3.22.1",
    });
    expect(listOf(...purls.toReversed())).toStrictEqual(list);
  });
});

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

describe("whatever it is given, it reads it or refuses it", () => {
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom(
      "CycloneDX",
      "1.6",
      "SPDX-2.3",
      "library",
      "pkg:apk/alpine/a@1",
      "purl",
      "pkg:",
      "operating-system",
    ),
  );
  const key = fc.constantFrom(
    ..."bomFormat specVersion components type name version purl properties value metadata tools spdxVersion packages".split(
      " ",
    ),
    ..."externalRefs referenceType referenceLocator relationships creationInfo creators Data Timestamp __proto__".split(
      " ",
    ),
  );
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      text,
      fc.constantFrom(null, undefined, 0, true),
      fc.array(tie("tree"), { maxLength: 4 }),
      fc.dictionary(key, tie("tree"), { maxKeys: 6 }),
    ),
  }));
  const document = fc
    .tuple(fc.constantFrom(cyclonedx([]), spdx([])), fc.dictionary(key, tree))
    .map(([frame, more]) => ({
      ...more,
      ...frame,
      components: more["components"],
      packages: more["packages"],
    }));

  test.each([
    { title: "any value", values: tree },
    { title: "a document with anything in it", values: document },
  ])("$title", ({ values }) => {
    fc.assert(
      fc.property(fc.constantFrom(CYCLONEDX, SPDX), values, (type, value) => {
        expect(outcomeOf(type, value)).toMatch(/^(?:list|InvalidInputError)$/);
      }),
      { numRuns: 1_500 },
    );
  });
});

function outcomeOf(type: string, value: unknown): string {
  try {
    return readSbom(type, value).components.length <= COMPONENTS_MAX ? "list" : "too long a list";
  } catch (thrown) {
    return thrown instanceof InvalidInputError ? "InvalidInputError" : String(thrown);
  }
}

test("the SBOMs of three releases", () => {
  const lists = [libericaRelease(1), libericaRelease(2), libericaRelease(3)];
  for (const list of lists) {
    expect(list).toMatchObject({ format: "cyclonedx", specVersion: "1.6", tool: "syft" });
    expect(list.components).toHaveLength(25);
    expect(list.skipped).toStrictEqual([{ reason: "not-a-package", count: 1 }]);
    expect(new Set(list.components.map(({ distribution }) => distribution))).toStrictEqual(
      new Set(["bellsoft-hardened-containers-25"]),
    );
  }
  expect(lists[0]?.components.find(({ name }) => name === "libcrypto3")).toStrictEqual({
    key: "apk/bellsoft-hardened-containers/libcrypto3",
    type: "apk",
    namespace: "bellsoft-hardened-containers",
    name: "libcrypto3",
    version: "3.5.3-r0",
    source: { name: "openssl", how: "upstream" },
    distribution: "bellsoft-hardened-containers-25",
  });
});

const documents = sharedData("sbom/");

function read(name: string): unknown {
  const bytes = readFileSync(new URL(name, documents));
  return JSON.parse((name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8"));
}

describe.skipIf(!existsSync(documents))("published SBOMs (real data, skipped where not present)", () => {
  test.each([
    { name: "quay-builder-2025-02-24.amd64.cdx.json", type: CYCLONEDX, count: 321, tool: "syft" },
    { name: "quay-builder-2025-04-02.amd64.cdx.json", type: CYCLONEDX, count: 323, tool: "syft" },
    { name: "quay-builder-2025-04-02.index.cdx.json", type: CYCLONEDX, count: 0, tool: "SBOMer" },
    { name: "ubi9-micro.amd64.spdx.json", type: SPDX, count: 20, tool: "example SPDX document only" },
    { name: "ubi9-micro.index.spdx.json", type: SPDX, count: 0, tool: "example SPDX document only" },
  ])("$name has $count packages", ({ name, type, count, tool }) => {
    const list = readSbom(type, read(name));
    expect(list.tool).toBe(tool);
    expect(list.components).toHaveLength(count);
  });

  test("the keys in the package database of the quay-builder image are no packages", () => {
    const list = readSbom(CYCLONEDX, read("quay-builder-2025-02-24.amd64.cdx.json"));
    expect(list.skipped).toStrictEqual([
      { reason: "not-a-package", count: 1 },
      { reason: "pseudo-package", count: 2 },
    ]);
  });

  test("circular dependencies end", () => {
    const list = readSbom(CYCLONEDX, read("circular.cdx.json"));
    expect(list.components.length).toBeGreaterThan(200);
  });

  test("SPDX 2.2 of syft", () => {
    const list = readSbom(SPDX, read("kube-proxy-1.25.1.spdx.json.gz"));
    expect(list).toMatchObject({ specVersion: "2.2", tool: "syft" });
    expect(list.components.length).toBeGreaterThan(70);
  });

  test("a compressed bomb is not expanded: nothing here unpacks anything", () => {
    const bytes = readFileSync(new URL("bomb.bz2", documents));
    const before = process.memoryUsage().rss;
    expect(() => readSbom(CYCLONEDX, bytes)).toThrow(InvalidInputError);
    expect(() => readSbom(CYCLONEDX, bytes.toString("latin1"))).toThrow("not JSON");
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
  });
});
