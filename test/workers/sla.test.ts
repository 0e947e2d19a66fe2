import { unsubscribed } from "../../src/watch/scan.ts";
import { describe, expect, test } from "vitest";
import type { Digest } from "../../src/image/digest.ts";
import type { ImageLine } from "../../src/image/reference.ts";
import type { ProposalRecord } from "../../src/ports/store.ts";
import type { Timer } from "../../src/sla/timer.ts";
import { DAY_MS, HOUR_MS, type Instant, later, MINUTE_MS } from "../../src/time.ts";
import { sla } from "../../workers/sla.ts";
import { saveRecord } from "../fakes/look.ts";
import {
  type Bench,
  createBench,
  digest,
  GLIBC,
  KEY,
  MUSL,
  NOW,
  pin,
  seen,
  SHOP,
  timerNow,
} from "./bench.ts";
import { restoredFacts } from "../fakes/timers.ts";

const OLD = digest("01d");
const NEXT = digest("4e3");
const THIRD = digest("3d");
const DUE_AT = later(NOW, 7 * DAY_MS);
const SUBJECT = "acme/shop docker.io/bellsoft/hardened-base:musl";

const RUNNING: Timer = {
  obligations: [{ id: "CVE-2026-31337", severity: "critical", startedAt: NOW, dueAt: DUE_AT }],
  state: "open",
};

/** A running timer: the tag went from the old digest to the next one, the code repository pins the old one. */
async function running(): Promise<Bench> {
  const bench = createBench();
  await pin(bench, [[MUSL, OLD]]);
  await seen(bench, MUSL, [OLD, NEXT]);
  await remember(bench, MUSL, RUNNING);
  return bench;
}

/** Facts say that this timer runs: the old digest is pinned, and the next one is what it waits for. */
async function remember({ store }: Bench, line: ImageLine, timer: Timer, from = OLD): Promise<void> {
  const at = later(NOW, -1);
  await store.addTargetFacts({ codeRepository: SHOP, baseBranch: "main", line }, [
    { kind: "subscribed", at },
    { kind: "pinned", place: { path: "Dockerfile", ordinal: 0 }, digest: from, at, how: "scanned" },
    ...restoredFacts(timer, { from, to: NEXT, at }),
  ]);
}

/** The timer without what only says where it is from. */
async function timerOf(bench: Bench, line: ImageLine = MUSL): Promise<Timer | undefined> {
  const timer = await timerNow(bench, line);
  if (timer === undefined) return undefined;
  return {
    ...timer,
    obligations: timer.obligations.map(({ id, severity, startedAt, dueAt }) => ({
      id,
      severity,
      startedAt,
      ...(dueAt === undefined ? {} : { dueAt }),
    })),
  };
}

/** The pull request was merged to this digest, and the scan after it found it there. */
async function mergedTo(
  bench: Bench,
  to: Digest,
  at: Instant,
  change: Partial<ProposalRecord> = {},
): Promise<void> {
  await bench.store.saveProposal({
    ...KEY,
    branch: "hullkeeper/bellsoft",
    number: 1,
    url: "https://code.example/acme/shop/pull/1",
    title: "",
    state: "merged",
    headCommit: "0".repeat(40),
    contentHash: "",
    updates: [{ line: MUSL, from: OLD, to, superseded: [] }],
    dueAt: DUE_AT,
    openedAt: NOW,
    checkedAt: at,
    closedAt: at,
    ...change,
  });
  await pin(bench, [[MUSL, to]], { at: later(at, HOUR_MS) });
}

describe("what is told", () => {
  test.each([
    { title: "nothing, long before", afterMs: 0, told: [] },
    { title: "nothing, a moment before the warning", afterMs: 4 * DAY_MS - 1, told: [] },
    { title: "due soon, three days before", afterMs: 4 * DAY_MS, told: ["due-soon"] },
    { title: "due soon, at the deadline itself", afterMs: 7 * DAY_MS, told: ["due-soon"] },
    { title: "breached, a moment after", afterMs: 7 * DAY_MS + 1, told: ["breached"] },
  ])("$title", async ({ afterMs, told }) => {
    const bench = await running();
    bench.clock.advance(afterMs);
    await bench.run(sla, {});
    expect(await bench.told()).toEqual(told.map((kind) => `${kind} ${SUBJECT}`));
    expect(await timerOf(bench)).toEqual(RUNNING);
  });

  test("each thing once, however often it looks", async () => {
    const bench = await running();
    for (const waitMs of [4 * DAY_MS, HOUR_MS, 3 * DAY_MS, HOUR_MS, DAY_MS]) {
      bench.clock.advance(waitMs);
      await bench.run(sla, {});
      await bench.run(sla, {});
    }
    expect(await bench.told()).toEqual([`due-soon ${SUBJECT}`, `breached ${SUBJECT}`]);
  });

  test("again, when a deadline that comes first is added", async () => {
    const bench = await running();
    bench.clock.advance(4 * DAY_MS);
    await bench.run(sla, {});
    const first = {
      id: "CVE-2026-40000",
      severity: "critical",
      startedAt: NOW,
      dueAt: later(DUE_AT, -1),
    } as const;
    await remember(bench, MUSL, { ...RUNNING, obligations: [first] });
    await bench.run(sla, {});
    expect(await bench.told()).toEqual([`due-soon ${SUBJECT}`, `due-soon ${SUBJECT}`]);
  });
});

