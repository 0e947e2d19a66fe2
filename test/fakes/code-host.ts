import { createHash } from "node:crypto";
import { CodedError } from "../../src/errors.ts";
import type {
  CodeHost,
  CommitFacts,
  CommitId,
  CommitStatus,
  PullRequest,
  PullRequestContent,
} from "../../src/ports/code-host.ts";
import type { CodeRepository } from "../../src/proposal/plan.ts";
import { type Instant, renderInstant } from "../../src/time.ts";
import { createFaults, type Faults } from "./faults.ts";

/** Texts by path. */
export type Files = Readonly<Record<string, string>>;

/** A pull request with what the port does not show. */
export interface FakePull extends PullRequest {
  readonly head: string;
  readonly labels: readonly string[];
}

/** A code host behind the port, with what people do there. */
export interface FakeCodeHost extends CodeHost, Pick<Faults, "asked" | "fail" | "heal"> {
  /** Makes a code repository whose default branch is `main`. */
  create(repository: CodeRepository, files: Files): void;
  /** Somebody commits: these files change, the others stay. */
  push(repository: CodeRepository, branch: string, files: Files, message?: string): CommitId;
  read(repository: CodeRepository, branch: string): Files;
  deleteBranch(repository: CodeRepository, branch: string): void;
  /** Somebody merges it as one new commit on its base branch. The branch stays. */
  merge(repository: CodeRepository, number: number, at: Instant): void;
  close(repository: CodeRepository, number: number, at: Instant): void;
  reopen(repository: CodeRepository, number: number): void;
  edit(repository: CodeRepository, number: number, change: Partial<Pick<FakePull, "body" | "title">>): void;
  pulls(repository: CodeRepository): readonly FakePull[];
  statuses(commit: CommitId): readonly CommitStatus[];
  /** Files that cannot be read, with the reason. */
  readonly unreadable: Map<string, string>;
}

/** When whatever is closed through the port was closed. */
const CLOSED_AT = "2026-11-24T12:00:00Z";

interface Commit extends CommitFacts {
  readonly files: Files;
}

interface World {
  readonly branches: Map<string, Commit>;
  readonly commits: Map<CommitId, Commit>;
  readonly pulls: Map<number, FakePull>;
}

