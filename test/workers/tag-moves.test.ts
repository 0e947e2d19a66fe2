import { describe, expect, test } from "vitest";
import { CodedError } from "../../src/errors.ts";
import type { Digest } from "../../src/image/digest.ts";
import { type ImageLine, renderLine } from "../../src/image/reference.ts";
import { DISCOVER, POLL, SCHEDULE } from "../../src/queues.ts";
import { HOUR_MS, MINUTE_MS } from "../../src/time.ts";
import { DEFAULT_POLICIES, type Policies } from "../../src/vendor/policies.ts";
import { DEFAULT_PULL_RULES, type TagMoves } from "../../src/vendor/pull-rules.ts";
import { propose } from "../../workers/propose.ts";
import {
  BASE,
  type Bench,
  createBench,
  dockerfile,
  KEY,
  lineOf,
  profileOf,
  purl,
  release,
  SHOP,
  timerNow,
  SHOP_MAIN,
} from "./bench.ts";
import { advisoriesOf } from "./facts.ts";
import { BRANCH, onlyPull, PATH } from "./propose-bench.ts";
import { createWrittenStore } from "./stored.ts";

/** All workers together, in a code repository whose policy lets tags move. */

const LINE = lineOf("1.2.4-musl");
const NEWER = lineOf("1.2.5-musl");
const VULNERABLE = [purl("expat", "2.7.1-r0")];
const FIXED = [purl("expat", "2.7.3-r0")];

function policies(tags: TagMoves, group = DEFAULT_PULL_RULES.group): Policies {
  const { otherwise } = DEFAULT_POLICIES;
  const atOnce = { ...otherwise.propose, content: "now", rebuild: "now" } as const;
  return {
    rules: [],
    otherwise: { ...otherwise, propose: atOnce, pulls: { ...DEFAULT_PULL_RULES, tags, group } },
  };
}

/** What is due now, and all that follows from it. */
async function tick(bench: Bench): Promise<void> {
  for (let round = 0; round < 4; round += 1) {
    await bench.drain();
    await bench.context.enqueue(SCHEDULE, {});
    await bench.drain();
  }
}

async function polled(bench: Bench): Promise<void> {
  await bench.context.enqueue(POLL, { repository: BASE });
  await tick(bench);
}

interface Scene {
  readonly tags?: TagMoves;
  readonly text?: (first: Digest) => string;
  readonly change?: Parameters<typeof createBench>[0];
}

/** A code repository that pins the first release under its tag, scanned and polled. */
async function settled({
  tags = "patch",
  text = (first) => dockerfile([LINE, first]),
  change = {},
}: Scene = {}): Promise<Bench & { readonly first: Digest }> {
  const bench = createBench({ store: createWrittenStore(), policies: policies(tags), ...change });
  const first = release(bench, { name: "1.2.4", purls: VULNERABLE });
  bench.registry.point(LINE, first);
  bench.codeHost.create(SHOP, { [PATH]: text(first) });
  await bench.context.enqueue(DISCOVER, { codeRepository: SHOP });
  await tick(bench);
  return Object.assign(bench, { first });
}

/** A vendor publishes a newer version under a tag of its own, and the registry is asked an hour later. */
async function published(
  bench: Bench,
  {
    line = NEWER,
    purls = FIXED,
    ...what
  }: Partial<Parameters<typeof release>[1]> & { readonly line?: ImageLine } = {},
): Promise<Digest> {
  const pushed = release(bench, { name: line.tag, purls, ...what });
  bench.registry.point(line, pushed);
  bench.clock.advance(HOUR_MS);
  await polled(bench);
  return pushed;
}

const listsOf = ({ registry }: Bench): number =>
  registry.asked.filter((question) => question.startsWith("tags ")).length;

