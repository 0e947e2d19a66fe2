import type { Context } from "../src/context.ts";
import type { ProposalLook, PullRequest } from "../src/ports/code-host.ts";
import type { ProposalKey, ProposalRecord } from "../src/ports/store.ts";
import { CodedError } from "../src/errors.ts";
import { branchFor } from "../src/steps/branch-for.ts";
import { leaveBranch } from "../src/steps/leave-branch.ts";
import { contentHashOf } from "../src/proposal/content.ts";
import { isFlagged, isFlaggedFor } from "../src/proposal/flaw.ts";
import { PINS_GROUP } from "../src/proposal/group.ts";
import { baseOf } from "../src/proposal/plan.ts";
import { DISCOVER, PROPOSE } from "../src/queues.ts";
import { worker } from "../src/worker.ts";
import { currentProposal } from "../src/steps/current-proposal.ts";
import type { GroupPlan, GroupQuestion, Planned } from "../src/steps/draft.ts";
import { closeFlagged, flag, flawsOf } from "../src/steps/flagged.ts";
import { mergeIfGreen } from "../src/steps/automerge.ts";
import { endOf, endProposal } from "../src/steps/ended.ts";
import { openInTurn } from "../src/steps/open-max.ts";
import { plannedPins } from "../src/steps/pins-draft.ts";
import { CLOSED_LOOK_MS } from "../src/steps/held.ts";
import { groupsIn } from "../src/steps/proposals-about.ts";
import { isRegrouped, leaveGroup } from "../src/steps/regrouped.ts";
import { takeOrders } from "../src/steps/orders.ts";
import { isLeftAlone } from "../src/steps/snoozed.ts";
import { plannedUpdates } from "../src/steps/update-draft.ts";
import { waitsForOthers } from "../src/steps/waits-for-others.ts";
import { isInConflict, pathsFor, writeProposal } from "../src/steps/write-proposal.ts";
import { rulesOf } from "../src/watch/rules-of.ts";

/** Opens or refreshes the one pull request of a group in a code repository, if stored facts say that it should change. */
export const propose = worker(PROPOSE, async (key, context, signal) => {
  const { store, enqueue } = context;
  const wish = await store.lookWish(key);
  await bringUpToDate({ key, isWished: wish !== undefined }, context, signal);
  // What was wished for meanwhile may be about something that happened after the look.
  if ((await store.answerLookWish(key, wish)) === "newer") await enqueue(PROPOSE, key);
});

async function bringUpToDate(
  { key, isWished }: { readonly key: ProposalKey; readonly isWished: boolean },
  context: Context,
  signal: AbortSignal,
): Promise<void> {
  const { store, clock, settings } = context;
  const known = await store.proposal(key);
  if (known === undefined && !(await isGroup(key, context))) {
    return store.unschedule({ kind: "propose", proposal: key });
  }
  const first = await plannedFor({ key, current: known }, context);
  if (known !== undefined) await first.note();
  const expected = first.planned;
  if (expected === undefined && !isWished && (await isNothingToPin(key, known, context))) return;
  const isSaidSo = isSaid(expected, known);
  // Somebody did something there since the last look, as a webhook said, or what somebody asked for is not done.
  const isAsked = isWished || (known?.talk?.orders ?? []).length > 0;
  if (known?.state === "open") {
    const isFresh = !isAsked && (await clock.now()) - known.checkedAt < settings.proposalsMs;
    if (isFresh && (expected === undefined ? await isLeft(known, context) : isSaidSo)) return;
  }
  if (!isAsked && !isSaidSo && (await waitsForOthers({ key, planned: expected, known }, context))) return;
  // Asked before anything is written: what people did since the last look counts.
  if (expected === undefined && (await leaveBranch(key, known, context, signal))) return;
  const branch = await branchFor(key, known, context);
  const paths = expected === undefined || isSaidSo ? new Set<string>() : pathsFor(expected.draft, known);
  const look = await lookAt({ key, branch, paths }, context, signal);
  if (look === undefined) return;
  const seen = await currentProposal({ key, branch, known, pull: look.pull }, context, signal);
  if (seen !== undefined && (await isRegrouped(seen, context))) {
    return leaveGroup({ open: seen, pull: look.pull }, context, signal);
  }
  const { current, isRebase, isStale } = await takeOrders({ current: seen, look }, context, signal);
  // What stored facts said before the look holds: who changes one has this done again.
  const last = current === known ? first : await plannedFor({ key, current }, context);
  if (last !== first || known === undefined) await last.note();
  const { planned } = last;
  if (planned === undefined) return flagIfFlawed(current, look.pull, context, signal);
  if (!isRebase && (await isLeftAlone(current, planned.draft, context))) {
    return flagIfFlawed(current, look.pull, context, signal);
  }
  const isWanted = isRebase || isInConflict(look);
  if (isSaid(planned, current) && !isWanted) {
    const merged = await mergeIfGreen(planned, { current, look }, context, signal);
    // Taken in at once: the next job would find that it was looked at a moment ago.
    if (merged !== undefined) {
      await currentProposal({ key, branch, known: current, pull: merged }, context, signal);
    }
    return;
  }
  const write = async (): Promise<void> => {
    const draft = await planned.confirmed(signal);
    if (draft === undefined || (isSaid({ draft }, current) && !isWanted)) return;

    const wanted = pathsFor(draft, current);
    const isWhole = !isStale && [...wanted].every((path) => paths.has(path));
    const whole = isWhole ? look : await lookAt({ key, branch, paths: wanted }, context, signal);
    if (whole === undefined) return;
    await writeProposal(draft, { branch, current, look: whole, isRebase }, context, signal);
  };
  return current?.state === "open" ? write() : openInTurn(planned.draft, context, write);
}

