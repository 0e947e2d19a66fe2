import { describe, expect, test } from "vitest";
import type { Finding } from "../../src/advisory/finding.ts";
import { type AssessmentFacts, assessmentOf, packagesOf } from "../../src/assess/assess.ts";
import type { AdvisoryAnswer } from "../../src/advisory/answer.ts";
import type { VulnerabilityDelta } from "../../src/assess/assessment.ts";
import type { ComponentList } from "../../src/sbom/component.ts";
import { DAY_MS, HOUR_MS, instantOf, later } from "../../src/time.ts";
import { libericaRelease, listOf } from "../fixtures/lists.ts";
import { feedOf } from "../fixtures/feeds.ts";
import { osvFixtures } from "../fixtures/osv-records.ts";
import type { ListsAnswer } from "../../src/assess/components.ts";

const NOW = instantOf(Date.UTC(2026, 10, 24, 12));

function known(list: ComponentList): ListsAnswer {
  return { kind: "lists", lists: [{ platform: "", list }] };
}

function answer(more: Partial<AdvisoryAnswer> = {}): AdvisoryAnswer {
  const feed = feedOf({ asOf: later(NOW, -HOUR_MS), checkedAt: later(NOW, -HOUR_MS) });
  return { feeds: [feed], records: osvFixtures(), related: [], vex: [], signals: new Map(), ...more };
}

function factsOf(more: Partial<AssessmentFacts> = {}): AssessmentFacts {
  return {
    movement: "forward",
    old: known(libericaRelease(1)),
    new: known(libericaRelease(2)),
    advisories: answer(),
    at: NOW,
    ...more,
  };
}

function deltaOf(more: Partial<AssessmentFacts>): VulnerabilityDelta {
  const { vulnerabilities } = assessmentOf(factsOf(more));
  if (vulnerabilities.kind === "assessed") return vulnerabilities.delta;
  throw new Error(`not assessed: ${vulnerabilities.reason}`);
}

function idsOf(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ id, packageName, installedVersion }) => `${id} ${packageName} ${installedVersion}`);
}

/** A release with musl's packages stripped of what says which release they are of. */
function withoutRelease(list: ComponentList): ComponentList {
  const components = list.components.map(({ distribution, ...component }) =>
    component.name.startsWith("musl") || distribution === undefined
      ? component
      : { ...component, distribution },
  );
  const { distribution: _, ...rest } = list;
  return { ...rest, components };
}

describe("the packages to ask about", () => {
  test("of both sides, by their source, each once", () => {
    const keys = packagesOf([known(libericaRelease(1)), known(libericaRelease(2))]);
    expect(new Set(keys.map(({ ecosystem }) => ecosystem))).toStrictEqual(
      new Set(["BellSoft Hardened Containers:25"]),
    );
    const names = keys.map(({ name }) => name);
    expect(names).toContain("openssl");
    expect(names).not.toContain("libcrypto3");
    expect(new Set(names).size).toBe(names.length);
    expect(names).toStrictEqual(names.toSorted());
  });

  test("none of a list that is missing or has nothing to match", () => {
    expect(packagesOf([{ kind: "missing", reason: "x" }, known(listOf("pkg:conan/a@1"))])).toStrictEqual([]);
  });
});

describe("an update", () => {
  test("that fixes three and leaves one", () => {
    const assessment = assessmentOf(factsOf());
    expect(assessment).toMatchObject({ class: "fixes", assessedAt: NOW, components: { kind: "compared" } });
    const delta = deltaOf({});
    expect(idsOf(delta.fixed)).toStrictEqual([
      "CVE-2026-99101 expat 2.7.1-r0",
      "CVE-2026-99102 openssl 3.5.3-r0",
      "CVE-2026-99103 openjdk25-container-jre 25.0.4_p9-r0",
    ]);
    expect(idsOf(delta.remaining)).toStrictEqual(["CVE-2026-99104 musl-default 1.2.5-r14"]);
    expect(delta).toMatchObject({ introduced: [], matchedCount: 25, unmatched: [] });
  });

  test("that fixes the last one", () => {
    const delta = deltaOf({ old: known(libericaRelease(2)), new: known(libericaRelease(3)) });
    expect(idsOf(delta.fixed)).toStrictEqual(["CVE-2026-99104 musl-default 1.2.5-r14"]);
    expect(delta).toMatchObject({ introduced: [], remaining: [] });
  });

  test("that brings three back", () => {
    const swapped = { old: known(libericaRelease(2)), new: known(libericaRelease(1)) };
    expect(assessmentOf(factsOf(swapped)).class).toBe("regression");
    expect(idsOf(deltaOf(swapped).introduced)).toHaveLength(3);
    expect(idsOf(deltaOf(swapped).remaining)).toStrictEqual(["CVE-2026-99104 musl-default 1.2.5-r14"]);
  });

  test.each([
    {
      title: "other components, nothing fixed",
      more: { advisories: answer({ records: [] }) },
      expected: "content",
    },
    { title: "the same components", more: { new: known(libericaRelease(1)) }, expected: "rebuild" },
    {
      title: "other components, and advisories were not asked",
      more: { advisories: { kind: "not-available", reason: "none" } },
      expected: "unassessed",
    },
    {
      title: "the same components, and advisories were not asked",
      more: {
        new: known(libericaRelease(1)),
        advisories: { kind: "not-available", reason: "none" },
      },
      expected: "rebuild",
    },
    { title: "a digest the tag had left", more: { movement: "backwards" }, expected: "moved-backwards" },
    {
      title: "a digest the tag had left, without SBOM",
      more: { movement: "backwards", new: { kind: "missing", reason: "none" } },
      expected: "moved-backwards",
    },
    {
      title: "another index of the same images, whatever their SBOMs say",
      more: { movement: "evidence-only" },
      expected: "evidence-only",
    },
    {
      title: "another index of the same images, without SBOM",
      more: { movement: "evidence-only", old: { kind: "missing", reason: "none" } },
      expected: "evidence-only",
    },
    { title: "no SBOM", more: { old: { kind: "missing", reason: "none" } }, expected: "unassessed" },
  ] as const)("$title: $expected", ({ more, expected }) => {
    expect(assessmentOf(factsOf(more)).class).toBe(expected);
  });

  test("a package that is gone has its vulnerabilities fixed", () => {
    const after = libericaRelease(2);
    const without = { ...after, components: after.components.filter(({ name }) => !name.startsWith("musl")) };
    expect(idsOf(deltaOf({ new: known(without) }).fixed)).toContain("CVE-2026-99104 musl-default 1.2.5-r14");
  });
});

