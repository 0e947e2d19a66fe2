import { renderImage, renderLine, renderRepository } from "../image/reference.ts";
import type { Store } from "../ports/store.ts";
import { branchName } from "../proposal/plan.ts";

/**
 * A store that is asked once for each fact that plans and assessments rest on: for one of them made in one go, which should not rest on two answers to one
 * question either. To be thrown away with it.
 */
export function readingOnce(store: Store): Store {
  return {
    ...store,
    verdict: once(renderImage, (image) => store.verdict(image)),
    watch: once(renderLine, (line) => store.watch(line)),
    scan: once(branchName, (of) => store.scan(of)),
    assessment: once(
      (repository, from, to) => `${renderRepository(repository)} ${from} ${to}`,
      (repository, from, to) => store.assessment(repository, from, to),
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
