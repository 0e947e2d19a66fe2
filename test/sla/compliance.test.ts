import { describe, expect, test } from "vitest";
import { acceptanceFaults } from "../../src/sla/acceptance.ts";
import { breachesOf, breachId, isRetracted, milestoneOf, skewOf } from "../../src/sla/breach.ts";
import { complianceOf } from "../../src/sla/compliance.ts";
import type { Evaluation } from "../../src/sla/evaluation.ts";
import type { TargetFact } from "../../src/sla/facts.ts";
import { outcomeOf } from "../../src/sla/rules.ts";
import { successionOf } from "../../src/sla/succession.ts";
import { periodText } from "../../src/sla/period.ts";
import { DAY_MS, later } from "../../src/time.ts";
import {
  arrived,
  AT_D0,
  D0,
  D1,
  D2,
  day,
  fixedOnDay0,
  lineAt,
  period,
  pinned,
  placesOf,
  POLICY,
  vulnerability,
} from "./story.ts";

const evaluation = (change: Partial<Evaluation>): Evaluation => ({
  id: "CVE-1",
  severity: "critical",
  packages: [],
  state: "open",
  startedAt: day(0),
  dueAt: day(7),
  moves: [],
  relapses: [],
  notes: [],
  ...change,
});

describe("numbers", () => {
  test("S47: compliance with 8 met, 1 late, 3 overdue open", () => {
    const compliance = complianceOf(
      [
        ...Array.from({ length: 8 }, () => evaluation({ state: "met", endedAt: day(2) })),
        evaluation({ state: "late", endedAt: day(9) }),
        ...Array.from({ length: 3 }, () => evaluation({})),
      ],
      day(10),
    );
    expect(((compliance.closedShare ?? 0) * 100).toFixed(1)).toBe("88.9");
    expect(((compliance.honestShare ?? 0) * 100).toFixed(1)).toBe("66.7");
    expect(compliance).toMatchObject({
      met: 8,
      late: 1,
      overdue: 3,
      openInTime: 0,
      overdueMaxMs: 3 * DAY_MS,
    });
    expect(compliance.timeToMerge.critical).toEqual({
      count: 9,
      meanMs: (25 / 9) * DAY_MS,
      p50Ms: 2 * DAY_MS,
      p90Ms: 9 * DAY_MS,
    });
  });

  test("S22: what was fixed before it was known is counted apart, and took no time", () => {
    const compliance = complianceOf(
      [evaluation({ state: "met", startedAt: day(5), endedAt: day(1), notes: ["already-fixed"] })],
      day(10),
    );
    expect(compliance).toMatchObject({ met: 1, alreadyFixed: 1, closedShare: 1 });
    expect(compliance.timeToMerge.critical).toEqual({ count: 0 });
  });

  test("nothing is no share", () => {
    const compliance = complianceOf([evaluation({}), evaluation({ state: "waiting" })], day(1));
    expect(compliance).not.toHaveProperty("closedShare");
    expect(compliance).not.toHaveProperty("honestShare");
    expect(compliance).toMatchObject({ openInTime: 1, overdue: 0 });
  });

  test("ages, acceptances and relapses", () => {
    const compliance = complianceOf(
      [
        ...[0, 8, 15, 31, 91].map((age) => evaluation({ startedAt: day(100 - age), dueAt: day(300) })),
        evaluation({
          state: "accepted",
          acceptance: { id: "CVE-1", from: day(90), until: day(120), by: "ana", reason: "busy" },
          relapses: [{ stoppedAt: day(1), againAt: day(2) }],
        }),
      ],
      day(100),
    );
    expect(compliance.ages.critical).toEqual([1, 1, 1, 1, 1]);
    expect(compliance).toMatchObject({ accepted: 1, nextExpiryAt: day(120), reopened: 1 });
  });
});

