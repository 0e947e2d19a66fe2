import { describe, expect, test } from "vitest";
import type { ProposalWish } from "../../../src/ports/code-host.ts";
import {
  BRANCH,
  CONTENT,
  contentOn,
  failureOf,
  type Harness,
  PATIENT,
  SHOP,
  startHarness,
} from "./harness.ts";

const QUESTION = { baseBranch: "main", branch: BRANCH, paths: ["Dockerfile", "run.sh"] };

async function wishAfterLook(
  { host }: Pick<Harness, "host">,
  change: Partial<ProposalWish> = {},
): Promise<ProposalWish> {
  const look = await host.look(SHOP, QUESTION, PATIENT);
  return { ...contentOn(look.base.commit), ...CONTENT, base: look.base, ...change };
}

async function stateOf({ double }: Harness): Promise<unknown> {
  const pulls = await double.pullRequests("acme", "shop");
  return {
    pulls: pulls.map(({ title, state }) => ({ title, state })),
    text: await double.readFile("acme", "shop", BRANCH, "Dockerfile"),
  };
}

const DONE = { pulls: [{ title: CONTENT.title, state: "open" }], text: "FROM scratch AS fixed\n" };

test("a new pull request is one GraphQL document and one request for labels", async () => {
  const harness = await startHarness();
  const wish = await wishAfterLook(harness);
  const before = harness.double.requests.length;
  const { commit, pull } = await harness.host.propose(SHOP, wish, PATIENT);
  expect(await stateOf(harness)).toEqual(DONE);
  expect(await harness.double.branchCommit("acme", "shop", BRANCH)).toBe(commit);
  expect(pull).toMatchObject({
    number: 1,
    state: "open",
    title: CONTENT.title,
    headCommit: commit,
    baseBranch: "main",
  });
  const requests = harness.double.requests.slice(before);
  expect(requests.map(({ kind, operations }) => [kind, ...operations])).toEqual([
    ["graphql", "createRef", "createCommitOnBranch", "createPullRequest"],
    ["rest"],
  ]);
  const look = await harness.host.look(SHOP, QUESTION, PATIENT);
  expect(look.head).toEqual({ commit, message: wish.message, parents: [wish.parent] });
});

describe("after a stop in the middle, asking again completes it and doubles nothing", () => {
  test.each([
    { title: "after the branch", mischief: { kind: "stop-after", fields: 1 } },
    { title: "after the commit", mischief: { kind: "stop-after", fields: 2 } },
    { title: "with the answer lost", mischief: { kind: "lose-answer" } },
    { title: "before anything", mischief: { kind: "cut" } },
  ] as const)("$title", async ({ mischief }) => {
    const harness = await startHarness();
    const wish = await wishAfterLook(harness);
    harness.double.inject({ operation: "createRef", mischief });
    expect((await failureOf(harness.host.propose(SHOP, wish, PATIENT))).code).toBe("code-host-unavailable");
    await harness.host.propose(SHOP, wish, PATIENT);
    expect(await stateOf(harness)).toEqual(DONE);
  });
});

test.each([
  {
    title: "the commit",
    field: "createCommitOnBranch",
    type: "STALE_DATA",
    message: "Expected branch to point to",
  },
  {
    title: "the pull request",
    field: "createPullRequest",
    type: "UNPROCESSABLE",
    message: "Something went wrong",
  },
])("where $title fails within the document, the rest is made by REST", async ({ field, type, message }) => {
  const harness = await startHarness();
  const wish = await wishAfterLook(harness);
  harness.double.inject({ operation: field, mischief: { kind: "fail-field", field, type, message } });
  await harness.host.propose(SHOP, wish, PATIENT);
  expect(await stateOf(harness)).toEqual(DONE);
});

test("a branch of somebody else is left alone", async () => {
  const harness = await startHarness();
  const wish = await wishAfterLook(harness);
  const theirs = await harness.double.commitFile("acme", "shop", { path: "x", content: "1", branch: BRANCH });
  expect((await failureOf(harness.host.propose(SHOP, wish, PATIENT))).code).toBe("code-host-conflict");
  expect(await harness.double.branchCommit("acme", "shop", BRANCH)).toBe(theirs);
  const pulls = await harness.double.pullRequests("acme", "shop");
  expect(pulls.filter(({ state }) => state === "open")).toEqual([]);
});

test("a program keeps its mode", async () => {
  const harness = await startHarness([{ path: "run.sh", content: "old\n", mode: "100755" }]);
  const wish = await wishAfterLook(harness, { files: [{ path: "run.sh", text: "new\n" }] });
  const { commit } = await harness.host.propose(SHOP, wish, PATIENT);
  expect(await harness.double.fileMode("acme", "shop", commit, "run.sh")).toBe("100755");
  expect(harness.double.requests.flatMap(({ operations }) => operations)).not.toContain("createRef");
});

test("an open one is brought to the wish in place", async () => {
  const harness = await startHarness();
  const { commit } = await harness.host.propose(SHOP, await wishAfterLook(harness), PATIENT);
  await harness.double.commitFile("acme", "shop", { path: "other", content: "1" });
  const { pull: current } = await harness.host.look(SHOP, QUESTION, PATIENT);
  const wish = await wishAfterLook(harness, {
    title: "newer",
    message: "Update again",
    files: [{ path: "Dockerfile", text: "FROM scratch AS newer\n" }],
    expected: { kind: "at", commit },
    ...(current === undefined ? {} : { current }),
  });
  const written = await harness.host.propose(SHOP, wish, PATIENT);
  expect(written.commit).not.toBe(commit);
  expect(await stateOf(harness)).toEqual({
    pulls: [{ title: "newer", state: "open" }],
    text: "FROM scratch AS newer\n",
  });
});

test("without GraphQL the same is made by REST, in five requests that write", async () => {
  const harness = await startHarness();
  harness.double.inject({
    path: "/graphql",
    times: 9,
    mischief: { kind: "answer", status: 404, body: { message: "Not Found" } },
  });
  await harness.host.propose(SHOP, await wishAfterLook(harness), PATIENT);
  expect(await stateOf(harness)).toEqual(DONE);
  expect(
    harness.double.requests.filter(({ kind, method }) => kind === "rest" && method === "POST"),
  ).toHaveLength(5);
});
