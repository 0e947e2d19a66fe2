import type { CommitId } from "../../ports/code-host.ts";
import type { CodeRepository } from "../../proposal/plan.ts";

/** Commits that we made a moment ago, of which nobody has said anything yet. */
export interface FreshCommits {
  made(repository: CodeRepository, commit: CommitId): void;
  /** Whether we made it and did not ask before. */
  take(repository: CodeRepository, commit: CommitId): boolean;
}

/** A proposal is checked right after it is written: these are many at once. */
const COMMITS_MAX = 1_000;

/** Remembers the last 1,000. */
export function createFreshCommits(): FreshCommits {
  const commits = new Set<string>();
  return {
    made(repository, commit) {
      commits.add(keyOf(repository, commit));
      const [oldest] = commits;
      if (commits.size > COMMITS_MAX && oldest !== undefined) commits.delete(oldest);
    },
    take: (repository, commit) => commits.delete(keyOf(repository, commit)),
  };
}

function keyOf({ owner, name }: CodeRepository, commit: CommitId): string {
  return `${owner}/${name} ${commit}`.toLowerCase();
}
