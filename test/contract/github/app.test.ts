import { createSign, generateKeyPairSync } from "node:crypto";
import { App, RequestError } from "octokit";
import type { Octokit } from "octokit";
import { Octokit as Plain } from "octokit";
import { describe, expect, onTestFinished, test } from "vitest";
import { HOUR_MS } from "../../../src/time.ts";
import { createOpenApiValidator } from "../../fakes/github/openapi-validator.ts";
import { startGitHubDouble } from "../../fakes/github/start-github-double.ts";
import type { GitHubDouble } from "../../fakes/github/start-github-double.ts";

/** Compiling its schemas takes longer than most tests. */
const VALIDATOR = createOpenApiValidator();

const KEY = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});
const APP_ID = 4_711;
const AT = { owner: "acme", repo: "shop" };
const QUIET = { throttle: { enabled: false }, retry: { enabled: false } };

interface Scene {
  readonly double: GitHubDouble;
  readonly app: App;
  readonly base: string;
  readonly installation: number;
  readonly clock: { now: Date };
  readonly octokit: Octokit;
}

async function start(wish: Parameters<GitHubDouble["install"]>[1] = {}): Promise<Scene> {
  const clock = { now: new Date() };
  const double = await startGitHubDouble({
    validator: VALIDATOR,
    now: () => clock.now,
    app: { id: APP_ID, key: KEY.publicKey },
  });
  onTestFinished(async () => double.close());
  const base = await double.createRepository("acme", "shop", { Dockerfile: "FROM a\n" });
  await double.createRepository("acme", "blog", { a: "a" });
  await double.createRepository("other", "shop", { a: "a" });
  const installation = await double.install("acme", wish);
  const app = new App({
    appId: APP_ID,
    privateKey: KEY.privateKey,
    Octokit: Plain.defaults({ baseUrl: double.url, ...QUIET }),
  });
  return { double, app, base, installation, clock, octokit: await app.getInstallationOctokit(installation) };
}

async function refusalOf(call: Promise<unknown>): Promise<RequestError> {
  const thrown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (thrown instanceof RequestError) return thrown;
  throw new Error(`expected a refusal, got ${String(thrown)}`);
}

function jwtOf(claims: object, key = KEY.privateKey, algorithm = "RS256"): string {
  const text = `${encode({ alg: algorithm, typ: "JWT" })}.${encode(claims)}`;
  return `${text}.${createSign("RSA-SHA256").update(text).sign(key, "base64url")}`;
}

describe("an assertion is refused", () => {
  const nowS = Math.floor(Date.now() / 1_000);
  const good = { iss: APP_ID, iat: nowS - 30, exp: nowS + 300 };
  const stranger = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });

  test.each([
    { title: "by another key", jwt: jwtOf(good, stranger.privateKey), says: "could not be decoded" },
    { title: "by another algorithm", jwt: jwtOf(good, KEY.privateKey, "none"), says: "could not be decoded" },
    { title: "not signed", jwt: jwtOf(good).replace(/[^.]*$/, ""), says: "could not be decoded" },
    { title: "over", jwt: jwtOf({ ...good, exp: nowS - 120 }), says: "'exp'" },
    { title: "without an end", jwt: jwtOf({ iss: APP_ID, iat: nowS }), says: "'exp'" },
    {
      title: "valid for too long",
      jwt: jwtOf({ ...good, exp: nowS + 3_600 }),
      says: "too far in the future",
    },
    { title: "from the future", jwt: jwtOf({ ...good, iat: nowS + 300 }), says: "'iat'" },
    { title: "of another App", jwt: jwtOf({ ...good, iss: 1 }), says: "Integration not found" },
    { title: "that is a token", jwt: undefined, says: "could not be decoded" },
  ])("$title", async ({ jwt, says }) => {
    const { double } = await start();
    const octokit = new Plain({ auth: jwt ?? double.token, baseUrl: double.url, ...QUIET });
    const refusal = await refusalOf(octokit.rest.apps.getAuthenticated());
    expect(refusal.status).toBe(says.startsWith("Integration") ? 404 : 401);
    expect(refusal.message).toContain(says);
  });
});

test("the App finds itself, and where it is installed", async () => {
  const { app, double, installation } = await start();
  const { octokit } = app;
  expect((await octokit.rest.apps.getAuthenticated()).data).toMatchObject({ id: APP_ID, slug: "hullkeeper" });
  expect((await octokit.rest.apps.listInstallations()).data.map(({ id }) => id)).toEqual([installation]);
  expect((await octokit.rest.apps.getRepoInstallation(AT)).data.id).toBe(installation);
  expect((await octokit.rest.apps.getOrgInstallation({ org: "acme" })).data.id).toBe(installation);
  expect((await refusalOf(octokit.rest.apps.getOrgInstallation({ org: "other" }))).status).toBe(404);
  const elsewhere = octokit.rest.apps.getRepoInstallation({ owner: "other", repo: "shop" });
  expect((await refusalOf(elsewhere)).status).toBe(404);
  await double.changeInstallation(installation, { state: "removed" });
  expect((await octokit.rest.apps.listInstallations()).data).toEqual([]);
});

