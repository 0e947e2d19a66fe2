import { describe, expect, test } from "vitest";
import { type AppHarness, openPull, pullOf, startAppHarness } from "./app-harness.ts";
import { BRANCH, countOf, failureOf, PATIENT, SHOP } from "./harness.ts";

async function start(): Promise<AppHarness & { readonly number: number; readonly commit: string }> {
  const harness = await startAppHarness();
  return { ...harness, ...(await openPull(harness)) };
}

async function stateOf({ double }: AppHarness): Promise<string | undefined> {
  const [pull] = await double.pullRequests("acme", "shop");
  return pull?.state;
}

describe("merging", () => {
  test.each([
    { method: "merge", says: "Merge pull request #1", parents: 2 },
    { method: "squash", says: "jre-25: fixes 3 critical (#1)", parents: 1 },
    { method: "rebase", says: "Update jre-25", parents: 1 },
  ] as const)("by $method", async ({ method, says, parents }) => {
    const harness = await start();
    const { host, double } = harness;
    const pull = await pullOf(host);
    await host.standing(SHOP, pull.headCommit, PATIENT);
    const before = double.requests.length;
    expect(await host.merge(SHOP, pull, method, PATIENT)).toBe("merged");
    expect(double.requests.length - before).toBe(1);
    expect(await stateOf(harness)).toBe("merged");
    const head = await host.branchHead(SHOP, "main", PATIENT);
    expect(head?.message).toContain(says);
    expect(head?.parents).toHaveLength(parents);
    expect(await double.readFile("acme", "shop", "main", "Dockerfile")).toBe("FROM scratch AS fixed\n");
  });

  test("a check is missing: not yet; then it is there", async () => {
    const harness = await start();
    const { host, double, commit } = harness;
    double.requireChecks("acme", "shop", "main", ["hullkeeper/verification"]);
    const pull = await pullOf(host);
    expect(await host.merge(SHOP, pull, "squash", PATIENT)).toBe("not-yet");
    const status = { context: "hullkeeper/verification", description: "as wished" } as const;
    await host.setStatuses(SHOP, commit, [{ ...status, state: "failure" }], PATIENT);
    expect(await host.merge(SHOP, pull, "squash", PATIENT)).toBe("not-yet");
    await host.setStatuses(SHOP, commit, [{ ...status, state: "success" }], PATIENT);
    expect(await host.merge(SHOP, pull, "squash", PATIENT)).toBe("merged");
  });

  test("into a protected branch", async () => {
    const { host, double } = await start();
    await double.protectBranch("acme", "shop", "main");
    expect(await host.merge(SHOP, await pullOf(host), "merge", PATIENT)).toBe("merged");
  });

  test("the head moved since: a conflict, and nothing is merged", async () => {
    const harness = await start();
    const { host, double } = harness;
    const pull = await pullOf(host);
    await double.commitFile("acme", "shop", { path: "x", content: "1", branch: BRANCH });
    expect(await host.merge(SHOP, pull, "merge", PATIENT)).toBe("conflict");
    expect(await stateOf(harness)).toBe("open");
  });

  test("both sides changed the same: a conflict once the host has found out, and until then not yet", async () => {
    const harness = await start();
    const { host, double } = harness;
    const pull = await pullOf(host);
    await double.commitFile("acme", "shop", { path: "Dockerfile", content: "FROM other\n" });
    expect(await host.merge(SHOP, pull, "merge", PATIENT)).toBe("not-yet");
    expect(await host.merge(SHOP, pull, "merge", PATIENT)).toBe("conflict");
    expect(await stateOf(harness)).toBe("open");
  });

  test.each([
    { title: "known to conflict", change: { isMergeable: false } },
    { title: "closed", change: { state: "closed" } },
  ] as const)("what is $title is not even asked for", async ({ change }) => {
    const { host, double } = await start();
    const pull = await pullOf(host);
    const before = double.requests.length;
    expect(await host.merge(SHOP, { ...pull, ...change }, "merge", PATIENT)).toBe("conflict");
    expect(double.requests).toHaveLength(before);
  });

  test.each([
    { title: "closed by a person since", change: "closePullRequest", expected: "conflict" },
    { title: "merged by a person since", change: "mergePullRequest", expected: "merged" },
  ] as const)("$title: $expected", async ({ change, expected }) => {
    const { host, double, number } = await start();
    const pull = await pullOf(host);
    await double[change]("acme", "shop", number);
    expect(await host.merge(SHOP, pull, "merge", PATIENT)).toBe(expected);
  });

  test("the answer was lost: asked again, it is merged, once", async () => {
    const harness = await start();
    const { host, double } = harness;
    const pull = await pullOf(host);
    double.inject({ method: "PUT", path: "/merge", mischief: { kind: "lose-answer" } });
    expect(await failureOf(host.merge(SHOP, pull, "merge", PATIENT))).toMatchObject({
      code: "code-host-unavailable",
    });
    expect(await host.merge(SHOP, pull, "merge", PATIENT)).toBe("merged");
    expect(await host.branchHead(SHOP, "main", PATIENT)).toMatchObject({ parents: { length: 2 } });
  });

  test("who may not is told which permission is missing", async () => {
    const { double, installation, ...harness } = await start();
    const pull = await pullOf(harness.host);
    await double.changeInstallation(installation, {
      permissions: { contents: "read", pull_requests: "write" },
    });
    const call = harness.inLane().merge(SHOP, pull, "merge", PATIENT);
    expect(await failureOf(call)).toMatchObject({
      code: "code-host-forbidden",
      message: expect.stringContaining("contents=write"),
    });
  });
});

