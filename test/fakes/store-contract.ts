import { packedOf } from "../../src/sbom/packed.ts";
import { type PackedVex, packedVexOf } from "../../src/sbom/vex-documents.ts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseDigest } from "../../src/image/digest.ts";
import { type ImageLine, parseRepository, parseTag } from "../../src/image/reference.ts";
import type { DueWork, ProposalRecord, Store, StoreEvent, VerdictRecord } from "../../src/ports/store.ts";
import type { CodeBranch } from "../../src/proposal/plan.ts";
import type { ComponentList } from "../../src/sbom/component.ts";
import type { BranchListing } from "../../src/ports/repositories.ts";
import { type Instant, instantOf, later } from "../../src/time.ts";
import { PUSH_ELSEWHERE_GAP_MS, PUSH_GAP_MS } from "../../src/watch/push.ts";
import type { TagRecord } from "../../src/watch/tag-record.ts";
import type { Scan, ScannedPlace } from "../../src/watch/scan.ts";
import { saveLook } from "./look.ts";
import { diffWith } from "../fixtures/diffs.ts";
import { componentFrom } from "../fixtures/lists.ts";

const T0 = instantOf(Date.UTC(2026, 10, 24, 12));
const digest = (hex: string) => parseDigest(`sha256:${hex.repeat(64)}`);
const line = (repository: string, tag: string): ImageLine => ({
  repository: parseRepository(repository),
  tag: parseTag(tag),
});
const JRE = line("bellsoft/hardened-liberica-runtime-container", "jre-25-musl");
const JDK = line("bellsoft/hardened-liberica-runtime-container", "jdk-25-musl");
const BASE = line("127.0.0.1:5000/bellsoft/hardened-base", "musl");
const handled = (image: ImageLine, lineNumber = 1): ScannedPlace => ({
  path: "Dockerfile",
  line: lineNumber,
  raw: "raw",
  state: { kind: "handled", line: image, digest: digest("a"), profile: "bellsoft" },
});
const at = (name: string, branch = "main"): CodeBranch => ({
  codeRepository: { owner: "acme", name },
  branch,
});
const scan = (name: string, places: readonly ScannedPlace[], branch?: string): Scan => ({
  ...at(name, branch),
  commit: "c".repeat(40),
  scannedAt: T0,
  places,
  skipped: [],
});
const listingOf = (name: string, listedAt: Instant): BranchListing => ({
  codeRepository: { owner: "acme", name },
  listedAt,
  wanted: ["$default", "release/*"],
  branches: ["main", "release/1.x"],
  missing: ["gone"],
  leftOutCount: 3,
  isPartial: true,
});
const seenPlace = (image?: ImageLine): ScannedPlace => ({
  path: "Dockerfile",
  line: 1,
  raw: "raw",
  state:
    image === undefined
      ? { kind: "seen", reason: "no-profile" }
      : { kind: "seen", reason: "not-pinned", line: image, profile: "bellsoft" },
});
const KEY = { codeRepository: { owner: "acme", name: "shop" }, baseBranch: "main", group: "bellsoft" };
const PROPOSAL: ProposalRecord = {
  ...KEY,
  branch: "hullkeeper/bellsoft",
  number: 1,
  url: "https://github.example/acme/shop/pull/1",
  title: "title",
  state: "open",
  headCommit: "c".repeat(40),
  contentHash: "h",
  mergesItself: true,
  updates: [{ line: JRE, from: digest("a"), to: digest("b"), superseded: [] }],
  dueAt: later(T0, 1),
  openedAt: T0,
  checkedAt: T0,
};
function vexDocuments(...names: readonly string[]): PackedVex {
  const predicateType = "https://openvex.dev/ns";
  const packed = packedVexOf(names.map((name) => ({ predicateType, predicate: { name } })));
  if (packed === undefined) throw new Error("nothing was packed");
  return packed;
}

const componentList = (tool: string): ComponentList => ({
  format: "cyclonedx",
  specVersion: "1.6",
  tool,
  components: [],
  skipped: [],
});
const eventOf = (key: string): StoreEvent => ({
  kind: "tag-moved",
  at: T0,
  subject: "s",
  message: `m ${key}`,
  key,
});

