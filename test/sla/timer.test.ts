import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Finding } from "../../src/advisory/finding.ts";
import { SEVERITIES, type Severity } from "../../src/advisory/severity.ts";
import { InvalidInputError } from "../../src/errors.ts";
import type { SlaTerms } from "../../src/sla/terms.ts";
import { type Timer, type TimerUpdate, close, dueOf, stateOf, timerOf } from "../../src/sla/timer.ts";
import { DAY_MS, type Instant, SECOND_MS, instantOf, later, renderInstant } from "../../src/time.ts";

const TERMS: SlaTerms = {
  critical: 7 * DAY_MS,
  high: 14 * DAY_MS,
  medium: 14 * DAY_MS,
  low: 14 * DAY_MS,
  none: 30 * DAY_MS,
  unknown: 14 * DAY_MS,
};

const DAY_0 = instantOf(Date.UTC(2026, 10, 1, 12));

function day(number: number): Instant {
  return later(DAY_0, number * DAY_MS);
}

function dayOf(at: Instant): number {
  return (at - DAY_0) / DAY_MS;
}

function finding(id: string, severity: Severity, publishedAt: Instant = day(-10)): Finding {
  return {
    id,
    recordId: id,
    severity,
    packageName: "expat",
    installedVersion: "2.7.1-r0",
    publishedAt,
  };
}

/** An update verified and assessed on this day. */
function update(verifiedDay: number, fixed: readonly Finding[], assessedDay = verifiedDay): TimerUpdate {
  return { fixed, startedAt: day(verifiedDay), assessedAt: day(assessedDay), terms: TERMS };
}

/** `CVE-1 critical 0..7`: what a row says about an obligation, in days. */
function summaryOf({ obligations }: Timer): readonly string[] {
  return obligations.map(
    ({ id, severity, startedAt, dueAt }) => `${id} ${severity} ${dayOf(startedAt)}..${dayOf(dueAt)}`,
  );
}

function run(updates: readonly TimerUpdate[]): Timer {
  const [first, ...rest] = updates;
  if (first === undefined) throw new Error("no update");
  return rest.reduce((timer: Timer, next) => timerOf(timer, next), timerOf(undefined, first));
}

