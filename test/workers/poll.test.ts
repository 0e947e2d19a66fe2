import { describe, expect, test } from "vitest";
import { CodedError } from "../../src/errors.ts";
import type { Digest } from "../../src/image/digest.ts";
import { renderLine } from "../../src/image/reference.ts";
import { VERIFY } from "../../src/queues.ts";
import { HOUR_MS, later, MINUTE_MS } from "../../src/time.ts";
import { policyHash } from "../../src/trust/policy.ts";
import type { Verdict } from "../../src/trust/verdict.ts";
import { poll } from "../../workers/poll.ts";
import {
  BASE,
  type Bench,
  createBench,
  GLIBC,
  imageDocument,
  MUSL,
  NOW,
  pin,
  profileOf,
  queued,
  seen,
} from "./bench.ts";
import { phaseOf } from "../../src/watch/phase.ts";
import { saveLook } from "../fakes/look.ts";

const JOB = { repository: BASE };
const DUE = { kind: "poll", repository: BASE } as const;
const verifyJob = (digest: Digest) => queued(VERIFY, { image: { repository: BASE, digest } });

/** A watched tag on the first of two releases. */
async function watched() {
  const bench = createBench();
  const [first, second, third] = ["1", "2", "3"].map((name) =>
    bench.registry.push(BASE, imageDocument(name)),
  );
  if (first === undefined || second === undefined || third === undefined) throw new Error("nothing pushed");
  await pin(bench, [[MUSL, first]]);
  bench.registry.point(MUSL, first);
  return { bench, first, second, third };
}

async function keepVerdict({ store }: Bench, digest: Digest, verdict: Verdict): Promise<void> {
  await store.saveVerdict({
    image: { repository: BASE, digest },
    verdict,
    policyHash: policyHash(profileOf().policy, new Map()),
    since: NOW,
    checkedAt: NOW,
    platforms: [],
  });
}

const VERIFIED: Verdict = {
  kind: "verified",
  signers: [],
  insecure: [],
  results: [],
  skipped: [],
  sbom: { kind: "missing" },
};

describe("where the tag points", () => {
  test("first look: kept and verified, no event", async () => {
    const { bench, first } = await watched();
    await bench.run(poll, JOB);
    expect(await bench.store.watch(MUSL)).toMatchObject({
      history: [{ digest: first, firstSeenAt: NOW, lastSeenAt: NOW }],
      checkedAt: NOW,
    });
    expect(bench.jobs).toEqual([verifyJob(first)]);
    expect(await bench.told()).toEqual([]);
  });

  test("the same digest: seen again, nothing to do", async () => {
    const { bench, first } = await watched();
    await bench.run(poll, JOB);
    await keepVerdict(bench, first, VERIFIED);
    bench.take();
    bench.clock.advance(HOUR_MS);
    await bench.run(poll, JOB);
    expect((await bench.store.watch(MUSL)).history).toEqual([
      { digest: first, firstSeenAt: NOW, lastSeenAt: later(NOW, HOUR_MS), source: "head" },
    ]);
    expect(bench.jobs).toEqual([]);
    expect(bench.registry.asked.filter((question) => question.startsWith("manifest"))).toHaveLength(1);
  });

  test("a new digest: fetched, kept, told, verified", async () => {
    const { bench, first, second } = await watched();
    await seen(bench, MUSL, [first]);
    bench.registry.point(MUSL, second);
    await bench.run(poll, JOB);
    expect((await bench.store.watch(MUSL)).history.map(({ digest }) => digest)).toEqual([first, second]);
    expect(await bench.told()).toEqual([`tag-moved ${renderLine(MUSL)}`]);
    expect(bench.jobs).toEqual([verifyJob(second)]);
  });

  test("a digest it had left: told as a step backwards", async () => {
    const { bench, first, second } = await watched();
    await seen(bench, MUSL, [first, second]);
    await bench.run(poll, JOB);
    expect((await bench.store.watch(MUSL)).history.map(({ digest }) => digest)).toEqual([
      first,
      second,
      first,
    ]);
    expect(await bench.told()).toEqual([`tag-moved-backwards ${renderLine(MUSL)}`]);
  });

  test("an answer after a failed look takes the failure away", async () => {
    const { bench, first } = await watched();
    await saveLook(bench.store, MUSL, { kind: "failed", code: "registry-timeout", message: "late", at: NOW });
    await bench.run(poll, JOB);
    const watch = await bench.store.watch(MUSL);
    expect(watch.failure).toBeUndefined();
    expect(watch.history).toMatchObject([{ digest: first }]);
  });

  test("told before it is kept: a process that died between the two tells one event", async () => {
    const { bench, first, second } = await watched();
    await seen(bench, MUSL, [first]);
    bench.registry.point(MUSL, second);
    const { context, store } = bench;
    const dying = { ...context, store: { ...store, savePoll: () => Promise.reject(new Error("killed")) } };
    await expect(poll.handle(JOB, dying, new AbortController().signal)).rejects.toThrow("killed");
    await bench.run(poll, JOB);
    expect(await bench.told()).toEqual([`tag-moved ${renderLine(MUSL)}`]);
    expect(bench.jobs).toEqual([verifyJob(second)]);
  });
});

