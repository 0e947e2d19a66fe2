import { onTestFinished } from "vitest";
import { createTestedHost, type TestedHost } from "./host.ts";
import { CodedError } from "../../../src/errors.ts";
import type { BranchContent, CommitId, PullRequestContent } from "../../../src/ports/code-host.ts";
import type { Metrics } from "../../../src/ports/metrics.ts";
import type { WriteLane } from "../../../src/ports/write-lane.ts";
import { Secret } from "../../../src/secret.ts";
import { createOpenApiValidator } from "../../fakes/github/openapi-validator.ts";
import type { Files } from "../../fakes/github/operator.ts";
import { startGitHubDouble } from "../../fakes/github/start-github-double.ts";
import { UNCOUNTED } from "../../fakes/metrics.ts";
import type { GitHubDouble, GitHubDoubleOptions } from "../../fakes/github/start-github-double.ts";

export const SHOP = { owner: "acme", name: "shop" } as const;
export const BRANCH = "hullkeeper/bellsoft";
export const CONTENT: PullRequestContent = {
  title: "jre-25: fixes 3 critical",
  body: "Merge by Monday.\n\n- one\n",
  labels: ["hullkeeper", "sla:critical"],
};

/** The signal of a caller that never gives up. */
export const PATIENT = new AbortController().signal;

/** Compiling its schemas takes longer than most tests. */
const VALIDATOR = createOpenApiValidator();

type CountedRequest = Parameters<Metrics["request"]>[0];

/** A double with one repository, and the adapter that speaks to it. */
export interface Harness {
  readonly double: GitHubDouble;
  readonly host: TestedHost;
  readonly counted: readonly CountedRequest[];
  /** The first commit on `main`. */
  readonly base: CommitId;
  /** The same adapter with another token, with less patience, or in a lane. */
  readonly connect: (change: {
    readonly token?: string;
    readonly timeoutMs?: number;
    readonly lane?: WriteLane;
  }) => TestedHost;
}

/** Starts both; they end with the test, which fails if an exchange did not keep to GitHub's description. */
export async function startHarness(
  files: Files = { Dockerfile: "FROM scratch\n" },
  options: GitHubDoubleOptions = {},
): Promise<Harness> {
  const double = await startGitHubDouble({ validator: VALIDATOR, ...options });
  onTestFinished(async () => double.close());
  const base = await double.createRepository(SHOP.owner, SHOP.name, files);
  const counted: CountedRequest[] = [];
  const metrics = {
    ...UNCOUNTED,
    request: (request: CountedRequest) => void counted.push(request),
  };
  const connect: Harness["connect"] = ({ token = double.token, timeoutMs = 20_000, lane }) =>
    createTestedHost({
      baseUrl: double.url,
      auth: { kind: "token", token: new Secret(token) },
      userAgent: "hullkeeper-test",
      metrics,
      timeoutMs,
      ...(lane === undefined ? {} : { lane }),
    });
  return { double, host: connect({}), counted, base, connect };
}

/** What the tests put on {@link BRANCH}. */
export function contentOn(parent: CommitId, change: Partial<BranchContent> = {}): BranchContent {
  return {
    branch: BRANCH,
    parent,
    files: [{ path: "Dockerfile", text: "FROM scratch AS fixed\n" }],
    message: "Update jre-25\n\nHullkeeper-Image: jre-25",
    expected: { kind: "absent" },
    ...change,
  };
}

/** Writes the branch and opens its pull request, as a worker does. */
export async function propose(
  { host }: Harness,
  content: BranchContent,
): Promise<{ readonly commit: CommitId; readonly number: number }> {
  const commit = await host.writeBranch(SHOP, content, PATIENT);
  const pull = await host.openPullRequest(SHOP, { head: content.branch, base: "main" }, CONTENT, PATIENT);
  return { commit, number: pull.number };
}

/** The error that a call ends with. */
export async function failureOf(call: Promise<unknown>): Promise<CodedError> {
  const thrown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (thrown instanceof CodedError) return thrown;
  throw new Error(`expected a CodedError, got ${String(thrown)}`);
}

/** How many requests with this method and path prefix the double saw. */
export function countOf({ double }: Harness, method: string, path: string): number {
  return double.requests.filter((request) => request.method === method && request.path.includes(path)).length;
}
