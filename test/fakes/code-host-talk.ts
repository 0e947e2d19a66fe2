import type {
  Attention,
  CheckRun,
  ChecksStanding,
  CodeHost,
  CommitId,
  PullComment,
  RepositoriesSeen,
  RepositoryRole,
} from "../../src/ports/code-host.ts";
import type { CodeRepository } from "../../src/proposal/plan.ts";
import { type Instant, renderInstant } from "../../src/time.ts";
import { commitOf, type FakePull, OURSELVES, type World } from "./code-host-world.ts";

/** What the host answers until a test says otherwise. */
export interface CodeHostAnswers {
  /** Whether pull requests can be merged without a conflict; undefined while the host does not know. */
  mergeable: boolean | undefined;
  /** `unsupported`: as for a personal token. */
  check: "set" | "unsupported";
  /** What the checks of others say. */
  standing: ChecksStanding;
  /** What the host finds when it is asked to merge. */
  merge: "merged" | "not-yet" | "conflict";
  /** Why it lists no files; undefined while it does. */
  unlisted: string | undefined;
  /** The code repositories that it lets us see. */
  repositories: RepositoriesSeen;
  /** When what we write is written. */
  writtenAt: Instant;
}

/** What tests set and see of what people say and may do. */
export interface Talk {
  /** Somebody writes below a pull request. Returns the id. */
  say(repository: CodeRepository, number: number, words: Omit<PullComment, "id">): number;
  /** What stands below a pull request, ours among it, oldest first. */
  talk(repository: CodeRepository, number: number): readonly PullComment[];
  checks(commit: CommitId): readonly CheckRun[];
  /** Of people by login, in all code repositories; who is not there has none. */
  readonly roles: Map<string, RepositoryRole>;
  readonly answers: CodeHostAnswers;
  /** Who and what the host has never heard of. */
  readonly unknown: Set<string>;
}

/** What both halves of the fake work on. */
export interface Inside {
  readonly worlds: Map<string, World>;
  readonly world: (repository: CodeRepository) => World;
  readonly asking: (method: string, repository: CodeRepository, signal: AbortSignal) => World;
  readonly pullOf: (repository: CodeRepository, number: number) => FakePull;
  readonly change: (repository: CodeRepository, number: number, facts: Partial<FakePull>) => void;
}

type TalkMethods = Pick<
  CodeHost,
  | "bringTo"
  | "setCheck"
  | "comment"
  | "comments"
  | "isWritten"
  | "roleOf"
  | "deleteBranch"
  | "standing"
  | "merge"
  | "repositories"
>;

/** Half of a fake code host: what people and we say, ask and may do there. */
export function talkOf(
  { world, asking, pullOf, change }: Inside,
  answers: CodeHostAnswers,
): Talk & TalkMethods {
  const strangers = new Set<string>();
  const roles = new Map<string, RepositoryRole>();
  const checks = new Map<CommitId, readonly CheckRun[]>();
  let lastId = 1_000;
  const say: Talk["say"] = (repository, number, words) => {
    pullOf(repository, number);
    const { comments } = world(repository);
    lastId += 1;
    comments.set(number, [...(comments.get(number) ?? []), { ...words, id: lastId }]);
    // A host that says when something changed last says so of comments as well.
    const { updatedAt } = pullOf(repository, number);
    if (updatedAt !== undefined && words.createdAt > updatedAt)
      change(repository, number, { updatedAt: words.createdAt });
    return lastId;
  };
  return {
    say,
    talk: (repository, number) => world(repository).comments.get(number) ?? [],
    checks: (commit) => checks.get(commit) ?? [],
    roles,
    answers,
    unknown: strangers,

    async bringTo(repository, { number }, attention, signal) {
      asking("bringTo", repository, signal);
      const { unknown, known } = partsOf(attention, strangers);
      const { assignees, reviewers } = pullOf(repository, number);
      change(repository, number, {
        ...known,
        assignees: [...new Set([...assignees, ...known.assignees])],
        reviewers: [...new Set([...reviewers, ...known.reviewers])],
      });
      return { unknown };
    },
    async setCheck(repository, commit, check, signal) {
      asking("setCheck", repository, signal);
      if (answers.check === "unsupported") return "unsupported";
      const others = (checks.get(commit) ?? []).filter(({ name }) => name !== check.name);
      checks.set(commit, [...others, check]);
      return "set";
    },
    async comment(repository, number, body, signal) {
      asking("comment", repository, signal);
      say(repository, number, { author: OURSELVES, body, createdAt: answers.writtenAt });
    },
    async comments(repository, number, since, signal) {
      const all = asking("comments", repository, signal).comments.get(number) ?? [];
      return all.filter(({ author, createdAt }) => author !== OURSELVES && createdAt >= since).slice(0, 100);
    },
    async isWritten(repository, number, { text, since }, signal) {
      const all = asking("isWritten", repository, signal).comments.get(number) ?? [];
      return all.some(({ body, createdAt }) => createdAt >= since && body.includes(text));
    },
    async roleOf(repository, login, signal) {
      asking("roleOf", repository, signal);
      return roles.get(login) ?? "none";
    },
    async deleteBranch(repository, branch, commit, signal) {
      const { branches } = asking("deleteBranch", repository, signal);
      if (branches.get(branch)?.commit === commit) branches.delete(branch);
    },
    async standing(repository, _commit, signal) {
      asking("standing", repository, signal);
      return answers.standing;
    },
    async merge(repository, pull, method, signal) {
      const { branches, commits } = asking("merge", repository, signal);
      const { head, headCommit, baseBranch, title } = pullOf(repository, pull.number);
      if (headCommit !== pull.headCommit) return "conflict";
      if (answers.merge !== "merged") return answers.merge;
      const base = branches.get(baseBranch);
      const files = { ...base?.files, ...branches.get(head)?.files };
      const made = commitOf(files, `${title} (${method})`, base === undefined ? [] : [base.commit]);
      commits.set(made.commit, made);
      branches.set(baseBranch, made);
      change(repository, pull.number, { state: "merged", closedAt: renderInstant(answers.writtenAt) });
      return "merged";
    },
    async repositories(signal) {
      signal.throwIfAborted();
      return answers.repositories;
    },
  };
}

function partsOf(
  { assignees, reviewers, milestone }: Attention,
  strangers: ReadonlySet<string>,
): { readonly known: Attention; readonly unknown: readonly string[] } {
  const isKnown = (name: string): boolean => !strangers.has(name);
  const unknown = [...assignees, ...reviewers, ...(milestone === undefined ? [] : [milestone])].filter(
    (name) => !isKnown(name),
  );
  const known = {
    assignees: assignees.filter(isKnown),
    reviewers: reviewers.filter(isKnown),
    ...(milestone === undefined || !isKnown(milestone) ? {} : { milestone }),
  };
  return { known, unknown };
}
