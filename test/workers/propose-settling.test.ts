import { describe, expect, test } from "vitest";
import type { Assessment } from "../../src/assess/assessment.ts";
import type { Digest } from "../../src/image/digest.ts";
import type { ImageLine } from "../../src/image/reference.ts";
import type { Store } from "../../src/ports/store.ts";
import { DISCOVER, SCHEDULE, VERIFY } from "../../src/queues.ts";
import { plannedUpdates } from "../../src/steps/update-draft.ts";
import { waitingProposals } from "../../src/steps/waits-for-others.ts";
import { DAY_MS, HOUR_MS, later, MINUTE_MS, SECOND_MS } from "../../src/time.ts";
import type { Verdict } from "../../src/trust/verdict.ts";
import { discover } from "../../workers/discover.ts";
import { poll } from "../../workers/poll.ts";
import { propose } from "../../workers/propose.ts";
import { schedule } from "../../workers/schedule.ts";
import { verify } from "../../workers/verify.ts";
import { saveLook } from "../fakes/look.ts";
import {
  BASE,
  type Bench,
  createBench,
  digest,
  dockerfile,
  GLIBC,
  imageDocument,
  indexDocument,
  KEY,
  lineOf,
  MUSL,
  NOW,
  release,
  seen,
  SHOP,
} from "./bench.ts";
import { judged } from "./facts.ts";
import {
  CONTENT,
  FIXES,
  NEXT,
  OLD,
  onlyPull,
  PATH,
  proposalOf,
  proposedText,
  ready,
  THIRD,
  writesOf,
} from "./propose-bench.ts";

const OTHER = digest("02d");
const DUE = { kind: "propose", proposal: KEY } as const;
const PINS = [
  [MUSL, OLD],
  [GLIBC, OTHER],
] as const;

/** A code repository with these pins, read a while ago. */
async function scanned(pins: readonly (readonly [line: ImageLine, digest: Digest])[] = PINS): Promise<Bench> {
  const bench = createBench();
  bench.codeHost.create(SHOP, { [PATH]: dockerfile(...pins) });
  await bench.run(discover, { codeRepository: SHOP });
  for (const [line, pinned] of pins) await seen(bench, line, [pinned], later(NOW, -DAY_MS));
  bench.take();
  return bench;
}

/** A tag moved this very moment, and nothing is known of the digest yet. */
async function moves({ store, clock, registry }: Bench, line: ImageLine, to: Digest): Promise<void> {
  const { history } = await store.watch(line);
  const seenNow = { digest: to, firstSeenAt: clock.at, lastSeenAt: clock.at };
  await saveLook(store, line, { kind: "answered", history: [...history, seenNow], at: clock.at });
  registry.point(line, to);
}

/** Both moved; one of them is ready, the other has everything before it. */
async function half(assessment: Assessment = CONTENT): Promise<Bench> {
  const bench = await scanned();
  await moves(bench, GLIBC, THIRD);
  await ready(bench, MUSL, OLD, NEXT, assessment);
  return bench;
}

async function refused(bench: Bench, kind: Exclude<Verdict["kind"], "verified">): Promise<void> {
  const detail = { results: [], skipped: [] };
  const verdicts = {
    rejected: { kind: "rejected", reason: "signature-key-unknown", detail: "", ...detail },
    "awaiting-evidence": { kind: "awaiting-evidence", missing: "signature", ...detail },
    unverifiable: { kind: "unverifiable", reason: "" },
  } as const satisfies Record<typeof kind, Verdict>;
  await judged(bench, THIRD, { verdict: verdicts[kind] });
}

/** What is due by now, and only that. */
async function dueRuns(bench: Bench): Promise<void> {
  bench.take();
  await bench.run(schedule, {});
  for (const job of bench.take()) if (job.queue === "propose") await bench.run(propose, KEY);
}

const pulls = ({ codeHost }: Bench) => codeHost.pulls(SHOP).length;
const proposedTo = async (bench: Bench) => (await proposalOf(bench))?.updates.map(({ to }) => to) ?? [];

