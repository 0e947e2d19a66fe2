import type { CommitId, CommitStatus } from "../../ports/code-host.ts";
import type { CodeRepository } from "../../proposal/plan.ts";
import { ANY, STATUSES } from "./answers.ts";
import type { Client } from "./client.ts";

const STATUSES_PAGE = 100;

/**
 * Sets those statuses of a commit that are not so already. One read first: a refresh that changes nothing, the common case, costs
 * 1 point instead of 5 for each status, and GitHub keeps at most 1,000 statuses of one commit and context. A context that
 * is not among the first 100 is set again, which is harmless.
 *
 * @throws {CodedError} `code-host-*`
 */
export async function setStatuses(
  client: Client,
  wish: {
    readonly repository: CodeRepository;
    readonly commit: CommitId;
    readonly statuses: readonly CommitStatus[];
  },
  signal: AbortSignal,
): Promise<void> {
  const { repository, commit, statuses } = wish;
  if (statuses.length === 0) return;
  const where = { owner: repository.owner, repo: repository.name };
  const present = await client.call(
    { operation: "get-statuses", repository, signal },
    STATUSES,
    (octokit, request) =>
      octokit.rest.repos.getCombinedStatusForRef({ ...where, ref: commit, per_page: STATUSES_PAGE, request }),
  );
  const isSet = (status: CommitStatus): boolean =>
    present.statuses.some(
      (other) =>
        other.context === status.context &&
        other.state === status.state &&
        (other.description ?? "") === status.description &&
        (other.target_url ?? undefined) === status.url,
    );

  for (const { context, state, description, url } of statuses.filter((status) => !isSet(status))) {
    await client.call({ operation: "create-status", repository, signal }, ANY, (octokit, request) =>
      octokit.rest.repos.createCommitStatus({
        ...where,
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
