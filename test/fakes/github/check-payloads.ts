import { eventOf, type Scene } from "./hook-payloads.ts";
import { apiUrlOf, nodeIdOf, renderCommit, renderDate, webUrlOf } from "./shapes.ts";
import { renderApp } from "./app-routes.ts";
import { renderRun } from "./talk-routes.ts";
import type { HookEvent } from "./webhooks.ts";
import type { CheckRunState, StatusState, World } from "./world.ts";

/** What a check is of: a commit, and the branches that it is the head of. */
export interface Checked {
  readonly scene: Scene;
  /** The first counts where only one is told. */
  readonly branches: readonly string[];
}

/** A check run that was made, or came to its end. */
export function runChanged({ scene, branches }: Checked, run: CheckRunState, action: string): HookEvent {
  const { world, repository } = scene;
  const app = appOf(world, run.app);
  return eventOf(scene, "check_run", action, {
    action,
    check_run: {
      ...renderRun(world, repository, run),
      details_url: run.detailsUrl ?? webUrlOf(world, repository),
      app,
      check_suite: { id: run.id, head_branch: branches[0] ?? null, head_sha: run.commit, app },
    },
  });
}

/** All check runs of an App on a commit came to their ends. @param runs those, never none */
export async function suiteCompleted(
  { scene, branches }: Checked,
  runs: readonly CheckRunState[],
): Promise<HookEvent> {
  const { world, repository } = scene;
  const [first] = runs;
  if (first === undefined) throw new Error("a suite without check runs");
  const { author, committer, tree, message, parents } = await repository.git.commit(first.commit);
  const url = `${apiUrlOf(world, repository)}/check-suites/${first.id}`;
  const failed = runs.find(({ conclusion }) => !["success", "neutral", "skipped"].includes(conclusion ?? ""));
  const at = renderDate(world.now());
  return eventOf(scene, "check_suite", "completed", {
    action: "completed",
    check_suite: {
      id: first.id,
      node_id: nodeIdOf("CheckSuite", first.id),
      head_branch: branches[0] ?? null,
      head_sha: first.commit,
      status: "completed",
      conclusion: failed?.conclusion ?? "success",
      url,
      before: parents[0] ?? null,
      after: first.commit,
      pull_requests: [],
      app: appOf(world, first.app),
      created_at: at,
      updated_at: at,
      latest_check_runs_count: runs.length,
      check_runs_url: `${url}/check-runs`,
      head_commit: {
        id: first.commit,
        tree_id: tree,
        message,
        timestamp: renderDate(committer.at),
        author: { name: author.name, email: author.email },
        committer: { name: committer.name, email: committer.email },
      },
    },
  });
}

/** Somebody set a status. */
export async function statusSet({ scene, branches }: Checked, status: StatusState): Promise<HookEvent> {
  const { world, repository } = scene;
  const { id, commit: sha, context, state, description, targetUrl, at } = status;
  const commit = renderCommit(world, repository, await repository.git.commit(sha));
  return eventOf(scene, "status", undefined, {
    id,
    sha,
    name: `${repository.owner}/${repository.name}`,
    context,
    state,
    description,
    target_url: targetUrl,
    commit,
    branches: branches.slice(0, 10).map((name) => ({
      name,
      commit: { sha, url: `${apiUrlOf(world, repository)}/commits/${sha}` },
      protected: repository.protectedBranches.has(name),
    })),
    created_at: renderDate(at),
    updated_at: renderDate(at),
  });
}

/** Ours, or one of others that stays the same for the same name. */
function appOf(world: World, slug: string): object {
  const { app } = world;
  if (app !== undefined && app.slug === slug) return renderApp(world, app);
  const id = 900_000 + Buffer.from(slug).reduce((sum, byte) => sum + byte, 0);
  return renderApp(world, { id, slug, createdAt: world.now(), installations: [] });
}
