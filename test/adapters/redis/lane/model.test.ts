import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ask,
  type LaneAnswer,
  type LaneRecord,
  NO_LANE,
  refuse,
  succeed,
} from "../../../../src/adapters/redis/lane/model.ts";

const START = 1_764_000_000_000;
const LIMITS = { perMinute: 80, perHour: 500 };
const MINUTE = 60_000;
const HOUR = 3_600_000;

interface Job {
  readonly subject: string;
  readonly cost: number;
  readonly dueAt?: number;
}

interface Sent extends Job {
  readonly at: number;
}

/** Everybody asks at the start and comes again exactly when told, as jobs that are put off do. */
function play(
  jobs: readonly Job[],
  limits = LIMITS,
  { record = NO_LANE, from = START }: { readonly record?: LaneRecord; readonly from?: number } = {},
): { readonly sent: readonly Sent[]; readonly asks: number; readonly record: LaneRecord } {
  const sent: Sent[] = [];
  let state = record;
  let asks = 0;
  const queue = jobs.map((job, position) => ({ job, at: from, position }));
  while (queue.length > 0 && asks < 200_000) {
    queue.sort((one, other) => one.at - other.at || one.position - other.position);
    const next = queue.shift();
    if (next === undefined) break;
    asks += 1;
    const { record: after, answer } = ask(state, { ...next.job, limits }, next.at);
    state = after;
    if (answer.kind === "let") sent.push({ ...next.job, at: next.at });
    else queue.push({ job: next.job, at: next.at + answer.waitMs, position: next.position });
  }
  return { sent, asks, record: state };
}

const jobsOf = (count: number, cost = 1): readonly Job[] =>
  Array.from({ length: count }, (_, index) => ({ subject: `job-${String(index).padStart(4, "0")}`, cost }));

/** The most that stands in any window of this length. */
function mostIn(sent: readonly Sent[], windowMs: number): number {
  const things = sent.flatMap(({ at, cost }) => Array.from({ length: cost }, () => at));
  return Math.max(0, ...things.map((end) => things.filter((at) => at > end - windowMs && at <= end).length));
}

describe("how many are let through", () => {
  test.each([
    { title: "fewer than a minute allows", count: 79, cost: 1, lastMs: 0 },
    { title: "as many as a minute allows", count: 80, cost: 1, lastMs: 0 },
    { title: "one more waits for a minute", count: 81, cost: 1, lastMs: 61_000 },
    { title: "200 take two minutes more", count: 200, cost: 1, lastMs: 122_000 },
    { title: "200 of three things each are held by the hour", count: 200, cost: 3, lastMs: 3_601_000 },
    { title: "501 are held by the hour", count: 501, cost: 1, lastMs: 3_601_000 },
  ])("$title", ({ count, cost, lastMs }) => {
    const { sent } = play(jobsOf(count, cost));
    expect(sent).toHaveLength(count);
    const last = Math.max(...sent.map(({ at }) => at)) - START;
    expect(last).toBeGreaterThanOrEqual(lastMs);
    expect(last).toBeLessThanOrEqual(lastMs * 1.1 + 1);
    expect(mostIn(sent, MINUTE)).toBeLessThanOrEqual(LIMITS.perMinute);
    expect(mostIn(sent, HOUR)).toBeLessThanOrEqual(LIMITS.perHour);
  });

  test("they come back in order, not as a herd: each asks about once more", () => {
    const { asks } = play(jobsOf(200));
    expect(asks).toBeLessThanOrEqual(400);
  });

  test("something that costs more than the limit is let through alone", () => {
    const { sent } = play(jobsOf(3, 5), { perMinute: 2, perHour: 100 });
    expect(sent).toHaveLength(3);
    expect(new Set(sent.map(({ at }) => at)).size).toBe(3);
  });

  test("never more than the limits, whoever asks whenever", () => {
    const jobs = fc.array(
      fc.record({
        cost: fc.integer({ min: 1, max: 4 }),
        dueAt: fc.integer({ min: START, max: START + HOUR }),
      }),
      { minLength: 1, maxLength: 60 },
    );
    const limits = fc.record({
      perMinute: fc.integer({ min: 4, max: 20 }),
      perHour: fc.integer({ min: 20, max: 60 }),
    });
    fc.assert(
      fc.property(jobs, limits, (wishes, bounds) => {
        const all = wishes.map((wish, index) => ({ ...wish, subject: `job-${index}` }));
        const { sent } = play(all, bounds);
        expect(sent).toHaveLength(all.length);
        expect(mostIn(sent, MINUTE)).toBeLessThanOrEqual(bounds.perMinute);
        expect(mostIn(sent, HOUR)).toBeLessThanOrEqual(bounds.perHour);
      }),
      { numRuns: 100 },
    );
  });
});

