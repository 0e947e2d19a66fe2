import { describe, expect, test } from "vitest";
import type { NotAffected } from "../../src/advisory/finding.ts";
import type { Signals } from "../../src/advisory/signal.ts";
import type { UpdateClass, VulnerabilityDelta } from "../../src/assess/assessment.ts";
import { renderBody } from "../../src/proposal/body.ts";
import { labelsOf } from "../../src/proposal/labels.ts";
import type { Plan } from "../../src/proposal/plan.ts";
import { titleOf } from "../../src/proposal/title.ts";
import { DAY_MS, later } from "../../src/time.ts";
import { upgraded } from "../fixtures/deltas.ts";
import { feedOf } from "../fixtures/feeds.ts";
import { at, finding, KEY, planOf, runtimeUpdate } from "./example.ts";

const ASKED = at("2026-11-23T14:12Z");
const FRESH = feedOf({ checkedAt: ASKED });
const EXPAT = finding("CVE-2026-31337", ["critical", 9.8], ["expat", "2.7.1-r0", "2.7.3-r0"]);
const VEX: NotAffected = {
  id: "CVE-2026-0007",
  packageName: "zlib",
  why: "vex",
  detail: "vulnerable_code_not_in_execute_path",
  saidBy: "BellSoft",
};

/** A plan of one update of this delta. */
function planWith(delta: Partial<VulnerabilityDelta>, kind: UpdateClass = "fixes"): Plan {
  const update = runtimeUpdate();
  const { vulnerabilities } = update.assessment;
  if (vulnerabilities.kind !== "assessed") throw new Error("must be assessed");
  const whole = { ...vulnerabilities.delta, feeds: [FRESH], remaining: [], ...delta };
  const assessment = {
    ...update.assessment,
    class: kind,
    vulnerabilities: { kind: "assessed", delta: whole },
  } as const;
  return planOf([{ ...update, assessment }]);
}

function bodyOf(plan: Plan): string {
  return renderBody(plan, { version: "0.1.0", markerKey: KEY });
}

describe("how it is fixed", () => {
  test.each([
    { how: "upgrade", cell: "`2.7.1-r0` → `2.7.3-r0`" },
    { how: "removed", cell: "`2.7.1-r0` → removed" },
    { how: "backport", cell: "`2.7.1-r0` → fix brought back" },
  ] as const)("$how", ({ how, cell }) => {
    expect(bodyOf(planWith({ fixed: [{ ...EXPAT, how }] }))).toContain(`| ${cell} |`);
  });

  test("who rated it, where that is not the record that names the package", () => {
    const fixed = upgraded([{ ...EXPAT, ratedBy: "GHSA-aaaa-bbbb" }]);
    expect(bodyOf(planWith({ fixed }))).toContain("| critical 9.8 by GHSA-aaaa-bbbb |");
  });
});

describe("what is known about exploiting it", () => {
  const kevFeed = feedOf({ id: "kev", name: "KEV", ecosystems: [], checkedAt: ASKED });
  const addedAt = at("2026-11-19T00:00Z");
  const rows: readonly { readonly title: string; readonly signals: Signals; readonly cell: string }[] = [
    {
      title: "in KEV",
      signals: { kev: { addedAt, isRansomware: false } },
      cell: "**yes**, in KEV since 19 Nov 2026",
    },
    {
      title: "in KEV, by ransomware",
      signals: { kev: { addedAt, isRansomware: true } },
      cell: "**yes**, in KEV since 19 Nov 2026, ransomware",
    },
    {
      title: "SSVC and EPSS",
      signals: {
        ssvc: { exploitation: "poc", automatable: "yes", technicalImpact: "total" },
        epss: { score: 0.943, percentile: 0.99 },
      },
      cell: "proof of concept, automatable, EPSS 94 %",
    },
    { title: "hardly", signals: { epss: { score: 0.003, percentile: 0.2 } }, cell: "EPSS 0.3 %" },
  ];
  test.each(rows)("$title", ({ signals, cell }) => {
    const body = bodyOf(planWith({ fixed: upgraded([{ ...EXPAT, ...signals }]), feeds: [FRESH, kevFeed] }));
    expect(body).toContain("| had → fixed in | exploited |");
    expect(body).toContain(`| ${cell} |`);
    expect(body).not.toContain("no source that was asked says whether");
  });

  test("nothing is known: no column, and it is said", () => {
    const body = bodyOf(planWith({ fixed: upgraded([EXPAT]) }));
    expect(body).not.toContain("| exploited |");
    expect(body).toContain(
      "- Exploitation: no source that was asked says whether any of these is exploited.",
    );
  });

  test("nothing is known of one of two", () => {
    const other = finding("CVE-2026-0002", ["low"], ["zlib", "1-r0", "2-r0"]);
    const kev = { addedAt, isRansomware: false };
    expect(bodyOf(planWith({ fixed: upgraded([{ ...EXPAT, kev }, other]) }))).toContain("| not known |");
  });

  test("what is exploited stands in the first screen and as a label", () => {
    const kev = { addedAt, isRansomware: false };
    const plan = planWith({ fixed: upgraded([{ ...EXPAT, kev }]), feeds: [FRESH, kevFeed] });
    expect(bodyOf(plan)).toContain("(1 critical, **1 known to be exploited**)");
    expect(labelsOf(plan)).toContain("hullkeeper:exploited");
    expect(labelsOf(planWith({ fixed: upgraded([EXPAT]) }))).not.toContain("hullkeeper:exploited");
  });
});

