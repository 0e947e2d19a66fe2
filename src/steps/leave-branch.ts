import type { Context } from "../context.ts";
import type { ProposalKey, ProposalRecord } from "../ports/store.ts";
import { baseOf } from "../proposal/plan.ts";
import { currentProposal } from "./current-proposal.ts";
import { endOf, endProposal } from "./ended.ts";
import { removeBranch } from "./remove-branch.ts";

/**
 * Ends the open pull request of a base branch that is left, without a look at that branch, which may be gone. The code host may have closed it together with
 * the branch, so nothing is declined by that. True where the base branch is left, and there is nothing more to do.
 *
 * @throws {CodedError} `code-host-*`
 */
export async function leaveBranch(
  key: ProposalKey,
  known: ProposalRecord | undefined,
  context: Context,
  signal: AbortSignal,
): Promise<boolean> {
  if ((await context.store.scan(baseOf(key)))?.isLeft !== true) return false;
  const why = known?.state === "open" ? await endOf(known, context) : undefined;
  if (known === undefined || why === undefined) return true;
  const { codeRepository, branch } = known;
  const pull = await context.codeHost.newestPull(codeRepository, branch, signal);
  if (pull?.number === known.number && pull.state === "merged") {
    await currentProposal({ key, branch, known, pull }, context, signal);
    return true;
  }
  await endProposal({ open: known, pull }, why, context, signal);
  if (pull?.number === known.number && pull.state === "closed") {
    await removeBranch(known, pull.headCommit, context, signal);
  }
  return true;
}
