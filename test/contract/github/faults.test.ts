import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import type { ErrorCode } from "../../../src/errors.ts";
import { MINUTE_MS } from "../../../src/time.ts";
import type { Mischief } from "../../fakes/github/faults.ts";
import {
  BRANCH,
  CONTENT,
  PATIENT,
  SHOP,
  contentOn,
  countOf,
  failureOf,
  propose,
  startHarness,
} from "./harness.ts";

interface Row {
  readonly title: string;
  readonly mischief: Mischief;
  readonly code: ErrorCode;
  readonly retryAfterMs?: number;
  readonly says?: string;
}

function answer(status: number, body?: unknown, headers: Readonly<Record<string, string>> = {}): Mischief {
  return { kind: "answer", status, body, headers };
}

const DATE = "Tue, 24 Nov 2026 12:00:00 GMT";
const NOON_S = Date.parse(DATE) / 1_000;

describe("an answer of no use becomes the error it means", () => {
  const rows: readonly Row[] = [
    {
      title: "401",
      mischief: answer(401, { message: "Bad credentials" }),
      code: "code-host-unauthorized",
      says: "Bad credentials",
    },
    {
      title: "403 with the permission GitHub names",
      mischief: answer(
        403,
        { message: "Resource not accessible by personal access token" },
        { "x-accepted-github-permissions": "contents=read" },
      ),
      code: "code-host-forbidden",
      says: 'lacks the permission "contents=read"',
    },
    {
      title: "403 without",
      mischief: answer(403, { message: "Forbidden" }, { "x-ratelimit-remaining": "4999" }),
      code: "code-host-forbidden",
      says: "lacks the permission contents=read",
    },
    {
      title: "403, nothing remains",
      mischief: answer(
        403,
        { message: "API rate limit exceeded" },
        { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(NOON_S + 90), date: DATE },
      ),
      code: "code-host-rate-limited",
      retryAfterMs: 90_000,
    },
    {
      title: "403, secondary limit, with a time",
      mischief: answer(
        403,
        { message: "You have exceeded a secondary rate limit." },
        { "retry-after": "42" },
      ),
      code: "code-host-rate-limited",
      retryAfterMs: 42_000,
    },
    {
      title: "403, secondary limit, without",
      mischief: answer(403, {
        message: "You have exceeded a secondary rate limit. Please wait a few minutes.",
      }),
      code: "code-host-rate-limited",
      retryAfterMs: MINUTE_MS,
    },
    {
      title: "429",
      mischief: answer(429, "slow down"),
      code: "code-host-rate-limited",
      retryAfterMs: MINUTE_MS,
    },
    {
      title: "429 until a day from now",
      mischief: answer(429, {}, { "retry-after": "86400" }),
      code: "code-host-rate-limited",
      retryAfterMs: 60 * MINUTE_MS,
    },
    {
      title: "422 for being too quick",
      mischief: answer(422, {
        message: "Validation Failed",
        errors: [{ message: "was submitted too quickly" }],
      }),
      code: "code-host-rate-limited",
      retryAfterMs: MINUTE_MS,
    },
    {
      title: "404",
      mischief: answer(404, { message: "Not Found" }),
      code: "code-host-not-found",
      says: "may not see it",
    },
    {
      title: "409",
      mischief: answer(409, { message: "Git Repository is empty." }),
      code: "code-host-conflict",
    },
    {
      title: "422",
      mischief: answer(422, {
        message: "Validation Failed",
        errors: [{ resource: "PullRequest", field: "base", code: "invalid" }],
      }),
      code: "code-host-rejected",
      says: "Validation Failed: PullRequest base invalid",
    },
    {
      title: "451",
      mischief: answer(451, { message: "Repository access blocked" }),
      code: "code-host-rejected",
    },
    { title: "500", mischief: answer(500, { message: "Server Error" }), code: "code-host-unavailable" },
    {
      title: "502 with a page",
      mischief: answer(502, "<html>Unicorn</html>"),
      code: "code-host-unavailable",
    },
    {
      title: "503 with a time",
      mischief: answer(503, {}, { "retry-after": "7" }),
      code: "code-host-unavailable",
      retryAfterMs: 7_000,
    },
    {
      title: "200 with a page",
      mischief: answer(200, "<html>Log in</html>"),
      code: "code-host-unavailable",
      says: "documented form",
    },
    {
      title: "200 with JSON that is none",
      mischief: answer(200, '{"name":', { "content-type": "application/json; charset=utf-8" }),
      code: "code-host-unavailable",
      says: "documented form",
    },
    {
      title: "200 with another form",
      mischief: answer(200, { name: 7 }),
      code: "code-host-unavailable",
      says: "name",
    },
    { title: "200 with nothing", mischief: answer(200), code: "code-host-unavailable" },
    { title: "a cut connection", mischief: { kind: "cut" }, code: "code-host-unavailable" },
    { title: "half an answer", mischief: { kind: "cut-answer" }, code: "code-host-unavailable" },
  ];

  test.each(rows)("$title: $code", async ({ mischief, code, retryAfterMs, says }) => {
    const { host, double, counted } = await startHarness();
    double.inject({ mischief });
    const failure = await failureOf(host.branch(SHOP, "main", PATIENT));
    expect(failure).toMatchObject({ code, retryAfterMs });
    expect(failure.message).toMatch(/^could not read a branch of acme\/shop: /);
    expect(failure.message).toContain(says ?? "127.0.0.1");
    expect(double.requests.length).toBe(1);
    expect(counted).toMatchObject([
      { operation: "get-branch", status: mischief.kind === "answer" ? mischief.status : "none" },
    ]);
  });

  test("nobody listens", async () => {
    const { host, double, counted } = await startHarness();
    await double.close();
    const failure = await failureOf(host.branch(SHOP, "main", PATIENT));
    expect(failure).toMatchObject({ code: "code-host-unavailable", status: undefined });
    expect(failure.message).toContain("ECONNREFUSED");
    expect(counted).toMatchObject([{ status: "none" }]);
  });

  test("GitHub's words are cut and made harmless", async () => {
    const { host, double } = await startHarness();
    double.inject({ mischief: answer(422, { message: `\u202E\n\u001B[31m${"x".repeat(5_000)}` }) });
    const { message } = await failureOf(host.branch(SHOP, "main", PATIENT));
    expect(message.length).toBeLessThan(250);
    expect(message).toContain(String.raw`\u202e\n\u001b[31m`);
  });

  test("an answer that never ends is cut off", async () => {
    const { host, double } = await startHarness();
    double.inject({ mischief: answer(200, { name: "x".repeat(33 * 1024 * 1024) }) });
    expect(await failureOf(host.branch(SHOP, "main", PATIENT))).toMatchObject({
      code: "code-host-too-large",
    });
  });
});