/**
 * What every {@link Store} does, whatever it is made of.
 *
 * @param open makes an empty store
 * @param close ends what `open` began
 */
export function describeStore(
  title: string,
  open: () => Promise<Store>,
  close: (store: Store) => Promise<void> = async () => {},
): void {
  describe(`${title}: store contract`, () => {
    let store: Store;
    const current = (): Store => store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(async () => {
      await close(store);
    });

    describeWatches(current);
    describeRecords(current);
    describeProposals(current);
    describeEvents(current);
    describeDueWork(current);
    describePushes(current);
    describePolls(current);
  });
}

function describeWatches(store: () => Store): void {
  it("has nothing about what it was never told", async () => {
    expect(await store().scan(at("shop"))).toBeUndefined();
    expect(await store().scans()).toEqual([]);
    expect(await store().linesOf(JRE.repository)).toEqual([]);
    expect(await store().watches()).toEqual([]);
    expect(await store().watch(JRE)).toEqual({ line: JRE, subscribers: [], history: [] });
  });

  it("subscribes the lines of a scan, one subscriber per code repository", async () => {
    await store().saveScan(scan("shop", [handled(JRE), handled(JRE, 2), handled(BASE)]));
    await store().saveScan(scan("pay", [handled(JRE), handled(JDK)]));
    expect(await store().linesOf(JRE.repository)).toEqual([JDK, JRE]);
    expect(
      (await store().watches()).map((watch) => [
        watch.line,
        watch.subscribers.map((s) => s.codeRepository.name),
      ]),
    ).toEqual([
      [BASE, ["shop"]],
      [JDK, ["pay"]],
      [JRE, ["pay", "shop"]],
    ]);
    expect((await store().scans()).map(({ codeRepository }) => codeRepository.name)).toEqual(["pay", "shop"]);
  });

  it("keeps branches of one code repository apart", async () => {
    const branches = [
      scan("shop", [handled(JRE)]),
      scan("shop", [handled(JRE), handled(JDK)], "release/1.x#a"),
    ];
    for (const each of [...branches, scan("shop-2", [])]) await store().saveScan(each);
    expect(await store().scansIn({ owner: "acme", name: "shop" })).toEqual(branches);
    expect(await store().scansIn({ owner: "acme", name: "pay" })).toEqual([]);
    expect(await store().scans()).toEqual([...branches, scan("shop-2", [])]);
    expect(await store().scan(at("shop", "release/1.x#a"))).toEqual(branches[1]);
    expect((await store().watch(JRE)).subscribers).toEqual([at("shop"), at("shop", "release/1.x#a")]);

    await store().saveScan(scan("shop", [], "release/1.x#a"));
    expect((await store().watches()).map((watch) => [watch.line, watch.subscribers])).toEqual([
      [JRE, [at("shop")]],
    ]);
  });

  it("keeps which branches of each code repository are read, until that is taken away", async () => {
    const [shop, pay] = ["shop", "pay"].map((name) => ({ owner: "acme", name }));
    if (shop === undefined || pay === undefined) throw new Error("no code repositories");
    expect(await store().branchListing(shop)).toBeUndefined();
    for (const listing of [listingOf("shop", T0), listingOf("pay", T0), listingOf("shop", later(T0, 1))]) {
      await store().saveBranchListing(listing);
    }
    expect(await store().branchListing(shop)).toEqual(listingOf("shop", later(T0, 1)));
    expect(await store().branchListings()).toEqual([listingOf("pay", T0), listingOf("shop", later(T0, 1))]);
    await store().removeBranchListing(shop);
    await store().removeBranchListing(shop);
    expect(await store().branchListing(shop)).toBeUndefined();
    expect(await store().branchListing(pay)).toEqual(listingOf("pay", T0));
  });

  it("watches a seen place that a profile claims, and no other seen place", async () => {
    await store().saveScan(scan("shop", [seenPlace(JRE), seenPlace()]));
    expect((await store().watches()).map((watch) => watch.line)).toEqual([JRE]);
  });

  it("keeps with a scan what its owners say, and by what it was read", async () => {
    const own = {
      path: ".github/hullkeeper.yml",
      settings: {
        enabled: true,
        ignorePaths: ["a/**"],
        images: { deny: ["redis"] },
        files: { shell: true, matchers: [{ files: ["a"], line: "{reference}" }] },
        group: "line",
        pin: "propose",
        labels: ["a"],
        assignees: ["b"],
        reviewers: ["c"],
        codeowners: true,
        milestone: "d",
        baseBranches: ["release/*"],
      },
      faults: [{ path: "x", line: 1, column: 2, reason: "y" }],
      ignoredCount: 3,
      told: { commit: "c".repeat(40), faults: "h" },
    } as const;
    const beside = { home: "main", isNamed: true, isUnsubscribed: true, isLeft: true } as const;
    const kept = { ...scan("shop", [handled(JRE)]), readBy: "r", own, ...beside };
    await store().saveScan(kept);
    expect(await store().scan(kept)).toEqual(kept);
  });

  it("keeps what files held, for each branch, until it is taken away", async () => {
    const shop = at("shop");
    const index = { commit: "c".repeat(40), readBy: "r", files: [{ path: "a", blob: "b".repeat(40) }] };
    expect(await store().fileIndex(shop)).toBeUndefined();
    await store().saveFileIndex(shop, index);
    await store().saveFileIndex(at("pay"), { ...index, files: [] });
    await store().saveFileIndex(at("shop", "release"), { ...index, files: [] });
    expect(await store().fileIndex(shop)).toEqual(index);
    await store().saveFileIndex(shop, undefined);
    expect(await store().fileIndex(shop)).toBeUndefined();
  });

  it("replaces the subscriptions of a scan with those of the next", async () => {
    await store().saveScan(scan("shop", [handled(JRE), handled(BASE)]));
    await store().saveScan(scan("shop", [handled(JDK)]));
    expect((await store().watches()).map((watch) => watch.line)).toEqual([JDK]);
    expect(await store().linesOf(BASE.repository)).toEqual([]);
    expect(await store().scan(at("shop"))).toEqual(scan("shop", [handled(JDK)]));
  });

  it("keeps history and last answer through a failed look, and forgets the failure at the next answer", async () => {
    const history = [{ digest: digest("a"), firstSeenAt: T0, lastSeenAt: T0 }];
    await store().saveScan(scan("shop", [handled(JRE)]));
    await saveLook(store(), JRE, { kind: "answered", history, at: T0 });
    const failure = { code: "registry-timeout", message: "no answer in 10 s", at: later(T0, 60_000) };
    await saveLook(store(), JRE, { kind: "failed", ...failure });
    expect(await store().watch(JRE)).toMatchObject({ history, checkedAt: T0, failure });
    await saveLook(store(), JRE, { kind: "answered", history, at: later(T0, 120_000) });
    const watch = await store().watch(JRE);
    expect(watch.checkedAt).toBe(later(T0, 120_000));
    expect(watch.failure).toBeUndefined();
  });

  it("knows no last answer when the first look failed", async () => {
    await saveLook(store(), JRE, { kind: "failed", code: "registry-timeout", message: "no answer", at: T0 });
    const watch = await store().watch(JRE);
    expect(watch.checkedAt).toBeUndefined();
    expect(watch.history).toEqual([]);
    expect(watch.failure?.code).toBe("registry-timeout");
  });
}

