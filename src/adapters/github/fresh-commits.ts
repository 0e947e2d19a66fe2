import type { CommitId } from "../../ports/code-host.ts";
import type { CodeRepository } from "../../proposal/plan.ts";

/** Commits that we made a moment ago, of which nobody has said anything yet. */
export interface FreshCommits {
  made(repository: CodeRepository, commit: CommitId): void;
  /** Whether we made it, and this is the first that is said of it under that name: then nothing has to be read first. */
  isFirst(repository: CodeRepository, commit: CommitId, name: string): boolean;
}

/** A proposal is checked right after it is written: these are many at once. */
const COMMITS_MAX = 1_000;
/** Checks and statuses of ours on one commit. */
const NAMES_MAX = 20;

/** Remembers the last 1,000. */
export function createFreshCommits(): FreshCommits {
  const saidOf = new Map<string, Set<string>>();
  return {
    made(repository, commit) {
      saidOf.set(keyOf(repository, commit), new Set());
      const [oldest] = saidOf.keys();
      if (saidOf.size > COMMITS_MAX && oldest !== undefined) saidOf.delete(oldest);
    },
    isFirst(repository, commit, name) {
      const said = saidOf.get(keyOf(repository, commit));
      if (said === undefined || said.has(name) || said.size >= NAMES_MAX) return false;
      said.add(name);
      return true;
    },
  };
}

function keyOf({ owner, name }: CodeRepository, commit: CommitId): string {
  return `${owner}/${name} ${commit}`.toLowerCase();
}
