import { z } from "zod";
import { createCheckRun, updateCheckRun } from "./check-runs.ts";
import type { CheckRunWish } from "./check-runs.ts";
import { renderApp } from "./app-routes.ts";
import { createComment } from "./comments.ts";
import { findCommit } from "./git-routes.ts";
import { renderPage } from "./page.ts";
import { renderComment } from "./people-shapes.ts";
import { findPull } from "./pull-routes.ts";
import { apiUrlOf, nodeIdOf, renderDate, webUrlOf } from "./shapes.ts";
import { Refused } from "./world.ts";
import type { ApiAnswer, ApiRequest, CheckRunState, RepositoryState, Routes, World } from "./world.ts";

/** What is said about commits and below pull requests. */
export const TALK_ROUTES: Routes = {
  "POST /repos/{owner}/{repo}/check-runs": createRun,
  "PATCH /repos/{owner}/{repo}/check-runs/{check_run_number}": updateRun,
  "GET /repos/{owner}/{repo}/commits/{ref}/check-runs": listRuns,
  "GET /repos/{owner}/{repo}/issues/{issue_number}/comments": listComments,
  "POST /repos/{owner}/{repo}/issues/{issue_number}/comments": addComment,
};

const ANNOTATION = z
  .object({
    path: z.string(),
    start_line: z.number(),
    end_line: z.number(),
    annotation_level: z.string(),
    message: z.string(),
    title: z.string().optional(),
  })
  .transform(({ path, start_line, end_line, annotation_level, message, title }) => ({
    path,
    startLine: start_line,
    endLine: end_line,
    level: annotation_level,
    message,
    title: title ?? null,
  }));
const RUN = z.object({
  name: z.string().optional(),
  status: z.string().optional(),
  conclusion: z.string().optional(),
  details_url: z.string().optional(),
  external_id: z.string().optional(),
  started_at: z.coerce.date().optional(),
  completed_at: z.coerce.date().optional(),
  output: z
    .object({
      title: z.string().optional(),
      summary: z.string(),
      text: z.string().optional(),
      annotations: z.array(ANNOTATION).default([]),
    })
    .optional(),
});
const NEW_RUN = RUN.extend({ name: z.string(), head_sha: z.string() });

function wishOf(given: z.infer<typeof RUN>): CheckRunWish {
  const {
    details_url: detailsUrl,
    external_id: externalId,
    started_at: startedAt,
    completed_at: completedAt,
  } = given;
  const { name, status, conclusion, output } = given;
  return { name, status, conclusion, output, detailsUrl, externalId, startedAt, completedAt };
}

async function createRun(request: ApiRequest): Promise<ApiAnswer> {
  const given = NEW_RUN.parse(request.body);
  const wish = { ...wishOf(given), name: given.name, commit: given.head_sha };
  const run = await createCheckRun(request, wish);
  return { status: 201, body: renderRun(request.world, request.repository, run) };
}

async function updateRun(request: ApiRequest): Promise<ApiAnswer> {
  const { world, repository, parameter, body } = request;
  const run = repository.checkRuns.find(({ id }) => String(id) === parameter("check_run_number"));
  if (run === undefined) throw new Refused(404, "Not Found");
  updateCheckRun(request, run, wishOf(RUN.parse(body ?? {})));
  return { status: 200, body: renderRun(world, repository, run) };
}

/** The newest first; of the same App and name only the last one, unless all are asked for. */
async function listRuns(request: ApiRequest): Promise<ApiAnswer> {
  const { world, repository, parameter, query } = request;
  const commit = await findCommit(repository, parameter("ref"));
  if (commit === undefined) throw new Refused(422, `No commit found for SHA: ${parameter("ref")}`);
  const name = query.get("check_name");
  const of = repository.checkRuns
    .filter((run) => run.commit === commit && (name === null || run.name === name))
    .toReversed();
  const latest = of.filter(
    (run, index) => of.findIndex((other) => other.name === run.name && other.app === run.app) === index,
  );
  const listed = query.get("filter") === "all" ? of : latest;
  const path = `/repos/${repository.owner}/${repository.name}/commits/${commit}/check-runs`;
  const page = renderPage(
    request,
    path,
    listed.map((run) => renderRun(world, repository, run)),
  );
  return { ...page, body: { total_count: listed.length, check_runs: page.body } };
}

/** A check run as the API has it. */
export function renderRun(world: World, repository: RepositoryState, run: CheckRunState): object {
  const url = `${apiUrlOf(world, repository)}/check-runs/${run.id}`;
  return {
    id: run.id,
    node_id: nodeIdOf("CheckRun", run.id),
    head_sha: run.commit,
    external_id: run.externalId,
    url,
    html_url: `${webUrlOf(world, repository)}/runs/${run.id}`,
    details_url: run.detailsUrl,
    status: run.status,
    conclusion: run.conclusion,
    started_at: dateOf(run.startedAt),
    completed_at: dateOf(run.completedAt),
    output: {
      title: run.title,
      summary: run.summary,
      text: run.text,
      annotations_count: run.annotations.length,
      annotations_url: `${url}/annotations`,
    },
    name: run.name,
    check_suite: { id: run.id },
    app: world.app?.slug === run.app ? renderApp(world, world.app) : null,
    pull_requests: [],
  };
}

/** Oldest first; `since` is about when they were changed last. */
async function listComments(request: ApiRequest): Promise<ApiAnswer> {
  const { world, repository, query } = request;
  const pull = findPull(request, "issue_number");
  const since = query.get("since");
  const sinceMs = since === null ? Number.NEGATIVE_INFINITY : Date.parse(since);
  const listed = pull.comments.filter(({ updatedAt }) => updatedAt.getTime() >= sinceMs);
  return renderPage(
    request,
    `/repos/${repository.owner}/${repository.name}/issues/${pull.number}/comments`,
    listed.map((comment) => renderComment(world, { repository, pull }, comment)),
  );
}

const NEW_COMMENT = z.object({ body: z.string() });

async function addComment(request: ApiRequest): Promise<ApiAnswer> {
  const { world, repository, body } = request;
  const pull = findPull(request, "issue_number");
  const comment = createComment(request, pull, NEW_COMMENT.parse(body).body);
  return { status: 201, body: renderComment(world, { repository, pull }, comment) };
}

function dateOf(at: Date | undefined): string | null {
  return at === undefined ? null : renderDate(at);
}
