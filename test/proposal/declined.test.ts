import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Assessment, FixedFinding } from "../../src/assess/assessment.ts";
import { type DeclinedDigest, graveFixesOf, returnOf } from "../../src/proposal/declined.ts";
import { DAY_MS, instantOf, later } from "../../src/time.ts";
import { emptyDelta } from "../fixtures/deltas.ts";
import { FIXES, NEXT } from "../workers/propose-bench.ts";

const NOW = instantOf(Date.parse("2026-11-24T12:00:00Z"));

const DECLINED: DeclinedDigest = {
  digest: NEXT,
  at: NOW,
  until: later(NOW, 90 * DAY_MS),
  fixed: ["CVE-2026-1"],
};

describe("a declined digest stays so", () => {
  test.each<{ title: string; declined?: Partial<DeclinedDigest>; fixes?: readonly string[]; days?: number }>([
    { title: "while nothing is new", fixes: ["CVE-2026-1"] },
    { title: "while less is known to be fixed than then", fixes: [] },
    { title: "until the last moment", days: 90 - 1e-8 },
    {
      title: "with what it fixed then rated as before",
      declined: { fixed: ["CVE-1", "CVE-2"] },
      fixes: ["CVE-2"],
    },
  ])("$title", ({ declined = {}, fixes = [], days = 1 }) => {
    const now = later(NOW, Math.floor(days * DAY_MS));
    expect(returnOf({ ...DECLINED, ...declined }, fixes, now)).toBeUndefined();
  });

  test("without end where nothing but the digest is known", () => {
    const { digest } = DECLINED;
    expect(returnOf({ digest }, ["CVE-2026-2"], later(NOW, 1_000 * DAY_MS))).toBeUndefined();
  });

  test("until its time is over where nobody knows what it fixed", () => {
    const { fixed: _, ...declined } = DECLINED;
    const until = later(NOW, 90 * DAY_MS);
    expect(returnOf(declined, ["CVE-2026-2"], later(until, -1))).toBeUndefined();
    expect(returnOf(declined, ["CVE-2026-2"], until)).toEqual({ at: until, fixes: [] });
  });
});

describe("a declined digest is proposed again", () => {
  test("when its time is over, at that very moment", () => {
    const until = later(NOW, 90 * DAY_MS);
    expect(returnOf(DECLINED, ["CVE-2026-1"], until)).toEqual({ at: until, fixes: [] });
    expect(returnOf(DECLINED, [], later(until, DAY_MS))).toEqual({ at: until, fixes: [] });
  });

  test("when it is known to fix something grave that it was not known to fix", () => {
    const fixes = ["CVE-2026-1", "CVE-2026-2", "CVE-2026-3"];
    expect(returnOf(DECLINED, fixes, NOW)).toEqual({ at: NOW, fixes: ["CVE-2026-2", "CVE-2026-3"] });
  });

  test("for the reason it was proposed again for, whatever is known since", () => {
    const back = { at: NOW, fixes: ["CVE-2026-2"] };
    fc.assert(
      fc.property(fc.array(fc.string()), fc.nat(), (fixes, days) => {
        expect(returnOf({ ...DECLINED, back }, fixes, later(NOW, days))).toEqual(back);
      }),
    );
  });
});

describe("grave fixes", () => {
  const [FINDING] = FIXES.vulnerabilities.kind === "assessed" ? FIXES.vulnerabilities.delta.fixed : [];
  const fixing = (...changes: readonly Partial<FixedFinding>[]): Assessment => ({
    ...FIXES,
    vulnerabilities: {
      kind: "assessed",
      delta: emptyDelta({
        fixed: changes.flatMap((change) => (FINDING === undefined ? [] : [{ ...FINDING, ...change }])),
      }),
    },
  });
  const kev = { addedAt: NOW, isRansomware: false };

  test.each<{ title: string; assessment: Assessment | undefined; ids: readonly string[] }>([
    { title: "of what is not assessed", assessment: undefined, ids: [] },
    {
      title: "of what advisories were not asked about",
      assessment: { ...FIXES, vulnerabilities: { kind: "not-assessed", reason: "r" } },
      ids: [],
    },
    { title: "high is not", assessment: fixing({ severity: "high" }), ids: [] },
    { title: "not rated is not", assessment: fixing({ severity: "unknown" }), ids: [] },
    { title: "critical is", assessment: fixing({ id: "B" }, { id: "A" }, { id: "B" }), ids: ["A", "B"] },
    { title: "low and exploited is", assessment: fixing({ id: "A", severity: "low", kev }), ids: ["A"] },
  ])("$title", ({ assessment, ids }) => {
    expect(graveFixesOf(assessment)).toEqual(ids);
  });

  test("what comes back is not fixed", () => {
    const delta = emptyDelta({ introduced: FINDING === undefined ? [] : [FINDING] });
    expect(graveFixesOf({ ...FIXES, vulnerabilities: { kind: "assessed", delta } })).toEqual([]);
  });

  test("100 at most", () => {
    const many = Array.from({ length: 150 }, (_, index) => ({ id: `CVE-${1_000 + index}` }));
    expect(graveFixesOf(fixing(...many))).toHaveLength(100);
  });
});
