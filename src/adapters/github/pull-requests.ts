import type { z } from "zod";
import { CodedError } from "../../errors.ts";
import type { PullRequest, PullRequestChange, PullRequestContent } from "../../ports/code-host.ts";
import type { CodeRepository } from "../../proposal/plan.ts";
import { instantOf } from "../../time.ts";
import { ANY, PULL_REQUEST, PULL_REQUESTS, PULL_STANDING } from "./answers.ts";
import type { Client } from "./client.ts";
import { addLabels, bringLabels } from "./labels.ts";

/** Newest first, so that the first that fits is the one; more than one page means GitHub did not filter. */
const LISTED_MAX = 30;

/**
 * The newest pull request whose head is this branch of the repository itself, whatever its state. One request.
 *
 * @throws {CodedError} `code-host-*`
 */
export async function findPullRequest(
  client: Client,
  { repository, branch }: { readonly repository: CodeRepository; readonly branch: string },
  signal: AbortSignal,
): Promise<PullRequest | undefined> {
  const listed = await client.call(
    { operation: "list-pull-requests", repository, signal },
    PULL_REQUESTS,
    (octokit, request) =>
      octokit.rest.pulls.list({
        owner: repository.owner,
        repo: repository.name,
        head: `${repository.owner}:${branch}`,
        state: "all",
        sort: "created",
        direction: "desc",
        per_page: LISTED_MAX,
        request,
      }),
  );
  // GitHub ignores a `head` it cannot read, and lists forks of the same owner under it: neither is a match.
  const [newest] = listed
    .filter(({ head, base }) => head.ref === branch && head.repo?.id === base.repo.id)
    .toSorted((left, right) => right.number - left.number);
  return newest === undefined ? undefined : pullRequestOf(newest);
}

/**
 * The same with whether it can be merged, which no list tells: one more request for one that is open.
 *
 * @throws {CodedError} `code-host-*`
 */
export async function lookForPullRequest(
  client: Client,
  at: { readonly repository: CodeRepository; readonly branch: string },
  signal: AbortSignal,
): Promise<PullRequest | undefined> {
  const found = await findPullRequest(client, at, signal);
  if (found?.state !== "open") return found;
  const { repository } = at;
  const { mergeable } = await client.call(
    { operation: "get-pull-request", repository, signal },
    PULL_STANDING,
    (octokit, request) =>
      octokit.rest.pulls.get({
        owner: repository.owner,
        repo: repository.name,
        pull_number: found.number,
        request,
      }),
  );
  return typeof mergeable === "boolean" ? { ...found, isMergeable: mergeable } : found;
}

/**
 * Opens a pull request and labels it: two requests, as GitHub takes no labels with the first. One that is open for the branch
 * already is returned as it is; {@link updatePullRequest} brings its labels, should they be missing.
 *
 * @throws {CodedError} `code-host-*`
 */
export async function openPullRequest(
  client: Client,
  wish: {
    readonly repository: CodeRepository;
    readonly head: string;
    readonly base: string;
    readonly content: PullRequestContent;
  },
  signal: AbortSignal,
): Promise<PullRequest> {
  const { repository, head, base, content } = wish;
  try {
    const opened = await createPullRequest(client, wish, signal);
    await addLabels(client, { repository, number: opened.number, labels: content.labels }, signal);
    return opened;
  } catch (thrown) {
    if (!(thrown instanceof CodedError && thrown.code === "code-host-conflict")) throw thrown;
    const found = await findPullRequest(client, { repository, branch: head }, signal);
    if (found?.state === "open" && found.baseBranch === base) return found;
    throw thrown;
  }
}

/**
 * Brings title, body and labels to what is wanted: one request to read the labels, and one for each that differs. Bodies are
 * compared without regard to line ends, since GitHub's editor turns all of them into CRLF.
 *
 * @throws {CodedError} `code-host-*`
 */
export async function updatePullRequest(
  client: Client,
  wish: {
    readonly repository: CodeRepository;
    readonly current: PullRequest;
    readonly content: PullRequestChange;
  },
  signal: AbortSignal,
): Promise<void> {
  const { repository, current, content } = wish;
  const changes = {
    ...(current.title === content.title ? {} : { title: content.title }),
    ...(withLf(current.body) === withLf(content.body) ? {} : { body: content.body }),
  };
  if (Object.keys(changes).length > 0) {
    await client.call({ operation: "update-pull-request", repository, signal }, ANY, (octokit, request) =>
      octokit.rest.pulls.update({
        owner: repository.owner,
        repo: repository.name,
        pull_number: current.number,
        ...changes,
        request,
      }),
    );
  }
  if (content.labels === undefined) return;
  await bringLabels(client, { repository, number: current.number, labels: content.labels }, signal);
}

/**
 * Closes a pull request: one request, none for one that is not open.
 *
 * @throws {CodedError} `code-host-*`
 */
export async function closePullRequest(
  client: Client,
  { repository, current }: { readonly repository: CodeRepository; readonly current: PullRequest },
  signal: AbortSignal,
): Promise<void> {
  if (current.state !== "open") return;
  await client.call({ operation: "update-pull-request", repository, signal }, ANY, (octokit, request) =>
    octokit.rest.pulls.update({
      owner: repository.owner,
      repo: repository.name,
      pull_number: current.number,
      state: "closed",
      request,
    }),
  );
}

async function createPullRequest(
  client: Client,
  wish: Parameters<typeof openPullRequest>[1],
  signal: AbortSignal,
): Promise<PullRequest> {
  const { repository, head, base, content } = wish;
  const created = await client.call(
    { operation: "create-pull-request", repository, signal },
    PULL_REQUEST,
    (octokit, request) =>
      octokit.rest.pulls.create({
        owner: repository.owner,
        repo: repository.name,
        title: content.title,
        head,
        base,
        body: content.body,
        request,
      }),
  );
  return pullRequestOf(created);
}

function pullRequestOf(answer: z.infer<typeof PULL_REQUEST>): PullRequest {
  const { updated_at: updatedAt } = answer;
  const closedAt = answer.merged_at ?? answer.closed_at ?? undefined;
  return {
    number: answer.number,
    url: answer.html_url,
    state: stateOf(answer),
    title: answer.title,
    body: answer.body ?? "",
    baseBranch: answer.base.ref,
    headCommit: answer.head.sha,
    ...(updatedAt === undefined ? {} : { updatedAt: instantOf(Date.parse(updatedAt)) }),
    ...(closedAt === undefined ? {} : { closedAt: new Date(closedAt).toISOString() }),
  };
}

function stateOf({ state, merged_at: mergedAt }: z.infer<typeof PULL_REQUEST>): PullRequest["state"] {
  if (state === "open") return "open";
  return typeof mergedAt === "string" ? "merged" : "closed";
}

function withLf(text: string): string {
  return text.replaceAll("\r\n", "\n");
}
