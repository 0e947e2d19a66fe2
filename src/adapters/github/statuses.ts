import type { CommitId, CommitStatus } from "../../ports/code-host.ts";
import type { CodeRepository } from "../../proposal/plan.ts";
import { ANY, STATUSES } from "./answers.ts";
import type { Client } from "./client.ts";
import type { FreshCommits } from "./fresh-commits.ts";

const STATUSES_PAGE = 100;

/** What {@link setStatuses} sets. */
export interface StatusWish {
  readonly repository: CodeRepository;
  readonly commit: CommitId;
  readonly statuses: readonly CommitStatus[];
}

/**
 * Sets those statuses of a commit that are not so already. One read first: a refresh that changes nothing, the common case, costs
 * 1 point instead of 5 for each status, and GitHub keeps at most 1,000 statuses of one commit and context. A context that
 * is not among the first 100 is set again, which is harmless. A commit that we made a moment ago has none, and is not read.
 *
 * @throws {CodedError} `code-host-*`
 */
export async function setStatuses(
  { client, fresh }: { readonly client: Client; readonly fresh: FreshCommits },
  wish: StatusWish,
  signal: AbortSignal,
): Promise<void> {
  const { repository, commit, statuses } = wish;
  if (statuses.length === 0) return;
  const firsts = statuses.map(({ context }) => fresh.isFirst(repository, commit, `status ${context}`));
  const changed = firsts.every(Boolean) ? statuses : await differing(client, wish, signal);
  for (const { context, state, description, url } of changed) {
    await client.call({ operation: "create-status", repository, signal }, ANY, (octokit, request) =>
      octokit.rest.repos.createCommitStatus({
        owner: repository.owner,
        repo: repository.name,
        sha: commit,
        context,
        state,
        description,
        ...(url === undefined ? {} : { target_url: url }),
        request,
      }),
    );
  }
}

/** Those of the wish that the commit does not have. */
async function differing(
  client: Client,
  { repository, commit, statuses }: StatusWish,
  signal: AbortSignal,
): Promise<readonly CommitStatus[]> {
  const present = await client.call(
    { operation: "get-statuses", repository, signal },
    STATUSES,
    (octokit, request) =>
      octokit.rest.repos.getCombinedStatusForRef({
        owner: repository.owner,
        repo: repository.name,
        ref: commit,
        per_page: STATUSES_PAGE,
        request,
      }),
  );
  const isSet = (status: CommitStatus): boolean =>
    present.statuses.some(
      (other) =>
        other.context === status.context &&
        other.state === status.state &&
        (other.description ?? "") === status.description &&
        (other.target_url ?? undefined) === status.url,
    );
  return statuses.filter((status) => !isSet(status));
}
