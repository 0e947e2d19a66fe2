import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PlatformsDiff } from "../../src/sbom/change.ts";
import type { ComponentList } from "../../src/sbom/component.ts";
import { diffOf } from "../../src/sbom/diff.ts";
import { changeCountOf, type PlatformList, platformsDiffOf } from "../../src/sbom/platforms.ts";
import { listOf } from "../fixtures/lists.ts";
import { written } from "./written.ts";

const AMD = "linux/amd64";
const ARM = "linux/arm64";
const S390 = "linux/s390x";
const a = (version: number): string => `pkg:apk/x/a@${version}`;
const b = (version: number): string => `pkg:apk/x/b@${version}`;

function on(platform: string, ...purls: readonly string[]): PlatformList {
  return { platform, list: listOf(...purls) };
}

function shown({ common, own, ...rest }: PlatformsDiff) {
  return {
    quality: common.quality,
    common: common.changes.map(written),
    own: own.map(({ platform, changes }) => `${platform}: ${changes.map(written).join("; ")}`),
    ...rest,
  };
}

const NOTHING = { quality: "exact", common: [], own: [], added: [], removed: [], unlisted: [] };

describe("what changed on each platform", () => {
  test.each([
    {
      title: "the same everywhere: once",
      before: [on(AMD, a(1)), on(ARM, a(1))],
      after: [on(ARM, a(2)), on(AMD, a(2))],
      shown: { ...NOTHING, common: ["upgraded apk/x/a 1 → 2"], compared: [AMD, ARM] },
    },
    {
      title: "one platform has more",
      before: [on(AMD, a(1)), on(ARM, a(1))],
      after: [on(AMD, a(2)), on(ARM, a(2), b(1))],
      shown: {
        ...NOTHING,
        common: ["upgraded apk/x/a 1 → 2"],
        own: [`${ARM}: added apk/x/b 1`],
        compared: [AMD, ARM],
      },
    },
    {
      title: "two of three have more",
      before: [on(AMD, a(1)), on(ARM, a(1)), on(S390, a(1))],
      after: [on(AMD, a(1), b(1)), on(ARM, a(1)), on(S390, a(1), b(1))],
      shown: {
        ...NOTHING,
        own: [`${AMD}: added apk/x/b 1`, `${S390}: added apk/x/b 1`],
        compared: [AMD, ARM, S390],
      },
    },
    {
      title: "each its own",
      before: [on(AMD, a(1)), on(ARM, a(2))],
      after: [on(AMD, a(3)), on(ARM, a(3))],
      shown: {
        ...NOTHING,
        own: [`${AMD}: upgraded apk/x/a 1 → 3`, `${ARM}: upgraded apk/x/a 2 → 3`],
        compared: [AMD, ARM],
      },
    },
    {
      title: "lists of whole digests",
      before: [on("", a(1))],
      after: [on("", a(2))],
      shown: { ...NOTHING, common: ["upgraded apk/x/a 1 → 2"], compared: [""] },
    },
    {
      title: "a list of a whole digest stands for each platform",
      before: [on("", a(1))],
      after: [on(AMD, a(2)), on(ARM, a(1))],
      shown: { ...NOTHING, own: [`${AMD}: upgraded apk/x/a 1 → 2`], compared: [AMD, ARM] },
    },
    {
      title: "and for those only that have none of their own",
      before: [on(AMD, a(1)), on("", a(5))],
      after: [on(AMD, a(2))],
      shown: { ...NOTHING, common: ["upgraded apk/x/a 1 → 2"], compared: [AMD] },
    },
    {
      title: "D21: linux/arm64 is missing in the new index: a finding of its own",
      before: [on(AMD, a(1)), on(ARM, a(1))],
      after: [on(AMD, a(1))],
      shown: { ...NOTHING, compared: [AMD], removed: [ARM] },
    },
    {
      title: "a platform more",
      before: [on(AMD, a(1))],
      after: [on(S390, a(1)), on(AMD, a(1)), on(ARM, a(1))],
      shown: { ...NOTHING, compared: [AMD], added: [ARM, S390] },
    },
    {
      title: "a platform whose packages the old image does not list",
      before: [on(AMD, a(1)), { platform: ARM, list: undefined }],
      after: [on(AMD, a(1)), on(ARM, a(1))],
      shown: { ...NOTHING, compared: [AMD], unlisted: [ARM] },
    },
    {
      title: "a platform whose SBOM lists no packages",
      before: [on(AMD, a(1)), on(ARM, a(1))],
      after: [on(AMD, a(1)), on(ARM)],
      shown: { ...NOTHING, compared: [AMD], unlisted: [ARM] },
    },
    {
      title: "a platform that is gone and was never listed",
      before: [on(AMD, a(1)), { platform: ARM, list: undefined }],
      after: [on(AMD, a(1))],
      shown: { ...NOTHING, compared: [AMD], removed: [ARM] },
    },
  ])("$title", ({ before, after, shown: expected }) => {
    expect(shown(platformsDiffOf(before, after))).toStrictEqual(expected);
  });
});

