import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { Edition, Permissions } from "../../fakes/github/world.ts";
import { ALL, openPull, startAppHarness } from "./app-harness.ts";
import { BRANCH, CONTENT, contentOn, failureOf, PATIENT, SHOP, startHarness } from "./harness.ts";
import type { TestedHost } from "./host.ts";

const QUESTION = { baseBranch: "main", branch: BRANCH, paths: ["Dockerfile"] };
const FILES = { Dockerfile: "FROM scratch\n", "compose.yaml": "services: {}\n" };
/** Servers that leave out what may not be read. */
const SILENT: Edition = { kind: "enterprise", version: "3.12.0", withheld: "left-out" };

function without(...names: readonly string[]): Permissions {
  return Object.fromEntries(Object.entries(ALL).filter(([name]) => !names.includes(name)));
}

const ANSWER = z.object({
  data: z.unknown(),
  errors: z.array(z.looseObject({ path: z.array(z.unknown()).optional() })).default([]),
});

async function ask(
  query: string,
  permissions: Permissions,
  edition: Edition,
): Promise<z.infer<typeof ANSWER>> {
  const { double } = await startHarness(FILES, { tokenPermissions: permissions, edition });
  const response = await fetch(double.graphqlUrl, {
    method: "POST",
    headers: { authorization: `bearer ${double.token}`, "content-type": "application/json" },
    body: JSON.stringify({ query: `{ repository(owner: "acme", name: "shop") { name ${query} } }` }),
  });
  return ANSWER.parse(await response.json());
}

describe("the double refuses fields as GitHub does", () => {
  const rows = [
    {
      title: "a branch",
      query: 'ref(qualifiedName: "refs/heads/main") { name }',
      lacks: "contents",
      path: ["repository", "ref"],
      data: { repository: { name: "shop", ref: null } },
    },
    {
      title: "the default branch",
      query: "defaultBranchRef { name }",
      lacks: "contents",
      path: ["repository", "defaultBranchRef"],
      data: { repository: { name: "shop", defaultBranchRef: null } },
    },
    {
      title: "a file",
      query: 'object(expression: "main:Dockerfile") { oid }',
      lacks: "contents",
      path: ["repository", "object"],
      data: { repository: { name: "shop", object: null } },
    },
    {
      title: "one pull request",
      query: "pullRequest(number: 1) { title }",
      lacks: "pull_requests",
      path: ["repository", "pullRequest"],
      data: { repository: { name: "shop", pullRequest: null } },
    },
    {
      title: "pull requests, which are never null: then the repository is",
      query: "pullRequests(first: 1) { totalCount }",
      lacks: "pull_requests",
      path: ["repository", "pullRequests"],
      data: { repository: null },
    },
    {
      title: "a label",
      query: 'label(name: "bug") { name }',
      lacks: "pull_requests",
      path: ["repository", "label"],
      data: { repository: { name: "shop", label: null } },
    },
  ];
  test.each(rows)("$title", async ({ query, lacks, path, data }) => {
    const refused = await ask(query, without(lacks), { kind: "cloud" });
    expect(refused.data).toEqual(data);
    expect(refused.errors).toMatchObject([
      {
        type: "FORBIDDEN",
        path,
        message: "Resource not accessible by personal access token",
        extensions: { saml_failure: false },
      },
    ]);
    expect((await ask(query, ALL, { kind: "cloud" })).errors).toEqual([]);
  });

  test("a silent server says nothing of it", async () => {
    const query = 'ref(qualifiedName: "refs/heads/main") { name } pullRequests(first: 1) { totalCount }';
    const { data, errors } = await ask(query, { metadata: "read" }, SILENT);
    expect(errors).toEqual([]);
    expect(data).toEqual({ repository: { name: "shop", ref: null, pullRequests: { totalCount: 0 } } });
  });
});

interface Row {
  readonly title: string;
  readonly given: Permissions;
  readonly work: (host: TestedHost, commit: string) => Promise<unknown>;
  readonly named: readonly string[];
}

const look: Row["work"] = async (host) => host.look(SHOP, QUESTION, PATIENT);

const ROWS: readonly Row[] = [
  { title: "a look without contents", given: without("contents"), work: look, named: ["contents"] },
  {
    title: "a look without pull requests",
    given: without("pull_requests"),
    work: look,
    named: ["pull_requests"],
  },
  {
    title: "a look with metadata only",
    given: { metadata: "read" },
    work: look,
    named: ["contents", "pull_requests"],
  },
  {
    title: "the default branch without contents",
    given: without("contents"),
    work: async (host) => host.branch(SHOP, undefined, PATIENT),
    named: ["contents"],
  },
  {
    title: "several files without contents",
    given: without("contents"),
    work: async (host, commit) => host.files(SHOP, commit, () => true, PATIENT),
    named: ["contents"],
  },
  {
    title: "the standing of checks without statuses",
    given: without("statuses"),
    work: async (host, commit) => host.standing(SHOP, commit, PATIENT),
    named: ["statuses"],
  },
];