describe("accepting a risk", () => {
  const request = { id: "CVE-1", until: day(30), by: "ana", reason: "not reachable" };

  test("takes an end, a name and a reason", () => {
    expect(acceptanceFaults(request, day(0))).toEqual([]);
  });

  test.each([
    {
      title: "S26: acceptance without expiry or approver",
      change: { until: undefined, by: undefined },
      count: 2,
    },
    { title: "without an end", change: { until: undefined }, count: 1 },
    { title: "without a name", change: { by: undefined }, count: 1 },
    { title: "by nobody", change: { by: "  " }, count: 1 },
    { title: "without a reason", change: { reason: "" }, count: 1 },
    { title: "of nothing", change: { id: "" }, count: 1 },
    { title: "of something long", change: { id: "x".repeat(129) }, count: 1 },
    { title: "until the past", change: { until: day(0) }, count: 1 },
    { title: "for more than a year", change: { until: day(367) }, count: 1 },
    { title: "with a reason of 10 kB", change: { reason: "x".repeat(10_000) }, count: 1 },
  ])("is refused $title", ({ change, count }) => {
    expect(acceptanceFaults({ ...request, ...change }, day(0))).toHaveLength(count);
  });

  test("one that is stored without a name or a reason is not believed", () => {
    for (const change of [{ by: "" }, { reason: " " }, { until: day(2) }]) {
      const accepted: TargetFact = {
        kind: "accepted",
        ...request,
        from: day(2),
        ...change,
      };
      const places = placesOf({ line: fixedOnDay0("critical"), target: [...AT_D0, accepted], now: 3 });
      expect(places[0]?.obligations[0]?.state).toBe("open");
    }
  });
});

describe("superseding", () => {
  const line = [...fixedOnDay0("critical"), ...arrived(D2, 3, ["CVE-1"])];

  test("S29: D3 reintroduces critical fixed in D2", () => {
    const succession = successionOf(
      { proposed: D1, next: D2 },
      lineAt(line, 4),
      placesOf({ line, now: 4 }),
      POLICY,
    );
    expect(succession).toEqual({ kind: "stay", regressions: ["CVE-1"] });
  });

  test.each([
    {
      title: "what the policy bears to see return",
      facts: [...fixedOnDay0("medium"), ...arrived(D2, 3, ["CVE-1"])],
    },
    {
      title: "what cannot be had any more",
      facts: [...line, { kind: "gone", digest: D1, at: day(3.5), why: "revoked" } as const],
    },
    { title: "what is fixed by both", facts: [...fixedOnDay0("critical"), ...arrived(D2, 3, [])] },
    {
      title: "for what nobody could assess",
      facts: [...fixedOnDay0("critical"), ...arrived(D2, 3, []).slice(0, 2)],
    },
    {
      title: "what does not matter after all",
      facts: [...line, { kind: "not-applicable", id: "CVE-1", at: day(2), why: "vex" } as const],
    },
    { title: "what was never verified", facts: line.filter((fact) => fact.kind !== "verified") },
  ])("moves from $title", ({ facts }) => {
    const succession = successionOf(
      { proposed: D1, next: D2 },
      lineAt(facts, 4),
      placesOf({ line: facts, now: 4 }),
      POLICY,
    );
    expect(succession).toEqual({ kind: "move" });
  });
});

describe("breaches", () => {
  const line = [
    ...fixedOnDay0("critical"),
    ...vulnerability("CVE-2", "low"),
    ...arrived(D0, -19, ["CVE-1", "CVE-2"]),
  ];

  const evaluations = (at: number): readonly Evaluation[] =>
    placesOf({ line, target: [...AT_D0, pinned(D1, at, { how: "merged" })], now: 9 }).flatMap(
      ({ obligations }) => obligations,
    );

  test("are what is overdue and what was late, once by their deadline", () => {
    const places = placesOf({ line, now: 8 });
    const [breach, ...rest] = breachesOf(places, POLICY, day(8));
    expect(rest).toEqual([]);
    expect(breach).toMatchObject({
      id: "CVE-1",
      dueAt: day(7),
      rule: "critical P7D",
      policy: { id: "test", version: 1 },
    });
    const late = breachesOf(placesOf({ line, target: [...AT_D0, pinned(D1, 8)], now: 9 }), POLICY, day(9));
    expect(late.map(breachId)).toEqual(breach === undefined ? [] : [breachId(breach)]);
    expect(breachesOf(placesOf({ line, now: 7 }), POLICY, day(7))).toEqual([]);
  });

  test("are taken back when the branch had the fix before", () => {
    expect(isRetracted({ id: "CVE-1", dueAt: day(7) }, evaluations(6.9))).toBe(true);
    expect(isRetracted({ id: "CVE-1", dueAt: day(7) }, evaluations(7.1))).toBe(false);
    expect(isRetracted({ id: "CVE-3", dueAt: day(7) }, evaluations(6.9))).toBe(false);
  });
});

test.each([
  { left: 3.1, milestone: undefined },
  { left: 3, milestone: 3 },
  { left: 1.1, milestone: 3 },
  { left: 1, milestone: 1 },
  { left: 0, milestone: 1 },
  { left: -0.1, milestone: undefined },
])("$left days before the deadline: $milestone", ({ left, milestone }) => {
  const warnMs = [3 * DAY_MS, DAY_MS];
  expect(milestoneOf(later(day(0), left * DAY_MS), day(0), warnMs)).toBe(
    milestone === undefined ? undefined : milestone * DAY_MS,
  );
});

