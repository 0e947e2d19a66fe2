import { z } from "zod";
import type { CommitId } from "../../ports/code-host.ts";
import type { CodeRepository } from "../../proposal/plan.ts";
import type { Client } from "./client.ts";

const COMPARISON = z.object({ status: z.enum(["ahead", "behind", "diverged", "identical"]) });

/**
 * Whether one commit holds another in its history, or is it. One request.
 *
 * @throws {CodedError} `code-host-*`
 * @see GitHub REST API 2022-11-28, "Compare two commits"
 */
export async function isContained(
  client: Client,
  which: { readonly repository: CodeRepository; readonly commit: CommitId; readonly within: CommitId },
  signal: AbortSignal,
): Promise<boolean> {
  const { repository, commit, within } = which;
  const { status } = await client.call(
    { operation: "compare-commits", repository, signal },
    COMPARISON,
    (octokit, request) =>
      octokit.rest.repos.compareCommitsWithBasehead({
        owner: repository.owner,
        repo: repository.name,
        basehead: `${within}...${commit}`,
        // Only the first page lists files, with all that changed in them, which nobody wants.
        per_page: 1,
        page: 2,
        request,
      }),
  );
  return status === "behind" || status === "identical";
}