describe("an update of a group of which another tag moved a moment ago", () => {
  test("waits without a question to the code host, and is due again a minute after", async () => {
    const bench = await half();
    const asked = bench.codeHost.asked.length;
    await bench.run(propose, KEY);
    expect(bench.codeHost.asked).toHaveLength(asked);
    expect(bench.store.dueAt(DUE)).toBe(later(NOW, MINUTE_MS));
    expect(await bench.told()).toEqual([]);
  });

  test("is one pull request, written once, with the other when that is compared", async () => {
    const bench = await half();
    await bench.run(propose, KEY);
    bench.clock.advance(20 * SECOND_MS);
    await judged(bench, THIRD);
    await bench.run(propose, KEY);
    expect(pulls(bench)).toBe(0);
    await bench.store.saveAssessment(BASE, OTHER, THIRD, { ...CONTENT, assessedAt: bench.clock.at });
    await bench.run(propose, KEY);
    expect(await proposedTo(bench)).toEqual([THIRD, NEXT]);
    expect(onlyPull(bench).number).toBe(1);
    expect(await bench.told()).toEqual(["proposed acme/shop#1"]);
  });

  test("comes alone after a minute where the other is never done, by itself", async () => {
    const bench = await half();
    await bench.run(propose, KEY);
    bench.clock.advance(MINUTE_MS - 1);
    await dueRuns(bench);
    expect(pulls(bench)).toBe(0);
    bench.clock.advance(1);
    await dueRuns(bench);
    expect(await proposedTo(bench)).toEqual([NEXT]);
    expect(bench.store.dueAt(DUE)).toBe(later(NOW, 6 * MINUTE_MS));
  });

  test.each(["rejected", "unverifiable", "awaiting-evidence"] as const)(
    "waits for nothing once that is known to be %s",
    async (kind) => {
      const bench = await half();
      await bench.run(propose, KEY);
      await refused(bench, kind);
      await bench.run(propose, KEY);
      expect(await proposedTo(bench)).toEqual([NEXT]);
    },
  );

  test("does not wait where it fixes something grave", async () => {
    const bench = await half(FIXES);
    await bench.run(propose, KEY);
    expect(await proposedTo(bench)).toEqual([NEXT]);
  });

  test("waits no longer than a minute from its assessment, whatever moves", async () => {
    const bench = await scanned([...PINS, [lineOf("slim"), OTHER]]);
    await ready(bench, MUSL, OLD, NEXT, CONTENT);
    let ranCount = 0;
    for (const start of ["a", "b", "c", "d", "e"]) {
      await moves(bench, GLIBC, digest(start));
      bench.clock.advance(SECOND_MS);
      if (start === "c") await moves(bench, lineOf("slim"), digest("f"));
      await bench.run(propose, KEY);
      ranCount += pulls(bench) === 0 ? 1 : 0;
      bench.clock.advance(29 * SECOND_MS);
    }
    expect(ranCount).toBe(1);
    expect(await proposedTo(bench)).toEqual([NEXT]);
  });

  test("is not lost where nothing of it moved in the end", async () => {
    const bench = await half();
    await bench.run(propose, KEY);
    await seen(bench, GLIBC, [OTHER], bench.clock.at);
    bench.clock.advance(MINUTE_MS);
    await dueRuns(bench);
    expect(await proposedTo(bench)).toEqual([NEXT]);
  });

  test("is taken by a pass that waits for nothing, after the other was refused", async () => {
    const bench = await half();
    await bench.run(propose, KEY);
    await bench.store.schedule({ kind: "sla" }, later(NOW, 2 * MINUTE_MS), "set");
    await refused(bench, "rejected");
    expect(await waitingProposals(bench.context)).toEqual([KEY]);
    expect(await waitingProposals(bench.context)).toEqual([]);
    expect(bench.store.dueAt({ kind: "sla" })).toBe(later(NOW, 2 * MINUTE_MS));
    await bench.run(propose, KEY);
    expect(await proposedTo(bench)).toEqual([NEXT]);
  });

  test("is due no more once nothing of its group is pinned", async () => {
    const bench = await half();
    await bench.run(propose, KEY);
    bench.codeHost.push(SHOP, "main", { [PATH]: "FROM scratch\n" });
    await bench.run(discover, { codeRepository: SHOP });
    bench.clock.advance(MINUTE_MS);
    await dueRuns(bench);
    expect(bench.store.dueAt(DUE)).toBeUndefined();
    expect(pulls(bench)).toBe(0);
  });

  test("follows a platform no sooner than its index is judged, and its own manifest", async () => {
    const bench = createBench();
    const [from, to] = ["1", "2"].map((name) => platformIndex(bench, name));
    if (from === undefined || to === undefined) throw new Error("two were pushed");
    bench.codeHost.create(SHOP, { [PATH]: dockerfile([MUSL, OLD], [GLIBC, from.child]) });
    await bench.run(discover, { codeRepository: SHOP });
    await ready(bench, MUSL, OLD, NEXT, CONTENT);
    await judged(bench, from.child, { shape: { kind: "image", platform: "linux/amd64" } });
    await moves(bench, GLIBC, to.index);
    const waits = async (): Promise<boolean> => {
      await bench.run(propose, KEY);
      return pulls(bench) === 0;
    };
    expect(await waits()).toBe(true);
    const shape = { kind: "index", children: [{ digest: to.child, platform: "linux/amd64" }] } as const;
    await judged(bench, to.index, { shape });
    expect(await waits()).toBe(true);
    await judged(bench, to.child, { shape: { kind: "image", platform: "linux/amd64" } });
    expect(await waits()).toBe(true);
    await bench.store.saveAssessment(BASE, from.child, to.child, CONTENT);
    expect(await waits()).toBe(false);
    expect(await proposedTo(bench)).toEqual([to.child, NEXT]);
  });
});

