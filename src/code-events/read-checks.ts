import { z } from "zod";
import { isOwnCheck } from "../proposal/statuses.ts";
import type { CodeEvent, EventReading } from "./event.ts";
import { happened, ignored, MALFORMED, OWN_BRANCHES, repositorySchema } from "./payload.ts";

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
