import type { Context } from "../context.ts";
import type { ProposalKey, ProposalRecord } from "../ports/store.ts";
import { branchOf } from "../proposal/branch.ts";
import type { PinsPlan } from "../proposal/first-pins/plan.ts";
import { POLL, VERIFY } from "../queues.ts";
import { currentProposal, proposalKeyOf } from "./current-proposal.ts";
import { profileNow } from "./distrust.ts";
import { draftOfPins, endOfPins, pinsDraft, pinsPlanFor } from "./first-pins.ts";
import { flagIfFlawed, isLeft } from "./flagged.ts";
import { rulesInForce } from "./rules-in-force.ts";
import { unservedOf } from "./served-plan.ts";
import { isSaid, writeDraft } from "./written-draft.ts";

/**
 * Opens or refreshes the one pull request that adds digests to tags without one, if stored facts say that it should change; closes it when
 * there is nothing left of what it pins.
 */
export async function proposePins(key: ProposalKey, context: Context, signal: AbortSignal): Promise<void> {
  const { store, settings } = context;
  const known = await store.proposal(key);
  if (!(await isDue(key, known, context))) return;
  // Asked before anything is written: what people did since the last look counts.
  const branch = branchOf(key.group, settings.baseBranch);
  const current = await currentProposal(key, branch, context, signal);
  if (current?.state === "open") {
    const why = endOfPins(current, await store.scan(key.codeRepository), settings);
    if (why !== undefined) return end(current, why, context, signal);
  }
  const plan = await pinsPlanFor({ key, current, context });
  if (plan === undefined) return flagIfFlawed(current, context, signal);
  if (isSaid(draftOfPins(plan, settings).content, current)) return;
  const unserved = await unservedOf(plan, context, signal);
  const served = unserved.size === 0 ? plan : await pinsPlanFor({ key, current, context, unserved });
  if (served === undefined) return;
  const draft = draftOfPins(served, settings);
  if (isSaid(draft.content, current)) return;
  if (await areAllTrue(served, context, signal)) await writeDraft(draft, current, context, signal);
}

/** Whether there is something to do or to look at. The code host is not asked about what nothing was or is to be pinned of. */
async function isDue(
  key: ProposalKey,
  known: ProposalRecord | undefined,
  context: Context,
): Promise<boolean> {
  const { store, clock, settings } = context;
  const draft = await pinsDraft({ key, current: known, context });
  if (known?.state !== "open") return draft !== undefined;
  if ((await clock.now()) - known.checkedAt >= settings.proposalsMs) return true;
  if (endOfPins(known, await store.scan(key.codeRepository), settings) !== undefined) return true;
  return draft === undefined ? !(await isLeft(known, store)) : !isSaid(draft.content, known);
}

/**
 * Whether all digests were judged by the rules in force, and their tags stand at exactly them, asked now: between the poll and this moment
 * they may have moved. A digest that its tag has left was asked about when it was first written.
 */
async function areAllTrue({ updates }: PinsPlan, context: Context, signal: AbortSignal): Promise<boolean> {
  const { registry, store, enqueue } = context;
  for (const { line, to, profile, isLeft: hasMovedOn } of updates) {
    const image = { repository: line.repository, digest: to };
    const rules = await rulesInForce(await profileNow(profile, image, store), context);
    const record = await store.verdict(image);
    if (record?.verdict.kind !== "verified" || record.policyHash !== rules.hash) {
      await enqueue(VERIFY, { image });
      return false;
    }
    if (hasMovedOn === true) continue;
    const state = await registry.resolve(line, signal);
    if (state.kind === "found" && state.digest === to) continue;
    await enqueue(POLL, { repository: line.repository });
    return false;
  }
  return true;
}

/** Closes a pull request of first pins that has nothing left to do, and says why. It declines nothing. */
async function end(open: ProposalRecord, why: string, context: Context, signal: AbortSignal): Promise<void> {
  const { store, clock, codeHost, record } = context;
  const { codeRepository, baseBranch, branch, number } = open;
  const { pull } = await codeHost.look(codeRepository, { baseBranch, branch, paths: [] }, signal);
  const at = await clock.now();
  // Kept first: one that is found closed and is not known to be so was closed by a person, who declines its places.
  await store.saveProposal({ ...open, state: "closed", closedAt: at, checkedAt: at });
  if (pull?.number === number && pull.state === "open") {
    await codeHost.comment(codeRepository, number, why, signal);
    await codeHost.closePullRequest(codeRepository, pull, signal);
  }
  await store.unschedule({ kind: "propose", proposal: proposalKeyOf(open) });
  const subject = `${codeRepository.owner}/${codeRepository.name}#${number}`;
  await record({ kind: "superseded", at, subject, message: why, key: `superseded ${subject} ${open.group}` });
}
