import { describe, expect, test } from "vitest";
import { ASKED_NOW_MS } from "../../src/adapters/registry/tag-check.ts";
import { POLL, VERIFY } from "../../src/queues.ts";
import { areStillTrue, type NewDigest } from "../../src/steps/still-true.ts";
import { poll } from "../../workers/poll.ts";
import { type Bench, MUSL, queued, release } from "../workers/bench.ts";
import { judged } from "../workers/facts.ts";
import { NEXT, OLD, proposable, ready, THIRD } from "../workers/propose-bench.ts";

const { signal } = new AbortController();
const IMAGE = { repository: MUSL.repository, digest: NEXT };

function ask({ context }: Bench, change: Partial<NewDigest> = {}) {
  const [profile] = context.settings.profiles;
  if (profile === undefined) throw new Error("no profile");
  return areStillTrue([{ line: MUSL, to: NEXT, profile, ...change }], context, signal);
}

test("a verified digest where its tag stands holds", async () => {
  const bench = await proposable();
  expect(await ask(bench)).toBe(true);
  expect(await ask(bench, { isExact: true })).toBe(true);
  expect(bench.jobs).toEqual([]);
});

test("one that was rejected a moment ago, by the same rules, does not: verified again", async () => {
  const bench = await proposable();
  const rejected = { kind: "rejected", reason: "signature-key-unknown", detail: "" } as const;
  await judged(bench, NEXT, { verdict: { ...rejected, results: [], skipped: [] } });
  expect(await ask(bench)).toBe(false);
  expect(bench.jobs).toEqual([queued(VERIFY, { image: IMAGE })]);
});

test.each([{}, { isExact: true }] as const)(
  "one that its tag has left does not: polled again (%j)",
  async (change) => {
    const bench = await proposable();
    bench.registry.point(MUSL, THIRD);
    expect(await ask(bench, change)).toBe(false);
    expect(bench.jobs).toEqual([queued(POLL, { repository: MUSL.repository })]);
  },
);

test("one that is known to be left is asked about by its verdict alone", async () => {
  const bench = await proposable();
  bench.registry.point(MUSL, THIRD);
  expect(await ask(bench, { isLeft: true })).toBe(true);
});

const resolves = ({ registry }: Bench): number =>
  registry.asked.filter((question) => question.startsWith("resolve ")).length;

describe("many who write about one tag within seconds", () => {
  test("put one question, and each has the verdict looked at", async () => {
    const bench = await proposable();
    const before = resolves(bench);
    for (let count = 0; count < 10; count += 1) expect(await ask(bench)).toBe(true);
    expect(resolves(bench) - before).toBe(1);
    const rejected = { kind: "rejected", reason: "digest-distrusted", detail: "" } as const;
    await judged(bench, NEXT, { verdict: { ...rejected, results: [], skipped: [] } });
    expect(await ask(bench)).toBe(false);
  });

  test("write no more of a tag that has moved once the answer is five seconds old", async () => {
    const bench = await proposable();
    expect(await ask(bench)).toBe(true);
    bench.registry.point(MUSL, THIRD);
    bench.clock.advance(ASKED_NOW_MS + 1);
    expect(await ask(bench)).toBe(false);
    expect(bench.jobs).toEqual([queued(POLL, { repository: MUSL.repository })]);
  });

  test("are not kept from writing what the tag has moved to", async () => {
    const bench = await proposable();
    expect(await ask(bench)).toBe(true);
    await ready(bench, MUSL, OLD, THIRD);
    expect(await ask(bench, { to: THIRD })).toBe(true);
    expect(await ask(bench, { to: NEXT })).toBe(false);
  });

  test("leave polls alone: each asks the registry", async () => {
    const bench = await proposable();
    expect(await ask(bench)).toBe(true);
    const next = release(bench, { name: "2" });
    bench.registry.point(MUSL, next);
    await bench.run(poll, { repository: MUSL.repository });
    expect((await bench.store.watch(MUSL)).history.at(-1)?.digest).toBe(next);
  });
});
