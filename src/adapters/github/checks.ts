import { z } from "zod";
import { CodedError } from "../../errors.ts";
import type { CheckRun, CommitId } from "../../ports/code-host.ts";
import type { CodeRepository } from "../../proposal/plan.ts";
import { HOUR_MS } from "../../time.ts";
import { ANY } from "./answers.ts";
import type { Client } from "./client.ts";

const RUNS = z.object({
  check_runs: z.array(
    z.object({
      id: z.int(),
      name: z.string(),
      conclusion: z.string().nullable(),
      output: z.object({ title: z.string().nullish(), summary: z.string().nullish() }).nullish(),
    }),
  ),
});
const ANNOTATIONS_MAX = 50;
const SUMMARY_LENGTH_MAX = 60_000;
const TITLE_LENGTH_MAX = 140;

/** What {@link Checks} sets. */
export interface CheckWish {
  readonly repository: CodeRepository;
  readonly commit: CommitId;
  readonly check: CheckRun;
}

/** Sets checks of commits. Only Apps may; of a refusal it is remembered for an hour that we may not, by owner. */
export type Checks = (wish: CheckWish, signal: AbortSignal) => Promise<"set" | "unsupported">;

/** Owners that refused and are remembered. */
const REFUSED_MAX = 1_000;

/** @see Checks */
export function createChecks(client: Client, nowMs: () => number = () => performance.now()): Checks {
  const refused = new Map<string, number>();
  return async (wish, signal) => {
    const owner = wish.repository.owner.toLowerCase();
    if (nowMs() < (refused.get(owner) ?? 0)) return "unsupported";
    try {
      await setCheck(client, wish, signal);
      return "set";
    } catch (thrown) {
      if (!(thrown instanceof CodedError && thrown.code === "code-host-forbidden")) throw thrown;
      if (refused.size >= REFUSED_MAX) refused.clear();
      refused.set(owner, nowMs() + HOUR_MS);
      return "unsupported";
    }
  };
}

/** One request to see whether a check of that name is there, one to set it; none where it says the same already. */
async function setCheck(client: Client, wish: CheckWish, signal: AbortSignal): Promise<void> {
  const { repository, commit, check } = wish;
  const where = { owner: repository.owner, repo: repository.name };
  const { check_runs: runs } = await client.call(
    { operation: "list-check-runs", repository, signal },
    RUNS,
    (octokit, request) =>
      octokit.rest.checks.listForRef({ ...where, ref: commit, check_name: check.name, request }),
  );
  const run = runs.find(({ name }) => name === check.name);
  const facts = factsOf(check);
  if (run === undefined) {
    await client.call({ operation: "create-check-run", repository, signal }, ANY, (octokit, request) =>
      octokit.rest.checks.create({ ...where, name: check.name, head_sha: commit, ...facts, request }),
    );
    return;
  }
  const isSaid =
    run.conclusion === check.conclusion &&
    run.output?.title === facts.output.title &&
    run.output.summary === facts.output.summary;
  if (isSaid) return;
  // GitHub adds annotations to those that are there: who changes a check sends them once.
  const { annotations: _sent, ...output } = facts.output;
  await client.call({ operation: "update-check-run", repository, signal }, ANY, (octokit, request) =>
    octokit.rest.checks.update({ ...where, check_run_id: run.id, ...facts, output, request }),
  );
}

function factsOf({ conclusion, title, summary, annotations, url }: CheckRun) {
  return {
    status: "completed" as const,
    conclusion,
    ...(url === undefined ? {} : { details_url: url }),
    output: {
      title: title.slice(0, TITLE_LENGTH_MAX),
      summary: summary.slice(0, SUMMARY_LENGTH_MAX),
      annotations: annotations.slice(0, ANNOTATIONS_MAX).map(({ path, line, level, message }) => ({
        path,
        start_line: line,
        end_line: line,
        annotation_level: level,
        message,
      })),
    },
  };
}
