import { unlessAborted } from "../../deadline.ts";
import { type ImageLine, renderLine } from "../../image/reference.ts";
import type { Registry, TagCheck, TagState } from "../../ports/registry.ts";
import { SECOND_MS } from "../../time.ts";

/**
 * How old the question may be whose answer counts as of now. When a tag moves, all pull requests about it are written within seconds, and each takes
 * seconds at the code host.
 */
export const ASKED_NOW_MS = 5 * SECOND_MS;
/** Tags of which an answer is remembered at most. */
const TAGS_MAX = 1_000;

interface Question {
  /** When it was put, by the monotonic clock. */
  readonly atMs: number;
  readonly answer: Promise<TagState>;
}

/** A check that puts one question for all who write about the same tag at the same time. One for each process, of which nothing is kept. */
export function createTagCheck(
  registry: Pick<Registry, "resolve">,
  elapsedMs: () => number = () => performance.now(),
): TagCheck {
  // The longest known first.
  const questions = new Map<string, Question>();

  function ask(line: ImageLine, signal: AbortSignal): Promise<TagState> {
    const name = renderLine(line);
    const question = { atMs: elapsedMs(), answer: registry.resolve(line, signal) };
    questions.delete(name);
    questions.set(name, question);
    const [oldest] = questions.keys();
    if (questions.size > TAGS_MAX && oldest !== undefined) questions.delete(oldest);
    return question.answer;
  }

  /** What others asked, or are asking. */
  function known(line: ImageLine): Promise<TagState> | undefined {
    const question = questions.get(renderLine(line));
    if (question === undefined || elapsedMs() - question.atMs > ASKED_NOW_MS) return undefined;
    return question.answer;
  }

  return {
    async isSo(line, holds, signal) {
      // Nothing may happen between the look for a question and putting one: all who come at once would put it.
      const answer = known(line);
      if (answer === undefined) return holds(await ask(line, signal));
      // Who put it was told why it has no answer.
      const state = await unlessAborted(
        answer.catch(() => undefined),
        signal,
      );
      if (state !== undefined && (await holds(state))) return true;
      return holds(await ask(line, signal));
    },
  };
}