describe("what could not be known is not shown as nothing", () => {
  const empty = { ...libericaRelease(1), components: [] };
  test.each([
    {
      title: "no list of the new image",
      quality: "new-missing",
      more: { new: { kind: "missing", reason: "no SBOM is attached" } },
      reason: "the new image: no SBOM is attached",
    },
    {
      title: "no list of the old image",
      quality: "old-missing",
      more: { old: { kind: "missing", reason: "no SBOM is attached" } },
      reason: "the old image: no SBOM is attached",
    },
    {
      title: "an SBOM of an index",
      quality: "index-only",
      more: { new: known(empty) },
      reason: "the new image: its SBOM lists no packages",
    },
    {
      title: "two SBOMs of indexes",
      quality: "index-only",
      more: { old: known(empty), new: known(empty) },
      reason: "the new image: its SBOM lists no packages",
    },
    {
      title: "an old SBOM of an index",
      quality: "index-only",
      more: { old: known(empty) },
      reason: "the old image: its SBOM lists no packages",
    },
  ] as const)("$title: neither compared nor assessed", ({ more, reason, quality }) => {
    expect(assessmentOf(factsOf(more))).toStrictEqual({
      class: "unassessed",
      components: { kind: "not-compared", quality, reason },
      vulnerabilities: { kind: "not-assessed", reason },
      assessedAt: NOW,
    });
  });

  const debian = known(listOf("pkg:deb/debian/zlib1g@1?distro=debian-13", "pkg:npm/a@1"));
  const nowhere = known(listOf("pkg:apk/bellsoft-hardened-containers/zlib@1"));
  test.each([
    {
      title: "no advisories",
      more: { advisories: { kind: "not-available", reason: "no advisories are configured" } },
      reason: "no advisories are configured",
    },
    {
      title: "stale advisories",
      more: {
        advisories: answer({ feeds: [feedOf({ staleAfterMs: DAY_MS, checkedAt: later(NOW, -9 * DAY_MS) })] }),
      },
      reason:
        "the advisories of BellSoft OSV feed were last mirrored 15 Nov 2026, 12:00 UTC, and prove nothing after 1 d",
    },
    {
      title: "no package of the new image matched",
      more: { new: debian },
      reason: "the new image: none of its packages could be looked up (no feed speaks of their ecosystem)",
    },
    {
      title: "no package of the old image matched",
      more: { old: nowhere },
      reason:
        "the old image: none of its packages could be looked up (release of their distribution unknown)",
    },
  ] as const)("$title: compared, not assessed", ({ more, reason }) => {
    const assessment = assessmentOf(factsOf(more));
    expect(assessment.components.kind).toBe("compared");
    expect(assessment.vulnerabilities).toStrictEqual({ kind: "not-assessed", reason });
  });

  test.each([
    {
      title: "as old as allowed",
      advisories: answer({ feeds: [feedOf({ staleAfterMs: HOUR_MS, checkedAt: later(NOW, -HOUR_MS) })] }),
    },
    {
      title: "of any age where none is judged",
      advisories: answer({ feeds: [feedOf({ checkedAt: later(NOW, -900 * DAY_MS) })] }),
    },
  ])("advisories $title are believed", ({ advisories }) => {
    expect(assessmentOf(factsOf({ advisories })).vulnerabilities.kind).toBe("assessed");
  });

  test("a package that can no longer be looked up is not fixed", () => {
    const delta = deltaOf({ new: known(withoutRelease(libericaRelease(2))) });
    expect(idsOf(delta.fixed)).toHaveLength(3);
    expect(delta).toMatchObject({ remaining: [], matchedCount: 23 });
    expect(delta.unmatched).toStrictEqual([{ reason: "release of their distribution unknown", count: 2 }]);
  });

  test("a package that could not be looked up before is not introduced", () => {
    const delta = deltaOf({ old: known(withoutRelease(libericaRelease(1))) });
    expect(delta.introduced).toStrictEqual([]);
    expect(idsOf(delta.remaining)).toStrictEqual(["CVE-2026-99104 musl-default 1.2.5-r14"]);
  });

  test("a version nobody can order fixes nothing", () => {
    const after = libericaRelease(2);
    const components = after.components.map((component) =>
      component.name === "libexpat" ? { ...component, version: "latest" } : component,
    );
    const delta = deltaOf({ new: known({ ...after, components }) });
    expect(idsOf(delta.fixed)).not.toContain("CVE-2026-99101 expat 2.7.1-r0");
    expect(idsOf(delta.remaining)).not.toContain("CVE-2026-99101 expat latest");
    expect(delta.indeterminate).toStrictEqual([
      expect.objectContaining({
        id: "CVE-2026-99101",
        installedVersion: "2.7.1-r0",
        reason: expect.stringContaining("latest"),
      }),
    ]);
  });
});