describe("where nothing could be compared, that is not nothing changed", () => {
  const none = { platform: "", list: undefined };
  test.each([
    { title: "no new list", before: [on("", a(1))], after: [none], quality: "new-missing", unlisted: [] },
    { title: "no old list", before: [none], after: [on("", a(1))], quality: "old-missing", unlisted: [] },
    { title: "no lists", before: [none], after: [none], quality: "new-missing", unlisted: [] },
    { title: "nothing at all", before: [], after: [], quality: "new-missing", unlisted: [] },
    { title: "no old platforms", before: [], after: [on(AMD, a(1))], quality: "new-missing", unlisted: [] },
    {
      title: "no old list of a platform",
      before: [none],
      after: [on(AMD, a(1))],
      quality: "old-missing",
      unlisted: [AMD],
    },
    {
      title: "D5: an SBOM of the index only",
      before: [on("", a(1))],
      after: [on("")],
      quality: "index-only",
      unlisted: [],
    },
    {
      title: "D6: two SBOMs of indexes",
      before: [on("")],
      after: [on("")],
      quality: "index-only",
      unlisted: [],
    },
  ])("$title: $quality", ({ before, after, quality, unlisted }) => {
    expect(shown(platformsDiffOf(before, after))).toMatchObject({
      quality,
      common: [],
      compared: [],
      unlisted,
    });
  });

  test("other platforms than before", () => {
    expect(shown(platformsDiffOf([on(AMD, a(1))], [on(ARM, a(1))]))).toStrictEqual({
      ...NOTHING,
      quality: "new-missing",
      compared: [],
      added: [ARM],
      removed: [AMD],
    });
  });
});

test("the least quality of all platforms counts, and the fewest that stayed the same", () => {
  const other: ComponentList = { ...listOf(a(1)), tool: "trivy" };
  const diff = platformsDiffOf(
    [on(AMD, a(1), b(1)), on(ARM, a(1))],
    [on(AMD, a(1), b(1)), { platform: ARM, list: other }],
  );
  expect(diff.common).toMatchObject({ quality: "cross-tool", equalCount: 1 });
});

test("each change counts once, on however many platforms", () => {
  const before = [on(AMD, a(1)), on(ARM, a(1)), on(S390, a(1))];
  const after = [on(AMD, a(2), b(1)), on(ARM, a(2)), on(S390, a(2), b(1))];
  expect(changeCountOf(platformsDiffOf(before, after))).toBe(2);
});

const lists = fc.uniqueArray(
  fc.record({
    platform: fc.constantFrom(AMD, ARM, S390),
    list: fc.option(
      fc.array(fc.constantFrom(a(1), a(2), b(1), b(2))).map((purls) => listOf(...purls)),
      { nil: undefined },
    ),
  }),
  { selector: ({ platform }) => platform, minLength: 1 },
);

test("for any lists: common and own part together are each platform's difference", () => {
  fc.assert(
    fc.property(lists, lists, (before, after) => {
      const { common, own, compared, added, removed, unlisted } = platformsDiffOf(before, after);
      for (const platform of compared) {
        const [old, current] = [before, after].map(
          (side) => side.find((one) => one.platform === platform)?.list,
        );
        if (old === undefined || current === undefined) throw new Error(`not listed: ${platform}`);
        const rest = own.find((one) => one.platform === platform)?.changes ?? [];
        expect([...common.changes, ...rest].map(written).toSorted()).toStrictEqual(
          diffOf(old, current).changes.map(written).toSorted(),
        );
      }
      const all = [...compared, ...added, ...removed, ...unlisted].toSorted();
      expect(all).toStrictEqual(
        [...new Set([...before, ...after].map(({ platform }) => platform))].toSorted(),
      );
    }),
  );
});
