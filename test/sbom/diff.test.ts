import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CHANGE_KINDS, type ComponentChange, subjectOf } from "../../src/sbom/change.ts";
import type { Component, ComponentList } from "../../src/sbom/component.ts";
import { diffOf } from "../../src/sbom/diff.ts";
import { libericaRelease, listOf } from "../fixtures/lists.ts";
import { changesOf, written } from "./written.ts";

/** A list with licences, versions of tools and marks, which purls do not have. */
function listWith(
  components: readonly Partial<Component>[],
  more: Partial<ComponentList> = {},
): ComponentList {
  const whole = components.map((component): Component => {
    const { key = "apk/x/a", type = "apk", name = "a", version = "1" } = component;
    return { ...component, key, type, name, version, source: { name, how: "own-name" } };
  });
  return {
    format: "spdx",
    specVersion: "2.3",
    tool: "syft",
    toolVersion: "1.16.0",
    components: whole,
    skipped: [],
    ...more,
  };
}

const p = (name: string, version: string, more: Partial<Component> = {}): Partial<Component> => ({
  ...more,
  key: `apk/x/${name}`,
  name,
  version,
});

describe("what changed", () => {
  const a = "pkg:apk/alpine/a@";
  const key = "apk/alpine/a";
  test.each([
    { title: "nothing", before: [`${a}1`], after: [`${a}1`], changes: [], counts: [1, 0] },
    {
      title: "nothing but the architecture",
      before: [`${a}1?arch=x86_64`],
      after: [`${a}1?arch=aarch64`],
      changes: [],
      counts: [1, 0],
    },
    {
      title: "nothing but how the type is written",
      before: ["pkg:alpine/a@1"],
      after: [`${a}1`],
      changes: [],
      counts: [1, 0],
    },
    {
      title: "nothing but how the version is written",
      before: [`${a}01-r0`],
      after: [`${a}1-r00`],
      changes: [],
      counts: [0, 1],
    },
    {
      title: "up",
      before: [`${a}1.9-r0`],
      after: [`${a}1.10-r0`],
      changes: [`upgraded ${key} 1.9-r0 → 1.10-r0`],
      counts: [0, 0],
    },
    {
      title: "down",
      before: [`${a}1.10-r0`],
      after: [`${a}1.9-r0`],
      changes: [`downgraded ${key} 1.10-r0 → 1.9-r0`],
      counts: [0, 0],
    },
    {
      title: "no order for the type",
      before: ["pkg:generic/a@1"],
      after: ["pkg:generic/a@2"],
      changes: ["changed generic/a 1 → 2"],
      counts: [0, 0],
    },
    {
      title: "no order for the version",
      before: [`${a}x`],
      after: [`${a}1`],
      changes: [`changed ${key} x → 1`],
      counts: [0, 0],
    },
    {
      title: "from no version",
      before: [a.slice(0, -1)],
      after: [`${a}1`],
      changes: [`changed ${key}  → 1`],
      counts: [0, 0],
    },
    {
      title: "added",
      before: ["pkg:apk/x/b@1"],
      after: ["pkg:apk/x/b@1", `${a}1`],
      changes: [`added ${key} 1`],
      counts: [1, 0],
    },
    {
      title: "removed",
      before: ["pkg:apk/x/b@1", `${a}1`],
      after: ["pkg:apk/x/b@1"],
      changes: [`removed ${key} 1`],
      counts: [1, 0],
    },
    {
      title: "one of two versions up",
      before: [`${a}1`, `${a}2`],
      after: [`${a}1`, `${a}3`],
      changes: [`upgraded ${key} 2 → 3`],
      counts: [1, 0],
    },
    {
      title: "both versions up, paired from the highest",
      before: [`${a}9`, `${a}1`],
      after: [`${a}10`, `${a}2`],
      changes: [`upgraded ${key} 9 → 10`, `upgraded ${key} 1 → 2`],
      counts: [0, 0],
    },
    {
      title: "two versions become one",
      before: [`${a}1`, `${a}2`],
      after: [`${a}3`],
      changes: [`upgraded ${key} 2 → 3`, `version-removed ${key} 1`],
      counts: [0, 0],
    },
    {
      title: "one version becomes two",
      before: [`${a}1`],
      after: [`${a}1`, `${a}2`],
      changes: [`version-added ${key} 2`],
      counts: [1, 0],
    },
    {
      title: "two versions of a package that is new",
      before: ["pkg:apk/x/b@1"],
      after: [`${a}1`, `${a}2`, "pkg:apk/x/b@1"],
      changes: [`added ${key} 1`, `added ${key} 2`],
      counts: [1, 0],
    },
    {
      title: "another spelling stays itself where a higher version is gone",
      before: [`${a}01`, `${a}2`],
      after: [`${a}1`],
      changes: [`version-removed ${key} 2`],
      counts: [0, 1],
    },
    {
      title: "another spelling stays itself where a lower version came",
      before: [`${a}1`],
      after: [`${a}0.5`, `${a}01`],
      changes: [`version-added ${key} 0.5`],
      counts: [0, 1],
    },
    {
      title: "versions without an order are paired last",
      before: [`${a}x`, `${a}1`],
      after: [`${a}y`, `${a}2`],
      changes: [`upgraded ${key} 1 → 2`, `changed ${key} x → y`],
      counts: [0, 0],
    },
    {
      title: "modules that differ in the subpath",
      before: ["pkg:golang/m@v1.0.0#a"],
      after: ["pkg:golang/m@v1.0.0#b"],
      changes: ["added golang/m#b v1.0.0", "removed golang/m#a v1.0.0"],
      counts: [0, 0],
    },
  ])("$title", ({ before, after, changes, counts }) => {
    const diff = diffOf(listOf(...before), listOf(...after));
    expect(diff.changes.map(written)).toStrictEqual(changes);
    expect([diff.equalCount, diff.equivalentCount]).toStrictEqual(counts);
  });

  test("D11: of versions {1, 2} → {2} a version is gone and not the package", () => {
    expect(changesOf(listOf(`${a}1`, `${a}2`), listOf(`${a}2`))).toStrictEqual([`version-removed ${key} 1`]);
  });

  test("what is rarest and most alarming comes first", () => {
    const before = [
      p("c", "1"),
      p("b", "1"),
      p("z", "2"),
      p("n", "x"),
      p("r", "1"),
      p("l", "1", { licence: "MIT" }),
      p("m", "1"),
      p("m", "2"),
      p("o", "1"),
    ];
    const after = [
      p("c", "2"),
      p("b", "2"),
      p("z", "1"),
      p("n", "y"),
      p("s", "1"),
      p("l", "1", { licence: "ISC" }),
      p("m", "2"),
      p("o", "1"),
      p("o", "2"),
    ];
    const { changes } = diffOf(listWith(before), listWith(after));
    expect(changes.map(({ kind }) => kind)).toStrictEqual([
      "downgraded",
      "upgraded",
      "upgraded",
      "changed",
      "relicensed",
      "added",
      "removed",
      "version-added",
      "version-removed",
    ]);
    expect(changes.slice(1, 3).map(written)).toStrictEqual([
      "upgraded apk/x/b 1 → 2",
      "upgraded apk/x/c 1 → 2",
    ]);
  });
});

