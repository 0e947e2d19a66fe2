import { describe, expect, test } from "vitest";
import { renderClocks } from "../../src/proposal/body/clocks.ts";
import { LIMITS } from "../../src/proposal/body/limits.ts";
import type { Plan } from "../../src/proposal/plan.ts";
import type { SlaPolicy, VendorPromise } from "../../src/sla/policy.ts";
import type { VendorEvaluation } from "../../src/sla/vendor.ts";
import { at, digest, examplePlan, planOf, runtimeUpdate, withPolicy, withProfile } from "./example.ts";

const [LIMIT] = LIMITS;

function rendered(plan: Plan): string {
  if (LIMIT === undefined) throw new Error("no limits");
  return renderClocks(plan, LIMIT);
}

/** Published on the 1st, due on the 8th; there since the 4th, and not at the look before. */
const MET: VendorEvaluation = {
  id: "CVE-2026-1",
  severity: "critical",
  state: "met",
  startedAt: at("2026-11-01T08:00Z"),
  dueAt: at("2026-11-08T08:00Z"),
  isApproximate: true,
  fixedBy: digest("1"),
  observedAt: at("2026-11-04T10:00Z"),
  observedAfter: at("2026-11-04T09:30Z"),
  tookMs: 1,
  isFromFuture: false,
};
const MISSED: VendorEvaluation = {
  ...MET,
  id: "CVE-2026-2",
  state: "missed",
  observedAt: at("2026-11-09T10:00Z"),
  observedAfter: at("2026-11-09T09:00Z"),
};
const INCONCLUSIVE: VendorEvaluation = {
  ...MET,
  id: "CVE-2026-3",
  state: "inconclusive",
  observedAt: at("2026-11-08T09:00Z"),
  observedAfter: at("2026-11-08T07:30Z"),
};
const { fixedBy: _fixed, observedAt: _at, observedAfter: _after, tookMs: _took, ...NOT_FIXED } = MET;
const RUNNING: VendorEvaluation = { ...NOT_FIXED, id: "CVE-2026-4", state: "running" };
const OVERDUE: VendorEvaluation = { ...NOT_FIXED, id: "CVE-2026-5", state: "overdue" };
const { startedAt: _started, dueAt: _due, ...TIMELESS } = NOT_FIXED;
const { dueAt: _never, ...UNBOUND } = RUNNING;
const { observedAfter: _before, ...UNSEEN_BEFORE } = INCONCLUSIVE;

function withClocks(vendorClocks: readonly VendorEvaluation[], promised: Partial<VendorPromise> = {}): Plan {
  const plan = planOf([{ ...runtimeUpdate(), vendorClocks }]);
  const vendorPromise = plan.updates[0]?.profile.vendorPromise;
  if (vendorPromise === undefined) throw new Error("no promise");
  return withProfile(plan, { vendorPromise: { ...vendorPromise, ...promised } });
}

function vendorRows(plan: Plan): readonly string[] {
  return rendered(plan)
    .split("\n")
    .filter((line) => line.startsWith("| vendor: "));
}

function ownRow(policy: Partial<SlaPolicy>): string {
  const text = rendered(withPolicy(examplePlan(), policy));
  return text.split("\n").find((line) => line.startsWith("| yours")) ?? "";
}

