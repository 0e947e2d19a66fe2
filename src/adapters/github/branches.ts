import { CodedError } from "../../errors.ts";
import type { Branch, CommitFacts, CommitId } from "../../ports/code-host.ts";
import type { CodeRepository } from "../../proposal/plan.ts";
import { BRANCH, REPOSITORY } from "./answers.ts";
import type { Client } from "./client.ts";

/** The commit at the head of a branch, with the tree it holds. */
export interface Head {
  /** As the host writes it; another name than was asked for where the branch was renamed. */
  readonly branch: string;
  readonly commit: CommitId;
  readonly tree: string;
  readonly message: string;
  readonly parents: readonly CommitId[];
}

/**
 * The named branch, or the default branch. Where a branch was renamed GitHub sends us on to the new name, and that is answered.
 *
 * @throws {CodedError} `code-host-*`
 */
export async function readBranch(
  client: Client,
  { repository, name }: { readonly repository: CodeRepository; readonly name: string | undefined },
  signal: AbortSignal,
): Promise<Branch> {
  const wanted = name ?? (await readDefaultBranch(client, repository, signal));
  const head = await readHead(client, { repository, branch: wanted }, signal);
  return { name: head.branch, commit: head.commit };
}

/**
 * The head of exactly this branch; undefined when the repository has none of that name. GitHub answers 404 for a missing
 * branch and for a repository that the token may not see, so that an absent branch takes a second request: the repository.
 *
 * @throws {CodedError} `code-host-*`; `code-host-not-found` for the repository
 */
export async function findHead(
  client: Client,
  at: { readonly repository: CodeRepository; readonly branch: string },
  signal: AbortSignal,
): Promise<Head | undefined> {
  try {
    const head = await readHead(client, at, signal);
    return head.branch === at.branch ? head : undefined;
  } catch (thrown) {
    if (!(thrown instanceof CodedError && thrown.code === "code-host-not-found")) throw thrown;
    await readDefaultBranch(client, at.repository, signal);
    return undefined;
  }
}

/** What is at the head of exactly this branch; undefined as of {@link findHead}. */
export async function headFacts(
  client: Client,
  at: { readonly repository: CodeRepository; readonly branch: string },
  signal: AbortSignal,
): Promise<CommitFacts | undefined> {
  const head = await findHead(client, at, signal);
  return head === undefined
    ? undefined
    : { commit: head.commit, message: head.message, parents: head.parents };
}

async function readHead(
  client: Client,
  { repository, branch }: { readonly repository: CodeRepository; readonly branch: string },
  signal: AbortSignal,
): Promise<Head> {
  const { name, commit } = await client.callKept(
    { operation: "get-branch", repository, signal, what: `branch ${branch}` },
    BRANCH,
    (octokit, how) =>
      octokit.rest.repos.getBranch({ owner: repository.owner, repo: repository.name, branch, ...how }),
  );
  return {
    branch: name,
    commit: commit.sha,
    tree: commit.commit.tree.sha,
    message: commit.commit.message,
    parents: commit.parents.map((parent) => parent.sha),
  };
}

async function readDefaultBranch(
  client: Client,
  repository: CodeRepository,
  signal: AbortSignal,
): Promise<string> {
  const answer = await client.callKept(
    { operation: "get-repository", repository, signal, what: "repository" },
    REPOSITORY,
    (octokit, how) => octokit.rest.repos.get({ owner: repository.owner, repo: repository.name, ...how }),
  );
  return answer.default_branch;
}
