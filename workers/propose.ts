import type { Context } from "../src/context.ts";
import { renderLine } from "../src/image/reference.ts";
import type { PullRequest } from "../src/ports/code-host.ts";
import type { ProposalKey, ProposalRecord, Store, StoreEvent } from "../src/ports/store.ts";
import { renderBody } from "../src/proposal/body.ts";
import { branchOf } from "../src/proposal/branch.ts";
import { commitMessageOf, isOwnCommit } from "../src/proposal/commit-message.ts";
import { contentHashOf, type ProposalContent } from "../src/proposal/content.ts";
import { isFlagged, isFlaggedFor } from "../src/proposal/flaw.ts";
import { labelsOf } from "../src/proposal/labels.ts";
import { type Plan, targetLineOf, type Update } from "../src/proposal/plan.ts";
import { statusesOf } from "../src/proposal/statuses.ts";
import { planDueOf } from "../src/proposal/summary.ts";
import { titleOf } from "../src/proposal/title.ts";
import { DISCOVER, POLL, PROPOSE, VERIFY } from "../src/queues.ts";
import { worker } from "../src/worker.ts";
import { currentProposal } from "../src/steps/current-proposal.ts";
import { editedFiles, pathsOf } from "../src/steps/edited-files.ts";
import { closeFlagged, flag, flawsOf } from "../src/steps/flagged.ts";
import { keepProposal, type WrittenProposal } from "../src/steps/kept-proposal.ts";
import { askForAttention } from "../src/steps/attention.ts";
import { keepHeld, rulesNow } from "../src/steps/held.ts";
import { planFor } from "../src/steps/plan.ts";
import { profileNow } from "../src/steps/distrust.ts";
import { rulesInForce } from "../src/steps/rules-in-force.ts";
import { isRegrouped, leaveGroup } from "../src/steps/regrouped.ts";
import { groupsIn } from "../src/steps/proposals-about.ts";
import { ruleFor } from "../src/vendor/policies.ts";
import { isWhere } from "../src/watch/wanted.ts";
import { noteClocks } from "../src/steps/clocks/note.ts";
import { servedPlan } from "../src/steps/served-plan.ts";

/** Opens or refreshes the one pull request of a group in a code repository, if stored facts say that it should change. */
export const propose = worker(PROPOSE, async (key, context, signal) => {
  const { store, clock, settings } = context;
  const known = await store.proposal(key);
  if (known === undefined && !(await isGroup(key, context))) return;
  if (known?.state === "open") {
    const plan = await plannedFor(key, known, context);
    const isFresh = (await clock.now()) - known.checkedAt < settings.proposalsMs;
    const isTold = plan === undefined ? await isLeft(known, store) : isSaid(contentOf(plan, settings), known);
    if (isFresh && isTold) return;
  }
  // Asked before anything is written: what people did since the last look counts.
  const branch = branchOf(key.group, settings.baseBranch);
  const current = await currentProposal(key, branch, context, signal);
  if (current !== undefined && isRegrouped(current, context)) return leaveGroup(current, context, signal);
  const plan = await plannedFor(key, current, context);
  if (plan === undefined) return flagIfFlawed(current, context, signal);
  if (isSaid(contentOf(plan, settings), current)) return;
  const served = await servedPlan(plan, current, context, signal);
  if (served === undefined) return;
  const content = contentOf(served, settings);
  if (isSaid(content, current)) return;
  if (!(await isStillTrue(served, current, context, signal))) return;

  const headCommit = await writeBranch(
    { plan: served, branch, message: content.message, current },
    context,
    signal,
  );
  if (headCommit === undefined) return;
  const pull = await writePullRequest({ key, branch, content, current }, context, signal);
  if (pull === undefined) return;
  await context.codeHost.setStatuses(
    key.codeRepository,
    headCommit,
    statusesOf(served).map((status) => ({ ...status, ...linkOf(settings) })),
    signal,
  );
  if (current?.number !== pull.number) await askForAttention(served, pull, context, signal);
  await keepProposal({ plan: served, branch, content, headCommit, pull, current }, context);
});

/** Whether anything in the code repository belongs to a group of this name. */
async function isGroup(
  { codeRepository, group }: ProposalKey,
  { store, settings }: Context,
): Promise<boolean> {
  const scan = await store.scan(codeRepository);
  const { group: grouping } = ruleFor(settings.policies, codeRepository).pulls;
  return scan !== undefined && groupsIn(scan, grouping).has(group);
}

/** Whether there is nothing to say about an open pull request that nothing is to be proposed instead of. */
async function isLeft(open: ProposalRecord, store: Store): Promise<boolean> {
  const flaws = await flawsOf(open, store);
  return flaws.length === 0 || isFlaggedFor(open, flaws);
}

/** What is open and has nothing to follow it stays as it is, with a word of warning where it must not be merged. */
async function flagIfFlawed(
  current: ProposalRecord | undefined,
  context: Context,
  signal: AbortSignal,
): Promise<void> {
  if (current?.state === "closed" && isFlagged(current) && context.settings.closeRevoked) {
    return closeFlagged(current, context, signal);
  }
  if (current?.state !== "open") return;
  const flaws = await flawsOf(current, context.store);
  if (flaws.length > 0) await flag(current, flaws, context, signal);
}

