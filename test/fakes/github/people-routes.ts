import { z } from "zod";
import { addLabels as addLabelsTo } from "./labels.ts";
import { renderPage } from "./page.ts";
import { renderMilestone, renderRole } from "./people-shapes.ts";
import { changePull } from "./pulls.ts";
import { findPull } from "./pull-routes.ts";
import { renderIssue, renderPull } from "./pull-shapes.ts";
import { apiUrlOf } from "./shapes.ts";
import { invalid, Refused } from "./world.ts";
import type { ApiAnswer, ApiRequest, PullState, RepositoryState, Routes } from "./world.ts";

const ASSIGNEES_MAX = 10;

/** Whom a pull request is brought to the notice of, and what people may do. */
export const PEOPLE_ROUTES: Routes = {
  "GET /repos/{owner}/{repo}/collaborators/{username}/permission": getRole,
  "POST /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers": requestReviewers,
  "POST /repos/{owner}/{repo}/issues/{issue_number}/assignees": addAssignees,
  "GET /repos/{owner}/{repo}/milestones": listMilestones,
  "PATCH /repos/{owner}/{repo}/issues/{issue_number}": updateIssue,
};

/** Of a public repository everybody may read; of a private one strangers are not told of, nor those who are nobody at all. */
async function getRole({ world, repository, parameter }: ApiRequest): Promise<ApiAnswer> {
  const login = parameter("username");
  const role = repository.roles.get(login.toLowerCase());
  const isKnown = role !== undefined || world.people.has(login.toLowerCase());
  if (!isKnown) throw new Refused(404, "Not Found");
  const given = role ?? (repository.isPrivate ? "none" : "read");
  return { status: 200, body: renderRole(world, login, given) };
}

const REVIEWERS = z.object({
  reviewers: z.array(z.string()).default([]),
  team_reviewers: z.array(z.string()).default([]),
});

/** All of them, or none. */
async function requestReviewers(request: ApiRequest): Promise<ApiAnswer> {
  const { world, repository, body } = request;
  const pull = findPull(request, "pull_number");
  const { reviewers, team_reviewers: teams } = REVIEWERS.parse(body ?? {});
  if (reviewers.some((login) => isSame(login, pull.author))) {
    throw new Refused(422, "Review cannot be requested from pull request author.");
  }
  const isMissing =
    reviewers.some((login) => !repository.roles.has(login.toLowerCase())) ||
    teams.some((slug) => !repository.teams.has(slug.toLowerCase()));
  if (isMissing) {
    throw new Refused(
      422,
      `Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the ${repository.owner}/${repository.name} repository.`,
    );
  }
  addAll(pull.reviewers, reviewers);
  addAll(pull.reviewTeams, teams);
  pull.updatedAt = world.now();
  return { status: 201, body: renderPull(world, repository, pull) };
}

const ASSIGNEES = z.object({ assignees: z.array(z.string()).default([]) });

/** Who cannot be assigned is left out, without a word. */
async function addAssignees(request: ApiRequest): Promise<ApiAnswer> {
  const { world, repository, body } = request;
  const pull = findPull(request, "issue_number");
  assign(repository, pull, ASSIGNEES.parse(body ?? {}).assignees);
  pull.updatedAt = world.now();
  return { status: 201, body: renderIssue(world, repository, pull) };
}

function assign({ roles }: RepositoryState, pull: PullState, logins: readonly string[]): void {
  const known = logins.filter((login) => roles.has(login.toLowerCase()));
  addAll(pull.assignees, known);
  pull.assignees.length = Math.min(pull.assignees.length, ASSIGNEES_MAX);
}

async function listMilestones(request: ApiRequest): Promise<ApiAnswer> {
  const { world, repository, query } = request;
  const state = query.get("state") ?? "open";
  const listed = repository.milestones.filter((each) => state === "all" || each.state === state);
  const path = `${apiUrlOf(world, repository).slice(world.apiUrl.length)}/milestones`;
  return renderPage(
    request,
    path,
    listed.map((each) => renderMilestone(world, repository, each)),
  );
}

const ISSUE_CHANGE = z.object({
  title: z.string().optional(),
  body: z.string().nullable().optional(),
  state: z.enum(["open", "closed"]).optional(),
  milestone: z.union([z.number(), z.null()]).optional(),
  labels: z.array(z.string()).optional(),
  assignees: z.array(z.string()).optional(),
});

/** To GitHub a pull request is an issue, too. */
async function updateIssue(request: ApiRequest): Promise<ApiAnswer> {
  const { world, repository } = request;
  const pull = findPull(request, "issue_number");
  const { milestone, labels, assignees, ...change } = ISSUE_CHANGE.parse(request.body ?? {});
  const isUnknown = typeof milestone === "number" && !hasMilestone(repository, milestone);
  if (isUnknown) throw invalid("Issue", { field: "milestone" });
  await changePull(request, pull, change);
  if (milestone !== undefined) pull.milestone = milestone ?? undefined;
  if (labels !== undefined) {
    pull.labels = [];
    addLabelsTo(request, pull, labels);
  }
  if (assignees !== undefined) {
    pull.assignees.length = 0;
    assign(repository, pull, assignees);
  }
  return { status: 200, body: renderIssue(world, repository, pull) };
}

function hasMilestone({ milestones }: RepositoryState, number: number): boolean {
  return milestones.some((each) => each.number === number);
}

function addAll(list: string[], names: readonly string[]): void {
  for (const name of names) {
    if (!list.some((present) => isSame(present, name))) list.push(name);
  }
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
