import { z } from "zod";
import { parseCommands, tickedControls } from "../proposal/commands.ts";
import { jsonOf } from "../push/json.ts";
import { type ChangedFiles, type EventReading, eventNameOf } from "./event.ts";
import { happened, ignored, isSame, MALFORMED, OWN_BRANCHES, repositorySchema } from "./payload.ts";
import { readCheckRun, readCheckSuite, readReview, readStatus } from "./read-checks.ts";

/**
 * A push tells of so many commits at most; where there are as many, there may be more.
 *
 * @see https://docs.github.com/en/webhooks/webhook-events-and-payloads#push
 */
const COMMITS_MAX = 2_048;
/** GitHub lists so many files of a commit at most, elsewhere as well. */
const FILES_OF_COMMIT_MAX = 3_000;
/** More than this is not gone through: then the whole code repository is looked at. */
const PATHS_MAX = 50_000;

const BRANCH_REFS = "refs/heads/";

const sender = z.object({ login: z.string() });

/** What each kind of webhook makes of its payload. */
const READERS: Readonly<Record<ReturnType<typeof eventNameOf>, (payload: unknown) => EventReading>> = {
  ping: () => ignored("ping"),
  other: () => ignored("other-event"),
  push: readPushed,
  pull_request: readPullRequest,
  issue_comment: readComment,
  installation: () => happened({ kind: "repositories" }),
  installation_repositories: () => happened({ kind: "repositories" }),
  installation_target: () => happened({ kind: "repositories" }),
  repository: readRepository,
  check_suite: readCheckSuite,
  check_run: readCheckRun,
  status: readStatus,
  pull_request_review: readReview,
};

/**
 * Reads a webhook of GitHub. Never throws, and takes time in proportion to the body.
 *
 * @param name of the header `X-GitHub-Event`
 * @see https://docs.github.com/en/webhooks/webhook-events-and-payloads
 */
export function readCodeEvent(name: string, body: Uint8Array): EventReading {
  const payload = jsonOf(body);
  return payload === undefined
    ? { kind: "refused", reason: "not-json" }
    : READERS[eventNameOf(name)](payload);
}

const paths = z.array(z.string().max(10_000)).default([]);
const PUSH = z.object({
  ref: z.string(),
  before: z.string().max(64),
  after: z.string().max(64),
  created: z.boolean().default(false),
  deleted: z.boolean().default(false),
  forced: z.boolean().default(false),
  commits: z.array(z.object({ added: paths, modified: paths, removed: paths })).default([]),
  repository: repositorySchema,
});

function readPushed(payload: unknown): EventReading {
  const { data } = PUSH.safeParse(payload);
  if (data === undefined) return MALFORMED;
  const { ref, deleted } = data;
  const { codeRepository, defaultBranch } = data.repository;
  const branch = ref.slice(BRANCH_REFS.length);
  if (!ref.startsWith(BRANCH_REFS) || branch.startsWith(OWN_BRANCHES)) return ignored("other-branch");
  if (deleted) return happened({ kind: "branch-deleted", codeRepository, branch });
  const isDefault = branch === defaultBranch;
  return happened({ kind: "pushed", codeRepository, branch, isDefault, files: filesOf(data) });
}

/** Commits that a forced push takes away are in no list, nor are those of a branch that was made from another. */
function filesOf({ created, forced, commits }: z.output<typeof PUSH>): ChangedFiles {
  if (created || forced || commits.length === 0 || commits.length >= COMMITS_MAX) return { kind: "unknown" };
  const found = new Set<string>();
  for (const { added, modified, removed } of commits) {
    const count = added.length + modified.length + removed.length;
    if (count >= FILES_OF_COMMIT_MAX) return { kind: "unknown" };
    for (const list of [added, modified, removed]) for (const path of list) found.add(path);
    if (found.size > PATHS_MAX) return { kind: "unknown" };
  }
  return { kind: "listed", paths: [...found] };
}

const PULL_REQUEST = z.object({
  action: z.string(),
  pull_request: z.object({
    body: z.string().nullish(),
    user: sender.nullish(),
    head: z.object({ ref: z.string(), repo: repositorySchema.nullish() }),
  }),
  repository: repositorySchema,
  sender,
});

function readPullRequest(payload: unknown): EventReading {
  const { data } = PULL_REQUEST.safeParse(payload);
  if (data === undefined) return MALFORMED;
  const { action, pull_request: pull } = data;
  const { codeRepository } = data.repository;
  const branch = pull.head.ref;
  const from = pull.head.repo?.codeRepository;
  // A fork may have branches of any name.
  const isOurs = branch.startsWith(OWN_BRANCHES) && from !== undefined && isSame(from, codeRepository);
  if (!isOurs) return ignored("other-branch");

  switch (action) {
    case "closed":
    case "reopened":
      return happened({
        kind: "pull-request",
        codeRepository,
        branch,
        isReopened: action === "reopened",
      });
    case "edited":
    case "synchronize": {
      // We write, GitHub tells: a look would find what we wrote. A ticked box is a person's, whatever account that shares with us.
      const isOwn = data.sender.login === pull.user?.login && tickedControls(pull.body ?? "").length === 0;
      return isOwn
        ? ignored("own")
        : happened({ kind: "pull-request", codeRepository, branch, isReopened: false });
    }
    default:
      return ignored("other-action");
  }
}

const COMMENT = z.object({
  action: z.string(),
  issue: z.object({ number: z.int().positive(), pull_request: z.unknown().optional() }),
  comment: z.object({ body: z.string().nullish() }),
  repository: repositorySchema,
});

function readComment(payload: unknown): EventReading {
  const { data } = COMMENT.safeParse(payload);
  if (data === undefined) return MALFORMED;
  const { action, issue, comment } = data;
  if (action !== "created") return ignored("other-action");
  if (issue.pull_request === undefined || issue.pull_request === null) return ignored("not-known");
  if (parseCommands(comment.body ?? "").length === 0) return ignored("no-command");
  const { codeRepository } = data.repository;
  return happened({ kind: "asked", codeRepository, number: issue.number });
}

const REPOSITORY = z.object({
  action: z.string(),
  changes: z.object({ default_branch: z.unknown().optional() }).nullish(),
  repository: repositorySchema,
});

/** Actions on a code repository after which another one may be read, or this one no more. */
const REPOSITORY_ACTIONS: ReadonlySet<string> = new Set([
  "created",
  "deleted",
  "archived",
  "unarchived",
  "renamed",
  "transferred",
  "publicized",
  "privatized",
]);

function readRepository(payload: unknown): EventReading {
  const { data } = REPOSITORY.safeParse(payload);
  if (data === undefined) return MALFORMED;
  const { action, changes } = data;
  const { codeRepository } = data.repository;
  const isOtherDefault = changes?.default_branch !== undefined && changes.default_branch !== null;
  if (action === "edited" && isOtherDefault) return happened({ kind: "default-branch", codeRepository });
  return REPOSITORY_ACTIONS.has(action) ? happened({ kind: "repositories" }) : ignored("other-action");
}
