import { z } from "zod";
import { addLabels as addLabelsTo, removeLabels } from "./labels.ts";
import { renderPage } from "./page.ts";
import { changePull, createPull, mergeabilityOf, mergePull, refreshPullsOf } from "./pulls.ts";
import { labelsOf, renderLabel, renderPull } from "./pull-shapes.ts";
import { renderUser } from "./shapes.ts";
import { Refused } from "./world.ts";
import type { ApiAnswer, ApiRequest, PullState, Routes } from "./world.ts";

/** Pull requests and their labels. */
export const PULL_ROUTES: Routes = {
  "GET /repos/{owner}/{repo}/pulls": listPulls,
  "POST /repos/{owner}/{repo}/pulls": openPull,
  "GET /repos/{owner}/{repo}/pulls/{pull_number}": getPull,
  "PATCH /repos/{owner}/{repo}/pulls/{pull_number}": updatePull,
  "PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge": merge,
  "GET /repos/{owner}/{repo}/issues/{issue_number}/labels": listLabels,
  "POST /repos/{owner}/{repo}/issues/{issue_number}/labels": addLabels,
  "DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}": removeLabel,
};

async function listPulls(request: ApiRequest): Promise<ApiAnswer> {
  const { world, repository, query } = request;
  await refreshPullsOf(world, repository);
  const state = query.get("state") ?? "open";
  const head = query.get("head");
  const base = query.get("base");
  const sort = query.get("sort") ?? "created";
  const isAscending = (query.get("direction") ?? (sort === "created" ? "desc" : "asc")) === "asc";
  const listed = repository.pulls
    .filter((pull) => state === "all" || pull.state === state)
    // GitHub takes only `owner:branch`, and ignores anything else.
    .filter((pull) => head?.includes(":") !== true || head === `${repository.owner}:${pull.headBranch}`)
    .filter((pull) => base === null || pull.baseBranch === base)
    .toSorted((left, right) => timeOf(left, sort) - timeOf(right, sort) || left.number - right.number);
  const ordered = isAscending ? listed : listed.toReversed();
  return renderPage(
    request,
    `/repos/${repository.owner}/${repository.name}/pulls`,
    ordered.map((pull) => renderPull(world, repository, pull)),
  );
}

function timeOf(pull: PullState, sort: string): number {
  return (sort === "updated" ? pull.updatedAt : pull.createdAt).getTime();
}

const NEW_PULL = z.object({
  title: z.string().default(""),
  head: z.string(),
  base: z.string(),
  body: z.string().nullable().default(null),
});

async function openPull(request: ApiRequest): Promise<ApiAnswer> {
  const pull = await createPull(request, NEW_PULL.parse(request.body));
  return { status: 201, body: await renderFull(request, pull) };
}

async function getPull(request: ApiRequest): Promise<ApiAnswer> {
  await refreshPullsOf(request.world, request.repository);
  return { status: 200, body: await renderFull(request, findPull(request, "pull_number")) };
}

const PULL_CHANGE = z.object({
  title: z.string().optional(),
  body: z.string().nullable().optional(),
  state: z.enum(["open", "closed"]).optional(),
  base: z.string().optional(),
});

async function updatePull(request: ApiRequest): Promise<ApiAnswer> {
  const pull = findPull(request, "pull_number");
  await changePull(request, pull, PULL_CHANGE.parse(request.body ?? {}));
  return { status: 200, body: await renderFull(request, pull) };
}

const MERGE = z.object({
  sha: z.string().optional(),
  merge_method: z.enum(["merge", "squash", "rebase"]).default("merge"),
});

async function merge(request: ApiRequest): Promise<ApiAnswer> {
  const pull = findPull(request, "pull_number");
  const { sha: head, merge_method: method } = MERGE.parse(request.body ?? {});
  const sha = await mergePull(request.world, request.repository, pull, { method, head });
  return { status: 200, body: { sha, merged: true, message: "Pull Request successfully merged" } };
}

async function listLabels(request: ApiRequest): Promise<ApiAnswer> {
  const { repository } = request;
  const pull = findPull(request, "issue_number");
  const path = `/repos/${repository.owner}/${repository.name}/issues/${pull.number}/labels`;
  return renderPage(request, path, renderLabels(request, pull));
}

const NEW_LABELS = z.object({ labels: z.array(z.string()) });

async function addLabels(request: ApiRequest): Promise<ApiAnswer> {
  const pull = findPull(request, "issue_number");
  addLabelsTo(request, pull, NEW_LABELS.parse(request.body).labels);
  return { status: 200, body: renderLabels(request, pull) };
}

async function removeLabel(request: ApiRequest): Promise<ApiAnswer> {
  const pull = findPull(request, "issue_number");
  if (!removeLabels(request, pull, [request.parameter("name")])) {
    throw new Refused(404, "Label does not exist");
  }
  return { status: 200, body: renderLabels(request, pull) };
}

/** The pull request that a parameter names. */
export function findPull({ repository, parameter }: ApiRequest, name: string): PullState {
  const pull = repository.pulls.find(({ number }) => String(number) === parameter(name));
  if (pull === undefined) throw new Refused(404, "Not Found");
  return pull;
}

function renderLabels({ world, repository }: ApiRequest, pull: PullState): readonly object[] {
  return labelsOf(repository, pull).map((label) => renderLabel(world, repository, label));
}

async function renderFull({ world, repository }: ApiRequest, pull: PullState): Promise<object> {
  const { git } = repository;
  const isOpen = pull.state === "open";
  const isMergeable = isOpen ? await mergeabilityOf(repository, pull) : undefined;
  const stat = await git.diffStat(pull.baseCommit, pull.headCommit);
  return {
    ...renderPull(world, repository, pull),
    merged: pull.mergedAt !== undefined,
    mergeable: isMergeable ?? null,
    mergeable_state: mergeableState(isMergeable),
    merged_by: pull.mergedAt === undefined ? null : renderUser(world, world.actor),
    comments: pull.comments.length,
    review_comments: 0,
    maintainer_can_modify: false,
    commits: await git.commitsBetween(pull.baseCommit, pull.headCommit),
    additions: stat.additions,
    deletions: stat.deletions,
    changed_files: stat.files,
  };
}

function mergeableState(isMergeable: boolean | undefined): string {
  if (isMergeable === undefined) return "unknown";
  return isMergeable ? "clean" : "dirty";
}
