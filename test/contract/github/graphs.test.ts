import { describe, expect, test } from "vitest";
import type { ErrorCode } from "../../../src/errors.ts";
import type { Fault, Mischief } from "../../fakes/github/faults.ts";
import type { GitHubDouble } from "../../fakes/github/start-github-double.ts";
import { startAppHarness } from "./app-harness.ts";
import { BRANCH, CONTENT, contentOn, failureOf, PATIENT, SHOP, startHarness } from "./harness.ts";

const QUESTION = { baseBranch: "main", branch: BRANCH, paths: ["Dockerfile"] };
const PAGE = "<html><body>Not here</body></html>";

function answer(status: number, body?: unknown, headers: Readonly<Record<string, string>> = {}): Mischief {
  return { kind: "answer", status, body, headers };
}

/** As GitHub says of fields that it has not. */
function unknownField(extensions?: object): Mischief {
  const message = "Field 'createCommitOnBranch' doesn't exist on type 'Mutation'";
  return answer(200, { errors: [{ message, path: ["query"], ...extensions }] });
}

/** The documents that were sent, failed ones among them. */
function documentsOf({ requests }: GitHubDouble): readonly (string | undefined)[] {
  return requests.filter(({ kind }) => kind === "graphql").map(({ operationName }) => operationName);
}

interface Row {
  readonly title: string;
  readonly fault: Fault;
  readonly code: ErrorCode;
}

describe("says nothing of whether the host speaks GraphQL: the question fails, and the next one is asked by it", () => {
  const DOCUMENT = "/graphql";
  const rows: readonly Row[] = [
    {
      title: "a token that is no longer good",
      fault: { path: DOCUMENT, mischief: answer(401, { message: "Bad credentials" }) },
      code: "code-host-unauthorized",
    },
    {
      title: "an installation that is not there",
      fault: { path: "/installation", mischief: answer(404, { message: "Not Found" }) },
      code: "code-host-not-found",
    },
    {
      title: "an installation that was removed a moment ago",
      fault: { path: "/access_tokens", mischief: answer(404, { message: "Not Found" }) },
      code: "code-host-not-found",
    },
    {
      title: "an installation that may not be used",
      fault: {
        path: "/access_tokens",
        mischief: answer(403, { message: "This installation has been suspended" }),
      },
      code: "code-host-forbidden",
    },
    {
      title: "an App that GitHub does not know",
      fault: {
        path: "/installation",
        mischief: answer(401, { message: "A JSON web token could not be decoded" }),
      },
      code: "code-host-unauthorized",
    },
    {
      title: "no token, for a fault of the host",
      fault: { path: "/access_tokens", mischief: answer(500, { message: "Server Error" }) },
      code: "code-host-unavailable",
    },
    {
      title: "a fault of the host",
      fault: { path: DOCUMENT, mischief: answer(500, { message: "Server Error" }) },
      code: "code-host-unavailable",
    },
    {
      title: "a fault that is told with 200",
      fault: {
        path: DOCUMENT,
        mischief: answer(200, { errors: [{ message: "Something went wrong while executing your query." }] }),
      },
      code: "code-host-unavailable",
    },
    {
      title: "a cut connection",
      fault: { path: DOCUMENT, mischief: { kind: "cut" } },
      code: "code-host-unavailable",
    },
    {
      title: "too many requests",
      fault: { path: DOCUMENT, mischief: answer(429, { message: "slow down" }) },
      code: "code-host-rate-limited",
    },
    {
      title: "a secondary limit",
      fault: {
        path: DOCUMENT,
        mischief: answer(
          403,
          { message: "You have exceeded a secondary rate limit." },
          { "retry-after": "9" },
        ),
      },
      code: "code-host-rate-limited",
    },
    {
      title: "a limit that is told with 200",
      fault: {
        path: DOCUMENT,
        mischief: answer(200, { errors: [{ type: "RATE_LIMITED", message: "API rate limit exceeded" }] }),
      },
      code: "code-host-rate-limited",
    },
    {
      title: "a sign-in that an organisation demands",
      fault: {
        path: DOCUMENT,
        mischief: answer(403, { message: "Resource protected by organization SAML enforcement." }),
      },
      code: "code-host-forbidden",
    },
    {
      title: "a request that the host cannot read",
      fault: { path: DOCUMENT, mischief: answer(400, { message: "Problems parsing JSON" }) },
      code: "code-host-rejected",
    },
    {
      title: "a proxy's page with 200",
      fault: { path: DOCUMENT, mischief: answer(200, PAGE) },
      code: "code-host-unavailable",
    },
    {
      title: "a proxy's page with 403",
      fault: { path: DOCUMENT, mischief: answer(403, PAGE) },
      code: "code-host-forbidden",
    },
    {
      title: "a proxy's page with 502",
      fault: { path: DOCUMENT, mischief: answer(502, PAGE) },
      code: "code-host-unavailable",
    },
  ];

  test.each(rows)("$title", async ({ fault, code }) => {
    const { host, double } = await startAppHarness();
    double.inject(fault);
    expect((await failureOf(host.look(SHOP, QUESTION, PATIENT))).code).toBe(code);
    expect(double.requests.filter(({ path }) => path.includes("/branches/"))).toEqual([]);
    const before = documentsOf(double).length;
    expect((await host.look(SHOP, QUESTION, PATIENT)).files).toHaveLength(1);
    expect(documentsOf(double).length - before).toBe(1);
  });

  test("no answer in time", async () => {
    const { connect, double } = await startHarness();
    const host = connect({ timeoutMs: 2_000 });
    double.inject({ path: DOCUMENT, mischief: { kind: "hang" } });
    expect((await failureOf(host.look(SHOP, QUESTION, PATIENT))).code).toBe("code-host-unavailable");
    await host.look(SHOP, QUESTION, PATIENT);
    expect(documentsOf(double)).toEqual(["Look", "Look"]);
  });

  test("a proxy's page with 404: REST answers this once", async () => {
    const { host, double, base } = await startAppHarness();
    double.inject({ path: DOCUMENT, times: 2, mischief: answer(404, PAGE) });
    expect((await host.look(SHOP, QUESTION, PATIENT)).base.commit).toBe(base);
    expect((await host.branch(SHOP, undefined, PATIENT)).commit).toBe(base);
    await host.look(SHOP, QUESTION, PATIENT);
    await host.branch(SHOP, undefined, PATIENT);
    expect(documentsOf(double)).toEqual(["Look", "Heads", "Look", "Heads"]);
  });

  test("one installation that is not there, among several that are asked about together", async () => {
    const { host, double } = await startAppHarness();
    await double.createRepository("acme", "blog", { Dockerfile: "FROM scratch\n" });
    double.inject({
      path: "/repos/acme/blog/installation",
      times: 9,
      mischief: answer(404, { message: "Not Found" }),
    });
    const blog = { owner: "acme", name: "blog" };
    const [gone, there] = await Promise.allSettled([
      host.look(blog, QUESTION, PATIENT),
      host.look(SHOP, QUESTION, PATIENT),
    ]);
    expect(gone).toMatchObject({ reason: { code: "code-host-not-found" } });
    expect(there).toMatchObject({ value: { files: [{ path: "Dockerfile" }] } });
    const [goneBranch, thereBranch] = await Promise.allSettled([
      host.branch(blog, undefined, PATIENT),
      host.branch(SHOP, undefined, PATIENT),
    ]);
    expect(goneBranch).toMatchObject({ reason: { code: "code-host-not-found" } });
    expect(thereBranch).toMatchObject({ value: { name: "main" } });
  });
});

