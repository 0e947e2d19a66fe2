import { describe, expect, test } from "vitest";
import { CodedError } from "../../src/errors.ts";
import { PROPOSE } from "../../src/queues.ts";
import { DAY_MS, HOUR_MS, later } from "../../src/time.ts";
import { discover } from "../../workers/discover.ts";
import { propose } from "../../workers/propose.ts";
import { BASE, createBench, digest, dockerfile, KEY, MUSL, NOW, SHOP, timerNow, allTimers } from "./bench.ts";
import {
  CONTENT,
  FIXES,
  NEXT,
  OLD,
  onlyPull,
  PATH,
  proposable,
  proposalOf,
  proposedText,
  ready,
  THIRD,
} from "./propose-bench.ts";

describe("clocks", () => {
  test("are kept even if the code host cannot be written to", async () => {
    const bench = await proposable();
    bench.codeHost.fail("propose", new CodedError("code-host-unavailable", "writing answered 502"));
    await expect(bench.run(propose, KEY)).rejects.toMatchObject({ code: "code-host-unavailable" });
    expect(await allTimers(bench)).toMatchObject([{ line: MUSL, timer: { state: "open" } }]);
    expect(await proposalOf(bench)).toBeUndefined();
  });

  test("are kept even if the code host cannot be asked about a known pull request", async () => {
    const bench = await proposable();
    await bench.store.saveAssessment(BASE, OLD, NEXT, CONTENT);
    await bench.run(propose, KEY);
    bench.clock.advance(HOUR_MS);
    await bench.store.saveAssessment(BASE, OLD, NEXT, { ...FIXES, assessedAt: bench.clock.at });
    bench.codeHost.fail("look", new CodedError("code-host-unavailable", "looking answered 502"));
    await expect(bench.run(propose, KEY)).rejects.toMatchObject({ code: "code-host-unavailable" });
    const timer = await timerNow(bench);
    expect(timer?.obligations.map(({ id }) => id)).toEqual(["CVE-2026-31337", "update"]);
  });

  test("write nothing down before it is known that no pull request remembers them", async () => {
    const bench = await proposable();
    const target = { codeRepository: SHOP, baseBranch: "main", line: MUSL };
    const before = await bench.store.targetFacts(target);
    bench.codeHost.fail("look", new CodedError("code-host-unavailable", "looking answered 502"));
    await expect(bench.run(propose, KEY)).rejects.toMatchObject({ code: "code-host-unavailable" });
    expect(await bench.store.targetFacts(target)).toEqual(before);
  });

  test("of a line that is pinned to two digests are one, and none is lost", async () => {
    const older = digest("01de5");
    const bench = createBench();
    bench.codeHost.create(SHOP, { [PATH]: dockerfile([MUSL, older], [MUSL, OLD]) });
    await bench.run(discover, { codeRepository: SHOP });
    await ready(bench, MUSL, OLD, NEXT);
    await bench.store.saveAssessment(BASE, older, NEXT, CONTENT);
    for (let round = 0; round < 2; round += 1) await bench.run(propose, KEY);
    const timer = await timerNow(bench);
    expect(timer?.obligations.map(({ id }) => id)).toEqual(["CVE-2026-31337", "update"]);
  });

  test("are not started again by a newer digest", async () => {
    const bench = await proposable();
    await bench.run(propose, KEY);
    bench.clock.advance(2 * DAY_MS);
    await ready(bench, MUSL, OLD, THIRD);
    await bench.run(propose, KEY);
    expect((await timerNow(bench))?.obligations).toMatchObject([
      { startedAt: NOW, dueAt: later(NOW, 7 * DAY_MS) },
    ]);
    expect(await proposalOf(bench)).toMatchObject({ dueAt: later(NOW, 7 * DAY_MS) });
  });
});

describe("the code host", () => {
  test.each(["look", "propose", "setCheck", "setStatuses"])(
    "fails at %s: thrown, nothing kept, and the next run ends with one pull request",
    async (method) => {
      const bench = await proposable();
      const asked = bench.codeHost.asked.length;
      bench.codeHost.fail(method, new CodedError("code-host-unavailable", "answered 502"));
      await expect(bench.run(propose, KEY)).rejects.toMatchObject({ code: "code-host-unavailable" });
      expect(bench.codeHost.asked.slice(asked).at(-1)).toMatch(new RegExp(`^${method} `));
      expect(await proposalOf(bench)).toBeUndefined();
      bench.codeHost.heal(method);
      await bench.run(propose, KEY);
      expect(onlyPull(bench).state).toBe("open");
      expect(proposedText(bench)).toBe(dockerfile([MUSL, NEXT]));
      expect(bench.codeHost.statuses(onlyPull(bench).headCommit)).toHaveLength(2);
    },
  );

  test("a process that died after it opened the pull request: found again, none more", async () => {
    const bench = await proposable();
    const { context, store } = bench;
    const dying = { ...context, record: () => Promise.reject(new Error("killed")) };
    await expect(propose.handle(KEY, dying, new AbortController().signal)).rejects.toThrow("killed");
    expect(await store.proposal(KEY)).toBeUndefined();
    await bench.run(propose, KEY);
    expect(onlyPull(bench).number).toBe(1);
    expect(await store.proposal(KEY)).toMatchObject({ number: 1, state: "open" });
    expect(bench.jobs.filter(({ queue }) => queue === PROPOSE.name)).toEqual([]);
  });

  test("somebody moved the branch between our look and our write: a conflict, tried again", async () => {
    const bench = await proposable();
    bench.codeHost.fail("propose", new CodedError("code-host-conflict", "the branch moved"));
    await expect(bench.run(propose, KEY)).rejects.toMatchObject({ transient: true });
  });
});