describe("when a clock starts and what moves it", () => {
  const crit = finding("CVE-1", "critical");
  const medium = finding("CVE-2", "medium");

  test.each<{ title: string; updates: TimerUpdate[]; obligations: string[] }>([
    {
      title: "a fix starts when it was verified",
      updates: [update(0, [crit])],
      obligations: ["CVE-1 critical 0..7"],
    },
    {
      title: "without a known fix the update itself is the reason",
      updates: [update(0, [])],
      obligations: ["update none 0..30"],
    },
    {
      title: "published while the pull request was open: starts with the publication",
      updates: [update(0, [finding("CVE-1", "critical", day(3))], 5)],
      obligations: ["CVE-1 critical 3..10"],
    },
    {
      title: "published in the future: not believed",
      updates: [update(0, [finding("CVE-1", "critical", day(300))], 1)],
      obligations: ["CVE-1 critical 0..7"],
    },
    {
      title: "published at the very moment of the assessment: believed",
      updates: [update(0, [finding("CVE-1", "critical", day(1))], 1)],
      obligations: ["CVE-1 critical 1..8"],
    },
    {
      title: "in two packages: the worse rating, the earlier publication",
      updates: [update(0, [finding("CVE-1", "low", day(1)), finding("CVE-1", "critical", day(2))], 3)],
      obligations: ["CVE-1 critical 1..8"],
    },
    {
      title: "rated in one package only: the rating counts",
      updates: [update(0, [finding("CVE-1", "unknown"), finding("CVE-1", "none")])],
      obligations: ["CVE-1 none 0..30"],
    },
    {
      title: "newer digests that fix it too do not restart it",
      updates: [update(0, [crit]), update(5, [crit]), update(6, [crit])],
      obligations: ["CVE-1 critical 0..7"],
    },
    {
      title: "a new critical joins and an old medium is due before it",
      updates: [update(0, [medium]), update(13, [medium, crit])],
      obligations: ["CVE-2 medium 0..14", "CVE-1 critical 13..20"],
    },
    {
      title: "a digest without the fix takes nothing away",
      updates: [update(0, [crit]), update(3, [medium])],
      obligations: ["CVE-1 critical 0..7", "CVE-2 medium 3..17"],
    },
    {
      title: "a digest that fixes nothing takes nothing away and adds nothing",
      updates: [update(0, [crit]), update(3, [])],
      obligations: ["CVE-1 critical 0..7"],
    },
    {
      title: "the update's own obligation stays when a fix joins",
      updates: [update(0, []), update(3, [crit]), update(4, [crit])],
      obligations: ["CVE-1 critical 3..10", "update none 0..30"],
    },
    {
      title: "the update's own obligation does not restart",
      updates: [update(0, []), update(9, [])],
      obligations: ["update none 0..30"],
    },
    {
      title: "raised on day 4: a new period from then",
      updates: [update(0, [medium]), update(0, [finding("CVE-2", "critical")], 4)],
      obligations: ["CVE-2 critical 0..11"],
    },
    {
      title: "raised on day 12: the old deadline comes first",
      updates: [update(0, [medium]), update(0, [finding("CVE-2", "critical")], 12)],
      obligations: ["CVE-2 critical 0..14"],
    },
    {
      title: "lowered on day 3: the longer period from the start",
      updates: [update(0, [crit]), update(0, [finding("CVE-1", "low")], 3)],
      obligations: ["CVE-1 low 0..14"],
    },
    {
      title: "lowered after the deadline: it stays breached",
      updates: [update(0, [crit]), update(0, [finding("CVE-1", "low")], 8)],
      obligations: ["CVE-1 low 0..7"],
    },
    {
      title: "a rating that is taken back changes nothing",
      updates: [update(0, [crit]), update(0, [finding("CVE-1", "unknown")], 3)],
      obligations: ["CVE-1 critical 0..7"],
    },
    {
      title: "rated for the first time: like raised",
      updates: [update(0, [finding("CVE-1", "unknown")]), update(0, [crit], 2)],
      obligations: ["CVE-1 critical 0..9"],
    },
    {
      title: "new terms leave running deadlines alone",
      updates: [update(0, [crit]), { ...update(1, [crit]), terms: { ...TERMS, critical: DAY_MS } }],
      obligations: ["CVE-1 critical 0..7"],
    },
  ])("$title", ({ updates, obligations }) => {
    expect(summaryOf(run(updates))).toEqual(obligations);
  });

  test.each([
    { title: "over a leap day", startedAt: "2028-02-25T00:00:00Z", dueAt: "2028-03-03T00:00:00.000Z" },
    {
      title: "over the end of summer time",
      startedAt: "2026-10-24T05:30:00Z",
      dueAt: "2026-10-31T05:30:00.000Z",
    },
  ])("seven days are seven times 24 hours $title", ({ startedAt, dueAt }) => {
    const start = instantOf(Date.parse(startedAt));
    const timer = timerOf(undefined, { ...update(0, [crit]), startedAt: start, assessedAt: start });
    expect(renderInstant(dueOf(timer).dueAt)).toBe(dueAt);
  });
});

describe("after a timer was closed", () => {
  const crit = finding("CVE-1", "critical");

  test.each<{ title: string; closed: TimerUpdate; next: TimerUpdate; obligations: string[] }>([
    {
      title: "a merge that was reverted is due when it was before",
      closed: update(0, [crit]),
      next: update(2, [crit]),
      obligations: ["CVE-1 critical 0..7"],
    },
    {
      title: "the next fixes start anew",
      closed: update(0, [crit]),
      next: update(20, [finding("CVE-9", "high")]),
      obligations: ["CVE-9 high 20..34"],
    },
    {
      title: "the next update without a known fix starts anew",
      closed: update(0, []),
      next: update(20, []),
      obligations: ["update none 20..50"],
    },
  ])("$title", ({ closed, next, obligations }) => {
    for (const how of ["merged", "cancelled"] as const) {
      const timer = timerOf(close(timerOf(undefined, closed), day(1), how), next);
      expect(summaryOf(timer)).toEqual(obligations);
      expect(timer.state).toBe("open");
      expect(timer).not.toHaveProperty("closedAt");
    }
  });
});

