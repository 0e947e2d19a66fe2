import { describe, expect, test } from "vitest";
import { CodedError } from "../../src/errors.ts";
import { renderLine } from "../../src/image/reference.ts";
import { VERIFY } from "../../src/queues.ts";
import { DAY_MS, HOUR_MS, later, MINUTE_MS } from "../../src/time.ts";
import { poll } from "../../workers/poll.ts";
import { BASE, GLIBC, MUSL, NOW, pin, queued } from "./bench.ts";
import { JOB, minutesToDue, move, pollWhenDue, pushIndex, watching } from "./poll-bench.ts";

const GONE = `tag-missing ${renderLine(MUSL)}`;
const BACK = `tag-back ${renderLine(MUSL)}`;

describe("a tag that is not there", () => {
  test("is kept as a failed look; where it was stays known, and nothing is verified", async () => {
    const { bench, first } = await watching();
    await bench.run(poll, JOB);
    bench.take();
    await move(bench, undefined);
    expect(await bench.store.watch(MUSL)).toMatchObject({
      history: [{ digest: first, lastSeenAt: NOW }],
      checkedAt: NOW,
      failure: { code: "tag-missing", at: bench.clock.at },
      missing: { since: bench.clock.at, count: 1 },
    });
    expect(bench.jobs).toEqual([]);
  });

  test.each([
    { title: "once", minutes: [10], told: 0 },
    { title: "twice in a day", minutes: [10, 1_440], told: 0 },
    { title: "three times in a moment", minutes: [10, 1, 1], told: 0 },
    { title: "three times in a minute less than an hour", minutes: [10, 29, 30], told: 0 },
    { title: "three times in an hour", minutes: [10, 30, 30], told: 1 },
    { title: "often in a moment, and an hour later", minutes: [10, 1, 1, 1, 60], told: 1 },
    { title: "for days", minutes: [10, 60, 60, 60, 60, 1_440, 1_440], told: 1 },
  ])("$title: told $told times", async ({ minutes, told }) => {
    const { bench } = await watching();
    await bench.run(poll, JOB);
    for (const wait of minutes) await move(bench, undefined, wait);
    expect(await bench.told()).toEqual(Array.from({ length: told }, () => GONE));
  });

  test("that was never there is told as well", async () => {
    const { bench } = await watching();
    for (const wait of [0, 60, 60]) await move(bench, undefined, wait);
    expect(await bench.told()).toEqual([GONE]);
  });

  test("a look without an answer in between is no look that found it", async () => {
    const { bench } = await watching();
    await bench.run(poll, JOB);
    await move(bench, undefined);
    await move(bench, undefined, 30);
    bench.registry.fail("resolve", new CodedError("registry-timeout", "no answer"));
    await expect(move(bench, undefined, 30)).rejects.toThrow("no answer");
    expect(await bench.told()).toEqual([]);
    expect((await bench.store.watch(MUSL)).missing?.count).toBe(2);
    bench.registry.heal("resolve");
    await move(bench, undefined, 1);
    expect(await bench.told()).toEqual([GONE]);
  });

  test("is looked for at doubling distances up to a day, and at once when it is back", async () => {
    const { bench, first } = await watching();
    await bench.run(poll, JOB);
    bench.registry.point(MUSL, undefined);
    const hours: number[] = [];
    for (let look = 0; look < 9; look += 1) hours.push((await pollWhenDue(bench)) / HOUR_MS);
    // The first wait is the usual one; each place in an interval may come a little early or late.
    for (const [position, expected] of [1, 2, 4, 8, 16, 24, 24, 24].entries()) {
      expect(hours[position + 1]).toBeGreaterThanOrEqual(0.05 * expected);
      expect(hours[position + 1]).toBeLessThanOrEqual(1.05 * expected);
    }
    expect(Math.max(...hours)).toBeGreaterThan(20);

    bench.registry.point(MUSL, first);
    await pollWhenDue(bench);
    const watch = await bench.store.watch(MUSL);
    expect(watch.missing).toBeUndefined();
    expect(watch.failure).toBeUndefined();
    const told = await bench.told();
    expect(told.filter((event) => !event.startsWith("tag-stale"))).toEqual([GONE, BACK]);
    expect(minutesToDue(bench)).toBeLessThanOrEqual(1.05 * 30);
  });

  test("another tag of the repository keeps its own pace, and brings it back sooner", async () => {
    const { bench, first } = await watching();
    await pin(bench, [
      [MUSL, first],
      [GLIBC, first],
    ]);
    bench.registry.point(GLIBC, first);
    for (let day = 0; day < 3; day += 1) await move(bench, undefined, DAY_MS / MINUTE_MS);
    expect(minutesToDue(bench)).toBeLessThanOrEqual(1.05 * 30);
    bench.registry.point(MUSL, first);
    await pollWhenDue(bench);
    expect((await bench.store.watch(MUSL)).history).toMatchObject([{ digest: first }]);
  });

  test("a notice of a push brings it back sooner", async () => {
    const { bench, first } = await watching();
    for (let day = 0; day < 3; day += 1) await move(bench, undefined, DAY_MS / MINUTE_MS);
    expect(minutesToDue(bench)).toBeGreaterThan(30);
    bench.registry.point(MUSL, first);
    await bench.store.noticePush(BASE, MUSL.tag, bench.clock.at);
    expect(await pollWhenDue(bench)).toBe(0);
    expect((await bench.store.watch(MUSL)).history).toMatchObject([{ digest: first }]);
    expect(minutesToDue(bench)).toBeLessThanOrEqual(5.25);
  });
});

describe("a tag that is deleted and made again", () => {
  test("on the same digest: no move, and not told when it was gone for a moment only", async () => {
    const { bench, first } = await watching();
    await bench.run(poll, JOB);
    await move(bench, undefined);
    await move(bench, first);
    expect((await bench.store.watch(MUSL)).history).toMatchObject([{ digest: first, firstSeenAt: NOW }]);
    expect(await bench.told()).toEqual([]);
  });

  test("on a new digest: a move, verified", async () => {
    const { bench, first } = await watching();
    await bench.run(poll, JOB);
    bench.take();
    for (const wait of [10, 60, 60]) await move(bench, undefined, wait);
    const second = pushIndex(bench, { image: "2" });
    await move(bench, second);
    expect((await bench.store.watch(MUSL)).history.map((seen) => seen.digest)).toEqual([first, second]);
    expect(await bench.told()).toEqual([GONE, `tag-moved ${renderLine(MUSL)}`, BACK]);
    expect(bench.jobs).toEqual([queued(VERIFY, { image: { repository: BASE, digest: second } })]);
  });

  test("on a digest it had left: a step backwards", async () => {
    const { bench, first } = await watching();
    await bench.run(poll, JOB);
    await move(bench, pushIndex(bench, { image: "2" }));
    await move(bench, undefined);
    await move(bench, first);
    expect(await bench.told()).toEqual([
      `tag-moved ${renderLine(MUSL)}`,
      `tag-moved-backwards ${renderLine(MUSL)}`,
    ]);
  });

  test("and gone again: told again", async () => {
    const { bench, first } = await watching();
    await bench.run(poll, JOB);
    for (const to of [undefined, undefined, undefined, first, undefined, undefined, undefined]) {
      await move(bench, to, 60);
    }
    expect(await bench.told()).toEqual([GONE, BACK, GONE]);
    expect((await bench.store.watch(MUSL)).checkedAt).toBe(later(NOW, 4 * HOUR_MS));
  });
});