function describePolls(store: () => Store): void {
  const record: TagRecord = {
    history: [
      {
        digest: digest("a"),
        firstSeenAt: T0,
        lastSeenAt: T0,
        source: "history",
        content: digest("c"),
        createdAt: T0,
        doubt: "created-earlier",
      },
    ],
    checkedAt: T0,
    held: { digest: digest("b"), since: T0 },
    missing: { since: T0, lastAt: T0, count: 2 },
    stale: { kind: "sla", measureMs: 5, since: T0 },
    failure: { code: "tag-missing", message: "m", at: T0 },
  };
  const poll = {
    round: { startedAt: T0, lists: "ignored" },
    cursor: "c",
    reconciledAt: T0,
    next: { at: later(T0, 7), reason: "hot" },
  } as const;
  const due: DueWork = { kind: "poll", repository: JRE.repository };

  it.each([
    { title: "that nobody knew", isKnown: false },
    { title: "that was looked at before, and that nobody subscribed to since", isKnown: true },
  ])("are due at once for a line $title", async ({ isKnown }) => {
    if (isKnown)
      await store().savePoll(JRE.repository, { looks: [{ tag: JRE.tag, record }], poll, lostAt: T0 });
    await store().unschedule(due);
    await store().saveScan(scan("shop", [handled(JRE), handled(JRE, 2)]));
    expect(await store().claimDue(T0, 1_000, 10)).toEqual([due]);
  });

  it("are as far away as they were for who else subscribes", async () => {
    await store().saveScan(scan("shop", [handled(JRE)]));
    await store().schedule(due, later(T0, 5), "set");
    await store().saveScan(scan("pay", [handled(JRE)]));
    expect(await store().firstDueAt()).toBe(later(T0, 5));
  });

  it("knows nothing of polls of what nobody watches", async () => {
    expect(await store().watched(JRE.repository)).toEqual({ watches: [], poll: {} });
  });

  it("keeps what a poll found, and gives all of it back with the watches of its repository alone", async () => {
    await store().saveScan(scan("shop", [handled(JRE), handled(BASE)]));
    await store().saveScan(scan("pay", [handled(JDK)]));
    await store().savePoll(JRE.repository, { looks: [{ tag: JRE.tag, record }], poll, lostAt: T0 });
    expect(await store().watched(JRE.repository)).toEqual({
      watches: [
        { line: JDK, subscribers: [at("pay")], history: [] },
        { line: JRE, subscribers: [at("shop")], ...record },
      ],
      poll,
    });
    expect(await store().watch(JRE)).toEqual({
      line: JRE,
      subscribers: [at("shop")],
      ...record,
    });
    expect(await store().watched(BASE.repository)).toMatchObject({ poll: {} });
  });

  it("replaces what is known of a tag, and leaves the other tags alone", async () => {
    await store().saveScan(scan("shop", [handled(JRE), handled(JDK)]));
    const looks = [JRE, JDK].map(({ tag }) => ({ tag, record }));
    await store().savePoll(JRE.repository, { looks, poll, lostAt: T0 });
    const next = { looks: [{ tag: JRE.tag, record: { history: [] } }], poll: {}, lostAt: T0 };
    await store().savePoll(JRE.repository, next);
    const { watches, poll: kept } = await store().watched(JRE.repository);
    expect(watches.map(({ history, missing }) => [history.length, missing?.count])).toEqual([
      [1, 2],
      [0, undefined],
    ]);
    expect(kept).toEqual({});
  });

  it("reads as many watches as there are", async () => {
    const lines = Array.from({ length: 1_100 }, (_, n) => line("bellsoft/hardened-base", `t${n}`));
    await store().saveScan(
      scan(
        "shop",
        lines.map((image) => handled(image)),
      ),
    );
    const { watches } = await store().watched(parseRepository("bellsoft/hardened-base"));
    expect(watches).toHaveLength(1_100);
    expect(await store().watches()).toHaveLength(1_100);
  });

  it.each([
    { title: "as it was set when the poll began", setMs: 3, dueMs: 7 },
    { title: "sooner, as somebody asked meanwhile", setMs: 2, dueMs: 2 },
    { title: "at what the poll says, where others are more patient", setMs: 9, dueMs: 7 },
    { title: "at what the poll says, where nothing is known", setMs: undefined, dueMs: 7 },
  ])("is due $title", async ({ setMs, dueMs }) => {
    if (setMs !== undefined) await store().schedule(due, later(T0, setMs), "set");
    await store().savePoll(JRE.repository, { looks: [], poll, lostAt: later(T0, 3) });
    expect(await store().firstDueAt()).toBe(later(T0, dueMs));
    await store().savePoll(JRE.repository, { looks: [], poll: {}, lostAt: later(T0, 3) });
    expect(await store().firstDueAt()).toBe(later(T0, dueMs));
  });

  it("keeps the poll that a push brought about while another was going on", async () => {
    await store().saveScan(scan("shop", [handled(JRE)]));
    await store().schedule(due, later(T0, 900_000), "set");
    await store().noticePush(JRE.repository, JRE.tag, T0);
    expect((await store().watched(JRE.repository)).pushedAt).toBe(T0);
    await store().savePoll(JRE.repository, { looks: [], poll, lostAt: later(T0, 900_000) });
    expect(await store().firstDueAt()).toBe(T0);
  });

  it("is new once, whatever else was written before", async () => {
    await store().schedule(due, T0, "set");
    expect(await store().markKnown()).toBe("new");
    expect(await store().markKnown()).toBe("known");
  });

  it("claims a poll that is due later than any can be, and nothing else that is", async () => {
    const DAY = 86_400_000;
    const discover: DueWork = { kind: "discover", codeRepository: { owner: "acme", name: "shop" } };
    await store().schedule(discover, later(T0, 400 * DAY), "set");
    await store().schedule(due, later(T0, 2 * DAY), "set");
    expect(await store().claimDue(T0, 1_000, 10)).toEqual([]);
    expect(await store().claimDue(T0, 1_000, 10, 2 * DAY)).toEqual([]);
    expect(await store().claimDue(T0, 1_000, 10, 2 * DAY - 1)).toEqual([due]);
    expect(await store().firstDueAt()).toBe(later(T0, 1_000));
  });
}

