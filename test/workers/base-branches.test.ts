import { describe, expect, test } from "vitest";
import { ownFileReader } from "../../config/own-file.ts";
import { CodedError } from "../../src/errors.ts";
import { PROPOSE } from "../../src/queues.ts";
import { DAY_MS, later } from "../../src/time.ts";
import type { Scan } from "../../src/watch/scan.ts";
import { discover } from "../../workers/discover.ts";
import { propose } from "../../workers/propose.ts";
import { repositories } from "../../workers/repositories.ts";
import {
  allTimers,
  type Bench,
  createBench,
  digest,
  dockerfile,
  GLIBC,
  KEY,
  MUSL,
  NOW,
  queued,
  SHOP,
  SHOP_MAIN,
} from "./bench.ts";
import { ready } from "./propose-bench.ts";

/** Several base branches of one code repository. */

const OLD = digest("01d");
const NEXT = digest("4e4");
const RELEASE = "release/1.x";
const RELEASE_KEY = { ...KEY, baseBranch: RELEASE };
const at = (branch: string) => ({ codeRepository: SHOP, branch });

/** A code repository with two branches, each of which pins a line. */
async function branched(
  change: NonNullable<Parameters<typeof createBench>[0]> = {},
  files: Readonly<Record<string, string>> = {},
): Promise<Bench> {
  const bench = createBench({ baseBranches: ["$default", "release/*"], ...change });
  bench.codeHost.create(SHOP, { Dockerfile: dockerfile([MUSL, OLD]), ...files });
  bench.codeHost.push(SHOP, RELEASE, { Dockerfile: dockerfile([MUSL, OLD], [GLIBC, OLD]) });
  await scan(bench);
  return bench;
}

async function scan(bench: Bench): Promise<void> {
  await bench.run(discover, { codeRepository: SHOP });
}

async function scanOf({ store }: Bench, branch: string): Promise<Scan | undefined> {
  return store.scan(at(branch));
}

const branchesOf = async ({ store }: Bench): Promise<readonly string[]> =>
  (await store.scansIn(SHOP))
    .filter(({ isUnsubscribed }) => isUnsubscribed !== true)
    .map(({ branch }) => branch);
const asked = ({ codeHost }: Bench, from = 0): readonly string[] => codeHost.asked.slice(from);

