import { describe, expect, test } from "vitest";
import type { CommitStatus } from "../../../src/ports/code-host.ts";
import { BRANCH, CONTENT, PATIENT, SHOP, contentOn, countOf, propose, startHarness } from "./harness.ts";
import type { Harness } from "./harness.ts";

const STATUSES: readonly CommitStatus[] = [
  { context: "hullkeeper/verification", state: "success", description: "signed by BellSoft's key" },
  {
    context: "hullkeeper/sla",
    state: "pending",
    description: "merge by Mon 30 Nov",
    url: "https://hullkeeper.example/timers/1",
  },
];

/** Everything a worker asks of the code host for one proposal. */
async function pass(harness: Harness): Promise<string> {
  const { host } = harness;
  const base = await host.branch(SHOP, undefined, PATIENT);
  const { files } = await host.files(SHOP, base.commit, (path) => path.endsWith("Dockerfile"), PATIENT);
  const edited = files.map(({ path, text }) => ({ path, text: text.replace("old", "new") }));
  const head = await host.branchHead(SHOP, BRANCH, PATIENT);
  const expected =
    head === undefined ? { kind: "absent" as const } : { kind: "at" as const, commit: head.commit };
  const commit = await host.writeBranch(SHOP, contentOn(base.commit, { files: edited, expected }), PATIENT);
  const found = await host.findPullRequest(SHOP, BRANCH, PATIENT);
  if (found === undefined) {
    await host.openPullRequest(SHOP, { head: BRANCH, base: base.name }, CONTENT, PATIENT);
  } else {
    await host.updatePullRequest(SHOP, found, CONTENT, PATIENT);
  }
  await host.setStatuses(SHOP, commit, STATUSES, PATIENT);
  return commit;
}

describe("a proposal from beginning to end", () => {
  test("gives one commit, one pull request, its labels and statuses", async () => {
    const harness = await startHarness({
      Dockerfile: "FROM x@old\n",
      "app/Dockerfile": "FROM y@old\r\n",
      README: "old",
    });
    const { double } = harness;
    const commit = await pass(harness);

    const pulls = await double.pullRequests("acme", "shop");
    expect(pulls).toMatchObject([
      {
        state: "open",
        title: CONTENT.title,
        body: CONTENT.body,
        labels: CONTENT.labels,
        headCommit: commit,
        baseBranch: "main",
      },
    ]);
    expect(await double.readFile("acme", "shop", BRANCH, "Dockerfile")).toBe("FROM x@new\n");
    expect(await double.readFile("acme", "shop", BRANCH, "app/Dockerfile")).toBe("FROM y@new\r\n");
    expect(await double.readFile("acme", "shop", BRANCH, "README")).toBe("old");
    expect(await double.readFile("acme", "shop", "main", "Dockerfile")).toBe("FROM x@old\n");
    expect(await double.statuses("acme", "shop", commit)).toEqual([
      { ...STATUSES[0], url: undefined },
      { ...STATUSES[1] },
    ]);
  });

  test("run twice gives the same, and writes nothing but a tree", async () => {
    const harness = await startHarness({ Dockerfile: "FROM x@old\n" });
    const first = await pass(harness);
    const before = harness.double.requests.length;
    const second = await pass(harness);

    expect(second).toBe(first);
    expect(await harness.double.pullRequests("acme", "shop")).toHaveLength(1);
    const writes = harness.double.requests
      .slice(before)
      .filter(({ method, operations }) => method !== "GET" && operations[0] !== "repository");
    expect(writes.map(({ path }) => path)).toEqual(["/repos/acme/shop/git/trees"]);
  });

  test("refreshed, keeps its pull request and moves it to the new commit", async () => {
    const harness = await startHarness({ Dockerfile: "FROM x@old\n" });
    const first = await pass(harness);
    await harness.double.commitFile("acme", "shop", { path: "Dockerfile", content: "FROM x@old AS run\n" });
    const second = await pass(harness);

    expect(second).not.toBe(first);
    const pulls = await harness.double.pullRequests("acme", "shop");
    expect(pulls).toMatchObject([{ number: 1, state: "open", headCommit: second }]);
    expect(await harness.double.readFile("acme", "shop", BRANCH, "Dockerfile")).toBe("FROM x@new AS run\n");
    expect(await harness.host.branchHead(SHOP, BRANCH, PATIENT)).toMatchObject({
      parents: [await harness.double.branchCommit("acme", "shop", "main")],
    });
  });

  test("tells what time it was at the host, once it has answered", async () => {
    const harness = await startHarness({ Dockerfile: "FROM x@old\n" });
    expect(harness.host.time?.()).toBeUndefined();
    await pass(harness);
    const said = harness.host.time?.();
    expect(said?.agoMs).toBeGreaterThanOrEqual(0);
    // Both are clocks of this machine.
    expect(Math.abs(Date.now() - (said?.at ?? 0))).toBeLessThan(120_000);
  });

  test("counts every request under its operation and host", async () => {
    const harness = await startHarness({ Dockerfile: "FROM x@old\n" });
    await pass(harness);
    const { counted, double } = harness;
    expect(counted.length).toBe(double.requests.length);
    expect(counted.length).toBeGreaterThan(10);
    expect(new Set(counted.map(({ party, host }) => `${party} ${host}`))).toEqual(
      new Set([`code-host ${new URL(double.url).host}`]),
    );
    expect(counted).toContainEqual(
      expect.objectContaining({ operation: "create-pull-request", status: 201 }),
    );
    expect(counted).toContainEqual(expect.objectContaining({ operation: "get-branch", status: 404 }));
    expect(counted.every(({ durationMs }) => durationMs > 0)).toBe(true);
  });
});