function describeRecords(store: () => Store): void {
  it("gives those verdicts and scans of many that there are", async () => {
    const [a, b] = ["a", "b"].map((hex) => ({ repository: JRE.repository, digest: digest(hex) }));
    if (a === undefined || b === undefined) throw new Error("no images");
    const verdict = { kind: "unverifiable", reason: "no keys" } as const;
    const facts = { verdict, policyHash: "p", since: T0, checkedAt: T0, platforms: [] };
    await store().saveVerdict({ ...facts, image: a });
    expect(await store().verdicts([])).toEqual([]);
    expect(await store().verdicts([b])).toEqual([]);
    expect(await store().verdicts([b, a])).toEqual([{ ...facts, image: a }]);

    await store().saveScan(scan("shop", [handled(JRE)]));
    const names = ["pay", "shop"].map((name) => at(name));
    expect(await store().scansOf([])).toEqual([]);
    expect(await store().scansOf(names)).toEqual([scan("shop", [handled(JRE)])]);
  });

  it("keeps a verdict per repository and digest", async () => {
    const image = { repository: JRE.repository, digest: digest("a") };
    const record: VerdictRecord = {
      image,
      verdict: { kind: "unverifiable", reason: "no keys" },
      policyHash: "p",
      since: T0,
      checkedAt: T0,
      platforms: ["linux/amd64"],
    };
    expect(await store().verdict(image)).toBeUndefined();
    await store().saveVerdict(record);
    await store().saveVerdict({ ...record, checkedAt: later(T0, 5) });
    expect(await store().verdict(image)).toEqual({ ...record, checkedAt: later(T0, 5) });
    expect(await store().verdict({ ...image, repository: BASE.repository })).toBeUndefined();
    expect(await store().verdict({ ...image, digest: digest("b") })).toBeUndefined();
  });

  it("keeps where component lists and VEX documents of a digest are", async () => {
    const image = { repository: BASE.repository, digest: digest("a") };
    const record: VerdictRecord = {
      image,
      verdict: { kind: "unverifiable", reason: "no key" },
      policyHash: "h",
      since: T0,
      checkedAt: T0,
      platforms: ["linux/amd64", "linux/arm64"],
      lists: [
        { digest: digest("b"), platform: "linux/amd64", format: "cyclonedx", tool: "syft" },
        { digest: digest("c"), platform: "linux/arm64" },
      ],
      vex: [{ digest: digest("b"), leftOut: 1 }],
      unreadLayers: [
        { digest: digest("c"), platform: "linux/arm64", reason: "no database", kind: "final" },
        { digest: digest("d"), reason: "403", kind: "refused" },
      ],
    };
    await store().saveVerdict(record);
    expect(await store().verdict(image)).toEqual(record);
  });

  it("keeps the last VEX documents of a digest, in their order", async () => {
    const [first, second] = [vexDocuments("old"), vexDocuments("b", "a")];
    expect(await store().vexDocuments(digest("a"))).toEqual([]);
    await store().saveVexDocuments(digest("a"), first);
    await store().saveVexDocuments(digest("a"), second);
    expect(await store().vexDocuments(digest("a"))).toEqual([{ name: "b" }, { name: "a" }]);
    expect(await store().vexDocuments(digest("b"))).toEqual([]);
  });

  it("keeps the last component list of a digest", async () => {
    expect(await store().components(digest("a"))).toBeUndefined();
    await store().saveComponents(digest("a"), packedOf(componentList("syft")));
    await store().saveComponents(digest("a"), packedOf(componentList("trivy")));
    expect((await store().components(digest("a")))?.tool).toBe("trivy");
  });

  it("keeps an assessment per direction", async () => {
    const assessment = {
      class: "rebuild",
      components: { kind: "not-compared", quality: "new-missing", reason: "r" },
      vulnerabilities: { kind: "not-assessed", reason: "r" },
      assessedAt: T0,
    } as const;
    await store().saveAssessment(JRE.repository, digest("a"), digest("b"), assessment);
    expect(await store().assessment(JRE.repository, digest("a"), digest("b"))).toEqual(assessment);
    expect(await store().assessment(JRE.repository, digest("b"), digest("a"))).toBeUndefined();
  });

  it("keeps what changed on each platform", async () => {
    const from = { ...componentFrom("pkg:apk/x/a@1"), licence: "MIT", isBuildMark: true, copies: 2 } as const;
    const to = { ...from, version: "2", licence: "ISC", architecture: "x86_64" };
    const diff = diffWith([
      { kind: "upgraded", from, to },
      { kind: "relicensed", from, to },
      { kind: "version-added", component: to },
    ]);
    const changes = [{ kind: "removed", component: from }] as const;
    const assessment = {
      class: "content",
      components: {
        kind: "compared",
        diff: { ...diff, own: [{ platform: "linux/arm64", changes }], removed: ["linux/386"] },
      },
      vulnerabilities: { kind: "not-assessed", reason: "r" },
      assessedAt: T0,
    } as const;
    await store().saveAssessment(JRE.repository, digest("c"), digest("d"), assessment);
    expect(await store().assessment(JRE.repository, digest("c"), digest("d"))).toEqual(assessment);
  });
}

