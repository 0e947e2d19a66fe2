import type { Context } from "../context.ts";
import type { ProposalRecord } from "../ports/store.ts";
import type { Planned } from "./draft.ts";
import { flawsOf } from "./flagged.ts";

/**
 * Whether a pull request is not to be written now because more of its group is about to come: it is due again when that is over, and whatever is assessed
 * sooner brings it back sooner. A warning never waits.
 *
 * @param known the pull request as it is known
 */
export async function waitsForOthers(
  planned: Planned | undefined,
  known: ProposalRecord | undefined,
  { store }: Pick<Context, "store">,
): Promise<boolean> {
  const settlesAt = await planned?.settlesAt?.();
  if (planned === undefined || settlesAt === undefined) return false;
  if (known?.state === "open" && (await flawsOf(known, store)).length > 0) return false;
  await store.schedule({ kind: "propose", proposal: planned.draft.key }, settlesAt, "sooner");
  return true;
}
