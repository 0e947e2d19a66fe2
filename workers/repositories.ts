import type { Context } from "../src/context.ts";
import type { ListedRepository } from "../src/ports/code-host.ts";
import type { CodeRepository } from "../src/proposal/plan.ts";
import { DISCOVER, REPOSITORIES } from "../src/queues.ts";
import { worker } from "../src/worker.ts";
import { unsubscribeOthers } from "../src/steps/subscriptions.ts";
import { later } from "../src/time.ts";
import { isMeant } from "../src/watch/repository-patterns.ts";

/**
 * Finds the code repositories that fit the patterns among all that the code host lets us see, has new ones read, and forgets those that are there no
 * longer. What fits and is not read is told of. A listing that failed changes nothing.
 */
export const repositories = worker(REPOSITORIES, async (_job, context, signal) => {
  const { store, clock, codeHost, settings, enqueue } = context;
  const { patterns } = settings.repositories;
  if (patterns.length === 0) return;
  const startedAt = await clock.now();
  await store.schedule({ kind: "repositories" }, later(startedAt, settings.repositoriesMs), "set");

  const listed = await codeHost.repositories(signal);
  const meant = listed.filter(({ codeRepository }) => isMeant(codeRepository, patterns));
  const wanted: CodeRepository[] = [];
  for (const repository of meant) {
    const reason = reasonToSkip(repository, settings.repositories.forks);
    if (reason === undefined) wanted.push(repository.codeRepository);
    else await tellSkipped(repository.codeRepository, `not read: ${reason}`, context);
    if (reason === undefined && repository.missing.length > 0) {
      await tellSkipped(repository.codeRepository, lacking(repository), context);
    }
  }
  await unsubscribeOthers(wanted, context);
  const known = new Set(
    (await store.scansOf(wanted)).flatMap((scan) =>
      scan.isUnsubscribed ? [] : [nameOf(scan.codeRepository)],
    ),
  );
  // The others have a schedule of their own.
  for (const codeRepository of wanted) {
    if (!known.has(nameOf(codeRepository))) await enqueue(DISCOVER, { codeRepository });
  }
  context.log.info(
    { seen: listed.length, meant: meant.length, read: wanted.length },
    "code repositories listed",
  );
});

function reasonToSkip({ isArchived, isFork, isEmpty }: ListedRepository, forks: boolean): string | undefined {
  if (isArchived) return "it is archived, nobody can merge there";
  if (isFork && !forks) return "it is a fork";
  return isEmpty ? "it is empty" : undefined;
}

function lacking({ missing }: ListedRepository): string {
  return `read, but no pull request can be opened: permission ${missing.join(", ")} is missing`;
}

async function tellSkipped(
  codeRepository: CodeRepository,
  message: string,
  { clock, record }: Context,
): Promise<void> {
  const subject = nameOf(codeRepository);
  const key = `repository-skipped ${subject} ${message}`;
  await record({ kind: "repository-skipped", at: await clock.now(), subject, message, key });
}

function nameOf({ owner, name }: CodeRepository): string {
  return `${owner}/${name}`;
}
