import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Component, ComponentList } from "../../src/sbom/component.ts";
import { CHANGE_KINDS, type ComponentChange, diffOf } from "../../src/sbom/diff.ts";
import { readSbom } from "../../src/sbom/read.ts";
import { libericaRelease, listOf } from "../fixtures/lists.ts";
import { sharedData } from "../shared-data.ts";

/** `upgraded apk/alpine/a 1 → 2`. */
function written(change: ComponentChange): string {
  if (change.kind === "added" || change.kind === "removed") {
    return `${change.kind} ${change.component.key} ${change.component.version}`;
  }
  return `${change.kind} ${change.to.key} ${change.from.version} → ${change.to.version}`;
}

function changesOf(before: ComponentList, after: ComponentList): readonly string[] {
  return diffOf(before, after).changes.map(written);
}

describe("what changed", () => {
  const a = "pkg:apk/alpine/a@";
  const key = "apk/alpine/a";
  test.each([
    { title: "nothing", before: [`${a}1`], after: [`${a}1`], changes: [], equalCount: 1 },
    {
      title: "nothing but the architecture",
      before: [`${a}1?arch=x86_64`],
      after: [`${a}1?arch=aarch64`],
      changes: [],
      equalCount: 1,
    },
    {
      title: "nothing but how the type is written",
      before: ["pkg:alpine/a@1"],
      after: [`${a}1`],
      changes: [],
      equalCount: 1,
    },
    {
      title: "nothing but how the version is written",
      before: [`${a}01-r0`],
      after: [`${a}1-r00`],
      changes: [],
      equalCount: 1,
    },
    {
      title: "up",
      before: [`${a}1.9-r0`],
      after: [`${a}1.10-r0`],
      changes: [`upgraded ${key} 1.9-r0 → 1.10-r0`],
      equalCount: 0,
    },
    {
      title: "down",
      before: [`${a}1.10-r0`],
      after: [`${a}1.9-r0`],
      changes: [`downgraded ${key} 1.10-r0 → 1.9-r0`],
      equalCount: 0,
    },
    {
      title: "no order for the type",
      before: ["pkg:npm/a@1"],
      after: ["pkg:npm/a@2"],
      changes: ["changed npm/a 1 → 2"],
      equalCount: 0,
    },
    {
      title: "no order for the version",
      before: [`${a}x`],
      after: [`${a}1`],
      changes: [`changed ${key} x → 1`],
      equalCount: 0,
    },
    {
      title: "from no version",
      before: [a.slice(0, -1)],
      after: [`${a}1`],
      changes: [`changed ${key}  → 1`],
      equalCount: 0,
    },
    { title: "added", before: [], after: [`${a}1`], changes: [`added ${key} 1`], equalCount: 0 },
    { title: "removed", before: [`${a}1`], after: [], changes: [`removed ${key} 1`], equalCount: 0 },
    {
      title: "one of two versions up",
      before: [`${a}1`, `${a}2`],
      after: [`${a}1`, `${a}3`],
      changes: [`upgraded ${key} 2 → 3`],
      equalCount: 1,
    },
    {
      title: "both versions up, paired from the highest",
      before: [`${a}9`, `${a}1`],
      after: [`${a}10`, `${a}2`],
      changes: [`upgraded ${key} 1 → 2`, `upgraded ${key} 9 → 10`],
      equalCount: 0,
    },
    {
      title: "one of two versions gone",
      before: [`${a}1`, `${a}2`],
      after: [`${a}2`],
      changes: [`removed ${key} 1`],
      equalCount: 1,
    },
    {
      title: "two versions become one",
      before: [`${a}1`, `${a}2`],
      after: [`${a}3`],
      changes: [`upgraded ${key} 2 → 3`, `removed ${key} 1`],
      equalCount: 0,
    },
    {
      title: "modules that differ in the subpath",
      before: ["pkg:golang/m@v1.0.0#a"],
      after: ["pkg:golang/m@v1.0.0#b"],
      changes: ["added golang/m#b v1.0.0", "removed golang/m#a v1.0.0"],
      equalCount: 0,
    },
  ])("$title", ({ before, after, changes, equalCount }) => {
    expect(changesOf(listOf(...before), listOf(...after))).toStrictEqual(changes);
    expect(diffOf(listOf(...before), listOf(...after)).equalCount).toBe(equalCount);
  });

  test("what is rarest and most alarming comes first", () => {
    const before = listOf("pkg:apk/x/c@1", "pkg:apk/x/b@1", "pkg:apk/x/z@2", "pkg:npm/n@1", "pkg:apk/x/r@1");
    const after = listOf("pkg:apk/x/c@2", "pkg:apk/x/b@2", "pkg:apk/x/z@1", "pkg:npm/n@2", "pkg:apk/x/n@1");
    const kinds = diffOf(before, after).changes.map(({ kind }) => kind);
    expect(kinds).toStrictEqual(["downgraded", "upgraded", "upgraded", "changed", "added", "removed"]);
    expect(kinds.filter((kind) => !CHANGE_KINDS.includes(kind))).toStrictEqual([]);
    expect(changesOf(before, after).slice(1, 3)).toStrictEqual([
      "upgraded apk/x/b 1 → 2",
      "upgraded apk/x/c 1 → 2",
    ]);
  });
});

