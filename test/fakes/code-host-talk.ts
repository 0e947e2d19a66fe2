import type { Attention, CodeHost, RepositoriesSeen } from "../../src/ports/code-host.ts";
import type { CodeRepository } from "../../src/proposal/plan.ts";
import type { Instant } from "../../src/time.ts";
import { type FakePull, OURSELVES, type PullComment, type World } from "./code-host-world.ts";

/** What the host answers until a test says otherwise. */
export interface CodeHostAnswers {
  /** Whether pull requests can be merged without a conflict; undefined while the host does not know. */
  mergeable: boolean | undefined;
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

type TalkMethods = Pick<CodeHost, "bringTo" | "comment" | "repositories">;

/** Half of a fake code host: what people and we say, ask and may do there. */
export function talkOf(
  { world, asking, pullOf, change }: Inside,
  answers: CodeHostAnswers,
): Talk & TalkMethods {
  const strangers = new Set<string>();
  let lastId = 1_000;
  const say: Talk["say"] = (repository, number, words) => {
    pullOf(repository, number);
    const { comments } = world(repository);
    lastId += 1;
    comments.set(number, [...(comments.get(number) ?? []), { ...words, id: lastId }]);
    return lastId;
  };
  return {
    say,
    talk: (repository, number) => world(repository).comments.get(number) ?? [],
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
    async comment(repository, number, body, signal) {
      asking("comment", repository, signal);
      say(repository, number, { author: OURSELVES, body, createdAt: answers.writtenAt });
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
