import { covers } from "./app.ts";
import type { InstallationState } from "./app.ts";
import { renderInstallation } from "./app-routes.ts";
import { NO_OBJECT } from "./git-repository.ts";
import { renderPull } from "./pull-shapes.ts";
import { apiUrlOf, nodeIdOf, renderDate, renderRepository, renderUser, webUrlOf } from "./shapes.ts";
import type { HookEvent } from "./webhooks.ts";
import type { CommentState, PullState, RepositoryState, World } from "./world.ts";

/** A push tells of so many commits at most. */
const COMMITS_MAX = 2_048;

/** Where something happened, and by whom. */
export interface Scene {
  readonly world: World;
  readonly repository: RepositoryState;
  readonly sender: string;
}

/** A branch that moved from one commit to another; {@link NO_OBJECT} where it was not, or is no more. */
export interface Move {
  readonly branch: string;
  readonly before: string;
  readonly after: string;
}

/** A push, with the files that each commit touches. */
export async function pushed(scene: Scene, { branch, before, after }: Move): Promise<HookEvent> {
  const { world, repository, sender } = scene;
  const { git, owner, defaultBranch, createdAt } = repository;
  const [isCreated, isDeleted] = [before === NO_OBJECT, after === NO_OBJECT];
  const isForced = !isCreated && !isDeleted && !(await git.isAncestor(before, after));
  const shas = isDeleted || isCreated ? [] : await git.commitsSince(before, after, COMMITS_MAX);
  const commits = [];
  for (const sha of shas) commits.push(await renderPushed(scene, sha));
  const head = isDeleted ? null : await renderPushed(scene, after);
  const email = `${owner}@users.noreply.example.org`;
  return eventOf(scene, "push", undefined, {
    ref: `refs/heads/${branch}`,
    before,
    after,
    base_ref: null,
    compare: `${webUrlOf(world, repository)}/compare/${before.slice(0, 12)}...${after.slice(0, 12)}`,
    created: isCreated,
    deleted: isDeleted,
    forced: isForced,
    commits,
    head_commit: head,
    pusher: { name: sender, email },
    repository: {
      ...renderRepository(world, repository),
      owner: { ...renderUser(world, owner), name: owner, email: null },
      created_at: Math.floor(createdAt.getTime() / 1_000),
      pushed_at: Math.floor(world.now().getTime() / 1_000),
      master_branch: defaultBranch,
      stargazers: 0,
      topics: [],
      visibility: repository.isPrivate ? "private" : "public",
    },
  });
}

async function renderPushed({ world, repository }: Scene, sha: string): Promise<object> {
  const { git } = repository;
  const { tree, author, committer, message } = await git.commit(sha);
  const { added, modified, removed } = await git.filesOf(sha);
  return {
    id: sha,
    tree_id: tree,
    distinct: true,
    message,
    timestamp: renderDate(committer.at),
    url: `${webUrlOf(world, repository)}/commit/${sha}`,
    author: { name: author.name, email: author.email },
    committer: { name: committer.name, email: committer.email },
    added,
    modified,
    removed,
  };
}

/** Something that happened to a pull request. */
export function pullChanged(scene: Scene, pull: PullState, action: string, more: object = {}): HookEvent {
  const { world, repository } = scene;
  return eventOf(scene, "pull_request", action, {
    action,
    number: pull.number,
    pull_request: {
      ...renderPull(world, repository, pull),
      // What only the single one has.
      merged: pull.mergedAt !== undefined,
      mergeable: null,
      rebaseable: null,
      mergeable_state: "unknown",
      merged_by: null,
      comments: pull.comments.length,
      review_comments: 0,
      maintainer_can_modify: false,
      commits: 1,
      additions: 1,
      deletions: 1,
      changed_files: 1,
    },
    ...more,
  });
}

