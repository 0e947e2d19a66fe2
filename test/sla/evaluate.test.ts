import { describe, expect, test } from "vitest";
import { isOverdue } from "../../src/sla/evaluation.ts";
import type { LineFact, TargetFact } from "../../src/sla/facts.ts";
import { lineOf } from "../../src/sla/line.ts";
import { evaluateTarget } from "../../src/sla/evaluate.ts";
import { policyOfPreset, presetOf } from "../../src/sla/presets.ts";
import { SECOND_MS } from "../../src/time.ts";
import {
  arrived,
  AT_D0,
  D0,
  D1,
  D2,
  D3,
  day,
  evaluationsOf,
  fixedOnDay0,
  lineAt,
  offered,
  OTHER_FILE,
  period,
  pinned,
  placesOf,
  POLICY,
  rated,
  type Story,
  told,
  vulnerability,
} from "./story.ts";

const MERGED = { how: "merged" } as const;

const merged = (at: number): readonly TargetFact[] => [...AT_D0, pinned(D1, at, MERGED)];

const listedDue = (due: number): LineFact => ({
  kind: "kev",
  id: "CVE-1",
  at: day(2),
  addedAt: day(2),
  dueAt: day(due),
});

describe("rows of the contract", () => {
  test("S10: merged_at exactly at deadline / +1 s", () => {
    const line = fixedOnDay0("critical");
    expect(told({ line, target: merged(7), now: 9 })).toEqual(["CVE-1 met critical 0..7 @7"]);
    expect(evaluationsOf({ line, target: merged(7 + SECOND_MS / 86_400_000), now: 9 })[0]?.state).toBe(
      "late",
    );
  });

  test("S11: critical fixed by D2 on day 0; D3 on day 5, D4 on day 6 supersede; merge day 8", () => {
    const line = [...fixedOnDay0("critical"), ...arrived(D2, 5, []), ...arrived(D3, 6, [])];
    expect(told({ line, now: 6.5 })).toEqual(["CVE-1 open critical 0..7"]);
    expect(told({ line, target: [...AT_D0, pinned(D3, 8, MERGED)], now: 9 })).toEqual([
      "CVE-1 late critical 0..7 @8",
    ]);
  });

  test("S12: medium open 13 d, new critical joins today", () => {
    const line = [
      ...fixedOnDay0("medium"),
      ...vulnerability("CVE-2", "critical", { published: 13 }),
      { kind: "affected", digest: D0, at: day(13), ids: ["CVE-1", "CVE-2"] } as const,
      ...arrived(D2, 13, []),
    ];
    expect(told({ line, now: 13 })).toEqual(["CVE-1 open medium 0..14", "CVE-2 open critical 13..20"]);
  });

  test.each([
    { title: "S13: PR closed unmerged, bot reopens day 3", at: 2 },
    { title: "S14: branch deleted and recreated", at: 3 },
  ])("$title", ({ at }) => {
    const target: readonly TargetFact[] = [...AT_D0, { kind: "declined", digest: D1, at: day(at) }];
    expect(told({ line: fixedOnDay0("critical"), target, now: 4 })).toEqual(["CVE-1 open critical 0..7"]);
  });

  test("S15: merge then revert on day 2 (due day 7)", () => {
    const target = [...AT_D0, pinned(D1, 1, MERGED), pinned(D0, 2)];
    const [evaluation] = evaluationsOf({ line: fixedOnDay0("critical"), target, now: 3 });
    expect(told({ line: fixedOnDay0("critical"), target, now: 3 })).toEqual(["CVE-1 open critical 0..7"]);
    expect(evaluation?.relapses).toEqual([{ stoppedAt: day(1), againAt: day(2) }]);
  });

  test("S16: merged into a non-default branch", () => {
    // Only what the branch holds that pull requests go to is a pin.
    expect(told({ line: fixedOnDay0("critical"), target: AT_D0, now: 3 })).toEqual([
      "CVE-1 open critical 0..7",
    ]);
  });

  test("S17: merged but other file still pins old digest", () => {
    const target = [...AT_D0, pinned(D0, -30, { place: OTHER_FILE }), pinned(D1, 3, MERGED)];
    expect(told({ line: fixedOnDay0("critical"), target, now: 9 })).toEqual([
      "CVE-1 met critical 0..7 @3",
      "CVE-1 open critical 0..7",
    ]);
  });

  test("S18: medium day 0, raised to critical day 4", () => {
    const line = [...fixedOnDay0("medium"), rated("CVE-1", "critical", 4)];
    expect(told({ line, now: 5 })).toEqual(["CVE-1 open critical 0..11"]);
  });

  test("S19: same raised on day 12", () => {
    const line = [...fixedOnDay0("medium"), rated("CVE-1", "critical", 12)];
    expect(told({ line, now: 13 })).toEqual(["CVE-1 open critical 0..14"]);
  });

  test("S20: critical lowered to low on day 3", () => {
    const line = [...fixedOnDay0("critical"), rated("CVE-1", "low", 3)];
    expect(told({ line, now: 4 })).toEqual(["CVE-1 open low 0..14"]);
  });

  test("S21: lowered after breach on day 8", () => {
    const line = [...fixedOnDay0("critical"), rated("CVE-1", "low", 8)];
    expect(told({ line, now: 9 })).toEqual(["CVE-1 open low 0..7"]);
    const [evaluation] = evaluationsOf({ line, now: 9 });
    expect(evaluation !== undefined && isOverdue(evaluation, day(9))).toBe(true);
  });

  test("S22: vuln published after the fixed image was merged", () => {
    const line = [
      ...vulnerability("CVE-1", "critical", { published: 10 }),
      ...arrived(D0, -20, []),
      ...arrived(D1, 0, []),
      { kind: "affected", digest: D0, at: day(10), ids: ["CVE-1"] } as const,
    ];
    const target = [...AT_D0, pinned(D1, 1, MERGED)];
    const [evaluation] = evaluationsOf({ line, target, now: 11 });
    expect(evaluation).toMatchObject({
      state: "met",
      startedAt: day(10),
      endedAt: day(1),
      notes: ["already-fixed"],
    });
  });

  test("S23: vuln published while PR open (fix image 20 d old)", () => {
    const line = fixedOnDay0("critical", { published: 20, wasHealthy: true });
    expect(told({ line, now: 21 })).toEqual(["CVE-1 open critical 20..27"]);
  });

  test("S24: repo subscribed on day 30 of an old fix", () => {
    const target: readonly TargetFact[] = [{ kind: "subscribed", at: day(30) }, pinned(D0, 30)];
    const story = { line: fixedOnDay0("critical"), target, now: 31 };
    expect(told(story)).toEqual(["CVE-1 open critical 30..37"]);
    expect(evaluationsOf(story)[0]?.startedBy).toBe("subscribed");
  });

  describe("S25: risk accepted day 2..30, expires", () => {
    const accepted: TargetFact = {
      kind: "accepted",
      id: "CVE-1",
      from: day(2),
      until: day(30),
      by: "ana",
      reason: "not reachable",
    };
    const story = (onExpiry: "original" | "extend" | "restart", now: number): Story => ({
      line: fixedOnDay0("critical"),
      target: [...AT_D0, accepted],
      policy: { onExpiry },
      now,
    });

    test.each([
      { onExpiry: "original", during: "0..7", after: "0..7", isOver: true },
      { onExpiry: "extend", during: "0..35", after: "0..35", isOver: false },
      { onExpiry: "restart", during: "0..37", after: "0..37", isOver: false },
    ] as const)("$onExpiry", ({ onExpiry, during, after, isOver }) => {
      expect(told(story(onExpiry, 10))).toEqual([`CVE-1 accepted critical ${during}`]);
      expect(told(story(onExpiry, 31))).toEqual([`CVE-1 open critical ${after}`]);
      const [accepting] = evaluationsOf(story(onExpiry, 10));
      const [expired] = evaluationsOf(story(onExpiry, 31));
      expect(accepting !== undefined && isOverdue(accepting, day(10))).toBe(false);
      expect(expired !== undefined && isOverdue(expired, day(31))).toBe(isOver);
    });

    test("merged while accepted, after the deadline: met", () => {
      const target = [...AT_D0, accepted, pinned(D1, 20, MERGED)];
      expect(told({ line: fixedOnDay0("critical"), target, now: 21 })).toEqual([
        "CVE-1 met critical 0..7 @20",
      ]);
    });

    test("accepted after the deadline had passed: late all the same", () => {
      const late: TargetFact = { ...accepted, from: day(8) };
      const target = [...AT_D0, late, pinned(D1, 20, MERGED)];
      for (const onExpiry of ["original", "extend", "restart"] as const) {
        expect(told({ line: fixedOnDay0("critical"), target, policy: { onExpiry }, now: 21 })).toEqual([
          "CVE-1 late critical 0..7 @20",
        ]);
      }
    });

    test("lifted on day 9: over on day 9", () => {
      const lifted: TargetFact = {
        kind: "acceptance-lifted",
        id: "CVE-1",
        from: day(2),
        at: day(9),
        by: "ben",
      };
      const [evaluation] = evaluationsOf({
        line: fixedOnDay0("critical"),
        target: [...AT_D0, accepted, lifted],
        now: 10,
      });
      expect(evaluation).toMatchObject({ state: "open", dueAt: day(7), excusedUntil: day(9) });
    });
  });

  test("S27: freeze window day 3-5, pause policy on / off", () => {
    const freezes = [{ from: day(3), until: day(5), reason: "end of year" }];
    const line = fixedOnDay0("critical");
    expect(told({ line, policy: { freezes, freezePauses: true }, now: 4 })).toEqual([
      "CVE-1 paused critical 0..9",
    ]);
    expect(told({ line, policy: { freezes, freezePauses: true }, now: 6 })).toEqual([
      "CVE-1 open critical 0..9",
    ]);
    expect(told({ line, policy: { freezes, freezePauses: false }, now: 4 })).toEqual([
      "CVE-1 open critical 0..7",
    ]);
  });

  test("S28: new digest fails signature", () => {
    const line = fixedOnDay0("critical").filter(({ kind }) => kind !== "verified");
    expect(told({ line, now: 5 })).toEqual(["CVE-1 waiting critical -..-"]);
  });

  test("S30: D2 removed from registry, D3 also fixes", () => {
    const gone = { kind: "gone", digest: D1, at: day(3), why: "removed" } as const;
    const line: readonly LineFact[] = [...fixedOnDay0("critical"), ...arrived(D2, 2, [])];
    expect(told({ line: [...line, gone], now: 4 })).toEqual(["CVE-1 open critical 2..9"]);
    expect(evaluationsOf({ line: [...line, gone], now: 4 })[0]).toMatchObject({
      fixedBy: D2,
      notes: ["fix-gone"],
    });
    // Merged before it was gone: nothing moves.
    const target = [...AT_D0, pinned(D1, 1, MERGED)];
    expect(told({ line: [...line, gone], target, now: 4 })).toEqual(["CVE-1 met critical 0..7 @1"]);
    // No other fix: nothing to merge.
    expect(told({ line: [...fixedOnDay0("critical"), gone], now: 4 })).toEqual([
      "CVE-1 waiting critical -..-",
    ]);
    expect(
      told({ line: [...fixedOnDay0("critical"), gone, { kind: "back", digest: D1, at: day(3.5) }], now: 4 }),
    ).toEqual(["CVE-1 open critical 0..7"]);
  });

  test("S31: SBOM of new digest missing", () => {
    const line: readonly LineFact[] = [
      ...vulnerability("CVE-1", "critical"),
      ...arrived(D0, -20, ["CVE-1"]),
      { kind: "observed", digest: D1, at: day(0) },
      { kind: "verified", digest: D1, at: day(0) },
      { kind: "unassessed", digest: D1, at: day(0), reason: "no SBOM is attached" },
    ];
    const target = [...AT_D0, offered(D0, D1, 0)];
    const story = { line, target, now: 3 };
    expect(told(story)).toEqual(["CVE-1 indeterminate critical 0..14"]);
    expect(evaluationsOf(story)[0]?.notes).toContain("unassessed");
    // Nothing known of the old one either.
    const unknown = line.filter(({ kind }) => kind !== "affected" && kind !== "vulnerability");
    expect(told({ ...story, line: unknown })).toEqual(["update indeterminate unknown 0..14"]);
  });

  test("S32: tag rolled back to old digest", () => {
    const target = [...AT_D0, pinned(D1, 2, MERGED), pinned(D0, 4)];
    const line: readonly LineFact[] = [
      ...fixedOnDay0("critical"),
      { kind: "observed", digest: D0, at: day(3) },
    ];
    expect(told({ line, target, now: 5 })).toEqual(["CVE-1 open critical 0..7"]);
  });

  test("S35: published in the future by 3 h", () => {
    const line = fixedOnDay0("critical", { published: 1 + 3 / 24, seen: 1, wasHealthy: true });
    const story = { line, now: 1.5 };
    expect(told(story)).toEqual(["CVE-1 open critical 1..8"]);
    expect(evaluationsOf(story)[0]?.notes).toEqual(["published-in-future"]);
  });

  test("S37: merge webhook arrives 2 h after deadline, merged_at before it", () => {
    const line = fixedOnDay0("critical");
    const [before] = evaluationsOf({ line, now: 7.05 });
    expect(before !== undefined && isOverdue(before, day(7.05))).toBe(true);
    const scanned = [...AT_D0, pinned(D1, 7.08)];
    expect(told({ line, target: scanned, now: 7.1 })).toEqual(["CVE-1 late critical 0..7 @7.08"]);
    expect(told({ line, target: [...scanned, pinned(D1, 6.9, MERGED)], now: 7.1 })).toEqual([
      "CVE-1 met critical 0..7 @6.9",
    ]);
  });

  test("S39: deadline moves earlier after KEV listing", () => {
    const bod = presetOf("bod-26-04");
    if (bod === undefined) throw new Error("no preset");
    const policy = policyOfPreset(bod);
    const listed: LineFact = { kind: "kev", id: "CVE-1", at: day(4), addedAt: day(4) };
    const line = fixedOnDay0("critical", { published: 0 });
    expect(told({ line, policy, now: 3 })).toEqual(["CVE-1 open critical 0..14"]);
    expect(told({ line: [...line, listed], policy, now: 5 })).toEqual(["CVE-1 open critical 0..7"]);
  });

  test("S40: KEV entry with dueDate < dateAdded", () => {
    const bod = presetOf("bod-22-01");
    if (bod === undefined) throw new Error("no preset");
    const policy = policyOfPreset(bod);
    const line = fixedOnDay0("critical");
    expect(told({ line: [...line, listedDue(16)], policy, now: 3 })[0]).toMatch(/\.\.16$/);
    const odd = { line: [...line, listedDue(1)], policy, now: 3 };
    expect(told(odd)[0]).toMatch(/\.\.-$/);
    expect(evaluationsOf(odd)[0]?.notes).toContain("listed-due-before-listing");
  });

  test("S43: repo archived", () => {
    const target: readonly TargetFact[] = [...AT_D0, { kind: "ended", at: day(3), how: "cancelled" }];
    expect(told({ line: fixedOnDay0("critical"), target, now: 30 })).toEqual([
      "CVE-1 cancelled critical 0..7 @3",
    ]);
  });

  test("S44: policy tightened 14 -> 7 while day 9 open, applyToOpen", () => {
    const previous = { ...POLICY, terms: { ...POLICY.terms, critical: period("14d") } };
    const tightened = { previous, version: 2, effectiveAt: day(9), appliesToOpen: true };
    const line = fixedOnDay0("critical");
    expect(told({ line, policy: tightened, now: 9 })).toEqual(["CVE-1 open critical 0..10"]);
    expect(told({ line, policy: { ...tightened, effectiveAt: day(3) }, now: 9 })).toEqual([
      "CVE-1 open critical 0..7",
    ]);
    expect(told({ line, policy: { ...tightened, appliesToOpen: false }, now: 9 })).toEqual([
      "CVE-1 open critical 0..14",
    ]);
  });

  test("S45: severity none / VEX not_affected arrives on day 6", () => {
    const line = fixedOnDay0("critical");
    expect(told({ line: [...line, rated("CVE-1", "none", 6)], now: 8 })).toEqual([
      "CVE-1 not-applicable none 0..7 @6",
    ]);
    const vex: LineFact = { kind: "not-applicable", id: "CVE-1", at: day(6), why: "vex" };
    expect(told({ line: [...line, vex], now: 8 })).toEqual(["CVE-1 not-applicable critical 0..7 @6"]);
  });

  test("S46: two repos, one merges", () => {
    const line = fixedOnDay0("critical");
    expect(told({ line, target: [...AT_D0, pinned(D1, 2, MERGED)], now: 3 })).toEqual([
      "CVE-1 met critical 0..7 @2",
    ]);
    expect(told({ line, target: AT_D0, now: 3 })).toEqual(["CVE-1 open critical 0..7"]);
  });

  test("S50: 5,000 obligations share one digest", () => {
    const line = lineAt(fixedOnDay0("critical"), 3);
    const startedAt = performance.now();
    const evaluations = Array.from({ length: 5_000 }, () => evaluateTarget(line, AT_D0, POLICY, day(3)));
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(new Set(evaluations.map((places) => places[0]?.obligations[0]?.state))).toEqual(new Set(["open"]));
  });
});

