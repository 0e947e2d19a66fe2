import { unlessAborted } from "../../deadline.ts";
import { CodedError } from "../../errors.ts";
import type { CodeRepository } from "../../proposal/plan.ts";

/** Questions that come within this time go in one document. */
const JOIN_MS = 40;

/** A question with who waits for its answer. */
export interface Waiting<Question, Result> {
  readonly repository: CodeRepository;
  readonly question: Question;
  readonly resolve: (result: Result) => void;
  readonly reject: (reason: unknown) => void;
}

/** How questions are put together. */
export interface Joining<Question, Result> {
  /** Whether so many are all that go in one document. */
  readonly isFull: (line: readonly Waiting<Question, Result>[]) => boolean;
  /** Whether one more is too much for a document; absent: only their number counts. */
  readonly isTooMuch?: (line: readonly Waiting<Question, Result>[], next: Question) => boolean;
  /** Answers all of them, each by itself. Never throws. */
  readonly ask: (line: readonly Waiting<Question, Result>[]) => Promise<void>;
}

/**
 * Whether what went wrong with all may be about one of them alone: a document is asked as whoever has the rights on the first, and the App may have lost
 * those while it has them on the others.
 */
export function isAboutOne(thrown: unknown): boolean {
  return thrown instanceof CodedError && ABOUT_ONE.has(thrown.code);
}

const ABOUT_ONE: ReadonlySet<string> = new Set(["code-host-not-found", "code-host-forbidden"]);

/** Asks together what is asked of one owner's repositories within a few milliseconds. Who gives up does not end the others' request. */
export function joined<Question, Result>({
  isFull,
  isTooMuch,
  ask,
}: Joining<Question, Result>): (
  repository: CodeRepository,
  question: Question,
  signal: AbortSignal,
) => Promise<Result> {
  const lines = new Map<string, Waiting<Question, Result>[]>();
  const flush = (owner: string): void => {
    const line = lines.get(owner) ?? [];
    lines.delete(owner);
    if (line.length > 0) void ask(line);
  };
  return async (repository, question, signal) => {
    const owner = repository.owner.toLowerCase();
    if (isTooMuch?.(lines.get(owner) ?? [], question) === true) flush(owner);
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const line = lines.get(owner) ?? [];
    lines.set(owner, line);
    line.push({ repository, question, resolve, reject });
    if (line.length === 1) setTimeout(() => lines.get(owner) === line && flush(owner), JOIN_MS);
    if (isFull(line)) flush(owner);
    return unlessAborted(promise, signal);
  };
}
