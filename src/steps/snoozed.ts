import type { Context } from "../context.ts";
import type { ProposalRecord } from "../ports/store.ts";
import { isFlagged } from "../proposal/flaw.ts";
import { isSnoozed } from "../proposal/orders.ts";
import type { Draft } from "./draft.ts";
import { flawsOf } from "./flagged.ts";

/**
 * Whether nothing is to be written to a pull request but a warning, because somebody wants it left alone. Not where the draft fixes a grave
 * vulnerability that was not known then, and not where a warning has to go.
 */
export async function isLeftAlone(
  current: ProposalRecord | undefined,
  { graveFixes = [] }: Draft,
  { store, clock }: Pick<Context, "store" | "clock">,
): Promise<boolean> {
  if (current?.state !== "open" || current.snooze === undefined) return false;
  if (!isSnoozed(current, await clock.now())) return false;
  const flaws = await flawsOf(current, store);
  if (flaws.length > 0) return true;
  const known = new Set(current.snooze.known);
  return !isFlagged(current) && graveFixes.every((id) => known.has(id));
}