function describeProposals(store: () => Store): void {
  it("keeps one proposal per code repository, base branch and group", async () => {
    expect(await store().proposal(KEY)).toBeUndefined();
    await store().saveProposal(PROPOSAL);
    await store().saveProposal({ ...PROPOSAL, title: "newer" });
    expect(await store().proposal(KEY)).toEqual({ ...PROPOSAL, title: "newer" });
    expect(await store().proposal({ ...KEY, group: "chainguard" })).toBeUndefined();
    expect(await store().proposals()).toHaveLength(1);
  });

  it("keeps first pins, which replace no digest, and the places that were declined", async () => {
    const pins: ProposalRecord = {
      ...PROPOSAL,
      group: "_pins",
      updates: [
        { line: JRE, to: digest("b"), paths: ["Dockerfile", "a b/ü"], superseded: [] },
        { line: JDK, to: digest("c"), superseded: [] },
      ],
      declinedPins: [{ line: JDK, path: "Dockerfile" }, { line: JRE }],
    };
    await store().saveProposal(pins);
    expect(await store().proposal({ ...KEY, group: "_pins" })).toEqual(pins);
  });

  it("is not changed by what a reader does with what it read", async () => {
    await store().saveProposal(PROPOSAL);
    const read = await store().proposal(KEY);
    if (read !== undefined) Reflect.set(read, "title", "changed");
    expect((await store().proposal(KEY))?.title).toBe("title");
  });
}

