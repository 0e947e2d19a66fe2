import { describe, expect, test } from "vitest";
import type { Digest } from "../../src/image/digest.ts";
import type { ProposalRecord, VerdictRecord } from "../../src/ports/store.ts";
import { endOfPins, pinsPlanFor } from "../../src/steps/first-pins.ts";
import { HOUR_MS, later } from "../../src/time.ts";
import type { Verdict } from "../../src/trust/verdict.ts";
import type { Profile } from "../../src/vendor/profile.ts";
import type { TagRecord } from "../../src/watch/tag-record.ts";
import { placesUnder, type Scan, type ScannedPlace } from "../../src/watch/scan.ts";
import { saveRecord } from "../fakes/look.ts";
import { BASE, createBench, digest, GLIBC, MUSL, NOW, profileOf, SHOP } from "../workers/bench.ts";
import { judged } from "../workers/facts.ts";
import { PINS, PINS_BRANCH, pinning } from "../workers/first-pins-bench.ts";

const FIRST = digest("f1");
const SECOND = digest("5ec");

const bare = (path = "Dockerfile", line = MUSL): ScannedPlace => ({
  path,
  line: 1,
  raw: `bellsoft/hardened-base:${line.tag}`,
  state: { kind: "seen", reason: "not-pinned", isPinnable: true, line, profile: "bellsoft" },
});
const scanOf = (places: readonly ScannedPlace[], change: Partial<Scan> = {}): Scan => ({
  codeRepository: SHOP,
  branch: "main",
  commit: "",
  scannedAt: NOW,
  places,
  skipped: [],
  ...change,
});
const looked = (...digests: readonly Digest[]): TagRecord => ({
  history: digests.map((each) => ({ digest: each, firstSeenAt: NOW, lastSeenAt: NOW })),
  checkedAt: NOW,
});
const openTo = (to: Digest, paths?: readonly string[]): ProposalRecord => ({
  ...PINS,
  branch: PINS_BRANCH,
  number: 1,
  url: "",
  title: "",
  state: "open",
  headCommit: "",
  contentHash: "",
  updates: [{ line: MUSL, to, superseded: [], ...(paths === undefined ? {} : { paths }) }],
  openedAt: NOW,
  checkedAt: NOW,
});
const REJECTED: Verdict = {
  kind: "rejected",
  reason: "signature-key-unknown",
  detail: "",
  results: [],
  skipped: [],
};
const AWAITING: Verdict = { kind: "awaiting-evidence", missing: "signature", results: [], skipped: [] };
const UNVERIFIABLE: Verdict = { kind: "unverifiable", reason: "no key is configured" };

interface Scene {
  readonly places?: readonly ScannedPlace[];
  readonly scan?: Partial<Scan>;
  readonly tag?: TagRecord;
  /** Verified where nothing is said. */
  readonly verdicts?: readonly (readonly [Digest, Partial<VerdictRecord>])[];
  readonly current?: ProposalRecord;
  readonly profile?: Partial<Profile>;
  readonly pin?: Parameters<typeof pinning>[0];
  readonly approved?: Digest;
  readonly key?: typeof PINS;
}

async function planned(scene: Scene) {
  const { places = [bare()], tag = looked(FIRST), pin = "propose", key = PINS } = scene;
  const verdicts = scene.verdicts ?? [[FIRST, {}]];
  const profiles = [{ ...profileOf(), ...scene.profile }];
  const { context, store } = createBench({ policies: pinning(pin), profiles });
  await store.saveScan(scanOf(places, scene.scan));
  await saveRecord(store, MUSL, tag, NOW);
  for (const [of, change] of verdicts) await judged({ store }, of, change);
  if (scene.approved !== undefined) {
    await store.approve({ line: MUSL, digest: scene.approved, by: "alex", reason: "meant", at: NOW });
  }
  return pinsPlanFor({ key, current: scene.current, context });
}

