import { z } from "zod";
import { findCommit } from "./git-routes.ts";
import { renderStatus } from "./pull-shapes.ts";
import { apiUrlOf, renderRepository, renderUser } from "./shapes.ts";
import { invalid, Refused } from "./world.ts";
import type { ApiAnswer, ApiRequest, RepositoryState, Routes, StatusState } from "./world.ts";

/** Commit statuses. */
export const STATUS_ROUTES: Routes = {
  "POST /repos/{owner}/{repo}/statuses/{sha}": createStatus,
  "GET /repos/{owner}/{repo}/commits/{ref}/status": getCombinedStatus,
};

const DESCRIPTION_LENGTH_MAX = 140;
const STATUSES_MAX = 1_000;

const NEW_STATUS = z.object({
  state: z.string(),
  target_url: z.string().nullable().default(null),
  description: z.string().nullable().default(null),
  context: z.string().default("default"),
});

async function createStatus({ world, repository, parameter, body }: ApiRequest): Promise<ApiAnswer> {
  const commit = parameter("sha");
  const { state, target_url: targetUrl, description, context } = NEW_STATUS.parse(body);
  if ((await repository.git.typeOf(commit)) !== "commit") {
    throw new Refused(422, `No commit found for SHA: ${commit}`);
  }
  if ((description ?? "").length > DESCRIPTION_LENGTH_MAX) {
    const message = `description is too long (maximum is ${DESCRIPTION_LENGTH_MAX} characters)`;
    throw invalid("Status", { field: "description", message });
  }
  const sameContext = repository.statuses.filter(
    (status) => status.commit === commit && status.context === context,
  );
  if (sameContext.length >= STATUSES_MAX) {
    throw invalid("Status", { message: "This SHA and context has reached the maximum number of statuses." });
  }
  const status = { id: world.nextId(), commit, context, state, description, targetUrl, at: world.now() };
  repository.statuses.push(status);
  return {
    status: 201,
    body: { ...renderStatus(world, repository, status), creator: renderUser(world, world.actor) },
  };
}

async function getCombinedStatus({ world, repository, parameter }: ApiRequest): Promise<ApiAnswer> {
  const sha = await findCommit(repository, parameter("ref"));
  if (sha === undefined) throw new Refused(404, "Not Found");
  const newest = newestStatuses(repository, sha);
  const url = `${apiUrlOf(world, repository)}/commits/${sha}`;
  return {
    status: 200,
    body: {
      state: combinedState(newest),
      statuses: newest.map((status) => renderStatus(world, repository, status)),
      sha,
      total_count: newest.length,
      repository: renderRepository(world, repository),
      commit_url: url,
      url: `${url}/status`,
    },
  };
}

/** The last one of each context. */
export function newestStatuses({ statuses }: RepositoryState, commit: string): readonly StatusState[] {
  const byContext = new Map(
    statuses.filter((status) => status.commit === commit).map((status) => [status.context, status]),
  );
  return [...byContext.values()];
}

function combinedState(statuses: readonly StatusState[]): string {
  if (statuses.some(({ state }) => state === "failure" || state === "error")) return "failure";
  return statuses.length > 0 && statuses.every(({ state }) => state === "success") ? "success" : "pending";
}
