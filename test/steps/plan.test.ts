import { describe, expect, test } from "vitest";
import type { Digest } from "../../src/image/digest.ts";
import type { ImageLine } from "../../src/image/reference.ts";
import type { ProposalRecord } from "../../src/ports/store.ts";
import type { DeclinedDigest, Return } from "../../src/proposal/declined.ts";
import type { Plan } from "../../src/proposal/plan.ts";
import { rulesNow, type RulesNow } from "../../src/steps/held.ts";
import { UTC_CALENDAR } from "../../src/sla/calendar.ts";
import type { VendorPromise } from "../../src/sla/policy.ts";
import { planFor, type Planning } from "../../src/steps/plan.ts";
import { DAY_MS, HOUR_MS, instantOf, later } from "../../src/time.ts";
import { DEFAULT_POLICIES, policyFor } from "../../src/vendor/policies.ts";
import {
  BASE,
  type Bench,
  createBench,
  digest,
  GLIBC,
  KEY,
  lineOf,
  MUSL,
  NOW,
  pin,
  profileOf,
  seen,
  SHOP,
  SHOP_MAIN,
} from "../workers/bench.ts";
import { judged, VERIFIED } from "../workers/facts.ts";
import { CONTENT, FIXES, NEXT, OLD, ready, THIRD } from "../workers/propose-bench.ts";

const planning = async (
  bench: Bench,
  current?: ProposalRecord,
  change: Partial<RulesNow> = {},
): Promise<Planning> =>
  planFor({
    key: KEY,
    profiles: [profileOf()],
    current,
    store: bench.store,
    rules: { ...(await rulesNow(KEY, bench.context)), ...change },
  });
const planned = async (bench: Bench, current?: ProposalRecord): Promise<Plan | undefined> =>
  (await planning(bench, current)).plan;

async function pinned(...pins: readonly (readonly [ImageLine, Digest])[]): Promise<Bench> {
  const bench = createBench();
  await pin(bench, pins);
  for (const [line, from] of pins) await ready(bench, line, from, NEXT);
  return bench;
}

/** A pull request that proposes these updates. */
function openWith(
  updates: ProposalRecord["updates"],
  state: ProposalRecord["state"] = "open",
): ProposalRecord {
  return {
    ...KEY,
    branch: "hullkeeper/bellsoft",
    number: 1,
    url: "",
    title: "",
    state,
    headCommit: "",
    contentHash: "",
    updates,
    dueAt: NOW,
    openedAt: NOW,
    checkedAt: NOW,
  };
}

