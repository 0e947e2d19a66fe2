import { CodedError } from "../../errors.ts";
import type { Repository, Tag } from "../../image/reference.ts";
import type { Survey, TagAnswer, TagQuestion } from "../../ports/registry.ts";
import type { Content } from "./content.ts";
import { mapParallel } from "./parallel.ts";
import { Permit } from "./permit.ts";

/** Questions about one repository at a time. */
const AT_A_TIME = 4;

/** Asks about each tag by itself. What the registry is to be left alone with is not asked about any more. */
export async function survey(
  content: Content,
  repository: Repository,
  questions: readonly TagQuestion[],
  signal: AbortSignal,
): Promise<Survey> {
  const answers = new Map<Tag, TagAnswer>();
  const permit = new Permit(questions.length);
  let deferred: CodedError | undefined;
  await mapParallel(questions, AT_A_TIME, async ({ tag }) => {
    if (deferred !== undefined) return;
    try {
      const state = await content.resolve({ repository, tag }, signal, permit);
      answers.set(tag, state.kind === "found" ? { ...state, source: "head" } : state);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof CodedError && error.code === "registry-deferred") deferred = error;
      else answers.set(tag, { kind: "failed", error });
    }
  });
  return { answers, ...(deferred === undefined ? {} : { deferred }) };
}