function platformIndex(bench: Bench, name: string): { readonly index: Digest; readonly child: Digest } {
  const child = bench.registry.push(BASE, imageDocument(name));
  const index = bench.registry.push(BASE, indexDocument([{ digest: child, platform: "linux/amd64" }]));
  return { index, child };
}

/** A pull request that proposes the first; ten minutes later both move, and the first is ready. */
async function openAndMoved(assessment = CONTENT): Promise<Bench> {
  const bench = await scanned();
  await ready(bench, MUSL, OLD, NEXT, CONTENT);
  await bench.run(propose, KEY);
  bench.clock.advance(10 * MINUTE_MS);
  bench.codeHost.answers.writtenAt = bench.clock.at;
  // To one digest: that is verified, and compared with what one of the two pins.
  await moves(bench, GLIBC, THIRD);
  await ready(bench, MUSL, OLD, THIRD, assessment);
  bench.codeHost.roles.set("alex", "write");
  return bench;
}
const isRewritten = (bench: Bench): boolean => proposedText(bench)?.includes(THIRD) === true;
const wish = ({ store, clock }: Bench) =>
  store.noteDelivery({ id: "1", at: clock.at, looks: [], wishes: [KEY] });

describe("an open pull request", () => {
  test("is rewritten once for all that moved", async () => {
    const bench = await openAndMoved();
    const writes = writesOf(bench).length;
    await bench.run(propose, KEY);
    expect(writesOf(bench)).toHaveLength(writes);
    await bench.store.saveAssessment(BASE, OTHER, THIRD, { ...CONTENT, assessedAt: bench.clock.at });
    await bench.run(propose, KEY);
    expect(proposedText(bench)).toBe(dockerfile([MUSL, THIRD], [GLIBC, THIRD]));
    expect(await bench.told()).toEqual(["proposed acme/shop#1", "refreshed acme/shop#1"]);
  });

  test("that waits is due sooner than its next look, and never later", async () => {
    const bench = await openAndMoved();
    await bench.store.schedule(DUE, later(bench.clock.at, 5 * MINUTE_MS), "set");
    await bench.run(propose, KEY);
    expect(bench.store.dueAt(DUE)).toBe(later(bench.clock.at, MINUTE_MS));
    await bench.store.schedule(DUE, later(bench.clock.at, SECOND_MS), "set");
    await bench.run(propose, KEY);
    expect(bench.store.dueAt(DUE)).toBe(later(bench.clock.at, SECOND_MS));
  });

  test("waits with nothing that is not new: another word in it is written at once", async () => {
    const bench = await scanned();
    await ready(bench, MUSL, OLD, NEXT, CONTENT);
    await bench.run(propose, KEY);
    bench.clock.advance(MINUTE_MS);
    await moves(bench, GLIBC, THIRD);
    const reassessed = { ...CONTENT, class: "rebuild", assessedAt: bench.clock.at } as const;
    await bench.store.saveAssessment(BASE, OLD, NEXT, reassessed);
    await bench.run(propose, KEY);
    expect(await bench.told()).toContain("refreshed acme/shop#1");
  });

  test("does not wait with what fixes something grave", async () => {
    const bench = await openAndMoved(FIXES);
    await bench.run(propose, KEY);
    expect(isRewritten(bench)).toBe(true);
  });

  test("does not wait where somebody did something there", async () => {
    const bench = await openAndMoved();
    await wish(bench);
    await bench.run(propose, KEY);
    expect(isRewritten(bench)).toBe(true);
  });

  test.each(["rebase", "recreate"])("does not wait with an order: %s", async (order) => {
    const bench = await openAndMoved();
    bench.codeHost.say(SHOP, 1, { author: "alex", body: `/hullkeeper ${order}`, createdAt: bench.clock.at });
    await wish(bench);
    await bench.run(propose, KEY);
    await bench.run(propose, KEY);
    const newest = bench.codeHost.pulls(SHOP).at(-1);
    expect(newest).toMatchObject({ state: "open", number: order === "rebase" ? 1 : 2 });
    expect(isRewritten(bench)).toBe(true);
  });

  test("does not wait with a warning about what it proposes", async () => {
    const bench = await scanned();
    await ready(bench, MUSL, OLD, NEXT, CONTENT);
    await ready(bench, GLIBC, OTHER, NEXT, CONTENT);
    await bench.run(propose, KEY);
    bench.clock.advance(10 * MINUTE_MS);
    await judged(bench, NEXT, {
      verdict: { kind: "rejected", reason: "digest-distrusted", detail: "", results: [], skipped: [] },
    });
    await ready(bench, MUSL, OLD, THIRD, CONTENT);
    await moves(bench, GLIBC, digest("5"));
    await bench.run(propose, KEY);
    expect(await proposedTo(bench)).toEqual([THIRD]);
  });
});

