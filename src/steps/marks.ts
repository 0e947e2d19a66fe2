import type { CheckRun, CodeHost, CommitId, CommitStatus } from "../ports/code-host.ts";
import type { CodeRepository } from "../proposal/plan.ts";

/** What is said about a commit. */
export interface Marks {
  /** As a check where the code host has checks for us. */
  readonly check: CheckRun;
  /** The same as a status, where it has none. */
  readonly verification: CommitStatus;
  readonly statuses: readonly CommitStatus[];
}

/** Says it. Nothing is said twice: a check that others require must not be there in two forms that contradict each other. */
export async function markCommit(
  { repository, commit }: { readonly repository: CodeRepository; readonly commit: CommitId },
  { check, verification, statuses }: Marks,
  codeHost: CodeHost,
  signal: AbortSignal,
): Promise<void> {
  const answer = await codeHost.setCheck(repository, commit, check, signal);
  const all = answer === "set" ? statuses : [verification, ...statuses];
  if (all.length > 0) await codeHost.setStatuses(repository, commit, all, signal);
}
