import { describe, expect, test } from "vitest";
import type { Digest } from "../../src/image/digest.ts";
import { parseTag } from "../../src/image/reference.ts";
import type { ProposalRecord } from "../../src/ports/store.ts";
import type { Plan } from "../../src/proposal/plan.ts";
import { rulesNow } from "../../src/steps/held.ts";
import { planFor, planWithout, type Planning } from "../../src/steps/plan.ts";
import { DAY_MS, HOUR_MS, later } from "../../src/time.ts";
import type { Profile } from "../../src/vendor/profile.ts";
import { DEFAULT_PULL_RULES, type TagMoves } from "../../src/vendor/pull-rules.ts";
import { renderImage } from "../../src/image/reference.ts";
import { type Candidate } from "../../src/watch/candidates.ts";
import type { Assessment } from "../../src/assess/assessment.ts";
import {
  BASE,
  type Bench,
  createBench,
  digest,
  KEY,
  lineOf,
  NOW,
  pin,
  profileOf,
  seen,
  SHOP_MAIN,
} from "../workers/bench.ts";
import { judged } from "../workers/facts.ts";
import { CONTENT, FIXES, NEXT, OLD, ready, THIRD } from "../workers/propose-bench.ts";

const LINE = lineOf("1.2.4-musl");
const NEWER = lineOf("1.2.5-musl");
const FOURTH = digest("4f");

interface Scene {
  readonly to?: string;
  readonly stuck?: Candidate["stuck"];
  readonly tags?: TagMoves;
  readonly current?: ProposalRecord;
  readonly profile?: Partial<Profile>;
  readonly unserved?: ReadonlySet<string>;
}

/** A scan that pins the line to {@link OLD} twice and may move to a newer tag. */
async function scanned({ to = NEWER.tag, stuck }: Scene = {}): Promise<Bench> {
  const bench = createBench();
  await pin(bench, [
    [LINE, OLD],
    [LINE, OLD],
  ]);
  const scan = await bench.store.scan(SHOP_MAIN);
  if (scan === undefined) throw new Error("no scan");
  const candidate = { line: LINE, to: parseTag(to), ...(stuck === undefined ? {} : { stuck }) };
  await bench.store.saveScan({ ...scan, candidates: [candidate] });
  return bench;
}

/** The newer tag stands at a digest that is verified, and compared with what is pinned. */
async function newerAt(
  bench: Bench,
  to: Digest,
  {
    line = NEWER,
    assessment = FIXES,
  }: { readonly line?: typeof NEWER; readonly assessment?: Assessment } = {},
): Promise<void> {
  await seen(bench, line, [to], bench.clock.at);
  await judged(bench, to, { since: bench.clock.at, checkedAt: bench.clock.at });
  await bench.store.saveAssessment(BASE, OLD, to, { ...assessment, assessedAt: bench.clock.at });
}

async function planning(
  bench: Bench,
  { tags = "patch", current, profile = {}, unserved = new Set() }: Scene = {},
): Promise<Planning> {
  const rules = await rulesNow(KEY, bench.context);
  return planWithout(unserved, {
    key: KEY,
    profiles: [{ ...profileOf(), ...profile }],
    current,
    store: bench.store,
    rules: { ...rules, pulls: { ...DEFAULT_PULL_RULES, tags } },
  });
}

async function updatesOf(bench: Bench, scene: Scene = {}): Promise<Plan["updates"]> {
  return (await planning(bench, scene)).plan?.updates ?? [];
}

/** Where the places go. */
async function moves(bench: Bench, scene: Scene = {}) {
  return (await updatesOf(bench, scene)).map(({ to, toTag, places }) => ({
    to,
    tag: toTag ?? LINE.tag,
    lines: places.map(({ line }) => line),
  }));
}

const NEWER_MOVE = { to: THIRD, tag: NEWER.tag, lines: [1, 2] };
const OWN_MOVE = { to: NEXT, tag: LINE.tag, lines: [1, 2] };

function openWith(update: Partial<ProposalRecord["updates"][number]>): ProposalRecord {
  return {
    ...KEY,
    branch: "hullkeeper/bellsoft",
    number: 1,
    url: "",
    title: "",
    state: "open",
    headCommit: "",
    contentHash: "",
    updates: [{ line: LINE, from: OLD, to: NEXT, superseded: [], ...update }],
    openedAt: NOW,
    checkedAt: NOW,
  };
}

