import { describe, expect, test } from "vitest";
import type { Assessment } from "../../src/assess/assessment.ts";
import { renderBody } from "../../src/proposal/body.ts";
import { LIMITS } from "../../src/proposal/body/limits.ts";
import { renderPackages } from "../../src/proposal/body/packages.ts";
import type { Update } from "../../src/proposal/plan.ts";
import type { ComponentChange, PlatformsDiff } from "../../src/sbom/change.ts";
import { diffWith } from "../fixtures/diffs.ts";
import { builderUpdate, component, KEY, planOf, runtimeUpdate } from "./example.ts";

const [ALL] = LIMITS;
if (ALL === undefined) throw new Error("no limits");
const limits = ALL;

function updateWith(diff: PlatformsDiff, update: Update = runtimeUpdate()): Update {
  const components: Assessment["components"] = { kind: "compared", diff };
  return { ...update, assessment: { ...update.assessment, components } };
}

function packagesOf(diff: PlatformsDiff): string {
  return renderPackages(planOf([updateWith(diff)]), limits) ?? "";
}

function bodyOf(...updates: readonly Update[]): string {
  return renderBody(planOf(updates), { version: "0.1.0", markerKey: KEY });
}

const added: ComponentChange = { kind: "added", component: component("b", "1") };
const upgraded: ComponentChange = { kind: "upgraded", from: component("a", "1"), to: component("a", "2") };
const AMD = "linux/amd64";
const ARM = "linux/arm64";

describe("the packages", () => {
  test.each<{ title: string; diff: PlatformsDiff; shown: readonly string[]; hidden?: readonly string[] }>([
    {
      title: "on all platforms alike: once",
      diff: { ...diffWith([upgraded], { equalCount: 7 }), compared: [AMD, ARM] },
      shown: [
        "<summary>Packages: 1 upgraded, 0 added, 0 removed</summary>",
        "7 stayed the same on each platform at least. Compared on `linux/amd64`, `linux/arm64`.",
      ],
      hidden: ["Only on"],
    },
    {
      title: "of one platform beside what is common",
      diff: {
        ...diffWith([upgraded]),
        compared: [AMD, ARM],
        own: [{ platform: ARM, changes: [added] }],
      },
      shown: [
        "<summary>Packages: 1 upgraded, 0 added, 0 removed, more on <code>linux/arm64</code></summary>",
        "Upgraded: `a` `1` → `2`",
        "**Only on `linux/arm64`**: 0 upgraded, 1 added, 0 removed\n\nAdded: `b` `1`",
      ],
    },
    {
      title: "of lists that stand for whole digests: no platform is named",
      diff: diffWith([upgraded], { equalCount: 3, equivalentCount: 2 }),
      shown: ["\n5 stayed the same.\n"],
      hidden: ["Compared on", "platform"],
    },
    {
      title: "of platforms that came, went, or are not listed",
      diff: {
        ...diffWith([]),
        compared: [AMD],
        added: ["linux/riscv64"],
        removed: [ARM],
        unlisted: ["linux/s390x"],
      },
      shown: [
        "New: `linux/riscv64`.",
        "⚠ No longer published: `linux/arm64`.",
        "⚠ Not compared: `linux/s390x`, whose packages one of the two images does not list.",
      ],
    },
    {
      title: "under another licence, in one version and in two",
      diff: diffWith([
        {
          kind: "relicensed",
          from: { ...component("l", "1"), licence: "MIT" },
          to: { ...component("l", "1"), licence: "SSPL-1.0" },
        },
        {
          kind: "relicensed",
          from: { ...component("m", "1"), licence: "MIT" },
          to: { ...component("m", "2"), licence: "ISC" },
        },
      ]),
      shown: [
        "0 upgraded, ⚠ 2 relicensed, 0 added",
        "⚠ Under another licence: `l` `1`: `MIT` → `SSPL-1.0` · `m` `1` → `2`: `MIT` → `ISC`",
      ],
    },
    {
      title: "renamed within their source",
      diff: diffWith([
        { kind: "removed", component: { ...component("libssl3", "3.0.15-1", "openssl"), type: "deb" } },
        { kind: "added", component: { ...component("libssl3t64", "3.0.16-1", "openssl"), type: "deb" } },
      ]),
      shown: ["Renamed within their source: `openssl` `3.0.15-1` → `3.0.16-1` (`libssl3` → `libssl3t64`)"],
      hidden: ["\nAdded:", "\nRemoved:"],
    },
    {
      title: "in a version more, and one less",
      diff: diffWith([
        { kind: "version-added", component: component("a", "3") },
        { kind: "version-removed", component: component("b", "1") },
      ]),
      shown: [
        "0 removed, 1 in a further version, 1 in a version less</summary>",
        "There in a further version: `a` `3`",
        "No longer there in one of several versions: `b` `1`",
      ],
    },
    {
      title: "of another base: said first, what came and went closed once more",
      diff: diffWith([upgraded, added], { isBaseReplaced: true }),
      shown: [
        "<summary>Packages: base replaced, 1 upgraded, 1 added, 0 removed</summary>",
        "⚠ So much was removed and added that this is probably built on another base.",
        "Upgraded: `a` `1` → `2`",
        "<details><summary>Added: 1</summary>\n\n`b` `1`\n</details>",
      ],
    },
    {
      title: "of two tools",
      diff: diffWith([], { quality: "cross-tool" }),
      shown: [
        "⚠ The two lists were written by different tools: some differences may be theirs, and licences were not compared.",
      ],
    },
    {
      title: "of two formats",
      diff: diffWith([], { quality: "cross-format" }),
      shown: [
        "⚠ The two lists have different formats: some differences may be theirs, and licences were not compared.",
      ],
    },
    {
      title: "of two versions of a tool",
      diff: diffWith([], { quality: "tool-version" }),
      shown: ["0 stayed the same.\n"],
      hidden: ["⚠"],
    },
  ])("$title", ({ diff, shown, hidden = [] }) => {
    const text = packagesOf(diff);
    for (const part of shown) expect(text).toContain(part);
    for (const part of hidden) expect(text).not.toContain(part);
  });

  test("a platform whose name is hostile does nothing", () => {
    const bad = "</summary>\n@all `|` <!-- x";
    const text = packagesOf({
      ...diffWith([]),
      compared: [AMD, bad],
      own: [{ platform: bad, changes: [added] }],
      added: [bad],
      removed: [bad],
      unlisted: [bad],
    });
    expect(text.split("\n")[0]).toMatch(/^<details><summary>[^<]*<code>[^<]*<\/code><\/summary>$/);
    expect(text.split("\n").filter((line) => line.startsWith("@"))).toStrictEqual([]);
    expect(text).not.toContain("<!--");
  });
});

