import { describe, expect, test } from "vitest";
import { CodedError } from "../../src/errors.ts";
import type { Digest } from "../../src/image/digest.ts";
import { renderLine } from "../../src/image/reference.ts";
import { POLL, VERIFY } from "../../src/queues.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../src/time.ts";
import { poll } from "../../workers/poll.ts";
import { schedule } from "../../workers/schedule.ts";
import { BASE, type Bench, createBench, lineOf, pin, queued } from "./bench.ts";
import { DUE, JOB, minutesToDue, pushIndex } from "./poll-bench.ts";

const NAMES = ["a", "b", "c", "d"] as const;
const LINES = NAMES.map(lineOf);
const [A, B, C, D] = LINES.map(renderLine);

/** Four tags on one digest, all seen once and long ago. */
async function fourTags(): Promise<{ bench: Bench; first: Digest }> {
  const bench = createBench();
  const first = pushIndex(bench, { image: "1" });
  await pin(
    bench,
    LINES.map((line) => [line, first]),
  );
  for (const line of LINES) bench.registry.point(line, first);
  await bench.run(poll, JOB);
  bench.clock.advance(HOUR_MS);
  bench.take();
  return { bench, first };
}

const deferral = new CodedError("registry-deferred", "a.example is left alone", { retryAfterMs: 60_000 });

/** The tags that were asked about since `from`. */
function askedSince({ registry }: Bench, from: number): readonly string[] {
  return registry.asked
    .slice(from)
    .flatMap((question) =>
      question.startsWith("resolve ") ? [question.slice(question.lastIndexOf(":") + 1)] : [],
    );
}

async function askedBy(bench: Bench, runs: () => Promise<void>): Promise<readonly string[]> {
  const from = bench.registry.asked.length;
  await runs();
  return askedSince(bench, from);
}

