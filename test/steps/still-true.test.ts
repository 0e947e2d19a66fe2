import { expect, test } from "vitest";
import { POLL, VERIFY } from "../../src/queues.ts";
import { areStillTrue } from "../../src/steps/still-true.ts";
import { type Bench, MUSL, queued } from "../workers/bench.ts";
import { judged } from "../workers/facts.ts";
import { NEXT, proposable, THIRD } from "../workers/propose-bench.ts";

const { signal } = new AbortController();
const IMAGE = { repository: MUSL.repository, digest: NEXT };

function ask({ context }: Bench, change: { readonly isExact?: true; readonly isLeft?: true } = {}) {
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
