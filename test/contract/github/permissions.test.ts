import { DEFAULT_POLICIES } from "../../../src/vendor/policies.ts";
import type { TestedHost } from "./host.ts";
import { describe, expect, test } from "vitest";
import { codeRepositoryFindings } from "../../../src/cli/doctor/code-repositories.ts";
import type { Finding } from "../../../src/cli/doctor/report.ts";
import type { CodeHost, PullRequest } from "../../../src/ports/code-host.ts";
import { instantOf } from "../../../src/time.ts";
import type { Permissions } from "../../fakes/github/world.ts";
import { ALL, openPull, pullOf, startAppHarness } from "./app-harness.ts";
import { BRANCH, CONTENT, contentOn, countOf, failureOf, PATIENT, SHOP, startHarness } from "./harness.ts";

const QUESTION = { baseBranch: "main", branch: "hullkeeper/new", paths: ["Dockerfile"] };
const SINCE = instantOf(0);

function without(...names: readonly string[]): Permissions {
  return Object.fromEntries(Object.entries(ALL).filter(([name]) => !names.includes(name)));
}

interface Row {
  readonly title: string;
  readonly given: Permissions;
  readonly work: (
    host: TestedHost,
    at: { readonly commit: string; readonly pull: PullRequest },
  ) => Promise<unknown>;
  readonly named: string;
}

const READ_ONLY = { ...ALL, contents: "read" };

describe("a permission that is missing is named", () => {
  const rows: readonly Row[] = [
    {
      title: "to read a branch",
      given: without("contents"),
      work: async (host) => host.branch(SHOP, "main", PATIENT),
      named: "contents=read",
    },
    {
      title: "to read files",
      given: without("contents"),
      work: async (host, { commit }) => host.files(SHOP, commit, () => true, PATIENT),
      named: "contents=read",
    },
    {
      title: "to write a branch",
      given: READ_ONLY,
      work: async (host, { commit }) => host.writeBranch(SHOP, contentOn(commit, { branch: "b" }), PATIENT),
      named: "contents=write",
    },
    {
      title: "to propose",
      given: READ_ONLY,
      work: async (host) => {
        const { base } = await host.look(SHOP, QUESTION, PATIENT);
        const content = contentOn(base.commit, { branch: QUESTION.branch });
        return host.propose(SHOP, { ...content, ...CONTENT, base }, PATIENT);
      },
      named: "contents: write",
    },
    {
      title: "to propose, without the right on pull requests",
      given: { ...ALL, pull_requests: "read" },
      work: async (host) => {
        const { base } = await host.look(SHOP, QUESTION, PATIENT);
        const content = contentOn(base.commit, { branch: QUESTION.branch });
        return host.propose(SHOP, { ...content, ...CONTENT, base }, PATIENT);
      },
      named: "pull_requests: write",
    },
    {
      title: "to find a pull request",
      given: without("pull_requests"),
      work: async (host) => host.findPullRequest(SHOP, BRANCH, PATIENT),
      named: "pull_requests=read",
    },
    {
      title: "to open one",
      given: { ...ALL, pull_requests: "read" },
      work: async (host) => host.openPullRequest(SHOP, { head: BRANCH, base: "main" }, CONTENT, PATIENT),
      named: "pull_requests=write",
    },
    {
      title: "to change one",
      given: { ...ALL, pull_requests: "read" },
      work: async (host, { pull }) =>
        host.updatePullRequest(SHOP, pull, { ...CONTENT, title: "other" }, PATIENT),
      named: "pull_requests=write",
    },
    {
      title: "to close one",
      given: { ...ALL, pull_requests: "read" },
      work: async (host, { pull }) => host.closePullRequest(SHOP, pull, PATIENT),
      named: "pull_requests=write",
    },
    {
      title: "to read statuses",
      given: without("statuses"),
      work: async (host, { commit }) =>
        host.setStatuses(SHOP, commit, [{ context: "c", state: "success", description: "" }], PATIENT),
      named: "statuses=read",
    },
    {
      title: "to set a status",
      given: { ...ALL, statuses: "read" },
      work: async (host, { commit }) =>
        host.setStatuses(SHOP, commit, [{ context: "c", state: "success", description: "" }], PATIENT),
      named: "statuses=write",
    },
    {
      title: "to assign somebody",
      given: { ...ALL, pull_requests: "read" },
      work: async (host, { pull }) =>
        host.bringTo(SHOP, pull, { assignees: ["ada"], reviewers: [] }, PATIENT),
      named: "issues=write; pull_requests=write",
    },
    {
      title: "to ask for a review",
      given: { ...ALL, pull_requests: "read" },
      work: async (host, { pull }) =>
        host.bringTo(SHOP, pull, { assignees: [], reviewers: ["ada"] }, PATIENT),
      named: "pull_requests=write",
    },
    {
      title: "to set a milestone",
      given: { ...ALL, pull_requests: "read" },
      work: async (host, { pull }) =>
        host.bringTo(SHOP, pull, { assignees: [], reviewers: [], milestone: "25.1" }, PATIENT),
      named: "issues=write; pull_requests=write",
    },
    {
      title: "to comment",
      given: { ...ALL, pull_requests: "read" },
      work: async (host, { pull }) => host.comment(SHOP, pull.number, "hello", PATIENT),
      named: "issues=write; pull_requests=write",
    },
    {
      title: "to read comments",
      given: without("pull_requests"),
      work: async (host, { pull }) => host.comments(SHOP, pull.number, SINCE, PATIENT),
      named: "issues=read; pull_requests=read",
    },
    {
      title: "to merge",
      given: READ_ONLY,
      work: async (host, { pull }) => host.merge(SHOP, pull, "merge", PATIENT),
      named: "contents=write",
    },
    {
      title: "to remove a branch",
      given: READ_ONLY,
      work: async (host, { commit }) => host.deleteBranch(SHOP, BRANCH, commit, PATIENT),
      named: "contents=write",
    },
  ];

  test.each(rows)("$title", async ({ given, work, named }) => {
    const harness = await startAppHarness(given);
    harness.double.addMilestone("acme", "shop", "25.1");
    const { commit } = await openPull(harness);
    const pull = await pullOf(harness.connect({}));
    const failure = await failureOf(work(harness.host, { commit, pull }));
    expect(failure).toMatchObject({ code: "code-host-forbidden", transient: false });
    expect(failure.message).toContain(named);
    expect(await harness.double.branchCommit("acme", "shop", "main")).toBe(harness.base);
  });
});