describe("what the comparison is worth", () => {
  const list = listOf("pkg:apk/x/a@1");
  const { tool: _, ...anonymous } = list;
  test.each([
    { title: "same format and tool", after: list, quality: "exact" },
    { title: "another tool", after: { ...list, tool: "trivy" }, quality: "cross-tool" },
    { title: "a tool that is not named", after: anonymous, quality: "cross-tool" },
    { title: "another format", after: { ...list, format: "spdx" as const }, quality: "cross-format" },
    { title: "another version of the format", after: { ...list, specVersion: "1.5" }, quality: "exact" },
  ])("$title: $quality", ({ after, quality }) => {
    expect(diffOf(list, after).quality).toBe(quality);
    expect(diffOf(after, list).quality).toBe(quality);
  });
});

describe("for any two lists", () => {
  const component = fc
    .record({
      type: fc.constantFrom("apk", "npm"),
      name: fc.constantFrom("a", "b", "c"),
      version: fc.constantFrom("1", "01", "2", "1.10-r0", "1.9-r0", "1_rc1", "x", "y!", ""),
    })
    .map(({ type, name, version }): Component => ({
      key: `${type}/${name}`,
      type,
      name,
      version,
      source: { name, how: "own-name" },
    }));
  const list = fc
    .uniqueArray(component, { selector: ({ key, version }) => `${key}@${version}`, maxLength: 12 })
    .map((components): ComponentList => ({
      format: "cyclonedx",
      specVersion: "1.6",
      components: components.toSorted((x, y) => (`${x.key}@${x.version}` < `${y.key}@${y.version}` ? -1 : 1)),
      skipped: [],
    }));

  test("a list against itself has no changes", () => {
    fc.assert(
      fc.property(list, (a) => {
        expect(diffOf(a, a)).toStrictEqual({
          quality: "exact",
          changes: [],
          equalCount: a.components.length,
        });
      }),
    );
  });

  const MIRROR = {
    upgraded: "downgraded",
    downgraded: "upgraded",
    changed: "changed",
    added: "removed",
    removed: "added",
  } as const;
  const reversed = (change: ComponentChange): string => {
    const [kind, ...rest] = written(change).split(" ");
    const mirrored = MIRROR[change.kind];
    return kind === "added" || kind === "removed"
      ? [mirrored, ...rest].join(" ")
      : `${mirrored} ${rest[0]} ${rest.slice(1).join(" ").split(" → ").toReversed().join(" → ")}`;
  };

  test("the way back is the way there, mirrored, and nothing is lost", () => {
    fc.assert(
      fc.property(list, list, (a, b) => {
        const there = diffOf(a, b);
        const back = diffOf(b, a);
        expect(back.changes.map(reversed).toSorted()).toStrictEqual(there.changes.map(written).toSorted());
        expect(back.equalCount).toBe(there.equalCount);
        const left = there.changes.filter(({ kind }) => kind !== "added").length;
        expect(left + there.equalCount).toBe(a.components.length);
      }),
      { numRuns: 500 },
    );
  });
});

function manyVersions(from: number): ComponentList {
  const components = Array.from({ length: 150_000 }, (_, position): Component => ({
    key: "apk/x/a",
    type: "apk",
    name: "a",
    version: `${from + position}-r0`,
    source: { name: "a", how: "own-name" },
  }));
  return { ...listOf(), components };
}

test("a hostile list with one package in very many versions ends soon", () => {
  expect(diffOf(manyVersions(1), manyVersions(1_000_001)).changes).toHaveLength(150_000);
}, 30_000);

test("one release of the image to the next", () => {
  expect(diffOf(libericaRelease(1), libericaRelease(2))).toMatchObject({ quality: "exact", equalCount: 16 });
  expect(changesOf(libericaRelease(1), libericaRelease(2))).toHaveLength(9);
  expect(changesOf(libericaRelease(2), libericaRelease(3))).toStrictEqual([
    "upgraded apk/bellsoft-hardened-containers/musl 1.2.5-r14 → 1.2.5-r16",
    "upgraded apk/bellsoft-hardened-containers/musl-utils 1.2.5-r14 → 1.2.5-r16",
  ]);
});

const documents = sharedData("sbom/");

function read(name: string): ComponentList {
  const bytes = readFileSync(new URL(name, documents));
  const type = name.includes(".spdx.") ? "https://spdx.dev/Document" : "https://cyclonedx.org/bom";
  return readSbom(type, (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8"));
}

describe.skipIf(!existsSync(documents))("published SBOMs (real data, skipped where not present)", () => {
  test("two releases of one image: 19 other versions, 2 added", () => {
    const before = read("quay-builder-2025-02-24.amd64.cdx.json");
    const after = read("quay-builder-2025-04-02.amd64.cdx.json");
    const { quality, changes } = diffOf(before, after);
    expect(quality).toBe("exact");
    // rpm versions have no order here, so what went up is shown as changed.
    expect(changes.filter(({ kind }) => kind === "changed")).toHaveLength(19);
    expect(changes.filter(({ kind }) => kind !== "changed").map(written)).toStrictEqual([
      "added rpm/redhat/glibc-gconv-extra 2.28-251.el8_10.14",
      "added rpm/redhat/glibc-langpack-en 2.28-251.el8_10.14",
    ]);
  });

  test("one image on two platforms: no difference", () => {
    const amd64 = read("example.amd64.cdx.json");
    expect(amd64.components.length).toBeGreaterThan(300);
    expect(changesOf(amd64, read("example.arm64.cdx.json"))).toStrictEqual([]);
  });

  test("another base: nearly everything changes", () => {
    const changes = diffOf(
      read("kube-proxy-1.24.6.spdx.json.gz"),
      read("kube-proxy-1.25.1.spdx.json.gz"),
    ).changes;
    const count = (kind: string): number => changes.filter((change) => change.kind === kind).length;
    expect([count("removed"), count("added"), count("changed")]).toStrictEqual([92, 76, 2]);
  });
});