describe("a tag without a digest is pinned", () => {
  test.each<Scene & { title: string; to?: Digest; left?: true; paths?: readonly string[] }>([
    { title: "to the digest it stands at" },
    {
      title: "that is not known to be gone",
      tag: { ...looked(FIRST), missing: { since: NOW, lastAt: NOW, count: 1 } },
    },
    {
      title: "whose last look failed",
      tag: { ...looked(FIRST), failure: { code: "x", message: "", at: NOW } },
    },
    { title: "to the newest", tag: looked(FIRST, SECOND), verdicts: [[SECOND, {}]], to: SECOND },
    {
      title: "to what somebody approved of though it stepped back",
      tag: looked(FIRST, SECOND, FIRST),
      approved: FIRST,
    },
    {
      title: "to what it steps back to, where that is proposed",
      tag: looked(FIRST, SECOND, FIRST),
      current: openTo(FIRST),
    },
    {
      title: "to what is proposed, where it moved on to what is rejected",
      tag: looked(FIRST, SECOND),
      verdicts: [
        [FIRST, {}],
        [SECOND, { verdict: REJECTED }],
      ],
      current: openTo(FIRST),
      left: true,
    },
    {
      title: "to what is proposed, where it moved on to what nobody judged",
      tag: looked(FIRST, SECOND),
      current: openTo(FIRST),
      left: true,
    },
    {
      title: "there alone where that is proposed",
      places: [bare("a"), bare("b")],
      tag: looked(FIRST, SECOND),
      current: openTo(FIRST, ["a"]),
      left: true,
      paths: ["a"],
    },
    { title: "in all of its places", places: [bare("a"), bare("b")], paths: ["a", "b"] },
    {
      title: "where another file was declined",
      places: [bare("a"), bare("b")],
      current: { ...openTo(FIRST), state: "closed", declinedPins: [{ line: MUSL, path: "a" }] },
      paths: ["b"],
    },
    {
      title: "where another tag was declined everywhere",
      current: { ...openTo(FIRST), state: "closed", declinedPins: [{ line: GLIBC }] },
    },
  ])("$title", async ({ to = FIRST, left, paths = ["Dockerfile"], ...scene }) => {
    const plan = await planned(scene);
    expect(plan?.updates.map((pin) => [pin.line, pin.to, pin.isLeft])).toEqual([[MUSL, to, left]]);
    expect(plan?.updates[0]?.places.map(({ path }) => path)).toEqual(paths);
  });
});

describe("nothing is planned", () => {
  test.each<Scene & { title: string }>([
    { title: "where the policy follows tags", pin: "follow" },
    { title: "where the policy wants no digests", pin: "never" },
    { title: "of another branch than the one that was read", key: { ...PINS, baseBranch: "release" } },
    { title: "where no place is bare", places: [] },
    { title: "of a profile that only observes", profile: { mode: "observed" } },
    { title: "of a profile that is gone", profile: { id: "other" } },
    { title: "of a tag nobody asked about", tag: { history: [] } },
    {
      title: "of a tag that is gone",
      tag: { ...looked(FIRST), missing: { since: NOW, lastAt: later(NOW, 2 * HOUR_MS), count: 3 } },
    },
    { title: "that nobody judged", verdicts: [] },
    { title: "that is rejected", verdicts: [[FIRST, { verdict: REJECTED }]] },
    { title: "that has no evidence", verdicts: [[FIRST, { verdict: AWAITING }]] },
    { title: "that cannot be verified", verdicts: [[FIRST, { verdict: UNVERIFIABLE }]] },
    {
      title: "of a tag that stepped back",
      tag: looked(FIRST, SECOND, FIRST),
      verdicts: [
        [FIRST, {}],
        [SECOND, {}],
      ],
    },
    {
      title: "that was declined in this file",
      current: { ...openTo(FIRST), state: "closed", declinedPins: [{ line: MUSL, path: "Dockerfile" }] },
    },
    {
      title: "that was declined everywhere",
      current: { ...openTo(FIRST), state: "closed", declinedPins: [{ line: MUSL }] },
    },
    {
      title: "that was proposed, and ended, and is not verified now",
      tag: looked(FIRST, SECOND),
      current: { ...openTo(FIRST), state: "merged" },
    },
    {
      title: "where what is proposed is not verified any more either",
      verdicts: [[FIRST, { verdict: REJECTED }]],
      current: openTo(FIRST),
    },
    {
      title: "where the owners want nothing of us",
      scan: { own: { path: ".github/hullkeeper.yml", settings: { enabled: false }, faults: [] } },
    },
  ])("$title", async (scene) => {
    expect(await planned(scene)).toBeUndefined();
  });
});

/** A place that no digest can be put at, or that is nobody's. */
const seen = (
  state: Partial<Extract<ScannedPlace["state"], { kind: "seen" }>>,
  raw = "x:1",
): ScannedPlace => ({
  path: "other",
  line: 7,
  raw,
  state: { kind: "seen", reason: "not-pinned", profile: "bellsoft", ...state },
});