describe("a workflow is refused before anything is written", () => {
  const files = [
    { path: "Dockerfile", text: "FROM scratch AS fixed\n" },
    { path: ".github/workflows/ci.yml", text: "on: push\n" },
  ];
  const PRESENT = { Dockerfile: "FROM scratch\n", ".github/workflows/ci.yml": "on: pull_request\n" };

  async function proposeWith(host: CodeHost): Promise<unknown> {
    const { base } = await host.look(SHOP, { ...QUESTION, branch: BRANCH }, PATIENT);
    return host.propose(SHOP, { ...contentOn(base.commit, { files }), ...CONTENT, base }, PATIENT);
  }

  test("to an App that may not; once it may, it is written", async () => {
    const harness = await startAppHarness(without("workflows"), PRESENT);
    const { host, double, installation } = harness;
    const failure = await failureOf(proposeWith(host));
    expect(failure).toMatchObject({ code: "code-host-forbidden", transient: false });
    expect(failure.message).toContain(".github/workflows/ci.yml");
    expect(failure.message).toContain("the permission workflows: write is missing");
    expect(double.requests.flatMap(({ operations }) => operations)).not.toContain("createRef");
    expect(countOf(harness, "POST", "/git/")).toBe(0);
    expect(await double.branchCommit("acme", "shop", BRANCH)).toBeUndefined();
    await double.changeInstallation(installation, { permissions: ALL });
    await proposeWith(host);
    expect(await double.readFile("acme", "shop", BRANCH, ".github/workflows/ci.yml")).toBe("on: push\n");
  });

  test("by REST, too", async () => {
    const harness = await startAppHarness(without("workflows"), PRESENT);
    const call = harness.host.writeBranch(SHOP, contentOn(harness.base, { files }), PATIENT);
    expect((await failureOf(call)).message).toContain("the permission workflows: write is missing");
    expect(countOf(harness, "POST", "/git/")).toBe(0);
  });

  test("to a classic token without the scope", async () => {
    const harness = await startHarness(PRESENT, { tokenScopes: ["repo", "read:org"] });
    expect((await failureOf(proposeWith(harness.host))).message).toContain("a scope of the token");
    expect(await harness.double.branchCommit("acme", "shop", BRANCH)).toBeUndefined();
  });

  test.each([
    { title: "a classic token with the scope", tokenScopes: ["repo", "workflow"] },
    { title: "a fine-grained token, of which nothing is told", tokenScopes: undefined },
  ])("not to $title", async ({ tokenScopes }) => {
    const { host, double } = await startHarness(PRESENT, tokenScopes === undefined ? {} : { tokenScopes });
    await proposeWith(host);
    expect(await double.readFile("acme", "shop", BRANCH, ".github/workflows/ci.yml")).toBe("on: push\n");
  });

  test("not for files that only look like one", async () => {
    const { host, double } = await startAppHarness(without("workflows"), PRESENT);
    const { base } = await host.look(SHOP, { ...QUESTION, branch: BRANCH }, PATIENT);
    const odd = [
      "docs/.github/workflows/ci.yml",
      ".github/workflows/README.md",
      ".github/actions/a/action.yml",
    ];
    const content = contentOn(base.commit, { files: odd.map((path) => ({ path, text: "x" })) });
    await host.propose(SHOP, { ...content, ...CONTENT, base }, PATIENT);
    expect(await double.pullRequests("acme", "shop")).toHaveLength(1);
  });
});

