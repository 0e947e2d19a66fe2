import { array, assert, constant, oneof, property, stringMatching, uniqueArray } from "fast-check";
import { describe, expect, test } from "vitest";
import {
  BRANCHES_MAX,
  branchesInWords,
  chosenBranches,
  headsWishOf,
  isWantedBranch,
} from "../../src/vendor/base-branches.ts";

/** Which branches pull requests go to. */

describe("what is asked about", () => {
  test.each([
    {
      title: "the default branch",
      wanted: ["$default"],
      wish: { isDefaultWanted: true, names: [], prefixes: [] },
    },
    {
      title: "names, each once",
      wanted: ["main", "release/1.x", "main"],
      wish: { isDefaultWanted: false, names: ["main", "release/1.x"], prefixes: [] },
    },
    {
      title: "the folder of a pattern",
      wanted: ["$default", "release/*"],
      wish: { isDefaultWanted: true, names: [], prefixes: ["release/"] },
    },
    {
      title: "the folder before the first star, where it stands within a name",
      wanted: ["release/v1-*/a*"],
      wish: { isDefaultWanted: false, names: [], prefixes: ["release/"] },
    },
    {
      title: "all branches, where a pattern begins at once",
      wanted: ["*-stable"],
      wish: { isDefaultWanted: false, names: [], prefixes: [""] },
    },
    {
      title: "a folder within another only with that",
      wanted: ["a/b/*", "a/*", "a/b/c/**", "ab/*", "a/*"],
      wish: { isDefaultWanted: false, names: [], prefixes: ["a/", "ab/"] },
    },
  ])("$title", ({ wanted, wish }) => {
    expect(headsWishOf(wanted)).toEqual(wish);
  });
});

const THERE = {
  default: "main",
  names: [
    "release/9",
    "release/10",
    "release/10.1",
    "release/old/1",
    "main",
    "develop",
    "hullkeeper/bellsoft",
  ],
};

describe("what is read", () => {
  test.each([
    { title: "the default branch", wanted: ["$default"], branches: ["main"] },
    { title: "the default branch once, by its name too", wanted: ["$default", "main"], branches: ["main"] },
    {
      title: "names in the order they are wanted",
      wanted: ["release/9", "develop"],
      branches: ["release/9", "develop"],
    },
    {
      title: "those of a pattern, the highest numbers first",
      wanted: ["$default", "release/*"],
      branches: ["main", "release/10.1", "release/10", "release/9"],
    },
    {
      title: "those of a pattern over folders",
      wanted: ["release/**"],
      branches: ["release/old/1", "release/10.1", "release/10", "release/9"],
    },
    { title: "none of ours, whatever the pattern", wanted: ["hull*/*", "*er/*"], branches: [] },
    { title: "no name that only begins so", wanted: ["release", "dev", "release/1"], branches: [] },
    { title: "no name in other letters", wanted: ["Main", "DEVELOP"], branches: [] },
  ])("$title", ({ wanted, branches }) => {
    expect(chosenBranches(wanted, THERE).branches).toEqual(branches);
  });

  test.each([
    { title: "nothing, where all are there", wanted: ["$default", "release/*"], missing: [] },
    { title: "a name", wanted: ["$default", "gone"], missing: ["gone"] },
    { title: "a pattern that nothing matches", wanted: ["hotfix/*", "main"], missing: ["hotfix/*"] },
    { title: "ours", wanted: ["hullkeeper/bellsoft"], missing: ["hullkeeper/bellsoft"] },
  ])("and what is missing: $title", ({ wanted, missing }) => {
    expect(chosenBranches(wanted, THERE).missing).toEqual(missing);
  });

  test("the default branch is missing where there is none", () => {
    expect(chosenBranches(["$default"], { names: ["main"] })).toEqual({
      branches: [],
      missing: ["$default"],
      leftOutCount: 0,
    });
  });

  test("no more than so many: what is named first, then the highest numbers", () => {
    const names = Array.from({ length: 30 }, (_, n) => `release/${n}`);
    const choice = chosenBranches(["release/0", "release/*"], { names });
    expect(choice.branches).toHaveLength(BRANCHES_MAX);
    expect(choice.branches.slice(0, 3)).toEqual(["release/0", "release/29", "release/28"]);
    expect(choice.leftOutCount).toBe(30 - BRANCHES_MAX);
  });

  const name = stringMatching(/^[a-c]{0,2}[/.-]?[0-9]{0,2}$/).filter((text) => text !== "");
  const entry = oneof(name, constant("$default"), stringMatching(/^[a-c*]{0,3}\/?\*{1,2}$/));

  test("is a question of which are there and wanted, and of nothing else", () => {
    assert(
      property(array(entry, { minLength: 1 }), uniqueArray(name), (wanted, names) => {
        const [main] = names;
        const there = { names, ...(main === undefined ? {} : { default: main }) };
        const { branches, leftOutCount, missing } = chosenBranches(wanted, there);
        expect(new Set(branches).size).toBe(branches.length);
        expect(chosenBranches(wanted, { ...there, names: names.toReversed() })).toEqual({
          branches,
          leftOutCount,
          missing,
        });
        const meant = names.filter((branch) =>
          isWantedBranch(wanted, { branch, isDefault: branch === main }),
        );
        expect(meant.length).toBe(branches.length + leftOutCount);
        expect(branches.every((branch) => meant.includes(branch))).toBe(true);
        // Everything that is wanted is asked about.
        const wish = headsWishOf(wanted);
        const isAsked = (branch: string): boolean =>
          (wish.isDefaultWanted && branch === main) ||
          wish.names.includes(branch) ||
          wish.prefixes.some((prefix) => branch.startsWith(prefix));
        expect(meant.every(isAsked)).toBe(true);
      }),
    );
  });
});

test.each([
  { title: "all are read", facts: { missing: [], leftOutCount: 0 }, words: undefined },
  {
    title: "one is missing",
    facts: { missing: ["gone"], leftOutCount: 0 },
    words: "no branch is named gone",
  },
  {
    title: "one more is wanted",
    facts: { missing: [], leftOutCount: 1 },
    words: "1 more is wanted than the 20 that are read",
  },
  {
    title: "both",
    facts: { missing: ["a", "b/*"], leftOutCount: 12 },
    words: "no branch is named a, b/*; 12 more are wanted than the 20 that are read",
  },
  {
    title: "not all were looked through",
    facts: { missing: [], leftOutCount: 0, isPartial: true },
    words: "there are more branches than the 1,000 that are looked through",
  },
])("in words: $title", ({ facts, words }) => {
  expect(branchesInWords({ isPartial: false, ...facts })).toBe(words);
});