function describeEvents(store: () => Store): void {
  it("appends an event once per key and says so", async () => {
    expect(await store().append(eventOf("1"))).toBe(true);
    expect(await store().append({ ...eventOf("1"), message: "again" })).toBe(false);
    expect(await store().append(eventOf("2"))).toBe(true);
    expect(await store().events(10)).toEqual([eventOf("2"), eventOf("1")]);
  });

  it("gives at most as many events as asked for, newest first", async () => {
    for (const key of ["1", "2", "3"]) await store().append(eventOf(key));
    expect((await store().events(2)).map(({ key }) => key)).toEqual(["3", "2"]);
  });
}

function describeDueWork(store: () => Store): void {
  const poll: DueWork = { kind: "poll", repository: JRE.repository };
  const sla: DueWork = { kind: "sla" };
  const verify: DueWork = { kind: "verify", image: { repository: JRE.repository, digest: digest("a") } };
  const propose: DueWork = {
    kind: "propose",
    proposal: { codeRepository: { owner: "acme", name: "shop" }, baseBranch: "main", group: "bellsoft" },
  };
  const discover: DueWork = { kind: "discover", codeRepository: { owner: "acme", name: "shop" } };

  it("claims nothing before it is due", async () => {
    await store().schedule(poll, later(T0, 1), "set");
    expect(await store().claimDue(T0, 1_000, 10)).toEqual([]);
    expect(await store().claimDue(later(T0, 1), 1_000, 10)).toEqual([poll]);
  });

  it("claims every kind of work, the longest due first", async () => {
    const works = [sla, poll, propose, discover, verify];
    for (const [position, work] of works.entries()) await store().schedule(work, later(T0, position), "set");
    expect(await store().claimDue(later(T0, 10), 1_000, 10)).toEqual(works);
  });

  it("claims at most `limit`, and the rest at the next call", async () => {
    await store().schedule(poll, T0, "set");
    await store().schedule(sla, later(T0, 1), "set");
    expect(await store().claimDue(later(T0, 2), 1_000, 1)).toEqual([poll]);
    expect(await store().claimDue(later(T0, 2), 1_000, 1)).toEqual([sla]);
    expect(await store().claimDue(later(T0, 2), 1_000, 1)).toEqual([]);
  });

  it("gives claimed work again when its lease ran out", async () => {
    await store().schedule(poll, T0, "set");
    await store().claimDue(T0, 1_000, 10);
    expect(await store().claimDue(later(T0, 999), 1_000, 10)).toEqual([]);
    expect(await store().claimDue(later(T0, 1_000), 1_000, 10)).toEqual([poll]);
  });

  it("`set` moves work both ways, and there is one entry per identity", async () => {
    await store().schedule(poll, T0, "set");
    await store().schedule(poll, later(T0, 50), "set");
    expect(await store().claimDue(later(T0, 49), 1_000, 10)).toEqual([]);
    await store().schedule(poll, later(T0, 10), "set");
    expect(await store().claimDue(later(T0, 10), 1_000, 10)).toEqual([poll]);
  });

  it("`sooner` adds what is not there, and never puts off", async () => {
    await store().schedule(poll, later(T0, 50), "sooner");
    await store().schedule(poll, later(T0, 90), "sooner");
    await store().schedule(sla, later(T0, 50), "set");
    await store().schedule(sla, later(T0, 40), "sooner");
    expect(await store().claimDue(later(T0, 40), 1_000, 10)).toEqual([sla]);
    expect(await store().claimDue(later(T0, 50), 1_000, 10)).toEqual([poll]);
  });

  it("knows when the first work is due", async () => {
    expect(await store().firstDueAt()).toBeUndefined();
    await store().schedule(poll, later(T0, 20), "set");
    await store().schedule(verify, later(T0, 10), "set");
    expect(await store().firstDueAt()).toBe(later(T0, 10));
  });

  it("never claims what was unscheduled", async () => {
    await store().schedule(verify, T0, "set");
    await store().unschedule(verify);
    await store().unschedule(poll);
    expect(await store().claimDue(later(T0, 10), 1_000, 10)).toEqual([]);
  });
}

