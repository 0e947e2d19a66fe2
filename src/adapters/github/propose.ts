import { z } from "zod";
import { CodedError } from "../../errors.ts";
import type { CommitId, ProposalWish, PullRequest, WrittenPull } from "../../ports/code-host.ts";
import type { CodeRepository } from "../../proposal/plan.ts";
import { ANY } from "./answers.ts";
import { findHead } from "./branches.ts";
import type { Client } from "./client.ts";
import { lackingError, missingOf, TO_PROPOSE } from "./grants.ts";
import { askGraph, errorOfFailure, type GraphAnswer } from "./graph.ts";
import type { Graphs } from "./graphs.ts";
import { addLabels } from "./labels.ts";
import { deleteBranch } from "./merge.ts";
import { openPullRequest, updatePullRequest } from "./pull-requests.ts";
import { demandWritable, writeBranch } from "./write-branch.ts";

const oid = z.string().regex(/^[0-9a-f]{40}$/);
const MADE = z.object({ ref: z.object({ name: z.string() }) });
const COMMITTED = z.object({ commit: z.object({ oid }) });
const OPENED = z.object({
  pullRequest: z.object({
    number: z.int().positive(),
    url: z
      .string()
      .max(2_000)
      .regex(/^https?:\/\//),
  }),
});

const OPEN = `mutation Propose($ref: CreateRefInput!, $commit: CreateCommitOnBranchInput!, $pull: CreatePullRequestInput!) {
  ref: createRef(input: $ref) { ref { name } }
  commit: createCommitOnBranch(input: $commit) { commit { oid } }
  pull: createPullRequest(input: $pull) { pullRequest { number url } }
}`;

/** What {@link propose} works with. */
export interface ProposeAccess {
  readonly client: Client;
  readonly graphs: Graphs;
  readonly repository: CodeRepository;
  readonly signal: AbortSignal;
  /** Hears of a commit that was made, so that nobody can have said anything of it. */
  readonly made: (commit: CommitId) => void;
}

/**
 * A new pull request takes one GraphQL document and one request for its labels. What failed in the document is completed by REST, piece by piece;
 * so is what GraphQL cannot do: files that are no ordinary ones, and branches that are there and have to be made anew.
 *
 * @throws {CodedError} `code-host-*`; `code-host-conflict` when the branch is not where it is expected
 */
export async function propose(access: ProposeAccess, wish: ProposalWish): Promise<WrittenPull> {
  const { client, graphs, repository, signal } = access;
  await demandProposable(access, wish);
  const looked = graphs.looked(repository);
  const isNew = wish.expected.kind === "absent" && wish.current?.state !== "open";
  const isOrdinary =
    looked?.commit === wish.parent && wish.files.every(({ path }) => looked.ordinary.includes(path));
  if (!isNew || !isOrdinary || graphs.areAbsent("propose")) return proposeByRest(access, wish, wish.expected);

  const answer = await askGraph(
    { client, graphs, document: "propose" },
    { operation: "propose", repository, signal },
    OPEN,
    variablesOf(repository, looked.id, wish),
  );
  if (answer === undefined) return proposeByRest(access, wish, wish.expected);
  const committed = COMMITTED.safeParse(answer.data["commit"]);
  const opened = OPENED.safeParse(answer.data["pull"]);
  if (!committed.success || !opened.success) return complete(access, wish, answer);
  const commit = committed.data.commit.oid;
  access.made(commit);
  const { number, url } = opened.data.pullRequest;
  await addLabels(client, { repository, number, labels: wish.labels }, signal);
  const { title, body, base } = wish;
  return {
    commit,
    pull: { number, url, state: "open", title, body, baseBranch: base.name, headCommit: commit },
  };
}

/** Refuses what would be refused after half of it was done. */
async function demandProposable(
  { client, repository, signal }: ProposeAccess,
  wish: ProposalWish,
): Promise<void> {
  await demandWritable(client, { repository, content: wish }, signal);
  const lacking = missingOf(TO_PROPOSE, await client.grantsOn(repository, signal));
  if (lacking.length === 0) return;
  // It may have been given since: next time somebody looks again.
  client.logInAnew(repository);
  throw lackingError(`propose to ${repository.owner}/${repository.name}`, lacking);
}

function variablesOf(
  { owner, name }: CodeRepository,
  repositoryId: string,
  { branch, parent, files, message, base, title, body }: ProposalWish,
): Readonly<Record<string, unknown>> {
  const [headline = "", ...rest] = message.split("\n");
  return {
    ref: { repositoryId, name: `refs/heads/${branch}`, oid: parent },
    commit: {
      branch: { repositoryNameWithOwner: `${owner}/${name}`, branchName: branch },
      expectedHeadOid: parent,
      message: { headline, body: rest.join("\n").trim() },
      fileChanges: {
        additions: files.map(({ path, text }) => ({ path, contents: Buffer.from(text).toString("base64") })),
      },
    },
    pull: { repositoryId, baseRefName: base.name, headRefName: branch, title, body },
  };
}

/**
 * The branch may be there, with or without the commit, from a try before this one. Where it stands on its parent, nothing was committed: it is ours to
 * move. Anything else has to be what is wished for already.
 */
async function complete(
  access: ProposeAccess,
  wish: ProposalWish,
  answer: GraphAnswer,
): Promise<WrittenPull> {
  const { client, repository, signal } = access;
  const failed = answer.failures
    .map((failure) =>
      errorOfFailure(
        `could not propose to ${repository.owner}/${repository.name}`,
        failure,
        failure.path?.[0] === "pull" ? "pull_requests=write" : "contents=write",
      ),
    )
    .find(({ code }) => !["code-host-conflict", "code-host-unavailable"].includes(code));
  const head = await findHead(client, { repository, branch: wish.branch }, signal);
  if (head === undefined && failed !== undefined) throw failed;
  const isBare = head?.commit === wish.parent;
  const expected = isBare ? ({ kind: "at", commit: wish.parent } as const) : ({ kind: "absent" } as const);
  try {
    return await proposeByRest(access, wish, expected);
  } catch (thrown) {
    await takeBack(access, wish, answer);
    throw thrown;
  }
}

/**
 * Where only the last part of the document was done, a pull request was opened for a branch that somebody else made a moment before. Where only the first
 * was, a branch is there that says nothing and that nobody would know for ours once the base branch went on.
 */
async function takeBack(
  { client, repository, signal }: ProposeAccess,
  { branch, parent }: ProposalWish,
  { data }: GraphAnswer,
): Promise<void> {
  const isMade = MADE.safeParse(data["ref"]).success;
  if (isMade) await deleteBranch(client, { repository, branch, commit: parent }, signal);
  const opened = OPENED.safeParse(data["pull"]);
  const isOurs = COMMITTED.safeParse(data["commit"]).success;
  if (!opened.success || isOurs) return;
  const { number } = opened.data.pullRequest;
  await client.call({ operation: "update-pull-request", repository, signal }, ANY, (octokit, request) =>
    octokit.rest.pulls.update({
      owner: repository.owner,
      repo: repository.name,
      pull_number: number,
      state: "closed",
      request,
    }),
  );
}

async function proposeByRest(
  { client, repository, signal, made }: ProposeAccess,
  wish: ProposalWish,
  expected: ProposalWish["expected"],
): Promise<WrittenPull> {
  const commit = await writeBranch(client, { repository, content: { ...wish, expected }, made }, signal);
  const pull = await pullByRest(client, repository, wish, signal);
  return { commit, pull: { ...pull, title: wish.title, body: wish.body, headCommit: commit } };
}

async function pullByRest(
  client: Client,
  repository: CodeRepository,
  { current, base, branch, title, body, labels }: ProposalWish,
  signal: AbortSignal,
): Promise<PullRequest> {
  const content = { title, body, labels };
  const found =
    current?.state === "open"
      ? current
      : await openPullRequest(client, { repository, head: branch, base: base.name, content }, signal);
  if (found.state !== "open") {
    throw new CodedError("code-host-conflict", `pull request #${found.number} was closed a moment ago`);
  }
  const isAsWished = found !== current && found.title === title && found.body === body;
  if (!isAsWished) await updatePullRequest(client, { repository, current: found, content }, signal);
  return found;
}
