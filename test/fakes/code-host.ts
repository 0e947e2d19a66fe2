import { CodedError } from "../../src/errors.ts";
import type {
  BranchContent,
  CodeHost,
  CommitFacts,
  CommitId,
  CommitStatus,
  PullRequestChange,
  PullRequestContent,
} from "../../src/ports/code-host.ts";
import type { CodeRepository } from "../../src/proposal/plan.ts";
import { type Instant, instantOf, renderInstant } from "../../src/time.ts";
import { type CodeHostAnswers, type Inside, type Talk, talkOf } from "./code-host-talk.ts";
import { commitOf, type FakePull, type Files, newWorld, type World } from "./code-host-world.ts";
import { listingOf } from "./code-host-listing.ts";
import { createFaults, type Faults } from "./faults.ts";

/** A code host behind the port, with what people do there. */
export interface FakeCodeHost extends CodeHost, Talk, Pick<Faults, "asked" | "fail" | "heal"> {
  /** Makes a code repository whose default branch is `main`. */
  create(repository: CodeRepository, files: Files): void;
  /** Somebody commits: these files change, the others stay. */
  push(repository: CodeRepository, branch: string, files: Files, message?: string): CommitId;
  /** Somebody removes a file. */
  remove(repository: CodeRepository, branch: string, path: string): void;
  read(repository: CodeRepository, branch: string): Files;
  /** What is at the head of a branch, where there is one. */
  headOf(repository: CodeRepository, branch: string): CommitFacts | undefined;
  /** A branch is made that points at this commit. */
  branchAt(repository: CodeRepository, branch: string, commit: CommitId): void;
  /** Somebody makes another branch the default one. */
  makeDefault(repository: CodeRepository, branch: string): void;
  /** Somebody removes a branch. */
  dropBranch(repository: CodeRepository, branch: string): void;
  /** Somebody merges it as one new commit on its base branch. The branch stays. */
  mergeByHand(repository: CodeRepository, number: number, at: Instant): void;
  /** @param by who does it; the host does not say where it is left out */
  close(repository: CodeRepository, number: number, at: Instant, by?: string): void;
  reopen(repository: CodeRepository, number: number): void;
  edit(
    repository: CodeRepository,
    number: number,
    change: Partial<Pick<FakePull, "body" | "title" | "updatedAt">>,
  ): void;
  pulls(repository: CodeRepository): readonly FakePull[];
  statuses(commit: CommitId): readonly CommitStatus[];
  /** Files that cannot be read, with the reason. */
  readonly unreadable: Map<string, string>;
}

const WRITTEN_AT = instantOf(Date.parse("2026-11-24T12:00:00Z"));

