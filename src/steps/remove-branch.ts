import type { Context } from "../context.ts";
import { CodedError } from "../errors.ts";
import type { CommitId } from "../ports/code-host.ts";
import type { ProposalRecord } from "../ports/store.ts";

/**
 * Removes the branch of a pull request that has ended, if it is still at this commit. One that may not be removed stays: rules for branches often forbid
 * that, and what has ended has ended all the same.
 *
 * @throws {CodedError} `code-host-*`, but for a refusal
 */
export async function removeBranch(
  { codeRepository, branch }: Pick<ProposalRecord, "codeRepository" | "branch">,
  commit: CommitId,
  { codeHost, log }: Pick<Context, "codeHost" | "log">,
  signal: AbortSignal,
): Promise<void> {
  try {
    await codeHost.deleteBranch(codeRepository, branch, commit, signal);
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
    const { owner, name } = codeRepository;
    log.warn({ codeRepository: `${owner}/${name}`, branch, code: thrown.code }, "branch not removed");
  }
}

function isRefusal(thrown: unknown): thrown is CodedError {
  return (
    thrown instanceof CodedError &&
    (thrown.code === "code-host-rejected" || thrown.code === "code-host-forbidden")
  );
}
