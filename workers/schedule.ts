import {
  type Enqueue,
  DISCOVER,
  MIRROR,
  POLL,
  PROPOSE,
  REDELIVER,
  REPOSITORIES,
  REVOKE,
  SCHEDULE,
  SLA,
  VERIFY,
} from "../src/queues.ts";
import { worker } from "../src/worker.ts";
import type { DueWork } from "../src/ports/store.ts";
import { MINUTE_MS } from "../src/time.ts";
import { pollHorizonMs } from "../src/watch/next-poll.ts";

/**
 * How long a piece of work that was taken stays taken. Whoever does it says when it is due next; if nobody does (killed, failed for
 * good), it is due again after this.
 */
const LEASE_MS = MINUTE_MS;
/** Pieces of work taken at once. */
const BATCH = 500;

/** Turns what is due into jobs. */
export const schedule = worker(SCHEDULE, async (_job, { store, clock, enqueue, settings }, signal) => {
  for (;;) {
    signal.throwIfAborted();
    const due = await store.claimDue(await clock.now(), LEASE_MS, BATCH, pollHorizonMs(settings));
    for (const work of due) await enqueueDue(work, enqueue);
    if (due.length < BATCH) return;
  }
});

async function enqueueDue(work: DueWork, enqueue: Enqueue): Promise<void> {
  switch (work.kind) {
    case "poll":
      return enqueue(POLL, { repository: work.repository });
    case "repositories":
      return enqueue(REPOSITORIES, {});
    case "discover":
      return enqueue(DISCOVER, { codeRepository: work.codeRepository });
    case "verify":
      return enqueue(VERIFY, { image: work.image });
    case "propose":
      return enqueue(PROPOSE, work.proposal);
    case "revoke":
      return enqueue(REVOKE, {});
    case "sla":
      return enqueue(SLA, {});
    case "mirror":
      return enqueue(MIRROR, { feed: work.feed });
    case "redeliver":
      return enqueue(REDELIVER, {});
    default:
      return work satisfies never;
  }
}
