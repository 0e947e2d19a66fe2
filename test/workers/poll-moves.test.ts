import { describe, expect, test } from "vitest";
import { renderLine } from "../../src/image/reference.ts";
import { ASSESS, VERIFY } from "../../src/queues.ts";
import { HOUR_MS, later, MINUTE_MS } from "../../src/time.ts";
import { isBackwards } from "../../src/watch/history.ts";
import { assess } from "../../workers/assess.ts";
import { poll } from "../../workers/poll.ts";
import { propose } from "../../workers/propose.ts";
import { verify } from "../../workers/verify.ts";
import { BASE, dockerfile, KEY, MUSL, NOW, purl, queued, sbomOn, SHOP, signatureOn } from "./bench.ts";
import { judged } from "./facts.ts";
import { JOB, minutesToDue, move, pushIndex, watching } from "./poll-bench.ts";

const MOVED = `tag-moved ${renderLine(MUSL)}`;
const BACKWARDS = `tag-moved-backwards ${renderLine(MUSL)}`;

describe("another index of the same images", () => {
  test("is kept, told as what it is, verified, and not proposed", async () => {
    const { bench, first } = await watching();
    bench.codeHost.create(SHOP, { Dockerfile: dockerfile([MUSL, first]) });
    await bench.run(poll, JOB);
    await judged(bench, first);
    bench.take();
    const second = pushIndex(bench, { image: "1", attached: "2" });
    bench.registry.attach(
      { repository: BASE, digest: second },
      { candidates: [signatureOn(second), sbomOn(second, [purl("expat", "2.7.1-r0")])] },
    );
    await move(bench, second);
    expect((await bench.store.watch(MUSL)).history.map((seen) => seen.digest)).toEqual([first, second]);
    expect(await bench.messages("tag-moved")).toEqual([
      expect.stringMatching(/^left [0-9a-f]{7} for another index of the same images; this is not proposed$/),
    ]);
    expect(bench.take()).toEqual([queued(VERIFY, { image: { repository: BASE, digest: second } })]);

    await bench.run(verify, { image: { repository: BASE, digest: second } });
    expect(bench.take()).toContainEqual(queued(ASSESS, { repository: BASE, from: first, to: second }));
    await bench.run(assess, { repository: BASE, from: first, to: second });
    expect((await bench.store.assessment(BASE, first, second))?.class).toBe("evidence-only");
    await bench.run(propose, KEY);
    expect(await bench.store.proposals()).toEqual([]);
  });

  test("is dealt with once its verdict is there: the next look asks nothing more", async () => {
    const { bench, first } = await watching();
    await bench.run(poll, JOB);
    const second = pushIndex(bench, { image: "1", attached: "2" });
    await move(bench, second);
    for (const digest of [first, second]) await judged(bench, digest);
    bench.take();
    await move(bench, second);
    expect(bench.jobs).toEqual([]);
  });

  test("with images that the tag had left: a step backwards", async () => {
    const { bench } = await watching();
    await bench.run(poll, JOB);
    await move(bench, pushIndex(bench, { image: "2" }));
    await move(bench, pushIndex(bench, { image: "1", attached: "3" }));
    expect(await bench.told()).toEqual([MOVED, BACKWARDS]);
    expect(isBackwards((await bench.store.watch(MUSL)).history)).toBe(true);
  });

  test("other images are an ordinary move", async () => {
    const { bench } = await watching();
    await bench.run(poll, JOB);
    await move(bench, pushIndex(bench, { image: "2", attached: "0" }));
    expect(await bench.messages("tag-moved")).toEqual([
      expect.stringMatching(/^left [0-9a-f]{7} for a new digest$/),
    ]);
  });
});

describe("a rollback", () => {
  test.each([
    { title: "a day and a second older", old: "2026-11-19T23:59:59Z", isSuspected: true },
    { title: "years older", old: "2020-01-01T00:00:00Z", isSuspected: true },
    { title: "a day older", old: "2026-11-20T00:00:00Z", isSuspected: false },
    { title: "newer", old: "2026-11-21T00:00:01Z", isSuspected: false },
    { title: "without a time", old: undefined, isSuspected: false },
    { title: "with a build's zero", old: "1970-01-01T00:00:00Z", isSuspected: false },
    { title: "with no time at all", old: "yesterday <b>", isSuspected: false },
  ])("to a digest never seen, $title: suspected $isSuspected", async ({ old, isSuspected }) => {
    const { bench } = await watching();
    const current = pushIndex(bench, { image: "2", createdAt: "2026-11-21T00:00:00Z" });
    bench.registry.point(MUSL, current);
    await bench.run(poll, JOB);
    const next = pushIndex(bench, { image: "3", ...(old === undefined ? {} : { createdAt: old }) });
    await move(bench, next);
    expect(await bench.told()).toEqual([isSuspected ? BACKWARDS : MOVED]);
    expect(isBackwards((await bench.store.watch(MUSL)).history)).toBe(isSuspected);
  });

  test("is never proposed, though it is verified and fixes something", async () => {
    const { bench, first } = await watching();
    bench.codeHost.create(SHOP, { Dockerfile: dockerfile([MUSL, first]) });
    const current = pushIndex(bench, { image: "2", createdAt: "2026-11-21T00:00:00Z" });
    bench.registry.point(MUSL, current);
    await bench.run(poll, JOB);
    const next = pushIndex(bench, { image: "3", createdAt: "2026-10-21T00:00:00Z" });
    await move(bench, next);
    for (const digest of [first, next]) await judged(bench, digest);
    await bench.run(assess, { repository: BASE, from: first, to: next });
    expect((await bench.store.assessment(BASE, first, next))?.class).toBe("moved-backwards");
    await bench.run(propose, KEY);
    expect(await bench.store.proposals()).toEqual([]);
  });
});