test("an installation sees what it was given, page by page, and nothing else exists", async () => {
  const { app, octokit } = await start();
  const names: string[] = [];
  for await (const { repository } of app.eachRepository.iterator()) names.push(repository.full_name);
  expect(names).toEqual(["acme/shop", "acme/blog"]);
  const page = await octokit.rest.apps.listReposAccessibleToInstallation({ per_page: 1 });
  expect(page.data).toMatchObject({ total_count: 2, repositories: [{ name: "shop" }] });
  expect(page.headers.link).toContain('rel="next"');
  expect((await refusalOf(octokit.rest.repos.get({ owner: "other", repo: "shop" }))).status).toBe(404);
  expect((await refusalOf(octokit.rest.repos.listForAuthenticatedUser())).status).toBe(403);
});

test("a token of one repository sees that one", async () => {
  const { app, installation, double } = await start();
  const issued = await app.octokit.rest.apps.createInstallationAccessToken({
    installation_id: installation,
    repositories: ["shop"],
    permissions: { contents: "read" },
  });
  const octokit = new Plain({ auth: issued.data.token, baseUrl: double.url, ...QUIET });
  expect((await octokit.rest.repos.get(AT)).data.name).toBe("shop");
  expect((await refusalOf(octokit.rest.repos.get({ owner: "acme", repo: "blog" }))).status).toBe(404);
  expect((await refusalOf(octokit.rest.pulls.list(AT))).status).toBe(403);
});

test.each([
  { title: "a permission it was not given", wish: { permissions: { issues: "read" } as const } },
  { title: "a repository it was not given", wish: { repositories: ["nowhere"] } },
])("no token with $title", async ({ wish }) => {
  const { app, installation } = await start({ permissions: { contents: "write" } });
  const call = app.octokit.rest.apps.createInstallationAccessToken({
    installation_id: installation,
    ...wish,
  });
  expect((await refusalOf(call)).status).toBe(422);
});

test("a missing permission is named", async () => {
  const { octokit, base } = await start({ permissions: { contents: "read" } });
  const refusal = await refusalOf(octokit.rest.git.createRef({ ...AT, ref: "refs/heads/x", sha: base }));
  expect(refusal).toMatchObject({ status: 403, message: expect.stringContaining("Resource not accessible") });
  expect(refusal.response?.headers["x-accepted-github-permissions"]).toBe("contents=write");
  const graph = octokit.graphql(
    'mutation { createRef(input: { repositoryId: "x", name: "refs/heads/x", oid: "1" }) { ref { id } } }',
  );
  await expect(graph).rejects.toThrow("Could not resolve to a node");
});

test("workflows are written with the permission for them only", async () => {
  const tree = [{ path: ".github/workflows/ci.yml", mode: "100644", type: "blob", content: "x" }] as const;
  const { octokit, double, installation } = await start();
  expect((await refusalOf(octokit.rest.git.createTree({ ...AT, tree: [...tree] }))).status).toBe(403);
  await double.changeInstallation(installation, { permissions: { contents: "write", workflows: "write" } });
  const { data } = await double
    .install("other", { permissions: { contents: "write", workflows: "write" } })
    .then(async (id) => {
      const app = new App({
        appId: APP_ID,
        privateKey: KEY.privateKey,
        Octokit: Plain.defaults({ baseUrl: double.url, ...QUIET }),
      });
      const other = await app.getInstallationOctokit(id);
      return other.rest.git.createTree({ owner: "other", repo: "shop", tree: [...tree] });
    });
  expect(data.tree).toHaveLength(1);
});

test("a token ends after an hour, or when the installation is suspended", async () => {
  const { app, double, installation, clock } = await start();
  const { data } = await app.octokit.rest.apps.createInstallationAccessToken({
    installation_id: installation,
  });
  const octokit = new Plain({ auth: data.token, baseUrl: double.url, ...QUIET });
  await octokit.rest.repos.get(AT);
  await double.changeInstallation(installation, { state: "suspended" });
  expect(await refusalOf(octokit.rest.repos.get(AT))).toMatchObject({ status: 403 });
  await double.changeInstallation(installation, { state: "active" });
  await octokit.rest.repos.get(AT);
  clock.now = new Date(clock.now.getTime() + HOUR_MS);
  expect(await refusalOf(octokit.rest.repos.get(AT))).toMatchObject({ status: 401 });
});

test("an archived repository is read only; an empty one has no branch", async () => {
  const { octokit, double, base } = await start();
  await double.changeRepository("acme", "shop", { isArchived: true });
  await double.createEmptyRepository("acme", "new");
  expect((await octokit.rest.repos.get(AT)).data.archived).toBe(true);
  const refusal = await refusalOf(octokit.rest.git.createRef({ ...AT, ref: "refs/heads/x", sha: base }));
  expect(refusal.message).toContain("Repository was archived so is read-only.");
  const answer = await octokit.graphql(
    '{ repository(owner: "acme", name: "new") { isEmpty defaultBranchRef { name } } }',
  );
  expect(answer).toMatchObject({ repository: { isEmpty: true, defaultBranchRef: null } });
});

test("a protected branch moves by pull requests only", async () => {
  const { octokit, double, base } = await start();
  await double.commitFile("acme", "shop", { path: "x", content: "1", branch: "next" });
  const head = await double.branchCommit("acme", "shop", "next");
  await double.protectBranch("acme", "shop", "main");
  const refusal = await refusalOf(
    octokit.rest.git.updateRef({ ...AT, ref: "heads/main", sha: head ?? base }),
  );
  expect(refusal).toMatchObject({ status: 422, message: expect.stringContaining("through a pull request") });
});

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