describe("branches", () => {
  test("the default branch, by its name and commit", async () => {
    const { host, base } = await startHarness();
    expect(await host.branch(SHOP, undefined, PATIENT)).toEqual({ name: "main", commit: base });
  });

  test("a branch with a slash in its name", async () => {
    const { host, double } = await startHarness();
    const commit = await double.commitFile("acme", "shop", {
      path: "a",
      content: "a",
      branch: "release/1.x",
    });
    expect(await host.branch(SHOP, "release/1.x", PATIENT)).toEqual({ name: "release/1.x", commit });
  });

  test("a commit of somebody else is seen at the head", async () => {
    const harness = await startHarness();
    const { host, double, base } = harness;
    const ours = await host.writeBranch(SHOP, contentOn(base), PATIENT);
    const commit = await double.commitFile("acme", "shop", {
      path: "fix",
      content: "1",
      branch: BRANCH,
      message: "By hand",
    });
    expect(await host.branchHead(SHOP, BRANCH, PATIENT)).toEqual({
      commit,
      message: "By hand",
      parents: [ours],
    });
  });

  test("an absent branch is an answer", async () => {
    const { host } = await startHarness();
    expect(await host.branchHead(SHOP, BRANCH, PATIENT)).toBeUndefined();
  });

  test("an absent repository is not an absent branch", async () => {
    const { host } = await startHarness();
    await expect(host.branchHead({ owner: "acme", name: "other" }, BRANCH, PATIENT)).rejects.toMatchObject({
      code: "code-host-not-found",
    });
  });

  test("an absent branch that is to be read is an error", async () => {
    const { host } = await startHarness();
    await expect(host.branch(SHOP, "nowhere", PATIENT)).rejects.toMatchObject({
      code: "code-host-not-found",
      message: expect.stringContaining("acme/shop"),
    });
  });
});