describe("a newer tag is gone to", () => {
  test("with all places of the line, from its old digest to the one that is verified", async () => {
    const bench = await scanned();
    await newerAt(bench, THIRD);
    expect(await updatesOf(bench)).toMatchObject([
      { line: LINE, from: OLD, to: THIRD, toTag: NEWER.tag, observedAt: NOW, assessment: { class: "fixes" } },
    ]);
    expect(await moves(bench)).toEqual([NEWER_MOVE]);
  });

  test("before what its own tag has", async () => {
    const bench = await scanned();
    await ready(bench, LINE, OLD, NEXT);
    await newerAt(bench, THIRD);
    expect(await moves(bench)).toEqual([NEWER_MOVE]);
  });

  test("where its own tag has gone backwards: that is no matter of the newer one", async () => {
    const bench = await scanned();
    await seen(bench, LINE, [NEXT, OLD, NEXT]);
    await newerAt(bench, THIRD);
    expect(await moves(bench)).toEqual([NEWER_MOVE]);
  });

  test.each([
    { scope: "patch", to: "1.2.9-musl" },
    { scope: "minor", to: "1.9.0-musl" },
    { scope: "major", to: "9.0.0-musl" },
  ] as const)("as far as $scope", async ({ scope, to }) => {
    const bench = await scanned({ to });
    await newerAt(bench, THIRD, { line: lineOf(to) });
    expect(await moves(bench, { tags: scope })).toEqual([{ ...NEWER_MOVE, tag: to }]);
  });

  test("starts the clock of what it fixes", async () => {
    const bench = await scanned();
    await newerAt(bench, THIRD);
    const [update] = await updatesOf(bench);
    expect(update?.timer.obligations.map(({ id }) => id)).toContain("CVE-2026-31337");
  });
});

describe("its own tag stays what is proposed, where", () => {
  test.each([
    { title: "the policy keeps to tags", tags: "same" },
    { title: "it is beyond the scope", to: "1.3.0-musl" },
    { title: "it is beyond the scope", to: "2.0.0-musl", tags: "minor" },
    { title: "it is another libc", to: "1.2.5-glibc", tags: "major" },
    { title: "it is another user", to: "1.2.5-musl-nonroot", tags: "major" },
    { title: "it is a build image", to: "1.2.5-musl-dev", tags: "major" },
    { title: "it is a prerelease", to: "1.2.5-rc1-musl", tags: "major" },
    { title: "it is older", to: "1.2.3-musl", tags: "major" },
    { title: "it is the same", to: "1.2.4-musl", tags: "major" },
  ] as const)("$title", async ({ tags = "patch", to }: { tags?: TagMoves; to?: string }) => {
    const bench = await scanned(to === undefined ? {} : { to });
    await ready(bench, LINE, OLD, NEXT);
    if (to !== LINE.tag) await newerAt(bench, THIRD, { line: lineOf(to ?? NEWER.tag) });
    expect(await moves(bench, { tags })).toEqual([OWN_MOVE]);
  });

  test.each([
    {
      title: "the newer one was not seen yet",
      prepare: async () => {},
    },
    {
      title: "nobody has judged its digest",
      prepare: (bench: Bench) => seen(bench, NEWER, [THIRD]),
    },
    {
      title: "its digest is rejected",
      prepare: async (bench: Bench) => {
        await newerAt(bench, THIRD);
        const verdict = {
          kind: "rejected",
          reason: "signature-invalid",
          detail: "x",
          results: [],
          skipped: [],
        } as const;
        await judged(bench, THIRD, { verdict });
      },
    },
    {
      title: "it was not compared with what is pinned",
      prepare: async (bench: Bench) => {
        await seen(bench, NEWER, [THIRD]);
        await judged(bench, THIRD);
      },
    },
    {
      title: "its digest was declined",
      prepare: async (bench: Bench) => {
        await newerAt(bench, THIRD);
        const declined = { digest: THIRD, at: NOW, until: later(NOW, DAY_MS), fixed: ["CVE-2026-31337"] };
        await bench.store.decline(KEY, [declined], NOW);
      },
    },
    {
      title: "it was made before what is pinned",
      prepare: (bench: Bench) =>
        newerAt(bench, THIRD, { assessment: { ...CONTENT, class: "moved-backwards" } }),
    },
    {
      title: "it has gone backwards itself",
      prepare: async (bench: Bench) => {
        await newerAt(bench, THIRD);
        await seen(bench, NEWER, [THIRD, FOURTH, THIRD]);
      },
    },
    {
      title: "the policy blocks its class",
      prepare: (bench: Bench) => newerAt(bench, THIRD, { assessment: { ...CONTENT, class: "regression" } }),
    },
  ])("$title", async ({ prepare }) => {
    const bench = await scanned();
    await ready(bench, LINE, OLD, NEXT);
    await prepare(bench);
    expect(await moves(bench)).toEqual([OWN_MOVE]);
  });

  test("a mirror does not serve the newer one", async () => {
    const bench = await scanned();
    const mirror = { registry: "mirror.acme.example", path: "bellsoft/hardened-base" };
    const scan = await bench.store.scan(SHOP_MAIN);
    if (scan === undefined) throw new Error("no scan");
    await bench.store.saveScan({ ...scan, places: scan.places.map((place) => ({ ...place, mirror })) });
    await ready(bench, LINE, OLD, NEXT);
    await newerAt(bench, THIRD);
    expect(await moves(bench)).toEqual([NEWER_MOVE]);
    const unserved = new Set([renderImage({ repository: mirror, digest: THIRD })]);
    expect(await moves(bench, { unserved })).toEqual([OWN_MOVE]);
  });
});

