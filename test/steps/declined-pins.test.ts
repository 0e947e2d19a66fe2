import { describe, expect, test } from "vitest";
import type { ProposalRecord } from "../../src/ports/store.ts";
import { declinedBy, declinedWith } from "../../src/steps/declined-pins.ts";
import { digest, GLIBC, MUSL, NOW } from "../workers/bench.ts";
import { PINS, PINS_BRANCH } from "../workers/first-pins-bench.ts";

const RECORD: ProposalRecord = {
  ...PINS,
  branch: PINS_BRANCH,
  number: 1,
  url: "",
  title: "",
  state: "closed",
  headCommit: "",
  contentHash: "",
  updates: [],
  openedAt: NOW,
  checkedAt: NOW,
};
const update = (line = MUSL, paths: readonly string[] | undefined = ["Dockerfile"]) => ({
  line,
  to: digest("01d"),
  superseded: [],
  ...(paths === undefined ? {} : { paths }),
});
const all = { line: MUSL, to: digest("01d"), superseded: [] };

describe("what closing a pull request declines", () => {
  test.each([
    { title: "nothing, where it pinned nothing", record: RECORD, expected: [] },
    {
      title: "each of its places",
      record: { ...RECORD, updates: [update(MUSL, ["a", "b"]), update(GLIBC)] },
      expected: [
        { line: MUSL, path: "a" },
        { line: MUSL, path: "b" },
        { line: GLIBC, path: "Dockerfile" },
      ],
    },
    {
      title: "all of a line, where the places are not known",
      record: { ...RECORD, updates: [all] },
      expected: [{ line: MUSL }],
    },
    {
      title: "what was declined before, each once",
      record: {
        ...RECORD,
        updates: [update()],
        declinedPins: [
          { line: GLIBC, path: "c" },
          { line: MUSL, path: "Dockerfile" },
        ],
      },
      expected: [
        { line: GLIBC, path: "c" },
        { line: MUSL, path: "Dockerfile" },
      ],
    },
  ])("$title", ({ record, expected }) => {
    expect(declinedWith(record)).toEqual(expected);
  });

  test("is bounded: the oldest is forgotten", () => {
    const paths = Array.from({ length: 6_000 }, (_, number) => `f${number}`);
    const declined = declinedWith({
      ...RECORD,
      updates: [update(MUSL, paths)],
      declinedPins: [{ line: GLIBC, path: "old" }],
    });
    expect(declined).toHaveLength(5_000);
    expect(declined.at(-1)).toEqual({ line: MUSL, path: "f5999" });
    expect(declined).not.toContainEqual({ line: GLIBC, path: "old" });
  });
});

describe("a place is declined", () => {
  const record = { ...RECORD, declinedPins: [{ line: MUSL, path: "Dockerfile" }, { line: GLIBC }] };
  test.each([
    { title: "this tag in this file", place: { line: MUSL, path: "Dockerfile" }, expected: true },
    { title: "this tag in any file", place: { line: GLIBC, path: "x" }, expected: true },
    { title: "not this tag in another file", place: { line: MUSL, path: "b/Dockerfile" }, expected: false },
    { title: "not in a folder of that name", place: { line: MUSL, path: "Dockerfile/x" }, expected: false },
    {
      title: "not another repository of that tag",
      place: {
        line: { ...MUSL, repository: { registry: "evil.example", path: MUSL.repository.path } },
        path: "Dockerfile",
      },
      expected: false,
    },
  ])("$title", ({ place, expected }) => {
    expect(declinedBy(record)(place)).toBe(expected);
  });

  test("nowhere, where nobody closed anything", () => {
    expect(declinedBy(undefined)({ line: MUSL, path: "Dockerfile" })).toBe(false);
    expect(declinedBy(RECORD)({ line: MUSL, path: "Dockerfile" })).toBe(false);
  });
});
