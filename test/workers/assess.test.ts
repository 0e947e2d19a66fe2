import { describe, expect, test } from "vitest";
import type { ImageConfig } from "../../src/image/config.ts";
import type { Digest } from "../../src/image/digest.ts";
import type { ProposalRecord, VerdictRecord } from "../../src/ports/store.ts";
import { flaggedHashOf } from "../../src/proposal/flaw.ts";
import { PROPOSE } from "../../src/queues.ts";
import { DAY_MS, HOUR_MS, later } from "../../src/time.ts";
import { assess } from "../../workers/assess.ts";
import { libericaRelease, listOf } from "../fixtures/lists.ts";
import {
  BASE,
  type Bench,
  createBench,
  digest,
  GLIBC,
  KEY,
  MUSL,
  NOW,
  pin,
  queued,
  seen,
  SHOP_MAIN,
} from "./bench.ts";
import { advisoriesOf, judged, listed, NO_ADVISORIES } from "./facts.ts";
import { packedVexOf } from "../../src/sbom/vex-documents.ts";
import type { Observation } from "../../src/watch/history.ts";
import { saveRecord } from "../fakes/look.ts";
import { createWrittenStore } from "./stored.ts";

const OLD = digest("01d");
const NEXT = digest("4e3");
const JOB = { repository: BASE, from: OLD, to: NEXT };
const PAY = { owner: "acme", name: "pay" };

/** Two releases with their component lists; the tag went from the one to the other, the code repository still pins the old one. */
async function moved(change: Parameters<typeof createBench>[0] = {}): Promise<Bench> {
  const bench = createBench(change);
  await listed(bench, OLD, libericaRelease(1));
  await listed(bench, NEXT, libericaRelease(2));
  await pin(bench, [[MUSL, OLD]]);
  await seen(bench, MUSL, [OLD, NEXT]);
  return bench;
}

const NOTHING_SAID: ImageConfig = {
  entrypoint: [],
  command: [],
  environment: {},
  masked: [],
  exposedPorts: [],
  volumes: [],
  labels: {},
  layerCount: 1,
  layerBytes: 1,
};

const assessed = (bench: Bench, from: Digest = OLD, to: Digest = NEXT) =>
  bench.store.assessment(BASE, from, to);

describe("what is stored", () => {
  test("what changed and what that fixes", async () => {
    const bench = await moved({ advisories: advisoriesOf() });
    await bench.run(assess, JOB);
    const assessment = await assessed(bench);
    expect(assessment).toMatchObject({
      class: "fixes",
      components: { kind: "compared", diff: { common: { quality: "exact" } } },
      vulnerabilities: { kind: "assessed" },
      assessedAt: NOW,
    });
    const { vulnerabilities, components } = assessment ?? {};
    expect(vulnerabilities?.kind === "assessed" && vulnerabilities.delta.fixed.length).toBeGreaterThan(0);
    expect(components?.kind === "compared" && components.diff.common.changes.length).toBe(9);
  });

  test("without advisories: what changed, and how to configure them", async () => {
    const bench = await moved();
    await bench.run(assess, JOB);
    expect(await assessed(bench)).toMatchObject({
      class: "unassessed",
      vulnerabilities: {
        kind: "not-assessed",
        reason: "no advisories are configured",
      },
    });
  });

  test("an unchanged list is a rebuild", async () => {
    const bench = await moved();
    await listed(bench, NEXT, libericaRelease(1));
    await bench.run(assess, JOB);
    expect(await assessed(bench)).toMatchObject({ class: "rebuild" });
  });

  test("what differs in how the image is run, which alone makes it more than a rebuild", async () => {
    const bench = await moved();
    for (const [of, user] of [
      [OLD, "10001"],
      [NEXT, "65532"],
    ] as const) {
      const configs = [{ digest: of, platform: "linux/amd64" }];
      await bench.store.saveConfig(of, { ...NOTHING_SAID, user });
      await listed(bench, of, libericaRelease(1), { configs, configFaults: [] });
    }
    await bench.run(assess, JOB);
    expect(await assessed(bench)).toMatchObject({
      class: "content",
      configuration: {
        kind: "compared",
        changes: [{ kind: "user", risk: "breaking", from: "10001", to: "65532" }],
      },
    });
  });

  test("why it is not known how the old image is run", async () => {
    const bench = await moved();
    await bench.run(assess, JOB);
    expect((await assessed(bench))?.configuration).toEqual({
      kind: "not-compared",
      reason: "the new image: its config was not read",
    });
  });

  test("nothing, when advisories cannot be read: asked again, not taken for none", async () => {
    const bench = await moved({ advisories: NO_ADVISORIES });
    await expect(bench.run(assess, JOB)).rejects.toMatchObject({ code: "advisories-unavailable" });
    expect(await assessed(bench)).toBeUndefined();
    expect(bench.jobs).toEqual([]);
  });
});

