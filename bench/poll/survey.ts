import { mapParallel } from "../../src/adapters/registry/parallel.ts";
import { LocalGate } from "../../src/adapters/redis/gate/local-gate.ts";
import type { Digest } from "../../src/image/digest.ts";
import { parseTag, renderLine, type Repository, type Tag } from "../../src/image/reference.ts";
import type { Registry } from "../../src/ports/registry.ts";
import { createClient } from "./client.ts";
import { manifestOf, repositoriesAt, tagsOf } from "./population.ts";
import { type Assignment, REPOSITORIES_AT_A_TIME, type Work } from "./work.ts";

/** A tag, and where it was last seen: that changes from round to round. */
interface Question {
  readonly tag: Tag;
  known: Digest;
}

/** The registry client alone: surveys, and the manifest of each tag that moved, as a poll asks for it. */
export function prepareSurvey(assignment: Assignment): Work {
  const gate = new LocalGate({ now: Date.now, random: Math.random, share: 1 });
  const { registry, requestsSent, close } = createClient(assignment, gate);
  const tags = tagsOf(assignment.population).map(parseTag);
  const repositories = repositoriesAt(assignment.host, assignment.population).map((repository) => ({
    repository,
    questions: tags.map((tag): Question => ({ tag, known: manifestOf(repository.path, tag, 0).digest })),
  }));
  return {
    async run() {
      const before = requestsSent();
      const { signal } = new AbortController();
      await mapParallel(repositories, REPOSITORIES_AT_A_TIME, (each) => surveyOne(registry, each, signal));
      return requestsSent() - before;
    },
    close,
  };
}

async function surveyOne(
  registry: Registry,
  { repository, questions }: { readonly repository: Repository; readonly questions: readonly Question[] },
  signal: AbortSignal,
): Promise<void> {
  const { answers } = await registry.survey(repository, questions, { lists: "allowed" }, signal);
  for (const question of questions) {
    const answer = answers.get(question.tag);
    if (answer?.kind !== "found")
      throw new Error(`no answer about ${renderLine({ repository, ...question })}`);
    if (answer.digest === question.known) continue;
    await registry.manifest({ repository, digest: answer.digest }, signal);
    question.known = answer.digest;
  }
}
