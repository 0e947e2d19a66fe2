import { describe, expect, test } from "vitest";
import type { Digest } from "../../src/image/digest.ts";
import type { Fault } from "../fakes/github/faults.ts";
import type { RecordedRequest } from "../fakes/github/start-github-double.ts";
import { installationMissing, startInstallation, noteOn } from "./installation.ts";
import { expectOnePullRequest, expectToldOnce, proposed } from "./scene.ts";

const missing = installationMissing();
const ALL = {
  checks: "write",
  contents: "write",
  metadata: "read",
  pull_requests: "write",
  statuses: "write",
  workflows: "write",
} as const;

const ACCESS_MISSING = { message: "Resource not accessible by personal access token", status: "403" };
const EXISTS = { message: "Reference already exists", status: "422" };
const TOO_QUICK = { message: "You have exceeded a secondary rate limit.", status: "403" };
const answer = (status: number, body?: unknown, headers?: Readonly<Record<string, string>>) =>
  ({
    kind: "answer",
    status,
    ...(body === undefined ? {} : { body }),
    ...(headers === undefined ? {} : { headers }),
  }) as const;

interface FaultCase {
  readonly title: string;
  readonly fault: Fault;
}

const PULL = "createPullRequest";
const failing = (field: string, type: string, message: string): Fault => ({
  operation: field,
  mischief: { kind: "fail-field", field, type, message },
});