describe("an update", () => {
  test("says where, from what, to what, since when", async () => {
    const bench = createBench();
    await pin(bench, [
      [MUSL, OLD],
      [MUSL, OLD],
    ]);
    await ready(bench, MUSL, OLD, NEXT);
    await judged(bench, NEXT, {
      checkedAt: later(NOW, HOUR_MS),
      verifiedAt: later(NOW, HOUR_MS),
      platforms: ["linux/amd64", "linux/arm64"],
      components: { digest: THIRD, platform: "linux/amd64" },
    });
    expect(await planned(bench)).toEqual({
      ...KEY,
      updates: [
        {
          line: MUSL,
          from: OLD,
          to: NEXT,
          places: [
            { path: "Dockerfile", line: 1 },
            { path: "Dockerfile", line: 2 },
          ],
          platforms: ["linux/amd64", "linux/arm64"],
          verdict: VERIFIED,
          sbomPlatform: { digest: THIRD, platform: "linux/amd64" },
          verifiedAt: later(NOW, HOUR_MS),
          observedAt: NOW,
          profile: expect.objectContaining({ id: "bellsoft" }),
          policy: policyFor(DEFAULT_POLICIES, SHOP, profileOf()),
          assessment: FIXES,
          timer: expect.objectContaining({ state: "open" }),
          vendorClocks: [],
          superseded: [],
        },
      ],
      notEdited: [],
    });
  });

  test("carries the vendor's clock of what it fixes", async () => {
    const week = { kind: "days", count: 7 } as const;
    const vendorPromise: VendorPromise = {
      basis: "7 days critical",
      terms: { critical: week },
      calendar: UTC_CALENDAR,
      startBasis: "disclosure",
      bestEffortPlatforms: [],
    };
    const bench = await pinned([MUSL, OLD]);
    await bench.store.addLineFacts(MUSL, [{ kind: "onboarded", at: later(NOW, -30 * DAY_MS) }]);
    const facts = { key: KEY, current: undefined, store: bench.store };
    const rules = await rulesNow(KEY, bench.context);
    const { plan } = await planFor({ ...facts, rules, profiles: [{ ...profileOf(), vendorPromise }] });
    const publishedAt = instantOf(Date.parse("2026-11-18T08:00:00Z"));
    expect(plan?.updates[0]?.vendorClocks).toMatchObject([
      {
        id: "CVE-2026-31337",
        severity: "critical",
        startedAt: publishedAt,
        dueAt: later(publishedAt, 7 * DAY_MS),
        observedAt: NOW,
        fixedBy: NEXT,
        state: "met",
      },
    ]);
  });

  test("of a digest that was judged again keeps the clock of the first time", async () => {
    const bench = await pinned([MUSL, OLD]);
    await judged(bench, NEXT, { checkedAt: later(NOW, DAY_MS), verifiedAt: NOW });
    const [update] = (await planned(bench))?.updates ?? [];
    expect(update?.verifiedAt).toBe(NOW);
    expect(update?.timer.obligations[0]?.startedAt).toBe(NOW);
  });

  test("of one line that is pinned to two digests is two, on one clock", async () => {
    const older = digest("01de5");
    const bench = createBench();
    await pin(bench, [
      [MUSL, older],
      [MUSL, OLD],
    ]);
    await ready(bench, MUSL, OLD, NEXT);
    await bench.store.saveAssessment(BASE, older, NEXT, CONTENT);
    const { updates = [] } = (await planned(bench)) ?? {};
    expect(updates.map(({ from }) => from)).toEqual([OLD, older]);
    // What one of them fixes is due for the line, whichever place is looked at.
    const clock = ["CVE-2026-31337", "update"];
    expect(updates.map(({ timer }) => timer.obligations.map(({ id }) => id))).toEqual([clock, clock]);
  });

  test("of several lines come in one order, however they stand in the files", async () => {
    const lines = [lineOf("z"), GLIBC, MUSL, lineOf("1")];
    const bench = await pinned(...lines.map((line) => [line, OLD] as const));
    expect((await planned(bench))?.updates.map(({ line }) => line.tag)).toEqual(["1", "glibc", "musl", "z"]);
  });
});

describe("places of the group that are not edited", () => {
  test("are named with their reason; those of others are not", async () => {
    const bench = await pinned([MUSL, OLD]);
    const scan = await bench.store.scan(SHOP_MAIN);
    if (scan === undefined) throw new Error("no scan");
    const place = { path: "tools/Dockerfile", line: 3 };
    await bench.store.saveScan({
      ...scan,
      places: [
        ...scan.places,
        {
          ...place,
          raw: "bellsoft/hardened-base:musl",
          state: { kind: "seen", reason: "not-pinned", line: MUSL, profile: "bellsoft" },
        },
        { ...place, raw: "redis:8", state: { kind: "seen", reason: "no-profile" } },
        {
          ...place,
          raw: "acme/base:1",
          state: { kind: "handled", line: MUSL, digest: OLD, profile: "acme" },
        },
      ],
    });
    const plan = await planned(bench);
    expect(plan?.notEdited).toEqual([
      {
        ...place,
        raw: "bellsoft/hardened-base:musl",
        reason: "not pinned by digest: there is nothing to bump",
      },
    ]);
    expect(plan?.updates[0]?.places).toEqual([{ path: "Dockerfile", line: 1 }]);
  });
});

