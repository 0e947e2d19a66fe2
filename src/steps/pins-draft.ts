import type { Context } from "../context.ts";
import type { PinsPlan } from "../proposal/first-pins/plan.ts";
import type { GroupPlan, GroupQuestion } from "./draft.ts";
import { draftOfPins, pinsPlanFor } from "./first-pins.ts";
import { rulesNow } from "./held.ts";
import { unservedOf } from "./served-plan.ts";
import { areStillTrue, type NewDigest } from "./still-true.ts";

/** First pins that are to be proposed now, from stored facts alone. */
export async function plannedPins({ key, current }: GroupQuestion, context: Context): Promise<GroupPlan> {
  const { settings } = context;
  const plan = await pinsPlanFor({ key, current, context });
  if (plan === undefined) return { planned: undefined, note: noteNothing };
  const rules = await rulesNow(key, context);
  const planned = {
    draft: draftOfPins(plan, rules, settings),
    isTrue: async (signal: AbortSignal) => areStillTrue(digestsOf(plan), context, signal),
    async confirmed(signal: AbortSignal) {
      const unserved = await unservedOf(plan, context, signal);
      const served = unserved.size === 0 ? plan : await pinsPlanFor({ key, current, context, unserved });
      if (served === undefined || !(await areStillTrue(digestsOf(served), context, signal))) return undefined;
      return draftOfPins(served, rules, settings);
    },
  };
  return { planned, note: noteNothing };
}

/** No clock runs for a first pin. */
async function noteNothing(): Promise<void> {}

/** Asked about anew each time, with what was written before. An index is pinned, never what it lists. */
function digestsOf({ updates }: PinsPlan): readonly NewDigest[] {
  return updates.map(({ line, to, profile, isLeft }) => ({
    line,
    to,
    profile,
    isExact: true,
    ...(isLeft === true ? { isLeft } : {}),
  }));
}
