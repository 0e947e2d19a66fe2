import type { Context } from "../../context.ts";
import type { ProposalRecord } from "../../ports/store.ts";
import type { Plan } from "../../proposal/plan.ts";
import { policyFor } from "../../vendor/policies.ts";
import { createClockReader, keepNews } from "./clocks.ts";

/** Writes down what the clocks of a plan rest on. */
export async function noteClocks(
  plan: Plan | undefined,
  current: ProposalRecord | undefined,
  { store, clock, settings }: Pick<Context, "store" | "clock" | "settings">,
): Promise<void> {
  if (plan === undefined) return;
  const { codeRepository, baseBranch, profile } = plan;
  const reader = createClockReader(store);
  const now = await clock.now();
  const policy = policyFor(settings.policies, codeRepository, profile);
  for (const { line } of plan.updates) {
    const key = { codeRepository, baseBranch, line };
    await keepNews(await reader.clocksOf({ key, policy, proposal: current, now }), store);
  }
}