describe("pull requests", () => {
  test("none is an answer", async () => {
    const { host } = await startHarness();
    expect(await host.findPullRequest(SHOP, BRANCH, PATIENT)).toBeUndefined();
  });

  test.each([
    { title: "open", act: async () => {}, state: "open" },
    {
      title: "closed by a person",
      act: async ({ double }: Harness) => double.closePullRequest("acme", "shop", 1),
      state: "closed",
    },
    {
      title: "merged",
      act: async ({ double }: Harness) => void (await double.mergePullRequest("acme", "shop", 1)),
      state: "merged",
    },
  ])("$title is seen as such", async ({ act, state }) => {
    const at = "2026-11-24T10:20:30.000Z";
    const harness = await startHarness(undefined, { now: () => new Date(at) });
    const { commit } = await propose(harness, contentOn(harness.base));
    await act(harness);
    expect(await harness.host.findPullRequest(SHOP, BRANCH, PATIENT)).toEqual({
      number: 1,
      url: `${harness.double.htmlUrl}/acme/shop/pull/1`,
      state,
      title: CONTENT.title,
      body: CONTENT.body,
      baseBranch: "main",
      headCommit: commit,
      updatedAt: Date.parse(at),
      ...(state === "open" ? {} : { closedAt: at }),
    });
  });

  test("the newest of a branch counts, and other branches do not", async () => {
    const harness = await startHarness();
    await propose(harness, contentOn(harness.base));
    await harness.double.closePullRequest("acme", "shop", 1);
    await harness.host.openPullRequest(SHOP, { head: BRANCH, base: "main" }, CONTENT, PATIENT);
    await propose(harness, contentOn(harness.base, { branch: "hullkeeper/other" }));
    expect(await harness.host.findPullRequest(SHOP, BRANCH, PATIENT)).toMatchObject({
      number: 2,
      state: "open",
    });
  });

  test("of other branches are not ours where GitHub ignores the filter", async () => {
    const harness = await startHarness();
    await propose(harness, contentOn(harness.base));
    const listed: unknown = await (
      await fetch(`${harness.double.url}/repos/acme/shop/pulls?state=all`, {
        headers: { authorization: `token ${harness.double.token}` },
      })
    ).json();
    expect(listed).toHaveLength(1);
    harness.double.inject({ path: "/pulls", mischief: { kind: "answer", status: 200, body: listed } });
    expect(await harness.host.findPullRequest(SHOP, "hullkeeper/chainguard", PATIENT)).toBeUndefined();
  });

  test("one that is open already is returned as it is", async () => {
    const harness = await startHarness();
    await propose(harness, contentOn(harness.base));
    const other = { ...CONTENT, title: "another title" };
    const again = await harness.host.openPullRequest(SHOP, { head: BRANCH, base: "main" }, other, PATIENT);
    expect(again).toMatchObject({ number: 1, title: CONTENT.title });
    expect(await harness.double.pullRequests("acme", "shop")).toHaveLength(1);
  });

  test.each([
    { title: "the title", change: { title: "new" }, writes: ["PATCH"] },
    { title: "the body", change: { body: "new" }, writes: ["PATCH"] },
    { title: "nothing", change: {}, writes: [] },
    {
      title: "only line ends of the body",
      change: { body: CONTENT.body.replaceAll("\n", "\r\n") },
      writes: [],
    },
    { title: "one label", change: { labels: ["hullkeeper", "sla:high"] }, writes: ["POST", "DELETE"] },
    { title: "only the case of a label", change: { labels: ["Hullkeeper", "sla:critical"] }, writes: [] },
  ])("an update of $title writes $writes", async ({ change, writes }) => {
    const harness = await startHarness();
    await propose(harness, contentOn(harness.base));
    const current = await harness.host.findPullRequest(SHOP, BRANCH, PATIENT);
    if (current === undefined) throw new Error("no pull request");
    const before = harness.double.requests.length;
    await harness.host.updatePullRequest(SHOP, current, { ...CONTENT, ...change }, PATIENT);
    const methods = harness.double.requests.slice(before).map(({ method }) => method);
    expect(methods.filter((method) => method !== "GET")).toEqual(writes);
    expect(methods.length).toBe(writes.length + 1);
  });

  test("labels of others stay, ours that are no longer wanted go", async () => {
    const harness = await startHarness();
    await propose(harness, contentOn(harness.base));
    await harness.double.editPullRequest("acme", "shop", 1, {
      labels: ["team/payments", "hullkeeper:snoozed", "sla:critical", "slack"],
    });
    const current = await harness.host.findPullRequest(SHOP, BRANCH, PATIENT);
    if (current === undefined) throw new Error("no pull request");
    await harness.host.updatePullRequest(
      SHOP,
      current,
      { ...CONTENT, labels: ["hullkeeper", "sla:low"] },
      PATIENT,
    );
    const [pull] = await harness.double.pullRequests("acme", "shop");
    expect(pull?.labels.toSorted()).toEqual(["hullkeeper", "sla:low", "slack", "team/payments"]);
  });

  test("a close leaves the branch, and a second one asks nothing", async () => {
    const harness = await startHarness();
    await propose(harness, contentOn(harness.base));
    const open = await harness.host.findPullRequest(SHOP, BRANCH, PATIENT);
    if (open === undefined) throw new Error("no pull request");
    await harness.host.closePullRequest(SHOP, open, PATIENT);
    const closed = await harness.host.findPullRequest(SHOP, BRANCH, PATIENT);
    expect(closed).toMatchObject({ number: open.number, state: "closed", headCommit: open.headCommit });
    expect(await harness.double.branchCommit("acme", "shop", BRANCH)).toBe(open.headCommit);
    if (closed === undefined) throw new Error("not reached");
    const before = harness.double.requests.length;
    await harness.host.closePullRequest(SHOP, closed, PATIENT);
    expect(harness.double.requests).toHaveLength(before);
  });

  test("a label that a person takes off at the same moment is no fault", async () => {
    const harness = await startHarness();
    await propose(harness, contentOn(harness.base));
    const current = await harness.host.findPullRequest(SHOP, BRANCH, PATIENT);
    if (current === undefined) throw new Error("no pull request");
    harness.double.inject({
      method: "DELETE",
      path: "/labels/",
      mischief: { kind: "answer", status: 404, body: { message: "Label does not exist" } },
    });
    await harness.host.updatePullRequest(SHOP, current, { ...CONTENT, labels: ["hullkeeper"] }, PATIENT);
    expect(countOf(harness, "DELETE", "/labels/sla%3Acritical")).toBe(1);
  });
});