describe("who goes first", () => {
  const limits = { perMinute: 20, perHour: 500 };
  const full = play(jobsOf(20), limits).record;
  const asking = (
    record: LaneRecord,
    job: Job,
    afterMs: number,
  ): { readonly record: LaneRecord; readonly answer: LaneAnswer } =>
    ask(record, { ...job, limits }, START + afterMs);

  test("the earliest deadline, whoever asked first", () => {
    const jobs = jobsOf(160).map((job, index) => ({
      ...job,
      subject: `late-${job.subject}`,
      dueAt: START + HOUR - index,
    }));
    const { sent } = play(jobs, limits, { record: full, from: START + 1_000 });
    expect(sent).toHaveLength(160);
    for (const early of sent) {
      const overtaken = sent.filter(({ at, dueAt = 0 }) => at < early.at && dueAt > (early.dueAt ?? 0));
      expect(overtaken).toEqual([]);
    }
  });

  test("who comes later with an earlier deadline takes the place of those that wait", () => {
    const late = asking(full, { subject: "late", cost: 20, dueAt: START + 2 * HOUR }, 1_000);
    const early = asking(late.record, { subject: "early", cost: 1, dueAt: START + HOUR }, 2_000);
    expect(late.answer).toMatchObject({ kind: "wait", waitMs: 60_000 });
    expect(early.answer).toMatchObject({ kind: "wait", waitMs: 59_000 });
    const again = asking(early.record, { subject: "late", cost: 20, dueAt: START + 2 * HOUR }, 61_000);
    expect(again.answer.kind).toBe("wait");
    expect(asking(again.record, { subject: "early", cost: 1, dueAt: START + HOUR }, 61_000).answer.kind).toBe(
      "let",
    );
  });

  test("who has no deadline comes after all that have one", () => {
    const without = asking(full, { subject: "without", cost: 20 }, 1_000);
    const dated = asking(without.record, { subject: "dated", cost: 1, dueAt: START + 1_000 * HOUR }, 2_000);
    expect(dated.answer).toMatchObject({ waitMs: 59_000 });
    expect(asking(dated.record, { subject: "without", cost: 20 }, 61_000).answer.kind).toBe("wait");
  });

  test("who waits for two hours without a deadline goes after three that have one", () => {
    const slow = { perMinute: 1, perHour: 1_000 };
    let { record } = ask(NO_LANE, { subject: "first", cost: 1, limits: slow }, START);
    let patient: LaneAnswer = { kind: "wait", waitMs: 0, isSlowed: false };
    let at = START;
    let dated = 0;
    while (patient.kind === "wait" && at < START + 3 * HOUR) {
      at += 10_000;
      // Somebody new with a deadline asks all the time.
      ({ record } = ask(
        record,
        { subject: `dated-${dated}`, cost: 1, dueAt: START + HOUR, limits: slow },
        at,
      ));
      if (record.let.has(`dated-${dated}`)) dated += 1;
      ({ record, answer: patient } = ask(record, { subject: "patient", cost: 1, limits: slow }, at));
    }
    expect(patient.kind).toBe("let");
    expect(at).toBeGreaterThan(START + 2 * HOUR);
    expect(at).toBeLessThan(START + 2 * HOUR + 6 * MINUTE);
  });

  test("who does not come back loses the turn", () => {
    const away = asking(full, { subject: "away", cost: 20, dueAt: START }, 1_000);
    const next = { subject: "next", cost: 1, dueAt: START + HOUR };
    expect(asking(away.record, next, 61_000).answer.kind).toBe("wait");
    expect(asking(away.record, next, 61_000 + 15_001).answer.kind).toBe("let");
  });
});

