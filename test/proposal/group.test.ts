import { assert as assertProperty, constantFrom, pre, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { parseRepository, parseTag } from "../../src/image/reference.ts";
import { branchOf } from "../../src/proposal/branch.ts";
import { groupingOf, groupOf, groupsOf, PINS_GROUP } from "../../src/proposal/group.ts";
import { GROUPINGS } from "../../src/vendor/pull-rules.ts";

const LINE = { repository: parseRepository("bellsoft/hardened-base"), tag: parseTag("musl") };
const place = (path: string) => ({ line: LINE, path, profile: "bellsoft" });

test.each([
  { title: "the vendor", grouping: "vendor", path: "a/Dockerfile", group: "bellsoft" },
  {
    title: "the image line",
    grouping: "line",
    path: "a/Dockerfile",
    group: "line:docker.io/bellsoft/hardened-base:musl",
  },
  { title: "the directory", grouping: "directory", path: "deploy/prod/Dockerfile", group: "dir:deploy/prod" },
  { title: "the top directory", grouping: "directory", path: "Dockerfile", group: "dir:." },
  {
    title: "a directory with a sign that joins names",
    grouping: "directory",
    path: "a#b/f",
    group: "dir:a%23b",
  },
  { title: "a directory with a line end", grouping: "directory", path: "a\nb/f", group: "dir:a%0Ab" },
  { title: "a directory of other letters", grouping: "directory", path: "é/f", group: "dir:%C3%A9" },
  { title: "everything", grouping: "all", path: "a/Dockerfile", group: "_all" },
] as const)("a group by $title", ({ grouping, path, group }) => {
  expect(groupOf(grouping, place(path))).toBe(group);
  expect(groupingOf(group)).toBe(grouping);
});

test("first pins are a group that no grouping makes, with a branch of its own", () => {
  expect(groupingOf(PINS_GROUP)).toBeUndefined();
  expect(branchOf(PINS_GROUP)).toBe("hullkeeper/_pins");
  expect(branchOf(PINS_GROUP, "release")).toBe("hullkeeper/_pins@release");
  for (const grouping of GROUPINGS) {
    for (const path of ["_pins", "_pins/Dockerfile"]) {
      expect(groupOf(grouping, place(path))).not.toBe(PINS_GROUP);
    }
  }
});

test("one line in several directories is a group each", () => {
  const paths = ["a/Dockerfile", "b/Dockerfile", "a/Dockerfile.test"];
  expect(groupsOf("directory", { line: LINE, profile: "bellsoft", paths })).toEqual(["dir:a", "dir:b"]);
  expect(groupsOf("vendor", { line: LINE, profile: "bellsoft", paths })).toEqual(["bellsoft"]);
});

describe("for any path", () => {
  const paths = string({ unit: "binary", maxLength: 600 }).map((text) => `${text}/Dockerfile`);

  test("a group is printable, bounded, and holds no sign that joins names", () => {
    assertProperty(
      property(paths, constantFrom(...GROUPINGS), (path, grouping) => {
        const group = groupOf(grouping, place(path));
        expect(group).toMatch(/^[\x21-\x7e]{1,240}$/);
        expect(group).not.toContain("#");
        expect(groupingOf(group)).toBe(grouping);
      }),
    );
  });

  test("two directories are two groups and two branches", () => {
    assertProperty(
      property(paths, paths, (one, other) => {
        pre(one.toWellFormed() !== other.toWellFormed());
        const groups = [one, other].map((path) => groupOf("directory", place(path)));
        expect(new Set(groups).size).toBe(2);
        expect(new Set(groups.map((group) => branchOf(group))).size).toBe(2);
      }),
    );
  });
});
