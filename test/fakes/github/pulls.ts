import { demandWritable } from "./access.ts";
import { invalid, Refused } from "./world.ts";
import type { Deed, PullState, RepositoryState, World } from "./world.ts";

const TITLE_LENGTH_MAX = 256;
const BODY_LENGTH_MAX = 65_536;

/** What a new pull request is made of. */
export interface NewPull {
  readonly title: string;
  /** A branch, with or without `owner:`. */
  readonly head: string;
  readonly base: string;
  readonly body: string | null;
}

/** Opens a pull request, or refuses as GitHub does. */
export async function createPull({ world, repository, caller }: Deed, wish: NewPull): Promise<PullState> {
  const { git, owner, pulls } = repository;
  demandWritable(repository);
  checkText(wish);
  const headBranch = wish.head.startsWith(`${owner}:`) ? wish.head.slice(owner.length + 1) : wish.head;
  const [baseCommit, headCommit] = [
    await git.ref(`heads/${wish.base}`),
    await git.ref(`heads/${headBranch}`),
  ];
  if (baseCommit === undefined) throw invalid("PullRequest", { field: "base" });
  if (headCommit === undefined) throw invalid("PullRequest", { field: "head" });
  const isOpen = pulls.some(
    (pull) => pull.state === "open" && pull.headBranch === headBranch && pull.baseBranch === wish.base,
  );
  if (isOpen) {
    throw invalid("PullRequest", { message: `A pull request already exists for ${owner}:${headBranch}.` });
  }
  if ((await git.commitsBetween(baseCommit, headCommit)) === 0) {
    throw invalid("PullRequest", { message: `No commits between ${wish.base} and ${headBranch}` });
  }
  const at = world.now();
  const pull: PullState = {
    number: pulls.length + 1,
    id: world.nextId(),
    author: caller.login,
    headBranch,
    baseBranch: wish.base,
    title: wish.title,
    body: wish.body,
    state: "open",
    headCommit,
    baseCommit,
    mergeCommit: undefined,
    createdAt: at,
    updatedAt: at,
    closedAt: undefined,
    mergedAt: undefined,
    labels: [],
    assignees: [],
    reviewers: [],
    reviewTeams: [],
    milestone: undefined,
    comments: [],
    mergeabilityOf: undefined,
    closings: [],
  };
  pulls.push(pull);
  return pull;
}

/** What is to be different. */
export interface PullChange {
  readonly title?: string | undefined;
  readonly body?: string | null | undefined;
  readonly state?: "open" | "closed" | undefined;
  readonly base?: string | undefined;
}

/** Changes a pull request, or refuses as GitHub does. */
export async function changePull(
  { world, repository, caller }: Deed,
  pull: PullState,
  change: PullChange,
): Promise<void> {
  demandWritable(repository);
  checkText(change);
  if (change.base !== undefined) {
    if ((await repository.git.ref(`heads/${change.base}`)) === undefined)
      throw invalid("PullRequest", { field: "base" });
    pull.baseBranch = change.base;
  }
  if (change.state === "open") await reopenPull(world, repository, pull);
  if (change.state === "closed") closePull(world, pull, caller.login);
  pull.title = change.title ?? pull.title;
  pull.body = change.body === undefined ? pull.body : change.body;
  pull.updatedAt = world.now();
  await refreshPullsOf(world, repository);
}

/** Refuses texts that are longer than GitHub takes. */
function checkText({
  title,
  body,
}: {
  readonly title?: string | undefined;
  readonly body?: string | null | undefined;
}): void {
  if (title !== undefined && (title === "" || title.length > TITLE_LENGTH_MAX)) {
    const message = `title is too long (maximum is ${TITLE_LENGTH_MAX} characters)`;
    throw invalid("PullRequest", title === "" ? { field: "title" } : { field: "title", message });
  }
  if ((body ?? "").length > BODY_LENGTH_MAX) {
    const message = `body is too long (maximum is ${BODY_LENGTH_MAX} characters)`;
    throw invalid("PullRequest", { field: "body", message });
  }
}

/** Lets open pull requests follow their branches. */
export async function refreshPullsOf(world: World, { git, pulls }: RepositoryState): Promise<void> {
  for (const pull of pulls.filter(({ state }) => state === "open")) {
    const head = (await git.ref(`heads/${pull.headBranch}`)) ?? pull.headCommit;
    pull.baseCommit = (await git.ref(`heads/${pull.baseBranch}`)) ?? pull.baseCommit;
    if (head === pull.headCommit) continue;
    pull.headCommit = head;
    pull.updatedAt = world.now();
  }
}