describe("goes no further with a new digest that is not verified", () => {
  const verdicts: readonly (VerdictRecord["verdict"] | undefined)[] = [
    undefined,
    { kind: "unverifiable", reason: "no key" },
    { kind: "awaiting-evidence", missing: "signature", results: [], skipped: [] },
    { kind: "awaiting-evidence", missing: "sbom", results: [], skipped: [] },
    { kind: "rejected", reason: "subject-mismatch", detail: "", results: [], skipped: [] },
  ];
  test.each(verdicts.map((verdict) => ({ title: verdict?.kind ?? "no verdict", verdict })))(
    "$title",
    async ({ verdict }) => {
      const advisories = advisoriesOf();
      const bench = createBench({ advisories });
      await listed(bench, OLD, libericaRelease(1));
      if (verdict !== undefined) await listed(bench, NEXT, libericaRelease(2), { verdict });
      await pin(bench, [[MUSL, OLD]]);
      await seen(bench, MUSL, [OLD, NEXT]);
      await bench.run(assess, JOB);
      expect(await assessed(bench)).toBeUndefined();
      expect(bench.jobs).toEqual([]);
      expect(advisories.asked).toBe(0);
    },
  );
});

describe("a side without a list says why", () => {
  test.each<{ title: string; side: "old" | "new"; change: Partial<VerdictRecord>; reason: string }>([
    { title: "no SBOM", side: "old", change: {}, reason: "no SBOM is attached" },
    { title: "no SBOM", side: "new", change: {}, reason: "no SBOM is attached" },
    {
      title: "an SBOM nobody can read",
      side: "new",
      change: { sbomFault: "bomFormat says something else" },
      reason: "its SBOM cannot be read: bomFormat says something else",
    },
    {
      title: "not verifiable",
      side: "old",
      change: { verdict: { kind: "unverifiable", reason: "the registry no longer has this digest" } },
      reason: "the registry no longer has this digest",
    },
    {
      title: "rejected",
      side: "old",
      change: {
        verdict: { kind: "rejected", reason: "signature-key-unknown", detail: "", results: [], skipped: [] },
      },
      reason: "it was rejected (signature-key-unknown), so nothing about it is believed",
    },
    {
      title: "signed, its SBOM still awaited",
      side: "old",
      change: { verdict: { kind: "awaiting-evidence", missing: "sbom", results: [], skipped: [] } },
      reason: "no SBOM is attached",
    },
    {
      title: "not signed",
      side: "old",
      change: { verdict: { kind: "awaiting-evidence", missing: "signature", results: [], skipped: [] } },
      reason: "it is not signed, so nothing about it is believed",
    },
    {
      title: "a list that expired",
      side: "old",
      change: { components: { digest: digest("901e") } },
      reason: "its component list is no longer kept",
    },
  ])("$side: $title", async ({ side, change, reason }) => {
    const bench = await moved({ advisories: advisoriesOf() });
    await judged(bench, side === "old" ? OLD : NEXT, change);
    await bench.run(assess, JOB);
    const said = `the ${side} image: ${reason}`;
    expect(await assessed(bench)).toMatchObject({
      class: "unassessed",
      components: { kind: "not-compared", reason: said },
      vulnerabilities: { kind: "not-assessed", reason: said },
    });
    expect(bench.jobs).toEqual([queued(PROPOSE, KEY)]);
  });

  test("old: not looked at yet", async () => {
    const bench = createBench();
    await listed(bench, NEXT, libericaRelease(2));
    await bench.run(assess, JOB);
    expect(await assessed(bench)).toMatchObject({
      components: { reason: "the old image: it was not looked at yet" },
    });
  });

  test("both: the SBOM of an index, which names no packages", async () => {
    const bench = await moved();
    await listed(bench, NEXT, listOf());
    await bench.run(assess, JOB);
    expect(await assessed(bench)).toMatchObject({ class: "unassessed" });
  });
});