describe("a registry that wants to be left alone after a part of the tags", () => {
  test("what was answered is kept, the rest stays as it was, and the job comes back", async () => {
    const { bench, first } = await fourTags();
    const before = await bench.store.watch(LINES[2] ?? lineOf(""));
    const second = pushIndex(bench, { image: "2" });
    for (const line of LINES) bench.registry.point(line, second);
    bench.registry.fail(`resolve ${C}`, deferral);
    await expect(bench.run(poll, JOB)).rejects.toBe(deferral);
    const current = await Promise.all(
      LINES.map(async (line) => (await bench.store.watch(line)).history.at(-1)?.digest),
    );
    expect(current).toEqual([second, second, first, first]);
    expect(await bench.store.watch(LINES[2] ?? lineOf(""))).toEqual(before);
    expect(bench.jobs).toEqual([queued(VERIFY, { image: { repository: BASE, digest: second } })]);
    expect(await bench.told()).toEqual([`tag-moved ${A}`, `tag-moved ${B}`]);
  });

  test("never makes an older failure look newer, nor a failure of what was not asked", async () => {
    const { bench } = await fourTags();
    bench.registry.fail("resolve", deferral);
    await expect(bench.run(poll, JOB)).rejects.toBe(deferral);
    for (const watch of await bench.store.watches()) expect(watch.failure).toBeUndefined();
  });

  test("the next run asks only for the rest, and the one after the interval for all", async () => {
    const { bench } = await fourTags();
    bench.registry.fail(`resolve ${C}`, deferral);
    expect(await askedBy(bench, () => expect(bench.run(poll, JOB)).rejects.toBe(deferral))).toEqual([
      "a",
      "b",
      "c",
    ]);
    bench.registry.heal(`resolve ${C}`);
    bench.clock.advance(MINUTE_MS);
    expect(await askedBy(bench, () => bench.run(poll, JOB))).toEqual(["c", "d"]);
    expect((await bench.store.watched(BASE)).poll.round).toBeUndefined();
    bench.clock.advance(MINUTE_MS);
    expect(await askedBy(bench, () => bench.run(poll, JOB))).toHaveLength(4);
  });

  test("the rest does not put off when the repository is due again", async () => {
    const { bench } = await fourTags();
    bench.registry.fail(`resolve ${C}`, deferral);
    await expect(bench.run(poll, JOB)).rejects.toBe(deferral);
    const dueAt = bench.store.dueAt(DUE);
    bench.clock.advance(SECOND_MS);
    await expect(bench.run(poll, JOB)).rejects.toBe(deferral);
    expect(dueAt).toBeGreaterThan(bench.clock.at);
    expect(bench.store.dueAt(DUE)).toBeLessThanOrEqual(dueAt ?? 0);
  });

  test("a rest that is older than the interval is forgotten: all are asked, the rest first", async () => {
    const { bench } = await fourTags();
    bench.registry.fail(`resolve ${C}`, deferral);
    await expect(bench.run(poll, JOB)).rejects.toBe(deferral);
    bench.registry.heal(`resolve ${C}`);
    bench.clock.advance(2 * HOUR_MS);
    expect(await askedBy(bench, () => bench.run(poll, JOB))).toEqual(["c", "d", "a", "b"]);
  });

  test("a push that was noticed meanwhile begins anew", async () => {
    const { bench } = await fourTags();
    bench.registry.fail(`resolve ${C}`, deferral);
    await expect(bench.run(poll, JOB)).rejects.toBe(deferral);
    bench.registry.heal(`resolve ${C}`);
    bench.clock.advance(SECOND_MS);
    await bench.store.noticePush(BASE, undefined, bench.clock.at);
    expect(await askedBy(bench, () => bench.run(poll, JOB))).toHaveLength(4);
  });

  test("a manifest that may not be fetched now leaves its tag as it was", async () => {
    const { bench, first } = await fourTags();
    const second = pushIndex(bench, { image: "2" });
    bench.registry.point(LINES[0] ?? lineOf(""), second);
    bench.registry.fail("manifest", deferral);
    await expect(bench.run(poll, JOB)).rejects.toBe(deferral);
    const watch = await bench.store.watch(LINES[0] ?? lineOf(""));
    expect(watch.history.map(({ digest }) => digest)).toEqual([first]);
    expect(watch.failure).toBeUndefined();
    bench.registry.heal("manifest");
    bench.clock.advance(MINUTE_MS);
    expect(await askedBy(bench, () => bench.run(poll, JOB))).toEqual(["a"]);
    expect((await bench.store.watch(LINES[0] ?? lineOf(""))).history).toHaveLength(2);
  });

  test("once a manifest may not be fetched, no more of them are asked for", async () => {
    const bench = createBench();
    const lines = Array.from({ length: 40 }, (_, n) => lineOf(`tag-${n}`));
    for (const [n, line] of lines.entries()) {
      bench.registry.point(line, pushIndex(bench, { image: String(100 + n) }));
    }
    await pin(
      bench,
      lines.map((line) => [line, pushIndex(bench, { image: "1" })]),
    );
    bench.registry.fail("manifest", deferral);
    await expect(bench.run(poll, JOB)).rejects.toBe(deferral);
    const fetched = bench.registry.asked.filter((question) => question.startsWith("manifest"));
    expect(fetched.length).toBeGreaterThan(0);
    expect(fetched.length).toBeLessThan(10);
  });

  test("one that answers few at a time is asked about every tag in the end", async () => {
    const { bench } = await fourTags();
    const asked = new Set<string>();
    // Each time another tag is where it ends, and the interval is over before it goes on.
    for (const end of [B, D, A, C]) {
      bench.registry.fail(`resolve ${end}`, deferral);
      for (const tag of await askedBy(bench, () => bench.run(poll, JOB).catch(() => {}))) asked.add(tag);
      bench.registry.heal(`resolve ${end}`);
      bench.clock.advance(2 * HOUR_MS);
    }
    expect([...asked].toSorted()).toEqual([...NAMES]);
    for (const watch of await bench.store.watches()) expect(watch.checkedAt).toBeGreaterThan(0);
  });

  test("what Redis lost of a round costs questions and nothing else", async () => {
    const { bench } = await fourTags();
    bench.registry.fail(`resolve ${C}`, deferral);
    await expect(bench.run(poll, JOB)).rejects.toBe(deferral);
    bench.registry.heal(`resolve ${C}`);
    await bench.store.savePoll(BASE, { looks: [], poll: {}, lostAt: bench.clock.at });
    bench.clock.advance(SECOND_MS);
    expect(await askedBy(bench, () => bench.run(poll, JOB))).toHaveLength(4);
  });
});

