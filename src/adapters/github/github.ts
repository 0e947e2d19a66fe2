import type { BranchContent, CodeHost, CommitId } from "../../ports/code-host.ts";
import type { CodeRepository } from "../../proposal/plan.ts";
import type { Instant } from "../../time.ts";
import { createChecks } from "./checks.ts";
import { createClient } from "./client.ts";
import { isWritten, readComments, writeComment } from "./comments.ts";
import { isContained } from "./contained.ts";
import { createHookDeliveries } from "./deliveries.ts";
import { deleteBranch, mergePull } from "./merge.ts";
import { createGraphs } from "./graphs.ts";
import { createHeads } from "./heads.ts";
import { createLook } from "./look.ts";
import { createFreshCommits } from "./fresh-commits.ts";
import { heard, paced } from "./paced.ts";
import { bringTo, readRole } from "./people.ts";
import { propose } from "./propose.ts";
import type { GitHubOptions } from "./options.ts";
import { closePullRequest, findPullRequest, updatePullRequest } from "./pull-requests.ts";
import { readFiles } from "./read-files.ts";
import { listRepositories } from "./repositories.ts";
import { readStanding } from "./standing.ts";
import { setStatuses } from "./statuses.ts";
import { createReadVersion } from "./version.ts";

/**
 * GitHub or a GitHub Enterprise Server as code host, by GraphQL where it saves requests and by REST. Every method may be repeated after any failure.
 *
 * @throws {InvalidInputError} `config-invalid` for a base URL or a token that no request could carry
 */
export function createGitHub(options: GitHubOptions): CodeHost {
  const client = createClient(options);
  const graphs = createGraphs();
  const look = createLook(client, graphs);
  const heads = createHeads(client, graphs);
  const fresh = createFreshCommits();
  const setCheck = createChecks({ client, auth: options.auth, fresh });
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
  const { speaker } = client;
  const deliveries =
    speaker.kind === "app" && options.webhooks === "received"
      ? { deliveries: createHookDeliveries(client, speaker.installations.app) }
      : {};
  const atOnce = async <Result>(repository: CodeRepository, work: () => Promise<Result>): Promise<Result> =>
    heard(options.lane, accountOf(repository), work);
  const madeIn = (repository: CodeRepository) => (commit: CommitId) => fresh.made(repository, commit);
  return {
    ...deliveries,
    time: () => client.time(),
    version: createReadVersion(client),

    repositories: async (signal) => listRepositories(client, signal),

    heads: async (repository, wish, signal) => atOnce(repository, () => heads(repository, wish, signal)),

    newestPull: async (repository, branch, signal) =>
      atOnce(repository, () => findPullRequest(client, { repository, branch }, signal)),

    files: async (repository, commit, wish, signal) =>
      atOnce(repository, () => readFiles(client, { repository, commit, wish, graphs }, signal)),

    updatePullRequest: async (repository, current, content, signal) =>
      atOnce(repository, () => updatePullRequest(client, { repository, current, content }, signal)),

    closePullRequest: async (repository, current, signal) =>
      atOnce(repository, () => closePullRequest(client, { repository, current }, signal)),

    standing: async (repository, commit, signal) =>
      atOnce(repository, () => readStanding(client, { repository, commit }, signal)),

    setStatuses: async (repository, commit, statuses, signal) =>
      atOnce(repository, () => setStatuses({ client, fresh }, { repository, commit, statuses }, signal)),

    look: async (repository, question, signal) =>
      atOnce(repository, () => look(repository, question, signal)),

    propose: async (repository, wish, signal) =>
      inTurn(repository, turnOf(wish), signal, () =>
        propose({ client, graphs, repository, signal, made: madeIn(repository) }, wish),
      ),

    bringTo: async (repository, { number }, attention, signal) =>
      atOnce(repository, () => bringTo(client, { repository, number, attention }, signal)),

    setCheck: async (repository, commit, check, signal) =>
      atOnce(repository, () => setCheck({ repository, commit, check }, signal)),

    comment: async (repository, number, body, signal) =>
      inTurn(repository, { what: `comment ${number} ${body}` }, signal, () =>
        writeComment(client, { repository, number, body }, signal),
      ),

    comments: async (repository, number, since, signal) =>
      atOnce(repository, () => readComments(client, { repository, number, since }, signal)),

    isWritten: async (repository, number, wanted, signal) =>
      atOnce(repository, () => isWritten(client, { repository, number, ...wanted }, signal)),

    roleOf: async (repository, login, signal) =>
      atOnce(repository, () => readRole(client, { repository, login }, signal)),

    isContained: async (repository, commit, within, signal) =>
      atOnce(repository, () => isContained(client, { repository, commit, within }, signal)),

    deleteBranch: async (repository, branch, commit, signal) =>
      atOnce(repository, () => deleteBranch(client, { repository, branch, commit }, signal)),

    merge: async (repository, pull, method, signal) =>
      atOnce(repository, () => mergePull(client, { repository, pull, method }, signal)),
  };
}

/** The turn of a pull request: by its branch, so that asking again is no second wish. */
function turnOf({ branch, dueAt }: BranchContent): { readonly what: string; readonly dueAt?: Instant } {
  return { what: `propose ${branch}`, ...(dueAt === undefined ? {} : { dueAt }) };
}
