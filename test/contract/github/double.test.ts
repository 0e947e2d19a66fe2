import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Octokit, RequestError } from "octokit";
import { onTestFinished, describe, expect, test } from "vitest";
import { createOpenApiValidator } from "../../fakes/github/openapi-validator.ts";
import { startGitHubDouble } from "../../fakes/github/start-github-double.ts";
import type { GitHubDouble } from "../../fakes/github/start-github-double.ts";

/** Compiling its schemas takes longer than most tests. */
const VALIDATOR = createOpenApiValidator();

/** What the adapter's tests take for granted: that the double refuses and merges as GitHub does, asked by octokit itself. */
async function start(): Promise<{
  readonly double: GitHubDouble;
  readonly octokit: Octokit;
  readonly base: string;
}> {
  const double = await startGitHubDouble({ validator: VALIDATOR });
  onTestFinished(async () => double.close());
  const base = await double.createRepository("acme", "shop", { Dockerfile: "FROM a\nRUN b\n", other: "1\n" });
  const octokit = new Octokit({
    auth: double.token,
    baseUrl: double.url,
    throttle: { enabled: false },
    retry: { enabled: false },
  });
  return { double, octokit, base };
}

const AT = { owner: "acme", repo: "shop" };

async function refusalOf(
  call: Promise<unknown>,
): Promise<{ readonly status: number; readonly message: string }> {
  const thrown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (thrown instanceof RequestError) return { status: thrown.status, message: thrown.message };
  throw new Error(`expected a refusal, got ${String(thrown)}`);
}

type Case = (octokit: Octokit, base: string) => Promise<unknown>;

test.each<{ readonly title: string; readonly call: Case; readonly status: number; readonly says: string }>([
  {
    title: "an unknown repository",
    call: async (octokit) => octokit.rest.repos.get({ owner: "acme", repo: "other" }),
    status: 404,
    says: "Not Found",
  },
  {
    title: "an unknown branch",
    call: async (octokit) => octokit.rest.repos.getBranch({ ...AT, branch: "nowhere" }),
    status: 404,
    says: "Branch not found",
  },
  {
    title: "an unknown commit",
    call: async (octokit) => octokit.rest.git.getCommit({ ...AT, commit_sha: "1".repeat(40) }),
    status: 404,
    says: "Not Found",
  },
  {
    title: "a tree asked for as a blob",
    call: async (octokit, base) => octokit.rest.git.getBlob({ ...AT, file_sha: base }),
    status: 404,
    says: "Not Found",
  },
  {
    title: "a branch that exists",
    call: async (octokit, base) => octokit.rest.git.createRef({ ...AT, ref: "refs/heads/main", sha: base }),
    status: 422,
    says: "Reference already exists",
  },
  {
    title: "a branch at no commit",
    call: async (octokit) => octokit.rest.git.createRef({ ...AT, ref: "refs/heads/x", sha: "1".repeat(40) }),
    status: 422,
    says: "Object does not exist",
  },
  {
    title: "a branch with an impossible name",
    call: async (octokit, base) => octokit.rest.git.createRef({ ...AT, ref: "refs/heads/a..b", sha: base }),
    status: 422,
    says: "Reference name is not valid",
  },
  {
    title: "a move of a branch that is not there",
    call: async (octokit, base) => octokit.rest.git.updateRef({ ...AT, ref: "heads/x", sha: base }),
    status: 422,
    says: "Reference does not exist",
  },
  {
    title: "a move that is no fast forward",
    call: async (octokit, base) => {
      const { data: commit } = await octokit.rest.git.getCommit({ ...AT, commit_sha: base });
      const { data: orphan } = await octokit.rest.git.createCommit({
        ...AT,
        message: "m",
        tree: commit.tree.sha,
      });
      return octokit.rest.git.updateRef({ ...AT, ref: "heads/main", sha: orphan.sha });
    },
    status: 422,
    says: "Update is not a fast forward",
  },
  {
    title: "a tree with a path out of the repository",
    call: async (octokit) =>
      octokit.rest.git.createTree({
        ...AT,
        tree: [{ path: "a/../b", mode: "100644", type: "blob", content: "" }],
      }),
    status: 422,
    says: "malformed path",
  },
  {
    title: "a pull request of nothing",
    call: async (octokit) => octokit.rest.pulls.create({ ...AT, title: "t", head: "main", base: "main" }),
    status: 422,
    says: "No commits between main and main",
  },
  {
    title: "a pull request from nowhere",
    call: async (octokit) => octokit.rest.pulls.create({ ...AT, title: "t", head: "nowhere", base: "main" }),
    status: 422,
    says: "head",
  },
  {
    title: "a text over 65,536 characters",
    call: async (octokit) =>
      octokit.rest.pulls.create({ ...AT, title: "t", head: "main", base: "main", body: "x".repeat(65_537) }),
    status: 422,
    says: "body is too long",
  },
  {
    title: "a status of no commit",
    call: async (octokit) =>
      octokit.rest.repos.createCommitStatus({ ...AT, sha: "1".repeat(40), state: "success" }),
    status: 422,
    says: "No commit found for SHA",
  },
])("refuses $title with $status", async ({ call, status, says }) => {
  const { octokit, base } = await start();
  const refusal = await refusalOf(call(octokit, base));
  expect(refusal.status).toBe(status);
  expect(refusal.message).toContain(says);
});