describe("branches are read by themselves", () => {
  test("each has its places, and subscribes to its lines", async () => {
    const bench = await branched();
    expect((await scanOf(bench, "main"))?.places).toHaveLength(1);
    expect((await scanOf(bench, RELEASE))?.places).toHaveLength(2);
    expect((await bench.store.watch(MUSL)).subscribers).toEqual([SHOP_MAIN, at(RELEASE)]);
    expect((await bench.store.watch(GLIBC)).subscribers).toEqual([at(RELEASE)]);
  });

  test("all heads cost one question, and a branch that has not moved none more", async () => {
    const bench = await branched();
    expect(asked(bench)).toEqual(["heads acme/shop", "files acme/shop", "files acme/shop"]);
    const before = asked(bench).length;
    await scan(bench);
    expect(asked(bench, before)).toEqual(["heads acme/shop"]);
    bench.codeHost.push(SHOP, RELEASE, { Dockerfile: dockerfile([GLIBC, OLD]) });
    await scan(bench);
    expect(asked(bench, before + 1)).toEqual(["heads acme/shop", "files acme/shop"]);
    expect((await scanOf(bench, RELEASE))?.places).toHaveLength(1);
    expect((await bench.store.watch(MUSL)).subscribers).toEqual([SHOP_MAIN]);
  });

  test("what a new branch has in common with the first is not read twice", async () => {
    const bench = createBench({ baseBranches: ["$default", "release/*"] });
    const read: (readonly string[])[] = [];
    const files = bench.codeHost.files.bind(bench.codeHost);
    const listing: typeof files = async (...question) => {
      const found = await files(...question);
      read.push(found.files.map(({ path }) => path));
      return found;
    };
    Object.assign(bench.codeHost, { files: listing });
    bench.codeHost.create(SHOP, {
      Dockerfile: dockerfile([MUSL, OLD]),
      "app/Dockerfile": dockerfile([GLIBC, OLD]),
    });
    bench.codeHost.push(SHOP, RELEASE, { "app/Dockerfile": dockerfile([MUSL, NEXT]) });
    await scan(bench);
    expect(read).toEqual([["Dockerfile", "app/Dockerfile"], ["app/Dockerfile"]]);
    expect((await scanOf(bench, RELEASE))?.places.map(({ path, state }) => [path, state])).toEqual([
      ["Dockerfile", expect.objectContaining({ line: MUSL, digest: OLD })],
      ["app/Dockerfile", expect.objectContaining({ line: MUSL, digest: NEXT })],
    ]);
    bench.codeHost.push(SHOP, "release/2.x", { "README.md": "new" });
    await scan(bench);
    expect(read.slice(2)).toEqual([[]]);
    expect((await scanOf(bench, "release/2.x"))?.places).toEqual((await scanOf(bench, "main"))?.places);
  });

  test("one that cannot be read does not keep the others from it, and is tried again", async () => {
    const bench = await branched({ baseBranches: ["$default", RELEASE, "develop"] });
    bench.codeHost.push(SHOP, "develop", { Dockerfile: dockerfile([GLIBC, OLD]) });
    const bad = bench.codeHost.push(SHOP, RELEASE, { Dockerfile: dockerfile([GLIBC, NEXT]) });
    const files = bench.codeHost.files.bind(bench.codeHost);
    const refusing: typeof files = async (repository, commit, ...rest) => {
      if (commit === bad) throw new CodedError("code-host-too-large", "too many files");
      return files(repository, commit, ...rest);
    };
    Object.assign(bench.codeHost, { files: refusing });
    await expect(scan(bench)).rejects.toMatchObject({ code: "code-host-too-large" });
    expect((await scanOf(bench, "develop"))?.places).toHaveLength(1);
    expect((await scanOf(bench, RELEASE))?.places).toHaveLength(2);
    Object.assign(bench.codeHost, { files });
    await scan(bench);
    expect((await scanOf(bench, RELEASE))?.places).toHaveLength(1);
  });

  test("where the default branch alone is wanted, nothing of this is kept", async () => {
    const bench = createBench();
    bench.codeHost.create(SHOP, { Dockerfile: dockerfile([MUSL, OLD]) });
    bench.codeHost.push(SHOP, RELEASE, { Dockerfile: dockerfile([GLIBC, OLD]) });
    await scan(bench);
    expect(await branchesOf(bench)).toEqual(["main"]);
    expect(await bench.store.branchListings()).toEqual([]);
    expect(asked(bench)).toEqual(["heads acme/shop", "files acme/shop"]);
  });
});

describe("what is wanted and not there is told", () => {
  test("once, and again when it changes, and the rest is read", async () => {
    const bench = await branched({ baseBranches: ["$default", "gone", "hotfix/*"] });
    await scan(bench);
    expect(await branchesOf(bench)).toEqual(["main"]);
    expect(await bench.messages("base-branches-differ")).toEqual(["no branch is named gone, hotfix/*"]);
    expect(await bench.store.branchListings()).toMatchObject([
      { codeRepository: SHOP, branches: ["main"], missing: ["gone", "hotfix/*"] },
    ]);
    bench.codeHost.push(SHOP, "gone", {});
    await scan(bench);
    expect(await branchesOf(bench)).toEqual(["gone", "main"]);
    expect(await bench.messages("base-branches-differ")).toHaveLength(2);
    bench.codeHost.push(SHOP, "hotfix/1", {});
    await scan(bench);
    expect(await bench.messages("base-branches-differ")).toHaveLength(2);
    bench.clock.advance(DAY_MS);
    bench.codeHost.dropBranch(SHOP, "hotfix/1");
    bench.codeHost.dropBranch(SHOP, "gone");
    await scan(bench);
    expect((await bench.messages("base-branches-differ")).at(-1)).toBe("no branch is named gone, hotfix/*");
  });

  test("no job fails where none is there", async () => {
    const bench = await branched({ baseBranches: ["gone"] });
    expect(await branchesOf(bench)).toEqual([]);
    expect(await bench.messages("base-branches-differ")).toEqual(["no branch is named gone"]);
    bench.codeHost.push(SHOP, "gone", {});
    await scan(bench);
    expect(await branchesOf(bench)).toEqual(["gone"]);
  });

  test("more than 20 are not read, and how many", async () => {
    const bench = createBench({ baseBranches: ["$default", "release/*"] });
    bench.codeHost.create(SHOP, { Dockerfile: dockerfile([MUSL, OLD]) });
    for (let n = 0; n < 25; n += 1) bench.codeHost.push(SHOP, `release/${n}`, {});
    await scan(bench);
    const read = await branchesOf(bench);
    expect(read).toHaveLength(20);
    expect(read).toContain("release/24");
    expect(read).not.toContain("release/5");
    expect(await bench.messages("base-branches-differ")).toEqual([
      "6 more are wanted than the 20 that are read",
    ]);
  });
});