describe("time", () => {
  test("no answer in time", async () => {
    const { connect, double } = await startHarness();
    double.inject({ mischief: { kind: "hang" } });
    const failure = await failureOf(connect({ timeoutMs: 100 }).branch(SHOP, undefined, PATIENT));
    expect(failure).toMatchObject({ code: "code-host-unavailable", transient: true });
    expect(failure.message).toContain("within 100 ms");
  });

  test("the caller gives up: its reason comes back", async () => {
    const { host, double } = await startHarness();
    double.inject({ mischief: { kind: "hang" } });
    const caller = new AbortController();
    const call = host.branch(SHOP, undefined, caller.signal);
    const reason = new Error("the worker is shutting down");
    setImmediate(() => caller.abort(reason));
    await expect(call).rejects.toBe(reason);
  });

  test("the caller gave up before: nothing is asked", async () => {
    const { host, double } = await startHarness();
    const reason = new Error("too late");
    await expect(host.findPullRequest(SHOP, BRANCH, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(double.requests).toEqual([]);
  });

  test("the caller gives up while many files are read", async () => {
    const files = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`f${index}`, `${index}`]));
    const { host, double, base } = await startHarness(files);
    double.inject({ path: "/graphql", times: 20, mischief: { kind: "hang" } });
    const caller = new AbortController();
    const reason = new Error("enough");
    const call = host.files(SHOP, base, () => true, caller.signal);
    const poll = setInterval(() => {
      if (double.requests.some(({ outcome }) => outcome === "hang")) caller.abort(reason);
    }, 5);
    await expect(call).rejects.toBe(reason);
    clearInterval(poll);
  });
});

