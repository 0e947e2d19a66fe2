import { execFileSync, spawnSync } from "node:child_process";
import * as fc from "fast-check";
import { compare as compareByLibrary } from "semver";
import { describe, expect, test } from "vitest";
import { compareVersions, ORDERED_TYPES } from "../../src/versions/compare.ts";
import { turned } from "./rows.ts";

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

test("every two well-formed versions of apk have an order, and it is antisymmetric", () => {
  fc.assert(
    fc.property(apkLike, apkLike, (a, b) => {
      const order = compareVersions("apk", a, b);
      expect(order).toBeDefined();
      expect(compareVersions("apk", b, a)).toBe(turned(order));
      expect(compareVersions("apk", a, a)).toBe(0);
    }),
    { numRuns: 2_000 },
  );
});

/** Versions without a leading nought: with one, apk compares parts as text, and that is not transitive. */
const numbers = fc
  .array(fc.nat(30), { minLength: 2, maxLength: 4 })
  .map((parts) => parts.map((part) => part + 1).join("."));

/** Endings of a type whose orders are transitive among each other. */
const ENDINGS = new Map([
  ["apk", ["", "_rc1", "_p1", "-r0", "_p1-r3"]],
  ["deb", ["", "~rc1", "+b1", "-1", "-1~bpo1", "-1+deb12u1", "a"]],
  ["rpm", ["-1", "-1.el8", "-10.el8", "~rc1-1", "^git1-1", "-1.el8_10"]],
  ["maven", ["", "-rc1", "-SNAPSHOT", ".Final", "-1", "-jre"]],
  ["gem", ["", ".rc1", ".a", ".pre.1"]],
  ["cran", ["", "-1"]],
  ["hackage", ["", ".1"]],
  ["composer", ["", "-dev", "-RC1", "beta2"]],
  ["pypi", ["", "rc1", ".post1", ".dev2", "+local.1"]],
]);
const SEMVER_ENDINGS = ["", "-rc.1", "-1", "-a.b", "+5"];

test.each(ORDERED_TYPES)("%s: three versions stand in a line", (type) => {
  const version = fc
    .tuple(numbers, fc.constantFrom(...(ENDINGS.get(type) ?? SEMVER_ENDINGS)))
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(version, version, version, (a, b, c) => {
      const [low = "", middle = "", high = ""] = [a, b, c].toSorted(
        (x, y) => compareVersions(type, x, y) ?? 0,
      );
      const orders = [
        compareVersions(type, low, middle),
        compareVersions(type, middle, high),
        compareVersions(type, low, high),
      ];
      expect(orders).not.toContain(1);
      expect(orders).not.toContain(undefined);
    }),
    { numRuns: 500 },
  );
});

describe("other implementations", () => {
  test("semver: the order of npm's own library", () => {
    const identifier = fc.oneof(fc.nat(99).map(String), fc.constantFrom("a", "rc", "b-1", "A", "0a"));
    const version = fc
      .tuple(
        fc.array(fc.nat(3), { minLength: 3, maxLength: 3 }),
        fc.array(identifier, { maxLength: 3 }),
        fc.constantFrom("", "+x", "+1"),
      )
      .map(
        ([parts, labels, build]) =>
          `${parts.join(".")}${labels.length === 0 ? "" : "-"}${labels.join(".")}${build}`,
      );
    fc.assert(
      fc.property(version, version, (a, b) => {
        expect(compareVersions("npm", a, b)).toBe(compareByLibrary(a, b));
      }),
      { numRuns: 2_000 },
    );
  });

  const isDpkgHere = spawnSync("dpkg", ["--version"]).status === 0;

  test.skipIf(!isDpkgHere)(
    "deb: the order of dpkg on random pairs (skipped where it is not installed)",
    () => {
      const text = fc.string({
        unit: fc.constantFrom(...Array.from("0129.+~aZ-")),
        minLength: 1,
        maxLength: 6,
      });
      const version = fc
        .tuple(
          fc.constantFrom("", "0:", "1:"),
          fc.constantFrom("0", "1", "10"),
          text,
          fc.constantFrom("", "-1", "-0"),
        )
        .map((parts) => parts.join(""));
      const pairs = fc.sample(fc.tuple(version, version), { numRuns: 400, seed: 20_261_129 });
      const script =
        'while read -r a b; do if dpkg --compare-versions "$a" lt "$b"; then echo -1; elif dpkg --compare-versions "$a" eq "$b"; then echo 0; else echo 1; fi; done';
      // A version that dpkg refuses is compared as no version at all: only those it reads are asked for.
      const readable = pairs.filter(([a, b]) => compareVersions("deb", a, b) !== undefined);
      const answers = execFileSync("sh", ["-c", script], {
        input: readable.map((pair) => `${pair.join(" ")}\n`).join(""),
        stdio: ["pipe", "pipe", "pipe"],
      })
        .toString()
        .trim()
        .split("\n")
        .map(Number);
      expect(readable.length).toBeGreaterThan(200);
      expect(readable.map(([a, b]) => [a, b, compareVersions("deb", a, b)])).toStrictEqual(
        readable.map(([a, b], at) => [a, b, answers[at]]),
      );
    },
  );
});
