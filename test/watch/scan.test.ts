import { describe, expect, test } from "vitest";
import { occurrencesOf } from "../../src/edit/formats.ts";
import { UNHANDLED_REASONS } from "../../src/edit/occurrence.ts";
import {
  linesOf,
  pinsOf,
  placeOf,
  reasonInWords,
  type Scan,
  type ScannedPlace,
} from "../../src/watch/scan.ts";
import { digest, GLIBC, MUSL, NOW, profileOf, SHOP } from "../workers/bench.ts";

const OLD = digest("01d");
const PROFILES = [profileOf()];

function placesIn(text: string, profiles = PROFILES): readonly ScannedPlace[] {
  const options = { shell: false, matchers: [] };
  return occurrencesOf([{ path: "Dockerfile", text }], options).map((found) =>
    placeOf(found, { profiles, mirrors: [], pin: "follow" }),
  );
}

function scanOf(places: readonly ScannedPlace[]): Scan {
  return { codeRepository: SHOP, branch: "main", commit: "", scannedAt: NOW, places, skipped: [] };
}

const handled = (line = MUSL, pinned = OLD): ScannedPlace => ({
  path: "Dockerfile",
  line: 1,
  raw: "",
  state: { kind: "handled", line, digest: pinned, profile: "bellsoft" },
});
const watched: ScannedPlace = {
  path: "Dockerfile",
  line: 2,
  raw: "",
  state: { kind: "seen", reason: "not-pinned", line: GLIBC, profile: "bellsoft" },
};
const unwatched: ScannedPlace = {
  path: "Dockerfile",
  line: 3,
  raw: "",
  state: { kind: "seen", reason: "no-profile" },
};

describe("what becomes of a place", () => {
  const image = "bellsoft/hardened-base";
  test.each([
    {
      title: "claimed and pinned",
      text: `FROM ${image}:musl@${OLD}`,
      state: { kind: "handled", line: MUSL, digest: OLD, profile: "bellsoft" },
    },
    {
      title: "claimed, not pinned: watched",
      text: `FROM ${image}:musl`,
      state: { kind: "seen", reason: "not-pinned", line: MUSL, profile: "bellsoft" },
    },
    {
      title: "claimed, without a tag: nothing to watch",
      text: `FROM ${image}@${OLD}`,
      state: { kind: "seen", reason: "tag-unknown", profile: "bellsoft" },
    },
    {
      title: "claimed, put together of variables",
      text: `ARG TAG=musl\nARG SUM=${OLD}\nFROM ${image}:$TAG@$SUM`,
      state: { kind: "handled", line: MUSL },
    },
    {
      title: "not claimed, pinned",
      text: `FROM redis:8@${OLD}`,
      state: { kind: "seen", reason: "no-profile" },
    },
    { title: "not claimed, not pinned", text: "FROM redis:8", state: { kind: "seen", reason: "no-profile" } },
    {
      title: "nobody knows which image",
      text: "ARG BASE\nFROM $BASE",
      state: { kind: "seen", reason: "variable-unresolved" },
    },
    { title: "no image", text: "FROM a//b", state: { kind: "seen", reason: "reference-invalid" } },
  ])("$title", ({ text, state }) => {
    const places = placesIn(text);
    expect(places).toHaveLength(1);
    expect(places[0]?.state).toMatchObject(state);
  });

  test("without any profile nothing is watched", () => {
    expect(linesOf(scanOf(placesIn(`FROM ${image}:musl@${OLD}\nFROM ${image}:glibc`, [])))).toEqual([]);
  });

  test("a place that is not claimed names no line, so that nobody polls it", () => {
    for (const { state } of placesIn("FROM redis:8\nFROM evil.example/bellsoft/hardened-base:musl")) {
      expect(state).toEqual({ kind: "seen", reason: "no-profile" });
    }
  });
});

describe("what a scan subscribes to", () => {
  test("lines of handled and of watched places, each once", () => {
    expect(linesOf(scanOf([handled(), handled(MUSL, digest("02")), watched, unwatched]))).toEqual([
      MUSL,
      GLIBC,
    ]);
  });

  test("nothing in an empty one", () => {
    expect(linesOf(scanOf([]))).toEqual([]);
  });
});

describe("what a scan pins a line to", () => {
  test("each digest once", () => {
    const two = digest("02");
    expect(pinsOf(scanOf([handled(), handled(), handled(MUSL, two), watched]), MUSL)).toEqual([
      { digest: OLD, profile: "bellsoft", paths: ["Dockerfile"] },
      { digest: two, profile: "bellsoft", paths: ["Dockerfile"] },
    ]);
  });

  test("nothing where it is only watched", () => {
    expect(pinsOf(scanOf([handled(), watched, unwatched]), GLIBC)).toEqual([]);
  });
});

test("every reason has words of its own", () => {
  const reasons = [...UNHANDLED_REASONS, "no-profile", "service-ended"] as const;
  const words = reasons.map(reasonInWords);
  expect(new Set(words).size).toBe(reasons.length);
  expect(words.filter((text) => text.length < 10)).toEqual([]);
});
