import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CborItem, parseCbor } from "../../../src/trust/notation/cbor.ts";
import { RefusedError } from "../../../src/trust/notation/refused-error.ts";
import { cbor, type CborValue, head, Raw, Tagged } from "../../fakes/notation/cbor.ts";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

/** A list of a list … of 0. */
const nested = (levels: number): Buffer => Buffer.concat([Buffer.alloc(levels, 0x81), Buffer.from([0])]);

describe("reads", () => {
  test.each([
    { title: "0", bytes: "00", item: { kind: "integer", value: 0 } },
    { title: "23", bytes: "17", item: { kind: "integer", value: 23 } },
    { title: "24", bytes: "18 18", item: { kind: "integer", value: 24 } },
    { title: "1000", bytes: "19 03e8", item: { kind: "integer", value: 1000 } },
    { title: "1000000", bytes: "1a 000f4240", item: { kind: "integer", value: 1_000_000 } },
    {
      title: "1000000000000",
      bytes: "1b 000000e8d4a51000",
      item: { kind: "integer", value: 1_000_000_000_000 },
    },
    { title: "-1", bytes: "20", item: { kind: "integer", value: -1 } },
    { title: "-38", bytes: "38 25", item: { kind: "integer", value: -38 } },
    { title: "-1000", bytes: "39 03e7", item: { kind: "integer", value: -1000 } },
    { title: "false", bytes: "f4", item: { kind: "boolean", value: false } },
    { title: "true", bytes: "f5", item: { kind: "boolean", value: true } },
    { title: "null", bytes: "f6", item: { kind: "null" } },
    { title: "a text", bytes: "62 c3bc", item: { kind: "text", value: "ü" } },
    { title: "bytes", bytes: "44 01020304", item: { kind: "bytes", value: hex("01020304") } },
    { title: "no bytes", bytes: "40", item: { kind: "bytes", value: hex("") } },
    { title: "an empty list", bytes: "80", item: { kind: "list", items: [] } },
    {
      title: "a time",
      bytes: "c1 1a 514b67b0",
      item: { kind: "tag", tag: 1, item: { kind: "integer", value: 1_363_896_240 } },
    },
  ])("$title", ({ bytes, item }) => {
    expect(parseCbor(hex(bytes))).toEqual(item);
  });

  test("maps with keys of both kinds, 1 and -1 and their texts apart", () => {
    const map = new Map<number | string, CborValue>([
      [1, "a"],
      ["1", "b"],
      [-1, "c"],
    ]);
    const item = parseCbor(cbor(map));
    expect(item.kind === "map" ? [...item.entries.keys()] : []).toEqual([1, "1", -1]);
  });

  test("eight levels, and no more", () => {
    expect(parseCbor(nested(8))).toMatchObject({ kind: "list" });
    expect(() => parseCbor(nested(9))).toThrow(RefusedError);
  });
});

describe("refuses", () => {
  test.each([
    { title: "nothing", bytes: "" },
    { title: "bytes after the item", bytes: "00 00" },
    { title: "a head without its argument", bytes: "18" },
    { title: "a head without all of its argument", bytes: "1a 0000" },
    { title: "a number of two bytes that fits in one", bytes: "18 17" },
    { title: "a number of three bytes that fits in two", bytes: "19 00ff" },
    { title: "a number of five bytes that fits in three", bytes: "1a 0000ffff" },
    { title: "a number of nine bytes that fits in five", bytes: "1b 00000000ffffffff" },
    { title: "a length that is not in its shortest form", bytes: "58 01 00" },
    { title: "a number that is too large", bytes: "1b 0020000000000000" },
    { title: "the largest number", bytes: "1b ffffffffffffffff" },
    { title: "the smallest number", bytes: "3b ffffffffffffffff" },
    { title: "a length of the largest number", bytes: "5b ffffffffffffffff" },
    { title: "an indefinite byte string", bytes: "5f 41 00 ff" },
    { title: "an indefinite text", bytes: "7f 61 61 ff" },
    { title: "an indefinite list", bytes: "9f 00 ff" },
    { title: "an indefinite map", bytes: "bf 00 00 ff" },
    { title: "a break", bytes: "ff" },
    { title: "a reserved length", bytes: "1c" },
    { title: "a half float", bytes: "f9 3c00" },
    { title: "a float", bytes: "fa 47c35000" },
    { title: "a double", bytes: "fb 3ff199999999999a" },
    { title: "undefined", bytes: "f7" },
    { title: "a simple value", bytes: "f0" },
    { title: "false as a simple value of two bytes", bytes: "f8 14" },
    { title: "bytes that end too early", bytes: "44 0102" },
    { title: "a list that ends too early", bytes: "82 00" },
    { title: "a list of more items than there are bytes", bytes: "9a ffffffff 00" },
    { title: "a map of more entries than there are bytes", bytes: "ba ffffffff 00 00" },
    { title: "a map without its last value", bytes: "a2 00 00 01" },
    { title: "a map with a key twice", bytes: "a2 01 00 01 01" },
    { title: "a map with a text twice", bytes: "a2 61 61 00 61 61 01" },
    { title: "a map with bytes for a key", bytes: "a1 41 00 00" },
    { title: "a map with a list for a key", bytes: "a1 80 00" },
    { title: "a map with a tag for a key", bytes: "a1 c1 00 00" },
    { title: "a text that is no UTF-8", bytes: "61 ff" },
    { title: "a text that is an overlong UTF-8", bytes: "62 c080" },
    { title: "a text that is half a surrogate", bytes: "63 eda080" },
    { title: "a tag of nothing", bytes: "c1" },
  ])("$title", ({ bytes }) => {
    expect(() => parseCbor(hex(bytes))).toThrow(RefusedError);
  });

  test("more items than a header has", () => {
    expect(parseCbor(cbor(Array.from({ length: 1_000 }, () => 0)))).toMatchObject({ kind: "list" });
    expect(() => parseCbor(cbor(Array.from({ length: 1_024 }, () => 0)))).toThrow(RefusedError);
  });
});