test("what is pinned already under the older tag is not proposed under the newer one", async () => {
  const bench = await scanned();
  await newerAt(bench, OLD);
  expect(await moves(bench)).toEqual([]);
});

describe("an open pull request", () => {
  test("that proposes the own tag moves on to the newer one", async () => {
    const bench = await scanned();
    await ready(bench, LINE, OLD, NEXT);
    bench.clock.advance(HOUR_MS);
    await newerAt(bench, THIRD);
    expect(await updatesOf(bench, { current: openWith({}) })).toMatchObject([
      { to: THIRD, toTag: NEWER.tag, superseded: [{ digest: NEXT, observedAt: NOW }] },
    ]);
  });

  test("that proposes the newer one stays, where an even newer one is not proven, or its own tag moves", async () => {
    const bench = await scanned({ to: "1.2.6-musl" });
    await newerAt(bench, THIRD);
    await seen(bench, lineOf("1.2.6-musl"), [FOURTH]);
    await ready(bench, LINE, OLD, NEXT);
    const current = openWith({ to: THIRD, toTag: NEWER.tag });
    expect(await moves(bench, { current })).toEqual([NEWER_MOVE]);
    expect(await moves(bench)).toEqual([OWN_MOVE]);
  });

  test("goes back to the own tag, where the newer one is rejected", async () => {
    const bench = await scanned();
    await ready(bench, LINE, OLD, NEXT);
    const superseded = [{ digest: NEXT, observedAt: later(NOW, -HOUR_MS) }];
    const current = openWith({ to: THIRD, toTag: NEWER.tag, superseded });
    await seen(bench, NEWER, [THIRD]);
    expect(await moves(bench, { current })).toEqual([OWN_MOVE]);
  });

  test("goes back to the own tag, where the policy keeps to tags from now on", async () => {
    const bench = await scanned();
    await ready(bench, LINE, OLD, NEXT);
    await newerAt(bench, THIRD);
    const current = openWith({ to: THIRD, toTag: NEWER.tag });
    expect(await moves(bench, { current, tags: "same" })).toEqual([OWN_MOVE]);
  });
});

describe("places whose tag cannot be changed", () => {
  const stuck = [{ path: "Dockerfile", line: 2 }];

  test("get what their tag has, and are known to those that move", async () => {
    const bench = await scanned({ stuck });
    await ready(bench, LINE, OLD, NEXT);
    await newerAt(bench, THIRD);
    const updates = await updatesOf(bench);
    expect(updates.map(({ to, toTag, beside }) => ({ to, toTag, beside }))).toEqual([
      { to: NEXT, toTag: undefined, beside: [{ path: "Dockerfile", line: 1 }] },
      { to: THIRD, toTag: NEWER.tag, beside: [{ path: "Dockerfile", line: 2 }] },
    ]);
  });

  test("stay and say why, where their tag has nothing new", async () => {
    const bench = await scanned({ stuck });
    await newerAt(bench, THIRD);
    const { plan } = await planning(bench);
    expect(plan?.updates).toHaveLength(1);
    expect(plan?.notEdited).toEqual([
      {
        path: "Dockerfile",
        line: 2,
        raw: `docker.io/bellsoft/hardened-base:1.2.4-musl@${OLD}`,
        reason: "there is 1.2.5-musl, and its tag cannot be changed where it stands",
      },
    ]);
  });
});

describe("the end of life that a vendor tells", () => {
  const endsAt = later(NOW, HOUR_MS);
  const lifecycle = [{ images: [/^docker\.io\/bellsoft\/hardened-base$/], endsAt, notice: "Move to 2." }];

  test("goes with the update, of the tag that places will have", async () => {
    const bench = await scanned();
    await newerAt(bench, THIRD);
    const ending = { kind: "ending", endsAt, notice: "Move to 2." };
    expect(await updatesOf(bench, { profile: { lifecycle } })).toMatchObject([{ endOfLife: ending }]);
    const only = lifecycle.map((each) => ({ ...each, word: "1.2.4" }));
    const [update] = await updatesOf(bench, { profile: { lifecycle: only } });
    expect(update).not.toHaveProperty("endOfLife");
  });

  test("keeps nobody from digests of the same tag, and everybody from going there", async () => {
    const bench = await scanned();
    await ready(bench, LINE, OLD, NEXT);
    await newerAt(bench, THIRD);
    bench.clock.advance(HOUR_MS);
    expect(await moves(bench, { profile: { lifecycle } })).toEqual([OWN_MOVE]);
    expect(await updatesOf(bench, { profile: { lifecycle } })).toMatchObject([
      { endOfLife: { kind: "ended" } },
    ]);
  });
});

test("without a mirror that is behind, both ways to plan are one", async () => {
  const bench = await scanned();
  await newerAt(bench, THIRD);
  const rules = await rulesNow(KEY, bench.context);
  const facts = { key: KEY, profiles: [profileOf()], current: undefined, store: bench.store, rules };
  expect(await planFor(facts)).toEqual(await planWithout(new Set(), facts));
});
