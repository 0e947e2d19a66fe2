import { apiUrlOf, nodeIdOf, renderDate, renderUser, webUrlOf } from "./shapes.ts";
import type { CommentState, MilestoneState, PullState, RepositoryState, Role, World } from "./world.ts";

/** A team of the repository's owner, that may write to it. */
export function renderTeam(world: World, { owner }: RepositoryState, slug: string): object {
  const url = `${world.apiUrl}/orgs/${owner}/teams/${slug}`;
  return {
    id: 1,
    node_id: nodeIdOf("Team", slug),
    url,
    html_url: `${world.webUrl}/orgs/${owner}/teams/${slug}`,
    members_url: `${url}/members{/member}`,
    repositories_url: `${url}/repos`,
    name: slug,
    slug,
    description: null,
    permission: "push",
    privacy: "closed",
    type: "organization",
    parent: null,
  };
}

/** The plan of a pull request, or null. */
export function milestoneOf(world: World, repository: RepositoryState, pull: PullState): object | null {
  const found = repository.milestones.find(({ number }) => number === pull.milestone);
  return found === undefined ? null : renderMilestone(world, repository, found);
}

export function renderMilestone(
  world: World,
  repository: RepositoryState,
  { id, number, title, state, createdAt }: MilestoneState,
): object {
  const url = `${apiUrlOf(world, repository)}/milestones/${number}`;
  const open = repository.pulls.filter((pull) => pull.milestone === number && pull.state === "open").length;
  return {
    url,
    html_url: `${webUrlOf(world, repository)}/milestone/${number}`,
    labels_url: `${url}/labels`,
    id,
    node_id: nodeIdOf("Milestone", id),
    number,
    state,
    title,
    description: null,
    creator: renderUser(world, repository.owner),
    open_issues: open,
    closed_issues: 0,
    created_at: renderDate(createdAt),
    updated_at: renderDate(createdAt),
    closed_at: null,
    due_on: null,
  };
}

export function renderComment(
  world: World,
  { repository, pull }: { readonly repository: RepositoryState; readonly pull: PullState },
  { id, author, body, createdAt, updatedAt }: CommentState,
): object {
  const url = apiUrlOf(world, repository);
  return {
    id,
    node_id: nodeIdOf("IssueComment", id),
    url: `${url}/issues/comments/${id}`,
    html_url: `${webUrlOf(world, repository)}/pull/${pull.number}#issuecomment-${id}`,
    issue_url: `${url}/issues/${pull.number}`,
    user: renderUser(world, author),
    body,
    created_at: renderDate(createdAt),
    updated_at: renderDate(updatedAt),
    author_association: "NONE",
  };
}

/** A role as the answer has it: by its own name, and by one of the four that there were before. */
export function renderRole(world: World, login: string, role: Role | "none"): object {
  const can = (...roles: readonly string[]): boolean => roles.includes(role);
  return {
    permission: legacyOf(role),
    role_name: role,
    user: {
      ...renderUser(world, login),
      role_name: role,
      permissions: {
        admin: can("admin"),
        maintain: can("admin", "maintain"),
        push: can("admin", "maintain", "write"),
        triage: can("admin", "maintain", "write", "triage"),
        pull: role !== "none",
      },
    },
  };
}

/** @see GitHub REST API 2022-11-28, "Get repository permissions for a user": maintain is mapped to write, triage to read */
function legacyOf(role: Role | "none"): string {
  switch (role) {
    case "maintain":
      return "write";
    case "triage":
      return "read";
    case "admin":
    case "write":
    case "read":
    case "none":
      return role;
    default:
      return role satisfies never;
  }
}