describe("tags that failed", () => {
  test("are asked again alone when the job is tried again", async () => {
    const { bench } = await fourTags();
    bench.registry.fail(`resolve ${B}`, new CodedError("registry-timeout", "no answer"));
    await expect(bench.run(poll, JOB)).rejects.toThrow("no answer");
    bench.registry.heal(`resolve ${B}`);
    bench.clock.advance(SECOND_MS);
    expect(await askedBy(bench, () => bench.run(poll, JOB))).toEqual(["b"]);
  });

  test.each(["registry-unauthorized", "registry-forbidden"] as const)(
    "with %s are asked again after an hour",
    async (code) => {
      const { bench } = await fourTags();
      bench.registry.fail("resolve", new CodedError(code, "a.example refuses"));
      // Its place in the hour first, then an hour at a time.
      await expect(bench.run(poll, JOB)).rejects.toMatchObject({ code });
      bench.clock.advance(minutesToDue(bench) * MINUTE_MS);
      await expect(bench.run(poll, JOB)).rejects.toMatchObject({ code });
      expect(minutesToDue(bench)).toBeGreaterThanOrEqual(54);
      expect(minutesToDue(bench)).toBeLessThanOrEqual(66);
      expect((await bench.store.watched(BASE)).poll.next?.reason).toBe("refused");
    },
  );

  test("for good do not keep others from being tried again", async () => {
    const { bench } = await fourTags();
    bench.registry.fail(`resolve ${A}`, new CodedError("registry-forbidden", "refused"));
    bench.registry.fail(`resolve ${B}`, new CodedError("registry-timeout", "no answer"));
    await expect(bench.run(poll, JOB)).rejects.toMatchObject({ code: "registry-timeout" });
  });

  test("all of them, when the question as a whole failed", async () => {
    const { bench } = await fourTags();
    const { context } = bench;
    const error = new CodedError("registry-login-failed", "no credentials");
    const registry = { ...context.registry, survey: () => Promise.reject(error) };
    const signal = new AbortController().signal;
    await expect(poll.handle(JOB, { ...context, registry }, signal)).rejects.toBe(error);
    for (const { failure } of await bench.store.watches()) {
      expect(failure).toMatchObject({ code: "registry-login-failed" });
    }
  });

  test("none, when the process was told to stop", async () => {
    const { bench } = await fourTags();
    const stopped = AbortSignal.abort(new Error("shutting down"));
    await expect(poll.handle(JOB, bench.context, stopped)).rejects.toThrow("shutting down");
    for (const { failure } of await bench.store.watches()) expect(failure).toBeUndefined();
    expect(minutesToDue(bench)).toBeLessThanOrEqual(15);
  });
});