describe("what ends a timer", () => {
  test("a merge in time: met, at the time of the merge", async () => {
    const bench = await running();
    bench.clock.advance(2 * DAY_MS);
    await mergedTo(bench, NEXT, later(NOW, DAY_MS));
    await bench.run(sla, {});
    expect(await timerOf(bench)).toMatchObject({ state: "met", closedAt: later(NOW, DAY_MS) });
    expect(await bench.told()).toEqual([`met ${SUBJECT}`]);
  });

  test("a merge in time that was noticed late: met all the same", async () => {
    const bench = await running();
    bench.clock.advance(9 * DAY_MS);
    await mergedTo(bench, NEXT, DUE_AT);
    await bench.run(sla, {});
    expect(await timerOf(bench)).toMatchObject({ state: "met", closedAt: DUE_AT });
    expect(await bench.told()).toEqual([`met ${SUBJECT}`]);
  });

  test("a merge after the deadline: late, and the breach is told if it was not", async () => {
    const bench = await running();
    bench.clock.advance(9 * DAY_MS);
    await mergedTo(bench, NEXT, later(DUE_AT, 1));
    await bench.run(sla, {});
    expect(await timerOf(bench)).toMatchObject({ state: "late", closedAt: later(DUE_AT, 1) });
    expect(await bench.told()).toEqual([`breached ${SUBJECT}`]);
  });

  test("a merge after a breach that was told: late, and nothing more", async () => {
    const bench = await running();
    bench.clock.advance(8 * DAY_MS);
    await bench.run(sla, {});
    await mergedTo(bench, NEXT, bench.clock.at);
    bench.clock.advance(2 * HOUR_MS);
    await bench.run(sla, {});
    expect((await timerOf(bench))?.state).toBe("late");
    expect(await bench.told()).toEqual([`breached ${SUBJECT}`]);
  });

  test("the same change made by hand: met when the scan found it", async () => {
    const bench = await running();
    bench.clock.advance(HOUR_MS);
    await pin(bench, [[MUSL, NEXT]], { at: later(NOW, HOUR_MS) });
    await bench.run(sla, {});
    expect(await timerOf(bench)).toMatchObject({ state: "met", closedAt: later(NOW, HOUR_MS) });
  });

  test("a place at another index of the images that the tag stands on: met", async () => {
    const bench = await running();
    const content = digest("c0");
    const at = { firstSeenAt: NOW, lastSeenAt: NOW };
    const history = [
      { digest: OLD, ...at },
      { digest: NEXT, content, ...at },
      { digest: THIRD, content, ...at },
    ];
    await saveRecord(bench.store, MUSL, { history, checkedAt: NOW }, NOW);
    bench.clock.advance(HOUR_MS);
    await pin(bench, [[MUSL, NEXT]], { at: later(NOW, HOUR_MS) });
    await bench.run(sla, {});
    expect((await timerOf(bench))?.state).toBe("met");
  });

  test("a merge to a digest that the tag has left since: met", async () => {
    const bench = await running();
    await seen(bench, MUSL, [OLD, NEXT, THIRD]);
    bench.clock.advance(2 * DAY_MS);
    await mergedTo(bench, NEXT, later(NOW, DAY_MS));
    await bench.run(sla, {});
    expect(await timerOf(bench)).toMatchObject({ state: "met", closedAt: later(NOW, DAY_MS) });
  });

  test.each([
    { title: "the line is gone from the code repository", pins: [] },
    { title: "another line took its place", pins: [[GLIBC, OLD]] as const },
  ])("cancelled: $title; nothing is told", async ({ pins }) => {
    const bench = await running();
    bench.clock.advance(HOUR_MS);
    await pin(bench, pins, { at: later(NOW, HOUR_MS) });
    await bench.run(sla, {});
    expect(await timerOf(bench)).toMatchObject({ state: "cancelled", closedAt: later(NOW, HOUR_MS) });
    expect(await bench.told()).toEqual([]);
  });

  test("cancelled: another branch is read instead", async () => {
    const bench = await running();
    bench.clock.advance(HOUR_MS);
    await pin(bench, [[MUSL, NEXT]], { at: later(NOW, HOUR_MS), branch: "release" });
    for (const scan of await bench.store.scansIn(SHOP)) {
      if (scan.branch === "main") await bench.store.saveScan(unsubscribed(scan, later(NOW, HOUR_MS)));
    }
    await bench.run(sla, {});
    expect(await timerOf(bench)).toMatchObject({ state: "cancelled" });
  });

  test("it ended once and for all", async () => {
    const bench = await running();
    await pin(bench, [[MUSL, NEXT]]);
    await bench.run(sla, {});
    const met = await timerOf(bench);
    await pin(bench, []);
    bench.clock.advance(30 * DAY_MS);
    await bench.run(sla, {});
    expect(await timerOf(bench)).toEqual(met);
    expect(await bench.told()).toEqual([`met ${SUBJECT}`]);
  });
});

