import { z } from "zod";
import { CodedError } from "../../errors.ts";
import type { CheckRun, CommitId } from "../../ports/code-host.ts";
import type { CodeRepository } from "../../proposal/plan.ts";
import { HOUR_MS } from "../../time.ts";
import { ANY } from "./answers.ts";
import type { Client } from "./client.ts";
import type { FreshCommits } from "./fresh-commits.ts";
import type { GitHubAuth } from "./options.ts";

const RUNS = z.object({
  check_runs: z.array(
    z.object({
      id: z.int(),
      name: z.string(),
      conclusion: z.string().nullable(),
      details_url: z.string().nullish(),
      output: z.object({ title: z.string().nullish(), summary: z.string().nullish() }).nullish(),
      app: z.object({ id: z.int(), client_id: z.string().optional() }).nullish(),
    }),
  ),
});
const ANNOTATIONS_MAX = 50;
const SUMMARY_LENGTH_MAX = 60_000;
const TITLE_LENGTH_MAX = 140;
const MESSAGE_LENGTH_MAX = 4_000;
/** Of one name, newest first: those of other Apps are among them. */
const RUNS_LISTED = 30;

/** What {@link Checks} sets. */
export interface CheckWish {
  readonly repository: CodeRepository;
  readonly commit: CommitId;
  readonly check: CheckRun;
}

/** Sets checks of commits. Only Apps may; of a refusal it is remembered for an hour that we may not, by owner. */
export type Checks = (wish: CheckWish, signal: AbortSignal) => Promise<"set" | "unsupported">;

/** What {@link createChecks} works with. */
export interface CheckAccess {
  readonly client: Client;
  readonly auth: GitHubAuth;
  readonly fresh: FreshCommits;
  /** Of a clock that only goes forward, in tests. */
  readonly nowMs?: () => number;
}

/** Owners that refused and are remembered. */
const REFUSED_MAX = 1_000;

/**
 * Only Apps write checks; the token of an installation speaks for one.
 *
 * @see GitHub REST API 2022-11-28, "Check runs"
 */
function isPersonalToken(auth: GitHubAuth): boolean {
  return auth.kind === "token" && !auth.token.reveal().startsWith("ghs_");
}

/** @see Checks */
export function createChecks(access: CheckAccess): Checks {
  const { nowMs = () => performance.now() } = access;
  const refused = new Map<string, number>();
  const isPersonal = isPersonalToken(access.auth);
  return async (wish, signal) => {
    if (isPersonal) return "unsupported";
    const owner = wish.repository.owner.toLowerCase();
    if (nowMs() < (refused.get(owner) ?? 0)) return "unsupported";
    // Who cannot log in was not told anything of checks.
    await access.client.grantsOn(wish.repository, signal);
    try {
      await setCheck(access, wish, signal);
      return "set";
    } catch (thrown) {
      if (!(thrown instanceof CodedError)) throw thrown;
      // An old server has no such address; a repository that cannot be seen says the same, but not for an hour.
      if (thrown.code === "code-host-not-found") return "unsupported";
      if (thrown.code !== "code-host-forbidden") throw thrown;
      if (refused.size >= REFUSED_MAX) refused.clear();
      refused.set(owner, nowMs() + HOUR_MS);
      return "unsupported";
    }
  };
}

/**
 * One request to see whether a check of that name is there, one to set it; none where it says the same already. A commit that we made a
 * moment ago has none.
 */
async function setCheck(access: CheckAccess, wish: CheckWish, signal: AbortSignal): Promise<void> {
  const { client, fresh } = access;
  const { repository, commit, check } = wish;
  const where = { owner: repository.owner, repo: repository.name };
  const isFirst = fresh.isFirst(repository, commit, `check ${check.name}`);
  const run = isFirst ? undefined : await findRun(access, wish, signal);
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
    run.output.summary === facts.output.summary &&
    // Without one GitHub leads to the App's own pages.
    (check.url === undefined || run.details_url === check.url);
  if (isSaid) return;
  // GitHub adds annotations to those that are there: who changes a check sends them once.
  const { annotations: _sent, ...output } = facts.output;
  await client.call({ operation: "update-check-run", repository, signal }, ANY, (octokit, request) =>
    octokit.rest.checks.update({ ...where, check_run_id: run.id, ...facts, output, request }),
  );
}

/** Ours: those of other Apps may have the same name, and only they may change them. */
async function findRun(
  { client, auth }: CheckAccess,
  { repository, commit, check }: CheckWish,
  signal: AbortSignal,
): Promise<z.infer<typeof RUNS>["check_runs"][number] | undefined> {
  const { check_runs: runs } = await client.call(
    { operation: "list-check-runs", repository, signal },
    RUNS,
    (octokit, request) =>
      octokit.rest.checks.listForRef({
        owner: repository.owner,
        repo: repository.name,
        ref: commit,
        check_name: check.name,
        per_page: RUNS_LISTED,
        request,
      }),
  );
  const isOurs = (
    app: { readonly id: number; readonly client_id?: string | undefined } | undefined,
  ): boolean =>
    auth.kind === "token" || app === undefined || String(app.id) === auth.id || app.client_id === auth.id;
  return runs.find(({ name, app }) => name === check.name && isOurs(app ?? undefined));
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
        message: message.slice(0, MESSAGE_LENGTH_MAX),
      })),
    },
  };
}