describe("what owners say", () => {
  const FILE = ".github/hullkeeper.yml";
  const reading = { ownFiles: ownFileReader([]), baseBranches: ["$default"] };

  test("adds branches, at the same look", async () => {
    const bench = await branched(reading, { [FILE]: 'baseBranches: ["release/*"]\n' });
    expect(await branchesOf(bench)).toEqual(["main", RELEASE]);
    // The second look asks for what the file names.
    expect(asked(bench).filter((question) => question.startsWith("heads"))).toHaveLength(2);
    const before = asked(bench).length;
    await scan(bench);
    expect(asked(bench, before)).toEqual(["heads acme/shop"]);
  });

  test("takes none away", async () => {
    const own = { [FILE]: "baseBranches: [release/1.x]\n" };
    const bench = await branched({ ...reading, baseBranches: ["$default", "release/*"] }, own);
    expect(await branchesOf(bench)).toEqual(["main", RELEASE]);
  });

  test("holds for all branches by what the first one says, whatever they say themselves", async () => {
    const bench = await branched({ ...reading, baseBranches: ["$default", "release/*"] });
    bench.codeHost.push(SHOP, RELEASE, { [FILE]: "enabled: false\n" });
    await scan(bench);
    expect((await scanOf(bench, RELEASE))?.own).toBeUndefined();
    bench.codeHost.push(SHOP, "main", { [FILE]: 'ignorePaths: ["Dockerfile"]\ngroup: line\n' });
    await scan(bench);
    expect((await scanOf(bench, "main"))?.places).toEqual([]);
    expect(await scanOf(bench, RELEASE)).toMatchObject({
      places: [],
      own: { settings: { group: "line" }, faults: [] },
    });
    bench.codeHost.remove(SHOP, "main", FILE);
    await scan(bench);
    expect((await scanOf(bench, RELEASE))?.places).toHaveLength(2);
    expect((await scanOf(bench, RELEASE))?.own).toBeUndefined();
  });

  test("leaves branches when it names them no more", async () => {
    const bench = await branched(reading, { [FILE]: 'baseBranches: ["release/*"]\n' });
    bench.codeHost.push(SHOP, "main", { [FILE]: "group: line\n" });
    await scan(bench);
    expect(await branchesOf(bench)).toEqual(["main"]);
    expect(await bench.store.branchListings()).toEqual([]);
  });

  test("with a fault changes nothing, and is told of on the first branch alone", async () => {
    const bench = await branched(reading, { [FILE]: 'baseBranches: ["release/*"]\n' });
    bench.codeHost.push(SHOP, "main", { [FILE]: "baseBranches: 3\n" });
    await scan(bench);
    expect(await branchesOf(bench)).toEqual(["main", RELEASE]);
    expect(await bench.messages("repository-file-invalid")).toHaveLength(1);
    expect((await scanOf(bench, RELEASE))?.own?.faults).toEqual([]);
  });
});

/** Both branches have a pull request open. */
async function proposed(): Promise<Bench> {
  const bench = await branched();
  await ready(bench, MUSL, OLD, NEXT);
  await ready(bench, GLIBC, OLD, NEXT);
  await bench.run(propose, KEY);
  await bench.run(propose, RELEASE_KEY);
  bench.take();
  return bench;
}

const pullsOf = ({ codeHost }: Bench) =>
  codeHost.pulls(SHOP).map(({ baseBranch, head, state }) => ({ baseBranch, head, state }));
const MAIN_PULL = { baseBranch: "main", head: "hullkeeper/bellsoft" };
const RELEASE_HEAD = "hullkeeper/bellsoft@release-1.x-";