/** Somebody wrote below a pull request. */
export function commented(scene: Scene, pull: PullState, comment: CommentState): HookEvent {
  const { world, repository } = scene;
  const issue = `${apiUrlOf(world, repository)}/issues/${pull.number}`;
  const page = `${webUrlOf(world, repository)}/pull/${pull.number}`;
  const links = ["comments", "events", "labels{/name}"].map((name) => [
    `${name.replace(/\{.*/, "")}_url`,
    `${issue}/${name}`,
  ]);
  const reactions = {
    url: `${issue}/reactions`,
    ...Object.fromEntries(
      ["total_count", "+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes"].map((key) => [
        key,
        0,
      ]),
    ),
  };
  return eventOf(scene, "issue_comment", "created", {
    action: "created",
    issue: {
      url: issue,
      repository_url: apiUrlOf(world, repository),
      ...Object.fromEntries(links),
      html_url: page,
      id: pull.id,
      node_id: nodeIdOf("PullRequest", pull.id),
      number: pull.number,
      title: pull.title,
      user: renderUser(world, pull.author),
      labels: [],
      state: pull.state,
      locked: false,
      assignee: null,
      assignees: [],
      milestone: null,
      comments: pull.comments.length,
      created_at: renderDate(pull.createdAt),
      updated_at: renderDate(pull.updatedAt),
      closed_at: pull.closedAt === undefined ? null : renderDate(pull.closedAt),
      author_association: "NONE",
      active_lock_reason: null,
      pull_request: {
        url: `${apiUrlOf(world, repository)}/pulls/${pull.number}`,
        html_url: page,
        diff_url: `${page}.diff`,
        patch_url: `${page}.patch`,
      },
      body: pull.body,
      reactions,
    },
    comment: {
      url: `${apiUrlOf(world, repository)}/issues/comments/${comment.id}`,
      html_url: `${page}#issuecomment-${comment.id}`,
      issue_url: issue,
      id: comment.id,
      node_id: nodeIdOf("IssueComment", comment.id),
      user: renderUser(world, comment.author),
      created_at: renderDate(comment.createdAt),
      updated_at: renderDate(comment.updatedAt),
      author_association: "MEMBER",
      body: comment.body,
      performed_via_github_app: null,
      reactions,
    },
  });
}

/** Something that happened to a code repository as a whole. */
export function repositoryChanged(scene: Scene, action: string): HookEvent {
  return eventOf(scene, "repository", action, { action });
}

/** Something that happened to an installation; `repositories`: those that it was given, or that were taken from it. */
export function installationChanged(
  world: World,
  installation: InstallationState,
  action: string,
  repositories?: readonly RepositoryState[],
): HookEvent {
  const { app } = world;
  if (app === undefined) throw new Error("the double was started without an App");
  const name = repositories === undefined ? "installation" : "installation_repositories";
  const named = (repositories ?? []).map((each) => ({
    id: each.id,
    node_id: nodeIdOf("Repository", each.id),
    name: each.name,
    full_name: `${each.owner}/${each.name}`,
    private: each.isPrivate,
  }));
  const isAdded = action === "added";
  const lists = {
    repository_selection: installation.repositoryIds === undefined ? "all" : "selected",
    repositories_added: isAdded ? named : [],
    repositories_removed: isAdded ? [] : named,
    requester: null,
  };
  return {
    name,
    action,
    installationId: installation.id,
    repositoryId: undefined,
    payload: {
      action,
      installation: renderInstallation(world, app, installation),
      sender: renderUser(world, installation.account),
      ...(repositories === undefined ? {} : lists),
    },
  };
}

/** What is told of a code repository. */
export function eventOf(
  { world, repository, sender }: Scene,
  name: string,
  action: string | undefined,
  payload: object,
): HookEvent {
  const installation = world.app?.installations.find((each) => covers(each, repository));
  return {
    name,
    action,
    installationId: installation?.id,
    repositoryId: repository.id,
    payload: {
      repository: renderRepository(world, repository),
      sender: { ...renderUser(world, sender), type: sender.endsWith("[bot]") ? "Bot" : "User" },
      ...(installation === undefined
        ? {}
        : { installation: { id: installation.id, node_id: nodeIdOf("Installation", installation.id) } }),
      ...payload,
    },
  };
}