describe("when a clock starts", () => {
  const crit = vulnerability("CVE-1", "critical");

  test.each<{ title: string; story: Story; told: readonly string[] }>([
    {
      title: "a fix starts it when it was verified",
      story: { line: fixedOnDay0("critical"), now: 1 },
      told: ["CVE-1 open critical 0..7"],
    },
    {
      title: "first seen while our feeds were healthy: then",
      story: { line: fixedOnDay0("critical", { published: 2, seen: 5, wasHealthy: true }), now: 6 },
      told: ["CVE-1 open critical 5..12"],
    },
    {
      title: "first seen after we could not look: with its publication",
      story: { line: fixedOnDay0("critical", { published: 2, seen: 5 }), now: 6 },
      told: ["CVE-1 open critical 2..9"],
    },
    {
      title: "published in two records: the earlier one, and the graver rating when it came",
      story: {
        line: [
          ...fixedOnDay0("critical", { published: 4 }),
          ...vulnerability("CVE-1", "low", { published: 2 }),
        ],
        now: 6,
      },
      told: ["CVE-1 open critical 2..11"],
    },
    {
      title: "a policy that came into force later: with it",
      story: { line: fixedOnDay0("critical"), policy: { effectiveAt: day(5) }, now: 6 },
      told: ["CVE-1 open critical 5..12"],
    },
    {
      title: "a policy that is not in force yet: not at all",
      story: { line: fixedOnDay0("critical"), policy: { effectiveAt: day(9) }, now: 6 },
      told: ["CVE-1 waiting critical -..-"],
    },
    {
      title: "a digest from before what is pinned is no fix",
      story: { line: [...crit, ...arrived(D1, -40, []), ...arrived(D0, -20, ["CVE-1"])], now: 6 },
      told: ["CVE-1 waiting critical -..-"],
    },
    {
      title: "nor is one that only looks new",
      story: { line: [...fixedOnDay0("critical"), { kind: "backwards", digest: D1, at: day(0) }], now: 6 },
      told: ["CVE-1 waiting critical -..-"],
    },
    {
      title: "unless it was offered all the same",
      story: {
        line: [...fixedOnDay0("critical"), { kind: "backwards", digest: D1, at: day(0) }],
        target: [...AT_D0, offered(D0, D1, 3)],
        now: 6,
      },
      told: ["CVE-1 open critical 0..7"],
    },
    {
      title: "a digest without the fix takes nothing away",
      story: { line: [...fixedOnDay0("critical"), ...arrived(D2, 3, ["CVE-1"])], now: 4 },
      told: ["CVE-1 open critical 0..7"],
    },
    {
      title: "moving to another digest that has it restarts nothing",
      story: {
        line: [...fixedOnDay0("critical"), ...arrived(D2, 3, ["CVE-1"])],
        target: [...AT_D0, pinned(D2, 4, MERGED)],
        now: 5,
      },
      told: ["CVE-1 open critical 0..7"],
    },
    {
      title: "another index of the same images is the same",
      story: {
        line: [
          ...crit,
          ...arrived(D0, -20, ["CVE-1"]),
          { kind: "observed", digest: D1, at: day(0), content: D3 },
          { kind: "verified", digest: D1, at: day(0) },
          { kind: "observed", digest: D2, at: day(2), content: D3 },
          { kind: "affected", digest: D2, at: day(2), ids: [] },
        ],
        target: [...AT_D0, pinned(D1, 3)],
        now: 4,
      },
      told: ["CVE-1 met critical 0..7 @3"],
    },
    {
      title: "a record that was withdrawn and returns starts it again, not before",
      story: {
        line: [
          ...fixedOnDay0("critical"),
          { kind: "not-applicable", id: "CVE-1", at: day(2), why: "withdrawn" },
          { kind: "returned", id: "CVE-1", at: day(5) },
        ],
        now: 6,
      },
      told: ["CVE-1 open critical 5..12"],
    },
    {
      title: "said to be there no more: not applicable, since that was said",
      story: {
        line: [...fixedOnDay0("critical"), { kind: "affected", digest: D0, at: day(4), ids: [] }],
        now: 6,
      },
      told: ["CVE-1 not-applicable critical -..- @4"],
    },
    {
      title: "the place names the line no more: gone",
      story: {
        line: fixedOnDay0("critical"),
        target: [
          ...AT_D0,
          { kind: "ended", place: { path: "Dockerfile", ordinal: 0 }, at: day(3), how: "gone" },
        ],
        now: 9,
      },
      told: ["CVE-1 gone critical 0..7 @3"],
    },
    {
      title: "and names it again: as it was",
      story: {
        line: fixedOnDay0("critical"),
        target: [...AT_D0, { kind: "ended", at: day(3), how: "cancelled" }, pinned(D0, 5)],
        now: 6,
      },
      told: ["CVE-1 open critical 0..7"],
    },
    {
      title: "merged and then taken away: met",
      story: {
        line: fixedOnDay0("critical"),
        target: [...AT_D0, pinned(D1, 2), { kind: "ended", at: day(3), how: "cancelled" }],
        now: 6,
      },
      told: ["CVE-1 met critical 0..7 @2"],
    },
    {
      title: "merged to what nobody could assess: nobody can say",
      story: {
        line: fixedOnDay0("critical").filter((fact) => !(fact.kind === "affected" && fact.digest === D1)),
        target: [...AT_D0, pinned(D1, 2)],
        now: 6,
      },
      told: ["CVE-1 indeterminate critical -..-"],
    },
    {
      title: "detection starts it without a fix, and says so",
      story: {
        line: [
          ...vulnerability("CVE-1", "critical", { published: 1, seen: 2 }),
          ...arrived(D0, -20, ["CVE-1"]),
        ],
        policy: { start: "detection" },
        now: 3,
      },
      told: ["CVE-1 open critical 2..9"],
    },
    {
      title: "publication does too",
      story: {
        line: [
          ...vulnerability("CVE-1", "critical", { published: 1, seen: 2 }),
          ...arrived(D0, -20, ["CVE-1"]),
        ],
        policy: { start: "publication" },
        now: 3,
      },
      told: ["CVE-1 open critical 1..8"],
    },
    {
      title: "the catalogue's listing where that came first",
      story: {
        line: [
          ...vulnerability("CVE-1", "critical", { published: 1, seen: 4 }),
          ...arrived(D0, -20, ["CVE-1"]),
          { kind: "kev", id: "CVE-1", at: day(4), addedAt: day(3) },
        ],
        policy: { start: "earliest-of-kev-and-detection" },
        now: 5,
      },
      told: ["CVE-1 open critical 3..10"],
    },
  ])("$title", ({ story, told: expected }) => {
    expect(told(story)).toEqual(expected);
  });

  test("without a fix, the note says so", () => {
    const line = [...vulnerability("CVE-1", "critical", { published: 1 }), ...arrived(D0, -20, ["CVE-1"])];
    expect(evaluationsOf({ line, policy: { start: "detection" }, now: 3 })[0]?.notes).toEqual(["no-fix"]);
  });
});

