import { existsSync, readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareVersions, VERSION_LENGTH_MAX } from "../../src/versions/compare.ts";
import { sharedData } from "../shared-data.ts";

interface Row {
  readonly a: string;
  readonly b: string;
  readonly order: -1 | 0 | 1 | undefined;
}

const ORDERS = new Map<string, Row["order"]>([
  ["<", -1],
  ["=", 0],
  [">", 1],
  ["?", undefined],
]);

/** Rows `a < b`; a comment may follow `#`. Rows of other forms (fuzzy matches, validity) are not orderings. */
function rowsOf(text: string): readonly Row[] {
  return text.split("\n").flatMap((line) => {
    const [a, sign, b, ...rest] = line.replace(/#.*/, "").trim().split(/\s+/);
    if (a === undefined || sign === undefined || b === undefined || rest.length > 0 || !ORDERS.has(sign)) {
      return [];
    }
    return [{ a, b, order: ORDERS.get(sign) }];
  });
}

function mirrored(order: Row["order"]): Row["order"] {
  switch (order) {
    case -1:
      return 1;
    case 1:
      return -1;
    case 0:
    case undefined:
      return order;
    default:
      return order satisfies never;
  }
}

function misses(type: string, rows: readonly Row[]): readonly string[] {
  return rows.flatMap(({ a, b, order }) => {
    const there = compareVersions(type, a, b);
    const back = compareVersions(type, b, a);
    return there === order && back === mirrored(order)
      ? []
      : [`${a} ${b}: ${there} and ${back}, not ${order}`];
  });
}

describe("apk", () => {
  const rows = rowsOf(readFileSync(new URL("../vectors/versions/apk.txt", import.meta.url), "utf8"));

  test("the vectors hold orderings, equalities and versions without order", () => {
    expect(rows.length).toBeGreaterThan(60);
    expect(new Set(rows.map(({ order }) => order))).toStrictEqual(new Set([-1, 0, undefined]));
  });

  test.each(rows)("$a against $b: $order", ({ a, b, order }) => {
    expect(compareVersions("apk", a, b)).toBe(order);
    expect(compareVersions("apk", b, a)).toBe(mirrored(order));
  });

  const digits = fc.bigInt({ min: 0n, max: 10n ** 20n }).map(String);
  const apkLike = fc
    .tuple(
      fc.array(fc.oneof(digits, fc.constantFrom("0", "00", "01", "010")), { minLength: 1, maxLength: 4 }),
      fc.constantFrom("", "a", "b", "u372"),
      fc.constantFrom("", "_alpha", "_rc1", "_rc2", "_p", "_p7", "_git20240101", "_alpha1_p2"),
      fc.constantFrom("", "~1a2b"),
      fc.constantFrom("", "-r0", "-r1", "-r10"),
    )
    .map(([numbers, ...tail]) => numbers.join(".") + tail.join(""));

  test("every two well-formed versions have an order, and it is antisymmetric", () => {
    fc.assert(
      fc.property(apkLike, apkLike, (a, b) => {
        const order = compareVersions("apk", a, b);
        expect(order).toBeDefined();
        expect(compareVersions("apk", b, a)).toBe(mirrored(order));
        expect(compareVersions("apk", a, a)).toBe(0);
      }),
      { numRuns: 2_000 },
    );
  });

  const tame = fc
    .tuple(
      fc.array(fc.nat(30), { minLength: 1, maxLength: 4 }),
      fc.constantFrom("", "_rc1", "_p1"),
      fc.nat(3),
    )
    .map(([numbers, suffix, revision]) => `${numbers.map((n) => n + 1).join(".")}${suffix}-r${revision}`);

  test("it is transitive where no part has a leading zero", () => {
    fc.assert(
      fc.property(tame, tame, tame, (a, b, c) => {
        const [low, middle, high] = [a, b, c].toSorted((x, y) => compareVersions("apk", x, y) ?? 0);
        expect(compareVersions("apk", low ?? "", middle ?? "")).not.toBe(1);
        expect(compareVersions("apk", middle ?? "", high ?? "")).not.toBe(1);
        expect(compareVersions("apk", low ?? "", high ?? "")).not.toBe(1);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("pypi", () => {
  test.each([
    { a: "1.0", b: "1.0.post1", order: -1 },
    { a: "1.0rc1", b: "1.0", order: -1 },
    { a: "1.0.dev1", b: "1.0a1", order: -1 },
    { a: "1!0.1", b: "2.0", order: 1 },
    { a: "1.0", b: "1.0.0", order: 0 },
    { a: "v1.0", b: "1.0", order: 0 },
    { a: "1.9", b: "1.10", order: -1 },
    { a: "0.1-bulbasaur", b: "0.1", order: undefined },
    { a: "1.0", b: "", order: undefined },
    { a: "1.0", b: "1.0; python_version > '3'", order: undefined },
    { a: "1.12345678901234567890", b: "1.12345678901234567891", order: undefined },
  ] as const)("$a against $b: $order", ({ a, b, order }) => {
    expect(compareVersions("pypi", a, b)).toBe(order);
    expect(compareVersions("pypi", b, a)).toBe(mirrored(order));
  });
});

describe("any type", () => {
  test.each(["deb", "rpm", "npm", "maven", "", "APK", "__proto__"])("has no order for %j", (type) => {
    expect(compareVersions(type, "1", "2")).toBeUndefined();
  });

  test.each(["apk", "pypi"])("%s: versions over the bound have no order", (type) => {
    const long = "1".repeat(VERSION_LENGTH_MAX + 1);
    expect(compareVersions(type, long, "1")).toBeUndefined();
    expect(compareVersions(type, "1", long)).toBeUndefined();
    expect(compareVersions(type, long.slice(1), "1")).toBe(type === "apk" ? 1 : undefined);
  });

  test("never throws, and its answers are mirrored", () => {
    const version = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(...Array.from("01.9_-r~aupb!+ ")) }),
    );
    fc.assert(
      fc.property(fc.constantFrom("apk", "pypi", "deb"), version, version, (type, a, b) => {
        expect(compareVersions(type, b, a)).toBe(mirrored(compareVersions(type, a, b)));
      }),
      { numRuns: 3_000 },
    );
  });
});

const versions = sharedData("versions/");

describe.skipIf(!existsSync(versions))("published vectors (real data, skipped where not present)", () => {
  test.each([
    { type: "apk", file: "apk.txt", atLeast: 360 },
    { type: "apk", file: "scalibr-alpine-versions-generated.txt", atLeast: 1_700 },
  ])("$file", ({ type, file, atLeast }) => {
    const rows = rowsOf(readFileSync(new URL(file, versions), "utf8"));
    expect(rows.length).toBeGreaterThanOrEqual(atLeast);
    expect(misses(type, rows)).toStrictEqual([]);
  });

  test("scalibr-pypi-versions.txt: right, or without order for what is older than PEP 440", () => {
    const rows = rowsOf(readFileSync(new URL("scalibr-pypi-versions.txt", versions), "utf8"));
    const wrong = misses("pypi", rows);
    expect(rows.length).toBeGreaterThan(wrong.length);
    expect(wrong).toStrictEqual(["0.9-fearow 0.9-gyarados: undefined and undefined, not -1"]);
  });

  test("apk.txt: what apk calls malformed has no order against itself", () => {
    const malformed = readFileSync(new URL("apk.txt", versions), "utf8")
      .split("\n")
      .filter((line) => line.startsWith("!"))
      .map((line) => line.slice(1));
    expect(malformed.length).toBeGreaterThan(10);
    expect(
      malformed.filter((version) => compareVersions("apk", version, version) !== undefined),
    ).toStrictEqual([]);
  });
});