describe("the first screen", () => {
  const gone = updateWith({ ...diffWith([]), compared: [AMD], removed: [ARM] });
  test("D21: linux/arm64 is no longer published: a warning", () => {
    expect(bodyOf(gone)).toMatch(/^> ⚠ \*\*No longer published\*\*: `linux\/arm64`\.$/m);
  });

  test("says of which image, where another one still has it", () => {
    expect(bodyOf(builderUpdate(), gone)).toMatch(
      /^> ⚠ \*\*No longer published for `jre-25-nonroot-musl`\*\*: `linux\/arm64`\.$/m,
    );
  });

  test("says nothing of platforms that are still there", () => {
    expect(bodyOf(runtimeUpdate())).not.toContain("No longer published");
  });
});

describe("what was not checked", () => {
  test("packages of a platform that nobody lists", () => {
    expect(bodyOf(updateWith({ ...diffWith([]), compared: [AMD], unlisted: [ARM] }))).toContain(
      "- Packages on `linux/arm64`: one of the two images does not list them.",
    );
  });

  test("one list that stands for all platforms", () => {
    expect(bodyOf(runtimeUpdate())).toContain(
      "- Platforms: one signed SBOM stands for all platforms of an image",
    );
  });

  test("nothing where each platform has its own", () => {
    const body = bodyOf(updateWith({ ...diffWith([]), compared: [AMD, ARM] }));
    expect(body).not.toContain("- Platforms:");
    expect(body).not.toContain("- Packages on");
  });
});