const scalar: fc.Arbitrary<CborValue> = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger().filter((value) => Math.abs(value) < Number.MAX_SAFE_INTEGER),
  fc.string({ unit: "binary" }).filter((text) => text.isWellFormed()),
  fc.boolean(),
  fc.constant(null),
  fc.uint8Array({ maxLength: 300 }),
);
const value = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", maxDepth: 5, withCrossShrink: true },
    scalar,
    fc.array(tie("value"), { maxLength: 5 }),
    fc
      .uniqueArray(fc.tuple(fc.oneof(fc.integer(), fc.string()), tie("value")), {
        maxLength: 5,
        selector: ([key]) => key,
      })
      .map((entries) => new Map(entries)),
    fc.tuple(fc.nat(), tie("value")).map(([tag, item]) => new Tagged(tag, item)),
  ),
})).value;

describe("whatever it is given", () => {
  test("what an encoder wrote comes back as it was", () => {
    const property = fc.property(value, (written) =>
      cbor(writtenOf(parseCbor(cbor(written)))).equals(cbor(written)),
    );
    expect(fc.check(property, { seed: 41, numRuns: 500 })).toMatchObject({ failed: false });
  });

  test("nothing but refusals comes out, and what is read is read whole", () => {
    const property = fc.property(fc.uint8Array({ maxLength: 200 }), isRefusedOrWhole);
    expect(fc.check(property, { seed: 42, numRuns: 5_000 })).toMatchObject({ failed: false });
  });

  test("changed bytes are refused or read as something else", () => {
    const property = fc.property(value, fc.nat(), fc.integer({ min: 1, max: 255 }), (written, at, change) => {
      const bytes = cbor(written);
      const position = at % bytes.byteLength;
      bytes[position] = (bytes[position] ?? 0) ^ change;
      return isRefusedOrWhole(bytes);
    });
    expect(fc.check(property, { seed: 43, numRuns: 2_000 })).toMatchObject({ failed: false });
  });

  test("a list that promises everything costs nothing", () => {
    const bytes = Buffer.concat([head(4, 0xffff_ffff), Buffer.alloc(1_000_000)]);
    expect(() => parseCbor(bytes)).toThrow(RefusedError);
    const lists = Buffer.concat(Array.from({ length: 100_000 }, () => Buffer.from([0x9a, 0, 1, 0, 0])));
    expect(() => parseCbor(lists)).toThrow(RefusedError);
  });

  test("raw bytes of a test stay as they are", () => {
    expect(cbor([new Raw(hex("1800"))])).toEqual(hex("81 1800"));
  });
});

/** Whether bytes are refused with the one error that may come, or read so that nothing of them is lost. */
function isRefusedOrWhole(bytes: Uint8Array): boolean {
  try {
    return cbor(writtenOf(parseCbor(bytes))).equals(bytes);
  } catch (thrown) {
    return thrown instanceof RefusedError;
  }
}

function writtenOf(item: CborItem): CborValue {
  switch (item.kind) {
    case "integer":
    case "bytes":
    case "text":
    case "boolean":
      return item.value;
    case "null":
      return null;
    case "list":
      return item.items.map(writtenOf);
    case "map":
      return new Map([...item.entries].map(([key, entry]) => [key, writtenOf(entry)] as const));
    case "tag":
      return new Tagged(item.tag, writtenOf(item.item));
    default:
      return item satisfies never;
  }
}
