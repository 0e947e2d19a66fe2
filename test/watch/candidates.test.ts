import { describe, expect, test } from "vitest";
import { parseRepository, parseTag } from "../../src/image/reference.ts";
import {
  candidatesOf,
  isSameCandidates,
  linesIn,
  lineTo,
  type TagListing,
} from "../../src/watch/candidates.ts";
import { linesOf, movingTo, pinnedLines, type Scan } from "../../src/watch/scan.ts";
import { BASE, digest, GLIBC, lineOf, MUSL } from "../workers/bench.ts";

const OLD = lineOf("1.2.4-musl");
const NEW = lineOf("1.2.5-musl");
const OTHER = { repository: parseRepository("bellsoft/hardened-go"), tag: OLD.tag };
const LISTING: Pick<TagListing, "newest"> = {
  newest: [
    { tag: OLD.tag, scope: "patch", to: NEW.tag },
    { tag: OLD.tag, scope: "major", to: parseTag("2.0.0-musl") },
    { tag: GLIBC.tag, scope: "patch" },
  ],
};
const CANDIDATE = { line: OLD, to: NEW.tag };

describe("where lines may move", () => {
  test("is what the list says for their scope", () => {
    expect(candidatesOf([OLD], "patch", LISTING)).toEqual([CANDIDATE]);
    expect(candidatesOf([OLD], "major", LISTING)).toEqual([{ line: OLD, to: "2.0.0-musl" }]);
  });

  test.each([
    { title: "nothing newer is listed", line: GLIBC, scope: "patch" },
    { title: "nobody has asked about the tag", line: MUSL, scope: "patch" },
    { title: "nobody has asked for the scope", line: OLD, scope: "minor" },
  ] as const)("is nowhere where $title", ({ line, scope }) => {
    expect(candidatesOf([line], scope, LISTING)).toEqual([]);
  });
});

test("lines of one repository, each once", () => {
  expect(linesIn(BASE, [OLD, OTHER, OLD, NEW])).toEqual([OLD, NEW]);
  expect(linesIn(OTHER.repository, [OLD])).toEqual([]);
});

describe("two sets of candidates", () => {
  const moved = { line: OLD, to: parseTag("1.2.6-musl") };
  test.each([
    {
      title: "the same, in another order",
      a: [CANDIDATE, { line: GLIBC, to: NEW.tag }],
      b: [{ line: GLIBC, to: NEW.tag }, CANDIDATE],
      same: true,
    },
    {
      title: "the same, with another place that is stuck",
      a: [CANDIDATE],
      b: [{ ...CANDIDATE, stuck: [{ path: "a", line: 1 }] }],
      same: true,
    },
    { title: "none", a: [], b: [], same: true },
    { title: "one more", a: [CANDIDATE], b: [CANDIDATE, { line: GLIBC, to: NEW.tag }], same: false },
    { title: "one less", a: [CANDIDATE], b: [], same: false },
    { title: "another tag", a: [CANDIDATE], b: [moved], same: false },
    { title: "of another repository", a: [CANDIDATE], b: [{ line: OTHER, to: NEW.tag }], same: false },
  ])("$title", ({ a, b, same }) => {
    expect(isSameCandidates(a, b)).toBe(same);
  });
});

describe("a scan with a newer tag", () => {
  const state = { kind: "handled", line: OLD, digest: digest("01d"), profile: "bellsoft" } as const;
  const scan: Pick<Scan, "places" | "candidates"> = {
    places: [
      { path: "Dockerfile", line: 1, raw: "", state },
      {
        path: "Dockerfile",
        line: 2,
        raw: "",
        state: { kind: "seen", reason: "not-pinned", line: MUSL, profile: "bellsoft" },
      },
    ],
    candidates: [CANDIDATE],
  };

  test("subscribes to it beside what places name", () => {
    expect(linesOf(scan)).toEqual([OLD, MUSL, NEW]);
    expect(linesOf({ places: scan.places })).toEqual([OLD, MUSL]);
  });

  test("pins what it pinned, and no more", () => {
    expect(pinnedLines(scan)).toEqual([OLD]);
  });

  test("knows which lines may move there", () => {
    expect(lineTo(CANDIDATE)).toEqual(NEW);
    expect(movingTo(scan, NEW)).toEqual([OLD]);
    expect(movingTo(scan, OLD)).toEqual([]);
    expect(movingTo({}, NEW)).toEqual([]);
  });
});
