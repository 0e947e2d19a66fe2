import { headFacts, readBranch } from "../../../src/adapters/github/branches.ts";
import { createClient } from "../../../src/adapters/github/client.ts";
import { createGitHub } from "../../../src/adapters/github/github.ts";
import type { GitHubOptions } from "../../../src/adapters/github/options.ts";
import { findPullRequest, openPullRequest } from "../../../src/adapters/github/pull-requests.ts";
import { writeBranch } from "../../../src/adapters/github/write-branch.ts";
import type {
  Branch,
  BranchContent,
  CodeHost,
  CommitFacts,
  CommitId,
  PullRequest,
  PullRequestContent,
} from "../../../src/ports/code-host.ts";
import type { CodeRepository } from "../../../src/proposal/plan.ts";

/** The adapter, and beside it the steps that a proposal is made of where it cannot be one document. */
export interface TestedHost extends CodeHost {
  /** The named branch, by REST; or the default branch, as many ask for it together. @throws `code-host-not-found` */
  branch(repository: CodeRepository, name: string | undefined, signal: AbortSignal): Promise<Branch>;
  branchHead(repository: CodeRepository, name: string, signal: AbortSignal): Promise<CommitFacts | undefined>;
  writeBranch(repository: CodeRepository, content: BranchContent, signal: AbortSignal): Promise<CommitId>;
  findPullRequest(
    repository: CodeRepository,
    branch: string,
    signal: AbortSignal,
  ): Promise<PullRequest | undefined>;
  openPullRequest(
    repository: CodeRepository,
    branches: { readonly head: string; readonly base: string },
    content: PullRequestContent,
    signal: AbortSignal,
  ): Promise<PullRequest>;
}

export function createTestedHost(options: GitHubOptions): TestedHost {
  const client = createClient(options);
  const host = createGitHub(options);
  return {
    ...host,
    async branch(repository, name, signal) {
      if (name !== undefined) return readBranch(client, { repository, name }, signal);
      const seen = await host.heads(repository, { isDefaultWanted: true, names: [], prefixes: [] }, signal);
      if (seen.default === undefined) throw new TypeError("a default branch was asked for, and not told");
      return seen.default;
    },
    branchHead: async (repository, branch, signal) => headFacts(client, { repository, branch }, signal),
    writeBranch: async (repository, content, signal) => writeBranch(client, { repository, content }, signal),
    findPullRequest: async (repository, branch, signal) =>
      findPullRequest(client, { repository, branch }, signal),
    openPullRequest: async (repository, branches, content, signal) =>
      openPullRequest(client, { repository, ...branches, content }, signal),
  };
}
