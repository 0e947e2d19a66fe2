import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { findPullNumber, findRepository } from "./find.ts";
import type { Git } from "./git.ts";
import { GitRepository, NO_OBJECT } from "./git-repository.ts";
import { changeInstallation, install } from "./installations.ts";
import { PERSON as LOGIN } from "./operator-told.ts";
import { labelNamed } from "./labels.ts";
import { stateOf } from "./pages.ts";
import { closePull, closePullsOf, mergePull, refreshPullsOf, reopenPull } from "./pulls.ts";
import { labelsOf } from "./pull-shapes.ts";
import { renderDate } from "./shapes.ts";
import { newestStatuses } from "./status-routes.ts";
import { createLane, keyOf } from "./world.ts";
import type { Permissions, PullState, RepositoryState, World } from "./world.ts";

/** A file to put into a repository. */
export interface NewFile {
  readonly path: string;
  readonly content: string | Uint8Array;
  /** Default: `100644`. `120000` makes a symbolic link to what the content says. */
  readonly mode?: string;
}

/** A commit by somebody else than the API's user. */
export interface NewCommit extends NewFile {
  /** Made from the default branch if absent. Default: the default branch. */
  readonly branch?: string;
  readonly message?: string;
  /** Default: `A. Person`. */
  readonly author?: string;
}

/** A pull request as people see it. */
export interface PullView {
  readonly number: number;
  readonly url: string;
  readonly state: "open" | "closed" | "merged";
  readonly title: string;
  readonly body: string;
  readonly labels: readonly string[];
  readonly headBranch: string;
  readonly headCommit: string;
  readonly baseBranch: string;
  readonly createdAt: string;
}

export interface StatusView {
  readonly context: string;
  readonly state: string;
  readonly description: string;
  readonly url: string | undefined;
}

/** What an account gives to the App. */
export interface InstallationWish {
  /** Default: what the product asks for, workflows excepted. */
  readonly permissions?: Permissions;
  /** Names of the account's repositories. Default: all. */
  readonly repositories?: readonly string[];
  /** Default: an organisation. */
  readonly kind?: "User" | "Organization";
}

/** What tests and the demo do as people: no HTTP, no token, no rate limit. */
export interface Operator {
  /** A repository with one commit on `main`. Returns the commit. */
  createRepository(owner: string, name: string, files: Files): Promise<string>;
  /** Commits one file. Returns the commit. */
  commitFile(owner: string, name: string, commit: NewCommit): Promise<string>;
  /** The text of a file on a branch or commit, byte-order mark included; undefined where there is none. */
  readFile(owner: string, name: string, ref: string, path: string): Promise<string | undefined>;
  /** Git's mode of a file on a branch or commit. */
  fileMode(owner: string, name: string, ref: string, path: string): Promise<string | undefined>;
  /** Removes a branch, and so closes the pull requests from and to it. */
  deleteBranch(owner: string, name: string, branch: string): Promise<void>;
  /** The commit at the head of a branch. */
  branchCommit(owner: string, name: string, branch: string): Promise<string | undefined>;
  /** All, oldest first. */
  pullRequests(owner: string, name: string): Promise<readonly PullView[]>;
  closePullRequest(owner: string, name: string, number: number): Promise<void>;
  reopenPullRequest(owner: string, name: string, number: number): Promise<void>;
  /** Merges by a merge commit, which is returned. */
  mergePullRequest(owner: string, name: string, number: number): Promise<string>;
  /** As a person who ticks a box in the text, or adds a label. */
  editPullRequest(
    owner: string,
    name: string,
    number: number,
    change: { readonly body?: string; readonly labels?: readonly string[] },
  ): Promise<void>;
  /** An archived one can be read only; one without commits has no branches. */
  changeRepository(
    owner: string,
    name: string,
    change: Partial<Pick<RepositoryState, "isArchived" | "isFork" | "isPrivate" | "kilobytes">>,
  ): Promise<void>;
  /** A repository without any commit. */
  createEmptyRepository(owner: string, name: string): Promise<void>;
  /** From now on the branch is moved by merged pull requests only. */
  protectBranch(owner: string, name: string, branch: string): Promise<void>;
  /** Installs the App at an account. Returns the id of the installation. */
  install(account: string, wish?: InstallationWish): Promise<number>;
  /** Changes an installation; `removed` ends it. */
  changeInstallation(
    id: number,
    change: InstallationWish & { readonly state?: "active" | "suspended" | "removed" },
  ): Promise<void>;
  /** The newest of each context. */
  statuses(owner: string, name: string, commit: string): Promise<readonly StatusView[]>;
}