describe("a newer version is published under a tag of its own", () => {
  test("one pull request that moves tag and digest, and says so", async () => {
    const bench = await settled();
    const next = await published(bench);
    expect(bench.codeHost.read(SHOP, BRANCH)[PATH]).toBe(dockerfile([NEWER, next]));
    const { title, body, labels } = onlyPull(bench);
    expect(title).toMatch(/^hardened-base: 1\.2\.4-musl → 1\.2\.5-musl at [0-9a-f]{7}, /);
    expect(body).toContain("**A newer version**: `1.2.4-musl` → `1.2.5-musl`.");
    expect(labels).toContain("hullkeeper:tag-move");
    expect(await bench.store.proposal(KEY)).toMatchObject({
      updates: [{ line: LINE, from: bench.first, to: next, toTag: NEWER.tag }],
    });
  });

  test("is nothing to who keeps to the tag, and no list is asked for", async () => {
    const bench = await settled({ tags: "same" });
    await published(bench);
    expect(bench.codeHost.pulls(SHOP)).toEqual([]);
    expect(listsOf(bench)).toBe(0);
    expect((await bench.store.watches()).map(({ line }) => renderLine(line))).toEqual([renderLine(LINE)]);
  });

  test.each([
    { title: "another libc", tag: "1.2.5-glibc" },
    { title: "another user", tag: "1.2.5-musl-nonroot" },
    { title: "a build image", tag: "1.2.5-musl-dev" },
    { title: "a distribution", tag: "1.2.5-debian13-musl" },
    { title: "a word that nobody knows", tag: "1.2.5-musl-jemalloc" },
    { title: "a prerelease", tag: "1.2.5-rc1-musl" },
    { title: "less exact", tag: "1.3-musl" },
    { title: "beyond the scope", tag: "1.3.0-musl" },
    { title: "older", tag: "1.2.3-musl" },
  ])("$title is never gone to", async ({ tag }) => {
    const bench = await settled();
    await published(bench, { line: lineOf(tag) });
    expect(bench.codeHost.pulls(SHOP)).toEqual([]);
  });

  test("and is not signed: what its own tag has stays what is proposed", async () => {
    const bench = await settled();
    await published(bench, { signed: "no" });
    expect(bench.codeHost.pulls(SHOP)).toEqual([]);
    const own = await published(bench, { line: LINE, name: "1.2.4 again" });
    expect(bench.codeHost.read(SHOP, BRANCH)[PATH]).toBe(dockerfile([LINE, own]));
    expect(onlyPull(bench).labels).not.toContain("hullkeeper:tag-move");
  });

  test("while its own tag is proposed: the same pull request moves on", async () => {
    const bench = await settled();
    const own = await published(bench, { line: LINE, name: "1.2.4 again" });
    expect(bench.codeHost.read(SHOP, BRANCH)[PATH]).toBe(dockerfile([LINE, own]));
    const next = await published(bench);
    expect(onlyPull(bench)).toMatchObject({ number: 1, state: "open" });
    expect(bench.codeHost.read(SHOP, BRANCH)[PATH]).toBe(dockerfile([NEWER, next]));
  });

  test("and a newer one after it: the same pull request, which stays where it is until that is verified", async () => {
    const bench = await settled();
    const next = await published(bench);
    const newest = lineOf("1.2.6-musl");
    await published(bench, { line: newest, signed: "no" });
    expect(bench.codeHost.read(SHOP, BRANCH)[PATH]).toBe(dockerfile([NEWER, next]));
    const last = await published(bench, { line: newest, name: "1.2.6 signed" });
    expect(onlyPull(bench)).toMatchObject({ number: 1, state: "open" });
    expect(bench.codeHost.read(SHOP, BRANCH)[PATH]).toBe(dockerfile([newest, last]));
  });

  test("that a person declines: what its own tag has is proposed", async () => {
    const bench = await settled();
    await published(bench);
    bench.codeHost.close(SHOP, onlyPull(bench).number, bench.clock.at);
    bench.clock.advance(10 * MINUTE_MS);
    await tick(bench);
    const own = await published(bench, { line: LINE, name: "1.2.4 again" });
    const last = bench.codeHost.pulls(SHOP).at(-1);
    expect(last).toMatchObject({ state: "open" });
    expect(bench.codeHost.read(SHOP, BRANCH)[PATH]).toBe(dockerfile([LINE, own]));
  });

  test("and is merged: the clocks of the old tag are met, and nothing is proposed any more", async () => {
    const bench = await settled({ change: { advisories: advisoriesOf() } });
    await published(bench);
    expect((await timerNow(bench, LINE))?.state).toBe("open");
    bench.codeHost.mergeByHand(SHOP, onlyPull(bench).number, bench.clock.at);
    bench.clock.advance(10 * MINUTE_MS);
    await tick(bench);
    expect((await timerNow(bench, LINE))?.state).toBe("met");
    expect((await bench.store.scan(SHOP_MAIN))?.candidates).toBeUndefined();
    await polled(bench);
    expect(bench.codeHost.pulls(SHOP)).toHaveLength(1);
  });

  test("in a group of its own per line", async () => {
    const bench = await settled({ change: { policies: policies("patch", "line") } });
    const next = await published(bench);
    const group = `line:${renderLine(LINE)}`;
    expect(await bench.store.proposal({ ...KEY, group })).toMatchObject({
      state: "open",
      updates: [{ to: next, toTag: NEWER.tag }],
    });
  });

  test("after the store lost everything: found again by the marker, not opened twice", async () => {
    const bench = await settled();
    const next = await published(bench);
    const again = createBench({ store: createWrittenStore(), policies: policies("patch") });
    Object.assign(again.context, { registry: bench.registry, codeHost: bench.codeHost });
    again.clock.advance(HOUR_MS);
    await again.context.enqueue(DISCOVER, { codeRepository: SHOP });
    await tick(again);
    expect(bench.codeHost.pulls(SHOP)).toHaveLength(1);
    expect(await again.store.proposal(KEY)).toMatchObject({
      number: 1,
      updates: [{ line: LINE, to: next, toTag: NEWER.tag }],
    });
  });
});

