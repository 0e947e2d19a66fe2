import { milestoneOf, renderTeam } from "./people-shapes.ts";
import { apiUrlOf, nodeIdOf, renderDate, renderRepository, renderUser, webUrlOf } from "./shapes.ts";
import type { LabelState, PullState, RepositoryState, StatusState, World } from "./world.ts";

export function renderLabel(
  world: World,
  repository: RepositoryState,
  { id, name, color, description }: LabelState,
): object {
  return {
    id,
    node_id: nodeIdOf("Label", id),
    url: `${apiUrlOf(world, repository)}/labels/${encodeURIComponent(name)}`,
    name,
    // Null at GitHub; its description allows that for a label, but not for one of a listed pull request.
    description: description ?? "",
    color,
    default: false,
  };
}

/** As listed: without what only the single one has. */
export function renderPull(world: World, repository: RepositoryState, pull: PullState): object {
  const url = `${apiUrlOf(world, repository)}/pulls/${pull.number}`;
  const issue = `${apiUrlOf(world, repository)}/issues/${pull.number}`;
  const web = `${webUrlOf(world, repository)}/pull/${pull.number}`;
  const statuses = `${apiUrlOf(world, repository)}/statuses/${pull.headCommit}`;
  const side = (ref: string, sha: string): object => ({
    label: `${repository.owner}:${ref}`,
    ref,
    sha,
    user: renderUser(world, repository.owner),
    repo: renderRepository(world, repository),
  });
  const links = {
    self: url,
    html: web,
    issue,
    comments: `${issue}/comments`,
    review_comments: `${url}/comments`,
    review_comment: `${apiUrlOf(world, repository)}/pulls/comments{/number}`,
    commits: `${url}/commits`,
    statuses,
  };
  return {
    url,
    id: pull.id,
    node_id: nodeIdOf("PullRequest", pull.id),
    html_url: web,
    diff_url: `${web}.diff`,
    patch_url: `${web}.patch`,
    issue_url: issue,
    commits_url: links.commits,
    review_comments_url: links.review_comments,
    review_comment_url: links.review_comment,
    comments_url: links.comments,
    statuses_url: statuses,
    number: pull.number,
    state: pull.state,
    locked: false,
    title: pull.title,
    user: renderUser(world, pull.author),
    body: pull.body,
    labels: labelsOf(repository, pull).map((label) => renderLabel(world, repository, label)),
    milestone: milestoneOf(world, repository, pull),
    created_at: renderDate(pull.createdAt),
    updated_at: renderDate(pull.updatedAt),
    closed_at: pull.closedAt === undefined ? null : renderDate(pull.closedAt),
    merged_at: pull.mergedAt === undefined ? null : renderDate(pull.mergedAt),
    merge_commit_sha: pull.mergeCommit ?? null,
    assignee: pull.assignees[0] === undefined ? null : renderUser(world, pull.assignees[0]),
    assignees: pull.assignees.map((login) => renderUser(world, login)),
    requested_reviewers: pull.reviewers.map((login) => renderUser(world, login)),
    requested_teams: pull.reviewTeams.map((slug) => renderTeam(world, repository, slug)),
    head: side(pull.headBranch, pull.headCommit),
    base: side(pull.baseBranch, pull.baseCommit),
    _links: Object.fromEntries(Object.entries(links).map(([name, href]) => [name, { href }])),
    author_association: "NONE",
    auto_merge: null,
    draft: false,
  };
}

/** A pull request as the issue that it is to GitHub, too. */
export function renderIssue(world: World, repository: RepositoryState, pull: PullState): object {
  const url = `${apiUrlOf(world, repository)}/issues/${pull.number}`;
  const web = `${webUrlOf(world, repository)}/pull/${pull.number}`;
  return {
    url,
    repository_url: apiUrlOf(world, repository),
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: web,
    id: pull.id,
    node_id: nodeIdOf("PullRequest", pull.id),
    number: pull.number,
    title: pull.title,
    user: renderUser(world, pull.author),
    labels: labelsOf(repository, pull).map((label) => renderLabel(world, repository, label)),
    state: pull.state,
    locked: false,
    assignee: pull.assignees[0] === undefined ? null : renderUser(world, pull.assignees[0]),
    assignees: pull.assignees.map((login) => renderUser(world, login)),
    milestone: milestoneOf(world, repository, pull),
    comments: pull.comments.length,
    created_at: renderDate(pull.createdAt),
    updated_at: renderDate(pull.updatedAt),
    closed_at: pull.closedAt === undefined ? null : renderDate(pull.closedAt),
    author_association: "NONE",
    draft: false,
    pull_request: { url: web, html_url: web, diff_url: `${web}.diff`, patch_url: `${web}.patch` },
    body: pull.body,
  };
}

export function labelsOf(repository: RepositoryState, pull: PullState): readonly LabelState[] {
  return pull.labels.flatMap((name) => repository.labels.get(name.toLowerCase()) ?? []);
}

export function renderStatus(world: World, repository: RepositoryState, status: StatusState): object {
  return {
    url: `${apiUrlOf(world, repository)}/statuses/${status.commit}`,
    avatar_url: `${world.webUrl}/avatars/${world.actor}`,
    id: status.id,
    node_id: nodeIdOf("Status", status.id),
    state: status.state,
    description: status.description,
    target_url: status.targetUrl,
    context: status.context,
    created_at: renderDate(status.at),
    updated_at: renderDate(status.at),
  };
}