describe("statuses", () => {
  test.each([
    { title: "the same", change: {}, writes: 0 },
    { title: "another state", change: { state: "failure" as const }, writes: 1 },
    { title: "another description", change: { description: "late" }, writes: 1 },
    { title: "another address", change: { url: "https://hullkeeper.example/2" }, writes: 1 },
  ])("$title again: $writes written", async ({ change, writes }) => {
    const harness = await startHarness();
    await harness.host.setStatuses(SHOP, harness.base, STATUSES, PATIENT);
    const before = countOf(harness, "POST", "/statuses/");
    expect(before).toBe(2);
    const next = STATUSES.map((status, index) => (index === 0 ? { ...status, ...change } : status));
    await harness.host.setStatuses(SHOP, harness.base, next, PATIENT);
    expect(countOf(harness, "POST", "/statuses/") - before).toBe(writes);
    expect(await harness.double.statuses("acme", "shop", harness.base)).toMatchObject(next);
  });

  test("a description that is too long is refused with GitHub's words", async () => {
    const { host, base } = await startHarness();
    const status = { context: "hullkeeper/sla", state: "pending", description: "x".repeat(141) } as const;
    await expect(host.setStatuses(SHOP, base, [status], PATIENT)).rejects.toMatchObject({
      code: "code-host-rejected",
      message: expect.stringContaining("description is too long"),
    });
  });

  test("none asks nothing", async () => {
    const harness = await startHarness();
    await harness.host.setStatuses(SHOP, harness.base, [], PATIENT);
    expect(harness.double.requests).toEqual([]);
  });
});