function describePushes(store: () => Store): void {
  const poll: DueWork = { kind: "poll", repository: JRE.repository };

  it.each([
    { title: "a repository that nobody subscribed to", repository: BASE.repository, tag: undefined },
    { title: "a tag that nobody subscribed to", repository: JRE.repository, tag: JDK.tag },
  ])("does nothing about a push to $title", async ({ repository, tag }) => {
    await store().saveScan(scan("shop", [handled(JRE)]));
    await store().schedule(poll, later(T0, 5), "set");
    expect(await store().noticePush(repository, tag, T0)).toBe("not-watched");
    expect(await store().firstDueAt()).toBe(later(T0, 5));
  });

  it("has a push of another tag polled where somebody may move, and the next not before a longer while", async () => {
    await store().saveScan(scan("shop", [handled(JRE)]));
    const listing = { askedAt: T0, newest: [] };
    const next = { at: later(T0, 3_600_000), reason: "base" } as const;
    await store().savePoll(JRE.repository, { looks: [], poll: { listing, next }, lostAt: T0 });
    expect(await store().noticePush(JRE.repository, JDK.tag, later(T0, 1))).toBe("noticed");
    const watched = await store().watched(JRE.repository);
    expect(watched.pushedElsewhereAt).toBe(later(T0, 1));
    // The tags that are watched are no reason to look often.
    expect(watched).not.toHaveProperty("pushedAt");
    expect(await store().claimDue(later(T0, 1), 3_600_000, 10)).toEqual([poll]);
    await store().noticePush(JRE.repository, JDK.tag, later(T0, 2));
    expect(await store().firstDueAt()).toBe(later(T0, 1 + PUSH_ELSEWHERE_GAP_MS));
    await store().saveScan(scan("shop", []));
    expect(await store().noticePush(JRE.repository, JDK.tag, later(T0, 3))).toBe("not-watched");
  });

  it("knows which repositories are watched", async () => {
    await store().saveScan(scan("shop", [handled(JRE)]));
    expect(await store().isWatched(JRE.repository)).toBe(true);
    expect(await store().isWatched(BASE.repository)).toBe(false);
    await store().saveScan(scan("shop", []));
    expect(await store().isWatched(JRE.repository)).toBe(false);
    expect(await store().noticePush(JRE.repository, undefined, T0)).toBe("not-watched");
  });

  it.each([{ tag: JRE.tag }, { tag: undefined }])("has a push polled at once: tag $tag", async ({ tag }) => {
    await store().saveScan(scan("shop", [handled(JRE)]));
    await store().schedule(poll, later(T0, 60_000), "set");
    expect(await store().noticePush(JRE.repository, tag, T0)).toBe("noticed");
    expect(await store().claimDue(T0, 1_000, 10)).toEqual([poll]);
  });

  it("never puts a poll off", async () => {
    await store().saveScan(scan("shop", [handled(JRE)]));
    await store().schedule(poll, later(T0, -5), "set");
    await store().noticePush(JRE.repository, undefined, T0);
    expect(await store().firstDueAt()).toBe(later(T0, -5));
  });

  it("makes one poll of many notices, and the next not before a while", async () => {
    await store().saveScan(scan("shop", [handled(JRE)]));
    for (let n = 0; n < 100; n += 1) await store().noticePush(JRE.repository, JRE.tag, later(T0, n));
    expect(await store().claimDue(later(T0, 100), 3_600_000, 10)).toEqual([poll]);
    await store().noticePush(JRE.repository, JRE.tag, later(T0, 200));
    expect(await store().firstDueAt()).toBe(later(T0, 99 + PUSH_GAP_MS));
  });

  it("notices at once when the clock was set back", async () => {
    await store().saveScan(scan("shop", [handled(JRE)]));
    await store().noticePush(JRE.repository, JRE.tag, later(T0, 86_400_000));
    await store().noticePush(JRE.repository, JRE.tag, T0);
    expect(await store().firstDueAt()).toBe(T0);
  });
}