/** Permissions that a message says something of. */
function namedIn(message: string): readonly string[] {
  return ["contents", "pull_requests", "statuses"].filter((name) =>
    new RegExp(`${name}(?:=|: )read`).test(message),
  );
}

describe("what may not be read is not taken for absent, and what is missing is named", () => {
  const editions: readonly { readonly where: string; readonly edition: Edition }[] = [
    { where: "at github.com", edition: { kind: "cloud" } },
    { where: "at a silent server", edition: SILENT },
  ];

  describe.each(editions)("to an App $where", ({ edition }) => {
    test.each(ROWS)("$title", async ({ given, work, named }) => {
      const harness = await startAppHarness(given, FILES, { edition });
      const failure = await failureOf(work(harness.host, harness.base));
      expect(failure).toMatchObject({ code: "code-host-forbidden", transient: false });
      expect(namedIn(failure.message)).toEqual(named);
    });
  });

  describe("to a fine-grained token at github.com", () => {
    test.each(ROWS)("$title", async ({ given, work, named }) => {
      const harness = await startHarness(FILES, { edition: { kind: "cloud" }, tokenPermissions: given });
      const failure = await failureOf(work(harness.host, harness.base));
      expect(failure).toMatchObject({ code: "code-host-forbidden", transient: false });
      expect(namedIn(failure.message)).toEqual(named);
    });
  });
});

describe("at a silent server", () => {
  test("a pull request that cannot be seen is not opened again; once it can be, it is found", async () => {
    const harness = await startAppHarness(without("pull_requests"), FILES, { edition: SILENT });
    const { host, double, installation } = harness;
    const { number } = await openPull(harness);
    const before = double.requests.length;
    const failure = await failureOf(host.look(SHOP, QUESTION, PATIENT));
    expect(failure.message).toBe(
      "could not look at acme/shop: what the App was given lacks pull_requests: read",
    );
    // Nothing was asked that could have been answered by half.
    expect(double.requests.slice(before).filter(({ kind }) => kind === "graphql")).toEqual([]);
    await double.changeInstallation(installation, { permissions: ALL });
    expect((await host.look(SHOP, QUESTION, PATIENT)).pull?.number).toBe(number);
  });

  test("who may see pull requests and not open one leaves nothing behind", async () => {
    const given = { ...ALL, pull_requests: "read" };
    const { host, double } = await startAppHarness(given, FILES, { edition: SILENT });
    const { base } = await host.look(SHOP, QUESTION, PATIENT);
    const failure = await failureOf(
      host.propose(SHOP, { ...contentOn(base.commit), ...CONTENT, base }, PATIENT),
    );
    expect(failure.message).toBe(
      "could not propose to acme/shop: what the App was given lacks pull_requests: write",
    );
    expect(await double.branchCommit("acme", "shop", BRANCH)).toBeUndefined();
  });
});

describe("checks", () => {
  const CHECK = {
    name: "hullkeeper/verification",
    conclusion: "success",
    title: "verified",
    summary: "all well",
    annotations: [],
  } as const;

  test("without the permission they are unsupported, and their standing is unknown", async () => {
    const { host, base } = await startAppHarness(without("checks"));
    expect(await host.setCheck?.(SHOP, base, CHECK, PATIENT)).toBe("unsupported");
    expect(await host.standing(SHOP, base, PATIENT)).toBe("unknown");
  });

  test.each([
    { title: "a suspended installation", state: "suspended", code: "code-host-forbidden" },
    { title: "a removed installation", state: "removed", code: "code-host-not-found" },
  ] as const)("$title does not make them unsupported", async ({ title, state, code }) => {
    const { host, base, double, installation } = await startAppHarness();
    await double.changeInstallation(installation, { state });
    const call = host.setCheck?.(SHOP, base, CHECK, PATIENT) ?? Promise.resolve(title);
    expect((await failureOf(call)).code).toBe(code);
    if (state === "suspended") await double.changeInstallation(installation, { state: "active" });
    else await double.install("acme", { permissions: ALL });
    expect(await host.setCheck?.(SHOP, base, CHECK, PATIENT)).toBe("set");
  });
});