describe("a step backwards", () => {
  test("is never an ordinary update, whatever it changes", async () => {
    const bench = await moved({ advisories: advisoriesOf() });
    await seen(bench, MUSL, [NEXT, OLD, NEXT]);
    await bench.run(assess, JOB);
    expect(await assessed(bench)).toMatchObject({ class: "moved-backwards" });
  });

  test("and a later step forward is judged as one", async () => {
    const third = digest("3d");
    const bench = await moved();
    await listed(bench, third, libericaRelease(3));
    await seen(bench, MUSL, [OLD, NEXT, OLD, third]);
    await bench.run(assess, { ...JOB, to: third });
    expect(await assessed(bench, OLD, third)).toMatchObject({ class: "unassessed" });
  });
});

describe("who is told", () => {
  test("everybody who pins the old digest where a tag now stands at the new one", async () => {
    const bench = await moved();
    await pin(bench, [[MUSL, OLD]], { codeRepository: PAY, branch: "release" });
    await bench.run(assess, JOB);
    expect(bench.jobs).toEqual([
      queued(PROPOSE, { codeRepository: PAY, baseBranch: "release", group: "bellsoft" }),
      queued(PROPOSE, KEY),
    ]);
  });

  test.each([
    { title: "a pin at another digest", pins: [[MUSL, digest("0e")]] as const },
    { title: "a pin of another line", pins: [[GLIBC, OLD]] as const },
    { title: "no pin", pins: [] },
  ])("nobody: $title", async ({ pins }) => {
    const bench = await moved();
    await pin(bench, pins);
    await bench.run(assess, JOB);
    expect(bench.jobs).toEqual([]);
  });

  test("nobody, when the tag has left the new digest", async () => {
    const bench = await moved();
    await seen(bench, MUSL, [OLD, NEXT, digest("3d")]);
    await bench.run(assess, JOB);
    expect(bench.jobs).toEqual([]);
  });

  test("several digests that one code repository pins are several comparisons", async () => {
    const older = digest("01de5");
    const bench = await moved();
    await judged(bench, older);
    await pin(bench, [
      [MUSL, OLD],
      [MUSL, older],
    ]);
    await bench.run(assess, JOB);
    await bench.run(assess, { ...JOB, from: older });
    expect(bench.jobs).toEqual([queued(PROPOSE, KEY), queued(PROPOSE, KEY)]);
    expect(await assessed(bench)).toMatchObject({ class: "unassessed" });
    expect(await assessed(bench, older)).toMatchObject({ class: "unassessed" });
  });
});

/** Keeps documents beside the new digest, as if they had been found in verified attestations of it. */
async function deltaWith(documents: readonly unknown[], change: Partial<VerdictRecord> = {}) {
  const bench = await moved({ advisories: advisoriesOf() });
  const packed = packedVexOf(
    documents.map((predicate) => ({ predicateType: "https://openvex.dev/ns/v0.2.0", predicate })),
  );
  if (packed !== undefined) await bench.store.saveVexDocuments(NEXT, packed);
  await judged(bench, NEXT, {
    components: { digest: NEXT },
    vex: [{ digest: NEXT, leftOut: 0 }],
    ...change,
  });
  await bench.run(assess, JOB);
  const { vulnerabilities } = (await assessed(bench)) ?? {};
  if (vulnerabilities?.kind !== "assessed") throw new Error("must be assessed");
  const { reclassified, remaining } = vulnerabilities.delta;
  return { reclassified: reclassified.map(({ id }) => id), remaining: remaining.map(({ id }) => id) };
}

