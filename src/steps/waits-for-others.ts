import type { Context } from "../context.ts";
import type { ProposalKey, ProposalRecord } from "../ports/store.ts";
import { later, MINUTE_MS } from "../time.ts";
import type { Planned } from "./draft.ts";
import { flawsOf } from "./flagged.ts";
import { SETTLE_MS } from "./planning/settling.ts";

/** What is about to be written. */
interface Writing {
  readonly key: ProposalKey;
  readonly planned: Planned | undefined;
  /** The pull request as it is known. */
  readonly known: ProposalRecord | undefined;
}

/**
 * Whether a pull request is not to be written now because more of its group is about to come: it is due again when that is over, and whatever is assessed
 * sooner brings it back sooner. A warning never waits.
 */
export async function waitsForOthers(
  { key, planned, known }: Writing,
  { store }: Pick<Context, "store">,
): Promise<boolean> {
  const settlesAt = await planned?.settlesAt?.();
  if (settlesAt === undefined) return false;
  if (known?.state === "open" && (await flawsOf(known, store)).length > 0) return false;
  await store.schedule({ kind: "propose", proposal: key }, settlesAt, "sooner");
  return true;
}

const CLAIMED_AT_ONCE = 500;
/** For how long work that was taken is not due again. */
const LEASE_MS = MINUTE_MS;

/**
 * Takes all pull requests that wait like this, for a pass that waits for nothing itself. Whatever else is due as soon is put off for a moment: a pass asks about
 * everything anyway.
 */
export async function waitingProposals({
  store,
  clock,
}: Pick<Context, "store" | "clock">): Promise<readonly ProposalKey[]> {
  const until = later(await clock.now(), SETTLE_MS);
  const waiting: ProposalKey[] = [];
  for (;;) {
    const due = await store.claimDue(until, LEASE_MS, CLAIMED_AT_ONCE);
    waiting.push(...due.flatMap((work) => (work.kind === "propose" ? [work.proposal] : [])));
    if (due.length < CLAIMED_AT_ONCE) return waiting;
  }
}
