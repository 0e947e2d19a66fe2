import type { Context } from "../../context.ts";
import type { ProposalRecord } from "../../ports/store.ts";
import { baseOf, type Plan } from "../../proposal/plan.ts";
import { policyFor } from "../../vendor/policies.ts";
import { rulesOf } from "../../watch/rules-of.ts";
import { proposalsAbout } from "../proposals-about.ts";
import { createClockReader, keepNews } from "./clocks.ts";

/** Writes down what the clocks of a plan rest on. */
export async function noteClocks(
  plan: Plan | undefined,
  current: ProposalRecord | undefined,
  { store, clock, settings }: Pick<Context, "store" | "clock" | "settings">,
): Promise<void> {
  if (plan === undefined) return;
  const { codeRepository, baseBranch } = plan;
  const reader = createClockReader(store);
  const now = await clock.now();
  const scan = await store.scan(baseOf(plan));
  const grouping = rulesOf(settings.policies, codeRepository, scan).pulls.group;
  for (const { line, profile } of plan.updates) {
    const key = { codeRepository, baseBranch, line };
    const policy = policyFor(settings.policies, codeRepository, profile);
    const proposals = await proposalsAbout(line, { scan, grouping, known: current, store });
    await keepNews(await reader.clocksOf({ key, policy, proposals, now }), store);
  }
}