describe("statements of the vendor", () => {
  const statement = {
    vulnerability: { name: "CVE-2026-99104" },
    products: [{ "@id": "pkg:apk/bellsoft-hardened-containers/musl-default" }],
    status: "not_affected",
    justification: "vulnerable_code_not_in_execute_path",
  };
  const document = {
    "@context": "https://openvex.dev/ns/v0.2.0",
    author: "BellSoft",
    timestamp: "2026-11-20T00:00:00Z",
    statements: [statement],
  };
  const PACKAGES = ["musl", "musl-utils"].map((name) => `pkg:apk/bellsoft-hardened-containers/${name}`);
  const products = [...statement.products, ...PACKAGES.map((id) => ({ "@id": id }))];

  const CVE = "CVE-2026-99104";
  test("that are attested with the new image are read", async () => {
    expect(await deltaWith([{ ...document, statements: [{ ...statement, products }] }])).toStrictEqual({
      reclassified: [CVE],
      remaining: [],
    });
  });

  test("U20: that no verified attestation carries are not there", async () => {
    const unsigned = { ...document, statements: [{ ...statement, products }] };
    expect(await deltaWith([unsigned], { vex: [] })).toStrictEqual({ reclassified: [], remaining: [CVE] });
  });

  test("that cannot be read say nothing, and the next document is read", async () => {
    const broken = [{ "@context": "https://openvex.dev/ns", statements: 1 }, "x", null];
    expect(await deltaWith(broken)).toStrictEqual({ reclassified: [], remaining: [CVE] });
    expect(
      await deltaWith([...broken, { ...document, statements: [{ ...statement, products }] }]),
    ).toStrictEqual({
      reclassified: [CVE],
      remaining: [],
    });
  });
});

describe("run again", () => {
  test("an assessment that says the same keeps its date", async () => {
    const bench = await moved({ advisories: advisoriesOf(), store: createWrittenStore() });
    const release = libericaRelease(2);
    const others = listOf("pkg:npm/%40acme/tool@1.0.0", "pkg:generic/thing@2").components;
    await listed(bench, NEXT, { ...release, components: [...release.components, ...others] });
    await bench.run(assess, JOB);
    bench.clock.advance(HOUR_MS);
    await bench.run(assess, JOB);
    expect((await assessed(bench))?.assessedAt).toBe(NOW);
    expect(bench.jobs).toEqual([queued(PROPOSE, KEY), queued(PROPOSE, KEY)]);
  });

  test("one without component lists keeps its date as well", async () => {
    const bench = await moved({ store: createWrittenStore() });
    await judged(bench, OLD);
    await bench.run(assess, JOB);
    bench.clock.advance(HOUR_MS);
    await bench.run(assess, JOB);
    expect((await assessed(bench))?.assessedAt).toBe(NOW);
  });

  test("one that says something new replaces it", async () => {
    const bench = await moved();
    await judged(bench, OLD);
    await bench.run(assess, JOB);
    bench.clock.advance(HOUR_MS);
    await listed(bench, OLD, libericaRelease(1));
    await bench.run(assess, JOB);
    expect(await assessed(bench)).toMatchObject({ class: "unassessed", assessedAt: later(NOW, HOUR_MS) });
  });

  test.each([
    { title: "newer advisories that say the same are nothing new on the same day", byMs: HOUR_MS, at: NOW },
    { title: "and are once a day", byMs: DAY_MS, at: later(NOW, DAY_MS) },
  ])("$title", async ({ byMs, at }) => {
    const store = createWrittenStore();
    const before = await moved({ advisories: advisoriesOf(later(NOW, -HOUR_MS)), store });
    await before.run(assess, JOB);
    const after = createBench({ advisories: advisoriesOf(NOW), store });
    after.clock.advance(byMs);
    await after.run(assess, JOB);
    expect((await assessed(after))?.assessedAt).toBe(at);
  });
});

const UPDATE = { line: MUSL, from: OLD, to: NEXT, superseded: [] };
const OPEN: ProposalRecord = {
  ...KEY,
  branch: "hullkeeper/bellsoft",
  number: 7,
  url: "https://github.example/acme/shop/pull/7",
  title: "title",
  state: "open",
  headCommit: "c".repeat(40),
  contentHash: "h",
  updates: [UPDATE],
  openedAt: NOW,
  checkedAt: NOW,
};

