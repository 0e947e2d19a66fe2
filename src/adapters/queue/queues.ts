import { type JobsOptions, Queue } from "bullmq";
import type { Redis } from "ioredis";
import type { Enqueue, QueueDefinition } from "../../queues.ts";
import { type Instant, instantOf } from "../../time.ts";
import { RETRIES_MAX } from "./retry.ts";

/** Jobs of one queue by BullMQ's states. */
export interface QueueCounts {
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
  readonly failed: number;
}

/** A job that failed for good. */
export interface JobFailure {
  readonly queue: string;
  /** Who it was about: the id its queue gives it. */
  readonly job: string;
  readonly reason: string;
  readonly at: Instant;
}

/** The sending side of all queues. */
export interface Queues {
  readonly enqueue: Enqueue;
  /** Puts a job into a queue every so often; all processes together, not each. */
  every<Job>(queue: QueueDefinition<Job>, job: Job, intervalMs: number): Promise<void>;
  counts(): Promise<Readonly<Record<string, QueueCounts>>>;
  /** Reasons of the jobs that failed for good and are kept, newest first. */
  failures(limit: number): Promise<readonly JobFailure[]>;
  close(): Promise<void>;
}

const DAY_S = 86_400;
const FAILED_KEPT = 1_000;

/** How a failed job is kept, and when it is tried again: the runner decides per error whether it is. */
const JOB_OPTIONS = {
  backoff: { type: "coded" },
  removeOnComplete: true,
  removeOnFail: { age: 7 * DAY_S, count: FAILED_KEPT },
} as const satisfies JobsOptions;

/** What may differ between the processes that send jobs. */
export interface QueuesOptions {
  /** How often a job that is sent from here is tried before it fails for good. */
  readonly triesMax?: number;
}

/** Opens the queues on a connection that the caller owns. */
export function createQueues(
  redis: Redis,
  prefix: string,
  names: readonly string[],
  { triesMax = RETRIES_MAX }: QueuesOptions = {},
): Queues {
  const jobOptions = { ...JOB_OPTIONS, attempts: triesMax };
  const queues = new Map(
    names.map((name) => [
      name,
      new Queue(name, { connection: redis, prefix, defaultJobOptions: jobOptions }),
    ]),
  );
  // A lost connection shows at the connection itself; a queue without a listener would end the process.
  for (const queue of queues.values()) queue.on("error", () => {});
  const queueOf = (name: string): Queue => {
    const queue = queues.get(name);
    if (queue === undefined) throw new TypeError(`no such queue: ${name}`);
    return queue;
  };

  return {
    async enqueue(definition, job) {
      await queueOf(definition.name).add(definition.name, definition.schema.parse(job), {
        deduplication: { id: definition.idOf(job), keepLastIfActive: true },
      });
    },
    async every(definition, job, intervalMs) {
      await queueOf(definition.name).upsertJobScheduler(
        definition.name,
        { every: intervalMs },
        { name: definition.name, data: definition.schema.parse(job), opts: jobOptions },
      );
    },
    async counts() {
      const entries = await Promise.all(
        [...queues].map(async ([name, queue]) => {
          const counts = await queue.getJobCounts("waiting", "active", "delayed", "failed");
          const count = (state: string) => counts[state] ?? 0;
          return [
            name,
            {
              waiting: count("waiting"),
              active: count("active"),
              delayed: count("delayed"),
              failed: count("failed"),
            },
          ] as const;
        }),
      );
      return Object.fromEntries(entries);
    },
    async failures(limit) {
      const failed = await Promise.all(
        [...queues].map(async ([name, queue]) =>
          (await queue.getFailed(0, limit - 1)).map((job) => ({
            queue: name,
            job: job.deduplicationId ?? job.id ?? "",
            reason: job.failedReason ?? "",
            at: instantOf(job.finishedOn ?? 0),
          })),
        ),
      );
      return failed
        .flat()
        .toSorted((a, b) => b.at - a.at)
        .slice(0, limit);
    },
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}