describe("marks of builds", () => {
  const module = { key: "golang/m", type: "golang", name: "m" };
  test.each([
    { title: "D14: (devel) → pseudo version", from: "(devel)", to: "v0.0.0-20250102030405-abcdef012345" },
    { title: "a pseudo version → a release", from: "v0.0.0-20250102030405-abcdef012345", to: "v3.0.0" },
    { title: "a release → a pseudo version", from: "v3.0.0", to: "v0.0.0-20250102030405-abcdef012345" },
  ])("$title is no downgrade", ({ from, to }) => {
    const before = listWith([{ ...module, version: from, isBuildMark: true }]);
    const after = listWith([{ ...module, version: to, ...(to === "v3.0.0" ? {} : { isBuildMark: true }) }]);
    expect(changesOf(before, after)).toStrictEqual([`changed golang/m ${from} → ${to}`]);
  });

  test("one mark that stays is the same", () => {
    const list = listWith([{ ...module, version: "(devel)", isBuildMark: true }]);
    expect(diffOf(list, list)).toMatchObject({ changes: [], equalCount: 1 });
  });
});

const changed = (before: string, after: string, more: Partial<ComponentList> = {}): readonly string[] =>
  changesOf(listWith([{ licence: before }]), listWith([{ licence: after }], more));

