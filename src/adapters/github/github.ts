import type { CodeHost } from "../../ports/code-host.ts";
import type { CodeRepository } from "../../proposal/plan.ts";
import type { Instant } from "../../time.ts";
import { findHead, readBranch } from "./branches.ts";
import { createChecks } from "./checks.ts";
import { createClient } from "./client.ts";
import { readComments, writeComment } from "./comments.ts";
import { createGraphs } from "./graphs.ts";
import { createLook } from "./look.ts";
import { deleteBranch, mergePull } from "./merge.ts";
import { paced } from "./paced.ts";
import { bringTo, readRole } from "./people.ts";
import { propose } from "./propose.ts";
import type { GitHubOptions } from "./options.ts";
import { closePullRequest, findPullRequest, openPullRequest, updatePullRequest } from "./pull-requests.ts";
import { readFiles } from "./read-files.ts";
import { listRepositories } from "./repositories.ts";
import { setStatuses } from "./statuses.ts";
import { writeBranch } from "./write-branch.ts";

/**
 * GitHub or a GitHub Enterprise Server as code host, by GraphQL where it saves requests and by REST. Every method may be repeated after any failure.
 *
 * @throws {InvalidInputError} `config-invalid` for a base URL or a token that no request could carry
 */
export function createGitHub(options: GitHubOptions): CodeHost {
  const client = createClient(options);
  const graphs = createGraphs();
  const look = createLook(client, graphs);
  const setCheck = createChecks(client);
  // GitHub counts by who writes: the token's account, or the installation, of which an owner has one.
  const accountOf = ({ owner }: CodeRepository): string =>
    options.auth.kind === "app" ? `installation ${owner.toLowerCase()}` : "token";
  const inTurn = async <Result>(
    repository: CodeRepository,
    wish: { readonly what: string; readonly dueAt?: Instant },
    signal: AbortSignal,
    work: () => Promise<Result>,
  ): Promise<Result> => {
    const { what, ...due } = wish;
    const subject = `${repository.owner}/${repository.name} ${what}`;
    return paced(options.lane, { account: accountOf(repository), subject, cost: 1, ...due }, signal, work);
  };
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

    look,

    async propose(repository, wish, signal) {
      const { branch, dueAt } = wish;
      const turn = { what: `propose ${branch}`, ...(dueAt === undefined ? {} : { dueAt }) };
      return inTurn(repository, turn, signal, () => propose({ client, graphs, repository, signal }, wish));
    },

    bringTo: async (repository, { number }, attention, signal) =>
      bringTo(client, { repository, number, attention }, signal),

    setCheck: async (repository, commit, check, signal) => setCheck({ repository, commit, check }, signal),

    async comment(repository, number, body, signal) {
      const what = `comment ${number} ${body}`;
      return inTurn(repository, { what }, signal, () =>
        writeComment(client, { repository, number, body }, signal),
      );
    },

    comments: async (repository, number, since, signal) =>
      readComments(client, { repository, number, since }, signal),

    roleOf: async (repository, login, signal) => readRole(client, { repository, login }, signal),

    deleteBranch: async (repository, branch, commit, signal) =>
      deleteBranch(client, { repository, branch, commit }, signal),

    merge: async (repository, pull, method, signal) =>
      mergePull(client, { repository, pull, method }, signal),
  };
}