/** The pull request is one GraphQL document. */
const IN_ONE: readonly FaultCase[] = [
  {
    title: "the look is lost",
    fault: { name: "Look", mischief: { kind: "lose-answer" } },
  },
  {
    title: "the document answers 502",
    fault: { operation: PULL, times: 2, mischief: answer(502, "<html>") },
  },
  {
    title: "a second rate limit",
    fault: { operation: PULL, mischief: answer(403, TOO_QUICK, { "retry-after": "1" }) },
  },
  {
    title: "only the branch is made",
    fault: { operation: PULL, mischief: { kind: "stop-after", fields: 1 } },
  },
  {
    title: "no pull request is made",
    fault: { operation: PULL, mischief: { kind: "stop-after", fields: 2 } },
  },
  {
    title: "the commit is refused",
    fault: failing("createCommitOnBranch", "STALE_DATA", "Expected branch to point to"),
  },
  {
    title: "the branch is refused",
    fault: failing("createRef", "FORBIDDEN", "Resource not accessible by personal access token"),
  },
  {
    title: "the pull request is refused",
    fault: failing(PULL, "UNPROCESSABLE", "Something went wrong"),
  },
  { title: "the answer is lost", fault: { operation: PULL, mischief: { kind: "lose-answer" } } },
  { title: "the answer is cut short", fault: { operation: PULL, mischief: { kind: "cut-answer" } } },
  {
    title: "502 at the statuses",
    fault: { method: "POST", path: /\/statuses\//, mischief: answer(502, "<html>") },
  },
  {
    title: "the connection is cut at the labels",
    fault: { method: "POST", path: /\/labels$/, mischief: { kind: "cut" } },
  },
];

/** Where the host knows no GraphQL. */
const IN_PARTS: readonly FaultCase[] = [
  {
    title: "403 at the branch",
    fault: { method: "POST", path: /git\/refs$/, mischief: answer(403, ACCESS_MISSING) },
  },
  {
    title: "403 at the pull request",
    fault: { method: "POST", path: /pulls$/, mischief: answer(403, ACCESS_MISSING) },
  },
  {
    title: "422, the branch exists",
    fault: { method: "POST", path: /git\/refs$/, mischief: answer(422, EXISTS) },
  },
  {
    title: "422, whatever it means",
    fault: { method: "POST", path: /pulls$/, mischief: answer(422, { message: "Validation Failed" }) },
  },
  {
    title: "a second rate limit",
    fault: { method: "POST", path: /pulls$/, mischief: answer(403, TOO_QUICK, { "retry-after": "1" }) },
  },
  {
    title: "502 at the tree",
    fault: { method: "POST", path: /git\/trees$/, mischief: answer(502, "<html>") },
  },
  {
    title: "502 at the pull request, twice",
    fault: { method: "POST", path: /pulls$/, times: 2, mischief: answer(502, "<html>") },
  },
  {
    title: "the answer to the commit lost",
    fault: { method: "POST", path: /git\/commits$/, mischief: { kind: "lose-answer" } },
  },
  {
    title: "the answer to the branch lost",
    fault: { method: "POST", path: /git\/refs$/, mischief: { kind: "lose-answer" } },
  },
  {
    title: "the answer to the pull request lost",
    fault: { method: "POST", path: /pulls$/, mischief: { kind: "lose-answer" } },
  },
  {
    title: "the answer to the pull request cut short",
    fault: { method: "POST", path: /pulls$/, mischief: { kind: "cut-answer" } },
  },
];

const NO_GRAPHQL: Fault = { path: "/graphql", times: 1_000, mischief: answer(404, { message: "Not Found" }) };

const CASES = [
  ...IN_ONE.map(({ title, fault }) => ({ title: `in one document: ${title}`, fault, others: [] })),
  ...IN_PARTS.map(({ title, fault }) => ({ title: `in parts: ${title}`, fault, others: [NO_GRAPHQL] })),
];

/** Requests that a fault happened to; a document of which a part fails is answered. */
function hitsOf(requests: readonly RecordedRequest[], fault: Fault): readonly RecordedRequest[] {
  const { mischief, method, operation, path = "" } = fault;
  return requests.filter(
    (request) =>
      (method === undefined || request.method === method) &&
      (operation === undefined || request.operations.includes(operation)) &&
      request.path.search(path) !== -1 &&
      (isPartial(fault) ||
        request.outcome === (mischief.kind === "answer" ? mischief.status : mischief.kind)),
  );
}

function isPartial({ mischief: { kind } }: Fault): boolean {
  return kind === "stop-after" || kind === "fail-field";
}

describe.skipIf(missing !== undefined)(
  `the code host fails while a pull request is made: one in the end${noteOn(missing)}`,
  () => {
    test.concurrent.for(CASES)("$title", async ({ fault, others }, context) => {
      const installation = await startInstallation(context);
      const { world, start, settled } = installation;
      const first = await world.publish({ release: 1 });
      await world.codeHost.createRepository("acme", "shop", { Dockerfile: `${world.pin(first)}\n` });
      const second = await world.publish({ release: 2 });
      for (const each of [...others, fault]) world.codeHost.inject(each);

      start("worker", "all");
      await proposed(installation, "shop", second);
      await settled();
      await expectOnePullRequest(installation, "shop", second);
      await expectToldOnce(installation, "shop");
      const hits = hitsOf(world.codeHost.requests, fault).length;
      const times = fault.times ?? 1;
      // Of a document of which a part failed, those that came after it are not told apart from it.
      expect(isPartial(fault) ? Math.min(hits, times) : hits).toBe(times);
    });
  },
);

describe.skipIf(missing !== undefined)(`an App that may not write workflows${noteOn(missing)}`, () => {
  test("writes no branch and says what is missing; once it may, the pull request comes", async (context) => {
    const installation = await startInstallation(context, { speaker: "app" });
    const { world, pass } = installation;
    const { codeHost } = world;
    const first = await world.publish({ release: 1 });
    const workflow = (digest: Digest) =>
      `jobs:\n  build:\n    container: ${world.pin(digest).replace("FROM ", "")}\n`;
    await codeHost.createRepository("acme", "shop", { ".github/workflows/ci.yml": workflow(first) });
    await pass();
    const second = await world.publish({ release: 2 });
    const { code, output } = await pass();
    expect(code).toBe(1);
    expect(output).toContain("workflows");
    const [failure] = await installation.events("job-failed");
    expect(failure?.message).toContain("workflows: write");
    expect(await codeHost.pullRequests("acme", "shop")).toEqual([]);
    expect(await codeHost.branchCommit("acme", "shop", "hullkeeper/bellsoft")).toBeUndefined();

    await codeHost.changeInstallation(world.installation ?? 0, { permissions: ALL });
    expect((await pass()).code).toBe(0);
    const pull = await proposed(installation, "shop", second);
    expect(await codeHost.readFile("acme", "shop", pull.headCommit, ".github/workflows/ci.yml")).toBe(
      workflow(second),
    );
  });
});