/** What stored facts have proposed of a group, whatever kind of pull request is its. */
function plannedFor(question: GroupQuestion, context: Context): Promise<GroupPlan> {
  return question.key.group === PINS_GROUP
    ? plannedPins(question, context)
    : plannedUpdates(question, context);
}

/**
 * Most code repositories have nothing to pin: the code host is not asked about that, unless somebody is to be obeyed. Whether a
 * pull request that was closed is open again is looked at now and then.
 */
async function isNothingToPin(
  key: ProposalKey,
  known: ProposalRecord | undefined,
  { clock }: Context,
): Promise<boolean> {
  if (key.group !== PINS_GROUP || known?.state === "open") return false;
  if (known?.state !== "closed") return true;
  if (isFlagged(known) || (known.talk?.orders ?? []).length > 0) return false;
  return (await clock.now()) - known.checkedAt < CLOSED_LOOK_MS;
}

/** Undefined where the base branch is not there any more. */
async function lookAt(
  {
    key,
    branch,
    paths,
  }: { readonly key: ProposalKey; readonly branch: string; readonly paths: Iterable<string> },
  { codeHost, enqueue }: Context,
  signal: AbortSignal,
): Promise<ProposalLook | undefined> {
  const { codeRepository, baseBranch } = key;
  try {
    return await codeHost.look(codeRepository, { baseBranch, branch, paths: [...paths] }, signal);
  } catch (thrown) {
    if (!(thrown instanceof CodedError && thrown.code === "code-host-not-found")) throw thrown;
    // Gone is the branch, which ends this, or all of the code repository, which that says.
    await enqueue(DISCOVER, { codeRepository });
    return undefined;
  }
}

/** Whether anything on the branch belongs to a group of this name. */
async function isGroup(key: ProposalKey, { store, settings }: Context): Promise<boolean> {
  if (key.group === PINS_GROUP) return true;
  const scan = await store.scan(baseOf(key));
  const { isEnabled, pulls } = rulesOf(settings.policies, key.codeRepository, scan);
  return isEnabled && scan !== undefined && groupsIn(scan, pulls.group).has(key.group);
}

/** Whether there is nothing to say about an open pull request that nothing is to be proposed instead of. */
async function isLeft(open: ProposalRecord, context: Context): Promise<boolean> {
  if ((await endOf(open, context)) !== undefined) return false;
  const flaws = await flawsOf(open, context.store);
  return flaws.length === 0 || isFlaggedFor(open, flaws);
}

/** What is open and has nothing to follow it stays as it is, with a word of warning where it must not be merged. First pins that are done are closed. */
async function flagIfFlawed(
  current: ProposalRecord | undefined,
  pull: PullRequest | undefined,
  context: Context,
  signal: AbortSignal,
): Promise<void> {
  if (current === undefined) return;
  const open = { open: current, pull };
  if (current.state === "closed" && isFlagged(current) && context.settings.closeRevoked) {
    return closeFlagged(open, context, signal);
  }
  if (current.state !== "open") return;
  const end = await endOf(current, context);
  if (end !== undefined) return endProposal(open, end, context, signal);
  const flaws = await flawsOf(current, context.store);
  if (flaws.length > 0) await flag(open, flaws, context, signal);
}

/** Whether the open pull request was last written with exactly this. Nothing is written out where none is open. */
function isSaid(planned: Pick<Planned, "draft"> | undefined, current: ProposalRecord | undefined): boolean {
  if (planned === undefined || current?.state !== "open") return false;
  return current.contentHash === contentHashOf(planned.draft.content);
}
