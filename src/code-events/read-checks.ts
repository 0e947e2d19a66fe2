import { z } from "zod";
import { isOwnCheck } from "../proposal/statuses.ts";
import type { CodeEvent, EventReading } from "./event.ts";
import { happened, ignored, isSame, MALFORMED, OWN_BRANCHES, repositorySchema } from "./payload.ts";

/** What does not keep a pull request from being merged. */
const GREEN: ReadonlySet<string> = new Set(["success", "neutral", "skipped"]);
/** GitHub names ten at most. */
const BRANCHES_MAX = 10;

const branchName = z.string().max(1_000);
const app = z.object({ id: z.int().nullish(), client_id: z.string().max(100).nullish() }).nullish();
const conclusion = z.string().nullish();

const SUITE = z.object({
  action: z.string(),
  check_suite: z.object({ head_branch: branchName.nullish(), conclusion, app }),
  repository: repositorySchema,
});
const RUN = z.object({
  action: z.string(),
  check_run: z.object({
    name: z.string(),
    conclusion,
    app,
    check_suite: z.object({ head_branch: branchName.nullish() }).nullish(),
  }),
  repository: repositorySchema,
});
const STATUS = z.object({
  context: z.string(),
  state: z.string(),
  branches: z.array(z.object({ name: branchName })).max(BRANCHES_MAX),
  repository: repositorySchema,
});

const REVIEW = z.object({
  action: z.string(),
  review: z.object({ state: z.string() }),
  pull_request: z.object({ head: z.object({ ref: branchName, repo: repositorySchema.nullish() }) }),
  repository: repositorySchema,
});

/** All checks of an App on a commit are done. */
export function readCheckSuite(payload: unknown): EventReading {
  const { data } = SUITE.safeParse(payload);
  if (data === undefined) return MALFORMED;
  const { action, check_suite: suite, repository } = data;
  if (action !== "completed") return ignored("other-action");
  return checked(repository, {
    branches: [suite.head_branch ?? ""],
    state: suite.conclusion ?? "",
    apps: namesOf(suite.app),
  });
}

/** A check of an App on a commit is done. */
export function readCheckRun(payload: unknown): EventReading {
  const { data } = RUN.safeParse(payload);
  if (data === undefined) return MALFORMED;
  const { action, check_run: run, repository } = data;
  if (action !== "completed") return ignored("other-action");
  if (isOwnCheck(run.name)) return ignored("own");
  return checked(repository, {
    branches: [run.check_suite?.head_branch ?? ""],
    state: run.conclusion ?? "",
    apps: namesOf(run.app),
  });
}

/** Somebody said something about a commit. */
export function readStatus(payload: unknown): EventReading {
  const { data } = STATUS.safeParse(payload);
  if (data === undefined) return MALFORMED;
  const { context, state, branches, repository } = data;
  if (isOwnCheck(context)) return ignored("own");
  return checked(repository, { branches: branches.map(({ name }) => name), state, apps: [] });
}

/** Somebody approved of a pull request, or an objection to it was put aside. */
export function readReview(payload: unknown): EventReading {
  const { data } = REVIEW.safeParse(payload);
  if (data === undefined) return MALFORMED;
  const { action, review, pull_request: pull, repository } = data;
  if (action !== "submitted" && action !== "dismissed") return ignored("other-action");
  const from = pull.head.repo?.codeRepository;
  // A fork may have branches of any name.
  if (from === undefined || !isSame(from, repository.codeRepository)) return ignored("other-branch");
  const isGood = action === "dismissed" || review.state.toLowerCase() === "approved";
  return checked(repository, { branches: [pull.head.ref], state: isGood ? "success" : "", apps: [] });
}

/** What is no branch of ours, or keeps a pull request from being merged, is passed over before anything is looked up: most checks are. */
function checked(
  { codeRepository }: z.output<typeof repositorySchema>,
  {
    branches,
    state,
    apps,
  }: Pick<Extract<CodeEvent, { kind: "checked" }>, "branches" | "apps"> & { readonly state: string },
): EventReading {
  const ours = branches.filter((branch) => branch.startsWith(OWN_BRANCHES));
  if (ours.length === 0) return ignored("other-branch");
  if (!GREEN.has(state)) return ignored("not-green");
  return happened({ kind: "checked", codeRepository, branches: ours, apps });
}

function namesOf(found: z.output<typeof app>): readonly string[] {
  const { id, client_id: clientId } = found ?? {};
  return [
    ...(id === undefined || id === null ? [] : [String(id)]),
    ...(clientId === undefined || clientId === null ? [] : [clientId]),
  ];
}
