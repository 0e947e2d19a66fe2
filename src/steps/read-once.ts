import { renderImage, renderLine, renderRepository } from "../image/reference.ts";
import type { Store } from "../ports/store.ts";
import { branchName } from "../proposal/plan.ts";

/**
 * A store that is asked once for each fact that plans rest on: for a plan made in one go, which should not rest on two answers to one question either.
 * To be thrown away with that plan.
 */
export function readingOnce(store: Store): Store {
  return {
    ...store,
    verdict: once(renderImage, store.verdict),
    watch: once(renderLine, store.watch),
    scan: once(branchName, store.scan),
    assessment: once(
      (repository, from, to) => `${renderRepository(repository)} ${from} ${to}`,
      store.assessment,
    ),
  };
}

function once<Question extends readonly unknown[], Answer>(
  nameOf: (...question: Question) => string,
  ask: (...question: Question) => Promise<Answer>,
): (...question: Question) => Promise<Answer> {
  const asked = new Map<string, Promise<Answer>>();
  return (...question) => {
    const name = nameOf(...question);
    const answer = asked.get(name) ?? ask(...question);
    asked.set(name, answer);
    return answer;
  };
}
