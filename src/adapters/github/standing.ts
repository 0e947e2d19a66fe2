import { z } from "zod";
import { CodedError } from "../../errors.ts";
import type { ChecksStanding, CommitId } from "../../ports/code-host.ts";
import type { CodeRepository } from "../../proposal/plan.ts";
import { isOwnCheck } from "../../proposal/statuses.ts";
import type { Client } from "./client.ts";

/** More on one commit than a page has are not looked at: then nobody knows. */
const LISTED_MAX = 100;

/** We may not see check runs; or, as statuses were told, an old server has none. */
const UNSEEN: ReadonlySet<string> = new Set(["code-host-forbidden", "code-host-not-found"]);

const STATUSES = z.object({
  total_count: z.int(),
  statuses: z.array(z.object({ context: z.string(), state: z.string() })),
});
const RUNS = z.object({
  total_count: z.int(),
  check_runs: z.array(z.object({ name: z.string(), status: z.string(), conclusion: z.string().nullable() })),
});

/**
 * What the checks of others say about a commit, statuses and check runs. Two requests.
 *
 * @throws {CodedError} `code-host-*`
 */
export async function readStanding(
  client: Client,
  { repository, commit }: { readonly repository: CodeRepository; readonly commit: CommitId },
  signal: AbortSignal,
): Promise<ChecksStanding> {
  const where = { owner: repository.owner, repo: repository.name, ref: commit, per_page: LISTED_MAX };
  const statuses = await client.call(
    { operation: "get-statuses", repository, signal },
    STATUSES,
    (octokit, request) => octokit.rest.repos.getCombinedStatusForRef({ ...where, request }),
  );
  const runs = await client
    .call({ operation: "list-check-runs", repository, signal }, RUNS, (octokit, request) =>
      octokit.rest.checks.listForRef({ ...where, request }),
    )
    .catch((thrown: unknown) => {
      if (thrown instanceof CodedError && UNSEEN.has(thrown.code)) return undefined;
      throw thrown;
    });
  if (runs === undefined) return "unknown";
  if (statuses.total_count > LISTED_MAX || runs.total_count > LISTED_MAX) return "unknown";
  const standings = [
    ...statuses.statuses.filter(({ context }) => !isOwnCheck(context)).map(({ state }) => ofStatus(state)),
    ...runs.check_runs.filter(({ name }) => !isOwnCheck(name)).map(ofRun),
  ];
  if (standings.length === 0) return "none";
  if (standings.includes("failed")) return "failed";
  return standings.includes("running") ? "running" : "green";
}

type Standing = "green" | "running" | "failed";

function ofStatus(state: string): Standing {
  if (state === "success") return "green";
  return state === "pending" ? "running" : "failed";
}

function ofRun({ status, conclusion }: z.infer<typeof RUNS>["check_runs"][number]): Standing {
  if (status !== "completed") return "running";
  return conclusion === "success" || conclusion === "neutral" || conclusion === "skipped"
    ? "green"
    : "failed";
}
