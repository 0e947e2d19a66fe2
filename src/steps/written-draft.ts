import type { Context } from "../context.ts";
import type { PullRequest } from "../ports/code-host.ts";
import type { ProposalRecord, StoreEvent } from "../ports/store.ts";
import { branchOf } from "../proposal/branch.ts";
import { isOwnCommit } from "../proposal/commit-message.ts";
import { contentHashOf, type ProposalContent } from "../proposal/content.ts";
import { DISCOVER } from "../queues.ts";
import { ruleFor } from "../vendor/policies.ts";
import { askForAttention } from "./attention.ts";
import type { Draft } from "./draft.ts";
import { keepProposal } from "./kept-proposal.ts";

/** Whether the open pull request was last written with exactly this. */
export function isSaid(content: ProposalContent, current: ProposalRecord | undefined): boolean {
  return current?.state === "open" && current.contentHash === contentHashOf(content);
}

/**
 * Brings branch, pull request and statuses to a draft, and keeps what was written. Nothing is written to a branch that somebody else committed
 * to; where the files are no longer those that were scanned, they are scanned again.
 *
 * @param current the pull request as it was found a moment ago
 */
export async function writeDraft(
  draft: Draft,
  current: ProposalRecord | undefined,
  context: Context,
  signal: AbortSignal,
): Promise<void> {
  const { codeHost, settings } = context;
  const { codeRepository } = draft.key;
  const branch = branchOf(draft.key.group, settings.baseBranch);
  const written = await writeBranch({ draft, branch, current }, context, signal);
  if (written === undefined) return;
  const { headCommit, changed } = written;
  const pull = await writePullRequest({ draft, branch, current }, context, signal);
  if (pull === undefined) return;
  await codeHost.setStatuses(codeRepository, headCommit, draft.statuses, signal);
  if (current?.number !== pull.number)
    await askForAttention({ ...draft.key, changed }, pull, context, signal);
  await keepProposal({ draft, branch, headCommit, pull, current }, context);
}

interface Writing {
  readonly draft: Draft;
  readonly branch: string;
  readonly current: ProposalRecord | undefined;
}

/** Brings the branch to the draft. Undefined when it may not be touched, or when the files are no longer those that were scanned. */
async function writeBranch(
  { draft, branch, current }: Writing,
  context: Context,
  signal: AbortSignal,
): Promise<{ readonly headCommit: string; readonly changed: readonly string[] } | undefined> {
  const { codeHost, enqueue } = context;
  const { key, paths, content, dueAt } = draft;
  const { codeRepository, baseBranch, group } = key;
  const head = await codeHost.branchHead(codeRepository, branch, signal);
  if (head !== undefined && !isOwnCommit(head.message, group)) {
    await context.record(await foreignEvent(draft, branch, head.commit, context));
    return undefined;
  }

  const base = await codeHost.branch(codeRepository, baseBranch, signal);
  const read = await codeHost.files(codeRepository, base.commit, (path) => paths.has(path), signal);
  const files = draft.edited(read.files);
  if (files === undefined) {
    await enqueue(DISCOVER, { codeRepository });
    return undefined;
  }
  const changed = files.map(({ path }) => path);
  const { message } = content;
  // What an open pull request shows already is not made anew on every commit to the base branch. Without one the commit may have been
  // merged and reverted, and a new one is needed.
  if (current?.state === "open" && head?.message.trimEnd() === message.trimEnd()) {
    return { headCommit: head.commit, changed };
  }
  const expected =
    head === undefined ? ({ kind: "absent" } as const) : ({ kind: "at", commit: head.commit } as const);
  const due = dueAt === undefined ? {} : { dueAt };
  const headCommit = await codeHost.writeBranch(
    codeRepository,
    { branch, parent: base.commit, files, message, expected, ...due },
    signal,
  );
  return { headCommit, changed };
}

/** Brings the pull request to the draft. Undefined when a person ended it a moment ago: the next look takes that in. */
async function writePullRequest(
  { draft, branch, current }: Writing,
  { codeHost, settings }: Context,
  signal: AbortSignal,
): Promise<PullRequest | undefined> {
  const { codeRepository, baseBranch } = draft.key;
  const { title, body, labels } = draft.content;
  const isKnown = current?.state === "open";
  // Those of the policy are given once: who takes one off means it.
  const opening = [...new Set([...labels, ...ruleFor(settings.policies, codeRepository).pulls.labels])];
  const branches = { head: branch, base: baseBranch };
  const pull = isKnown
    ? await codeHost.findPullRequest(codeRepository, branch, signal)
    : await codeHost.openPullRequest(codeRepository, branches, { title, body, labels: opening }, signal);
  if (pull?.state !== "open") return undefined;
  await codeHost.updatePullRequest(codeRepository, pull, { title, body, labels }, signal);
  return pull;
}

async function foreignEvent(
  { key: { codeRepository } }: Draft,
  branch: string,
  commit: string,
  { clock }: Context,
): Promise<StoreEvent> {
  const subject = `${codeRepository.owner}/${codeRepository.name} ${branch}`;
  return {
    kind: "branch-foreign",
    at: await clock.now(),
    subject,
    message: "somebody else committed to this branch: it is not touched while that commit is its head",
    key: `branch-foreign ${subject} ${commit}`,
  };
}