test("S36: host clock 10 min wrong", () => {
  expect(skewOf(later(day(0), 600_000), day(0))).toEqual({ skewMs: 600_000, isUsable: false });
  expect(skewOf(later(day(0), -300_000), day(0))).toEqual({ skewMs: -300_000, isUsable: true });
  expect(skewOf(later(day(0), -300_001), day(0)).isUsable).toBe(false);
});

const outcome = (
  kev: boolean,
  exposure: "exposed" | "not-exposed" | "unknown",
  ssvc?: readonly ["yes" | "no", "partial" | "total"],
) =>
  outcomeOf(
    "cisa-bod-26-04-1.0.0",
    {
      severity: "unknown",
      ...(kev ? { kev: { addedAt: day(0) } } : {}),
      ...(ssvc === undefined
        ? {}
        : { ssvc: { exploitation: "none", automatable: ssvc[0], technicalImpact: ssvc[1] } }),
    },
    exposure,
  );

test("S41: BOD: KEV=yes, exposed=unknown, automatable=no, total", () => {
  expect(outcome(true, "unknown", ["no", "total"])).toMatchObject({ period: period("3d"), triage: true });
});

describe("BOD 26-04", () => {
  test("S42: BOD: non-KEV, no SSVC data, exposed", () => {
    const found = outcome(false, "exposed");
    expect(found).toMatchObject({ period: period("14d") });
    expect(found.row).toContain("automatable no, impact total");
  });

  test.each([
    [false, false, "no", "partial", "never"],
    [false, false, "no", "total", "never"],
    [false, true, "no", "partial", "P60D"],
    [false, false, "yes", "partial", "P60D"],
    [false, false, "yes", "total", "P60D"],
    [true, false, "no", "partial", "P14D"],
    [true, true, "no", "partial", "P14D"],
    [true, false, "yes", "partial", "P14D"],
    [false, true, "yes", "partial", "P14D"],
    [true, false, "no", "total", "P14D"],
    [false, true, "no", "total", "P14D"],
    [true, true, "yes", "partial", "P3D"],
    [false, true, "yes", "total", "P3D"],
    [true, true, "no", "total", "P3D triage"],
    [true, false, "yes", "total", "P3D triage"],
    [true, true, "yes", "total", "P3D triage"],
  ] as const)("KEV %s, exposed %s, automatable %s, %s: %s", (kev, isExposed, automatable, impact, due) => {
    const { period: found, triage } = outcome(kev, isExposed ? "exposed" : "not-exposed", [
      automatable,
      impact,
    ]);
    expect(`${periodText(found)}${triage === true ? " triage" : ""}`).toBe(due);
  });
});

describe("FedRAMP VDR", () => {
  test.each([
    ["fedramp-vdr-a", "critical", "exposed", undefined, false, "P4D"],
    ["fedramp-vdr-b", "high", "not-exposed", undefined, false, "P32D"],
    ["fedramp-vdr-b", "medium", "unknown", "poc", false, "P32D"],
    ["fedramp-vdr-b", "low", "exposed", "none", false, "P192D"],
    ["fedramp-vdr-c", "critical", "exposed", undefined, false, "P2D"],
    ["fedramp-vdr-c", "low", "not-exposed", "active", false, "P128D"],
    ["fedramp-vdr-d", "critical", "exposed", undefined, false, "PT12H"],
    ["fedramp-vdr-d", "critical", "not-exposed", undefined, false, "P1D"],
    ["fedramp-vdr-d", "high", "exposed", "none", false, "P32D"],
    ["fedramp-vdr-d", "none", "exposed", undefined, false, "never"],
    ["fedramp-vdr-d", "unknown", "exposed", undefined, false, "P2D"],
    // What is exploited has the directive's deadline as well.
    ["fedramp-vdr-b", "low", "exposed", "none", true, "P3D"],
    ["fedramp-vdr-d", "critical", "exposed", "none", true, "PT12H"],
  ] as const)(
    "%s, %s, %s, exploitation %s, KEV %s: %s",
    (table, severity, exposure, exploitation, kev, due) => {
      const { period: found } = outcomeOf(
        table,
        {
          severity,
          ...(kev ? { kev: { addedAt: day(0) } } : {}),
          ...(exploitation === undefined
            ? {}
            : { ssvc: { exploitation, automatable: "no", technicalImpact: "total" } }),
        },
        exposure,
      );
      expect(periodText(found)).toBe(due);
    },
  );
});
