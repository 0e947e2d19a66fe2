import { isStale } from "../src/advisory/feed.ts";
import type { Context } from "../src/context.ts";
import type { FeedSource } from "../src/ports/feed-sources.ts";
import { MIRROR, RESCAN } from "../src/queues.ts";
import { mirrorFeed } from "../src/steps/mirror.ts";
import { assessUnassessed } from "../src/steps/unassessed.ts";
import { later } from "../src/time.ts";
import { worker } from "../src/worker.ts";

/** Brings what is stored of a feed up to date, and has what that changes assessed anew. A feed that is configured no more is forgotten. */
export const mirror = worker(MIRROR, async ({ feed }, context, signal) => {
  const { feeds, store, clock, enqueue } = context;
  const work = { kind: "mirror", feed } as const;
  const source = feeds.all.find(({ id }) => id === feed);
  if (source === undefined) {
    await store.dropFeed(feed);
    await store.unschedule(work);
    await enqueue(RESCAN, {});
    return;
  }
  // Before it is read, so that a reading that takes long is not taken up twice.
  await store.schedule(work, later(await clock.now(), source.everyMs), "set");
  const wasSilent = await isSilent(source, context);
  await mirrorFeed(source, context, signal);
  // Also where nothing changed now: a process before may have died between the two, and an import changes feeds as well.
  await enqueue(RESCAN, {});
  if (wasSilent && !(await isSilent(source, context))) await assessUnassessed(context);
});

/** Whether nothing that a feed speaks of can be assessed now. */
async function isSilent({ id, staleAfterMs }: FeedSource, { store, clock }: Context): Promise<boolean> {
  const known = (await store.feeds()).find((feed) => feed.id === id);
  if (known === undefined || known.checkedAt === 0) return true;
  return isStale({ checkedAt: known.checkedAt, staleAfterMs }, await clock.now());
}
