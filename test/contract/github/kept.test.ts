import { describe, expect, test } from "vitest";
import { createKeptAnswers } from "../../../src/adapters/github/kept-answers.ts";
import { startAppHarness } from "./app-harness.ts";
import { failureOf, type Harness, PATIENT, SHOP, startHarness } from "./harness.ts";

const FILES = { Dockerfile: "FROM a\n", "app/Dockerfile": "FROM b\n" };
const isDockerfile = (path: string): boolean => path.endsWith("Dockerfile");

/** What a scan of the whole asks for, where there is no GraphQL. */
async function scan({ host, double }: Pick<Harness, "host" | "double">): Promise<readonly string[]> {
  double.inject({
    path: "/graphql",
    mischief: { kind: "answer", status: 404, body: { message: "Not Found" } },
  });
  const { commit } = await host.branch(SHOP, undefined, PATIENT);
  const { files } = await host.files(SHOP, commit, isDockerfile, PATIENT);
  return files.map(({ text }) => text);
}

test("what did not change comes as 304, and GitHub counts none of it", async () => {
  const harness = await startHarness(FILES);
  const { double } = harness;
  expect(await scan(harness)).toEqual(["FROM a\n", "FROM b\n"]);
  const [used, asked] = [double.used(), double.requests.length];
  const wish = { isDefaultWanted: false, names: ["main"], prefixes: [] };
  const { branches } = await harness.host.heads(SHOP, wish, PATIENT);
  expect(branches).toEqual([{ name: "main", commit: harness.base }]);
  expect(double.requests.slice(asked)).toMatchObject([{ outcome: 304 }]);
  await harness.host.branch(SHOP, undefined, PATIENT);
  expect(double.requests.slice(asked).map(({ outcome }) => outcome)).toEqual([304, 304, 304]);
  expect(double.used()).toBe(used);
  expect(harness.counted.filter(({ status }) => status === 304)).toHaveLength(3);
});

test("the tree, too", async () => {
  const harness = await startHarness(FILES);
  const { double } = harness;
  await scan(harness);
  const asked = double.requests.length;
  expect(await scan(harness)).toEqual(["FROM a\n", "FROM b\n"]);
  const outcomes = double.requests.slice(asked).map(({ path, outcome }) => [path.includes("blobs"), outcome]);
  expect(outcomes).toEqual([
    [false, 304],
    [false, 304],
    [false, 304],
    [true, 200],
    [true, 200],
  ]);
});

test("what changed comes whole", async () => {
  const harness = await startHarness(FILES);
  const { double } = harness;
  await scan(harness);
  await double.commitFile("acme", "shop", { path: "Dockerfile", content: "FROM c\n" });
  expect(await scan(harness)).toEqual(["FROM c\n", "FROM b\n"]);
  await double.commitFile("acme", "shop", { path: "Dockerfile", content: "FROM d\n", branch: "next" });
  expect((await harness.host.branch(SHOP, "next", PATIENT)).name).toBe("next");
  expect(await scan(harness)).toEqual(["FROM c\n", "FROM b\n"]);
});

test("another repository and another branch have answers of their own", async () => {
  const { double, host, base } = await startHarness(FILES);
  const blog = await double.createRepository("acme", "blog", { Dockerfile: "FROM z\n" });
  const next = await double.commitFile("acme", "shop", { path: "x", content: "1", branch: "next" });
  for (let round = 0; round < 2; round += 1) {
    expect((await host.branch(SHOP, "main", PATIENT)).commit).toBe(base);
    expect((await host.branch(SHOP, "next", PATIENT)).commit).toBe(next);
    expect((await host.branch({ owner: "acme", name: "blog" }, "main", PATIENT)).commit).toBe(blog);
  }
  expect(double.requests.map(({ outcome }) => outcome)).toEqual([200, 200, 200, 304, 304, 304]);
});

test("a branch that is gone is gone, whatever was kept", async () => {
  const { double, host } = await startHarness(FILES);
  await double.commitFile("acme", "shop", { path: "x", content: "1", branch: "next" });
  await host.branch(SHOP, "next", PATIENT);
  const head = await host.branchHead(SHOP, "next", PATIENT);
  await host.deleteBranch(SHOP, "next", head?.commit ?? "", PATIENT);
  expect((await failureOf(host.branch(SHOP, "next", PATIENT))).code).toBe("code-host-not-found");
});

test("a new token of an App has other tags: the answer comes whole, and is right", async () => {
  const harness = await startAppHarness(undefined, FILES);
  const { double, host, clock } = harness;
  await host.branch(SHOP, "main", PATIENT);
  double.inject({
    path: "/branches/",
    mischief: { kind: "answer", status: 401, body: { message: "Bad credentials" } },
  });
  await failureOf(host.branch(SHOP, "main", PATIENT));
  expect((await host.branch(SHOP, "main", PATIENT)).commit).toBe(harness.base);
  expect((await host.branch(SHOP, "main", PATIENT)).commit).toBe(harness.base);
  const answers = double.requests
    .filter(({ path }) => path.includes("/branches/"))
    .map(({ outcome }) => outcome);
  expect(answers).toEqual([200, 401, 200, 304]);
  expect(clock.now.getTime()).toBeLessThanOrEqual(Date.now());
});

test("a 304 that nobody asked for is no answer", async () => {
  const { double, host } = await startHarness(FILES);
  double.inject({ path: "/branches/", mischief: { kind: "answer", status: 304 } });
  expect(await failureOf(host.branch(SHOP, "main", PATIENT))).toMatchObject({
    code: "code-host-unavailable",
  });
});

describe("what is kept", () => {
  test("comes back as it was", () => {
    const kept = createKeptAnswers();
    const data = { tree: [{ path: "Dockerfile", size: 7 }], truncated: false };
    kept.keep("a", { etag: "1", data });
    expect(kept.find("a")?.data()).toEqual(data);
  });

  test("is bounded in characters: what was used longest ago goes first", () => {
    // Each takes 20: its key, its tag, 16 characters and their quotes.
    const kept = createKeptAnswers(40);
    const data = "x".repeat(16);
    kept.keep("a", { etag: "1", data });
    kept.keep("b", { etag: "2", data });
    kept.find("a");
    kept.keep("c", { etag: "3", data });
    expect(["a", "b", "c"].map((key) => kept.find(key)?.etag)).toEqual(["1", undefined, "3"]);
  });

  test("what takes the place of another gives its characters back", () => {
    const kept = createKeptAnswers(40);
    kept.keep("b", { etag: "0", data: "x".repeat(16) });
    for (const etag of ["1", "2", "3"]) kept.keep("a", { etag, data: "x".repeat(16) });
    expect(["a", "b"].map((key) => kept.find(key)?.etag)).toEqual(["3", "0"]);
  });

  test.each([
    { title: "a long answer", answer: { etag: "1", data: "x".repeat(9_000) } },
    { title: "a long tag", answer: { etag: "x".repeat(300), data: "a" } },
  ])("is small: $title is forgotten, and what was kept before with it", ({ answer }) => {
    const kept = createKeptAnswers();
    kept.keep("a", { etag: "0", data: "old" });
    kept.keep("a", answer);
    expect(kept.find("a")).toBeUndefined();
  });
});