describe("a question without an answer", () => {
  test.each([
    { question: "resolve", code: "registry-unavailable" },
    { question: "resolve", code: "registry-rate-limited" },
    { question: "resolve", code: "registry-unauthorized" },
    { question: "manifest", code: "registry-integrity" },
    { question: "manifest", code: "registry-too-large" },
    { question: "manifest", code: "manifest-invalid" },
  ] as const)(
    "$code to $question is kept with the watch and thrown; the tag stays",
    async ({ question, code }) => {
      const { bench, first, second } = await watched();
      await seen(bench, MUSL, [first]);
      bench.registry.point(MUSL, second);
      bench.registry.fail(question, new CodedError(code, "asking a.example failed"));
      bench.clock.advance(MINUTE_MS);
      await expect(bench.run(poll, JOB)).rejects.toMatchObject({ code });
      expect(await bench.store.watch(MUSL)).toMatchObject({
        history: [{ digest: first, lastSeenAt: NOW }],
        checkedAt: NOW,
        failure: { code, message: "asking a.example failed", at: later(NOW, MINUTE_MS) },
      });
      expect(bench.jobs).toEqual([]);
      expect(await bench.told()).toEqual([]);
    },
  );

  test("a digest the registry points at and does not have is not believed", async () => {
    const { bench, first, second } = await watched();
    await seen(bench, MUSL, [first]);
    bench.registry.point(MUSL, second);
    bench.registry.remove({ repository: BASE, digest: second });
    await expect(bench.run(poll, JOB)).rejects.toMatchObject({ code: "registry-not-found" });
    expect((await bench.store.watch(MUSL)).history).toMatchObject([{ digest: first }]);
  });

  test("an error of nobody's has no code of ours", async () => {
    const { bench } = await watched();
    bench.registry.fail("resolve", new TypeError("undefined is not a function"));
    await expect(bench.run(poll, JOB)).rejects.toThrow(TypeError);
    expect((await bench.store.watch(MUSL)).failure).toMatchObject({ code: "unknown" });
  });

  test("for one tag does not keep the others from being looked at", async () => {
    const { bench, first, second } = await watched();
    await pin(bench, [
      [GLIBC, first],
      [MUSL, first],
    ]);
    bench.registry.point(GLIBC, second);
    bench.registry.point(MUSL, second);
    bench.registry.fail(
      `resolve ${renderLine(GLIBC)}`,
      new CodedError("registry-unavailable", "asking failed"),
    );
    await expect(bench.run(poll, JOB)).rejects.toMatchObject({ code: "registry-unavailable" });
    expect((await bench.store.watch(GLIBC)).failure).toBeDefined();
    expect((await bench.store.watch(MUSL)).history).toMatchObject([{ digest: second }]);
    expect(bench.jobs).toEqual([verifyJob(second)]);
  });
});

describe("work that was lost on its way is taken up again", () => {
  const AWAITING: Verdict = { kind: "awaiting-evidence", missing: "signature", results: [], skipped: [] };
  const REJECTED: Verdict = {
    kind: "rejected",
    reason: "signature-key-unknown",
    detail: "",
    results: [],
    skipped: [],
  };

  test.each([
    { title: "no verdict", verdict: undefined, isPinned: true, isAsked: true },
    { title: "awaiting evidence", verdict: AWAITING, isPinned: true, isAsked: true },
    { title: "verified, and all pins there", verdict: VERIFIED, isPinned: true, isAsked: false },
    { title: "verified, and a pin elsewhere", verdict: VERIFIED, isPinned: false, isAsked: true },
    { title: "rejected, and all pins there", verdict: REJECTED, isPinned: true, isAsked: false },
  ])("$title: verified again $isAsked", async ({ verdict, isPinned, isAsked }) => {
    const { bench, first, second } = await watched();
    await pin(bench, [[MUSL, isPinned ? first : second]]);
    await seen(bench, MUSL, [first]);
    if (verdict !== undefined) await keepVerdict(bench, first, verdict);
    await bench.run(poll, JOB);
    expect(bench.jobs).toEqual(isAsked ? [verifyJob(first)] : []);
  });
});

describe("when it is asked again", () => {
  test("at its own place in the interval, spread by a twentieth", async () => {
    const { bench } = await watched();
    const intervalMs = 30 * MINUTE_MS;
    const offsets = new Set<number>();
    let lastAt: number = bench.clock.at;
    for (let round = 0; round < 50; round += 1) {
      await bench.run(poll, JOB);
      const dueAt = bench.store.dueAt(DUE) ?? 0;
      // The first look may come at any time; from then on it has its place.
      expect(dueAt - lastAt).toBeGreaterThanOrEqual((round === 0 ? 0.05 : 0.9) * intervalMs);
      expect(dueAt - lastAt).toBeLessThanOrEqual(1.05 * intervalMs);
      const offset = (dueAt - phaseOf(BASE, intervalMs)) % intervalMs;
      offsets.add(offset > intervalMs / 2 ? offset - intervalMs : offset);
      bench.clock.advance(dueAt - lastAt);
      lastAt = dueAt;
    }
    expect(Math.max(...[...offsets].map(Math.abs))).toBeLessThanOrEqual(0.05 * intervalMs);
    expect(offsets.size).toBeGreaterThan(1);
  });

  test("also after a failure", async () => {
    const { bench } = await watched();
    bench.registry.fail("resolve", new CodedError("registry-timeout", "no answer"));
    await expect(bench.run(poll, JOB)).rejects.toThrow("no answer");
    expect(bench.store.dueAt(DUE)).toBeGreaterThan(NOW);
  });

  test("never, when nobody subscribes any more: not even now", async () => {
    const { bench } = await watched();
    await bench.store.schedule(DUE, NOW, "set");
    await pin(bench, []);
    await bench.run(poll, JOB);
    expect(bench.store.dueAt(DUE)).toBeUndefined();
    expect(bench.registry.asked).toEqual([]);
  });
});
