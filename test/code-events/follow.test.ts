import { describe, expect, it, test } from "vitest";
import type { CodeEvent } from "../../src/code-events/event.ts";
import {
  CHECKS_DELAY_MS,
  followingOf,
  isSettings,
  type KnownProposal,
  type KnownRepository,
  LISTING_DELAY_MS,
  subjectOf,
} from "../../src/code-events/follow.ts";
import { instantOf, later } from "../../src/time.ts";

const NOW = instantOf(Date.UTC(2026, 10, 28, 12));
/** As it is written down, which need not be as GitHub writes it. */
const SHOP = { owner: "Acme", name: "shop" };
const THEIR_SHOP = { owner: "acme", name: "shop" };
const RULES = { isWanted: (path: string) => path.endsWith("Dockerfile") };
const PROPOSAL: KnownProposal = {
  codeRepository: SHOP,
  baseBranch: "main",
  group: "bellsoft",
  branch: "hullkeeper/bellsoft",
  number: 7,
  state: "open",
};
const KEY = { codeRepository: SHOP, baseBranch: "main", group: "bellsoft" };
const OTHER: KnownProposal = { ...PROPOSAL, group: "wolfi", branch: "hullkeeper/wolfi", number: 8 };
const KNOWN: KnownRepository = {
  scans: [{ codeRepository: SHOP, branch: "main" }],
  proposals: [PROPOSAL, OTHER],
};
const wanting = (...wanted: readonly string[]): KnownRepository => ({
  ...KNOWN,
  listing: { codeRepository: SHOP, wanted },
});
const NOTHING: KnownRepository = { scans: [], proposals: [] };
const DISCOVER = { kind: "discover", codeRepository: SHOP, at: NOW };

const pushed = (change: Partial<Extract<CodeEvent, { kind: "pushed" }>> = {}): CodeEvent => ({
  kind: "pushed",
  codeRepository: THEIR_SHOP,
  branch: "main",
  isDefault: true,
  files: { kind: "listed", paths: ["README.md", "Dockerfile"] },
  ...change,
});
const pull = (branch: string, isReopened = false): CodeEvent => ({
  kind: "pull-request",
  codeRepository: THEIR_SHOP,
  branch,
  isReopened,
});
const checked = (change: Partial<Extract<CodeEvent, { kind: "checked" }>> = {}): CodeEvent => ({
  kind: "checked",
  codeRepository: THEIR_SHOP,
  branches: ["hullkeeper/bellsoft"],
  apps: ["15368", "Iv1.ci"],
  ...change,
});
const asked = (number: number): CodeEvent => ({ kind: "asked", codeRepository: THEIR_SHOP, number });

describe("a push has a code repository scanned", () => {
  test.each([
    { title: "where a file that can name an image changed", event: pushed() },
    { title: "where it is not known what changed", event: pushed({ files: { kind: "unknown" } }) },
    {
      title: "on the branch that was read last, whatever is the default one now",
      event: pushed({ isDefault: false }),
    },
    { title: "on a branch that has become the default one", event: pushed({ branch: "trunk" }) },
    {
      title: "on a branch that is wanted by its name",
      event: pushed({ branch: "release", isDefault: false }),
      known: wanting("release"),
    },
    {
      title: "on a branch that was made a moment ago and that a pattern wants",
      event: pushed({ branch: "release/2.x", isDefault: false, files: { kind: "unknown" } }),
      known: wanting("$default", "release/*"),
    },
    {
      title: "on the default branch, which is wanted beside others",
      event: pushed({ branch: "trunk" }),
      known: wanting("release/*", "$default"),
    },
    {
      title: "where none of the branches that are wanted was there before",
      event: pushed({ branch: "release/1.x", isDefault: false }),
      known: { ...wanting("release/*"), scans: [] },
    },
  ])("$title", ({ event, known = KNOWN }) => {
    expect(followingOf(event, known, RULES, NOW)).toEqual({ kind: "looks", looks: [DISCOVER], wishes: [] });
  });

  it("once, where several of its branches are read", () => {
    const scans = [...KNOWN.scans, { codeRepository: SHOP, branch: "release" }];
    const following = followingOf(pushed(), { ...KNOWN, scans }, RULES, NOW);
    expect(following).toMatchObject({ looks: [DISCOVER] });
  });

  test.each([
    {
      title: "where only other files changed",
      event: pushed({ files: { kind: "listed", paths: ["README.md", "Dockerfile.md"] } }),
      reason: "other-files",
    },
    {
      title: "where no file changed",
      event: pushed({ files: { kind: "listed", paths: [] } }),
      reason: "other-files",
    },
    {
      title: "on another branch",
      event: pushed({ branch: "feature", isDefault: false }),
      reason: "other-branch",
    },
    {
      title: "on the default branch, where another is wanted",
      event: pushed({ branch: "trunk" }),
      known: wanting("release"),
      reason: "other-branch",
    },
    {
      title: "on a branch that no pattern wants",
      event: pushed({ branch: "release/1/x", isDefault: false }),
      known: wanting("$default", "release/*"),
      reason: "other-branch",
    },
    { title: "where it is not read", event: pushed(), known: NOTHING, reason: "not-known" },
  ])("but not $title", ({ event, known = KNOWN, reason }) => {
    expect(followingOf(event, known, RULES, NOW)).toEqual({ kind: "nothing", reason });
  });
});

