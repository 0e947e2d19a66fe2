import { createHash } from "node:crypto";
import type { CommitFacts, CommitId, PullComment, PullRequest } from "../../src/ports/code-host.ts";

/** Texts by path. */
export type Files = Readonly<Record<string, string>>;

/** A pull request with what the port does not show. */
export interface FakePull extends PullRequest {
  readonly head: string;
  readonly labels: readonly string[];
  readonly assignees: readonly string[];
  readonly reviewers: readonly string[];
  readonly milestone?: string;
}

/** A comment; ours are those by {@link OURSELVES}. */
export const OURSELVES = "hullkeeper[bot]";

export interface Commit extends CommitFacts {
  readonly files: Files;
}

/** One code repository. */
export interface World {
  readonly branches: Map<string, Commit>;
  readonly commits: Map<CommitId, Commit>;
  readonly pulls: Map<number, FakePull>;
  /** By the number of the pull request, oldest first. */
  readonly comments: Map<number, PullComment[]>;
}

export function newWorld(): World {
  return { branches: new Map(), commits: new Map(), pulls: new Map(), comments: new Map() };
}

export function commitOf(files: Files, message: string, parents: readonly CommitId[]): Commit {
  const commit = createHash("sha1")
    .update(JSON.stringify([files, message, parents]))
    .digest("hex");
  return { commit, message, parents, files };
}