describe("licences", () => {
  test("another licence in the same version is a change, and not the same package", () => {
    const diff = diffOf(listWith([{ licence: "MIT" }]), listWith([{ licence: "ISC" }]));
    expect(diff.changes.map(written)).toStrictEqual(["relicensed apk/x/a 1 → 1"]);
    expect(diff.equalCount).toBe(0);
  });

  test("another licence with another version is told beside it", () => {
    const before = listWith([{ licence: "BSD-3-Clause", version: "7.2" }]);
    const after = listWith([{ licence: "SSPL-1.0", version: "7.4" }]);
    expect(changesOf(before, after)).toStrictEqual([
      "upgraded apk/x/a 7.2 → 7.4",
      "relicensed apk/x/a 7.2 → 7.4",
    ]);
  });

  test.each([
    {
      title: "D15: MIT OR Apache-2.0 → Apache-2.0 OR MIT",
      from: "MIT OR Apache-2.0",
      to: "Apache-2.0 OR MIT",
    },
    { title: "D16: NOASSERTION → MIT", from: "NOASSERTION", to: "MIT" },
    { title: "MIT → NONE", from: "MIT", to: "NONE" },
    { title: "dots → MIT", from: "...", to: "MIT" },
    { title: "nothing → MIT", from: " ", to: "MIT" },
    { title: "case", from: "mit", to: "MIT" },
    { title: "operands in operands", from: "MIT AND (ISC AND Zlib)", to: "(Zlib AND MIT) AND ISC" },
    { title: "an operand twice", from: "MIT AND MIT", to: "MIT" },
    {
      title: "old and new id of GNU's",
      from: "GPL-2.0 AND LGPL-2.1+",
      to: "LGPL-2.1-or-later AND GPL-2.0-only",
    },
    {
      title: "words that are no expression, in another order",
      from: "BSD AND Public Domain",
      to: "Public Domain AND BSD",
    },
  ])("$title: not relicensed", ({ from, to }) => {
    expect(changed(from, to)).toStrictEqual([]);
    expect(changed(to, from)).toStrictEqual([]);
  });

  test.each([
    { title: "AND → OR", from: "MIT AND ISC", to: "MIT OR ISC" },
    { title: "only → or later", from: "GPL-2.0-only", to: "GPL-2.0-or-later" },
    { title: "another version", from: "GPL-2.0-only", to: "GPL-3.0-only" },
    { title: "an exception", from: "GPL-2.0-only", to: "GPL-2.0-only WITH Classpath-exception-2.0" },
    { title: "an expression → words", from: "MIT", to: "Our own licence" },
    { title: "other brackets", from: "MIT AND (ISC OR Zlib)", to: "(MIT AND ISC) OR Zlib" },
    { title: "very long", from: `${"MIT AND ".repeat(500)}MIT`, to: "ISC" },
    { title: "deep", from: `${"(".repeat(400)}MIT${")".repeat(400)}`, to: "ISC" },
  ])("$title: relicensed", ({ from, to }) => {
    expect(changed(from, to)).toStrictEqual(["relicensed apk/x/a 1 → 1"]);
    expect(changed(to, from)).toStrictEqual(["relicensed apk/x/a 1 → 1"]);
  });

  test.each([
    {
      title: "another major version of the tool",
      more: { toolVersion: "2.0.0" },
      changes: ["relicensed apk/x/a 1 → 1"],
    },
    { title: "another tool", more: { tool: "trivy" }, changes: [] },
    { title: "another format", more: { format: "cyclonedx" as const }, changes: [] },
  ])("$title", ({ more, changes }) => {
    expect(changed("MIT", "ISC", more)).toStrictEqual(changes);
  });
});

test("D9: two tools' lists of one image: nothing relicensed, and that they are two tools' is said", () => {
  const names = Array.from({ length: 94 }, (_, at) => ({
    key: `deb/debian/p${at}`,
    type: "deb",
    name: `p${at}`,
  }));
  const syft = listWith(names.map((name) => ({ ...name, licence: "GPL-2.0-only" })));
  const trivy = listWith(
    names.map((name) => ({ ...name, licence: "BSD-3-Clause" })),
    { tool: "trivy" },
  );
  expect(diffOf(syft, trivy)).toMatchObject({ quality: "cross-tool", changes: [], equalCount: 94 });
});

test("D10: two versions of one npm package, one bumped: 1 upgraded, 1 the same", () => {
  const diff = diffOf(
    listOf("pkg:npm/a@1.0.0", "pkg:npm/a@2.0.0"),
    listOf("pkg:npm/a@1.0.0", "pkg:npm/a@2.1.0"),
  );
  expect(diff.changes.map(written)).toStrictEqual(["upgraded npm/a 2.0.0 → 2.1.0"]);
  expect(diff.equalCount).toBe(1);
});

