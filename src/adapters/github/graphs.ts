import type { CodeRepository } from "../../proposal/plan.ts";
import { HOUR_MS } from "../../time.ts";

/** What a look told of a repository that writing to it needs. */
export interface Looked {
  /** Of the base branch. */
  readonly commit: string;
  /** GraphQL's name of the repository. */
  readonly id: string;
  /** Wanted files that are ordinary ones: neither executable nor links. */
  readonly ordinary: readonly string[];
}

/** Repositories that were looked at last. */
const LOOKED_MAX = 1_000;
const ABSENT_MS = HOUR_MS;

/** The documents that there are; an old host may know the fields of one and not of the other. */
export type GraphDocument = "look" | "propose" | "read";

/** Whether the host speaks GraphQL, and what it told. */
export interface Graphs {
  /** For an hour after it said that it takes no such documents. */
  areAbsent(document: GraphDocument): boolean;
  /** The host itself said that it takes no such documents: it has no such address, or no such fields. What else may go wrong says nothing of that. */
  absent(document: GraphDocument): void;
  remember(repository: CodeRepository, looked: Looked): void;
  looked(repository: CodeRepository): Looked | undefined;
}

/** @param nowMs of a clock that only goes forward, in tests */
export function createGraphs(nowMs: () => number = () => performance.now()): Graphs {
  const known = new Map<string, Looked>();
  const absentUntilMs = { look: 0, propose: 0, read: 0 };
  return {
    areAbsent: (document) => nowMs() < absentUntilMs[document],
    absent(document) {
      absentUntilMs[document] = nowMs() + ABSENT_MS;
    },
    remember(repository, looked) {
      known.delete(nameOf(repository));
      known.set(nameOf(repository), looked);
      const [oldest] = known.keys();
      if (known.size > LOOKED_MAX && oldest !== undefined) known.delete(oldest);
    },
    looked: (repository) => known.get(nameOf(repository)),
  };
}

function nameOf({ owner, name }: CodeRepository): string {
  return `${owner}/${name}`.toLowerCase();
}