/** The plan, what its clocks rest on written down: they run from the evidence, even where the code host cannot be reached. */
async function plannedFor(
  key: ProposalKey,
  current: ProposalRecord | undefined,
  context: Context,
): Promise<Plan | undefined> {
  const { store, settings } = context;
  const rules = await rulesNow(key.codeRepository, context);
  const { plan, held } = await planFor({ key, profiles: settings.profiles, current, store, rules });
  await keepHeld({ key, held, isOpen: current?.state === "open" }, context);
  await noteClocks(plan, current, context);
  return plan;
}

/** Whether the open pull request was last written with exactly this. */
function isSaid(content: ProposalContent, current: ProposalRecord | undefined): boolean {
  return current?.state === "open" && current.contentHash === contentHashOf(content);
}

function contentOf(plan: Plan, settings: Context["settings"]): ProposalContent {
  return {
    title: titleOf(plan),
    body: renderBody(plan, { version: settings.version, markerKey: settings.markerKey }),
    labels: labelsOf(plan),
    message: commitMessageOf(plan),
  };
}

/**
 * Whether what is new in the plan was judged by the rules in force, and the tags still stand where it says, asked now: between the poll and this moment they may have moved. What an open
 * pull request proposes already was asked about when it was written.
 */
async function isStillTrue(
  plan: Plan,
  current: ProposalRecord | undefined,
  context: Context,
  signal: AbortSignal,
): Promise<boolean> {
  const { registry, store, enqueue } = context;
  const nameOf = (update: Pick<Update, "line" | "toTag" | "to">): string =>
    `${renderLine(targetLineOf(update))} ${update.to}`;
  const proposed = new Set(current?.state === "open" ? current.updates.map(nameOf) : []);
  for (const update of plan.updates) {
    if (proposed.has(nameOf(update))) continue;
    const { to, profile } = update;
    const line = targetLineOf(update);
    const image = { repository: line.repository, digest: to };
    const rules = await rulesInForce(await profileNow(profile, image, store), context);
    if ((await store.verdict(image))?.policyHash !== rules.hash) {
      await enqueue(VERIFY, { image });
      return false;
    }
    const state = await registry.resolve(line, signal);
    if (state.kind === "found") {
      // A platform's manifest is proposed as long as the tag stands on the index that lists it.
      const record = await store.verdict({ repository: line.repository, digest: state.digest });
      if (isWhere(to, { digest: state.digest, shape: record?.shape })) continue;
    }
    await enqueue(POLL, { repository: line.repository });
    return false;
  }
  return true;
}

/** Brings the branch to the plan. Undefined when it may not be touched, or when the files are no longer those that were scanned. */
async function writeBranch(
  {
    plan,
    branch,
    message,
    current,
  }: Pick<WrittenProposal, "plan" | "branch" | "current"> & { readonly message: string },
  context: Context,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { codeHost, enqueue, settings } = context;
  const { codeRepository, baseBranch, group } = plan;
  const head = await codeHost.branchHead(codeRepository, branch, signal);
  if (head !== undefined && !isOwnCommit(head.message, group)) {
    await context.record(await foreignEvent(plan, branch, head.commit, context));
    return undefined;
  }

  const base = await codeHost.branch(codeRepository, baseBranch, signal);
  const paths = pathsOf(plan, settings.edit);
  const read = await codeHost.files(codeRepository, base.commit, (path) => paths.has(path), signal);
  const files = editedFiles(plan, read.files, settings.edit);
  if (files === undefined) {
    await enqueue(DISCOVER, { codeRepository });
    return undefined;
  }
  // What an open pull request shows already is not made anew on every commit to the base branch. Without one the commit may have been
  // merged and reverted, and a new one is needed.
  if (current?.state === "open" && head?.message.trimEnd() === message.trimEnd()) return head.commit;
  const expected =
    head === undefined ? ({ kind: "absent" } as const) : ({ kind: "at", commit: head.commit } as const);
  const { dueAt } = planDueOf(plan).obligation;
  const due = dueAt === undefined ? {} : { dueAt };
  return codeHost.writeBranch(
    codeRepository,
    { branch, parent: base.commit, files, message, expected, ...due },
    signal,
  );
}

/** Brings the pull request to the plan. Undefined when a person ended it a moment ago: the next look takes that in. */
async function writePullRequest(
  {
    key,
    branch,
    content,
    current,
  }: Pick<WrittenProposal, "branch" | "content" | "current"> & { readonly key: ProposalKey },
  { codeHost, settings }: Context,
  signal: AbortSignal,
): Promise<PullRequest | undefined> {
  const { codeRepository, baseBranch } = key;
  const { title, body, labels } = content;
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
  plan: Plan,
  branch: string,
  commit: string,
  { clock }: Context,
): Promise<StoreEvent> {
  const subject = `${plan.codeRepository.owner}/${plan.codeRepository.name} ${branch}`;
  return {
    kind: "branch-foreign",
    at: await clock.now(),
    subject,
    message: "somebody else committed to this branch: it is not touched while that commit is its head",
    key: `branch-foreign ${subject} ${commit}`,
  };
}

function linkOf({ publicUrl }: Context["settings"]): { readonly url?: string } {
  return publicUrl === undefined ? {} : { url: publicUrl };
}