describe("packages without a purl", () => {
  const named = { key: "name:thing", type: "", name: "thing" };
  const purl = { key: "apk/x/a" };
  test.each([
    { title: "one tool: compared", more: {}, changes: ["changed name:thing 1 → 2"] },
    { title: "two tools: left out", more: { tool: "trivy" }, changes: [] },
    { title: "two formats: left out", more: { format: "cyclonedx" as const }, changes: [] },
  ])("$title", ({ more, changes }) => {
    const diff = diffOf(
      listWith([purl, { ...named, version: "1" }]),
      listWith([purl, { ...named, version: "2" }], more),
    );
    expect(diff.changes.map(written)).toStrictEqual(changes);
    expect(diff.equalCount).toBe(1);
  });
});

describe("what the comparison is worth", () => {
  const list = listWith([{}]);
  const { tool: _, ...anonymous } = list;
  const { toolVersion: __, ...unversioned } = list;
  test.each([
    { title: "same format and tool", after: list, quality: "exact" },
    { title: "another version of the tool", after: { ...list, toolVersion: "1.8.2" }, quality: "exact" },
    { title: "the same with a v", after: { ...list, toolVersion: "v1.8.2" }, quality: "exact" },
    {
      title: "another major version of the tool",
      after: { ...list, toolVersion: "2.0.0" },
      quality: "tool-version",
    },
    { title: "a tool that does not say its version", after: unversioned, quality: "tool-version" },
    {
      title: "a version without numbers",
      after: { ...list, toolVersion: "[not provided]" },
      quality: "tool-version",
    },
    { title: "another tool", after: { ...list, tool: "trivy" }, quality: "cross-tool" },
    { title: "a tool that is not named", after: anonymous, quality: "cross-tool" },
    { title: "another format", after: { ...list, format: "cyclonedx" as const }, quality: "cross-format" },
    {
      title: "another format and tool",
      after: { ...list, format: "layers" as const, tool: "x" },
      quality: "cross-format",
    },
    { title: "another version of the format", after: { ...list, specVersion: "2.2" }, quality: "exact" },
    { title: "a list of images", after: { ...list, scope: "index" as const }, quality: "index-only" },
    { title: "a list of nothing", after: { ...list, components: [] }, quality: "index-only" },
  ])("$title: $quality", ({ after, quality }) => {
    expect(diffOf(list, after).quality).toBe(quality);
    expect(diffOf(after, list).quality).toBe(quality);
  });

  test("two lists of images are not equal: nothing about them is known", () => {
    const index = { ...list, scope: "index" as const };
    expect(diffOf(index, index)).toStrictEqual({
      quality: "index-only",
      changes: [],
      equalCount: 0,
      equivalentCount: 0,
      isBaseReplaced: false,
    });
  });

  test("more components than are ever stored are not compared", () => {
    const [component] = list.components;
    if (component === undefined) throw new Error("empty");
    const large = { ...list, components: Array.from({ length: 200_001 }, () => component) };
    expect(diffOf(list, large)).toMatchObject({ quality: "too-large", changes: [], equalCount: 0 });
    expect(diffOf(large, list).quality).toBe("too-large");
  });
});

const named = (prefix: string, count: number): readonly Partial<Component>[] =>
  Array.from({ length: count }, (_, at) => ({
    key: `deb/debian/${prefix}${at}`,
    type: "deb",
    name: `${prefix}${at}`,
  }));

describe("another base", () => {
  test.each([
    { title: "21 of 40 gone or new", gone: 10, come: 11, same: 29, expected: true },
    { title: "20 of 30: too few", gone: 10, come: 10, same: 20, expected: false },
    { title: "22 of 44: no more than half", gone: 11, come: 11, same: 33, expected: false },
    { title: "23 of 45", gone: 11, come: 12, same: 33, expected: true },
    { title: "everything gone", gone: 30, come: 1, same: 0, expected: true },
    { title: "nothing", gone: 0, come: 0, same: 100, expected: false },
  ])("$title: $expected", ({ gone, come, same, expected }) => {
    const stay = named("same", same);
    const before = listWith([...stay, ...named("gone", gone)]);
    const after = listWith([...stay, ...named("come", come)]);
    expect(diffOf(before, after).isBaseReplaced).toBe(expected);
    expect(diffOf(after, before).isBaseReplaced).toBe(expected);
  });

  test("versions that come and go are none", () => {
    const many = (from: number): ComponentList =>
      listWith(Array.from({ length: 60 }, (_, at) => ({ version: String(from + at) })));
    expect(diffOf(many(0), listWith([{ version: "1000" }])).isBaseReplaced).toBe(false);
  });
});

