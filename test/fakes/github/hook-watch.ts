import type { InstallationState } from "./app.ts";
import { covers } from "./app.ts";
import { runChanged, statusSet, suiteCompleted } from "./check-payloads.ts";
import { NO_OBJECT } from "./git-repository.ts";
import {
  commented,
  installationChanged,
  pullChanged,
  pushed,
  repositoryChanged,
  type Scene,
} from "./hook-payloads.ts";
import type { WebhookTarget } from "./webhooks.ts";
import { createLane } from "./world.ts";
import type { PullState, RepositoryState, World } from "./world.ts";

/** Sees what changes in a world, and has it told by webhooks. */
export interface HookWatch {
  /** From now on what happens is told there; undefined: nowhere. */
  point(target: WebhookTarget | undefined): Promise<void>;
  /** Has what changed since the last look told, as done by this person. Nothing where webhooks go nowhere. */
  look(sender: string): Promise<void>;
}

/** What changes of a pull request. */
interface PullFacts {
  readonly state: string;
  readonly headCommit: string;
  readonly texts: string;
  readonly commentCount: number;
}

interface RepositoryFacts {
  readonly branches: ReadonlyMap<string, string>;
  readonly pulls: ReadonlyMap<number, PullFacts>;
  /** Whether each came to its end, by its number. */
  readonly runs: ReadonlyMap<number, boolean>;
  readonly statusCount: number;
  readonly isArchived: boolean;
  readonly isPrivate: boolean;
}

interface InstallationFacts {
  readonly installation: InstallationState;
  readonly isSuspended: boolean;
  readonly covered: ReadonlySet<number>;
}

interface Facts {
  readonly repositories: ReadonlyMap<number, RepositoryFacts>;
  readonly installations: ReadonlyMap<number, InstallationFacts>;
}

/** Watches a world. */
export function createHookWatch(world: World): HookWatch {
  const lane = createLane();
  let known: Facts | undefined;
  return {
    point: async (target) =>
      lane(async () => {
        world.webhooks.point(target);
        known = target === undefined ? undefined : await factsOf(world);
      }),
    look: async (sender) =>
      lane(async () => {
        if (known === undefined) return;
        const before = known;
        known = await factsOf(world);
        tellInstallations(world, before, known);
        for (const repository of world.repositories.values()) {
          const now = known.repositories.get(repository.id);
          if (now === undefined) continue;
          await tellRepository({ world, repository, sender }, before.repositories.get(repository.id), now);
        }
      }),
  };
}

async function factsOf(world: World): Promise<Facts> {
  const repositories = new Map<number, RepositoryFacts>();
  for (const repository of world.repositories.values()) {
    const { id, git, pulls, checkRuns, statuses, isArchived, isPrivate } = repository;
    const branches = (await git.refs())
      .filter(({ name }) => name.startsWith("heads/"))
      .map(({ name, sha }) => [name.slice("heads/".length), sha] as const);
    const facts = pulls.map((pull) => [pull.number, pullFactsOf(pull)] as const);
    repositories.set(id, {
      branches: new Map(branches),
      pulls: new Map(facts),
      runs: new Map(checkRuns.map((run) => [run.id, run.status === "completed"])),
      statusCount: statuses.length,
      isArchived,
      isPrivate,
    });
  }
  const all = [...world.repositories.values()];
  const installations = (world.app?.installations ?? []).map((installation) => {
    const covered = new Set(all.filter((each) => covers(installation, each)).map(({ id }) => id));
    const isSuspended = installation.suspendedAt !== undefined;
    return [installation.id, { installation, isSuspended, covered }] as const;
  });
  return { repositories, installations: new Map(installations) };
}

function pullFactsOf({ state, headCommit, title, body, baseBranch, comments }: PullState): PullFacts {
  const texts = JSON.stringify([title, body, baseBranch]);
  return { state, headCommit, texts, commentCount: comments.length };
}

