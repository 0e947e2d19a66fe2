import type { Context } from "../context.ts";
import type { ProposalLook } from "../ports/code-host.ts";
import type { ProposalRecord } from "../ports/store.ts";
import { isFlagged } from "../proposal/flaw.ts";
import type { Draft } from "./draft.ts";

/**
 * Merges a pull request that says what is to be said, where its policy wants that and everything is in order: the commit is ours, nobody asked for a rest, and the
 * checks of others are there and green. The code host decides too, by the rules of the branch. Answers whether it was merged.
 */
export async function mergeIfGreen(
  { automerge }: Draft,
  { current, look: { pull } }: { readonly current: ProposalRecord | undefined; readonly look: ProposalLook },
  { codeHost, clock, record }: Context,
  signal: AbortSignal,
): Promise<boolean> {
  if (automerge === undefined || current?.state !== "open" || pull?.state !== "open") return false;
  const isAsKept = pull.number === current.number && pull.headCommit === current.headCommit;
  if (!isAsKept || isFlagged(current) || current.snooze !== undefined) return false;
  const { codeRepository } = current;
  if ((await codeHost.standing(codeRepository, pull.headCommit, signal)) !== "green") return false;
  if ((await codeHost.merge(codeRepository, pull, automerge, signal)) !== "merged") return false;
  const subject = `${codeRepository.owner}/${codeRepository.name}#${pull.number}`;
  await record({
    kind: "automerged",
    at: await clock.now(),
    subject,
    message: "merged as the policy says: verified, of a class in its list, checks green",
    key: `automerged ${subject} ${pull.headCommit}`,
  });
  return true;
}