/** By path, or with modes. */
export type Files = Readonly<Record<string, string | Uint8Array>> | readonly NewFile[];

const PERSON = "A. Person";
const FILE_MODE = "100644";

/** The operator of a world; `directory` holds the git repositories. */
export function createOperator(
  world: World,
  place: { readonly git: Git; readonly directory: string },
): Operator {
  const find = (owner: string, name: string): RepositoryState => findRepository(world, owner, name);
  const change = async <T>(
    [owner, name, number]: readonly [string, string, number],
    work: (repository: RepositoryState, pull: PullState) => T | Promise<T>,
  ): Promise<T> => {
    const repository = find(owner, name);
    return repository.exclusively(async () => work(repository, findPullNumber(repository, number)));
  };

  return {
    async createRepository(owner, name, files) {
      const repository = await createRepository(world, place, { owner, name });
      return commit(world, repository, { files: listOf(files), message: "Begin" });
    },
    async commitFile(owner, name, { path, content, mode, ...rest }) {
      const repository = find(owner, name);
      const file = { path, content, mode: mode ?? FILE_MODE };
      const message = rest.message ?? `Change ${path}`;
      return repository.exclusively(async () =>
        commit(world, repository, { ...rest, files: [file], message }),
      );
    },
    async readFile(owner, name, ref, path) {
      const { git } = find(owner, name);
      const entry = await git.entry((await git.ref(`heads/${ref}`)) ?? ref, path);
      return entry === undefined ? undefined : (await git.blob(entry.sha)).toString("utf8");
    },
    async fileMode(owner, name, ref, path) {
      const { git } = find(owner, name);
      return (await git.entry((await git.ref(`heads/${ref}`)) ?? ref, path))?.mode;
    },
    async changeRepository(owner, name, wish) {
      Object.assign(find(owner, name), wish);
    },
    async createEmptyRepository(owner, name) {
      await createRepository(world, place, { owner, name });
    },
    async protectBranch(owner, name, branch) {
      find(owner, name).protectedBranches.add(branch);
    },
    install: async (account, wish = {}) => install(world, account, wish),
    changeInstallation: async (id, wish) => changeInstallation(world, id, wish),
    deleteBranch: async (owner, name, branch) => {
      const repository = find(owner, name);
      await repository.exclusively(async () => {
        await repository.git.deleteRef(`heads/${branch}`);
        closePullsOf(world, repository, branch);
      });
    },
    branchCommit: async (owner, name, branch) => find(owner, name).git.ref(`heads/${branch}`),
    async pullRequests(owner, name) {
      const repository = find(owner, name);
      await refreshPullsOf(world, repository);
      return repository.pulls.map((pull) => viewOf(world, repository, pull));
    },
    closePullRequest: async (...where) => change(where, (_, pull) => closePull(world, pull, LOGIN)),
    reopenPullRequest: async (...where) =>
      change(where, async (repository, pull) => reopenPull(world, repository, pull)),
    mergePullRequest: async (...where) =>
      change(where, async (repository, pull) => mergePull(world, repository, pull, { method: "merge" })),
    editPullRequest: async (owner, name, number, edit) =>
      change([owner, name, number], (repository, pull) => editPull(world, { repository, pull }, edit)),
    statuses: async (owner, name, sha) =>
      newestStatuses(find(owner, name), sha).map(({ context, state, description, targetUrl }) => ({
        context,
        state,
        description: description ?? "",
        url: targetUrl ?? undefined,
      })),
  };
}

