import type { Context } from "../context.ts";
import type { ProposalLook, PullRequest } from "../ports/code-host.ts";
import type { ProposalRecord, Store } from "../ports/store.ts";
import { isFlagged } from "../proposal/flaw.ts";
import type { Planned } from "./draft.ts";

/**
 * Merges a pull request that says what is to be said, where its policy wants that and everything is in order: the commit is ours, nobody asked for a rest, and the
 * checks of others are there and green, and the tags stand where it says, asked now. The code host decides too, by the rules of the branch. Answers with it as it is once it was merged, else undefined.
 */
export async function mergeIfGreen(
  { draft: { automerge }, isTrue }: Planned,
  { current, look: { pull } }: { readonly current: ProposalRecord | undefined; readonly look: ProposalLook },
  { codeHost, store, clock, record }: Context,
  signal: AbortSignal,
): Promise<PullRequest | undefined> {
  if (current?.state !== "open") return undefined;
  await keepWhetherAwaited(current, automerge, store);
  if (automerge === undefined || pull?.state !== "open") return undefined;
  const isAsKept = pull.number === current.number && pull.headCommit === current.headCommit;
  if (!isAsKept || isFlagged(current) || current.snooze !== undefined) return undefined;
  const { codeRepository } = current;
  if ((await codeHost.standing(codeRepository, pull.headCommit, signal)) !== "green") return undefined;
  if (!(await isTrue(signal))) return undefined;
  if ((await codeHost.merge(codeRepository, pull, automerge, signal)) !== "merged") return undefined;
  const subject = `${codeRepository.owner}/${codeRepository.name}#${pull.number}`;
  await record({
    kind: "automerged",
    at: await clock.now(),
    subject,
    message: "merged as the policy says: verified, of a class in its list, checks green",
    key: `automerged ${subject} ${pull.headCommit}`,
  });
  return { ...pull, state: "merged" };
}

/** The policy may be another one than when it was written. */
async function keepWhetherAwaited(
  { mergesItself, ...record }: ProposalRecord,
  automerge: Planned["draft"]["automerge"],
  store: Pick<Store, "saveProposal">,
): Promise<void> {
  if ((automerge !== undefined) === (mergesItself === true)) return;
  await store.saveProposal({ ...record, ...(automerge === undefined ? {} : { mergesItself: true }) });
}
