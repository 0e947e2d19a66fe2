import type { Context } from "../context.ts";
import type { ProposalLook, SourceFile } from "../ports/code-host.ts";
import type { ProposalRecord } from "../ports/store.ts";
import { isOwnCommit } from "../proposal/commit-message.ts";
import { DISCOVER } from "../queues.ts";
import { askForAttention, ownerPathsFor, ownersAmong } from "./attention.ts";
import type { Draft } from "./draft.ts";
import { keepProposal, type WrittenProposal } from "./kept-proposal.ts";
import { markCommit } from "./marks.ts";
import { isItsTurn } from "./per-hour.ts";
import { sayOnce } from "./said.ts";

/** What a draft is written over. */
export interface WriteFacts {
  readonly branch: string;
  readonly current: ProposalRecord | undefined;
  /** Of this moment. */
  readonly look: ProposalLook;
  /** Somebody wants the branch made anew, whoever committed to it. */
  readonly isRebase?: boolean;
}

/** Files that a look has to bring for a draft. */
export function pathsFor(draft: Draft, current: ProposalRecord | undefined): Set<string> {
  const owners = current?.state === "open" ? [] : ownerPathsFor(draft.pulls);
  return new Set([...draft.paths, ...owners]);
}

/**
 * Brings branch and pull request to a draft, and keeps what was written. Nothing is done where somebody else committed to the branch, where the files are
 * not those that were scanned, and where a person ended the pull request a moment ago: the next look takes that in.
 */
export async function writeProposal(
  draft: Draft,
  facts: WriteFacts,
  context: Context,
  signal: AbortSignal,
): Promise<void> {
  const { codeHost } = context;
  const { key, changes } = draft;
  const { branch, current, look, isRebase = false } = facts;
  if (current?.state === "open" && look.pull?.state !== "open") return;
  if (!isRebase && (await isForeign(draft, look, codeHost, signal))) {
    return tellForeign(draft, facts, context, signal);
  }

  const files = draft.edited(look.files);
  if (files === undefined) return context.enqueue(DISCOVER, { codeRepository: key.codeRepository });

  const parent = look.base.commit;
  const isText = isShown(draft, facts);
  if (!isText && !(await isItsTurn(draft, { parent, current, isRebase }, context))) return;
  const written = await write({ draft, facts, files }, context, signal);
  const { headCommit, pull } = written;
  await markCommit({ repository: key.codeRepository, commit: headCommit }, draft, codeHost, signal);
  if (current?.number !== pull.number) {
    const owners = ownersAmong(look.files, changes);
    const { pulls } = draft;
    await askForAttention({ codeRepository: key.codeRepository, pull, owners, pulls }, context, signal);
  }
  await keepProposal({ draft, branch, current, ...written }, context);
}

/**
 * Whether what is at the head of the branch is not ours. A branch that holds nothing beside the base branch is nobody's: it was made, and got no commit.
 * The code host is asked where the base branch may have gone on since.
 */
async function isForeign(
  { key: { codeRepository, group } }: Draft,
  { head, base }: ProposalLook,
  codeHost: Context["codeHost"],
  signal: AbortSignal,
): Promise<boolean> {
  if (head === undefined || head.commit === base.commit || isOwnCommit(head.message, group)) return false;
  return !(await codeHost.isContained(codeRepository, head.commit, base.commit, signal));
}

interface WriteWish {
  readonly draft: Draft;
  readonly facts: WriteFacts;
  readonly files: readonly SourceFile[];
}

async function write(
  { draft, facts, files }: WriteWish,
  { codeHost }: Context,
  signal: AbortSignal,
): Promise<Pick<WrittenProposal, "headCommit" | "pull">> {
  const { codeRepository } = draft.key;
  const { branch, look } = facts;
  const { base, head, pull } = look;
  const { title, body, labels, message } = draft.content;
  const open = pull?.state === "open" ? pull : undefined;
  if (open !== undefined && isShown(draft, facts)) {
    await codeHost.updatePullRequest(codeRepository, open, { title, body, labels }, signal);
    return { headCommit: open.headCommit, pull: open };
  }
  // Those of the policy are given once: who takes one off means it.
  const own = open === undefined ? draft.pulls.labels : [];
  const expected =
    head === undefined ? ({ kind: "absent" } as const) : ({ kind: "at", commit: head.commit } as const);
  const written = await codeHost.propose(
    codeRepository,
    {
      branch,
      parent: base.commit,
      base,
      files,
      message,
      expected,
      title,
      body,
      labels: [...new Set([...labels, ...own])],
      ...(draft.dueAt === undefined ? {} : { dueAt: draft.dueAt }),
      ...(open === undefined ? {} : { current: open }),
    },
    signal,
  );
  return { headCommit: written.commit, pull: written.pull };
}

/**
 * Whether the branch of an open pull request shows the draft already: it is not made anew on every commit to the base branch, only when it is in conflict
 * with that. Without an open pull request the commit may have been merged and reverted, and a new one is needed.
 */
function isShown({ content }: Draft, { current, look, isRebase = false }: WriteFacts): boolean {
  const { head, base, pull } = look;
  if (current?.state !== "open" || pull?.state !== "open") return false;
  if (head?.message.trimEnd() !== content.message.trimEnd()) return false;
  return isRebase ? head.parents.includes(base.commit) : !isInConflict(look);
}

/** Whether the base branch went on to where the branch cannot be merged. */
export function isInConflict({ base, head, pull }: ProposalLook): boolean {
  return (
    pull?.state === "open" && pull.isMergeable === false && head?.parents.includes(base.commit) === false
  );
}

async function tellForeign(
  { key: { codeRepository } }: Draft,
  { branch, current, look }: WriteFacts,
  context: Context,
  signal: AbortSignal,
): Promise<void> {
  const { clock, record } = context;
  const subject = `${codeRepository.owner}/${codeRepository.name} ${branch}`;
  await record({
    kind: "branch-foreign",
    at: await clock.now(),
    subject,
    message: "somebody else committed to this branch: it is not touched while that commit is its head",
    key: `branch-foreign ${subject} ${look.head?.commit ?? ""}`,
  });
  if (current?.state === "open" && current.number === look.pull?.number) {
    await sayOnce(current, { name: "foreign", text: FOREIGN }, context, signal);
  }
}

const FOREIGN =
  "Somebody else committed to this branch, so I leave it alone: there is something newer to propose than what stands here. Tick “rebase” above, or comment `/hullkeeper rebase`, to have the branch made anew without that commit.";
