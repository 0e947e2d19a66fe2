import { describe, expect, test } from "vitest";
import { CodedError } from "../../src/errors.ts";
import { POLL } from "../../src/queues.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../src/time.ts";
import { poll } from "../../workers/poll.ts";
import { schedule } from "../../workers/schedule.ts";
import { BASE, type Bench, MUSL, queued } from "./bench.ts";
import { DUE, JOB, minutesToDue, move, pushIndex, watching } from "./poll-bench.ts";

const YEAR_MS = 365 * DAY_MS;
const JUMPS = [
  { title: "an hour back", byMs: -HOUR_MS },
  { title: "a year back", byMs: -YEAR_MS },
  { title: "a day ahead", byMs: DAY_MS },
  { title: "a hundred years ahead", byMs: 100 * YEAR_MS },
];

/** How many hours pass until the schedule has the repository polled. */
async function hoursUntilPolled(bench: Bench): Promise<number> {
  bench.take();
  for (let hour = 0; hour < 100; hour += 1) {
    await bench.run(schedule, {});
    if (bench.take().some(({ queue }) => queue === POLL.name)) return hour;
    bench.clock.advance(HOUR_MS);
  }
  throw new Error("it is never polled");
}

describe.each(JUMPS)("a clock that jumps $title", ({ byMs }) => {
  test("loses no watch: the tag is asked about and its moves are seen", async () => {
    const { bench, first } = await watching();
    await bench.run(poll, JOB);
    bench.clock.advance(byMs);
    await bench.run(poll, JOB);
    const second = pushIndex(bench, { image: "2" });
    await move(bench, second);
    const { history } = await bench.store.watch(MUSL);
    expect(history.map(({ digest }) => digest)).toEqual([first, second]);
    expect(minutesToDue(bench)).toBeGreaterThan(0);
    expect(minutesToDue(bench)).toBeLessThanOrEqual(64);
  });

  test("and back again does so neither", async () => {
    const { bench, first } = await watching();
    await bench.run(poll, JOB);
    bench.clock.advance(byMs);
    const second = pushIndex(bench, { image: "2" });
    await move(bench, second);
    bench.clock.advance(-byMs);
    // What was due by the other clock is found by this one, and is late at most by what a poll may be ahead.
    expect(await hoursUntilPolled(bench)).toBeLessThanOrEqual(byMs === DAY_MS ? 25 : 1);
    const third = pushIndex(bench, { image: "3" });
    await move(bench, third);
    const { history } = await bench.store.watch(MUSL);
    expect(history.map(({ digest }) => digest)).toEqual([first, second, third]);
    expect(minutesToDue(bench)).toBeLessThanOrEqual(64);
  });

  test("in the middle of a round: every tag is asked about", async () => {
    const { bench } = await watching();
    const deferred = new CodedError("registry-deferred", "left alone", { retryAfterMs: 1_000 });
    bench.registry.fail("resolve", deferred);
    await expect(bench.run(poll, JOB)).rejects.toBe(deferred);
    bench.registry.heal("resolve");
    bench.clock.advance(byMs);
    await bench.run(poll, JOB);
    expect((await bench.store.watch(MUSL)).checkedAt).toBe(bench.clock.at);
  });

  test("neither makes a tag gone at once, nor keeps one that is gone", async () => {
    const { bench } = await watching();
    await bench.run(poll, JOB);
    await move(bench, undefined);
    await move(bench, undefined, byMs / MINUTE_MS);
    expect(await bench.store.watch(MUSL)).toMatchObject({ missing: { count: 2 } });
    expect(await bench.told()).toEqual([]);
    for (const minutes of [30, 60]) await move(bench, undefined, minutes);
    expect((await bench.told()).filter((event) => event.startsWith("tag-missing"))).toHaveLength(1);
  });

  test("after a notice of a push: neither often for ever nor never", async () => {
    const { bench } = await watching();
    await bench.store.noticePush(BASE, undefined, bench.clock.at);
    bench.clock.advance(byMs);
    await bench.run(poll, JOB);
    expect(minutesToDue(bench)).toBeGreaterThan(0);
    expect(minutesToDue(bench)).toBeLessThanOrEqual(31.5);
    expect((await bench.store.watched(BASE)).poll.next?.reason).toBe("base");
  });
});

test("a poll that is due in a hundred years is due", async () => {
  const { bench } = await watching();
  await bench.run(poll, JOB);
  await bench.store.schedule(DUE, bench.clock.at, "set");
  bench.clock.advance(-100 * YEAR_MS);
  await bench.run(schedule, {});
  expect(bench.jobs).toContainEqual(queued(POLL, JOB));
});
