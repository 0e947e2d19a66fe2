import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidInputError } from "../../src/errors.ts";
import { COMPONENTS_MAX, SBOM_BYTES_MAX } from "../../src/sbom/component.ts";
import { readSbom } from "../../src/sbom/read.ts";
import { libericaRelease } from "../fixtures/lists.ts";

const CYCLONEDX = "https://cyclonedx.org/bom";
const SPDX = "https://spdx.dev/Document";

function cyclonedx(components: readonly unknown[], more: object = {}): object {
  return { bomFormat: "CycloneDX", specVersion: "1.6", components, ...more };
}

function spdx(packages: readonly unknown[], more: object = {}): object {
  return { spdxVersion: "SPDX-2.3", packages, ...more };
}

function wrapped(value: unknown): object {
  return { Data: value, Timestamp: "" };
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

test("D18: a predicate that is a text is read as JSON, and as tag-value it is refused", () => {
  expect(keysOf(SPDX, JSON.stringify(spdx([])))).toStrictEqual([]);
  expect(() => readSbom(SPDX, "SPDXVersion: SPDX-2.3\nPackageName: a")).toThrow(
    "SBOMs written as SPDX tag-value are not read",
  );
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
      title: "D20: a text over the bound",
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
    architecture: "x86_64",
    licence: "Apache-2.0",
  });
});
