import { describe, expect, test } from "vitest";
import type { Digest } from "../../src/image/digest.ts";
import type { ImageLine } from "../../src/image/reference.ts";
import type { CodeRepository } from "../../src/proposal/plan.ts";
import { DISCOVER, POLL, SCHEDULE } from "../../src/queues.ts";
import { lineOf as lineFrom } from "../../src/sla/line.ts";
import type { Timer } from "../../src/sla/timer.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../src/time.ts";
import { DEFAULT_POLICIES, type Policies } from "../../src/vendor/policies.ts";
import { timerIn } from "../fakes/timers.ts";
import {
  BASE,
  type Bench,
  createBench,
  digest,
  dockerfile,
  KEY,
  lineOf,
  purl,
  release,
  SHOP,
} from "./bench.ts";
import { advisoriesOf } from "./facts.ts";
import { onlyPull, PATH } from "./propose-bench.ts";
import { createWrittenStore } from "./stored.ts";

/** Whose clocks a newer tag starts and ends. */

const LINE = lineOf("1.2.4-musl");
const NEWER = lineOf("1.2.5-musl");
const STAYS: CodeRepository = { owner: "acme", name: "stays" };
const CVE = "CVE-2026-99101";

/** `acme/shop` may move, nobody else. */
function policies(): Policies {
  const { otherwise } = DEFAULT_POLICIES;
  const mover = { ...otherwise, name: "movers", repositories: [/^acme\/shop$/] };
  return { rules: [{ ...mover, pulls: { ...otherwise.pulls, tags: "patch" } }], otherwise };
}

async function tick(bench: Bench): Promise<void> {
  for (let round = 0; round < 4; round += 1) {
    await bench.drain();
    await bench.context.enqueue(SCHEDULE, {});
    await bench.drain();
  }
}

interface Scene extends Bench {
  readonly first: Digest;
  readonly next: Digest;
}

/** Two code repositories pin one digest; a newer tag fixes what it has, and its own tag does not. */
async function fixedElsewhere(): Promise<Scene> {
  const bench = createBench({
    store: createWrittenStore(),
    policies: policies(),
    advisories: advisoriesOf(),
  });
  const first = release(bench, { name: "1.2.4", purls: [purl("expat", "2.7.1-r0")] });
  bench.registry.point(LINE, first);
  for (const code of [SHOP, STAYS]) {
    bench.codeHost.create(code, { [PATH]: dockerfile([LINE, first]) });
    await bench.context.enqueue(DISCOVER, { codeRepository: code });
  }
  await tick(bench);
  const next = release(bench, { name: "1.2.5", purls: [purl("expat", "2.7.3-r0")] });
  bench.registry.point(NEWER, next);
  bench.clock.advance(HOUR_MS);
  await bench.context.enqueue(POLL, { repository: BASE });
  await tick(bench);
  return Object.assign(bench, { first, next });
}

function timerOf(
  { store, context, clock }: Bench,
  codeRepository: CodeRepository,
  line: ImageLine = LINE,
): Promise<Timer | undefined> {
  const { profiles } = context.settings;
  return timerIn(store, { codeRepository, baseBranch: "main", line }, { profiles, now: clock.at });
}

const idsOf = (timer: Timer | undefined): readonly string[] =>
  timer?.state === "open" ? timer.obligations.map(({ id }) => id) : [];

/** What the base branch has now is scanned. */
async function scanned(bench: Bench, text: string): Promise<void> {
  bench.codeHost.push(SHOP, "main", { [PATH]: text });
  bench.clock.advance(10 * MINUTE_MS);
  await bench.context.enqueue(DISCOVER, { codeRepository: SHOP });
  await tick(bench);
}

describe("a newer tag that fixes something", () => {
  test("starts the clock of who may move there", async () => {
    const bench = await fixedElsewhere();
    expect(idsOf(await timerOf(bench, SHOP))).toContain(CVE);
    expect(onlyPull(bench).body).toContain(CVE);
  });

  test("starts none of who keeps to the tag: there is nothing to merge", async () => {
    const bench = await fixedElsewhere();
    expect(idsOf(await timerOf(bench, STAYS))).toEqual([]);
    expect(bench.codeHost.pulls(STAYS)).toEqual([]);
    bench.clock.advance(100 * DAY_MS);
    await tick(bench);
    expect(idsOf(await timerOf(bench, STAYS))).toEqual([]);
  });

  test("was never seen under the old tag: the vendor's clock of that one runs on", async () => {
    const { store, next, clock } = await fixedElsewhere();
    const entry = lineFrom(await store.lineFacts(LINE), clock.at).digests.get(next);
    expect(entry).toMatchObject({ digest: next });
    expect(entry?.observedAt).toBeUndefined();
  });
});

describe("the clocks of the old tag end", () => {
  test("met, at the moment of the merge, however late that is noticed", async () => {
    const bench = await fixedElsewhere();
    const { number } = onlyPull(bench);
    const mergedAt = bench.clock.at;
    bench.codeHost.mergeByHand(SHOP, number, mergedAt);
    bench.clock.advance(60 * DAY_MS);
    await tick(bench);
    expect(await timerOf(bench, SHOP)).toMatchObject({ state: "met", closedAt: mergedAt });
    expect((await bench.store.proposal(KEY))?.state).toBe("merged");
    expect(idsOf(await timerOf(bench, SHOP, NEWER))).toEqual([]);
  });

  test("late, where it was merged after the deadline", async () => {
    const bench = await fixedElsewhere();
    bench.clock.advance(60 * DAY_MS);
    bench.codeHost.mergeByHand(SHOP, onlyPull(bench).number, bench.clock.at);
    await tick(bench);
    expect((await timerOf(bench, SHOP))?.state).toBe("late");
  });

  test("met, where a person moved there by hand", async () => {
    const bench = await fixedElsewhere();
    await scanned(bench, dockerfile([NEWER, bench.next]));
    expect((await timerOf(bench, SHOP))?.state).toBe("met");
  });

  test.each([
    { title: "another stream", line: lineOf("1.2.5-glibc") },
    { title: "the newer tag at a digest that nobody judged", line: NEWER },
  ])("cancelled and not met, where a person moved to $title", async ({ line }) => {
    const bench = await fixedElsewhere();
    await scanned(bench, dockerfile([line, digest("0b5c")]));
    expect((await timerOf(bench, SHOP))?.state).toBe("cancelled");
  });

  test("not at all, while one of two places is where it was", async () => {
    const bench = await fixedElsewhere();
    await scanned(bench, dockerfile([LINE, bench.first], [LINE, bench.first]));
    await scanned(bench, dockerfile([NEWER, bench.next], [LINE, bench.first]));
    expect(idsOf(await timerOf(bench, SHOP))).toContain(CVE);
  });
});
