import type { CodeHost } from "../../ports/code-host.ts";
import { findHead, readBranch } from "./branches.ts";
import { createClient } from "./client.ts";
import type { GitHubOptions } from "./options.ts";
import { closePullRequest, findPullRequest, openPullRequest, updatePullRequest } from "./pull-requests.ts";
import { readFiles } from "./read-files.ts";
import { listRepositories } from "./repositories.ts";
import { setStatuses } from "./statuses.ts";
import { writeBranch } from "./write-branch.ts";

/**
 * GitHub or a GitHub Enterprise Server as code host, by its REST API. Every method may be repeated after any failure.
 *
 * @throws {InvalidInputError} `config-invalid` for a base URL or a token that no request could carry
 */
export function createGitHub(options: GitHubOptions): CodeHost {
  const client = createClient(options);
  return {
    time: () => client.time(),

    repositories: async (signal) => listRepositories(client, signal),

    branch: async (repository, name, signal) => readBranch(client, { repository, name }, signal),

    async branchHead(repository, name, signal) {
      const head = await findHead(client, { repository, branch: name }, signal);
      if (head === undefined) return undefined;
      return { commit: head.commit, message: head.message, parents: head.parents };
    },

    files: async (repository, commit, isWanted, signal) =>
      readFiles(client, { repository, commit, isWanted }, signal),

    writeBranch: async (repository, content, signal) => writeBranch(client, { repository, content }, signal),

    findPullRequest: async (repository, branch, signal) =>
      findPullRequest(client, { repository, branch }, signal),

    openPullRequest: async (repository, branches, content, signal) =>
      openPullRequest(client, { repository, ...branches, content }, signal),

    updatePullRequest: async (repository, current, content, signal) =>
      updatePullRequest(client, { repository, current, content }, signal),

    closePullRequest: async (repository, current, signal) =>
      closePullRequest(client, { repository, current }, signal),

    setStatuses: async (repository, commit, statuses, signal) =>
      setStatuses(client, { repository, commit, statuses }, signal),
  };
}