test.each([
  { title: "without a token", headers: {} },
  { title: "with another token", headers: { authorization: "token ghp_other" } },
  { title: "with the token in another scheme", headers: { authorization: "Basic ghp_other" } },
])("lets nobody in $title", async ({ headers }) => {
  const { double } = await start();
  const answer = await fetch(`${double.url}/repos/acme/shop`, { headers });
  expect(answer.status).toBe(401);
  expect(await answer.json()).toMatchObject({ message: "Bad credentials" });
});

test("names its rate limit and every request", async () => {
  const { octokit } = await start();
  const one = await octokit.rest.repos.get(AT);
  const two = await octokit.rest.repos.get(AT);
  expect(one.headers["x-ratelimit-remaining"]).toBe("4999");
  expect(two.headers["x-ratelimit-remaining"]).toBe("4998");
  expect(one.headers["x-github-request-id"]).not.toBe(two.headers["x-github-request-id"]);
});

test("makes the same object ids as git", async () => {
  const { octokit } = await start();
  const { data } = await octokit.rest.git.createBlob({ ...AT, content: "hello\n" });
  expect(data.sha).toBe("ce013625030ba8dba906f756967f9e9ca394464a");
});

test("lists pull requests page by page, of one branch, newest first", async () => {
  const { double, octokit } = await start();
  for (const branch of ["one", "two", "three"]) {
    await double.commitFile("acme", "shop", { path: branch, content: "1", branch });
    await octokit.rest.pulls.create({ ...AT, title: branch, head: branch, base: "main" });
  }
  const all = await octokit.paginate(octokit.rest.pulls.list, { ...AT, state: "all", per_page: 2 });
  expect(all.map(({ title }) => title)).toEqual(["three", "two", "one"]);
  const { data: ofTwo } = await octokit.rest.pulls.list({ ...AT, head: "acme:two" });
  expect(ofTwo.map(({ number }) => number)).toEqual([2]);
  const { data: unreadable } = await octokit.rest.pulls.list({ ...AT, head: "two" });
  expect(unreadable).toHaveLength(3);
});

async function open(octokit: Octokit, double: GitHubDouble, content: string): Promise<void> {
  await double.commitFile("acme", "shop", { path: "Dockerfile", content, branch: "fix" });
  await octokit.rest.pulls.create({ ...AT, title: "fix", head: "fix", base: "main" });
}

describe("merging", () => {
  test("joins both sides in a commit with two parents", async () => {
    const { double, octokit, base } = await start();
    await open(octokit, double, "FROM fixed\nRUN b\n");
    const main = await double.commitFile("acme", "shop", { path: "other", content: "2\n" });
    const { data: asked } = await octokit.rest.pulls.get({ ...AT, pull_number: 1 });
    expect(asked.mergeable).toBeNull();
    const { data: pull } = await octokit.rest.pulls.get({ ...AT, pull_number: 1 });
    expect(pull).toMatchObject({ mergeable: true, commits: 1, changed_files: 1, additions: 1, deletions: 1 });
    const { data: merged } = await octokit.rest.pulls.merge({ ...AT, pull_number: 1 });
    const { data: commit } = await octokit.rest.git.getCommit({ ...AT, commit_sha: merged.sha });
    expect(commit.parents.map(({ sha }) => sha)).toEqual([main, pull.head.sha]);
    expect(commit.parents[0]?.sha).not.toBe(base);
    expect(await double.readFile("acme", "shop", "main", "Dockerfile")).toBe("FROM fixed\nRUN b\n");
    expect(await double.readFile("acme", "shop", "main", "other")).toBe("2\n");
    expect(await double.pullRequests("acme", "shop")).toMatchObject([{ state: "merged" }]);
  });

  test("refuses what contradicts itself", async () => {
    const { double, octokit } = await start();
    await open(octokit, double, "FROM one\n");
    await double.commitFile("acme", "shop", { path: "Dockerfile", content: "FROM two\n" });
    const { data: asked } = await octokit.rest.pulls.get({ ...AT, pull_number: 1 });
    expect(asked.mergeable).toBeNull();
    const { data: pull } = await octokit.rest.pulls.get({ ...AT, pull_number: 1 });
    expect(pull).toMatchObject({ mergeable: false, mergeable_state: "dirty" });
    expect(await refusalOf(octokit.rest.pulls.merge({ ...AT, pull_number: 1 }))).toMatchObject({
      status: 405,
    });
  });

  test("refuses a head that has moved on", async () => {
    const { double, octokit, base } = await start();
    await open(octokit, double, "FROM one\n");
    const merge = octokit.rest.pulls.merge({ ...AT, pull_number: 1, sha: base });
    expect(await refusalOf(merge)).toMatchObject({ status: 409 });
  });

  test("a deleted branch closes its pull request", async () => {
    const { double, octokit } = await start();
    await open(octokit, double, "FROM one\n");
    await octokit.rest.git.deleteRef({ ...AT, ref: "heads/fix" });
    expect(await double.pullRequests("acme", "shop")).toMatchObject([{ state: "closed" }]);
  });
});