describe("what is not pinned is named, with the reason", () => {
  test.each<{ title: string; place: ScannedPlace; reason: string | undefined }>([
    { title: "no tag", place: seen({}), reason: "it has no tag: which digest is meant is not known" },
    {
      title: "no place for it",
      place: seen({ line: MUSL }),
      reason: "there is no place where a digest could be put",
    },
    {
      title: "a generated file",
      place: seen({ reason: "generated", line: MUSL }),
      reason: "in a file that a program makes: change what it is made from",
    },
    {
      title: "another tag that is not known",
      place: { ...bare("other", GLIBC), line: 7 },
      reason: "its tag was not asked about yet",
    },
    {
      title: "a digest that is there",
      place: seen({ reason: "embedded", line: MUSL }, `x:1@${FIRST}`),
      reason: undefined,
    },
    { title: "a digest alone", place: seen({ reason: "tag-unknown" }), reason: undefined },
    { title: "an ended service", place: seen({ reason: "service-ended" }), reason: undefined },
    { title: "what the policy wants so", place: seen({ reason: "pin-never" }), reason: undefined },
    {
      title: "nobody's image",
      place: { ...seen({}), state: { kind: "seen", reason: "no-profile" } },
      reason: undefined,
    },
  ])("$title", async ({ place, reason }) => {
    const plan = await planned({ places: [bare(), place] });
    expect(plan?.notPinned).toEqual(
      reason === undefined ? [] : [{ path: "other", line: 7, raw: place.raw, reason }],
    );
  });

  test("in the order of files and lines, whatever that of the scan", async () => {
    const places = [seen({}), { ...seen({}), line: 2 }, { ...seen({}), path: "a" }];
    const one = await planned({ places: [bare(), ...places] });
    const other = await planned({ places: [...places.toReversed(), bare()] });
    expect(one?.notPinned.map(({ path, line }) => `${path}:${line}`)).toEqual(["a:7", "other:2", "other:7"]);
    expect(other).toEqual(one);
  });
});

describe("an open pull request of first pins", () => {
  const settings = { policies: pinning("propose") };
  const handled: ScannedPlace = {
    path: "Dockerfile",
    line: 1,
    raw: "",
    state: { kind: "handled", line: MUSL, digest: FIRST, profile: "bellsoft" },
  };
  test.each<{ title: string; scan: Scan | undefined; paths?: readonly string[]; end: "Done" | undefined }>([
    { title: "goes on while a place is bare", scan: scanOf([bare()]), end: undefined },
    {
      title: "goes on while one of its places is bare",
      scan: scanOf([handled, bare("b")]),
      paths: ["Dockerfile", "b"],
      end: undefined,
    },
    { title: "goes on without a scan", scan: undefined, end: undefined },
    {
      title: "goes on where nobody looks any more",
      scan: scanOf([], { isUnsubscribed: true }),
      end: undefined,
    },
    { title: "is done when its place has a digest", scan: scanOf([handled]), end: "Done" },
    { title: "is done when its place is gone", scan: scanOf([]), end: "Done" },
    {
      title: "is done when only other files are bare",
      scan: scanOf([bare("b")]),
      paths: ["Dockerfile"],
      end: "Done",
    },
    {
      title: "is done when only other tags are bare",
      scan: scanOf([bare("Dockerfile", GLIBC)]),
      end: "Done",
    },
  ])("$title", ({ scan, paths, end }) => {
    const why = endOfPins(openTo(FIRST, paths), scan, settings);
    expect(why?.split(":", 1)[0]).toBe(end);
  });

  test.each(["follow", "never"] as const)("ends when the policy says %s", (pin) => {
    expect(endOfPins(openTo(FIRST), scanOf([bare()]), { policies: pinning(pin) })).toMatch(/policy/);
  });
});

test("the tag of another repository of that name is another", async () => {
  const other = { ...MUSL, repository: { ...BASE, registry: "evil.example" } };
  const plan = await planned({ places: [bare("Dockerfile"), bare("b", other)] });
  expect(plan?.updates.map(({ line }) => line.repository.registry)).toEqual(["docker.io"]);
});

test("an image that the owners leave out is not pinned, and that is said", async () => {
  const own = { images: { deny: ["docker.io/bellsoft/hardened-base"] } };
  const kept = { ...MUSL, repository: { ...BASE, path: "bellsoft/hardened-other" } };
  const places = placesUnder(own, [bare(), bare("b", kept)]);
  expect(places.map(({ state }) => state)).toMatchObject([
    { reason: "left-out", line: MUSL },
    { isPinnable: true },
  ]);
  expect(places[0]?.state).not.toHaveProperty("isPinnable");
  expect(await planned({ places: placesUnder(own, [bare()]) })).toBeUndefined();
  expect(endOfPins(openTo(FIRST), scanOf(places), { policies: pinning("propose") })).toMatch(/^Done/);
});