/** What is enqueued by the second time. */
const assessedAgain = async (record: ProposalRecord | undefined): Promise<Bench["jobs"]> => {
  const bench = await moved();
  await bench.run(assess, JOB);
  if (record !== undefined) await bench.store.saveProposal(record);
  const before = bench.jobs.length;
  await bench.run(assess, JOB);
  return bench.jobs.slice(before);
};

describe("an update that was assessed before", () => {
  test("is not handed on again while an open pull request proposes it", async () => {
    expect(await assessedAgain(OPEN)).toEqual([]);
  });

  test.each<{ readonly title: string; readonly record: ProposalRecord | undefined }>([
    { title: "where there is no pull request", record: undefined },
    { title: "where it was closed", record: { ...OPEN, state: "closed" } },
    { title: "where it was merged", record: { ...OPEN, state: "merged" } },
    { title: "where nobody told yet that it was opened", record: { ...OPEN, contentHash: "" } },
    {
      title: "where a warning stands in it",
      record: {
        ...OPEN,
        contentHash: flaggedHashOf([{ kind: "rejected", line: MUSL, to: NEXT, reason: "r", since: NOW }]),
      },
    },
    { title: "where it proposes another digest", record: { ...OPEN, updates: [{ ...UPDATE, to: OLD }] } },
    { title: "where it is about another pin", record: { ...OPEN, updates: [{ ...UPDATE, from: NEXT }] } },
    { title: "where it is about another tag", record: { ...OPEN, updates: [{ ...UPDATE, line: GLIBC }] } },
    {
      title: "where the branch was read since it was looked at",
      record: { ...OPEN, checkedAt: later(NOW, -DAY_MS) },
    },
  ])("is handed on $title", async ({ record }) => {
    expect(await assessedAgain(record)).toEqual([queued(PROPOSE, KEY)]);
  });

  test("is handed on when it says something new", async () => {
    const bench = await moved();
    await bench.run(assess, JOB);
    await bench.store.saveProposal(OPEN);
    const before = bench.jobs.length;
    await listed(bench, NEXT, libericaRelease(1));
    await bench.run(assess, JOB);
    expect(bench.jobs.slice(before)).toEqual([queued(PROPOSE, KEY)]);
  });
});

test("subscribers whose scan is gone pin nothing", async () => {
  const bench = await moved();
  const { store } = bench;
  const forgetful = { ...bench.context, store: { ...store, scansOf: () => Promise.resolve([]) } };
  await assess.handle(JOB, forgetful, new AbortController().signal);
  expect(bench.jobs).toEqual([]);
  expect((await store.watch(MUSL)).subscribers).toEqual([SHOP_MAIN]);
});

/** A digest that a tag was seen on. */
const looked = (of: Digest, more: Partial<Observation> = {}): Observation => ({
  digest: of,
  firstSeenAt: NOW,
  lastSeenAt: NOW,
  ...more,
});

describe("another index of the same images", () => {
  const content = digest("c0");

  test.each([
    {
      title: "is evidence only",
      history: [looked(OLD, { content }), looked(NEXT, { content })],
      is: "evidence-only",
    },
    {
      title: "is evidence only after others",
      history: [looked(OLD, { content }), looked(digest("aa"), { content }), looked(NEXT, { content })],
      is: "evidence-only",
    },
    {
      title: "that it came back to is a step backwards",
      history: [looked(OLD, { content }), looked(digest("aa")), looked(NEXT, { content })],
      is: "moved-backwards",
    },
    {
      title: "is not known to be one when the old one was not read",
      history: [looked(OLD), looked(NEXT, { content })],
      is: "unassessed",
    },
    {
      title: "neither when the old one was never seen",
      history: [looked(NEXT, { content })],
      is: "unassessed",
    },
    {
      title: "is none when it lists others",
      history: [looked(OLD, { content }), looked(NEXT, { content: digest("c1") })],
      is: "unassessed",
    },
  ])("$title", async ({ history, is }) => {
    const bench = await moved();
    await saveRecord(bench.store, MUSL, { history, checkedAt: NOW }, NOW);
    await bench.run(assess, JOB);
    expect((await assessed(bench))?.class).toBe(is);
  });
});
