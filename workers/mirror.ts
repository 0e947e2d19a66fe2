import { MIRROR, RESCAN } from "../src/queues.ts";
import { mirrorFeed } from "../src/steps/mirror.ts";
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
  if ((await mirrorFeed(source, context, signal)) > 0) await enqueue(RESCAN, {});
});
