import { z } from "zod";
import { CodedError } from "../../errors.ts";
import type { CommitId, PullRequest } from "../../ports/code-host.ts";
import type { CodeRepository } from "../../proposal/plan.ts";
import { ANY } from "./answers.ts";
import { findHead } from "./branches.ts";
import type { Client } from "./client.ts";

const STATE = z.object({
  state: z.enum(["open", "closed"]),
  merged: z.boolean(),
  mergeable: z.boolean().nullish(),
  head: z.object({ sha: z.string() }),
});

/**
 * Merges a pull request whose head is still the commit that was read; GitHub checks that, and the rules of the branch. One request, and a second one where GitHub
 * does not merge: it says the same of a conflict, of checks that are missing, and of what is merged already.
 *
 * @see GitHub REST API 2022-11-28, "Merge a pull request": 405 cannot be merged, 409 the head was modified
 */
export async function mergePull(
  client: Client,
  wish: {
    readonly repository: CodeRepository;
    readonly pull: PullRequest;
    readonly method: "merge" | "squash" | "rebase";
  },
  signal: AbortSignal,
): Promise<"merged" | "not-yet" | "conflict"> {
  const { repository, pull, method } = wish;
  if (pull.state === "merged") return "merged";
  if (pull.state === "closed" || pull.isMergeable === false) return "conflict";
  try {
    await client.call({ operation: "merge-pull-request", repository, signal }, ANY, (octokit, request) =>
      octokit.rest.pulls.merge({
        owner: repository.owner,
        repo: repository.name,
        pull_number: pull.number,
        sha: pull.headCommit,
        merge_method: method,
        request,
      }),
    );
    return "merged";
  } catch (thrown) {
    const isNo = thrown instanceof CodedError && (thrown.status === 405 || thrown.status === 409);
    if (!isNo) throw thrown;
    return whyNot(client, { repository, pull }, signal);
  }
}

/** What is merged was merged by us, and the answer was lost; or by somebody else. */
async function whyNot(
  client: Client,
  { repository, pull }: { readonly repository: CodeRepository; readonly pull: PullRequest },
  signal: AbortSignal,
): Promise<"merged" | "not-yet" | "conflict"> {
  const now = await client.call(
    { operation: "get-pull-request", repository, signal },
    STATE,
    (octokit, request) =>
      octokit.rest.pulls.get({
        owner: repository.owner,
        repo: repository.name,
        pull_number: pull.number,
        request,
      }),
  );
  if (now.merged) return "merged";
  const isOther = now.state === "closed" || now.head.sha !== pull.headCommit;
  return isOther || now.mergeable === false ? "conflict" : "not-yet";
}

/**
 * Removes a branch that is at this commit: two requests, one when it is not. A push between both is lost from the branch, not from the repository: GitHub
 * cannot remove a branch on condition.
 */
export async function deleteBranch(
  client: Client,
  at: { readonly repository: CodeRepository; readonly branch: string; readonly commit: CommitId },
  signal: AbortSignal,
): Promise<void> {
  const { repository, branch, commit } = at;
  const head = await findHead(client, { repository, branch }, signal);
  if (head?.commit !== commit) return;
  try {
    await client.call({ operation: "delete-ref", repository, signal }, ANY, (octokit, request) =>
      octokit.rest.git.deleteRef({
        owner: repository.owner,
        repo: repository.name,
        ref: `heads/${branch}`,
        request,
      }),
    );
  } catch (thrown) {
    // Somebody else removed it since.
    if (!(thrown instanceof CodedError && thrown.code === "code-host-conflict")) throw thrown;
  }
}
