import type { Context } from "../src/context.ts";
import type { RepositoryListing } from "../src/ports/repositories.ts";
import type { CodeRepository } from "../src/proposal/plan.ts";
import { DISCOVER, REPOSITORIES } from "../src/queues.ts";
import { later } from "../src/time.ts";
import { chooseRepositories, forgotten } from "../src/steps/repository-choice.ts";
import { unsubscribed } from "../src/watch/scan.ts";
import { namedExactly } from "../src/watch/repository-patterns.ts";
import { worker } from "../src/worker.ts";

const WORK = { kind: "repositories" } as const;

/**
 * Finds out which code repositories are read, has those scanned that are new, and forgets the others. The code host is asked only where
 * a pattern is configured; when it does not answer, everything stays as it is.
 */
export const repositories = worker(REPOSITORIES, async ({ rescan }, context, signal) => {
  const { store, clock, settings, enqueue, log } = context;
  const { chosen, listing } = await found(context, signal);

  const scans = await store.scans();
  for (const scan of forgotten(scans, chosen, listing, settings.repositories)) {
    await store.saveScan(unsubscribed(scan, await clock.now()));
    await store.saveFileIndex(scan, undefined);
    await store.removeBranchListing(scan.codeRepository);
    await store.unschedule({ kind: "discover", codeRepository: scan.codeRepository });
  }
  await store.saveRepositoryListing(listing);

  const known = new Set(
    scans.filter(({ isUnsubscribed }) => isUnsubscribed !== true).map((scan) => nameOf(scan.codeRepository)),
  );
  // What was scanned is scanned again when it is due.
  const fresh = chosen.filter((codeRepository) => rescan === true || !known.has(nameOf(codeRepository)));
  for (const codeRepository of fresh) await enqueue(DISCOVER, { codeRepository });
  if (listing === undefined) return;
  log[listing.isPartial ? "warn" : "info"](
    {
      read: listing.readCount,
      notNamed: listing.notNamedCount,
      skipped: listing.skipped.length,
      lacking: listing.lacking.length,
      partial: listing.isPartial,
    },
    "code repositories listed",
  );
});

/** What is read; with a listing where the code host had to be asked, which is then due again. */
async function found(
  { store, clock, settings, codeHost }: Context,
  signal: AbortSignal,
): Promise<{
  readonly chosen: readonly CodeRepository[];
  readonly listing: RepositoryListing | undefined;
}> {
  const exact = namedExactly(settings.repositories);
  if (exact !== undefined) {
    await store.unschedule(WORK);
    return { chosen: exact, listing: undefined };
  }
  const now = await clock.now();
  await store.schedule(WORK, later(now, settings.repositoriesMs), "set");
  return chooseRepositories(await codeHost.repositories(signal), settings, now);
}

function nameOf({ owner, name }: CodeRepository): string {
  return `${owner}/${name}`;
}