describe("tells that the host takes no such documents: REST answers, and such are not sent again for a while", () => {
  const ways: readonly { readonly title: string; readonly mischief: Mischief }[] = [
    { title: "no such address", mischief: answer(404, { message: "Not Found" }) },
    {
      title: "no such field, with its code",
      mischief: unknownField({ extensions: { code: "undefinedField" } }),
    },
    { title: "no such field, in words alone", mischief: unknownField() },
    {
      title: "no such input",
      mischief: answer(200, {
        errors: [{ message: "CreateCommitOnBranchInput isn't a defined input type (on $commit)" }],
      }),
    },
    {
      title: "no such argument",
      mischief: answer(200, {
        data: null,
        errors: [{ message: "Field 'file' doesn't accept argument 'path'" }],
      }),
    },
  ];

  test.each(ways)("$title", async ({ mischief }) => {
    const { host, double, base } = await startAppHarness();
    double.inject({ path: "/graphql", name: "Look", mischief });
    const first = await host.look(SHOP, QUESTION, PATIENT);
    expect(first).toMatchObject({ base: { commit: base }, files: [{ path: "Dockerfile" }] });
    expect(await host.look(SHOP, QUESTION, PATIENT)).toEqual(first);
    expect(documentsOf(double)).toEqual(["Look"]);
    // Of other documents nothing was said.
    await host.branch(SHOP, undefined, PATIENT);
    expect(documentsOf(double)).toEqual(["Look", "Heads"]);
  });

  test.each(ways)("to propose, too: $title", async ({ mischief }) => {
    const { host, double } = await startAppHarness();
    double.inject({ path: "/graphql", name: "Propose", mischief });
    for (const branch of [BRANCH, "hullkeeper/other"]) {
      const { base } = await host.look(SHOP, { ...QUESTION, branch }, PATIENT);
      await host.propose(SHOP, { ...contentOn(base.commit, { branch }), ...CONTENT, base }, PATIENT);
    }
    expect(documentsOf(double)).toEqual(["Look", "Propose", "Look"]);
    expect(await double.pullRequests("acme", "shop")).toHaveLength(2);
  });
});