describe("for any two lists", () => {
  const component = fc
    .record({
      type: fc.constantFrom("apk", "npm"),
      name: fc.constantFrom("a", "b", "c"),
      version: fc.constantFrom("1", "01", "2", "1.10-r0", "1.9-r0", "1_rc1", "x", "y!", ""),
      mark: fc.constantFrom({}, {}, {}, { isBuildMark: true as const }),
      licence: fc.constantFrom({}, { licence: "MIT" }, { licence: "ISC" }),
    })
    .map(({ type, name, version, mark, licence }): Component => ({
      key: `${type}/${name}`,
      type,
      name,
      version,
      source: { name, how: "own-name" },
      ...mark,
      ...licence,
    }));
  const list = fc
    .uniqueArray(component, {
      selector: ({ key, version }) => `${key}@${version}`,
      minLength: 1,
      maxLength: 12,
    })
    .map((components): ComponentList => ({
      format: "cyclonedx",
      specVersion: "1.6",
      components,
      skipped: [],
    }));

  test("a list against itself has no changes", () => {
    fc.assert(
      fc.property(list, (a) => {
        expect(diffOf(a, a)).toStrictEqual({
          quality: "exact",
          changes: [],
          equalCount: a.components.length,
          equivalentCount: 0,
          isBaseReplaced: false,
        });
      }),
    );
  });

  test("the order of a list does not matter", () => {
    fc.assert(
      fc.property(list, list, (a, b) => {
        const reversed = { ...a, components: a.components.toReversed() };
        expect(diffOf(reversed, b)).toStrictEqual(diffOf(a, b));
      }),
    );
  });

  const MIRROR: Readonly<Record<ComponentChange["kind"], ComponentChange["kind"]>> = {
    upgraded: "downgraded",
    downgraded: "upgraded",
    changed: "changed",
    relicensed: "relicensed",
    added: "removed",
    removed: "added",
    "version-added": "version-removed",
    "version-removed": "version-added",
  };
  const mirrored = (change: ComponentChange): string => {
    const kind = MIRROR[change.kind];
    const { key } = subjectOf(change);
    return "component" in change
      ? `${kind} ${key} ${change.component.version}`
      : `${kind} ${key} ${change.to.version} → ${change.from.version}`;
  };

  test("the way back is the way there, mirrored, and nothing is lost", () => {
    fc.assert(
      fc.property(list, list, (a, b) => {
        const there = diffOf(a, b);
        const back = diffOf(b, a);
        expect(back.changes.map(mirrored).toSorted()).toStrictEqual(there.changes.map(written).toSorted());
        expect({ ...back, changes: [] }).toStrictEqual({ ...there, changes: [] });
        const left = there.changes.filter((change) =>
          "component" in change
            ? change.kind === "removed" || change.kind === "version-removed"
            : change.kind !== "relicensed" || change.from.version === change.to.version,
        ).length;
        expect(left + there.equalCount + there.equivalentCount).toBe(a.components.length);
        expect(there.changes.filter(({ kind }) => !CHANGE_KINDS.includes(kind))).toStrictEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

function manyVersions(from: number): ComponentList {
  return listWith(Array.from({ length: 150_000 }, (_, position) => ({ version: `${from + position}-r0` })));
}

describe("hostile lists end soon", () => {
  test("one package in very many versions", () => {
    expect(diffOf(manyVersions(1), manyVersions(1_000_001)).changes).toHaveLength(150_000);
  }, 30_000);

  test("versions and licences that are very long", () => {
    const long = "1".repeat(10_000);
    const before = listWith([{ version: long, licence: `(${long}` }]);
    const after = listWith([{ version: `${long}2`, licence: `${long})` }]);
    expect(diffOf(before, after).changes.map(({ kind }) => kind)).toStrictEqual(["changed", "relicensed"]);
  });
});

test("one release of the image to the next", () => {
  expect(diffOf(libericaRelease(1), libericaRelease(2))).toMatchObject({
    quality: "exact",
    equalCount: 16,
    isBaseReplaced: false,
  });
  expect(changesOf(libericaRelease(1), libericaRelease(2))).toHaveLength(9);
  expect(changesOf(libericaRelease(2), libericaRelease(3))).toStrictEqual([
    "upgraded apk/bellsoft-hardened-containers/musl 1.2.5-r14 → 1.2.5-r16",
    "upgraded apk/bellsoft-hardened-containers/musl-utils 1.2.5-r14 → 1.2.5-r16",
  ]);
});
