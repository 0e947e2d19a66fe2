import { describe, expect, test } from "vitest";
import type { LineFact } from "../../src/sla/facts.ts";
import { UTC_CALENDAR } from "../../src/sla/calendar.ts";
import { scorecardOf } from "../../src/sla/compliance.ts";
import type { VendorPromise } from "../../src/sla/policy.ts";
import { evaluateVendor, type VendorEvaluation, type VendorState } from "../../src/sla/vendor.ts";
import { DAY_MS } from "../../src/time.ts";
import {
  arrived,
  D0,
  D1,
  D2,
  D3,
  day,
  dayOf,
  lineAt,
  period,
  rated,
  vulnerability,
  type VulnerabilityOptions,
} from "./story.ts";

const PROMISE: VendorPromise = {
  basis: "7 days critical",
  terms: { critical: period("7d"), high: period("14d") },
  calendar: UTC_CALENDAR,
  startBasis: "vendor-published",
  bestEffortPlatforms: [],
};

/** Watched since day -50, published on day 0, D0 has it. */
function broken(options: VulnerabilityOptions = {}): readonly LineFact[] {
  return [
    { kind: "onboarded", at: day(-50) },
    ...vulnerability("CVE-1", "critical", { published: 0, ...options }),
    ...arrived(D0, -20, ["CVE-1"]),
  ];
}

function evaluated(
  facts: readonly LineFact[],
  now: number,
  promise: Partial<VendorPromise> = {},
): VendorEvaluation {
  const [evaluation] = evaluateVendor(lineAt(facts, now), { ...PROMISE, ...promise }, day(now));
  if (evaluation === undefined) throw new Error("no clock");
  return evaluation;
}

/** The tag came to D1, which has it no more, between two looks. */
function fixed(after: number, at: number): readonly LineFact[] {
  return [
    { kind: "observed", digest: D1, after: day(after), at: day(at) },
    { kind: "verified", digest: D1, at: day(at) },
    { kind: "affected", digest: D1, at: day(at), ids: [] },
  ];
}

const minutes = (count: number): number => count / 1_440;

describe("rows of the contract", () => {
  test("S28: new digest fails signature", () => {
    const rejected = fixed(2, 3).filter(({ kind }) => kind === "observed");
    expect(evaluated([...broken(), ...rejected], 5)).toMatchObject({ state: "running", dueAt: day(7) });
    expect(evaluated([...broken(), ...rejected], 8)).toMatchObject({ state: "overdue" });
  });

  test("S33: vendor deadline 10:00, last poll without 09:50, first with 10:20", () => {
    const facts = [...broken(), ...fixed(7 - minutes(10), 7 + minutes(20))];
    expect(evaluated(facts, 9)).toMatchObject({ state: "inconclusive", dueAt: day(7), fixedBy: D1 });
    expect(evaluated([...broken(), ...fixed(7 - minutes(30), 7)], 9).state).toBe("met");
    expect(evaluated([...broken(), ...fixed(7 + minutes(1), 7 + minutes(20))], 9).state).toBe("missed");
  });

  test("S34: arm64 fixed 2 d after amd64", () => {
    const facts: readonly LineFact[] = [
      ...broken(),
      { kind: "observed", digest: D1, after: day(3.9), at: day(4) },
      { kind: "verified", digest: D1, at: day(4) },
      {
        kind: "affected",
        digest: D1,
        at: day(4),
        ids: ["CVE-1"],
        platforms: [{ id: "CVE-1", names: ["linux/arm64"] }],
      },
      ...arrived(D2, 6, []),
    ];
    expect(evaluated(facts, 9)).toMatchObject({ state: "met", fixedBy: D2, tookMs: 6 * DAY_MS });
    expect(evaluated(facts, 9, { bestEffortPlatforms: ["linux/arm64"] })).toMatchObject({
      state: "met",
      fixedBy: D1,
      tookMs: 4 * DAY_MS,
    });
  });

  test("S48: vendor record older than stream onboarding", () => {
    const facts = broken({ published: -60, seen: -49 });
    expect(evaluated([...facts, ...fixed(2, 3)], 9).state).toBe("not-counted");
  });

  test("S49: record fixed before detection (negative lag)", () => {
    const facts: readonly LineFact[] = [
      { kind: "onboarded", at: day(-50) },
      ...vulnerability("CVE-1", "critical", { published: 0 }),
      ...arrived(D0, -20, []),
      ...arrived(D1, -3, []),
      { kind: "affected", digest: D0, at: day(0), ids: ["CVE-1"] },
    ];
    expect(evaluated(facts, 1)).toMatchObject({ state: "met", tookMs: 0 });
  });
});