describe("a pull request of ours is looked at", () => {
  const looked = { kind: "looks", looks: [{ kind: "propose", proposal: KEY, at: NOW }], wishes: [KEY] };

  test.each([
    { title: "by its branch", event: pull("hullkeeper/bellsoft") },
    { title: "by its branch, open again", event: pull("hullkeeper/bellsoft", true) },
    { title: "by its number", event: asked(7) },
  ])("$title", ({ event }) => {
    expect(followingOf(event, KNOWN, RULES, NOW)).toEqual(looked);
  });

  it("by way of a scan when it had ended and is open again", () => {
    const proposals = [{ ...PROPOSAL, state: "closed" } as const];
    expect(followingOf(pull("hullkeeper/bellsoft", true), { ...KNOWN, proposals }, RULES, NOW)).toEqual({
      kind: "looks",
      looks: [DISCOVER],
      wishes: [KEY],
    });
  });

  test.each([
    { title: "a branch that nobody knows", event: pull("hullkeeper/nobody") },
    { title: "a branch that nobody knows, open again", event: pull("hullkeeper/nobody", true) },
    { title: "a number that nobody knows", event: asked(70) },
    { title: "a repository that nobody knows", event: pull("hullkeeper/bellsoft"), known: NOTHING },
    {
      title: "one that has ended",
      event: asked(7),
      known: { ...KNOWN, proposals: [{ ...PROPOSAL, state: "merged" } as const] },
    },
  ])("but not for $title", ({ event, known = KNOWN }) => {
    expect(followingOf(event, known, RULES, NOW)).toEqual({ kind: "nothing", reason: "not-known" });
  });
});

describe("a check that came to a good end", () => {
  const awaited: KnownProposal = { ...PROPOSAL, mergesItself: true };
  const known: KnownRepository = { ...KNOWN, proposals: [awaited, OTHER] };

  it("has the pull request looked at that waits for it, a moment later, for they come in bursts", () => {
    const at = later(NOW, CHECKS_DELAY_MS);
    const following = { kind: "looks", looks: [{ kind: "propose", proposal: KEY, at }], wishes: [KEY] };
    expect(followingOf(checked(), known, RULES, NOW)).toEqual(following);
    expect(followingOf(checked(), known, { ...RULES, ownApp: "4711" }, NOW)).toEqual(following);
    const branches = ["hullkeeper/wolfi", "hullkeeper/bellsoft"];
    expect(followingOf(checked({ branches }), known, RULES, NOW)).toEqual(following);
  });

  test.each([
    { title: "a pull request that a person merges", event: checked(), known: KNOWN, reason: "not-awaited" },
    { title: "our own App, by its number", event: checked(), known, ownApp: "15368", reason: "own" },
    { title: "our own App, by its client id", event: checked(), known, ownApp: "Iv1.ci", reason: "own" },
    {
      title: "one that has ended",
      event: checked(),
      known: { ...KNOWN, proposals: [{ ...awaited, state: "merged" } as const] },
      reason: "not-known",
    },
    {
      title: "a branch that nobody knows",
      event: checked({ branches: ["hullkeeper/x"] }),
      known,
      reason: "not-known",
    },
    { title: "a repository that nobody knows", event: checked(), known: NOTHING, reason: "not-known" },
  ])("is nothing for $title", ({ event, known: facts, ownApp, reason }) => {
    const rules = ownApp === undefined ? RULES : { ...RULES, ownApp };
    expect(followingOf(event, facts, rules, NOW)).toEqual({ kind: "nothing", reason });
  });
});

describe("another default branch", () => {
  const event: CodeEvent = { kind: "default-branch", codeRepository: THEIR_SHOP };

  it("has it scanned", () => {
    expect(followingOf(event, KNOWN, RULES, NOW)).toEqual({ kind: "looks", looks: [DISCOVER], wishes: [] });
  });

  it("has it scanned where it is wanted beside others", () => {
    expect(followingOf(event, wanting("release", "$default"), RULES, NOW)).toMatchObject({
      looks: [DISCOVER],
    });
  });

  it("is nothing where names alone are wanted, or it is not read", () => {
    const nothing = { kind: "nothing", reason: "not-known" };
    expect(followingOf(event, wanting("main"), RULES, NOW)).toEqual(nothing);
    expect(followingOf(event, NOTHING, RULES, NOW)).toEqual(nothing);
  });
});

const gone = (branch: string): CodeEvent => ({
  kind: "branch-deleted",
  codeRepository: THEIR_SHOP,
  branch,
});

describe("a branch that is gone", () => {
  it("has its code repository scanned where it was read", () => {
    expect(followingOf(gone("main"), KNOWN, RULES, NOW)).toEqual({
      kind: "looks",
      looks: [DISCOVER],
      wishes: [],
    });
  });

  test.each([
    { title: "one that is not read", known: KNOWN, reason: "other-branch" },
    {
      title: "one of a pattern that was not there before",
      known: wanting("feature*"),
      reason: "other-branch",
    },
    { title: "one of a code repository that is not read", known: NOTHING, reason: "not-known" },
  ])("is nothing: $title", ({ known, reason }) => {
    expect(followingOf(gone("feature"), known, RULES, NOW)).toEqual({ kind: "nothing", reason });
  });
});

test("other code repositories are listed a moment later, for changes come in bursts", () => {
  const event: CodeEvent = { kind: "repositories" };
  expect(subjectOf(event)).toBeUndefined();
  expect(followingOf(event, NOTHING, RULES, NOW)).toEqual({
    kind: "looks",
    looks: [{ kind: "repositories", at: later(NOW, LISTING_DELAY_MS) }],
    wishes: [],
  });
});

test.each([
  { path: ".github/hullkeeper.yml", is: true },
  { path: ".github/hullkeeper.yaml", is: true },
  { path: "hullkeeper.yml", is: false },
  { path: "services/.github/hullkeeper.yml", is: false },
  { path: ".github/hullkeeper.yml.orig", is: false },
])("$path is where owners say how it is dealt with: $is", ({ path, is }) => {
  expect(isSettings(path)).toBe(is);
});