/** A tag that moved four times between two digests. */
async function flapping() {
  const { bench, first } = await watching();
  const second = pushIndex(bench, { image: "2" });
  await bench.run(poll, JOB);
  for (const to of [second, first, second, first]) await move(bench, to, 6);
  return { bench, first, second };
}

describe("to and fro", () => {
  test("the fifth move within an hour is held back: nothing is kept, told or verified of it", async () => {
    const { bench, first, second } = await flapping();
    const before = await bench.store.watch(MUSL);
    for (const digest of [first, second]) await judged(bench, digest);
    bench.take();
    const toldBefore = await bench.told();
    const asked = bench.registry.asked.length;
    await move(bench, second, 6);
    const after = await bench.store.watch(MUSL);
    expect(after.history).toEqual(before.history);
    expect(after.held).toEqual({ digest: second, since: bench.clock.at });
    expect(after.checkedAt).toBe(bench.clock.at);
    expect(await bench.told()).toEqual(toldBefore);
    expect(bench.jobs).toEqual([]);
    // The tag alone was asked about: what it is held back from was not fetched.
    expect(bench.registry.asked.slice(asked)).toEqual([`resolve ${renderLine(MUSL)}`]);
    expect(minutesToDue(bench)).toBeLessThanOrEqual(6);
    // A list tells what is new since then: it is asked from where the tag was really seen last.
    await move(bench, second, 1);
    expect(bench.registry.surveys.map(({ questions }) => questions[0]?.known).slice(-2)).toEqual([
      first,
      second,
    ]);
  });

  test("it is believed when it stayed for five minutes", async () => {
    const { bench, second } = await flapping();
    await move(bench, second, 6);
    await move(bench, second, 4);
    expect((await bench.store.watch(MUSL)).held).toBeDefined();
    await move(bench, second, 1);
    const watch = await bench.store.watch(MUSL);
    expect(watch.held).toBeUndefined();
    expect(watch.history.at(-1)).toMatchObject({ digest: second, firstSeenAt: bench.clock.at });
  });

  test("going back meanwhile ends the waiting, and it begins anew", async () => {
    const { bench, first, second } = await flapping();
    await move(bench, second, 2);
    await move(bench, first, 3);
    expect((await bench.store.watch(MUSL)).held).toBeUndefined();
    await move(bench, second, 2);
    expect((await bench.store.watch(MUSL)).held?.since).toBe(bench.clock.at);
  });

  test("a third digest is no part of it", async () => {
    const { bench } = await flapping();
    const third = pushIndex(bench, { image: "3" });
    await move(bench, third, 1);
    expect((await bench.store.watch(MUSL)).history.at(-1)?.digest).toBe(third);
  });

  test("moves further apart than an hour are believed each", async () => {
    const { bench, first } = await watching();
    const second = pushIndex(bench, { image: "2" });
    await bench.run(poll, JOB);
    for (const to of [second, first, second, first, second, first]) await move(bench, to, 20);
    expect((await bench.store.watch(MUSL)).history).toHaveLength(7);
  });
});

describe("what was missed between two looks", () => {
  test("is kept in its place, with its time and where it is from", async () => {
    const { bench, first } = await watching();
    await bench.run(poll, JOB);
    const [missed, last] = [pushIndex(bench, { image: "2" }), pushIndex(bench, { image: "3" })];
    bench.registry.tell(MUSL, {
      source: "bulk",
      missed: [{ digest: missed, movedAt: later(NOW, 20 * MINUTE_MS) }],
    });
    await move(bench, last, 60);
    expect((await bench.store.watch(MUSL)).history).toMatchObject([
      { digest: first, source: "head" },
      { digest: missed, source: "history", firstSeenAt: later(NOW, 20 * MINUTE_MS) },
      { digest: last, source: "bulk", firstSeenAt: later(NOW, HOUR_MS) },
    ]);
    expect(await bench.told()).toEqual([MOVED]);
  });

  test("makes a return to it a step backwards", async () => {
    const { bench } = await watching();
    await bench.run(poll, JOB);
    const [missed, last] = [pushIndex(bench, { image: "2" }), pushIndex(bench, { image: "3" })];
    bench.registry.tell(MUSL, { missed: [{ digest: missed, movedAt: later(NOW, 1) }] });
    await move(bench, last);
    await move(bench, missed);
    expect(await bench.told()).toEqual([MOVED, BACKWARDS]);
  });
});

test("a tag that stands still for half of the SLA period is told once, and again after it moved", async () => {
  const { bench, first } = await watching();
  await bench.run(poll, JOB);
  for (let day = 0; day < 6; day += 1) await move(bench, first, 24 * 60);
  expect(await bench.told()).toEqual([`tag-stale ${renderLine(MUSL)}`]);
  expect((await bench.store.watch(MUSL)).stale).toMatchObject({ kind: "sla", since: NOW });
  const second = pushIndex(bench, { image: "2" });
  await move(bench, second);
  expect((await bench.store.watch(MUSL)).stale).toBeUndefined();
  for (let day = 0; day < 6; day += 1) await move(bench, second, 24 * 60);
  expect(await bench.told()).toEqual([
    `tag-stale ${renderLine(MUSL)}`,
    MOVED,
    `tag-stale ${renderLine(MUSL)}`,
  ]);
});