describe("lists that tell many tags at once", () => {
  test("are read on from where the last look ended", async () => {
    const { bench } = await fourTags();
    bench.registry.readTo("page 2");
    await bench.run(poll, JOB);
    bench.clock.advance(HOUR_MS);
    bench.registry.readTo("page 3");
    await bench.run(poll, JOB);
    expect(bench.registry.surveys.map(({ how }) => how.cursor)).toEqual([undefined, undefined, "page 2"]);
  });

  test.each([
    { title: "failed", question: `resolve ${B}`, error: new CodedError("registry-timeout", "no answer") },
    { title: "was deferred", question: `resolve ${B}`, error: deferral },
  ])("are read again from the same place when a tag $title", async ({ question, error }) => {
    const { bench } = await fourTags();
    bench.registry.readTo("page 2");
    bench.registry.fail(question, error);
    await expect(bench.run(poll, JOB)).rejects.toBe(error);
    expect((await bench.store.watched(BASE)).poll.cursor).toBeUndefined();
  });

  test("are read again from the same place after the rest of a round: what was not asked may have moved", async () => {
    const { bench } = await fourTags();
    bench.registry.fail(`resolve ${C}`, deferral);
    await expect(bench.run(poll, JOB)).rejects.toBe(deferral);
    bench.registry.heal(`resolve ${C}`);
    bench.registry.readTo("page 2");
    bench.clock.advance(SECOND_MS);
    await bench.run(poll, JOB);
    const { round, cursor } = (await bench.store.watched(BASE)).poll;
    expect(round).toBeUndefined();
    expect(cursor).toBeUndefined();
  });

  test("are ignored once a day", async () => {
    const { bench } = await fourTags();
    for (let hour = 0; hour < 72; hour += 1) {
      bench.clock.advance(HOUR_MS);
      await bench.run(poll, JOB);
    }
    const ignored = bench.registry.surveys.flatMap(({ how }, position) =>
      how.lists === "ignored" ? [position] : [],
    );
    expect(ignored).toHaveLength(3);
    expect((ignored[1] ?? 0) - (ignored[0] ?? 0)).toBe(24);
  });

  test("are ignored by the rest of a look that ignored them", async () => {
    const { bench } = await fourTags();
    bench.clock.advance(2 * DAY_MS);
    bench.registry.fail(`resolve ${C}`, deferral);
    await expect(bench.run(poll, JOB)).rejects.toBe(deferral);
    bench.registry.heal(`resolve ${C}`);
    bench.clock.advance(SECOND_MS);
    await bench.run(poll, JOB);
    bench.clock.advance(HOUR_MS);
    await bench.run(poll, JOB);
    expect(bench.registry.surveys.map(({ how }) => how.lists)).toEqual([
      "allowed",
      "ignored",
      "ignored",
      "allowed",
    ]);
  });
});

describe("a flood of notices", () => {
  test("is one poll, now", async () => {
    const { bench } = await fourTags();
    await bench.run(poll, JOB);
    for (let n = 0; n < 1_000; n += 1) await bench.store.noticePush(BASE, undefined, bench.clock.at);
    await bench.run(schedule, {});
    expect(bench.take()).toContainEqual(queued(POLL, JOB));
    await bench.run(poll, JOB);
    bench.take();
    await bench.run(schedule, {});
    expect(bench.jobs).toEqual([]);
    expect(minutesToDue(bench)).toBeLessThanOrEqual(5.25);
  });

  test("that comes while the repository is polled brings about one more poll, soon", async () => {
    const { bench } = await fourTags();
    const { context, clock, store } = bench;
    const registry = {
      ...context.registry,
      async survey(...asked: Parameters<typeof context.registry.survey>) {
        const answers = await context.registry.survey(...asked);
        clock.advance(SECOND_MS);
        await store.noticePush(BASE, undefined, clock.at);
        return answers;
      },
    };
    await poll.handle(JOB, { ...context, registry }, new AbortController().signal);
    expect(store.dueAt(DUE)).toBe(clock.at);
  });
});

describe("a line that somebody subscribes to while the repository is polled", () => {
  const FIFTH = lineOf("e");

  test("is looked at soon, and not after the interval", async () => {
    const { bench, first } = await fourTags();
    const { context, clock, store } = bench;
    const registry = {
      ...context.registry,
      async survey(...asked: Parameters<typeof context.registry.survey>) {
        const answers = await context.registry.survey(...asked);
        await pin(bench, [[FIFTH, first]], { codeRepository: { owner: "acme", name: "pay" } });
        await store.schedule(DUE, clock.at, "sooner");
        return answers;
      },
    };
    await poll.handle(JOB, { ...context, registry }, new AbortController().signal);
    expect(store.dueAt(DUE)).toBe(clock.at);
  });

  test("is not forgotten when it is the only one", async () => {
    const { bench, first } = await fourTags();
    const { context, store } = bench;
    await pin(bench, []);
    const late = {
      ...store,
      async unschedule(...work: Parameters<typeof store.unschedule>) {
        await pin(bench, [[FIFTH, first]]);
        await store.unschedule(...work);
      },
    };
    await poll.handle(JOB, { ...context, store: late }, new AbortController().signal);
    expect(store.dueAt(DUE)).toBe(bench.clock.at);
  });
});