describe("the vendor's clock", () => {
  test.each<{ title: string; clocks: VendorEvaluation[]; promise?: Partial<VendorPromise>; ends: string[] }>([
    {
      title: "met, with the look before",
      clocks: [MET],
      ends: [
        "| 1 Nov 2026, 08:00 UTC, CVE-2026-1 published (approximate: the vendor states no start, this is our assumption) | 8 Nov 2026, 08:00 UTC | met: fixed image first seen 4 Nov 2026, 10:00 UTC, after 3 d 2 h |",
      ],
    },
    {
      title: "met before it was published",
      clocks: [{ ...MET, observedAt: at("2026-10-01T08:00Z") }],
      ends: ["| met: the fixed image was there before |"],
    },
    {
      title: "missed, by what was seen at least",
      clocks: [MISSED],
      ends: [
        "| missed by 1 d 1 h or more: fixed image first seen 9 Nov 2026, 10:00 UTC, last look without it 9 Nov 2026, 09:00 UTC |",
      ],
    },
    {
      title: "inconclusive, the deadline between two looks",
      clocks: [INCONCLUSIVE],
      ends: [
        "| inconclusive: fixed image first seen 8 Nov 2026, 09:00 UTC, last look without it 8 Nov 2026, 07:30 UTC; what lies between proves nothing |",
      ],
    },
    {
      title: "inconclusive, without a look before",
      clocks: [UNSEEN_BEFORE],
      ends: ["first seen 8 Nov 2026, 09:00 UTC, no look before that; what lies between proves nothing |"],
    },
    {
      title: "the worst of several, and what became of the others",
      clocks: [MET, INCONCLUSIVE, MISSED, { ...MET, id: "CVE-2026-9" }],
      ends: ["(of 4: 1 missed, 1 inconclusive, 2 met) |"],
    },
    {
      title: "what is there and what is not, each in its row",
      clocks: [MET, RUNNING],
      ends: ["after 3 d 2 h |", "| running: no verified image without it |"],
    },
    {
      title: "what is overdue before what runs",
      clocks: [RUNNING, OVERDUE],
      ends: ["| overdue: no verified image without it (of 2: 1 overdue, 1 running) |"],
    },
    {
      title: "of those that run the one that is due first",
      clocks: [RUNNING, { ...RUNNING, id: "CVE-2026-0", dueAt: at("2026-11-09T08:00Z") }],
      ends: ["| 8 Nov 2026, 08:00 UTC | running: no verified image without it (of 2: 2 running) |"],
    },
    {
      title: "a severity that is promised without a deadline",
      clocks: [UNBOUND],
      ends: ["| – | running: no verified image without it |"],
    },
    {
      title: "published before anybody watched",
      clocks: [{ ...NOT_FIXED, state: "not-counted" }],
      ends: ["| – | – | not running: published before anybody watched this image |"],
    },
    {
      title: "not promised",
      clocks: [{ ...TIMELESS, state: "exempt" }],
      ends: ["| – | – | not running: the promise does not speak of what is known here |"],
    },
    {
      title: "not listed as exploited yet",
      clocks: [{ ...TIMELESS, state: "not-started" }],
      promise: { startBasis: "kev" },
      ends: ["| – | – | not running: what starts it has not happened |"],
    },
    {
      title: "a start that is stated",
      clocks: [RUNNING],
      promise: { startBasis: "disclosure" },
      ends: ["CVE-2026-4 published | 8 Nov 2026, 08:00 UTC | running: no verified image without it |"],
    },
    {
      title: "a start upstream that nobody knows",
      clocks: [RUNNING],
      promise: { startBasis: "upstream-fix" },
      ends: [
        "(approximate: the promise starts with the fix upstream, whose moment no feed knows) | 8 Nov 2026, 08:00 UTC | running: no verified image without it |",
      ],
    },
    {
      title: "an advisory from the future",
      clocks: [{ ...RUNNING, isFromFuture: true }],
      promise: { startBasis: "disclosure" },
      ends: [
        "CVE-2026-4 published; its advisory claims a later day | 8 Nov 2026, 08:00 UTC | running: no verified image without it |",
      ],
    },
  ])("$title", ({ clocks, promise, ends }) => {
    const rows = vendorRows(withClocks(clocks, promise));
    expect(rows).toHaveLength(ends.length);
    for (const [index, end] of ends.entries()) expect(rows[index]?.slice(-end.length)).toBe(end);
  });

  test("has the same bytes in whatever order its clocks come", () => {
    const clocks = [MET, MISSED, INCONCLUSIVE, RUNNING, OVERDUE];
    expect(rendered(withClocks(clocks.toReversed()))).toBe(rendered(withClocks(clocks)));
  });

  test("says where the vendor's numbers are from", () => {
    expect(rendered(withClocks([MET]))).toMatch(
      /\n\nSources: vendor: Hardened container images, bell-sw\.com\/blog, as of 2026-07-25\.$/,
    );
  });
});

describe("one's own clock", () => {
  test("names its policy and version", () => {
    expect(ownRow({})).toContain(
      "yours: policy v1, BellSoft's terms (7 days critical, 14 days other), critical 7 d |",
    );
    expect(ownRow({ id: "pci-4.0.1", version: 3 })).toContain("yours: policy `pci-4.0.1` v3, ");
  });

  test("names the version that it started by, where a newer one leaves it alone", () => {
    const previous = { ...runtimeUpdate().policy, version: 1, basis: "what was before" };
    const newer = { version: 2, basis: "what is now", previous, effectiveAt: at("2026-11-24T00:00Z") };
    expect(ownRow({ ...newer, appliesToOpen: false })).toContain("policy v1, what was before, ");
    expect(ownRow({ ...newer, appliesToOpen: true })).toContain("policy v2, what is now, ");
  });

  test("says where a shipped policy's numbers are from", () => {
    const policy = { source: "PCI DSS 4.0.1, 6.3.3", asOf: "2026-07-25" };
    expect(rendered(withPolicy(examplePlan(), policy))).toContain(
      "; yours: PCI DSS 4.0.1, 6.3.3, as of 2026-07-25.",
    );
  });
});
