import type { Context } from "./context.ts";
import type { QueueDefinition } from "./queues.ts";

/** What does the jobs of a queue. One per queue, in `workers/`. */
export interface QueueWorker<Job> {
  readonly queue: QueueDefinition<Job>;
  readonly handle: (job: Job, context: Context, signal: AbortSignal) => Promise<void>;
}

/** Ties a handler to its queue. */
export function worker<Job>(
  queue: QueueDefinition<Job>,
  handle: QueueWorker<Job>["handle"],
): QueueWorker<Job> {
  return { queue, handle };
}