describe("what moves a deadline", () => {
  const line = fixedOnDay0("critical");

  test.each<{ title: string; story: Story; told: readonly string[] }>([
    {
      title: "a rating that is taken back: nothing",
      story: { line: [...line, rated("CVE-1", "unknown", 3)], now: 4 },
      told: ["CVE-1 open critical 0..7"],
    },
    {
      title: "rated for the first time: like raised",
      story: { line: [...fixedOnDay0("unknown"), rated("CVE-1", "critical", 2)], now: 4 },
      told: ["CVE-1 open critical 0..9"],
    },
    {
      title: "retroactive: as if it had been so from the start",
      story: {
        line: [...fixedOnDay0("medium"), rated("CVE-1", "critical", 12)],
        policy: { rerating: "retroactive" },
        now: 13,
      },
      told: ["CVE-1 open critical 0..7"],
    },
    {
      title: "a rating after the merge: nothing",
      story: {
        line: [...fixedOnDay0("medium"), rated("CVE-1", "critical", 12)],
        target: [...AT_D0, pinned(D1, 10)],
        now: 30,
      },
      told: ["CVE-1 met medium 0..14 @10"],
    },
    {
      title: "raised, then lowered again: the longer period from the start",
      story: {
        line: [...fixedOnDay0("medium"), rated("CVE-1", "critical", 4), rated("CVE-1", "medium", 6)],
        now: 7,
      },
      told: ["CVE-1 open medium 0..14"],
    },
    {
      title: "an approved pause",
      story: {
        line,
        target: [...AT_D0, { kind: "paused", from: day(1), until: day(2.5), by: "ana", reason: "audit" }],
        now: 3,
      },
      told: ["CVE-1 open critical 0..8.5"],
    },
    {
      title: "a pause that began before the clock: the rest of it",
      story: {
        line,
        target: [...AT_D0, { kind: "paused", from: day(-2), until: day(1), by: "ana", reason: "audit" }],
        now: 3,
      },
      told: ["CVE-1 open critical 0..8"],
    },
    {
      title: "pauses that overlap count once",
      story: {
        line,
        target: [
          ...AT_D0,
          { kind: "paused", from: day(1), until: day(3), by: "ana", reason: "audit" },
          { kind: "paused", from: day(2), until: day(4), by: "ana", reason: "audit" },
        ],
        now: 5,
      },
      told: ["CVE-1 open critical 0..10"],
    },
    {
      title: "a pause after the deadline: nothing",
      story: {
        line,
        target: [...AT_D0, { kind: "paused", from: day(7), until: day(9), by: "ana", reason: "audit" }],
        now: 8,
      },
      told: ["CVE-1 paused critical 0..7"],
    },
    {
      title: "a pause moves what comes into a later pause",
      story: {
        line,
        policy: {
          freezePauses: true,
          freezes: [
            { from: day(6), until: day(8), reason: "a" },
            { from: day(8.5), until: day(9.5), reason: "b" },
          ],
        },
        now: 1,
      },
      told: ["CVE-1 open critical 0..10"],
    },
    {
      title: "terms beside the policy's own: the earlier deadline",
      story: {
        line,
        policy: { beside: { basis: "vendor", terms: { critical: period("2d") }, calendar: POLICY.calendar } },
        now: 1,
      },
      told: ["CVE-1 open critical 0..2"],
    },
    {
      title: "terms beside it that do not name the severity: nothing",
      story: {
        line,
        policy: { beside: { basis: "vendor", terms: { high: period("2d") }, calendar: POLICY.calendar } },
        now: 1,
      },
      told: ["CVE-1 open critical 0..7"],
    },
    {
      title: "never: no deadline",
      story: { line, policy: { terms: { ...POLICY.terms, critical: period("never") } }, now: 300 },
      told: ["CVE-1 open critical 0..-"],
    },
    {
      title: "a policy that is looser applies to what is open where it says so",
      story: {
        line,
        policy: {
          terms: { ...POLICY.terms, critical: period("30d") },
          previous: POLICY,
          effectiveAt: day(3),
          appliesToOpen: true,
        },
        now: 4,
      },
      told: ["CVE-1 open critical 0..30"],
    },
    {
      title: "and not to what is over",
      story: {
        line,
        policy: {
          terms: { ...POLICY.terms, critical: period("30d") },
          previous: POLICY,
          effectiveAt: day(8),
          appliesToOpen: true,
        },
        now: 9,
      },
      told: ["CVE-1 open critical 0..7"],
    },
    {
      title: "a tighter policy never gives more time than there was",
      story: {
        line,
        policy: {
          terms: { ...POLICY.terms, critical: period("5d") },
          previous: POLICY,
          effectiveAt: day(6.5),
          appliesToOpen: true,
        },
        now: 6.6,
      },
      told: ["CVE-1 open critical 0..7"],
    },
    {
      title: "what starts after a new version goes by it",
      story: {
        line,
        policy: {
          terms: { ...POLICY.terms, critical: period("3d") },
          previous: POLICY,
          effectiveAt: day(-1),
        },
        now: 1,
      },
      told: ["CVE-1 open critical 0..3"],
    },
  ])("$title", ({ story, told: expected }) => {
    expect(told(story)).toEqual(expected);
  });

  test("every move is told", () => {
    const moved = [...fixedOnDay0("medium"), rated("CVE-1", "critical", 4), rated("CVE-1", "low", 5)];
    const [evaluation] = evaluationsOf({
      line: moved,
      target: [...AT_D0, { kind: "paused", from: day(6), until: day(7), by: "ana", reason: "audit" }],
      now: 8,
    });
    expect(evaluation?.moves.map(({ why }) => why)).toEqual(["rating-raised", "rating-lowered", "paused"]);
  });
});

