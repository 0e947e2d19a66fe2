import { describe, expect, test } from "vitest";
import type { Digest } from "../../src/image/digest.ts";
import type { ApprovalRecord } from "../../src/ports/operators.ts";
import { ASSESS, POLL, PROPOSE } from "../../src/queues.ts";
import { DAY_MS, type Instant, later, MINUTE_MS } from "../../src/time.ts";
import { assess } from "../../workers/assess.ts";
import { discover } from "../../workers/discover.ts";
import { poll } from "../../workers/poll.ts";
import { propose } from "../../workers/propose.ts";
import { sla } from "../../workers/sla.ts";
import {
  BASE,
  type Bench,
  createBench,
  digest,
  dockerfile,
  GLIBC,
  KEY,
  MUSL,
  NOW,
  pin,
  queued,
  seen,
  SHOP,
  timerNow,
} from "./bench.ts";
import { judged, VERIFIED } from "./facts.ts";
import { BRANCH, FIXES, onlyPull, PATH, proposalOf, proposedText, ready, writesOf } from "./propose-bench.ts";
import { createWrittenStore } from "./stored.ts";

const OLD = digest("01d");
const HAD = digest("4ad");
const BACK = digest("bac");
const day = (count: number): Instant => later(NOW, (count - 30) * DAY_MS);

/** Verified, and signed at this time, by a clock that is trusted. */
const signed = (bench: Bench, image: Digest, trustedAt: Instant): Promise<void> =>
  judged(bench, image, { verdict: { ...VERIFIED, trustedAt } });

const approval = (more: Partial<ApprovalRecord> = {}): ApprovalRecord => ({
  line: MUSL,
  digest: BACK,
  by: "Alice <!-- @team",
  reason: "2.0 breaks *us*, see #7",
  at: NOW,
  ...more,
});

/** The code repository pins a digest; the tag went on, and then to one that it never had, signed before. */
async function steppedBack(): Promise<Bench> {
  const bench = createBench({ store: createWrittenStore() });
  bench.codeHost.create(SHOP, { [PATH]: dockerfile([MUSL, OLD]) });
  await bench.run(discover, { codeRepository: SHOP });
  await seen(bench, MUSL, [OLD, HAD, BACK]);
  bench.registry.point(MUSL, BACK);
  await signed(bench, OLD, day(1));
  await signed(bench, HAD, day(9));
  await signed(bench, BACK, day(4));
  bench.take();
  await bench.run(assess, { repository: BASE, from: OLD, to: BACK });
  return bench;
}

describe("a tag that moved to a digest that was signed before the one it had", () => {
  test("is a step backwards: told once, and not proposed", async () => {
    const bench = await steppedBack();
    expect(await bench.store.assessment(BASE, OLD, BACK)).toMatchObject({
      class: "moved-backwards",
      stepBack: "signed 5 d before 4ad000000000, which the tag had",
    });
    await bench.run(assess, { repository: BASE, from: OLD, to: BACK });
    expect(await bench.messages("tag-moved-backwards")).toEqual([
      "stands at bac0000, signed 5 d before 4ad000000000, which the tag had; this is not proposed",
    ]);
    await bench.run(propose, KEY);
    expect(bench.codeHost.pulls(SHOP)).toEqual([]);
  });

  test("is none when the one it had is not verified: what nobody proved proves no time", async () => {
    const bench = await steppedBack();
    await judged(bench, HAD, { verdict: { kind: "unverifiable", reason: "gone" } });
    await bench.run(assess, { repository: BASE, from: OLD, to: BACK });
    expect((await bench.store.assessment(BASE, OLD, BACK))?.class).not.toBe("moved-backwards");
  });

  test("keeps what an open pull request proposes", async () => {
    const bench = createBench();
    bench.codeHost.create(SHOP, { [PATH]: dockerfile([MUSL, OLD]) });
    await bench.run(discover, { codeRepository: SHOP });
    await ready(bench, MUSL, OLD, HAD);
    await signed(bench, HAD, day(9));
    await bench.run(propose, KEY);
    await ready(bench, MUSL, OLD, BACK);
    await signed(bench, BACK, day(4));
    await bench.run(assess, { repository: BASE, from: OLD, to: BACK });
    const writes = writesOf(bench).length;
    await bench.run(propose, KEY);
    expect(proposedText(bench)).toBe(dockerfile([MUSL, HAD]));
    expect(writesOf(bench)).toHaveLength(writes);
  });

  test("ends no clock where code pins that old digest: nothing was merged", async () => {
    const bench = createBench();
    await pin(bench, [[MUSL, BACK]]);
    await seen(bench, MUSL, [HAD]);
    await judged(bench, HAD, { verdict: { ...VERIFIED, trustedAt: day(9) } });
    await bench.store.saveAssessment(BASE, BACK, HAD, FIXES);
    bench.codeHost.create(SHOP, { [PATH]: dockerfile([MUSL, BACK]) });
    bench.registry.point(MUSL, HAD);
    await bench.run(propose, KEY);
    await seen(bench, MUSL, [HAD, BACK]);
    await signed(bench, BACK, day(4));
    await bench.run(sla, {});
    expect(await timerNow(bench)).toMatchObject({ state: "open" });
    // Nor without a trusted time: what is pinned has the vulnerability all the same.
    await judged(bench, BACK);
    await bench.run(sla, {});
    expect(await timerNow(bench)).toMatchObject({ state: "open" });
  });
});

