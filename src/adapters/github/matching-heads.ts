import { z } from "zod";
import type { Branch } from "../../ports/code-host.ts";
import type { CodeRepository } from "../../proposal/plan.ts";
import { REF } from "./answers.ts";
import type { Client } from "./client.ts";

const BRANCH_REFS = "refs/heads/";
const REFS = z.array(REF);

/**
 * Branches whose names begin with this, in one request.
 *
 * @throws {CodedError} `code-host-*`
 * @see GitHub REST API 2022-11-28, "List matching references"
 */
export async function readMatchingHeads(
  client: Client,
  {
    repository,
    prefix,
    max,
  }: { readonly repository: CodeRepository; readonly prefix: string; readonly max: number },
  signal: AbortSignal,
): Promise<{ readonly branches: readonly Branch[]; readonly isPartial: boolean }> {
  const refs = await client.callKept(
    { operation: "list-heads", repository, signal, what: `branches ${prefix}` },
    REFS,
    (octokit, how) =>
      octokit.rest.git.listMatchingRefs({
        owner: repository.owner,
        repo: repository.name,
        ref: `heads/${prefix}`,
        ...how,
      }),
  );
  const branches = refs.flatMap(({ ref, object: { sha } }) =>
    ref.startsWith(BRANCH_REFS) ? [{ name: ref.slice(BRANCH_REFS.length), commit: sha }] : [],
  );
  return { branches: branches.slice(0, max), isPartial: branches.length > max };
}