const crit = (at: number): readonly LineFact[] => [
  ...vulnerability("CVE-1", "critical"),
  { kind: "affected", digest: D0, at: day(at), ids: ["CVE-1"] },
];

describe("an update that fixes nothing known", () => {
  const quiet = [...arrived(D0, -20, []), ...arrived(D1, 0, [])];
  const target = [...AT_D0, offered(D0, D1, 0)];

  test.each<{ title: string; story: Story; told: readonly string[] }>([
    {
      title: "is an obligation too",
      story: { line: quiet, target, now: 1 },
      told: ["update open none 0..30"],
    },
    { title: "but only what may follow", story: { line: quiet, target: AT_D0, now: 1 }, told: [] },
    {
      title: "without a deadline where the policy has none",
      story: { line: quiet, target, policy: { terms: { ...POLICY.terms, none: period("never") } }, now: 1 },
      told: ["update open none 0..-"],
    },
    {
      title: "does not restart with the next one",
      story: {
        line: [...quiet, ...arrived(D2, 9, [])],
        target: [...target, offered(D0, D2, 9)],
        now: 10,
      },
      told: ["update open none 0..30"],
    },
    {
      title: "is no other obligation beside a fix from the start",
      story: { line: [...quiet, ...crit(0)], target, now: 1 },
      told: ["CVE-1 open critical 0..7"],
    },
    {
      title: "stays when a fix joins",
      story: {
        line: [
          ...quiet,
          ...crit(3),
          { kind: "affected", digest: D1, at: day(3), ids: ["CVE-1"] },
          ...arrived(D2, 3, []),
        ],
        target: [...target, offered(D0, D2, 3)],
        now: 4,
      },
      told: ["CVE-1 open critical 3..10", "update open none 0..30"],
    },
    {
      title: "ends with the merge",
      story: { line: quiet, target: [...target, pinned(D1, 5)], now: 6 },
      told: ["update met none 0..30 @5"],
    },
    {
      title: "late, with the merge after its deadline",
      story: { line: quiet, target: [...target, pinned(D1, 31)], now: 32 },
      told: ["update late none 0..30 @31"],
    },
    {
      title: "the next one after a merge starts anew",
      story: {
        line: [...quiet, ...arrived(D2, 20, [])],
        target: [...target, pinned(D1, 5), offered(D1, D2, 20)],
        now: 21,
      },
      told: ["update open none 20..50"],
    },
    {
      title: "goes with the place",
      story: { line: quiet, target: [...target, { kind: "ended", at: day(2), how: "cancelled" }], now: 6 },
      told: ["update cancelled none 0..30 @2"],
    },
    {
      title: "is not due for what cannot be had any more",
      story: { line: [...quiet, { kind: "gone", digest: D1, at: day(2), why: "revoked" }], target, now: 6 },
      told: [],
    },
    {
      title: "can be accepted",
      story: {
        line: quiet,
        target: [
          ...target,
          { kind: "accepted", id: "update", from: day(1), until: day(9), by: "ana", reason: "busy" },
        ],
        now: 6,
      },
      told: ["update accepted none 0..30"],
    },
  ])("$title", ({ story, told: expected }) => {
    expect(told(story)).toEqual(expected);
  });
});