/** Questions are the names of the port's methods, then the code repository. */
export function createFakeCodeHost(): FakeCodeHost {
  const { asked, fail, heal, ask } = createFaults();
  const worlds = new Map<string, World>();
  const statuses = new Map<CommitId, readonly CommitStatus[]>();
  const unreadable = new Map<string, string>();
  const answers: CodeHostAnswers = {
    mergeable: undefined,
    unlisted: undefined,
    check: "unsupported",
    standing: "none",
    merge: "merged",
    repositories: { repositories: [], isPartial: false },
    writtenAt: WRITTEN_AT,
  };

  const world = ({ owner, name }: CodeRepository): World => {
    const found = worlds.get(`${owner}/${name}`);
    if (found === undefined) throw new CodedError("code-host-not-found", `there is no ${owner}/${name}`);
    return found;
  };
  const defaults = new Map<string, string>();
  const defaultOf = ({ owner, name }: CodeRepository): string => defaults.get(`${owner}/${name}`) ?? "main";
  const asking = (method: string, repository: CodeRepository, signal: AbortSignal): World => {
    ask(`${method} ${repository.owner}/${repository.name}`, signal);
    return world(repository);
  };
  const pullOf = (repository: CodeRepository, number: number): FakePull => {
    const found = world(repository).pulls.get(number);
    if (found === undefined) throw new CodedError("code-host-not-found", `there is no #${number}`);
    const branch = world(repository).branches.get(found.head);
    const headCommit = found.state === "open" && branch !== undefined ? branch.commit : found.headCommit;
    const { mergeable } = answers;
    return { ...found, headCommit, ...(mergeable === undefined ? {} : { isMergeable: mergeable }) };
  };
  const change = (repository: CodeRepository, number: number, facts: Partial<FakePull>): void =>
    void world(repository).pulls.set(number, { ...pullOf(repository, number), ...facts });
  const inside = { worlds, world, asking, pullOf, change };
  const talk = talkOf(inside, answers);
  const opened = (
    repository: CodeRepository,
    { head, base }: { readonly head: string; readonly base: string },
    content: PullRequestContent,
  ): FakePull => {
    const { pulls, branches } = world(repository);
    const open = [...pulls.values()].find((pull) => pull.head === head && pull.state === "open");
    if (open !== undefined) return pullOf(repository, open.number);
    const number = pulls.size + 1;
    const url = `https://code.example/${repository.owner}/${repository.name}/pull/${number}`;
    const headCommit = branches.get(head)?.commit ?? "";
    const facts = { number, url, state: "open", head, baseBranch: base, headCommit } as const;
    pulls.set(number, { ...facts, ...content, assignees: [], reviewers: [] });
    return pullOf(repository, number);
  };
  const updated = (
    repository: CodeRepository,
    number: number,
    { title, body, labels }: PullRequestChange,
  ): void => {
    if (labels === undefined) return change(repository, number, { title, body });
    // As GitHub's adapter does: labels of ours that are not wanted any more go, those of people stay.
    const others = pullOf(repository, number).labels.filter(
      (label) => !labels.includes(label) && !/^(?:hullkeeper|sla:)/.test(label),
    );
    change(repository, number, { title, body, labels: [...labels, ...others] });
  };

  return {
    asked,
    fail,
    heal,
    unreadable,
    ...people(inside),
    ...talk,
    statuses: (commit) => statuses.get(commit) ?? [],
    makeDefault: ({ owner, name }, branch) => void defaults.set(`${owner}/${name}`, branch),

    async heads(repository, { isDefaultWanted, names, prefixes }, signal) {
      const { branches } = asking("heads", repository, signal);
      const isWanted = (name: string): boolean =>
        names.includes(name) || prefixes.some((prefix) => name.startsWith(prefix));
      const all = [...branches].map(([name, { commit }]) => ({ name, commit }));
      const main = all.find(({ name }) => name === defaultOf(repository));
      if (isDefaultWanted && main === undefined) {
        throw new CodedError("code-host-not-found", "there is no default branch");
      }
      return {
        ...(isDefaultWanted && main !== undefined ? { default: main } : {}),
        branches: all.filter(({ name }) => isWanted(name)),
        isPartial: false,
      };
    },
    async newestPull(repository, branch, signal) {
      const { pulls } = asking("newestPull", repository, signal);
      const number = [...pulls.values()].findLast((pull) => pull.head === branch)?.number;
      return number === undefined ? undefined : pullOf(repository, number);
    },
    async files(repository, commit, wish, signal) {
      const files = asking("files", repository, signal).commits.get(commit)?.files ?? {};
      const { unlisted } = answers;
      if (unlisted !== undefined) return { files: [], skipped: [], unchanged: [], unlisted };
      return listingOf(files, wish, unreadable);
    },
    async isContained(repository, commit, within, signal) {
      const { commits } = asking("isContained", repository, signal);
      const seen = new Set<CommitId>([within]);
      for (const each of seen) for (const parent of commits.get(each)?.parents ?? []) seen.add(parent);
      return seen.has(commit);
    },
    async updatePullRequest(repository, { number }, content, signal) {
      asking("updatePullRequest", repository, signal);
      updated(repository, number, content);
    },
    async look(repository, { baseBranch, branch, paths }, signal) {
      const { branches, pulls } = asking("look", repository, signal);
      const base = branches.get(baseBranch);
      if (base === undefined) throw new CodedError("code-host-not-found", `there is no ${baseBranch}`);
      const head = branches.get(branch);
      const number = [...pulls.values()].findLast((pull) => pull.head === branch)?.number;
      return {
        base: { name: baseBranch, commit: base.commit },
        ...(head === undefined
          ? {}
          : { head: { commit: head.commit, message: head.message, parents: head.parents } }),
        ...(number === undefined ? {} : { pull: pullOf(repository, number) }),
        files: paths.flatMap((path) => {
          const text = unreadable.has(path) ? undefined : base.files[path];
          return text === undefined ? [] : [{ path, text }];
        }),
      };
    },
    async propose(repository, { title, body, labels, base, current, ...content }, signal) {
      const commit = writeTo(asking("propose", repository, signal), content);
      const branches = { head: content.branch, base: base.name };
      const pull = current === undefined ? opened(repository, branches, { title, body, labels }) : current;
      updated(repository, pull.number, { title, body, labels });
      return { commit, pull: pullOf(repository, pull.number) };
    },
    async closePullRequest(repository, { number, state }, signal) {
      asking("closePullRequest", repository, signal);
      if (state === "open")
        change(repository, number, { state: "closed", closedAt: renderInstant(answers.writtenAt) });
    },
    async setStatuses(repository, commit, wanted, signal) {
      asking("setStatuses", repository, signal);
      const contexts = wanted.map(({ context }) => context);
      const others = (statuses.get(commit) ?? []).filter(({ context }) => !contexts.includes(context));
      statuses.set(commit, [...others, ...wanted]);
    },
  };
}

