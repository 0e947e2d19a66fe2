import { z } from "zod";
import { CodedError } from "../../errors.ts";
import type { Attention, RepositoryRole } from "../../ports/code-host.ts";
import type { CodeRepository } from "../../proposal/plan.ts";
import { ANY } from "./answers.ts";
import type { Client } from "./client.ts";
import type { PullAddress } from "./comments.ts";

const ROLE = z.object({ permission: z.string() });
const ASSIGNED = z.object({ assignees: z.array(z.object({ login: z.string() })).nullish() });
const MILESTONES = z.array(z.object({ number: z.int(), title: z.string() }));
const MILESTONES_MAX = 100;
/** GitHub's own bound. */
const ASSIGNEES_MAX = 10;

/** What somebody may do in a repository; `none` for who is unknown there. One request. */
export async function readRole(
  client: Client,
  { repository, login }: { readonly repository: CodeRepository; readonly login: string },
  signal: AbortSignal,
): Promise<RepositoryRole> {
  try {
    const { permission } = await client.call(
      { operation: "get-role", repository, signal },
      ROLE,
      (octokit, request) =>
        octokit.rest.repos.getCollaboratorPermissionLevel({
          owner: repository.owner,
          repo: repository.name,
          username: login,
          request,
        }),
    );
    if (permission === "admin" || permission === "write") return "write";
    return permission === "read" ? "read" : "none";
  } catch (thrown) {
    if (thrown instanceof CodedError && thrown.code === "code-host-not-found") return "none";
    throw thrown;
  }
}

/**
 * Asks for attention: one request for all assignees, one for each reviewer (of several GitHub refuses all for one that is unknown), two for a milestone.
 */
export async function bringTo(
  client: Client,
  { attention, ...at }: PullAddress & { readonly attention: Attention },
  signal: AbortSignal,
): Promise<{ readonly unknown: readonly string[] }> {
  const unknown = [...(await assign(client, at, attention.assignees, signal))];
  for (const reviewer of attention.reviewers) {
    if (!(await isAskedForReview(client, at, reviewer, signal))) unknown.push(reviewer);
  }
  const { milestone } = attention;
  if (milestone !== undefined && !(await hasMilestone(client, at, milestone, signal)))
    unknown.push(milestone);
  return { unknown };
}

/** GitHub leaves out whom it does not know. */
async function assign(
  client: Client,
  { repository, number }: PullAddress,
  people: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const wanted = people.slice(0, ASSIGNEES_MAX);
  const beyond = people.slice(ASSIGNEES_MAX);
  if (wanted.length === 0) return beyond;
  try {
    const { assignees } = await client.call(
      { operation: "add-assignees", repository, signal },
      ASSIGNED,
      (octokit, request) =>
        octokit.rest.issues.addAssignees({
          owner: repository.owner,
          repo: repository.name,
          issue_number: number,
          assignees: [...wanted],
          request,
        }),
    );
    const known = new Set((assignees ?? []).map(({ login }) => login.toLowerCase()));
    return [...wanted.filter((login) => !known.has(login.toLowerCase())), ...beyond];
  } catch (thrown) {
    if (!isUnknown(thrown)) throw thrown;
    return people;
  }
}

async function isAskedForReview(
  client: Client,
  { repository, number }: PullAddress,
  reviewer: string,
  signal: AbortSignal,
): Promise<boolean> {
  const [organisation = "", team] = reviewer.split("/");
  // Teams of others are never asked.
  if (team !== undefined && organisation.toLowerCase() !== repository.owner.toLowerCase()) return false;
  try {
    await client.call({ operation: "request-reviewers", repository, signal }, ANY, (octokit, request) =>
      octokit.rest.pulls.requestReviewers({
        owner: repository.owner,
        repo: repository.name,
        pull_number: number,
        ...(team === undefined ? { reviewers: [reviewer] } : { team_reviewers: [team] }),
        request,
      }),
    );
    return true;
  } catch (thrown) {
    if (!isUnknown(thrown)) throw thrown;
    return false;
  }
}

async function hasMilestone(
  client: Client,
  { repository, number }: PullAddress,
  title: string,
  signal: AbortSignal,
): Promise<boolean> {
  const where = { owner: repository.owner, repo: repository.name };
  const listed = await client.call(
    { operation: "list-milestones", repository, signal },
    MILESTONES,
    (octokit, request) =>
      octokit.rest.issues.listMilestones({ ...where, state: "open", per_page: MILESTONES_MAX, request }),
  );
  const found = listed.find((milestone) => milestone.title === title);
  if (found === undefined) return false;
  await client.call({ operation: "update-pull-request", repository, signal }, ANY, (octokit, request) =>
    octokit.rest.issues.update({ ...where, issue_number: number, milestone: found.number, request }),
  );
  return true;
}

/** GitHub says 422 of people who are not collaborators, and 404 of teams it does not show. */
function isUnknown(thrown: unknown): boolean {
  return (
    thrown instanceof CodedError &&
    (thrown.code === "code-host-rejected" || thrown.code === "code-host-not-found")
  );
}