describe("closing", () => {
  test("an open one; one that is closed already costs nothing", async () => {
    const harness = await start();
    const { host, double } = harness;
    await host.closePullRequest(SHOP, await pullOf(host), PATIENT);
    expect(await stateOf(harness)).toBe("closed");
    const before = double.requests.length;
    await host.closePullRequest(SHOP, { ...(await pullOf(host)), state: "closed" }, PATIENT);
    expect(double.requests.length - before).toBe(1);
    expect(await double.branchCommit("acme", "shop", BRANCH)).toBeDefined();
  });

  test("one that a person merged since is left so", async () => {
    const harness = await start();
    const { host, double, number } = harness;
    const pull = await pullOf(host);
    await double.mergePullRequest("acme", "shop", number);
    await host.closePullRequest(SHOP, pull, PATIENT);
    expect(await stateOf(harness)).toBe("merged");
  });
});

describe("removing a branch", () => {
  test("that is at the commit; its pull request is closed by that", async () => {
    const harness = await start();
    const { host, double, commit } = harness;
    await host.deleteBranch(SHOP, BRANCH, commit, PATIENT);
    expect(await double.branchCommit("acme", "shop", BRANCH)).toBeUndefined();
    expect(await stateOf(harness)).toBe("closed");
  });

  test("that moved: it stays", async () => {
    const { host, double, commit } = await start();
    const moved = await double.commitFile("acme", "shop", { path: "x", content: "1", branch: BRANCH });
    await host.deleteBranch(SHOP, BRANCH, commit, PATIENT);
    expect(await double.branchCommit("acme", "shop", BRANCH)).toBe(moved);
  });

  test("that is gone, or goes at the same moment", async () => {
    const harness = await start();
    const { host, double, commit } = harness;
    double.inject({ method: "DELETE", path: "/git/refs/", mischief: { kind: "lose-answer" } });
    expect((await failureOf(host.deleteBranch(SHOP, BRANCH, commit, PATIENT))).code).toBe(
      "code-host-unavailable",
    );
    await host.deleteBranch(SHOP, BRANCH, commit, PATIENT);
    expect(countOf(harness, "DELETE", "/git/refs/")).toBe(1);
    const again = await start();
    again.double.inject({
      method: "DELETE",
      path: "/git/refs/",
      mischief: { kind: "answer", status: 422, body: { message: "Reference does not exist" } },
    });
    await again.host.deleteBranch(SHOP, BRANCH, again.commit, PATIENT);
  });

  test("that is protected: GitHub's words come back, and it stays", async () => {
    const { host, double, commit } = await start();
    await double.protectBranch("acme", "shop", BRANCH);
    expect(await failureOf(host.deleteBranch(SHOP, BRANCH, commit, PATIENT))).toMatchObject({
      code: "code-host-rejected",
      message: expect.stringContaining("Repository rule violations found"),
    });
    expect(await double.branchCommit("acme", "shop", BRANCH)).toBe(commit);
  });
});