/** One commit on a branch, as the port has it. */
function writeTo({ branches, commits }: World, content: BranchContent): CommitId {
  const { branch, parent, files, message, expected } = content;
  const now = branches.get(branch)?.commit;
  if (now !== (expected.kind === "absent" ? undefined : expected.commit)) {
    throw new CodedError("code-host-conflict", `${branch} is not where it was expected`);
  }
  const changed = Object.fromEntries(files.map(({ path, text }) => [path, text]));
  const made = commitOf({ ...commits.get(parent)?.files, ...changed }, message, [parent]);
  commits.set(made.commit, made);
  branches.set(branch, made);
  return made.commit;
}

type People = Pick<
  FakeCodeHost,
  | "create"
  | "push"
  | "remove"
  | "read"
  | "headOf"
  | "branchAt"
  | "dropBranch"
  | "mergeByHand"
  | "close"
  | "reopen"
  | "edit"
  | "pulls"
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
      worlds.set(`${repository.owner}/${repository.name}`, newWorld());
      push(repository, "main", files, "First");
    },
    push,
    remove(repository, branch, path) {
      const { branches, commits } = world(repository);
      const before = branches.get(branch);
      const { [path]: _removed, ...files } = before?.files ?? {};
      const made = commitOf(files, `Remove ${path}`, before === undefined ? [] : [before.commit]);
      commits.set(made.commit, made);
      branches.set(branch, made);
    },
    read: (repository, branch) => world(repository).branches.get(branch)?.files ?? {},
    headOf: (repository, branch) => world(repository).branches.get(branch),
    branchAt(repository, branch, commit) {
      const { branches, commits } = world(repository);
      const found = commits.get(commit);
      if (found !== undefined) branches.set(branch, found);
    },
    dropBranch: (repository, branch) => void world(repository).branches.delete(branch),
    mergeByHand(repository, number, at) {
      const { head, baseBranch, title } = pullOf(repository, number);
      push(repository, baseBranch, world(repository).branches.get(head)?.files ?? {}, title);
      change(repository, number, { state: "merged", closedAt: renderInstant(at) });
    },
    close: (repository, number, at, by) =>
      change(repository, number, {
        state: "closed",
        closedAt: renderInstant(at),
        ...(by === undefined ? {} : { closedBy: by }),
      }),
    reopen: (repository, number) => change(repository, number, { state: "open" }),
    edit: change,
    pulls: (repository) => [...world(repository).pulls.keys()].map((number) => pullOf(repository, number)),
  };
}