test.each<{
  title: string;
  facts: readonly LineFact[];
  promise?: Partial<VendorPromise>;
  state: VendorState;
  start?: number;
  due?: number;
}>([
  { title: "no fix in time yet", facts: broken(), state: "overdue", start: 0, due: 7 },
  {
    title: "an unverified digest holds nothing up",
    facts: [...broken(), ...arrived(D1, 3, ["CVE-1"])],
    state: "overdue",
    start: 0,
    due: 7,
  },
  {
    title: "fixed in a digest that nobody could assess: not known",
    facts: [...broken(), ...arrived(D1, 3, []).slice(0, 2)],
    state: "overdue",
  },
  {
    title: "a digest from before it is no fix",
    facts: [...broken(), ...arrived(D1, -30, [])],
    state: "overdue",
  },
  {
    title: "one that only looks new is none",
    facts: [...broken(), ...arrived(D1, 3, []), { kind: "backwards", digest: D1, at: day(3) }],
    state: "overdue",
  },
  {
    title: "fixed, broken again, fixed: the first fix",
    facts: [...broken(), ...arrived(D1, 3, []), ...arrived(D2, 4, ["CVE-1"]), ...arrived(D3, 9, [])],
    state: "met",
  },
  {
    title: "first look found it after the deadline: nobody saw when",
    facts: [
      ...broken(),
      ...arrived(D1, 8, []).map((fact) =>
        fact.kind === "observed" ? { kind: fact.kind, digest: fact.digest, at: fact.at } : fact,
      ),
    ],
    state: "inconclusive",
  },
  {
    title: "VEX says it does not matter",
    facts: [...broken(), { kind: "not-applicable", id: "CVE-1", at: day(2), why: "vex" }],
    state: "exempt",
  },
  {
    title: "a severity that is not promised",
    facts: [...broken(), rated("CVE-1", "low", 1)],
    state: "exempt",
  },
  {
    title: "rated none",
    facts: [...broken(), rated("CVE-1", "none", 1)],
    promise: { terms: { none: period("1d") } },
    state: "exempt",
  },
  {
    title: "raised while it ran",
    facts: [...broken(), rated("CVE-1", "high", 1)],
    state: "running",
    start: 0,
    due: 14,
  },
  {
    title: "starts with a listing that has not come",
    facts: broken(),
    promise: { startBasis: "kev" },
    state: "not-started",
  },
  {
    title: "starts with the listing",
    facts: [...broken(), { kind: "kev", id: "CVE-1", at: day(5), addedAt: day(4) }],
    promise: { startBasis: "kev" },
    state: "running",
    start: 4,
    due: 11,
  },
  {
    title: "no fix upstream",
    facts: broken({ hasFix: false }),
    promise: { startBasis: "upstream-fix" },
    state: "not-started",
  },
  {
    title: "a fix upstream, once it was seen",
    facts: [...broken({ hasFix: false }), ...vulnerability("CVE-1", "critical", { published: 0, seen: 6 })],
    promise: { startBasis: "upstream-fix" },
    state: "running",
    start: 6,
    due: 13,
  },
  {
    title: "a fix upstream from the start: its publication, approximately",
    facts: broken(),
    promise: { startBasis: "upstream-fix" },
    state: "overdue",
    start: 0,
    due: 7,
  },
  {
    title: "by working days",
    facts: broken(),
    promise: { terms: { critical: period("7bd") } },
    state: "overdue",
    start: 0,
    due: 9.5,
  },
])("$state: $title", ({ facts, promise = {}, state, start, due }) => {
  const evaluation = evaluated(facts, 10, promise);
  expect(evaluation.state).toBe(state);
  const { startedAt, dueAt } = evaluation;
  expect(start ?? dayOf(startedAt)).toBe(dayOf(startedAt));
  expect(due === undefined || Math.abs(due - (dayOf(dueAt) ?? 0)) < 1e-4).toBe(true);
});

test("an assumed start is called approximate", () => {
  expect(evaluated(broken(), 1).isApproximate).toBe(false);
  expect(evaluated(broken(), 1, { startBasis: "upstream-fix" }).isApproximate).toBe(true);
  expect(evaluated(broken(), 1, { startBasis: "not-stated" }).isApproximate).toBe(true);
});

test("a vulnerability that no image of the line had has no clock", () => {
  const facts = [...vulnerability("CVE-1", "critical", { published: 0 }), ...arrived(D0, -20, [])];
  expect(evaluateVendor(lineAt(facts, 5), PROMISE, day(5))).toEqual([]);
});

const entry = (state: VendorState, tookDays: number): { vendor: string; evaluation: VendorEvaluation } => ({
  vendor: "bellsoft",
  evaluation: {
    id: "CVE-1",
    severity: "critical",
    state,
    isApproximate: false,
    isFromFuture: false,
    tookMs: tookDays * DAY_MS,
  },
});

test("a scorecard says nothing in percent of fewer than ten", () => {
  const nine = [1, 2, 3, 4, 5, 6, 7, 8].map((days) => entry("met", days)).concat(entry("missed", 20));
  const [row] = scorecardOf(nine);
  expect(row).toMatchObject({
    vendor: "bellsoft",
    severity: "critical",
    count: 9,
    p50Ms: 5 * DAY_MS,
    p90Ms: 20 * DAY_MS,
  });
  expect(row).not.toHaveProperty("metShare");
  const [more] = scorecardOf([
    ...nine,
    entry("missed", 30),
    entry("not-counted", 400),
    entry("inconclusive", 7),
  ]);
  expect(more).toMatchObject({
    count: 11,
    metShare: 0.8,
    states: { met: 8, missed: 2, inconclusive: 1, "not-counted": 1 },
  });
});