/** A tag that another image takes as well. */
const text = (first: Digest): string =>
  [
    "ARG TAG=1.2.4-musl",
    `FROM bellsoft/hardened-base:\${TAG}@${first}`,
    "FROM bellsoft/hardened-other:${TAG}",
    "",
  ].join("\n");

describe("a place whose tag cannot be changed where it stands", () => {
  test("keeps it; what its tag has is proposed, and nothing breaks", async () => {
    const bench = await settled({ text });
    await published(bench);
    expect(bench.codeHost.pulls(SHOP)).toEqual([]);
    expect((await bench.store.scan(SHOP_MAIN))?.candidates).toMatchObject([
      { line: LINE, to: NEWER.tag, stuck: [{ path: PATH }] },
    ]);
    const own = await published(bench, { line: LINE, name: "1.2.4 again" });
    expect(bench.codeHost.read(SHOP, BRANCH)[PATH]).toBe(text(own));
  });

  test("beside one that can: one moves, the other is told of with the reason", async () => {
    const both = (first: Digest): string => `${text(first)}FROM bellsoft/hardened-base:1.2.4-musl@${first}\n`;
    const bench = await settled({ text: both });
    const next = await published(bench);
    expect(bench.codeHost.read(SHOP, BRANCH)[PATH]).toBe(
      `${text(bench.first)}FROM bellsoft/hardened-base:1.2.5-musl@${next}\n`,
    );
    expect(onlyPull(bench).body).toContain("its tag cannot be changed where it stands");
  });
});

