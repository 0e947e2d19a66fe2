import type { Context } from "../context.ts";
import type { ProposalLook, PullRequest } from "../ports/code-host.ts";
import type { ProposalRecord } from "../ports/store.ts";
import { isFlagged } from "../proposal/flaw.ts";
import type { Planned } from "./draft.ts";

/**
 * Merges a pull request that says what is to be said, where its policy wants that and everything is in order: the commit is ours, nobody asked for a rest, and the
 * checks of others are there and green, and the tags stand where it says, asked now. The code host decides too, by the rules of the branch. Answers with it as it is once it was merged, else undefined.
 */
export async function mergeIfGreen(
  { draft: { automerge }, isTrue }: Planned,
  { current, look: { pull } }: { readonly current: ProposalRecord | undefined; readonly look: ProposalLook },
  { codeHost, clock, record }: Context,
  signal: AbortSignal,
): Promise<PullRequest | undefined> {
  if (automerge === undefined || current?.state !== "open" || pull?.state !== "open") return undefined;
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
