import { keepTimer } from "../fakes/timers.ts";
import { describe, expect, test } from "vitest";
import { DISCOVER } from "../../src/queues.ts";
import { DAY_MS, later } from "../../src/time.ts";
import { discover } from "../../workers/discover.ts";
import { propose } from "../../workers/propose.ts";
import { createFakeStore } from "../fakes/store.ts";
import { type Bench, KEY, MUSL, NOW, queued, SHOP, timerNow } from "./bench.ts";
import { NEXT, OLD, onlyPull, proposalOf, proposed, ready, THIRD, writesOf } from "./propose-bench.ts";

const RESCAN = queued(DISCOVER, { codeRepository: SHOP });

/** What Redis kept is gone; the tags, the verdicts and the scan were found out again. */
async function withoutMemory(bench: Bench): Promise<Bench> {
  Object.assign(bench.store, createFakeStore());
  await bench.run(discover, { codeRepository: SHOP });
  bench.clock.advance(DAY_MS);
  await ready(bench, MUSL, OLD, NEXT);
  bench.take();
  return bench;
}

describe("what the store lost comes back from the marker", () => {
  test("an open pull request, and the start of its clocks", async () => {
    const bench = await withoutMemory(await proposed());
    await bench.run(propose, KEY);
    expect(onlyPull(bench).number).toBe(1);
    expect(await proposalOf(bench)).toMatchObject({
      number: 1,
      state: "open",
      dueAt: later(NOW, 7 * DAY_MS),
    });
    expect((await timerNow(bench))?.obligations).toMatchObject([
      { id: "CVE-2026-31337", startedAt: NOW, dueAt: later(NOW, 7 * DAY_MS) },
    ]);
  });

  test("one that was lost while it was looked at, with its clocks", async () => {
    const bench = await proposed();
    bench.clock.advance(DAY_MS);
    const codeHost: Bench["context"]["codeHost"] = {
      ...bench.codeHost,
      async look(...question) {
        const seen = await bench.codeHost.look(...question);
        Object.assign(bench.store, createFakeStore());
        return seen;
      },
    };
    await propose.handle(KEY, { ...bench.context, codeHost }, new AbortController().signal);
    expect(await proposalOf(bench)).toMatchObject({ number: 1, state: "open", contentHash: "" });
    const target = { codeRepository: SHOP, baseBranch: "main", line: MUSL };
    expect(await bench.store.targetFacts(target)).toMatchObject([
      { kind: "restored", id: "CVE-2026-31337", startedAt: NOW },
    ]);
  });

  test("what it superseded", async () => {
    const before = await proposed();
    await ready(before, MUSL, OLD, THIRD);
    await before.run(propose, KEY);
    const bench = await withoutMemory(before);
    await ready(bench, MUSL, OLD, THIRD);
    await bench.run(propose, KEY);
    expect(await proposalOf(bench)).toMatchObject({
      updates: [{ to: THIRD, superseded: [{ digest: NEXT, observedAt: NOW }] }],
    });
  });

  test("a closed one: still declined", async () => {
    const before = await proposed();
    before.codeHost.close(SHOP, 1, NOW);
    const bench = await withoutMemory(before);
    await bench.run(propose, KEY);
    expect(onlyPull(bench).state).toBe("closed");
    expect(await bench.store.declined(KEY)).toMatchObject([{ digest: NEXT }]);
  });

  test("a merged one: scanned again, and nothing written but that its branch goes", async () => {
    const before = await proposed();
    before.codeHost.mergeByHand(SHOP, 1, NOW);
    const bench = await withoutMemory(before);
    const writes = writesOf(bench).length;
    await bench.run(propose, KEY);
    expect(writesOf(bench).slice(writes)).toEqual([expect.stringMatching(/^deleteBranch /)]);
    expect(bench.jobs).toContainEqual(RESCAN);
  });

  test.each([
    { title: "taken out", edit: () => "by hand" },
    { title: "edited", edit: (body: string) => body.replaceAll(String(NOW), String(later(NOW, DAY_MS))) },
    { title: "twice there", edit: (body: string) => `${body}\n${body}` },
  ])("no clock from a marker that was $title, and the operator is told", async ({ edit }) => {
    const before = await proposed();
    before.codeHost.edit(SHOP, 1, { body: edit(onlyPull(before).body) });
    const bench = await withoutMemory(before);
    await bench.run(propose, KEY);
    expect(onlyPull(bench).number).toBe(1);
    expect((await timerNow(bench))?.obligations).toMatchObject([{ startedAt: later(NOW, DAY_MS) }]);
    expect(bench.warnings).toMatchObject([
      { message: "pull request without a marker that can be believed", pullRequest: onlyPull(bench).url },
    ]);
  });

  test("a clock that is still there goes before the marker", async () => {
    const before = await proposed();
    const known = await timerNow(before);
    const bench = await withoutMemory(before);
    if (known === undefined) throw new Error("no timer");
    const obligations = known.obligations.map((each) => ({ ...each, startedAt: later(NOW, -DAY_MS) }));
    const key = { codeRepository: SHOP, baseBranch: "main", line: MUSL };
    await keepTimer(bench.store, { ...key, timer: { ...known, obligations } });
    await bench.run(propose, KEY);
    expect((await timerNow(bench))?.obligations).toMatchObject([{ startedAt: later(NOW, -DAY_MS) }]);
  });
});