/** Of everything that is listed. */
async function doctor(codeHost: CodeHost): Promise<readonly Finding[]> {
  const selection = { repositories: [{ kind: "allow", owner: "*", name: "*" }], forks: false } as const;
  return codeRepositoryFindings(
    { now: SINCE, codeHost, selection, policies: DEFAULT_POLICIES, unread: [] },
    PATIENT,
  );
}

describe("what is listed tells what is missing, and the doctor what that stops", () => {
  test("of an App, by installation", async () => {
    const { host, double } = await startAppHarness({ contents: "read", statuses: "write" });
    await double.createRepository("other", "blog", { a: "a" });
    await double.install("other", { permissions: ALL });
    const { repositories } = await host.repositories(PATIENT);
    expect(repositories.map(({ codeRepository, missing }) => [codeRepository.owner, missing])).toEqual([
      ["acme", ["contents: write", "pull_requests: write", "checks: write", "workflows: write"]],
      ["other", []],
    ]);
    const findings = await doctor(host);
    expect(findings.filter(({ subject }) => !subject.startsWith("code repository"))).toEqual([
      { subject: "code host", state: "well", detail: "is a GitHub Enterprise Server, version 3.16.0" },
      {
        subject: "permission contents: write",
        state: "fault",
        detail: "is missing for acme/shop: nothing can be proposed there",
      },
      {
        subject: "permission pull_requests: write",
        state: "fault",
        detail: "is missing for acme/shop: no pull request can be opened there",
      },
      {
        subject: "permission checks: write",
        state: "warning",
        detail:
          "is missing for acme/shop: no check run can be set there; commit statuses say the same in short",
      },
      {
        subject: "permission workflows: write",
        state: "warning",
        detail: "is missing for acme/shop: images in files below .github/workflows cannot be updated there",
      },
    ]);
  });

  test("of a classic token without the scope for workflows", async () => {
    const { host } = await startHarness(undefined, { tokenScopes: ["repo"] });
    const { repositories } = await host.repositories(PATIENT);
    expect(repositories.map(({ missing }) => missing)).toEqual([["workflows: write"]]);
  });

  test("of a fine-grained token nothing is told", async () => {
    const { host } = await startHarness();
    const { repositories } = await host.repositories(PATIENT);
    expect(repositories.map(({ missing }) => missing)).toEqual([[]]);
  });

  test("so the doctor tries what it may read, and names what it may not", async () => {
    const { host } = await startHarness(undefined, {
      tokenPermissions: { metadata: "read", contents: "write" },
    });
    const findings = await doctor(host);
    const shop = findings.filter(({ subject }) => subject === "code repository acme/shop");
    expect(shop).toMatchObject([{ state: "fault" }]);
    expect(shop[0]?.detail).toContain("could not look at acme/shop");
    expect(shop[0]?.detail).toContain("pull_requests=read");
    expect(shop[0]?.detail).toContain("statuses=read");
  });

  test("of what is small and what is empty: both say 0 kilobytes", async () => {
    const { host, double } = await startAppHarness();
    await double.changeRepository("acme", "shop", { kilobytes: 0 });
    await double.createEmptyRepository("acme", "new");
    const { repositories } = await host.repositories(PATIENT);
    expect(repositories.map(({ codeRepository: { name }, isEmpty }) => [name, isEmpty])).toEqual([
      ["new", true],
      ["shop", false],
    ]);
  });

  test("of what may not be read, it is not said that it is empty", async () => {
    const { host, double } = await startAppHarness(without("contents"));
    await double.changeRepository("acme", "shop", { kilobytes: 0 });
    const { repositories } = await host.repositories(PATIENT);
    expect(repositories).toMatchObject([{ isEmpty: false, missing: ["contents: write"] }]);
  });

  test("of a server that does not answer, the doctor says so", async () => {
    const { host, double } = await startHarness();
    double.inject({ times: 9, mischief: { kind: "answer", status: 503 } });
    const findings = await doctor(host);
    expect(findings.map(({ subject, state }) => [subject, state])).toEqual([
      ["code host", "warning"],
      ["code repositories", "fault"],
    ]);
  });
});
