import { describe, expect, test } from "vitest";
import { InvalidInputError } from "../../src/errors.ts";
import type { Evaluation, PlaceEvaluation } from "../../src/sla/evaluation.ts";
import { dueOf, stateOf, timerOf, type Timer } from "../../src/sla/timer.ts";
import { DAY_MS, later } from "../../src/time.ts";
import {
  arrived,
  AT_D0,
  D0,
  D1,
  day,
  dayOf,
  FILE,
  fixedOnDay0,
  OTHER_FILE,
  pinned,
  placesOf,
  vulnerability,
} from "./story.ts";

const running = (change: Partial<Evaluation> = {}): Evaluation => ({
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
const at = (place: PlaceEvaluation["place"], ...obligations: readonly Evaluation[]): PlaceEvaluation => ({
  place,
  obligations,
});

/** `CVE-1 0..7`: what a row says about an obligation, in days. */
function summaryOf(timer: Timer | undefined): readonly string[] | undefined {
  return timer?.obligations.map(
    ({ id, startedAt, dueAt }) => `${id} ${dayOf(startedAt) ?? ""}..${dayOf(dueAt) ?? "-"}`,
  );
}

/** The same without a deadline. */
function endless({ dueAt: _dueAt, ...rest }: Evaluation): Evaluation {
  return rest;
}

describe("putting obligations together", () => {
  test.each<{ title: string; places: PlaceEvaluation[]; state?: Timer["state"]; obligations?: string[] }>([
    { title: "nothing is no timer", places: [] },
    { title: "what waits for a fix is none", places: [at(FILE, running({ state: "waiting" }))] },
    {
      title: "the earliest deadline comes first, whatever its severity",
      places: [
        at(FILE, running({ id: "CVE-2", startedAt: day(6), dueAt: day(13) }), running({ severity: "low" })),
      ],
      state: "open",
      obligations: ["CVE-1 0..7", "CVE-2 6..13"],
    },
    {
      title: "a vulnerability in two places is one, by its earlier deadline and start",
      places: [
        at(FILE, running({ startedAt: day(2), dueAt: day(6) })),
        at(OTHER_FILE, running({ dueAt: day(9) })),
      ],
      state: "open",
      obligations: ["CVE-1 0..6"],
    },
    {
      title: "what has no deadline comes last",
      places: [at(FILE, endless(running({ id: "CVE-0" })), running())],
      state: "open",
      obligations: ["CVE-1 0..7", "CVE-0 0..-"],
    },
    {
      title: "a risk that somebody bears comes after all others",
      places: [at(FILE, running({ id: "CVE-0", state: "accepted", dueAt: day(1) }), running())],
      state: "open",
      obligations: ["CVE-1 0..7", "CVE-0 0..1"],
    },
    {
      title: "one place that is not done keeps it open, with what is left",
      places: [at(FILE, running({ id: "CVE-2", state: "met", endedAt: day(1) })), at(OTHER_FILE, running())],
      state: "open",
      obligations: ["CVE-1 0..7"],
    },
    {
      title: "late, when one of those that ended last is",
      places: [
        at(FILE, running({ state: "met", endedAt: day(3) })),
        at(OTHER_FILE, running({ id: "CVE-2", state: "late", endedAt: day(8) })),
      ],
      state: "late",
      obligations: ["CVE-1 0..7", "CVE-2 0..7"],
    },
    {
      title: "what ended before does not count",
      places: [
        at(
          FILE,
          running({ id: "CVE-0", state: "late", endedAt: day(1) }),
          running({ state: "met", endedAt: day(3) }),
        ),
      ],
      state: "met",
      obligations: ["CVE-1 0..7"],
    },
    {
      title: "cancelled, when nothing was merged",
      places: [at(FILE, running({ state: "gone", endedAt: day(3) }))],
      state: "cancelled",
      obligations: ["CVE-1 0..7"],
    },
  ])("$title", ({ places, state, obligations }) => {
    const timer = timerOf(places);
    expect(timer?.state).toBe(state);
    expect(summaryOf(timer)).toEqual(obligations);
  });

  test("closed when the last place was", () => {
    const line = [...fixedOnDay0("critical")];
    const target = [
      ...AT_D0,
      pinned(D0, -30, { place: OTHER_FILE }),
      pinned(D1, 2),
      pinned(D1, 4, { place: OTHER_FILE }),
    ];
    expect(timerOf(placesOf({ line, target, now: 9 }))).toMatchObject({ state: "met", closedAt: day(4) });
  });
});

describe("what a timer says", () => {
  const timer = timerOf([at(FILE, running())]);
  const dueSoonMs = 2 * DAY_MS;

  test.each([
    { title: "before the last days", now: later(day(5), -1), state: "open" },
    { title: "as the last days begin", now: day(5), state: "due-soon" },
    { title: "at the deadline", now: day(7), state: "due-soon" },
    { title: "a moment after it", now: later(day(7), 1), state: "breached" },
    { title: "before it started", now: day(-1), state: "open" },
  ])("$title: $state", ({ now, state }) => {
    expect(timer === undefined ? undefined : stateOf(timer, now, { dueSoonMs })).toBe(state);
  });

  test("an excuse counts, and a risk that is borne", () => {
    const excused = timerOf([at(FILE, running({ excusedUntil: day(10) }))]);
    const borne = timerOf([at(FILE, running({ state: "accepted" }))]);
    const never = timerOf([at(FILE, endless(running()))]);
    const said = [excused, borne, never].map((one) =>
      one === undefined ? undefined : stateOf(one, day(9), { dueSoonMs: 0 }),
    );
    expect(said).toEqual(["open", "open", "open"]);
  });

  test("a closed one says how it ended, for good", () => {
    const closed = timerOf([at(FILE, running({ state: "late", endedAt: day(8) }))]);
    expect(closed === undefined ? undefined : stateOf(closed, day(100), { dueSoonMs })).toBe("late");
  });

  test("the earliest deadline decides, even in another order", () => {
    const line = [
      ...fixedOnDay0("critical"),
      ...vulnerability("CVE-0", "low"),
      ...arrived(D0, -19, ["CVE-0", "CVE-1"]),
    ];
    const both = timerOf(placesOf({ line, now: 1 }));
    expect(both?.obligations).toHaveLength(2);
    expect(both === undefined ? "" : dueOf({ ...both, obligations: both.obligations.toReversed() }).id).toBe(
      "CVE-1",
    );
  });

  test("a timer without obligations has no deadline", () => {
    expect(() => dueOf({ obligations: [], state: "open" })).toThrow(InvalidInputError);
  });
});