test("each base branch waits by itself", async () => {
  const bench = createBench({ baseBranches: ["$default", "release/*"] });
  bench.codeHost.create(SHOP, { [PATH]: dockerfile(...PINS) });
  bench.codeHost.push(SHOP, "release/1", { [PATH]: dockerfile([MUSL, OLD]) });
  await bench.run(discover, { codeRepository: SHOP });
  await moves(bench, GLIBC, THIRD);
  await ready(bench, MUSL, OLD, NEXT, CONTENT);
  for (const baseBranch of ["main", "release/1"]) await bench.run(propose, { ...KEY, baseBranch });
  expect(bench.codeHost.pulls(SHOP).map(({ baseBranch }) => baseBranch)).toEqual(["release/1"]);
  expect(bench.store.dueAt(DUE)).toBe(later(NOW, MINUTE_MS));
});

test("where everything is compared nothing is read to find that out", async () => {
  const bench = await scanned();
  await ready(bench, MUSL, OLD, NEXT, CONTENT);
  await ready(bench, GLIBC, OTHER, THIRD, CONTENT);
  let readCount = 0;
  const counted = async <Answer>(answer: Promise<Answer>): Promise<Answer> => {
    readCount += 1;
    return answer;
  };
  const { store: asked } = bench;
  const counting: Store = {
    ...asked,
    watch: (line) => counted(asked.watch(line)),
    verdict: (image) => counted(asked.verdict(image)),
    assessment: (...pair) => counted(asked.assessment(...pair)),
  };
  const { planned } = await plannedUpdates(
    { key: KEY, current: undefined },
    { ...bench.context, store: counting },
  );
  expect(readCount).toBeGreaterThan(5);
  readCount = 0;
  expect(await planned?.settlesAt?.()).toBeUndefined();
  expect(readCount).toBe(0);
});

test("all workers together: what is published together is written together", async () => {
  const bench = createBench();
  const [first, second, third] = ["1", "2", "3"].map((name) => release(bench, { name }));
  if (first === undefined || second === undefined || third === undefined) throw new Error("not three");
  for (const line of [MUSL, GLIBC]) bench.registry.point(line, first);
  bench.codeHost.create(SHOP, { [PATH]: dockerfile([MUSL, first], [GLIBC, first]) });
  await bench.context.enqueue(DISCOVER, { codeRepository: SHOP });
  await bench.context.enqueue(SCHEDULE, {});
  await bench.drain();
  bench.clock.advance(HOUR_MS);
  bench.registry.point(MUSL, second);
  bench.registry.point(GLIBC, third);
  await bench.run(poll, { repository: BASE });
  // Not in the order in which they wait: of one of them everything is done before the other is begun.
  const [one, other] = bench.take().filter(({ queue }) => queue === VERIFY.name);
  await bench.run(verify, VERIFY.schema.parse(one?.job));
  await bench.drain();
  expect(pulls(bench)).toBe(0);
  await bench.run(verify, VERIFY.schema.parse(other?.job));
  await bench.drain();
  expect(proposedText(bench)).toBe(dockerfile([MUSL, second], [GLIBC, third]));
  expect((await bench.told()).filter((text) => /^(proposed|refreshed) /.test(text))).toEqual([
    "proposed acme/shop#1",
  ]);
});