describe("pages", () => {
  const hostile = `<script>alert("1")</script>'&`;

  async function startPages(): Promise<GitHubDouble> {
    const { double, octokit } = await start();
    await double.commitFile("acme", "shop", {
      path: "Dockerfile",
      content: `FROM ${hostile}\n`,
      branch: "fix",
    });
    await octokit.rest.pulls.create({
      ...AT,
      title: `T ${hostile}`,
      head: "fix",
      base: "main",
      body: `B ${hostile}`,
    });
    await octokit.rest.issues.addLabels({ ...AT, issue_number: 1, labels: [`L ${hostile}`] });
    const sha = await double.branchCommit("acme", "shop", "fix");
    const status = { ...AT, sha: sha ?? "", state: "success" as const };
    await octokit.rest.repos.createCommitStatus({
      ...status,
      context: `C ${hostile}`,
      description: `D ${hostile}`,
    });
    return double;
  }

  test("show title, text, labels, statuses and changes, all escaped", async () => {
    const double = await startPages();
    const answer = await fetch(`${double.htmlUrl}/acme/shop/pull/1`);
    const html = await answer.text();
    expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(html).not.toContain("<script");
    for (const part of ["T", "B", "L", "C", "D", "+FROM"]) {
      expect(html).toContain(`${part} &lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;`);
    }
  });

  test("list all repositories and pull requests", async () => {
    const double = await startPages();
    const html = await (await fetch(double.htmlUrl)).text();
    expect(html).toContain("<h2>acme/shop</h2>");
    expect(html).toContain('<a href="/acme/shop/pull/1">T &lt;script&gt;');
  });

  test.each([
    { button: "merge", state: "merged" },
    { button: "close", state: "closed" },
  ])("have a button to $button", async ({ button, state }) => {
    const double = await startPages();
    const press = async (from: string): Promise<number> => {
      const headers = { "sec-fetch-site": from };
      const url = `${double.htmlUrl}/acme/shop/pull/1/${button}`;
      return (await fetch(url, { method: "POST", headers, redirect: "manual" })).status;
    };
    expect(await press("cross-site")).toBe(403);
    expect(await double.pullRequests("acme", "shop")).toMatchObject([{ state: "open" }]);
    expect(await press("same-origin")).toBe(303);
    expect(await double.pullRequests("acme", "shop")).toMatchObject([{ state }]);
  });

  test.each([
    "/acme/shop/pull/2",
    "/acme/other/pull/1",
    "/favicon.ico",
    "/acme/%00/pull/1",
    "/acme/%/pull/1",
  ])("know no %s", async (path) => {
    const { double } = await start();
    expect((await fetch(`${double.htmlUrl}${path}`)).status).toBe(404);
  });
});

describe("what does not keep to GitHub's description", () => {
  test.each([
    {
      title: "an unknown address",
      path: "/repos/acme/shop/pulls/1/unknown",
      init: {},
      fault: "not in the description",
    },
    {
      title: "an unknown parameter",
      path: "/repos/acme/shop/pulls?heads=x",
      init: {},
      fault: "unknown parameter heads",
    },
    {
      title: "an impossible value",
      path: "/repos/acme/shop/pulls?state=merged",
      init: {},
      fault: "state / must be equal",
    },
    {
      title: "a missing field",
      path: "/repos/acme/shop/git/refs",
      init: { method: "POST", body: `{"ref":"refs/heads/x"}` },
      fault: "must have required property 'sha'",
    },
    {
      title: "a misspelt field",
      path: "/repos/acme/shop/pulls",
      init: { method: "POST", body: `{"head":"x","base":"main","titel":"t"}` },
      fault: "unknown field titel",
    },
    {
      title: "a body that is no JSON",
      path: "/repos/acme/shop/git/trees",
      init: { method: "POST", body: "tree" },
      fault: "must be object",
    },
  ])("$title fails the test", async ({ path, init, fault }) => {
    const double = await startGitHubDouble({ validator: VALIDATOR });
    await double.createRepository("acme", "shop", { a: "a" });
    const headers = { authorization: `token ${double.token}`, "content-type": "application/json" };
    const answer = await fetch(`${double.url}${path}`, { ...init, headers });
    await answer.text();
    expect(() => double.assertNoViolations()).toThrow(fault);
    await expect(double.close()).rejects.toThrow("against GitHub's description");
  });
});

test("does not serve a repository that an earlier double left behind", async () => {
  const stateDirectory = await mkdtemp(join(tmpdir(), "github-double-test-"));
  onTestFinished(async () => rm(stateDirectory, { recursive: true }));
  const first = await startGitHubDouble({ stateDirectory, validator: VALIDATOR });
  await first.createRepository("acme", "shop", { a: "a" });
  await first.close();
  const second = await startGitHubDouble({ stateDirectory, validator: VALIDATOR });
  onTestFinished(async () => second.close());
  await expect(second.createRepository("acme", "shop", { a: "a" })).rejects.toThrow("EEXIST");
});
