import { inflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import {
  isOpenVex,
  type PackedVex,
  packedVexOf,
  VEX_DOCUMENTS_MAX,
  VEX_LENGTH_MAX,
} from "../../src/sbom/vex-documents.ts";

const TYPE = "https://openvex.dev/ns/v0.2.0";

function unpacked(packed: PackedVex | undefined): unknown {
  return packed === undefined ? undefined : JSON.parse(inflateSync(packed.deflated).toString("utf8"));
}

test.each([
  { type: "https://openvex.dev/ns", is: true },
  { type: TYPE, is: true },
  { type: "https://openvex.dev/ns@v0.2.0", is: true },
  { type: "https://openvex.dev/nsx", is: false },
  { type: "http://openvex.dev/ns", is: false },
  { type: "https://openvex.dev", is: false },
  { type: "https://spdx.dev/Document", is: false },
  { type: "", is: false },
])("$type is VEX: $is", ({ type, is }) => {
  expect(isOpenVex(type)).toBe(is);
});

describe("packing", () => {
  test("keeps what verified statements say, in their order, however it is wrapped", () => {
    const packed = packedVexOf([
      { predicateType: TYPE, predicate: { author: "b" } },
      { predicateType: "https://slsa.dev/provenance/v1", predicate: { author: "x" } },
      { predicateType: TYPE, predicate: JSON.stringify({ author: "a" }) },
      { predicateType: TYPE, predicate: { Data: '{"author":"c"}', Timestamp: "" } },
    ]);
    expect(unpacked(packed)).toStrictEqual([{ author: "b" }, { author: "a" }, { author: "c" }]);
    expect(packed?.leftOut).toBe(0);
  });

  test("is nothing without a document", () => {
    expect(packedVexOf([])).toBeUndefined();
    expect(packedVexOf([{ predicateType: "https://spdx.dev/Document", predicate: {} }])).toBeUndefined();
  });

  test.each([
    { title: "no document", predicate: 7 },
    { title: "null", predicate: null },
    { title: "a list", predicate: [] },
    { title: "text that is no JSON", predicate: "hello" },
    { title: "XML", predicate: "<vex/>" },
    { title: "a document longer than any", predicate: { text: "x".repeat(VEX_LENGTH_MAX) } },
  ])("leaves out and counts $title", ({ predicate }) => {
    const packed = packedVexOf([
      { predicateType: TYPE, predicate },
      { predicateType: TYPE, predicate: {} },
    ]);
    expect(unpacked(packed)).toStrictEqual([{}]);
    expect(packed?.leftOut).toBe(1);
  });

  test("leaves out and counts more documents than are kept", () => {
    const many = Array.from({ length: VEX_DOCUMENTS_MAX + 3 }, () => ({
      predicateType: TYPE,
      predicate: {},
    }));
    expect(packedVexOf(many)?.leftOut).toBe(3);
  });
});