describe("what an open pull request proposes", () => {
  const proposed = { line: MUSL, from: OLD, to: NEXT, superseded: [] };

  test("stays, where the tag went on to what is not proven", async () => {
    const bench = await pinned([MUSL, OLD]);
    await seen(bench, MUSL, [OLD, NEXT, THIRD]);
    expect((await planned(bench, openWith([proposed])))?.updates).toMatchObject([
      { to: NEXT, superseded: [] },
    ]);
    expect(await planned(bench)).toBeUndefined();
  });

  test("stays, where the tag went back to another digest", async () => {
    const bench = await pinned([MUSL, OLD]);
    const older = digest("01de5");
    await seen(bench, MUSL, [older, OLD, NEXT, older]);
    await judged(bench, older);
    await bench.store.saveAssessment(BASE, OLD, older, CONTENT);
    expect((await planned(bench, openWith([proposed])))?.updates).toMatchObject([{ to: NEXT }]);
    expect(await planned(bench)).toBeUndefined();
  });

  test("is superseded by the next proven digest, and not by itself", async () => {
    const bench = await pinned([MUSL, OLD]);
    expect((await planned(bench, openWith([proposed])))?.updates).toMatchObject([{ superseded: [] }]);
    const first = { digest: digest("f1"), observedAt: later(NOW, -DAY_MS) };
    bench.clock.advance(HOUR_MS);
    await ready(bench, MUSL, OLD, THIRD);
    const open = openWith([{ ...proposed, superseded: [first] }]);
    expect((await planned(bench, open))?.updates).toMatchObject([
      { to: THIRD, superseded: [first, { digest: NEXT, observedAt: NOW }] },
    ]);
  });

  test.each(["closed", "merged"] as const)("does not count once it is %s", async (state) => {
    const bench = await pinned([MUSL, OLD]);
    await seen(bench, MUSL, [OLD, NEXT, THIRD]);
    expect(await planned(bench, openWith([proposed], state))).toBeUndefined();
  });

  test("does not count for another pin of the line", async () => {
    const bench = await pinned([MUSL, digest("0e")]);
    await seen(bench, MUSL, [OLD, NEXT, THIRD]);
    expect(await planned(bench, openWith([proposed]))).toBeUndefined();
  });
});

/** As a person did who knew that {@link FIXES} is what it fixes. */
const DECLINED = {
  digest: NEXT,
  at: NOW,
  until: later(NOW, 90 * DAY_MS),
  by: "alex",
  fixed: ["CVE-2026-31337"],
} as const;

test("a declined digest is not proposed, and not carried over either", async () => {
  const bench = await pinned([MUSL, OLD]);
  await bench.store.decline(KEY, [DECLINED], NOW);
  const open = openWith([{ line: MUSL, from: OLD, to: NEXT, superseded: [] }]);
  expect(await planned(bench)).toBeUndefined();
  expect(await planned(bench, open)).toBeUndefined();
});

test("a digest declined in one group may be proposed in another", async () => {
  const bench = await pinned([MUSL, OLD]);
  await bench.store.decline({ ...KEY, group: "other" }, [DECLINED], NOW);
  await bench.store.decline({ ...KEY, baseBranch: "release" }, [DECLINED], NOW);
  expect((await planned(bench))?.updates).toHaveLength(1);
});

const returnedBy = async (declined: DeclinedDigest) => {
  const bench = await pinned([MUSL, OLD]);
  await bench.store.decline(KEY, [declined], NOW);
  const { plan, declinedUntil } = await planning(bench);
  return { returned: plan?.updates.map(({ returned }) => returned?.back), declinedUntil };
};

describe("a declined digest", () => {
  test.each<{ title: string; declined: DeclinedDigest; back: Return }>([
    {
      title: "whose time is over",
      declined: { ...DECLINED, until: NOW },
      back: { at: NOW, fixes: [] },
    },
    {
      title: "that is now known to fix something grave",
      declined: { ...DECLINED, fixed: [] },
      back: { at: NOW, fixes: ["CVE-2026-31337"] },
    },
    {
      title: "that was proposed again since",
      declined: { ...DECLINED, back: { at: NOW, fixes: ["CVE-2026-1"] } },
      back: { at: NOW, fixes: ["CVE-2026-1"] },
    },
  ])("$title is proposed, with the reason", async ({ declined, back }) => {
    expect(await returnedBy(declined)).toMatchObject({ returned: [back] });
  });

  test("tells when its time is over", async () => {
    expect(await returnedBy(DECLINED)).toEqual({ returned: undefined, declinedUntil: DECLINED.until });
  });

  test.each<{ title: string; declined: DeclinedDigest }>([
    { title: "of which nothing is known", declined: { digest: NEXT } },
    { title: "of another digest", declined: { ...DECLINED, digest: THIRD, fixed: [] } },
  ])("$title brings nothing back", async ({ declined }) => {
    const { returned = [] } = await returnedBy(declined);
    expect(returned.filter((back) => back !== undefined)).toEqual([]);
  });
});