describe("pull requests", () => {
  test("go to each branch, from branches of their own, with what is pinned there", async () => {
    const bench = await proposed();
    expect(pullsOf(bench)).toEqual([
      { ...MAIN_PULL, state: "open" },
      { baseBranch: RELEASE, head: expect.stringContaining(RELEASE_HEAD), state: "open" },
    ]);
    const [main, other] = bench.codeHost.pulls(SHOP);
    expect(bench.codeHost.read(SHOP, main?.head ?? "")["Dockerfile"]).toBe(dockerfile([MUSL, NEXT]));
    expect(bench.codeHost.read(SHOP, other?.head ?? "")["Dockerfile"]).toBe(
      dockerfile([MUSL, NEXT], [GLIBC, NEXT]),
    );
    expect((await allTimers(bench)).map(({ baseBranch, line }) => [baseBranch, line.tag])).toEqual([
      [RELEASE, "glibc"],
      ["main", "musl"],
      [RELEASE, "musl"],
    ]);
  });

  test("keep the branch they have, whatever it would be called now", async () => {
    const bench = await proposed();
    const known = await bench.store.proposal(KEY);
    if (known === undefined) throw new Error("nothing was proposed");
    bench.codeHost.makeDefault(SHOP, RELEASE);
    const named = createBench({ baseBranches: ["main"], store: bench.store });
    Object.assign(named.codeHost, bench.codeHost);
    await scan(named);
    expect((await scanOf(named, "main"))?.isNamed).toBe(true);
    const THIRD = digest("3d");
    await ready(named, MUSL, OLD, THIRD);
    await named.run(propose, KEY);
    expect(pullsOf(bench)[0]).toEqual({ ...MAIN_PULL, state: "open" });
    expect((await bench.store.proposal(KEY))?.number).toBe(known.number);
  });

  test("to what has become the default branch leave the name to who has it", async () => {
    const bench = await branched({ baseBranches: ["$default", "main"] });
    await ready(bench, MUSL, OLD, NEXT);
    await bench.run(propose, KEY);
    bench.codeHost.makeDefault(SHOP, RELEASE);
    await scan(bench);
    expect(await branchesOf(bench)).toEqual(["main", RELEASE]);
    await bench.run(propose, RELEASE_KEY);
    expect(pullsOf(bench)).toEqual([
      { ...MAIN_PULL, state: "open" },
      { baseBranch: RELEASE, head: expect.stringContaining(RELEASE_HEAD), state: "open" },
    ]);
  });
});

/** The pull request of the branch that is left is closed, and nothing else has changed. */
async function expectEnded(bench: Bench): Promise<void> {
  expect(bench.jobs).toContainEqual(queued(PROPOSE, RELEASE_KEY));
  await bench.run(propose, RELEASE_KEY);
  expect(await bench.store.proposal(RELEASE_KEY)).toMatchObject({ state: "closed", closedAt: NOW });
  expect(await bench.store.declined(RELEASE_KEY)).toEqual([]);
  expect(bench.store.dueAt({ kind: "propose", proposal: RELEASE_KEY })).toBeUndefined();
  expect(await bench.told()).toContain("superseded acme/shop#2");
  expect(await bench.told()).not.toContain("declined acme/shop#2");
  const [main, other] = bench.codeHost.pulls(SHOP);
  expect([main?.state, other?.state]).toEqual(["open", "closed"]);
  expect(bench.codeHost.headOf(SHOP, other?.head ?? "")).toBeUndefined();
  expect((await bench.store.watch(GLIBC)).subscribers).toEqual([]);
  expect((await bench.store.watch(MUSL)).subscribers).toEqual([SHOP_MAIN]);
  expect(await bench.store.proposal(KEY)).toMatchObject({ state: "open" });
}

