import { describe, expect, it } from "vitest";
import type { Store } from "../../src/ports/store.ts";
import type { OwnFile, Scan } from "../../src/watch/scan.ts";
import { createFakeStore } from "../fakes/store.ts";
import { digestNamed, JRE, NOW } from "./sample.ts";
import { pageOf, rowsOf } from "./web-under-test.ts";

const SHOP = { owner: "acme", name: "shop" };
const PATH = ".github/hullkeeper.yml";

async function rowOf(change: Partial<Scan>): Promise<string | undefined> {
  const store = createFakeStore();
  const facts = { codeRepository: SHOP, branch: "main", commit: "c".repeat(40), scannedAt: NOW };
  await store.saveScan({ ...facts, places: [], skipped: [], ...change });
  return rowsOf(await pageOf("/", store), "code-repositories")[0];
}

describe("a code repository", () => {
  it.each<{ title: string; own: OwnFile; says: string | RegExp }>([
    {
      title: "that wants no pull requests",
      own: { path: PATH, settings: { enabled: false }, faults: [] },
      says: "its owners want no pull requests",
    },
    {
      title: "that leaves files out",
      own: { path: PATH, settings: {}, faults: [], ignoredCount: 3 },
      says: `3 files left out by ${PATH}`,
    },
    {
      title: "whose file is refused and never was right",
      own: { path: PATH, faults: [{ path: "labels[0]", line: 2, column: 5, reason: "is empty" }] },
      says: `1 fault in ${PATH} line 2, column 5: labels[0]: is empty the policy alone holds`,
    },
    {
      title: "whose file is refused and was right",
      own: {
        path: PATH,
        settings: { group: "line" },
        faults: [{ path: "", reason: "is nested too deeply" }],
      },
      says: "is nested too deeply what it said before holds",
    },
  ])("$title says so", async ({ own, says }) => {
    expect(await rowOf({ own })).toContain(says);
  });

  it("that cannot be read says why, and that what was known before holds", async () => {
    const unread = { commit: "d".repeat(40), reason: "there are <too> many files", at: NOW };
    const row = await rowOf({ unread });
    expect(row).toContain(
      "cannot be read there are &lt;too&gt; many files; what was known before holds, and not ddddddd",
    );
    expect(row).toMatch(/tried /);
    expect(await rowOf({})).not.toMatch(/cannot be read|tried/);
  });

  it("has a row for each branch, and says of one that is left that it is", async () => {
    expect(await rowOf({ branch: "release/1.x", isNamed: true })).toContain("release/1.x");
    const left = await rowOf({ branch: "release/1.x", isUnsubscribed: true, isLeft: true });
    expect(left).toContain("gone, or not wanted any more");
    expect(await rowOf({ isUnsubscribed: true })).not.toContain("gone");
  });

  it("tells which branches are wanted and not read, and nothing where all are", async () => {
    const store = createFakeStore();
    const all = { listedAt: NOW, wanted: ["$default"], missing: [], leftOutCount: 0, isPartial: false };
    await store.saveBranchListing({ ...all, codeRepository: SHOP, branches: ["main"] });
    expect(await pageOf("/", store)).not.toContain("wanted and not read");
    const gone = { ...all, missing: ["<gone>"], branches: ["main", "release/1.x"] };
    await store.saveBranchListing({ ...gone, codeRepository: SHOP });
    await store.saveBranchListing({
      ...gone,
      codeRepository: { owner: "acme", name: "pay" },
      branches: [],
      leftOutCount: 2,
    });
    const [pay, shop, ...others] = rowsOf(await pageOf("/", store), "branches");
    expect(others).toEqual([]);
    expect(pay).toMatch(/acme\/pay .*none no branch is named &lt;gone&gt;; 2 more are wanted/);
    expect(shop).toContain("acme/shop main, release/1.x no branch is named &lt;gone&gt;");
  });

  it("says nothing of a file that is right, or not there", async () => {
    for (const own of [{ path: PATH, settings: {}, faults: [] }, { faults: [] }]) {
      expect(await rowOf({ own })).not.toMatch(/fault|left out|hullkeeper/);
    }
  });

  it("shows five faults at most", async () => {
    const faults = Array.from({ length: 9 }, (_, index) => ({ path: `k${index}`, reason: "unknown key" }));
    const row = await rowOf({ own: { path: PATH, faults } });
    expect(row).toContain("9 faults");
    expect(row).toContain("k4: unknown key");
    expect(row).not.toContain("k5: unknown key");
  });

  it("that is configured no longer says so", async () => {
    expect(await rowOf({ isUnsubscribed: true })).toContain("not read any more");
  });

  it("shows places that its owners leave out beside the others", async () => {
    const store = createFakeStore();
    const state = { kind: "handled", line: JRE, digest: digestNamed("x"), profile: "bellsoft" } as const;
    await store.saveScan({
      codeRepository: SHOP,
      branch: "main",
      commit: "c".repeat(40),
      scannedAt: NOW,
      places: [{ path: "Dockerfile", line: 1, raw: "x", state: { ...state, isLeftOut: true } }],
      skipped: [],
    });
    expect(rowsOf(await pageOf("/", store), "handled")[0]).toContain(
      "the owners of the code repository want no pull requests for this image",
    );
  });
});

async function listed(change: Partial<Parameters<Store["saveRepositoryListing"]>[0]>): Promise<Store> {
  const store = createFakeStore();
  const facts = { listedAt: NOW, readCount: 7, notNamedCount: 0, isPartial: false };
  await store.saveRepositoryListing({ ...facts, skipped: [], lacking: [], ...change });
  return store;
}

describe("code repositories that are not read", () => {
  it.each([
    { reason: "archived", says: "archived: nothing can be proposed there" },
    { reason: "fork", says: "a fork: read only where github.forks says so" },
    { reason: "empty", says: "empty: nothing to read" },
    { reason: "denied", says: "the configuration leaves it out" },
  ] as const)("$reason: the reason stands beside the name", async ({ reason, says }) => {
    const store = await listed({ skipped: [{ codeRepository: SHOP, reason }] });
    expect(rowsOf(await pageOf("/", store), "not-read")).toEqual([`acme/shop ○ not read ${says}`]);
  });

  it("a missing right is named", async () => {
    const store = await listed({
      lacking: [{ codeRepository: SHOP, missing: ["pull_requests: write", "workflows: write"] }],
    });
    expect(rowsOf(await pageOf("/", store), "not-read")).toEqual([
      "acme/shop ▲ read, a right is missing pull_requests: write, workflows: write",
    ]);
  });

  it("says how many there are, and whether there may be more", async () => {
    const page = await pageOf("/", await listed({ notNamedCount: 4, isPartial: true }));
    expect(page).toContain(
      "7 code repositories read. 4 others not named by the configuration. There may be more",
    );
  });

  it("is not shown where the code host was not asked", async () => {
    expect(await pageOf("/", createFakeStore())).not.toContain('id="not-read"');
  });
});