describe("what is pinned was signed after where the tag is", () => {
  test("a step backwards for who pins it, and none for who pins an older one", async () => {
    const bench = createBench();
    const AHEAD = digest("a4ead");
    await pin(bench, [
      [MUSL, AHEAD],
      [MUSL, OLD],
    ]);
    await seen(bench, MUSL, [HAD]);
    await signed(bench, OLD, day(1));
    await signed(bench, HAD, day(4));
    await signed(bench, AHEAD, day(9));
    for (const from of [AHEAD, OLD]) await bench.run(assess, { repository: BASE, from, to: HAD });
    expect(await bench.store.assessment(BASE, AHEAD, HAD)).toMatchObject({
      class: "moved-backwards",
      stepBack: "signed 5 d before a4ead0000000, which is pinned",
    });
    expect((await bench.store.assessment(BASE, OLD, HAD))?.class).not.toBe("moved-backwards");
    expect(await bench.messages("tag-moved-backwards")).toHaveLength(1);
  });
});

describe("an approved step backwards", () => {
  test("is proposed, and says first that it is one, by whom and why", async () => {
    const bench = await steppedBack();
    await bench.store.approve(approval());
    await bench.run(propose, KEY);
    expect(proposedText(bench)).toBe(dockerfile([MUSL, BACK]));
    const { body, title, labels } = onlyPull(bench);
    const [first = ""] = body.split("\n");
    expect(first).toMatch(/^> ⚠ \*\*A step backwards\*\*, approved by Alice &#x3c;!-- @​team on .* UTC/);
    expect(first).toContain("2.0 breaks &#x2a;us&#x2a;, see #​7");
    expect(first).toContain("signed 5 d before 4ad000000000, which the tag had");
    expect(title).toContain("a step backwards");
    expect(labels).toContain("hullkeeper:step-back");
    const head = bench.codeHost.headOf(SHOP, BRANCH);
    expect(head?.message).toContain("A step backwards, approved by Alice");
    expect(await proposalOf(bench)).toMatchObject({ updates: [{ to: BACK, isApproved: true }] });
  });

  test("run again changes nothing", async () => {
    const bench = await steppedBack();
    await bench.store.approve(approval());
    await bench.run(propose, KEY);
    const [pull, writes] = [onlyPull(bench), writesOf(bench).length];
    bench.clock.advance(10 * MINUTE_MS);
    await bench.run(propose, KEY);
    expect([onlyPull(bench), writesOf(bench).length]).toEqual([pull, writes]);
  });

  test.each<{ title: string; more: Partial<ApprovalRecord> }>([
    { title: "another tag", more: { line: GLIBC } },
    { title: "another digest", more: { digest: HAD } },
  ])("of $title approves nothing here", async ({ more }) => {
    const bench = await steppedBack();
    await bench.store.approve(approval(more));
    await bench.run(propose, KEY);
    expect(bench.codeHost.pulls(SHOP)).toEqual([]);
  });

  test("is still not proposed unless it is verified, assessed, not declined and where the tag is", async () => {
    const bench = await steppedBack();
    await bench.store.approve(approval());
    await judged(bench, BACK, {
      verdict: { kind: "awaiting-evidence", missing: "signature", results: [], skipped: [] },
    });
    await bench.run(propose, KEY);
    expect(bench.codeHost.pulls(SHOP)).toEqual([]);
    await signed(bench, BACK, day(4));
    await bench.store.decline(KEY, [{ digest: BACK }], bench.clock.at);
    await bench.run(propose, KEY);
    expect(bench.codeHost.pulls(SHOP)).toEqual([]);

    const moved = await steppedBack();
    await moved.store.approve(approval());
    moved.registry.point(MUSL, HAD);
    await moved.run(propose, KEY);
    expect(moved.codeHost.pulls(SHOP)).toEqual([]);
    expect(moved.take()).toContainEqual(queued(POLL, { repository: BASE }));
  });

  test("whose approval is withdrawn is flagged, and clear again when it is approved again", async () => {
    const bench = await steppedBack();
    await bench.store.approve(approval());
    await bench.run(propose, KEY);
    const before = onlyPull(bench);
    await bench.store.withdrawApproval(MUSL, BACK);
    await bench.run(propose, KEY);
    expect(onlyPull(bench).body).toContain("the approval of this step backwards was withdrawn");
    const check = bench.codeHost
      .statuses(before.headCommit)
      .map(({ context, state }) => `${context} ${state}`);
    expect(check).toContain("hullkeeper/verification failure");
    await bench.store.approve(approval());
    await bench.run(propose, KEY);
    expect(onlyPull(bench)).toEqual(before);
  });

  test("to a digest that the tag had left, as well", async () => {
    const bench = createBench();
    bench.codeHost.create(SHOP, { [PATH]: dockerfile([MUSL, HAD]) });
    await bench.run(discover, { codeRepository: SHOP });
    await seen(bench, MUSL, [OLD, HAD, OLD]);
    bench.registry.point(MUSL, OLD);
    await judged(bench, OLD);
    await judged(bench, HAD);
    await bench.run(assess, { repository: BASE, from: HAD, to: OLD });
    expect(await bench.messages("tag-moved-backwards")).toEqual([]);
    await bench.run(propose, KEY);
    expect(bench.codeHost.pulls(SHOP)).toEqual([]);
    await bench.store.approve(approval({ digest: OLD }));
    await bench.run(propose, KEY);
    expect(proposedText(bench)).toBe(dockerfile([MUSL, OLD]));
    expect(onlyPull(bench).body).toContain("a digest it had left before");
  });

  test("is found by the next poll", async () => {
    const bench = await steppedBack();
    await bench.store.approve(approval());
    bench.take();
    await bench.run(poll, { repository: BASE });
    await bench.drain();
    expect(proposedText(bench)).toBe(dockerfile([MUSL, BACK]));
    expect(bench.jobs.filter(({ queue }) => queue === ASSESS.name || queue === PROPOSE.name)).toEqual([]);
  });
});