describe("a branch that is left", () => {
  test("gone: its pull request ends, with a word on why, and the other stays", async () => {
    const bench = await proposed();
    bench.codeHost.dropBranch(SHOP, RELEASE);
    await scan(bench);
    await expectEnded(bench);
    expect(bench.codeHost.talk(SHOP, 2).map(({ body }) => body)).toEqual([
      expect.stringContaining("is gone"),
    ]);
  });

  test("gone, and its pull request was closed with it by the code host", async () => {
    const bench = await proposed();
    bench.codeHost.dropBranch(SHOP, RELEASE);
    bench.codeHost.close(SHOP, 2, NOW);
    await scan(bench);
    await expectEnded(bench);
    expect(bench.codeHost.talk(SHOP, 2)).toEqual([]);
  });

  test("gone, which a look at its pull request finds first", async () => {
    const bench = await proposed();
    bench.codeHost.dropBranch(SHOP, RELEASE);
    bench.codeHost.close(SHOP, 2, NOW);
    await bench.store.noteDelivery({ id: "1", at: NOW, looks: [], wishes: [RELEASE_KEY] });
    await bench.run(propose, RELEASE_KEY);
    expect(await bench.store.proposal(RELEASE_KEY)).toMatchObject({ state: "open" });
    await bench.drain();
    expect(await bench.store.proposal(RELEASE_KEY)).toMatchObject({ state: "closed" });
    expect(await bench.told()).not.toContain("declined acme/shop#2");
  });

  test("not wanted any more: the same", async () => {
    const bench = await proposed();
    const without = createBench({ store: bench.store });
    Object.assign(without.codeHost, bench.codeHost);
    await scan(without);
    await expectEnded(without);
    expect(await without.store.branchListings()).toEqual([]);
  });

  test("has no timers any more", async () => {
    const bench = await proposed();
    bench.codeHost.dropBranch(SHOP, RELEASE);
    bench.clock.advance(DAY_MS);
    await scan(bench);
    const timers = await allTimers(bench);
    expect(
      timers.filter(({ timer }) => timer.state === "cancelled").map(({ baseBranch }) => baseBranch),
    ).toEqual([RELEASE, RELEASE]);
    expect(timers.find(({ baseBranch }) => baseBranch === "main")?.timer.state).toBe("open");
  });

  test("and was merged before that was seen: its pull request was merged", async () => {
    const bench = await proposed();
    bench.codeHost.mergeByHand(SHOP, 2, NOW);
    bench.codeHost.dropBranch(SHOP, RELEASE);
    await scan(bench);
    await bench.run(propose, RELEASE_KEY);
    expect(await bench.store.proposal(RELEASE_KEY)).toMatchObject({ state: "merged" });
  });

  test("comes back: its pull request is opened anew", async () => {
    const bench = await proposed();
    const files = bench.codeHost.read(SHOP, RELEASE);
    bench.codeHost.dropBranch(SHOP, RELEASE);
    await scan(bench);
    await bench.run(propose, RELEASE_KEY);
    bench.codeHost.push(SHOP, RELEASE, files);
    await scan(bench);
    await bench.run(propose, RELEASE_KEY);
    expect(bench.codeHost.pulls(SHOP).map(({ state }) => state)).toEqual(["open", "closed", "open"]);
    expect((await bench.store.watch(GLIBC)).subscribers).toEqual([at(RELEASE)]);
  });

  test("is not: more branches are there than are looked through", async () => {
    const bench = await proposed();
    const heads = bench.codeHost.heads.bind(bench.codeHost);
    const some: typeof heads = async (...question) => {
      const seen = await heads(...question);
      return { ...seen, branches: [], isPartial: true };
    };
    Object.assign(bench.codeHost, { heads: some });
    await scan(bench);
    expect(await branchesOf(bench)).toEqual(["main", RELEASE]);
    expect(bench.jobs).not.toContainEqual(queued(PROPOSE, RELEASE_KEY));
  });

  test.each([
    { title: "heads cannot be found", question: "heads acme/shop" },
    { title: "the first branch cannot be read", question: "files acme/shop" },
  ])("is not: $title", async ({ question }) => {
    const bench = await proposed();
    bench.codeHost.push(SHOP, "main", { Dockerfile: dockerfile([GLIBC, OLD]) });
    bench.codeHost.dropBranch(SHOP, RELEASE);
    const before = await bench.store.scans();
    bench.codeHost.fail(question, new CodedError("code-host-unavailable", "502"));
    await expect(scan(bench)).rejects.toMatchObject({ code: "code-host-unavailable" });
    expect(await bench.store.scans()).toEqual(before);
    expect(await branchesOf(bench)).toEqual(["main", RELEASE]);
    expect(bench.jobs).toEqual([]);
  });
});

test("a code repository that is configured no longer keeps its pull requests on all branches", async () => {
  const bench = await proposed();
  const without = createBench({
    store: bench.store,
    repositories: [{ kind: "allow", owner: "acme", name: "other" }],
  });
  Object.assign(without.codeHost, bench.codeHost);
  await without.run(repositories, {});
  expect(await branchesOf(without)).toEqual([]);
  expect(await without.store.branchListings()).toEqual([]);
  without.clock.advance(DAY_MS);
  await without.run(propose, RELEASE_KEY);
  expect(await without.store.proposal(RELEASE_KEY)).toMatchObject({
    state: "open",
    checkedAt: later(NOW, DAY_MS),
  });
});
