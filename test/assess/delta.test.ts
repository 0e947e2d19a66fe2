import { describe, expect, test } from "vitest";
import type { AdvisoryAnswer } from "../../src/advisory/answer.ts";
import type { Finding } from "../../src/advisory/finding.ts";
import type { OsvRecord } from "../../src/advisory/osv.ts";
import { parseOpenVex } from "../../src/advisory/openvex.ts";
import type { VexStatement } from "../../src/advisory/vex.ts";
import { type AssessmentFacts, assessmentOf } from "../../src/assess/assess.ts";
import type { VulnerabilityDelta } from "../../src/assess/assessment.ts";
import type { ListsAnswer } from "../../src/assess/components.ts";
import { parseRepository } from "../../src/image/reference.ts";
import { DAY_MS, HOUR_MS, instantOf, later } from "../../src/time.ts";
import { feedOf } from "../fixtures/feeds.ts";
import { listOf } from "../fixtures/lists.ts";

const NOW = instantOf(Date.UTC(2026, 10, 24, 12));
const ECOSYSTEM = "BellSoft Hardened Containers:25";
const SEVERITY = {
  critical: [{ type: "CVSS_V3", score: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" }],
  medium: [{ type: "CVSS_V3", score: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L" }],
};

function purl(name: string, version: string): string {
  return `pkg:apk/bellsoft-hardened-containers/${name}@${version}?distro=bellsoft-hardened-containers-25`;
}

/** In `name` from 1-r0 on, fixed in 2-r0. */
function recordOf(cve: string, name: string, more: Partial<OsvRecord> = {}): OsvRecord {
  return {
    id: `BELL-${cve}`,
    modified: "2026-11-20T00:00:00Z",
    published: "2026-11-18T00:00:00Z",
    upstream: [cve],
    severity: SEVERITY.critical,
    affected: [
      {
        package: { ecosystem: ECOSYSTEM, name },
        ranges: [{ type: "ECOSYSTEM", events: [{ introduced: "1-r0" }, { fixed: "2-r0" }] }],
      },
    ],
    ...more,
  };
}

const RECORD = recordOf("CVE-2026-0001", "zlib");

function answerOf(records: readonly OsvRecord[], more: Partial<AdvisoryAnswer> = {}): AdvisoryAnswer {
  const feeds = [feedOf({ checkedAt: later(NOW, -HOUR_MS) })];
  return { feeds, records, related: [], vex: [], signals: new Map(), ...more };
}

/** An image with these packages on each platform; undefined: not listed. */
function image(platforms: Readonly<Record<string, readonly string[] | undefined>>): ListsAnswer {
  const lists = Object.entries(platforms).map(([platform, purls]) => ({
    platform,
    list: purls === undefined ? undefined : listOf(...purls),
  }));
  return { kind: "lists", lists };
}

function single(...purls: readonly string[]): ListsAnswer {
  return image({ "": purls });
}

const AFFECTED = single(purl("zlib", "1-r5"), purl("base", "1"));
const FIXED = single(purl("zlib", "2-r0"), purl("base", "1"));

function factsOf(more: Partial<AssessmentFacts>): AssessmentFacts {
  return { movement: "forward", old: AFFECTED, new: FIXED, advisories: answerOf([RECORD]), at: NOW, ...more };
}

function deltaOf(more: Partial<AssessmentFacts>): VulnerabilityDelta {
  const { vulnerabilities } = assessmentOf(factsOf(more));
  if (vulnerabilities.kind === "assessed") return vulnerabilities.delta;
  throw new Error(`not assessed: ${vulnerabilities.reason}`);
}

function ids(findings: readonly Pick<Finding, "id">[]): readonly string[] {
  return findings.map(({ id }) => id);
}

/** Two packages of one source. */
function two(version: string): ListsAnswer {
  return single(purl("zlib", version), `${purl("zlib-dev", version)}&upstream=zlib`);
}

/** Ids by category; categories without any are left out. */
function categoriesOf(more: Partial<AssessmentFacts>): Readonly<Record<string, readonly string[]>> {
  const delta = deltaOf(more);
  const all = {
    "fixed.upgrade": ids(delta.fixed.filter(({ how }) => how === "upgrade")),
    "fixed.removed": ids(delta.fixed.filter(({ how }) => how === "removed")),
    "fixed.backport": ids(delta.fixed.filter(({ how }) => how === "backport")),
    reclassified: ids(delta.reclassified),
    introduced: ids(delta.introduced),
    remaining: ids(delta.remaining),
    indeterminate: ids(delta.indeterminate),
    notAffected: ids(delta.notAffected),
  };
  return Object.fromEntries(Object.entries(all).filter(([, found]) => found.length > 0));
}

const CVE = "CVE-2026-0001";

/** A vendor's statement that its image is not affected, as attested with it. */
function saying(
  justification: string,
  more: Readonly<Record<string, unknown>> = {},
): readonly VexStatement[] {
  const statement = {
    vulnerability: { name: CVE },
    products: [{ "@id": purl("zlib", "1-r5").split("@")[0] }],
    status: "not_affected",
    justification,
    ...more,
  };
  const document = {
    "@context": "https://openvex.dev/ns/v0.2.0",
    author: "BellSoft",
    timestamp: "2026-11-20T00:00:00Z",
    statements: [statement],
  };
  return parseOpenVex(document, "attestation").statements;
}

describe("what becomes of a vulnerability of the old image", () => {
  test.each([
    { title: "the version is past the fix", new: FIXED, expected: { "fixed.upgrade": [CVE] } },
    { title: "the package is gone", new: single(purl("base", "1")), expected: { "fixed.removed": [CVE] } },
    {
      title: "it is still there",
      new: single(purl("zlib", "1-r6"), purl("base", "1")),
      expected: { remaining: [CVE] },
    },
    {
      title: "its package can no longer be looked up",
      new: single("pkg:apk/bellsoft-hardened-containers/zlib@2-r0?distro=other-1", purl("base", "1")),
      expected: { indeterminate: [CVE] },
    },
    {
      title: "its version has no order",
      new: single(purl("zlib", "latest"), purl("base", "1")),
      expected: { indeterminate: [CVE] },
    },
  ])("$title", ({ new: current, expected }) => {
    expect(categoriesOf({ new: current })).toStrictEqual(expected);
  });

  const still = single(purl("zlib", "1-r6"), purl("base", "1"));
  test.each([
    {
      title: "U17: VEX says that a mitigation is in: a backport is a fix",
      vex: saying("inline_mitigations_already_exist"),
      expected: { "fixed.backport": [CVE], notAffected: [CVE] },
      kind: "fixes",
    },
    {
      title: "U18: VEX says that it is not executed: reclassified, which remedies nothing",
      vex: saying("vulnerable_code_not_in_execute_path"),
      expected: { reclassified: [CVE], notAffected: [CVE] },
      kind: "content",
    },
    {
      title: "VEX says fixed",
      vex: saying("", { status: "fixed" }),
      expected: { "fixed.backport": [CVE], notAffected: [CVE] },
      kind: "fixes",
    },
    {
      title: "VEX says that it is looked into: the advisory holds",
      vex: saying("", { status: "under_investigation" }),
      expected: { remaining: [CVE] },
      kind: "content",
    },
    {
      title: "VEX says affected",
      vex: saying("", { status: "affected" }),
      expected: { remaining: [CVE] },
      kind: "content",
    },
    { title: "U20: nothing was attested", vex: [], expected: { remaining: [CVE] }, kind: "content" },
  ])("$title", ({ vex, expected, kind }) => {
    const said = { old: {}, new: { vex } };
    expect(categoriesOf({ new: still, said })).toStrictEqual(expected);
    expect(assessmentOf(factsOf({ new: still, said })).class).toBe(kind);
  });

  test("U19: a statement of another image's document about the package without version is ignored", () => {
    const [statement] = saying("vulnerable_code_not_present");
    if (statement === undefined) throw new Error("no statement");
    const elsewhere = { purl: "pkg:oci/bellsoft%2Fother", digests: [], subcomponents: [] };
    const vex = [{ ...statement, from: "feed" as const, products: [...statement.products, elsewhere] }];
    const names = { repository: parseRepository("bellsoft/base"), digests: [] };
    const facts = { new: still, said: { old: { names }, new: { names } } };
    expect(categoriesOf({ ...facts, advisories: answerOf([RECORD], { vex }) })).toStrictEqual({
      remaining: [CVE],
    });
    const here = { ...elsewhere, purl: "pkg:oci/bellsoft%2Fbase" };
    const own = [{ ...statement, from: "feed" as const, products: [...statement.products, here] }];
    expect(categoriesOf({ ...facts, advisories: answerOf([RECORD], { vex: own }) })).toStrictEqual({
      notAffected: [CVE],
    });
  });

  test("what every package of a source must be said not to have, one of them has", () => {
    const justification = "vulnerable_code_not_present";
    const one = saying(justification, {
      products: [{ "@id": "pkg:apk/bellsoft-hardened-containers/zlib-dev" }],
    });
    const facts = { old: two("1-r5"), new: two("1-r6") };
    expect(categoriesOf({ ...facts, said: { old: {}, new: { vex: one } } })).toStrictEqual({
      remaining: [CVE],
    });
    const all = saying(justification);
    expect(categoriesOf({ ...facts, said: { old: {}, new: { vex: all } } })).toStrictEqual({
      reclassified: [CVE],
      notAffected: [CVE],
    });
  });

  test("a record that was withdrawn speaks of neither image, whenever it was believed", () => {
    const withdrawn = { ...RECORD, withdrawn: "2026-11-22T00:00:00Z" };
    expect(categoriesOf({ advisories: answerOf([withdrawn]) })).toStrictEqual({});
    expect(categoriesOf({ new: still, advisories: answerOf([withdrawn]) })).toStrictEqual({
      notAffected: [CVE],
    });
  });
});

describe("what was not in the old image", () => {
  const before = single(purl("zlib", "0-r1"), purl("base", "1"));
  test.each([
    { title: "and is in the new one", old: single(purl("base", "1")), expected: { introduced: [CVE] } },
    { title: "because its version was below", old: before, expected: { introduced: [CVE] } },
    {
      title: "as far as one could look it up, which was not far",
      old: single("pkg:apk/bellsoft-hardened-containers/zlib@2-r0?distro=other-1", purl("base", "1")),
      expected: { remaining: [CVE] },
    },
    {
      title: "as far as one could order its version, which was not far",
      old: single(purl("zlib", "latest"), purl("base", "1")),
      expected: { remaining: [CVE] },
    },
  ])("$title", ({ old, expected }) => {
    expect(categoriesOf({ old, new: AFFECTED })).toStrictEqual(expected);
  });

  test("not known whether it is in the new one", () => {
    const current = single(purl("zlib", "latest"), purl("base", "1"));
    expect(categoriesOf({ old: before, new: current })).toStrictEqual({ indeterminate: [CVE] });
  });
});

describe("regressions", () => {
  test("a step back to an older version that brings back a critical one", () => {
    const facts = { old: FIXED, new: AFFECTED };
    expect(deltaOf(facts).regressions).toStrictEqual([CVE]);
    expect(assessmentOf(factsOf(facts)).class).toBe("regression");
  });

  test("a medium one is said and does not decide", () => {
    const medium = answerOf([recordOf(CVE, "zlib", { severity: SEVERITY.medium })]);
    const facts = { old: FIXED, new: AFFECTED, advisories: medium };
    expect(deltaOf(facts).regressions).toStrictEqual([CVE]);
    expect(assessmentOf(factsOf(facts)).class).toBe("content");
  });

  test("weigh more than what is fixed", () => {
    const old = single(purl("zlib", "2-r0"), purl("expat", "1-r5"));
    const current = single(purl("zlib", "1-r5"), purl("expat", "2-r0"));
    const advisories = answerOf([RECORD, recordOf("CVE-2026-0002", "expat")]);
    expect(assessmentOf(factsOf({ old, new: current, advisories })).class).toBe("regression");
  });

  test("what came with a newer version is none, unless it was not to return", () => {
    const facts = { old: single(purl("zlib", "0-r1"), purl("base", "1")), new: AFFECTED };
    expect(deltaOf(facts).regressions).toStrictEqual([]);
    expect(assessmentOf(factsOf(facts)).class).toBe("content");
    const kept = { ...facts, mustNotReturn: new Set([CVE]) };
    expect(deltaOf(kept).regressions).toStrictEqual([CVE]);
    expect(assessmentOf(factsOf(kept)).class).toBe("regression");
  });

  test("the move alone still decides", () => {
    expect(assessmentOf(factsOf({ old: FIXED, new: AFFECTED, movement: "backwards" })).class).toBe(
      "moved-backwards",
    );
  });
});

describe("platforms", () => {
  const zlib = [purl("zlib", "1-r5"), purl("base", "1")];
  const fixed = [purl("zlib", "2-r0"), purl("base", "1")];
  const both = image({ "linux/amd64": zlib, "linux/arm64": zlib });
  test.each([
    {
      title: "fixed on all",
      old: both,
      new: image({ "linux/amd64": fixed, "linux/arm64": fixed }),
      expected: { "fixed.upgrade": [CVE] },
    },
    {
      title: "fixed on one, which fixes nothing",
      old: both,
      new: image({ "linux/amd64": fixed, "linux/arm64": zlib }),
      expected: { remaining: [CVE] },
    },
    {
      title: "not listed on one",
      old: both,
      new: image({ "linux/amd64": fixed, "linux/arm64": undefined }),
      expected: { indeterminate: [CVE] },
    },
    {
      title: "one is gone",
      old: both,
      new: image({ "linux/amd64": fixed }),
      expected: { indeterminate: [CVE] },
    },
    {
      title: "it was on a listed one only",
      old: image({ "linux/amd64": zlib, "linux/arm64": undefined }),
      new: image({ "linux/amd64": fixed, "linux/arm64": undefined }),
      expected: { "fixed.upgrade": [CVE] },
    },
    {
      title: "one list stands for all",
      old: both,
      new: single(...fixed),
      expected: { "fixed.upgrade": [CVE] },
    },
    {
      title: "one list stood for all",
      old: single(...zlib),
      new: image({ "linux/amd64": fixed }),
      expected: { "fixed.upgrade": [CVE] },
    },
    {
      title: "on a platform that was not listed before it is not known to be new",
      old: image({ "linux/amd64": fixed, "linux/arm64": undefined }),
      new: image({ "linux/amd64": fixed, "linux/arm64": zlib }),
      expected: { remaining: [CVE] },
    },
    {
      title: "on a platform that had the fix it is new",
      old: image({ "linux/amd64": fixed, "linux/arm64": fixed }),
      new: image({ "linux/amd64": fixed, "linux/arm64": zlib }),
      expected: { introduced: [CVE] },
    },
  ])("$title", ({ old, new: current, expected }) => {
    expect(categoriesOf({ old, new: current })).toStrictEqual(expected);
  });

  test("packages are counted once, whatever the number of platforms", () => {
    expect(
      deltaOf({ old: both, new: image({ "linux/amd64": fixed, "linux/arm64": fixed }) }).matchedCount,
    ).toBe(2);
  });
});

describe("feeds", () => {
  const old = feedOf({ staleAfterMs: DAY_MS, checkedAt: later(NOW, -9 * DAY_MS) });

  test("U23: both images are read against one answer, whose snapshot the result names", () => {
    const feeds = [feedOf({ snapshot: "commit 5005275d" })];
    const delta = deltaOf({ advisories: answerOf([RECORD], { feeds }) });
    expect(delta.feeds).toStrictEqual(feeds);
    // There is one answer among the facts, and no place for another.
    expect(Object.keys(factsOf({}))).toStrictEqual(["movement", "old", "new", "advisories", "at"]);
  });

  test("U24: nine days old: not assessed, and no word of nothing fixed", () => {
    expect(assessmentOf(factsOf({ advisories: answerOf([], { feeds: [old] }) }))).toMatchObject({
      class: "unassessed",
      vulnerabilities: {
        kind: "not-assessed",
        reason:
          "the advisories of BellSoft OSV feed were last mirrored 15 Nov 2026, 12:00 UTC, and prove nothing after 1 d",
      },
    });
  });

  test("a stale one about other packages hides nothing, and is not named", () => {
    const alpine = { ...old, id: "alpine", ecosystems: ["Alpine"] };
    const delta = deltaOf({ advisories: answerOf([RECORD], { feeds: [feedOf(), alpine] }) });
    expect(delta.fixed).toHaveLength(1);
    expect(delta.feeds.map(({ id }) => id)).toStrictEqual(["bellsoft"]);
  });

  test("a stale one of signals is named and hides nothing", () => {
    const kev = { ...old, id: "kev", ecosystems: [] };
    const delta = deltaOf({ advisories: answerOf([RECORD], { feeds: [feedOf(), kev] }) });
    expect(delta.feeds.map(({ id }) => id)).toStrictEqual(["bellsoft", "kev"]);
  });

  test("none that speaks of any package: not assessed", () => {
    const { vulnerabilities } = assessmentOf(factsOf({ advisories: answerOf([RECORD], { feeds: [] }) }));
    expect(vulnerabilities).toStrictEqual({
      kind: "not-assessed",
      reason: "the new image: none of its packages could be looked up (no feed speaks of their ecosystem)",
    });
  });
});

test("what is matched under its own name and what is not matched is counted", () => {
  const current = single(
    purl("zlib", "2-r0"),
    `${purl("libssl3", "1")}&upstream=openssl`,
    "pkg:conan/x@1",
    "pkg:npm/y@1",
  );
  expect(deltaOf({ new: current })).toMatchObject({
    matchedCount: 2,
    ownNameCount: 1,
    unmatched: [
      { reason: "no advisories for their type of package", count: 1 },
      { reason: "no feed speaks of their ecosystem", count: 1 },
    ],
  });
});