describe("what does not end a timer", () => {
  test("a place that is still at the old digest", async () => {
    const bench = await running();
    await mergedTo(bench, NEXT, later(NOW, DAY_MS));
    await pin(bench, [
      [MUSL, NEXT],
      [MUSL, OLD],
    ]);
    await bench.run(sla, {});
    expect(await timerOf(bench)).toEqual(RUNNING);
  });

  test("a pull request that says it was merged, while the base branch says it is not there", async () => {
    const bench = await running();
    await mergedTo(bench, NEXT, later(NOW, DAY_MS));
    await pin(bench, [[MUSL, OLD]]);
    await bench.run(sla, {});
    expect(await timerOf(bench)).toEqual(RUNNING);
  });

  test.each([
    { title: "that was closed", change: { state: "closed" as const } },
    { title: "of another code repository", change: { codeRepository: { owner: "acme", name: "pay" } } },
    { title: "of another branch", change: { baseBranch: "release" } },
  ])("a pull request $title", async ({ change }) => {
    const bench = await running();
    await seen(bench, MUSL, [OLD, NEXT, THIRD]);
    await mergedTo(bench, NEXT, later(NOW, DAY_MS), change);
    await bench.run(sla, {});
    expect(await timerOf(bench)).toEqual(RUNNING);
  });

  test("a merge before the clock started", async () => {
    const bench = await running();
    await mergedTo(bench, NEXT, later(NOW, -DAY_MS));
    await seen(bench, MUSL, [OLD, NEXT, THIRD]);
    await bench.run(sla, {});
    expect(await timerOf(bench)).toEqual(RUNNING);
    expect(await bench.told()).toEqual([]);
  });

  test("a tag that went back to the digest that is pinned", async () => {
    const bench = await running();
    await seen(bench, MUSL, [OLD, NEXT, OLD]);
    await bench.run(sla, {});
    expect(await timerOf(bench)).toEqual(RUNNING);
    expect(await bench.told()).toEqual([]);
  });

  test("a code repository that nobody has scanned", async () => {
    const bench = createBench();
    await remember(bench, MUSL, RUNNING);
    await bench.run(sla, {});
    expect(await timerOf(bench)).toEqual(RUNNING);
  });
});

test("each timer ends on its own", async () => {
  const bench = await running();
  await remember(bench, GLIBC, RUNNING);
  await pin(bench, [
    [MUSL, NEXT],
    [GLIBC, OLD],
  ]);
  await seen(bench, GLIBC, [OLD, NEXT]);
  await bench.run(sla, {});
  expect([(await timerOf(bench))?.state, (await timerOf(bench, GLIBC))?.state]).toEqual(["met", "open"]);
});

test("the next look is set first", async () => {
  const bench = createBench();
  await bench.run(sla, {});
  expect(bench.store.dueAt({ kind: "sla" })).toBe(later(NOW, MINUTE_MS));
  const { context, store } = bench;
  bench.clock.advance(HOUR_MS);
  const failing = { ...context, store: { ...store, targets: () => Promise.reject(new Error("no answer")) } };
  await expect(sla.handle({}, failing, new AbortController().signal)).rejects.toThrow("no answer");
  expect(bench.store.dueAt({ kind: "sla" })).toBe(later(NOW, HOUR_MS + MINUTE_MS));
});

test("a process that died after it told and before it kept tells it once", async () => {
  const bench = await running();
  await pin(bench, [[MUSL, NEXT]]);
  const { context, store } = bench;
  const dying = {
    ...context,
    store: { ...store, addTargetFacts: () => Promise.reject(new Error("killed")) },
  };
  await expect(sla.handle({}, dying, new AbortController().signal)).rejects.toThrow("killed");
  await bench.run(sla, {});
  expect(await bench.told()).toEqual([`met ${SUBJECT}`]);
  expect((await timerOf(bench))?.state).toBe("met");
});