describe("what a timer says", () => {
  const timer = timerOf(undefined, update(0, [finding("CVE-1", "critical")]));
  const dueSoonMs = 2 * DAY_MS;

  test.each([
    { title: "before the last days", now: later(day(5), -1), state: "open" },
    { title: "as the last days begin", now: day(5), state: "due-soon" },
    { title: "at the deadline", now: day(7), state: "due-soon" },
    { title: "a moment after it", now: later(day(7), 1), state: "breached" },
    { title: "before it started", now: day(-1), state: "open" },
  ])("$title: $state", ({ now, state }) => {
    expect(stateOf(timer, now, { dueSoonMs })).toBe(state);
  });

  test.each([
    { title: "merged before the deadline", at: day(3), how: "merged", state: "met" },
    { title: "merged at the deadline", at: day(7), how: "merged", state: "met" },
    { title: "merged a second after it", at: later(day(7), SECOND_MS), how: "merged", state: "late" },
    { title: "no longer needed, before", at: day(3), how: "cancelled", state: "cancelled" },
    { title: "no longer needed, after", at: day(9), how: "cancelled", state: "cancelled" },
  ] as const)("$title: $state, for good", ({ at, how, state }) => {
    const closed = close(timer, at, how);
    expect(closed).toMatchObject({ state, closedAt: at });
    expect(stateOf(closed, day(100), { dueSoonMs })).toBe(state);
    expect(close(closed, day(100), "merged")).toEqual(closed);
    expect(close(closed, day(100), "cancelled")).toEqual(closed);
  });

  test("a digest superseded twice and merged on day 8 is late by the first one's clock", () => {
    const crit = [finding("CVE-1", "critical")];
    const superseded = run([update(0, crit), update(5, crit), update(6, crit)]);
    expect(close(superseded, day(8), "merged").state).toBe("late");
  });

  test("the earliest deadline decides, even if somebody stored them in another order", () => {
    const both = timerOf(timer, update(6, [finding("CVE-0", "critical")]));
    expect(dueOf({ ...both, obligations: both.obligations.toReversed() }).id).toBe("CVE-1");
  });

  test("a timer without obligations has no deadline", () => {
    expect(() => dueOf({ obligations: [], state: "open" })).toThrow(InvalidInputError);
  });
});

describe("whatever comes", () => {
  const findings = fc.array(
    fc
      .tuple(
        fc.constantFrom("CVE-1", "CVE-2", "CVE-3"),
        fc.constantFrom(...SEVERITIES),
        fc.integer({ min: -30, max: 60 }),
      )
      .map(([id, severity, published]) => finding(id, severity, day(published))),
    { maxLength: 5 },
  );
  const updates = fc
    .array(fc.tuple(findings, fc.integer({ min: 0, max: 5 })), { minLength: 1, maxLength: 6 })
    .map((steps) => {
      let today = 0;
      return steps.map(([fixed, wait]) => {
        today += wait;
        return update(today, fixed);
      });
    });

  test("no obligation is lost or restarts, and the same update twice changes nothing", () => {
    fc.assert(
      fc.property(updates, (steps) => {
        let timer: Timer | undefined;
        for (const step of steps) {
          const next = timerOf(timer, step);
          expect(timerOf(next, step)).toEqual(next);
          expect(next.obligations.length).toBeGreaterThan(0);
          for (const { id, startedAt } of timer?.obligations ?? []) {
            expect(next.obligations.find((obligation) => obligation.id === id)?.startedAt).toBe(startedAt);
          }
          timer = next;
        }
      }),
    );
  });

  test("a deadline moves later only when a rating is lowered before it has passed", () => {
    fc.assert(
      fc.property(updates, (steps) => {
        let timer: Timer | undefined;
        for (const step of steps) {
          const next = timerOf(timer, step);
          for (const before of timer?.obligations ?? []) {
            const after = next.obligations.find(({ id }) => id === before.id);
            const isLater = (after?.dueAt ?? 0) > before.dueAt;
            const isLowered = after !== undefined && TERMS[after.severity] > TERMS[before.severity];
            expect(isLater && !(isLowered && before.dueAt >= step.assessedAt)).toBe(false);
          }
          timer = next;
        }
      }),
    );
  });
});