async function createRepository(
  world: World,
  { git, directory }: { readonly git: Git; readonly directory: string },
  { owner, name }: { readonly owner: string; readonly name: string },
): Promise<RepositoryState> {
  if (![owner, name].every((part) => /^[A-Za-z0-9][\w.-]{0,99}$/.test(part))) {
    throw new Error(`not a name of a repository: ${owner}/${name}`);
  }
  if (world.repositories.has(keyOf(owner, name))) throw new Error(`${owner}/${name} exists already`);
  await mkdir(join(directory, owner), { recursive: true });
  const path = join(directory, owner, `${name}.git`);
  // One of an earlier double has pull requests that nobody remembers: better to fail than to serve half of it.
  await mkdir(path);
  const repository: RepositoryState = {
    id: world.nextId(),
    owner,
    name,
    defaultBranch: "main",
    createdAt: world.now(),
    git: new GitRepository(git, path),
    pulls: [],
    labels: new Map(),
    statuses: [],
    checkRuns: [],
    protectedBranches: new Set(),
    requiredChecks: new Map(),
    roles: new Map(),
    teams: new Set(),
    milestones: [],
    isArchived: false,
    isFork: false,
    isPrivate: false,
    kilobytes: 0,
    signed: new Set(),
    exclusively: createLane(),
  };
  await repository.git.initialise();
  world.repositories.set(keyOf(owner, name), repository);
  return repository;
}

async function commit(
  world: World,
  repository: RepositoryState,
  wish: {
    readonly files: readonly NewFile[];
    readonly message: string;
    readonly branch?: string;
    readonly author?: string;
  },
): Promise<string> {
  const { git, defaultBranch } = repository;
  const branch = wish.branch ?? defaultBranch;
  const before = await git.ref(`heads/${branch}`);
  const parent = before ?? (await git.ref(`heads/${defaultBranch}`));
  const changes = [];
  for (const { path, content, mode } of wish.files) {
    changes.push({ path, mode: mode ?? FILE_MODE, sha: await git.writeBlob(content) });
  }
  const person = { name: wish.author ?? PERSON, email: "person@example.org", at: world.now() };
  const sha = await git.writeCommit({
    tree: await git.writeTree(parent === undefined ? undefined : (await git.commit(parent)).tree, changes),
    parents: parent === undefined ? [] : [parent],
    author: person,
    committer: person,
    message: wish.message,
  });
  if (!(await git.moveRef(`heads/${branch}`, sha, before ?? NO_OBJECT)))
    throw new Error(`${branch} was moved meanwhile`);
  repository.kilobytes = Math.max(1, repository.kilobytes);
  await refreshPullsOf(world, repository);
  return sha;
}

function editPull(
  world: World,
  { repository, pull }: { readonly repository: RepositoryState; readonly pull: PullState },
  { body, labels }: { readonly body?: string; readonly labels?: readonly string[] },
): void {
  pull.body = body ?? pull.body;
  for (const name of labels ?? []) labelNamed(world, repository, name);
  pull.labels = labels === undefined ? pull.labels : [...labels];
  pull.updatedAt = world.now();
}

function viewOf(world: World, repository: RepositoryState, pull: PullState): PullView {
  return {
    number: pull.number,
    url: `${world.webUrl}/${repository.owner}/${repository.name}/pull/${pull.number}`,
    state: stateOf(pull),
    title: pull.title,
    body: pull.body ?? "",
    labels: labelsOf(repository, pull).map(({ name }) => name),
    headBranch: pull.headBranch,
    headCommit: pull.headCommit,
    baseBranch: pull.baseBranch,
    createdAt: renderDate(pull.createdAt),
  };
}

function listOf(files: Files): readonly NewFile[] {
  if (isList(files)) return files;
  return Object.entries(files).map(([path, content]) => ({ path, content }));
}

function isList(files: Files): files is readonly NewFile[] {
  return Array.isArray(files);
}
