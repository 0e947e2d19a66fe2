import { describe, expect, test } from "vitest";
import { componentsOf, hasChanges, type ListsAnswer } from "../../src/assess/components.ts";
import type { ComponentList } from "../../src/sbom/component.ts";
import { diffWith } from "../fixtures/diffs.ts";
import { listOf } from "../fixtures/lists.ts";

const A = listOf("pkg:apk/x/a@1");
const B = listOf("pkg:apk/x/a@2");

function lists(list: ComponentList | undefined, platform = ""): ListsAnswer {
  return { kind: "lists", lists: [{ platform, list }] };
}

describe("not compared, and why", () => {
  const missing = { kind: "missing", reason: "no SBOM is attached" } as const;
  const named: ComponentList = {
    ...A,
    components: [
      { key: "name:x", type: "", name: "x", version: "1", source: { name: "x", how: "own-name" } },
    ],
  };
  test.each([
    {
      title: "no old list",
      old: missing,
      new: lists(A),
      quality: "old-missing",
      reason: "the old image: no SBOM is attached",
    },
    {
      title: "no new list",
      old: lists(A),
      new: missing,
      quality: "new-missing",
      reason: "the new image: no SBOM is attached",
    },
    {
      title: "no lists",
      old: missing,
      new: missing,
      quality: "new-missing",
      reason: "the new image: no SBOM is attached",
    },
    {
      title: "D5: an SBOM of the index is all that the new image has",
      old: lists(A),
      new: lists({ ...A, scope: "index" }),
      quality: "index-only",
      reason: "the new image: its SBOM lists no packages",
    },
    {
      title: "an SBOM of the index is all that the old image has",
      old: lists({ ...A, scope: "index" }),
      new: lists(A),
      quality: "index-only",
      reason: "the old image: its SBOM lists no packages",
    },
    {
      title: "D6: two equal SBOMs of indexes",
      old: lists({ ...A, scope: "index" }),
      new: lists({ ...A, scope: "index" }),
      quality: "index-only",
      reason: "the new image: its SBOM lists no packages",
    },
    {
      title: "other platforms",
      old: lists(A, "linux/amd64"),
      new: lists(A, "linux/arm64"),
      quality: "new-missing",
      reason: "the new image: there is no component list for any platform that both have",
    },
    {
      title: "an old list that is no longer kept for the one platform",
      old: lists(undefined, "linux/amd64"),
      new: lists(A, "linux/amd64"),
      quality: "old-missing",
      reason: "the old image: there is no component list for any platform that both have",
    },
    {
      title: "two tools' lists without a purl",
      old: lists(named),
      new: lists({ ...named, tool: "trivy" }),
      quality: "cross-tool",
      reason: "the lists of the two images have nothing in them that different tools would write alike",
    },
  ])("$title", ({ old, new: current, quality, reason }) => {
    expect(componentsOf(old, current)).toStrictEqual({ kind: "not-compared", quality, reason });
  });
});

test.each([
  { title: "another version", old: lists(A), new: lists(B), changed: true },
  { title: "the same", old: lists(A), new: lists(A), changed: false },
])("compared: $title", ({ old, new: current, changed }) => {
  const components = componentsOf(old, current);
  if (components.kind === "not-compared") throw new Error(components.reason);
  expect(hasChanges(components.diff)).toBe(changed);
});

test.each([
  { title: "a platform is gone", more: { removed: ["linux/arm64"] } },
  { title: "a platform is new", more: { added: ["linux/arm64"] } },
  {
    title: "one platform alone has a change",
    more: {
      own: [
        {
          platform: "linux/arm64",
          changes: diffWith([
            {
              kind: "added",
              component: {
                key: "a",
                type: "",
                name: "a",
                version: "",
                source: { name: "a", how: "own-name" },
              },
            },
          ]).common.changes,
        },
      ],
    },
  },
])("something changed: $title", ({ more }) => {
  expect(hasChanges({ ...diffWith([]), ...more })).toBe(true);
});