describe("what was done although nobody heard of it is done once", () => {
  test.each([
    { title: "the tree", path: "/git/trees" },
    { title: "the commit", path: "/git/commits" },
    { title: "the branch", path: "/git/refs" },
    { title: "the pull request", path: "/pulls" },
    { title: "the labels", path: "/labels" },
  ])("$title", async ({ path }) => {
    const harness = await startHarness();
    const { double, base, host } = harness;
    double.inject({ method: "POST", path, mischief: { kind: "lose-answer" } });
    const content = contentOn(base);
    const failure = await failureOf(propose(harness, content));
    expect(failure).toMatchObject({ code: "code-host-unavailable", transient: true });

    const { commit, number } = await propose(harness, content);
    expect(await double.pullRequests("acme", "shop")).toMatchObject([
      { number, headCommit: commit, state: "open" },
    ]);
    expect(await double.branchCommit("acme", "shop", BRANCH)).toBe(commit);
    const found = await host.findPullRequest(SHOP, BRANCH, PATIENT);
    if (found === undefined) throw new Error("no pull request");
    await host.updatePullRequest(SHOP, found, CONTENT, PATIENT);
    expect(await double.pullRequests("acme", "shop")).toMatchObject([{ labels: CONTENT.labels }]);
  });

  test("the move of a branch", async () => {
    const harness = await startHarness();
    const { double, base, host } = harness;
    const { commit: first } = await propose(harness, contentOn(base));
    const main = await double.commitFile("acme", "shop", { path: "other", content: "1" });
    const content = contentOn(main, { expected: { kind: "at", commit: first } });
    double.inject({ method: "PATCH", path: "/git/refs/", mischief: { kind: "lose-answer" } });
    await failureOf(host.writeBranch(SHOP, content, PATIENT));
    const second = await host.writeBranch(SHOP, content, PATIENT);
    expect(await double.branchCommit("acme", "shop", BRANCH)).toBe(second);
    expect(countOf(harness, "PATCH", "/git/refs/")).toBe(1);
  });

  test("a status", async () => {
    const harness = await startHarness();
    const { double, base, host } = harness;
    const status = { context: "hullkeeper/sla", state: "pending", description: "soon" } as const;
    double.inject({ method: "POST", path: "/statuses/", mischief: { kind: "cut-answer" } });
    await failureOf(host.setStatuses(SHOP, base, [status], PATIENT));
    await host.setStatuses(SHOP, base, [status], PATIENT);
    expect(countOf(harness, "POST", "/statuses/")).toBe(1);
  });

  test("one pull request, even where two ask at the same time", async () => {
    const harness = await startHarness();
    await harness.host.writeBranch(SHOP, contentOn(harness.base), PATIENT);
    const open = async (): Promise<unknown> =>
      harness.host.openPullRequest(SHOP, { head: BRANCH, base: "main" }, CONTENT, PATIENT);
    const [one, two] = await Promise.all([open(), open()]);
    expect(one).toMatchObject({ number: 1 });
    expect(two).toMatchObject({ number: 1 });
    expect(await harness.double.pullRequests("acme", "shop")).toHaveLength(1);
  });

  test("said to be open and not listed yet: asked again later", async () => {
    const harness = await startHarness();
    await propose(harness, contentOn(harness.base));
    harness.double.inject({ method: "GET", path: "/pulls", mischief: answer(200, []) });
    const call = harness.host.openPullRequest(SHOP, { head: BRANCH, base: "main" }, CONTENT, PATIENT);
    expect(await failureOf(call)).toMatchObject({ code: "code-host-conflict", transient: true });
  });
});

describe("the token", () => {
  const token = "ghp_SECRETSECRETSECRETSECRET";

  test.each([
    { title: "refused", mischief: undefined },
    {
      title: "echoed by a proxy",
      mischief: answer(403, { message: `token ${token}` }, { "x-accepted-github-permissions": `x ${token}` }),
    },
    {
      title: "echoed where it would be cut in two",
      mischief: answer(422, { message: `${"x".repeat(60)}${token}` }),
    },
    { title: "on a cut connection", mischief: { kind: "cut" } as const },
    { title: "in an answer of another form", mischief: answer(200, { default_branch: [token] }) },
  ])("$title is not in the error", async ({ mischief }) => {
    const { connect, double } = await startHarness();
    if (mischief !== undefined) double.inject({ mischief });
    const failure = await failureOf(connect({ token }).branch(SHOP, undefined, PATIENT));
    const everything = `${failure.message}${failure.stack ?? ""}${inspect(failure, { depth: 20, showHidden: true })}`;
    expect(failure.cause).toBeUndefined();
    expect(everything).not.toContain("SECRET");
    expect(everything).toContain("acme/shop");
  });

  test("a wrong one is unauthorized", async () => {
    const { connect } = await startHarness();
    expect(await failureOf(connect({ token }).branch(SHOP, undefined, PATIENT))).toMatchObject({
      code: "code-host-unauthorized",
      status: 401,
    });
  });
});

test("GitHub's refusals of a pull request come with its words", async () => {
  const harness = await startHarness();
  const { host, double } = harness;
  await double.commitFile("acme", "shop", { path: "x", content: "1", branch: BRANCH });
  const open = async (head: string, base: string): Promise<unknown> =>
    host.openPullRequest(SHOP, { head, base }, CONTENT, PATIENT);
  expect(await failureOf(open("main", "main"))).toMatchObject({
    code: "code-host-rejected",
    message: expect.stringContaining("No commits between main and main"),
  });
  expect(await failureOf(open(BRANCH, "nowhere"))).toMatchObject({
    code: "code-host-rejected",
    message: expect.stringContaining("base invalid"),
  });
  expect(countOf(harness, "GET", "/pulls")).toBe(0);
});
