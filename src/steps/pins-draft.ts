import type { Context } from "../context.ts";
import type { ProposalKey, ProposalRecord } from "../ports/store.ts";
import type { PinsPlan } from "../proposal/first-pins/plan.ts";
import { PINS_GROUP } from "../proposal/group.ts";
import { POLL, VERIFY } from "../queues.ts";
import { type OpenProposal, proposalKeyOf } from "./current-proposal.ts";
import { profileNow } from "./distrust.ts";
import type { Planned } from "./draft.ts";
import { draftOfPins, endOfPins, pinsPlanFor } from "./first-pins.ts";
import { rulesNow } from "./held.ts";
import { rulesInForce } from "./rules-in-force.ts";
import { unservedOf } from "./served-plan.ts";

/** First pins that are to be proposed now, from stored facts alone; undefined when there are none. */
export async function plannedPins(
  { key, current }: { readonly key: ProposalKey; readonly current: ProposalRecord | undefined },
  context: Context,
): Promise<Planned | undefined> {
  const { settings } = context;
  const plan = await pinsPlanFor({ key, current, context });
  if (plan === undefined) return undefined;
  const rules = await rulesNow(key.codeRepository, context);
  return {
    draft: draftOfPins(plan, rules, settings),
    async confirmed(signal) {
      const unserved = await unservedOf(plan, context, signal);
      const served = unserved.size === 0 ? plan : await pinsPlanFor({ key, current, context, unserved });
      if (served === undefined || !(await areAllTrue(served, context, signal))) return undefined;
      return draftOfPins(served, rules, settings);
    },
  };
}

/**
 * Whether all digests were judged by the rules in force, and their tags stand at exactly them, asked now: between the poll and this moment
 * they may have moved, and no platform's manifest is pinned. A digest that its tag has left was asked about when it was first written.
 */
async function areAllTrue({ updates }: PinsPlan, context: Context, signal: AbortSignal): Promise<boolean> {
  const { registry, store, enqueue } = context;
  for (const { line, to, profile, isLeft } of updates) {
    const image = { repository: line.repository, digest: to };
    const rules = await rulesInForce(await profileNow(profile, image, store), context);
    const record = await store.verdict(image);
    if (record?.verdict.kind !== "verified" || record.policyHash !== rules.hash) {
      await enqueue(VERIFY, { image });
      return false;
    }
    if (isLeft === true) continue;
    const state = await registry.resolve(line, signal);
    if (state.kind === "found" && state.digest === to) continue;
    await enqueue(POLL, { repository: line.repository });
    return false;
  }
  return true;
}

/** Why a pull request of first pins has nothing left to do, in a sentence; undefined for all others. */
export async function endOf(
  proposal: ProposalRecord,
  { store, settings }: Pick<Context, "store" | "settings">,
): Promise<string | undefined> {
  if (proposal.group !== PINS_GROUP) return undefined;
  return endOfPins(proposal, await store.scan(proposal.codeRepository), settings);
}

/** Closes a pull request that has nothing left to do, and says why. It declines nothing. */
export async function endProposal(
  { open, pull }: OpenProposal,
  why: string,
  { store, clock, codeHost, record }: Context,
  signal: AbortSignal,
): Promise<void> {
  const { codeRepository, number } = open;
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
