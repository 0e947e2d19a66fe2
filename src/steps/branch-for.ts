import type { Context } from "../context.ts";
import type { ProposalKey, ProposalRecord } from "../ports/store.ts";
import { branchOf } from "../proposal/branch.ts";
import { baseOf } from "../proposal/plan.ts";

/**
 * The branch of a group's pull request: the one it has, as long as it is known. A new one has the name of its base branch in it, unless that is the default
 * branch; then too, if another branch was the default one before and its pull request has the name.
 */
export async function branchFor(
  key: ProposalKey,
  known: ProposalRecord | undefined,
  { store }: Pick<Context, "store">,
): Promise<string> {
  if (known !== undefined) return known.branch;
  const { codeRepository, baseBranch, group } = key;
  const named = branchOf(group, baseBranch);
  if ((await store.scan(baseOf(key)))?.isNamed === true) return named;
  const plain = branchOf(group);
  for (const { branch } of await store.scansIn(codeRepository)) {
    if (branch === baseBranch) continue;
    const other = await store.proposal({ codeRepository, baseBranch: branch, group });
    if (other?.state === "open" && other.branch === plain) return named;
  }
  return plain;
}
