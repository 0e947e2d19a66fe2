import { describe, expect, test } from "vitest";
import { type HeadsWish } from "../../../src/vendor/base-branches.ts";
import { failureOf, type Harness, PATIENT, SHOP, startHarness } from "./harness.ts";

/** Several branches of a code repository, found together. */

const NOTHING: HeadsWish = { isDefaultWanted: false, names: [], prefixes: [] };

async function withBranches(...names: readonly string[]): Promise<Harness> {
  const harness = await startHarness();
  for (const branch of names) {
    await harness.double.commitFile(SHOP.owner, SHOP.name, { branch, path: branch, content: branch });
  }
  return harness;
}

async function namesOf({ host }: Harness, wish: Partial<HeadsWish>): Promise<readonly string[]> {
  const seen = await host.heads(SHOP, { ...NOTHING, ...wish }, PATIENT);
  expect(seen.isPartial).toBe(false);
  return [...(seen.default === undefined ? [] : [`default ${seen.default.name}`]), ...namesIn(seen)];
}

function namesIn({ branches }: { readonly branches: readonly { readonly name: string }[] }): string[] {
  return branches.map(({ name }) => name).toSorted();
}

async function withoutGraphQl(harness: Harness): Promise<Harness> {
  const body = { message: "Not Found" };
  harness.double.inject({ path: "/graphql", mischief: { kind: "answer", status: 404, body } });
  await harness.host.branch(SHOP, undefined, PATIENT);
  return harness;
}

const BRANCHES = [
  "develop",
  "release/1.x",
  "release/2.x",
  "release/old/0.x",
  "releases",
  "hullkeeper/bellsoft",
];
const TABLE: readonly {
  readonly title: string;
  readonly wish: Partial<HeadsWish>;
  readonly names: readonly string[];
}[] = [
  { title: "the default branch alone", wish: { isDefaultWanted: true }, names: ["default main"] },
  { title: "one by its name", wish: { names: ["release/1.x"] }, names: ["release/1.x"] },
  { title: "the default one by its name", wish: { names: ["main"] }, names: ["main"] },
  {
    title: "none of a name that is not there",
    wish: { names: ["gone", "release", "heads/main"] },
    names: [],
  },
  {
    title: "those below a folder, and no others",
    wish: { prefixes: ["release/"] },
    names: ["release/1.x", "release/2.x", "release/old/0.x"],
  },
  { title: "nothing below a folder that is not there", wish: { prefixes: ["gone/"] }, names: [] },
  { title: "all", wish: { prefixes: [""] }, names: ["main", ...BRANCHES].toSorted() },
  {
    title: "each once, however often it is wanted",
    wish: { isDefaultWanted: true, names: ["release/1.x", "main"], prefixes: ["release/", "release/old/"] },
    names: ["default main", "main", "release/1.x", "release/2.x", "release/old/0.x"],
  },
];

describe("heads", () => {
  test.each(TABLE)("by GraphQL, in one request: $title", async ({ wish, names }) => {
    const harness = await withBranches(...BRANCHES);
    const before = harness.double.requests.length;
    expect(await namesOf(harness, wish)).toEqual(names);
    expect(harness.double.requests.slice(before).map(({ kind }) => kind)).toEqual(["graphql"]);
  });

  test.each(TABLE)("by REST: $title", async ({ wish, names }) => {
    const harness = await withoutGraphQl(await withBranches(...BRANCHES));
    expect(await namesOf(harness, wish)).toEqual(names);
  });

  test("tell where each is", async () => {
    const harness = await withBranches("release/1.x");
    const wish = { isDefaultWanted: true, names: [], prefixes: ["release/"] };
    const expected = {
      default: { name: "main", commit: harness.base },
      branches: [
        {
          name: "release/1.x",
          commit: await harness.double.branchCommit(SHOP.owner, SHOP.name, "release/1.x"),
        },
      ],
      isPartial: false,
    };
    expect(await harness.host.heads(SHOP, wish, PATIENT)).toEqual(expected);
    await withoutGraphQl(harness);
    expect(await harness.host.heads(SHOP, wish, PATIENT)).toEqual(expected);
  });

  test("of many repositories cost one request, whatever each wants", async () => {
    const { host, double } = await withBranches("release/1.x");
    await double.createRepository("acme", "pay", { a: "1" });
    const before = double.requests.length;
    const [main, seen] = await Promise.all([
      host.branch({ owner: "acme", name: "pay" }, undefined, PATIENT),
      host.heads(SHOP, { isDefaultWanted: true, names: ["gone"], prefixes: ["release/"] }, PATIENT),
    ]);
    expect([main.name, ...namesIn(seen)]).toEqual(["main", "release/1.x"]);
    expect(double.requests.length - before).toBe(1);
  });

  test("beyond a hundred are read on, one request more for each hundred", async () => {
    const harness = await withBranches(...Array.from({ length: 101 }, (_, n) => `many/${n}`));
    const before = harness.double.requests.length;
    const seen = await harness.host.heads(SHOP, { ...NOTHING, prefixes: ["many/"] }, PATIENT);
    expect(seen.branches).toHaveLength(101);
    expect(harness.double.requests.length - before).toBe(2);
  });

  test("of a repository that is not there are an error", async () => {
    const { host } = await startHarness();
    const gone = { owner: "acme", name: "gone" };
    const wish = { ...NOTHING, names: ["main"], prefixes: ["release/"] };
    expect((await failureOf(host.heads(gone, wish, PATIENT))).code).toBe("code-host-not-found");
  });

  test.each([
    { title: "no answer", status: 502, code: "code-host-unavailable" },
    { title: "too many requests", status: 429, code: "code-host-rate-limited" },
  ])("are an error, and not none, after $title", async ({ status, code }) => {
    const { host, double } = await withBranches("release/1.x");
    double.inject({ path: "/graphql", mischief: { kind: "answer", status, body: { message: "no" } } });
    const wish = { ...NOTHING, names: ["release/1.x"] };
    expect((await failureOf(host.heads(SHOP, wish, PATIENT))).code).toBe(code);
  });

  test("that may not be read are an error, and not none", async () => {
    const harness = await withBranches("release/1.x");
    const data = { r0: { nameWithOwner: "acme/shop", branch: null, b0: null } };
    const errors = [{ type: "FORBIDDEN", message: "Resource not accessible", path: ["r0", "b0"] }];
    harness.double.inject({
      path: "/graphql",
      mischief: { kind: "answer", status: 200, body: { data, errors } },
    });
    // By REST, which says so, or answers.
    expect(await namesOf(harness, { names: ["release/1.x"] })).toEqual(["release/1.x"]);
  });
});
