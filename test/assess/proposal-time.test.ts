import { assert, constantFrom, integer, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { DEFAULT_CLASS_RULES, DEFAULT_WEEKLY_HOUR, PROPOSE_WHEN } from "../../src/assess/class-rules.ts";
import type { UpdateClass } from "../../src/assess/assessment.ts";
import { proposalTimeOf, type ProposalTime } from "../../src/assess/proposal-time.ts";
import { DAY_MS, type Instant, instantOf, later } from "../../src/time.ts";

const at = (text: string): Instant => instantOf(Date.parse(text));
const RULES = { propose: DEFAULT_CLASS_RULES, weekly: DEFAULT_WEEKLY_HOUR };
const BERLIN = { weekday: 2, minute: 510, zone: "Europe/Berlin" };
/** A Tuesday. */
const VERIFIED = at("2026-11-24T10:00:00Z");
const MONDAY = at("2026-11-30T06:00:00Z");

describe("when an update is proposed", () => {
  test.each<{ kind: UpdateClass; expected: ProposalTime }>([
    { kind: "fixes", expected: { kind: "now" } },
    { kind: "content", expected: { kind: "at", at: MONDAY } },
    { kind: "rebuild", expected: { kind: "at", at: MONDAY } },
    { kind: "evidence-only", expected: { kind: "never" } },
    { kind: "moved-backwards", expected: { kind: "blocked" } },
    { kind: "regression", expected: { kind: "blocked" } },
    { kind: "unassessed", expected: { kind: "now" } },
  ])("$kind, where nobody says anything else", ({ kind, expected }) => {
    expect(proposalTimeOf({ class: kind, verifiedAt: VERIFIED, now: VERIFIED }, RULES)).toEqual(expected);
  });

  test.each<{ title: string; verified: string; now: string; due?: string; expected: string | undefined }>([
    {
      title: "a minute before",
      verified: "2026-11-24T10:00:00Z",
      now: "2026-11-30T05:59:59Z",
      expected: "2026-11-30T06:00:00Z",
    },
    {
      title: "at the hour",
      verified: "2026-11-24T10:00:00Z",
      now: "2026-11-30T06:00:00Z",
      expected: undefined,
    },
    {
      title: "long after the hour",
      verified: "2026-11-24T10:00:00Z",
      now: "2027-03-01T00:00:00Z",
      expected: undefined,
    },
    {
      title: "verified at the hour itself",
      verified: "2026-11-30T06:00:00Z",
      now: "2026-11-30T06:00:00Z",
      expected: "2026-12-07T06:00:00Z",
    },
    {
      title: "verified in the future by a clock that was wrong",
      verified: "2036-01-01T00:00:00Z",
      now: "2026-11-24T10:00:00Z",
      expected: "2026-11-30T06:00:00Z",
    },
    {
      title: "due after the hour",
      verified: "2026-11-24T10:00:00Z",
      now: "2026-11-24T10:00:00Z",
      due: "2026-12-24T10:00:00Z",
      expected: "2026-11-30T06:00:00Z",
    },
    {
      title: "due before the hour",
      verified: "2026-11-24T10:00:00Z",
      now: "2026-11-24T10:00:00Z",
      due: "2026-11-27T10:00:00Z",
      expected: undefined,
    },
    {
      title: "due at the hour",
      verified: "2026-11-24T10:00:00Z",
      now: "2026-11-24T10:00:00Z",
      due: "2026-11-30T06:00:00Z",
      expected: undefined,
    },
  ])("weekly: $title", ({ verified, now, due, expected }) => {
    const facts = { class: "content", verifiedAt: at(verified), now: at(now) } as const;
    expect(proposalTimeOf({ ...facts, ...(due === undefined ? {} : { dueAt: at(due) }) }, RULES)).toEqual(
      expected === undefined ? { kind: "now" } : { kind: "at", at: at(expected) },
    );
  });

  test("weekly, by the clocks of a zone", () => {
    for (const [verified, expected] of [
      ["2026-11-24T10:00:00Z", "2026-12-01T07:30:00Z"],
      ["2026-06-24T10:00:00Z", "2026-06-30T06:30:00Z"],
    ] as const) {
      const facts = { class: "content", verifiedAt: at(verified), now: at(verified) } as const;
      expect(proposalTimeOf(facts, { ...RULES, weekly: BERLIN })).toEqual({ kind: "at", at: at(expected) });
    }
  });

  test("never more than eight days after it could be, and never in the past", () => {
    assert(
      property(
        integer({ min: 0, max: 4_000 * DAY_MS }),
        integer({ min: -DAY_MS, max: 20 * DAY_MS }),
        constantFrom(...PROPOSE_WHEN),
        (verified, waited, when) => {
          const verifiedAt = instantOf(verified + DAY_MS);
          const now = later(verifiedAt, waited);
          const rules = { propose: { ...DEFAULT_CLASS_RULES, content: when }, weekly: BERLIN };
          const time = proposalTimeOf({ class: "content", verifiedAt, now }, rules);
          if (when !== "weekly") return time.kind !== "at";
          if (time.kind === "now") return waited > 0;
          return time.kind === "at" && time.at > now && time.at - now <= 8 * DAY_MS;
        },
      ),
    );
  });
});