describe("what is no fix is not shown as one", () => {
  test("reclassified", () => {
    const body = bodyOf(
      planWith({ fixed: [], reclassified: [{ ...EXPAT, why: VEX }], notAffected: [VEX] }, "content"),
    );
    expect(body).toContain("No known vulnerability is fixed");
    expect(body).toContain(
      "No longer counted, which fixes nothing (1 critical): CVE-2026-31337 (critical, `expat` `2.7.1-r0`, not affected, says BellSoft: vulnerable&#x5f;code&#x5f;not&#x5f;in&#x5f;execute&#x5f;path).",
    );
  });

  test("indeterminate", () => {
    const reason = "the new image lists no packages for linux/arm64";
    const body = bodyOf(planWith({ fixed: [], indeterminate: [{ ...EXPAT, reason }] }, "content"));
    expect(body).toContain("none remains, ⚠ of 1 nobody knows.");
    expect(body).toContain(
      `⚠ Not known whether it is still there (1 critical): CVE-2026-31337 (critical, \`expat\` \`2.7.1-r0\`, ${reason}).`,
    );
  });

  test("not affected, with who says so and why", () => {
    const others: readonly NotAffected[] = [
      VEX,
      { id: "CVE-2026-0008", packageName: "curl", why: "backport", saidBy: "BellSoft" },
      { id: "CVE-2026-0009", packageName: "musl", why: "withdrawn", saidBy: "BELL-CVE-2026-0009" },
    ];
    const body = bodyOf(planWith({ notAffected: others }));
    expect(body).toContain(
      "<details><summary>Said not to affect the new images: 3 vulnerabilities</summary>",
    );
    expect(body).toContain("- fix brought back, says BellSoft: CVE-2026-0008 (`curl`)");
    expect(body).toContain("- advisory BELL-CVE-2026-0009 withdrawn: CVE-2026-0009 (`musl`)");
  });
});

describe("a regression", () => {
  const plan = planWith({ fixed: [], introduced: [EXPAT], regressions: [EXPAT.id] }, "regression");

  test("stands before everything else, in the title and as a label", () => {
    expect(bodyOf(plan).split("\n", 1)[0]).toBe(
      "> ⚠ **Brings back 1 vulnerability** (1 critical), the worst CVE-2026-31337 in `expat`.",
    );
    expect(bodyOf(plan)).toContain(
      "⚠ **Comes back** (1 critical): CVE-2026-31337 (critical, `expat` `2.7.1-r0`).",
    );
    expect(titleOf(plan)).toContain("brings back 1 critical");
    expect(labelsOf(plan)).toContain("hullkeeper:regression");
  });

  test("beside fixes both are said", () => {
    const [update] = planWith({ introduced: [EXPAT], regressions: [EXPAT.id] }, "regression").updates;
    if (update === undefined) throw new Error("no update");
    expect(titleOf(planOf([update]))).toMatch(/fixes 2 critical and 3 more, brings back 1 critical/);
  });
});

describe("who says so", () => {
  test("every feed, how old it is and what its licence asks", () => {
    const old = feedOf({
      id: "wolfi",
      name: "Wolfi",
      snapshot: "0123456789abcdef",
      recordCount: 1,
      checkedAt: later(ASKED, -2 * DAY_MS),
      licenceNote: "CC BY-NC-ND 4.0",
    });
    expect(bodyOf(planWith({ feeds: [FRESH, old] }))).toContain(
      "Wolfi, 1 record, snapshot `0123456789ab`, ⚠ last looked at 2 d before, CC BY-NC-ND 4.0, asked 23 Nov 2026, 14:12 UTC",
    );
  });

  test("how many packages were looked up under their own name", () => {
    expect(bodyOf(planWith({ ownNameCount: 3 }))).toContain(
      "looked up (3 by their own name: nothing says their source)",
    );
  });
});
