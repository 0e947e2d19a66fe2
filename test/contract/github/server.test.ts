import { onTestFinished, expect, test } from "vitest";
import { startAppHarness } from "./app-harness.ts";
import { createTestedHost } from "./host.ts";
import { Secret } from "../../../src/secret.ts";
import { createLoopbackCertificate } from "../../fakes/github/certificate.ts";
import { UNCOUNTED } from "../../fakes/metrics.ts";
import { BRANCH, CONTENT, contentOn, failureOf, PATIENT, SHOP, startHarness } from "./harness.ts";

const QUESTION = { baseBranch: "main", branch: BRANCH, paths: ["Dockerfile"] };

test("the version of a server is asked for once", async () => {
  const { host, double } = await startHarness(undefined, {
    edition: { kind: "enterprise", version: "3.12.4" },
  });
  double.inject({ path: "/meta", mischief: { kind: "answer", status: 502 } });
  expect((await failureOf(host.version?.(PATIENT) ?? Promise.resolve())).code).toBe("code-host-unavailable");
  expect(await host.version?.(PATIENT)).toBe("3.12.4");
  expect(await host.version?.(PATIENT)).toBe("3.12.4");
  expect(double.requests.map(({ path, outcome }) => [path, outcome])).toEqual([
    ["/meta", 502],
    ["/meta", 200],
  ]);
});

test("github.com has none, and its addresses", async () => {
  const { host, double } = await startHarness(undefined, { edition: { kind: "cloud" } });
  expect(await host.version?.(PATIENT)).toBeUndefined();
  const look = await host.look(SHOP, QUESTION, PATIENT);
  const wish = { ...contentOn(look.base.commit), ...CONTENT, base: look.base };
  await host.propose(SHOP, wish, PATIENT);
  expect(double.graphqlUrl).toBe(`${double.url}/graphql`);
  expect(double.requests.map(({ kind }) => kind)).toEqual(["rest", "graphql", "graphql", "rest"]);
  expect(await double.pullRequests("acme", "shop")).toHaveLength(1);
});

test("a server that cannot commit by GraphQL looks by it and proposes by REST; it is not tried again", async () => {
  const { host, double } = await startHarness(undefined, {
    edition: { kind: "enterprise", version: "3.2.0", lacks: ["createCommitOnBranch"] },
  });
  const { base } = await host.look(SHOP, QUESTION, PATIENT);
  const first = { ...contentOn(base.commit), ...CONTENT, base };
  await host.propose(SHOP, first, PATIENT);
  await host.look(SHOP, QUESTION, PATIENT);
  await host.propose(SHOP, { ...first, branch: "hullkeeper/other" }, PATIENT);
  const pulls = await double.pullRequests("acme", "shop");
  expect(pulls.map(({ headBranch, state }) => [headBranch, state])).toEqual([
    [BRANCH, "open"],
    ["hullkeeper/other", "open"],
  ]);
  const documents = double.requests.flatMap(({ operations }) =>
    operations[0] === undefined ? [] : [operations[0]],
  );
  expect(documents).toEqual(["repository", "createRef", "repository"]);
});

test.each([
  { who: "a token", start: startHarness },
  { who: "an App", start: startAppHarness },
])("a repository is found by $who under the name that it had before", async ({ start }) => {
  const { host, double, base } = await start();
  const old = { owner: SHOP.owner, name: "shop-of-old" };
  for (const below of ["/installation", "/branches/main"]) {
    const location = `${double.url}/repos/acme/shop${below}`;
    const mischief = { kind: "answer", status: 301, body: {}, headers: { location } } as const;
    double.inject({ path: `/repos/acme/shop-of-old${below}`, mischief });
  }
  expect(await host.branch(old, "main", PATIENT)).toMatchObject({ name: "main", commit: base });
  expect(double.requests.map(({ path, outcome }) => [path, outcome]).slice(-2)).toEqual([
    ["/repos/acme/shop-of-old/branches/main", 301],
    ["/repos/acme/shop/branches/main", 200],
  ]);
});

test("a certificate of one's own is trusted when it is given, and only then", async () => {
  const tls = await createLoopbackCertificate();
  const { double } = await startHarness(undefined, { tls });
  onTestFinished(() => expect(double.url).toMatch(/^https:/));
  const connect = (ca?: string) =>
    createTestedHost({
      baseUrl: double.url,
      auth: { kind: "token", token: new Secret(double.token) },
      userAgent: "hullkeeper-test",
      metrics: UNCOUNTED,
      ...(ca === undefined ? {} : { ca }),
    });
  const failure = await failureOf(connect().branch(SHOP, "main", PATIENT));
  expect(failure).toMatchObject({ code: "code-host-unavailable" });
  expect(failure.message).toContain("SELF_SIGNED");
  const other = await createLoopbackCertificate();
  expect((await failureOf(connect(other.cert).branch(SHOP, "main", PATIENT))).code).toBe(
    "code-host-unavailable",
  );
  const host = connect(tls.cert);
  const { base } = await host.look(SHOP, QUESTION, PATIENT);
  await host.propose(SHOP, { ...contentOn(base.commit), ...CONTENT, base }, PATIENT);
  expect(await host.branch(SHOP, BRANCH, PATIENT)).toMatchObject({ name: BRANCH });
});