describe("the list of tags", () => {
  test("is asked for once an hour at most", async () => {
    const bench = await settled();
    const before = listsOf(bench);
    expect(before).toBe(1);
    for (let minutes = 0; minutes < 50; minutes += 10) {
      bench.clock.advance(10 * MINUTE_MS);
      await polled(bench);
    }
    expect(listsOf(bench)).toBe(before);
    bench.clock.advance(10 * MINUTE_MS);
    await polled(bench);
    expect(listsOf(bench)).toBe(before + 1);
  });

  test("that cannot be read leaves everything as it was, and is asked for again", async () => {
    const bench = await settled();
    bench.registry.fail("tags ", new CodedError("registry-unavailable", "down"));
    await published(bench);
    expect(bench.codeHost.pulls(SHOP)).toEqual([]);
    expect((await bench.store.watched(BASE)).poll.listing?.failure?.code).toBe("registry-unavailable");
    bench.registry.heal("tags ");
    bench.clock.advance(HOUR_MS);
    await polled(bench);
    expect(onlyPull(bench).labels).toContain("hullkeeper:tag-move");
  });

  test("is not asked for of a vendor whose profile only observes", async () => {
    const bench = await settled({ change: { profiles: [{ ...profileOf(), mode: "observed" }] } });
    await published(bench);
    expect(listsOf(bench)).toBe(0);
  });

  test("is asked for less and less while it stays the same, and a newer tag is found within six hours", async () => {
    const bench = await settled();
    const before = listsOf(bench);
    const days = 3;
    for (let hour = 0; hour < days * 24; hour += 1) {
      bench.clock.advance(HOUR_MS);
      await polled(bench);
    }
    const asked = listsOf(bench) - before;
    // Ten in the first ten hours, and then each after a tenth of the time before.
    expect(asked).toBeGreaterThan(20);
    expect(asked).toBeLessThan(35);

    const next = await published(bench);
    for (let hour = 0; hour < 6 && bench.codeHost.pulls(SHOP).length === 0; hour += 1) {
      bench.clock.advance(HOUR_MS);
      await polled(bench);
    }
    expect(bench.codeHost.read(SHOP, BRANCH)[PATH]).toBe(dockerfile([NEWER, next]));
    // Something was new: often again.
    const since = listsOf(bench);
    bench.clock.advance(HOUR_MS);
    await polled(bench);
    expect(listsOf(bench) - since).toBe(1);
  });

  test("is asked for as soon as the registry tells of a push to a tag that nobody watches", async () => {
    const bench = await settled();
    const pushed = release(bench, { name: NEWER.tag, purls: FIXED });
    bench.registry.point(NEWER, pushed);
    bench.clock.advance(MINUTE_MS);
    await tick(bench);
    expect(bench.codeHost.pulls(SHOP)).toEqual([]);
    expect(await bench.store.noticePush(BASE, NEWER.tag, bench.clock.at)).toBe("noticed");
    await tick(bench);
    expect(bench.codeHost.read(SHOP, BRANCH)[PATH]).toBe(dockerfile([NEWER, pushed]));
  });

  test("is no matter of a push where nobody may move", async () => {
    const bench = await settled({ tags: "same" });
    expect(await bench.store.noticePush(BASE, NEWER.tag, bench.clock.at)).toBe("not-watched");
    await tick(bench);
    expect(listsOf(bench)).toBe(0);
  });
});

test("a tag that moves away just before the branch is written is asked about again, under its new name", async () => {
  const bench = await settled();
  const next = await published(bench);
  const later = release(bench, { name: "1.2.5 again", purls: FIXED });
  await bench.store.saveProposal({
    ...((await bench.store.proposal(KEY)) ?? missing()),
    updates: [],
    contentHash: "",
  });
  bench.registry.point(NEWER, later);
  bench.clock.advance(MINUTE_MS);
  await bench.run(propose, KEY);
  expect(bench.jobs).toContainEqual({ queue: POLL.name, job: { repository: BASE } });
  expect(bench.codeHost.read(SHOP, BRANCH)[PATH]).toBe(dockerfile([NEWER, next]));
});

function missing(): never {
  throw new Error("no proposal");
}