async function tellRepository(
  scene: Scene,
  before: RepositoryFacts | undefined,
  now: RepositoryFacts,
): Promise<void> {
  const { webhooks } = scene.world;
  if (before === undefined) webhooks.send(repositoryChanged(scene, "created"));
  if (before !== undefined && before.isArchived !== now.isArchived) {
    webhooks.send(repositoryChanged(scene, now.isArchived ? "archived" : "unarchived"));
  }
  if (before !== undefined && before.isPrivate !== now.isPrivate) {
    webhooks.send(repositoryChanged(scene, now.isPrivate ? "privatized" : "publicized"));
  }
  for (const branch of new Set([...(before?.branches.keys() ?? []), ...now.branches.keys()])) {
    const move = {
      branch,
      before: before?.branches.get(branch) ?? NO_OBJECT,
      after: now.branches.get(branch) ?? NO_OBJECT,
    };
    if (move.before !== move.after) webhooks.send(await pushed(scene, move));
  }
  // What has come since the look is for the next one.
  for (const pull of scene.repository.pulls) {
    const seen = now.pulls.get(pull.number);
    if (seen !== undefined) tellPull(scene, pull, before?.pulls.get(pull.number), seen);
  }
  await tellChecks(scene, before, now);
}

async function tellChecks(
  scene: Scene,
  before: RepositoryFacts | undefined,
  now: RepositoryFacts,
): Promise<void> {
  const { world, repository } = scene;
  const { checkRuns, statuses } = repository;
  const checkedAt = (commit: string) => ({
    scene,
    branches: [...now.branches].flatMap(([name, head]) => (head === commit ? [name] : [])),
  });
  for (const run of checkRuns.filter(({ id }) => now.runs.has(id))) {
    const was = before?.runs.get(run.id);
    if (was === undefined) world.webhooks.send(runChanged(checkedAt(run.commit), run, "created"));
    if (now.runs.get(run.id) !== true || was === true) continue;
    world.webhooks.send(runChanged(checkedAt(run.commit), run, "completed"));
    const suite = checkRuns.filter(({ commit, app }) => commit === run.commit && app === run.app);
    if (suite.some(({ status }) => status !== "completed")) continue;
    world.webhooks.send(await suiteCompleted(checkedAt(run.commit), suite));
  }
  for (const status of statuses.slice(before?.statusCount ?? 0, now.statusCount)) {
    world.webhooks.send(await statusSet(checkedAt(status.commit), status));
  }
}

function tellPull(scene: Scene, pull: PullState, before: PullFacts | undefined, now: PullFacts): void {
  const { webhooks } = scene.world;
  const tell = (action: string, more: object = {}): void =>
    webhooks.send(pullChanged(scene, pull, action, more));
  if (before === undefined) tell("opened");
  if (before !== undefined && before.headCommit !== now.headCommit) {
    tell("synchronize", { before: before.headCommit, after: now.headCommit });
  }
  if (before !== undefined && before.texts !== now.texts) tell("edited", { changes: { body: { from: "" } } });
  if (before !== undefined && before.state !== now.state)
    tell(now.state === "closed" ? "closed" : "reopened");
  for (const comment of pull.comments.slice(before?.commentCount ?? 0, now.commentCount)) {
    webhooks.send(commented({ ...scene, sender: comment.author }, pull, comment));
  }
}

function tellInstallations(world: World, before: Facts, now: Facts): void {
  const { webhooks } = world;
  for (const [id, { installation, isSuspended, covered }] of now.installations) {
    const was = before.installations.get(id);
    const tell = (action: string): void => webhooks.send(installationChanged(world, installation, action));
    if (was === undefined) tell("created");
    if (was === undefined) continue;
    if (was.isSuspended !== isSuspended) tell(isSuspended ? "suspend" : "unsuspend");
    const namesOf = (one: ReadonlySet<number>, other: ReadonlySet<number>): readonly RepositoryState[] =>
      [...world.repositories.values()].filter((each) => one.has(each.id) && !other.has(each.id));
    const [added, removed] = [namesOf(covered, was.covered), namesOf(was.covered, covered)];
    if (added.length > 0) webhooks.send(installationChanged(world, installation, "added", added));
    if (removed.length > 0) webhooks.send(installationChanged(world, installation, "removed", removed));
  }
  for (const [id, { installation }] of before.installations) {
    if (!now.installations.has(id)) webhooks.send(installationChanged(world, installation, "deleted"));
  }
}
