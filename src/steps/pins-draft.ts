import type { Context } from "../context.ts";
import type { ProposalKey, ProposalRecord } from "../ports/store.ts";
import type { PinsPlan } from "../proposal/first-pins/plan.ts";
import { POLL, VERIFY } from "../queues.ts";
import { profileNow } from "./distrust.ts";
import type { Planned } from "./draft.ts";
import { draftOfPins, pinsPlanFor } from "./first-pins.ts";
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
    isTrue: async (signal) => areAllTrue(plan, context, signal),
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
