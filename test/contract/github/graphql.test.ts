import { Octokit } from "octokit";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { createOpenApiValidator } from "../../fakes/github/openapi-validator.ts";
import { startGitHubDouble } from "../../fakes/github/start-github-double.ts";
import type { GitHubDouble } from "../../fakes/github/start-github-double.ts";

/** Compiling its schemas takes longer than most tests. */
const VALIDATOR = createOpenApiValidator();

const AT = { owner: "acme", repo: "shop" };
const BRANCH = "hullkeeper/bellsoft";

const ANSWER = z.object({
  data: z.record(z.string(), z.unknown()).nullish(),
  errors: z
    .array(
      z.object({ type: z.string().optional(), path: z.array(z.unknown()).optional(), message: z.string() }),
    )
    .default([]),
});
type Answer = z.infer<typeof ANSWER>;

interface Scene {
  readonly double: GitHubDouble;
  readonly base: string;
  readonly repositoryId: string;
  readonly octokit: Octokit;
  readonly ask: (query: string, variables?: object) => Promise<Answer>;
}

async function start(): Promise<Scene> {
  const double = await startGitHubDouble({ validator: VALIDATOR });
  onTestFinished(async () => double.close());
  const base = await double.createRepository("acme", "shop", [
    { path: "Dockerfile", content: "FROM a\nRUN b\n" },
    { path: "deep/run.sh", content: "#!/bin/sh\n", mode: "100755" },
    { path: "logo", content: new Uint8Array([1, 0, 2]) },
  ]);
  const octokit = new Octokit({
    auth: double.token,
    baseUrl: double.url,
    throttle: { enabled: false },
    retry: { enabled: false },
  });
  const ask = async (query: string, variables: object = {}): Promise<Answer> => {
    const response = await fetch(double.graphqlUrl, {
      method: "POST",
      headers: { authorization: `bearer ${double.token}`, "content-type": "application/json" },
      body: JSON.stringify({ query, variables }),
    });
    expect(response.status).toBe(200);
    expect(response.headers.get("x-ratelimit-resource")).toBe("graphql");
    return ANSWER.parse(await response.json());
  };
  const repositoryId = (await octokit.rest.repos.get(AT)).data.node_id;
  return { double, base, repositoryId, octokit, ask };
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

const PROPOSE = `mutation Propose($ref: CreateRefInput!, $commit: CreateCommitOnBranchInput!, $pull: CreatePullRequestInput!) {
  createRef(input: $ref) { ref { id name target { oid } } }
  createCommitOnBranch(input: $commit) { commit { oid signature { isValid } } }
  createPullRequest(input: $pull) { pullRequest { id number headRefOid } }
}`;

function proposal(
  { base, repositoryId }: Scene,
  change: { readonly expected?: string; readonly head?: string } = {},
): object {
  return {
    ref: { repositoryId, name: `refs/heads/${BRANCH}`, oid: base },
    commit: {
      branch: { repositoryNameWithOwner: "acme/shop", branchName: BRANCH },
      expectedHeadOid: change.expected ?? base,
      message: { headline: "Update a", body: "Because." },
      fileChanges: { additions: [{ path: "Dockerfile", contents: base64("FROM c\n") }] },
    },
    pull: {
      repositoryId,
      baseRefName: "main",
      headRefName: change.head ?? BRANCH,
      title: "Update a",
      body: "x",
    },
  };
}

interface Row {
  readonly title: string;
  readonly mutation: (scene: Scene) => readonly [name: string, input: object];
  readonly type: string;
  readonly says: string;
}

describe("refuses", () => {
  const rows: readonly Row[] = [
    {
      title: "a branch that exists",
      mutation: ({ base, repositoryId }) => [
        "createRef",
        { repositoryId, name: "refs/heads/main", oid: base },
      ],
      type: "UNPROCESSABLE",
      says: 'A ref named "refs/heads/main" already exists in the repository.',
    },
    {
      title: "a branch at no commit",
      mutation: ({ repositoryId }) => [
        "createRef",
        { repositoryId, name: "refs/heads/x", oid: "1".repeat(40) },
      ],
      type: "UNPROCESSABLE",
      says: "Object does not exist",
    },
    {
      title: "a branch with an impossible name",
      mutation: ({ base, repositoryId }) => [
        "createRef",
        { repositoryId, name: "refs/heads/a..b", oid: base },
      ],
      type: "UNPROCESSABLE",
      says: "Reference name is not valid",
    },
    {
      title: "a branch of a repository that is not there",
      mutation: ({ base }) => ["createRef", { repositoryId: "nonsense", name: "refs/heads/x", oid: base }],
      type: "NOT_FOUND",
      says: "Could not resolve to a node with the global id of 'nonsense'",
    },
    {
      title: "a commit onto a branch that moved",
      mutation: () => ["createCommitOnBranch", commitInput({ expectedHeadOid: "2".repeat(40) })],
      type: "STALE_DATA",
      says: `Expected branch to point to "${"2".repeat(40)}" but it did not.  Pull and try again.`,
    },
    {
      title: "a commit onto a branch that is not there",
      mutation: ({ base }) => ["createCommitOnBranch", commitInput({ expectedHeadOid: base, branch: "x" })],
      type: "NOT_FOUND",
      says: 'A branch named "x" does not exist.',
    },
    {
      title: "a commit that deletes what is not there",
      mutation: ({ base }) => [
        "createCommitOnBranch",
        commitInput({ expectedHeadOid: base, fileChanges: { deletions: [{ path: "nope" }] } }),
      ],
      type: "UNPROCESSABLE",
      says: "does not exist as of commit oid",
    },
    {
      title: "a commit with a path out of the repository",
      mutation: ({ base }) => [
        "createCommitOnBranch",
        commitInput({
          expectedHeadOid: base,
          fileChanges: { additions: [{ path: "a/../b", contents: "" }] },
        }),
      ],
      type: "UNPROCESSABLE",
      says: "malformed",
    },
    {
      title: "a pull request of nothing",
      mutation: ({ repositoryId }) => ["createPullRequest", pullInput(repositoryId, "main")],
      type: "UNPROCESSABLE",
      says: "No commits between main and main",
    },
    {
      title: "a pull request from no branch",
      mutation: ({ repositoryId }) => ["createPullRequest", pullInput(repositoryId, "x")],
      type: "UNPROCESSABLE",
      says: "Head ref must be a branch",
    },
    {
      title: "a check run of somebody who is no App",
      mutation: ({ base, repositoryId }) => ["createCheckRun", { repositoryId, headSha: base, name: "x" }],
      type: "FORBIDDEN",
      says: "You must authenticate via a GitHub App.",
    },
  ];

  test.each(rows)("$title", async ({ mutation, type, says }) => {
    const scene = await start();
    const [name, input] = mutation(scene);
    const inputType = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
    const answer = await scene.ask(
      `mutation M($input: ${inputType}!) { done: ${name}(input: $input) { clientMutationId } }`,
      { input },
    );
    expect(answer).toMatchObject({ data: { done: null }, errors: [{ type, path: ["done"] }] });
    expect(answer.errors[0]?.message).toContain(says);
  });

  test.each([
    { title: "text that is no document", query: "{", says: "Syntax Error" },
    { title: "a field the schema lacks", query: "{ viewer { shoeSize } }", says: "shoeSize" },
    { title: "an argument of another type", query: "{ node(id: {}) { id } }", says: "ID" },
    { title: "a subscription", query: "subscription { x }", says: "subscription" },
  ])("$title, and tells the test", async ({ query, says }) => {
    const double = await startGitHubDouble({ validator: VALIDATOR });
    const response = await fetch(double.graphqlUrl, {
      method: "POST",
      headers: { authorization: `bearer ${double.token}` },
      body: JSON.stringify({ query }),
    });
    expect(response.status).toBe(200);
    const { data, errors } = ANSWER.parse(await response.json());
    expect(data).toBeUndefined();
    expect(errors[0]?.message).toContain(says);
    await expect(double.close()).rejects.toThrow("graphql request");
  });

  test("a wrong token", async () => {
    const { double } = await start();
    const response = await fetch(double.graphqlUrl, { method: "POST", body: "{}" });
    expect(response.status).toBe(401);
  });

  test("a list without a bound, and one of more than 100", async () => {
    const { ask } = await start();
    const { errors } = await ask(`{ repository(owner: "acme", name: "shop") {
      a: labels { totalCount } b: pullRequests(first: 101) { totalCount } } }`);
    expect(errors).toMatchObject([
      { type: "MISSING_PAGINATION_BOUNDARIES", path: ["repository", "a"] },
      { type: "EXCESSIVE_PAGINATION", path: ["repository", "b"] },
    ]);
  });
});

function commitInput({
  branch = "main",
  ...rest
}: {
  readonly expectedHeadOid: string;
  readonly branch?: string;
  readonly fileChanges?: object;
}): object {
  return {
    branch: { repositoryNameWithOwner: "acme/shop", branchName: branch },
    message: { headline: "x" },
    ...rest,
  };
}

function pullInput(repositoryId: string, headRefName: string): object {
  return { repositoryId, baseRefName: "main", headRefName, title: "x" };
}

describe("one document proposes", () => {
  test("branch, commit and pull request, of which git and REST know", async () => {
    const scene = await start();
    const { double, octokit, ask, base } = scene;
    const { data, errors } = await ask(PROPOSE, proposal(scene));
    expect(errors).toEqual([]);
    expect(data).toMatchObject({
      createRef: { ref: { name: BRANCH, target: { oid: base } } },
      createCommitOnBranch: { commit: { signature: { isValid: true } } },
      createPullRequest: { pullRequest: { number: 1 } },
    });
    const { data: pull } = await octokit.rest.pulls.get({ ...AT, pull_number: 1 });
    expect(data).toMatchObject({
      createCommitOnBranch: { commit: { oid: pull.head.sha } },
      createPullRequest: { pullRequest: { id: pull.node_id, headRefOid: pull.head.sha } },
    });
    const { data: commit } = await octokit.rest.git.getCommit({ ...AT, commit_sha: pull.head.sha });
    expect(commit).toMatchObject({
      message: "Update a\n\nBecause.",
      parents: [{ sha: base }],
      verification: { verified: true },
    });
    expect(await double.readFile("acme", "shop", BRANCH, "Dockerfile")).toBe("FROM c\n");
    expect(double.requests[1]).toMatchObject({
      kind: "graphql",
      path: "/graphql",
      operations: ["createRef", "createCommitOnBranch", "createPullRequest"],
      operationName: "Propose",
      outcome: 200,
    });
  });

  test("twice: each part is refused for itself", async () => {
    const scene = await start();
    await scene.ask(PROPOSE, proposal(scene));
    const { data, errors } = await scene.ask(PROPOSE, proposal(scene));
    expect(data).toEqual({ createRef: null, createCommitOnBranch: null, createPullRequest: null });
    expect(errors.map(({ type, message }) => [type, message.slice(0, 40)])).toEqual([
      ["UNPROCESSABLE", 'A ref named "refs/heads/hullkeeper/bells'],
      ["STALE_DATA", `Expected branch to point to "${scene.base.slice(0, 11)}`],
      ["UNPROCESSABLE", "A pull request already exists for acme:h"],
    ]);
  });

  test("what was done stays done when the next is refused", async () => {
    const scene = await start();
    const { data, errors } = await scene.ask(PROPOSE, proposal(scene, { expected: "3".repeat(40) }));
    expect(data).toMatchObject({ createRef: { ref: { name: BRANCH } }, createCommitOnBranch: null });
    expect(errors).toMatchObject([
      { path: ["createCommitOnBranch"] },
      { path: ["createPullRequest"], message: `No commits between main and ${BRANCH}` },
    ]);
    expect(await scene.double.branchCommit("acme", "shop", BRANCH)).toBe(scene.base);
  });

  test.each([
    {
      title: "stopped in the middle",
      mischief: { kind: "stop-after", fields: 1 } as const,
      outcome: "502",
      left: { branch: true, pulls: 0 },
    },
    {
      title: "its answer lost",
      mischief: { kind: "lose-answer" } as const,
      outcome: "TypeError",
      left: { branch: true, pulls: 1 },
    },
    {
      title: "cut before it came",
      mischief: { kind: "cut" } as const,
      outcome: "TypeError",
      left: { branch: false, pulls: 0 },
    },
  ])("$title", async ({ mischief, outcome, left }) => {
    const scene = await start();
    const { double } = scene;
    double.inject({ operation: "createPullRequest", mischief });
    const ended = await fetch(double.graphqlUrl, {
      method: "POST",
      headers: { authorization: `bearer ${double.token}` },
      body: JSON.stringify({ query: PROPOSE, variables: proposal(scene) }),
    }).then(
      ({ status }) => String(status),
      (thrown: unknown) => (thrown instanceof Error ? thrown.name : ""),
    );
    expect(ended).toBe(outcome);
    expect((await double.branchCommit("acme", "shop", BRANCH)) !== undefined).toBe(left.branch);
    expect(await double.pullRequests("acme", "shop")).toHaveLength(left.pulls);
  });

  test("one part made to fail: the others are done", async () => {
    const scene = await start();
    const mischief = {
      kind: "fail-field",
      field: "createPullRequest",
      type: "UNPROCESSABLE",
      message: "was submitted too quickly",
    } as const;
    scene.double.inject({ operation: "createPullRequest", mischief });
    const { data, errors } = await scene.ask(PROPOSE, proposal(scene));
    expect(data).toMatchObject({ createRef: {}, createCommitOnBranch: {}, createPullRequest: null });
    expect(errors).toMatchObject([{ type: "UNPROCESSABLE", message: "was submitted too quickly" }]);
  });
});

test("a commit keeps the modes of files that are there; new ones are ordinary", async () => {
  const { ask, base, double } = await start();
  const fileChanges = {
    additions: [
      { path: "deep/run.sh", contents: base64("#!/bin/bash\n") },
      { path: "deep/new.sh", contents: base64("#!/bin/bash\n") },
    ],
    deletions: [{ path: "logo" }],
  };
  const { errors } = await ask(
    "mutation M($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { ref { name } } }",
    { input: commitInput({ expectedHeadOid: base, fileChanges }) },
  );
  expect(errors).toEqual([]);
  expect(await double.fileMode("acme", "shop", "main", "deep/run.sh")).toBe("100755");
  expect(await double.fileMode("acme", "shop", "main", "deep/new.sh")).toBe("100644");
  expect(await double.fileMode("acme", "shop", "main", "logo")).toBeUndefined();
});

test("files of several repositories are read at once; one that is not there spoils none", async () => {
  const { ask, double, base } = await start();
  await double.createRepository("acme", "blog", { Dockerfile: "FROM z\n" });
  const { data, errors } = await ask(`{
    a: repository(owner: "ACME", name: "shop") { ...files }
    b: repository(owner: "acme", name: "blog") { ...files }
    c: repository(owner: "acme", name: "gone") { id }
    rateLimit { cost remaining }
  }
  fragment files on Repository {
    isArchived isFork isEmpty defaultBranchRef { name }
    ref(qualifiedName: "refs/heads/main") { target { oid ... on Commit {
      message tree { oid }
      file(path: "Dockerfile") { mode type object { ... on Blob { text isBinary isTruncated byteSize } } }
      run: file(path: "deep/run.sh") { mode }
      logo: file(path: "logo") { object { ... on Blob { text isBinary } } }
      none: file(path: "../x") { mode }
    } } }
    object(expression: "main:Dockerfile") { oid }
  }`);
  expect(errors).toEqual([
    {
      type: "NOT_FOUND",
      path: ["c"],
      message: "Could not resolve to a Repository with the name 'acme/gone'.",
    },
  ]);
  expect(data).toMatchObject({
    a: {
      isArchived: false,
      isEmpty: false,
      defaultBranchRef: { name: "main" },
      ref: {
        target: {
          oid: base,
          file: { mode: 0o100644, type: "blob", object: { text: "FROM a\nRUN b\n", isTruncated: false } },
          run: { mode: 0o100755 },
          logo: { object: { text: null, isBinary: true } },
          none: null,
        },
      },
    },
    b: { ref: { target: { file: { object: { text: "FROM z\n", byteSize: 7 } }, run: null } } },
    c: null,
    rateLimit: { cost: 1, remaining: 4_999 },
  });
});

test("a pull request is found, changed, labelled, commented on and closed", async () => {
  const scene = await start();
  const { ask, octokit, repositoryId } = scene;
  await ask(PROPOSE, proposal(scene));
  const label = await ask(
    "mutation M($input: CreateLabelInput!) { createLabel(input: $input) { label { id } } }",
    { input: { repositoryId, name: "sla:critical", color: "ff0000" } },
  );
  const { node_id: labelId } = (
    await octokit.rest.issues.addLabels({ ...AT, issue_number: 1, labels: ["SLA:critical"] })
  ).data[0] ?? { node_id: "" };
  expect(label.data).toMatchObject({ createLabel: { label: { id: labelId } } });
  const { node_id: pullId } = (await octokit.rest.pulls.get({ ...AT, pull_number: 1 })).data;
  const { errors } = await ask(
    `mutation M($pull: ID!, $label: ID!) {
      updatePullRequest(input: { pullRequestId: $pull, title: "New", labelIds: [] }) { clientMutationId }
      addLabelsToLabelable(input: { labelableId: $pull, labelIds: [$label] }) { clientMutationId }
      addComment(input: { subjectId: $pull, body: "Superseded." }) { commentEdge { node { id } } }
      closePullRequest(input: { pullRequestId: $pull }) { pullRequest { state } }
    }`,
    { pull: pullId, label: labelId },
  );
  expect(errors).toEqual([]);
  const found = await ask(
    `query Q($branch: String!) { repository(owner: "acme", name: "shop") {
      pullRequests(headRefName: $branch, states: [CLOSED], first: 5, orderBy: { field: UPDATED_AT, direction: DESC }) {
        nodes { number state title isCrossRepository mergeable labels(first: 9) { nodes { name } } comments(first: 1) { nodes { body } } } }
      open: pullRequests(states: [OPEN], first: 5) { totalCount }
    } }`,
    { branch: BRANCH },
  );
  expect(found.data).toEqual({
    repository: {
      pullRequests: {
        nodes: [
          {
            number: 1,
            state: "CLOSED",
            title: "New",
            isCrossRepository: false,
            mergeable: "UNKNOWN",
            labels: { nodes: [{ name: "sla:critical" }] },
            comments: { nodes: [{ body: "Superseded." }] },
          },
        ],
      },
      open: { totalCount: 0 },
    },
  });
});

test("whether it can be merged is found out after it was asked", async () => {
  const scene = await start();
  await scene.ask(PROPOSE, proposal(scene));
  const ask = async (): Promise<unknown> =>
    (await scene.ask('{ repository(owner: "acme", name: "shop") { pullRequest(number: 1) { mergeable } } }'))
      .data;
  expect(await ask()).toEqual(mergeabilityIs("UNKNOWN"));
  expect(await ask()).toEqual(mergeabilityIs("MERGEABLE"));
  await scene.double.commitFile("acme", "shop", { path: "Dockerfile", content: "FROM other\n" });
  expect(await ask()).toEqual(mergeabilityIs("UNKNOWN"));
  expect(await ask()).toEqual(mergeabilityIs("CONFLICTING"));
});

test("branches are moved and removed by their id", async () => {
  const { ask, octokit, base, double } = await start();
  await octokit.rest.git.createRef({ ...AT, ref: "refs/heads/x", sha: base });
  const next = await double.commitFile("acme", "shop", { path: "other", content: "1" });
  const { data } = await ask(
    '{ repository(owner: "acme", name: "shop") { ref(qualifiedName: "x") { id } } }',
  );
  const { repository } = z
    .object({ repository: z.object({ ref: z.object({ id: z.string() }) }) })
    .parse(data);
  const move = async (oid: string, force: boolean): Promise<Answer> =>
    ask("mutation M($input: UpdateRefInput!) { updateRef(input: $input) { ref { target { oid } } } }", {
      input: { refId: repository.ref.id, oid, force },
    });
  expect(await move(next, false)).toMatchObject({ data: { updateRef: { ref: { target: { oid: next } } } } });
  expect((await move(base, false)).errors).toMatchObject([{ message: "Update is not a fast forward" }]);
  expect((await move(base, true)).errors).toEqual([]);
  await ask("mutation M($id: ID!) { deleteRef(input: { refId: $id }) { clientMutationId } }", {
    id: repository.ref.id,
  });
  expect(await double.branchCommit("acme", "shop", "x")).toBeUndefined();
});

function mergeabilityIs(mergeable: string): object {
  return { repository: { pullRequest: { mergeable } } };
}