/** A deleted branch closes the pull requests that came from it, and those that went to it. */
export function closePullsOf(world: World, { pulls }: RepositoryState, branch: string): void {
  const open = pulls.filter(({ state }) => state === "open");
  for (const pull of open.filter(({ headBranch, baseBranch }) => [headBranch, baseBranch].includes(branch))) {
    closePull(world, pull);
  }
}

export function closePull(world: World, pull: PullState, by?: string): void {
  if (pull.state === "closed") return;
  pull.state = "closed";
  pull.closedAt = world.now();
  pull.closings.push({ at: pull.closedAt, by });
  pull.updatedAt = pull.closedAt;
}

export async function reopenPull(world: World, { git }: RepositoryState, pull: PullState): Promise<void> {
  if (pull.state === "open") return;
  const isGone = (await git.ref(`heads/${pull.headBranch}`)) === undefined;
  if (pull.mergedAt !== undefined || isGone) throw invalid("PullRequest", { field: "state" });
  pull.state = "open";
  pull.closedAt = undefined;
  pull.updatedAt = world.now();
}

/** The tree that merging would give; undefined for a conflict. */
export async function mergeableTree({ git }: RepositoryState, pull: PullState): Promise<string | undefined> {
  return git.mergeTree(pull.baseCommit, pull.headCommit);
}

/**
 * Whether an open one can be merged; undefined as long as GitHub has not found out: it begins to when it is asked about a head
 * and a base for the first time.
 */
export async function mergeabilityOf(
  repository: RepositoryState,
  pull: PullState,
): Promise<boolean | undefined> {
  const pair = `${pull.headCommit} ${pull.baseCommit}`;
  if (pull.mergeabilityOf !== pair) {
    pull.mergeabilityOf = pair;
    return undefined;
  }
  return (await mergeableTree(repository, pull)) !== undefined;
}

/** Refuses to merge what lacks a check that the base branch asks for. */
function demandChecks(repository: RepositoryState, { baseBranch, headCommit }: PullState): void {
  const { statuses, checkRuns, requiredChecks } = repository;
  const hasSucceeded = (context: string): boolean => {
    const status = statuses.findLast((each) => each.commit === headCommit && each.context === context);
    const run = checkRuns.findLast((each) => each.commit === headCommit && each.name === context);
    return (
      (status === undefined || status.state === "success") &&
      (run === undefined || run.conclusion === "success" || run.conclusion === "neutral") &&
      (status !== undefined || run !== undefined)
    );
  };
  const missing = (requiredChecks.get(baseBranch) ?? []).find((context) => !hasSucceeded(context));
  if (missing === undefined) return;
  throw new Refused(
    405,
    `Repository rule violations found\n\nRequired status check "${missing}" is expected.\n\n`,
  );
}

/** How a pull request is to be merged. A rebase makes one commit of all, as all of ours have one. */
export interface MergeWish {
  readonly method: "merge" | "squash" | "rebase";
  /** Where the head is expected to be. */
  readonly head?: string | undefined;
}

/** Merges with a real merge commit, or one squashed commit. Returns the commit. */
export async function mergePull(
  world: World,
  repository: RepositoryState,
  pull: PullState,
  wish: MergeWish,
): Promise<string> {
  const { git } = repository;
  await refreshPullsOf(world, repository);
  if (pull.state !== "open") throw new Refused(405, "Pull Request is not mergeable");
  if (wish.head !== undefined && wish.head !== pull.headCommit) {
    throw new Refused(409, "Head branch was modified. Review and try the merge again.");
  }
  const tree = await mergeableTree(repository, pull);
  if (tree === undefined) throw new Refused(405, "Pull Request is not mergeable");
  demandChecks(repository, pull);
  const person = { name: world.actor, email: `${world.actor}@users.noreply.github.com`, at: world.now() };
  const sha = await git.writeCommit({
    tree,
    parents: wish.method === "merge" ? [pull.baseCommit, pull.headCommit] : [pull.baseCommit],
    author: person,
    committer: person,
    message:
      wish.method === "merge"
        ? `Merge pull request #${pull.number} from ${repository.owner}/${pull.headBranch}\n\n${pull.title}`
        : wish.method === "squash"
          ? `${pull.title} (#${pull.number})`
          : (await git.commit(pull.headCommit)).message,
  });
  if (!(await git.moveRef(`heads/${pull.baseBranch}`, sha, pull.baseCommit))) {
    throw new Refused(409, "Base branch was modified. Review and try the merge again.");
  }
  closePull(world, pull);
  pull.mergedAt = pull.closedAt;
  pull.mergeCommit = sha;
  await refreshPullsOf(world, repository);
  return sha;
}