test("asking again a moment after being let through is no second wish, once", () => {
  const limits = { perMinute: 1, perHour: 10 };
  const job = { subject: "job", cost: 1, limits };
  const first = ask(NO_LANE, job, START);
  const again = ask(first.record, job, START + 5_000);
  const third = ask(again.record, job, START + 6_000);
  expect([first.answer.kind, again.answer.kind, third.answer.kind]).toEqual(["let", "let", "wait"]);
  expect(ask(first.record, job, START + 15_001).answer.kind).toBe("wait");
});

describe("after a refusal", () => {
  const job = { subject: "job", cost: 1, limits: LIMITS };

  test.each([
    { title: "as long as the host says", until: 90_000, waitMs: 90_000 },
    { title: "a second at least", until: -5_000, waitMs: 1_000 },
    { title: "an hour at most", until: 9 * HOUR, waitMs: HOUR },
  ])("nothing is let through: $title", ({ until, waitMs }) => {
    const { answer } = ask(refuse(NO_LANE, START + until, START), job, START);
    expect(answer).toEqual({ kind: "wait", waitMs, isSlowed: true });
  });

  test("half as many are let through, evenly", () => {
    const refused = refuse(NO_LANE, START + MINUTE, START);
    const { sent } = play(jobsOf(41), LIMITS, { record: refused });
    const times = sent.map(({ at }) => at - START).toSorted((one, other) => one - other);
    expect(times[0]).toBe(MINUTE);
    expect(times.slice(1).every((at, index) => at - (times[index] ?? 0) >= 1_500)).toBe(true);
    expect(times.at(-1)).toBeLessThan(MINUTE + 41 * 1_600);
  });

  test("those that were refused together count once, and the longest wait counts", () => {
    const once = refuse(NO_LANE, START + MINUTE, START);
    const twice = refuse(once, START + 2 * MINUTE, START + 1_000);
    const thrice = refuse(twice, START + MINUTE, START + 2_000);
    expect(thrice).toMatchObject({ lost: 0.5, penaltyUntil: START + 2 * MINUTE });
  });

  test("again and again: never less than a sixteenth", () => {
    const refused = Array.from({ length: 10 }).reduce<LaneRecord>(
      (record, _, index) => refuse(record, 0, START + index * MINUTE),
      NO_LANE,
    );
    expect(refused.lost).toBe(15 / 16);
  });

  test("the pace comes back with successes, a sixteenth in five minutes", () => {
    const refused = refuse(NO_LANE, START + MINUTE, START);
    const soon = succeed(refused, START + 2 * MINUTE);
    const later = succeed(soon, START + 5 * MINUTE);
    const twice = succeed(later, START + 6 * MINUTE);
    expect([soon.lost, later.lost, twice.lost]).toEqual([0.5, 0.4375, 0.4375]);
    let record = refused;
    for (let minute = 5; minute <= 40; minute += 5) record = succeed(record, START + minute * MINUTE);
    expect(record.lost).toBe(0);
  });
});

describe("a clock that goes back", () => {
  const full = play(jobsOf(80)).record;
  const job = { subject: "job", cost: 1, limits: LIMITS };

  test("a little stands still", () => {
    expect(ask(full, job, START - 30_000).answer).toMatchObject({ kind: "wait", waitMs: 61_000 });
  });

  test("far holds nobody up, and the pace stays lowered", () => {
    const refused = refuse(full, START + HOUR, START);
    expect(ask(refused, job, START - HOUR).answer).toEqual({ kind: "let", isSlowed: true });
  });
});