const restored = (id: string, due: number | undefined, started = -5): TargetFact => ({
  kind: "restored",
  id,
  severity: id === "update" ? "none" : "critical",
  startedAt: day(started),
  ...(due === undefined ? {} : { dueAt: day(due) }),
  from: D0,
  to: D1,
  at: day(0.5),
});

describe("a clock that a pull request told of", () => {
  const at = [{ kind: "subscribed", at: day(0) }, pinned(D0, 0)] as const;

  test("runs before anything was looked at again", () => {
    expect(told({ line: [], target: [...at, restored("CVE-1", 2)], now: 1 })).toEqual([
      "CVE-1 open critical -5..2",
    ]);
    expect(told({ line: [], target: [...at, restored("update", 25)], now: 1 })).toEqual([
      "update open none -5..25",
    ]);
    expect(told({ line: [], target: [...at, restored("update", undefined)], now: 1 })).toEqual([
      "update open none -5..25",
    ]);
  });

  test("goes on as it was when it was looked at again", () => {
    const target = [...at, restored("CVE-1", 2)];
    expect(told({ line: fixedOnDay0("critical", { seen: 1 }), target, now: 2 })).toEqual([
      "CVE-1 open critical -5..2",
    ]);
  });

  test("is met by what it proposed", () => {
    expect(told({ line: [], target: [...at, restored("CVE-1", 2), pinned(D1, 1)], now: 3 })).toEqual([
      "CVE-1 met critical -5..2 @1",
    ]);
  });

  test("moves with its rating", () => {
    const line = [...fixedOnDay0("critical", { seen: 1 }), rated("CVE-1", "low", 1.5)];
    expect(told({ line, target: [...at, restored("CVE-1", 2)], now: 1.6 })).toEqual(["CVE-1 open low -5..9"]);
  });

  test("is not believed to be later than what is known", () => {
    const late: TargetFact = restored("CVE-1", 20, 13);
    expect(told({ line: fixedOnDay0("critical"), target: [...AT_D0, late], now: 14 })[0]).toMatch(/ 0\.\./);
  });
});

test("facts of later do not count", () => {
  const line = [
    ...fixedOnDay0("critical"),
    { kind: "not-applicable", id: "CVE-1", at: day(6), why: "vex" } as const,
  ];
  expect(evaluateTarget(lineOf(line, day(5)), AT_D0, POLICY, day(5))[0]?.obligations[0]?.state).toBe("open");
  const target = [...AT_D0, pinned(D1, 6)];
  expect(evaluateTarget(lineOf(line, day(5)), target, POLICY, day(5))[0]?.obligations[0]?.state).toBe("open");
});

test("places are told with what they stand at", () => {
  expect(placesOf({ line: [], target: [...AT_D0, pinned(D1, 0, { place: OTHER_FILE })], now: 1 })).toEqual([
    { place: { path: "Dockerfile", ordinal: 0 }, pinned: D0, obligations: [] },
    { place: OTHER_FILE, pinned: D1, obligations: [] },
  ]);
});
