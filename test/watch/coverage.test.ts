import { assert as assertProperty, array, constantFrom, property } from "fast-check";
import { expect, test } from "vitest";
import { coverageOf } from "../../src/watch/coverage.ts";
import type { Scan, ScannedPlace } from "../../src/watch/scan.ts";
import { digest, GLIBC, MUSL, NOW, SHOP } from "../workers/bench.ts";

const scanOf = (places: readonly ScannedPlace[]): Scan => ({
  codeRepository: SHOP,
  branch: "main",
  commit: "",
  scannedAt: NOW,
  places,
  skipped: [],
});
const at = { path: "f", line: 1, raw: "" };
const HANDLED: ScannedPlace = {
  ...at,
  format: "dockerfile",
  state: { kind: "handled", line: MUSL, digest: digest("01d"), profile: "bellsoft" },
};
const UNPINNED: ScannedPlace = {
  ...at,
  format: "compose",
  state: { kind: "seen", reason: "not-pinned", isPinnable: true, line: GLIBC, profile: "bellsoft" },
};
const NOBODYS: ScannedPlace = { ...at, format: "dockerfile", state: { kind: "seen", reason: "no-profile" } };
const GENERATED: ScannedPlace = { ...at, format: "dockerfile", state: { kind: "seen", reason: "generated" } };
const OLDER: ScannedPlace = { ...at, state: { kind: "seen", reason: "not-pinned" } };
const ALL = [HANDLED, UNPINNED, NOBODYS, GENERATED, OLDER];

test.each([
  { title: "no scan", scans: [], expected: [] },
  { title: "a scan without places", scans: [scanOf([])], expected: [] },
  {
    title: "several kinds of files in several code repositories",
    scans: [scanOf([HANDLED, UNPINNED, GENERATED]), scanOf([HANDLED, NOBODYS, NOBODYS])],
    expected: [
      { format: "compose", handledCount: 0, unpinnedCount: 1, reasons: [] },
      {
        format: "dockerfile",
        handledCount: 2,
        unpinnedCount: 0,
        reasons: [
          { reason: "no-profile", count: 2 },
          { reason: "generated", count: 1 },
        ],
      },
    ],
  },
  {
    title: "places of an older release, last",
    scans: [scanOf([OLDER, UNPINNED])],
    expected: [
      { format: "compose", handledCount: 0, unpinnedCount: 1, reasons: [] },
      { handledCount: 0, unpinnedCount: 0, reasons: [{ reason: "not-pinned", count: 1 }] },
    ],
  },
])("coverage of $title", ({ scans, expected }) => {
  expect(coverageOf(scans)).toEqual(expected);
});

test("every place counts once, whatever there is", () => {
  assertProperty(
    property(array(array(constantFrom(...ALL))), (lists) => {
      const sum = coverageOf(lists.map(scanOf)).reduce(
        (total, { handledCount, unpinnedCount, reasons }) =>
          total + handledCount + unpinnedCount + reasons.reduce((all, { count }) => all + count, 0),
        0,
      );
      expect(sum).toBe(lists.flat().length);
    }),
  );
});