/** Questions are the names of the port's methods, then the code repository. */
export function createFakeCodeHost(): FakeCodeHost {
  const { asked, fail, heal, ask } = createFaults();
  const worlds = new Map<string, World>();
  const statuses = new Map<CommitId, readonly CommitStatus[]>();
  const unreadable = new Map<string, string>();

  const world = ({ owner, name }: CodeRepository): World => {
    const found = worlds.get(`${owner}/${name}`);
    if (found === undefined) throw new CodedError("code-host-not-found", `there is no ${owner}/${name}`);
    return found;
  };
  const asking = (method: string, repository: CodeRepository, signal: AbortSignal): World => {
    ask(`${method} ${repository.owner}/${repository.name}`, signal);
    return world(repository);
  };
  const pullOf = (repository: CodeRepository, number: number): FakePull => {
    const found = world(repository).pulls.get(number);
    if (found === undefined) throw new CodedError("code-host-not-found", `there is no #${number}`);
    return { ...found, headCommit: world(repository).branches.get(found.head)?.commit ?? found.headCommit };
  };
  const change = (repository: CodeRepository, number: number, facts: Partial<FakePull>): void =>
    void world(repository).pulls.set(number, { ...pullOf(repository, number), ...facts });

  return {
    asked,
    fail,
    heal,
    unreadable,
    ...people({ worlds, world, pullOf, change }),
    statuses: (commit) => statuses.get(commit) ?? [],

    async branch(repository, name, signal) {
      const found = asking("branch", repository, signal).branches.get(name ?? "main");
      if (found === undefined) throw new CodedError("code-host-not-found", `there is no ${name ?? "main"}`);
      return { name: name ?? "main", commit: found.commit };
    },
    async branchHead(repository, name, signal) {
      const found = asking("branchHead", repository, signal).branches.get(name);
      if (found === undefined) return undefined;
      const { commit, message, parents } = found;
      return { commit, message, parents };
    },
    async files(repository, commit, isWanted, signal) {
      const files = asking("files", repository, signal).commits.get(commit)?.files ?? {};
      const wanted = Object.entries(files).filter(([path]) => isWanted(path));
      return {
        files: wanted.flatMap(([path, text]) => (unreadable.has(path) ? [] : [{ path, text }])),
        skipped: wanted.flatMap(([path]) => {
          const reason = unreadable.get(path);
          return reason === undefined ? [] : [{ path, reason }];
        }),
      };
    },
    async writeBranch(repository, { branch, parent, files, message, expected }, signal) {
      const { branches, commits } = asking("writeBranch", repository, signal);
      const now = branches.get(branch)?.commit;
      if (now !== (expected.kind === "absent" ? undefined : expected.commit)) {
        throw new CodedError("code-host-conflict", `${branch} is not where it was expected`);
      }
      const changed = Object.fromEntries(files.map(({ path, text }) => [path, text]));
      const made = commitOf({ ...commits.get(parent)?.files, ...changed }, message, [parent]);
      commits.set(made.commit, made);
      branches.set(branch, made);
      return made.commit;
    },
    async findPullRequest(repository, branch, signal) {
      const { pulls } = asking("findPullRequest", repository, signal);
      const number = [...pulls.values()].findLast(({ head }) => head === branch)?.number;
      return number === undefined ? undefined : pullOf(repository, number);
    },
    async openPullRequest(repository, { head, base }, content, signal) {
      const { pulls, branches } = asking("openPullRequest", repository, signal);
      const open = [...pulls.values()].find((pull) => pull.head === head && pull.state === "open");
      if (open !== undefined) return pullOf(repository, open.number);
      const number = pulls.size + 1;
      const url = `https://code.example/${repository.owner}/${repository.name}/pull/${number}`;
      const headCommit = branches.get(head)?.commit ?? "";
      pulls.set(number, { number, url, state: "open", head, baseBranch: base, headCommit, ...content });
      return pullOf(repository, number);
    },
    async updatePullRequest(repository, { number }, { title, body, labels }: PullRequestContent, signal) {
      asking("updatePullRequest", repository, signal);
      // As GitHub's adapter does: labels of ours that are not wanted any more go, those of people stay.
      const others = pullOf(repository, number).labels.filter(
        (label) => !labels.includes(label) && !/^(?:hullkeeper|sla:)/.test(label),
      );
      change(repository, number, { title, body, labels: [...labels, ...others] });
    },
    async closePullRequest(repository, { number, state }, signal) {
      asking("closePullRequest", repository, signal);
      if (state === "open") change(repository, number, { state: "closed", closedAt: CLOSED_AT });
    },
    async setStatuses(repository, commit, wanted, signal) {
      asking("setStatuses", repository, signal);
      const contexts = wanted.map(({ context }) => context);
      const others = (statuses.get(commit) ?? []).filter(({ context }) => !contexts.includes(context));
      statuses.set(commit, [...others, ...wanted]);
    },
  };
}

interface Inside {
  readonly worlds: Map<string, World>;
  readonly world: (repository: CodeRepository) => World;
  readonly pullOf: (repository: CodeRepository, number: number) => FakePull;
  readonly change: (repository: CodeRepository, number: number, facts: Partial<FakePull>) => void;
}

type People = Pick<
  FakeCodeHost,
  "create" | "push" | "read" | "deleteBranch" | "merge" | "close" | "reopen" | "edit" | "pulls"
>;

function people({ worlds, world, pullOf, change }: Inside): People {
  const push: People["push"] = (repository, branch, files, message = "Change by hand") => {
    const { branches, commits } = world(repository);
    const before = branches.get(branch) ?? branches.get("main");
    const parents = before === undefined ? [] : [before.commit];
    const made = commitOf({ ...before?.files, ...files }, message, parents);
    commits.set(made.commit, made);
    branches.set(branch, made);
    return made.commit;
  };
  return {
    create(repository, files) {
      worlds.set(`${repository.owner}/${repository.name}`, {
        branches: new Map(),
        commits: new Map(),
        pulls: new Map(),
      });
      push(repository, "main", files, "First");
    },
    push,
    read: (repository, branch) => world(repository).branches.get(branch)?.files ?? {},
    deleteBranch: (repository, branch) => void world(repository).branches.delete(branch),
    merge(repository, number, at) {
      const { head, baseBranch, title } = pullOf(repository, number);
      push(repository, baseBranch, world(repository).branches.get(head)?.files ?? {}, title);
      change(repository, number, { state: "merged", closedAt: renderInstant(at) });
    },
    close: (repository, number, at) =>
      change(repository, number, { state: "closed", closedAt: renderInstant(at) }),
    reopen: (repository, number) => change(repository, number, { state: "open" }),
    edit: change,
    pulls: (repository) => [...world(repository).pulls.keys()].map((number) => pullOf(repository, number)),
  };
}

function commitOf(files: Files, message: string, parents: readonly CommitId[]): Commit {
  const commit = createHash("sha1")
    .update(JSON.stringify([files, message, parents]))
    .digest("hex");
  return { commit, message, parents, files };
}
