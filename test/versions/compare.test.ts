import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareVersions, ORDERED_TYPES, VERSION_LENGTH_MAX } from "../../src/versions/compare.ts";
import { type Row, rowsOf, turned } from "./rows.ts";

/** Files of our own vectors, and the types that have that order. */
const VECTORS = [
  { file: "apk", types: ["apk"], atLeast: 60 },
  { file: "composer", types: ["composer"], atLeast: 25 },
  { file: "cran", types: ["cran", "hackage"], atLeast: 10 },
  { file: "deb", types: ["deb"], atLeast: 30 },
  { file: "gem", types: ["gem"], atLeast: 25 },
  { file: "golang", types: ["golang"], atLeast: 15 },
  { file: "maven", types: ["maven"], atLeast: 45 },
  {
    file: "npm",
    types: ["npm", "bitnami", "cargo", "golang", "hex", "pub", "semver", "swift"],
    atLeast: 30,
  },
  { file: "nuget", types: ["nuget"], atLeast: 12 },
  { file: "pub", types: ["pub"], atLeast: 10 },
  { file: "pypi", types: ["pypi"], atLeast: 20 },
  { file: "rpm", types: ["rpm"], atLeast: 35 },
];

describe.each(VECTORS)("vectors of $file", ({ file, types, atLeast }) => {
  const rows = rowsOf(readFileSync(new URL(`../vectors/versions/${file}.txt`, import.meta.url), "utf8"));

  test("hold enough, with and without an order", () => {
    expect(rows.length).toBeGreaterThanOrEqual(atLeast);
    expect(rows.some(({ order }) => order !== undefined && order !== 0)).toBe(true);
    expect(rows.some(({ order }) => order === 0)).toBe(true);
  });

  test.each(rows)("$a against $b: $order", ({ a, b, order }) => {
    const [type = ""] = types;
    expect(compareVersions(type, a, b)).toBe(order);
    expect(compareVersions(type, b, a)).toBe(turned(order));
  });

  test("are the same for every type that has this order", () => {
    // What stands behind a plus counts for Dart alone.
    const plain = rows.filter(({ a, b }) => !`${a}${b}`.includes("+"));
    expect(
      types.flatMap((type) => plain.filter(({ a, b, order }) => compareVersions(type, a, b) !== order)),
    ).toStrictEqual([]);
  });
});

test("every type with an order has vectors", () => {
  expect([...new Set(VECTORS.flatMap(({ types }) => types))].toSorted()).toStrictEqual(
    [...ORDERED_TYPES].toSorted(),
  );
});

describe("versions that decided something", () => {
  const decided: readonly (Row & { readonly id: string; readonly type: string })[] = [
    { id: "V1", type: "apk", a: "8u372_p7-r0", b: "8u402_p7-r0", order: -1 },
    { id: "V2", type: "apk", a: "8u402_p7-r0", b: "8.502_p9-r0", order: -1 },
    { id: "V3", type: "apk", a: "21.0.12_p10-r0", b: "21.0.9_p11-r0", order: 1 },
    { id: "V4", type: "apk", a: "20230516a-r0", b: "20230516-r0", order: 1 },
    { id: "V5", type: "apk", a: "1.0_rc1-r0", b: "1.0-r0", order: -1 },
    { id: "V6", type: "rpm", a: "1:3.5-1.el8", b: "4.0-1.el8", order: 1 },
    { id: "V8", type: "deb", a: "2.36-9+deb12u7", b: "2.36-9+deb12u14", order: -1 },
    { id: "V9", type: "deb", a: "0.0.0-0", b: "0:0.0.0", order: 0 },
    { id: "V10", type: "pypi", a: "0.1-bulbasaur", b: "0.1", order: undefined },
    { id: "V10", type: "pypi", a: "0.1-bulbasaur", b: "0.1-bulbasaur", order: undefined },
    { id: "V11", type: "semver", a: "1.1.3.4.5", b: "1.1.3.4.5", order: 0 },
    { id: "V11", type: "npm", a: "1.1.3.4.5", b: "1.1.4", order: -1 },
  ];

  test.each(decided)("$id: $type $a against $b is $order", ({ type, a, b, order }) => {
    expect(compareVersions(type, a, b)).toBe(order);
    expect(compareVersions(type, b, a)).toBe(turned(order));
  });

  test.each(ORDERED_TYPES)("V12: %s orders numbers of 30 digits without loss", (type) => {
    const low = `1.${"9".repeat(29)}0`;
    const high = `1.${"9".repeat(29)}1`;
    expect(compareVersions(type, low, high)).toBe(-1);
    expect(compareVersions(type, high, low)).toBe(1);
    expect(compareVersions(type, low, low)).toBe(0);
  });
});

describe("any type", () => {
  test.each(["", "APK", "__proto__", "constructor", "generic", "oci", "name"])(
    "has no order for %j",
    (type) => {
      expect(compareVersions(type, "1", "2")).toBeUndefined();
    },
  );

  test.each(ORDERED_TYPES)("%s: an empty version has no order, not even with itself", (type) => {
    expect(compareVersions(type, "", "")).toBeUndefined();
    expect(compareVersions(type, "", "1")).toBeUndefined();
    expect(compareVersions(type, "1", "")).toBeUndefined();
  });

  test.each(ORDERED_TYPES)("%s: versions over the bound have no order", (type) => {
    const long = "1".repeat(VERSION_LENGTH_MAX + 1);
    expect(compareVersions(type, long, "1")).toBeUndefined();
    expect(compareVersions(type, "1", long)).toBeUndefined();
    expect(compareVersions(type, long.slice(1), "1")).toBe(1);
    expect(compareVersions(type, "1", long.slice(1))).toBe(-1);
  });

  test.each(ORDERED_TYPES)("%s: versions of 10 kB have none, at once", (type) => {
    const started = performance.now();
    for (const unit of ["1", "1.", "-", "~", "a1", "1-"]) {
      expect(compareVersions(type, unit.repeat(10_240 / unit.length), "1")).toBeUndefined();
    }
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  const version = fc.oneof(
    fc.string({ maxLength: 300 }),
    fc.string({ unit: fc.constantFrom(...Array.from("01.9_-r~aupb!+^: #v")), maxLength: 300 }),
  );

  test("never throws, and its answers are mirrored", () => {
    fc.assert(
      fc.property(fc.constantFrom(...ORDERED_TYPES, "oci"), version, version, (type, a, b) => {
        const order = compareVersions(type, a, b);
        expect(compareVersions(type, b, a)).toBe(turned(order));
      }),
      { numRuns: 5_000 },
    );
  });

  test("is the same as itself, or without order", () => {
    fc.assert(
      fc.property(fc.constantFrom(...ORDERED_TYPES), version, (type, a) => {
        expect([0, undefined]).toContain(compareVersions(type, a, a));
      }),
      { numRuns: 3_000 },
    );
  });
});
