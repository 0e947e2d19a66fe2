import { DelayedError, type Job, UnrecoverableError, Worker } from "bullmq";
import type { Redis } from "ioredis";
import type { Context } from "../../context.ts";
import { withDeadline } from "../../deadline.ts";
import { CodedError, isDeferral, messageOf } from "../../errors.ts";
import type { Log } from "../../ports/log.ts";
import type { Metrics } from "../../ports/metrics.ts";
import type { StoreEvent } from "../../ports/store.ts";
import type { QueueWorker } from "../../worker.ts";
import { HOUR_MS, MINUTE_MS, renderInstant, SECOND_MS } from "../../time.ts";
import { isRetryable, retryDelayMs } from "./retry.ts";

/**
 * How long a job stays with a process that no longer answers before another takes it up. Short, because a job is: and a
 * process that is only slow renews the lock from a timer.
 */
const LOCK_MS = 10 * SECOND_MS;
const STALLED_CHECK_MS = 5 * SECOND_MS;
/** BullMQ fails a job for good when it stalls more often than this: crash-looping processes must not kill jobs. */
const STALLS_MAX = 1_000;
/** A job that is put off comes back by then; it is put off again if it must. */
const DEFERRED_MS_MAX = 6 * HOUR_MS;
const DEFERRED_MS_DEFAULT = 30 * SECOND_MS;
/** Every job has an end. */
const JOB_TIMEOUT_MS = 10 * MINUTE_MS;
const NEVER = new AbortController().signal;

export interface RunOptions {
  /** May be shared: BullMQ opens a second one of its own to block on. */
  readonly connection: Redis;
  readonly prefix: string;
  readonly metrics: Metrics;
  readonly log: Log;
  /** A job that whom it asks wants left alone for longer fails instead. Absent: none does. */
  readonly deferMsMax?: number;
}

/** Workers that are running. */
export interface Running {
  /** Takes no new job and waits for those that run; after `graceMs` they are told to stop, and will be tried again. */
  close(graceMs: number): Promise<void>;
}

/** Starts doing the jobs of a queue. The only place that knows how a handler's errors become retries. */
export function run<Work>(definition: QueueWorker<Work>, context: Context, options: RunOptions): Running {
  const { queue, handle } = definition;
  const { connection, log, deferMsMax = Number.POSITIVE_INFINITY } = options;
  const bull = new Worker(
    queue.name,
    async (job, token, cancelled) => {
      const startedAt = performance.now();
      const report = (outcome: Parameters<Metrics["job"]>[0]["outcome"]) =>
        options.metrics.job({ queue: queue.name, outcome, durationMs: performance.now() - startedAt });
      try {
        const parsed = parseJob(definition, job);
        await withDeadline(cancelled ?? NEVER, JOB_TIMEOUT_MS, (signal) => handle(parsed, context, signal));
        report("completed");
      } catch (error) {
        const fields = { queue: queue.name, job: job.deduplicationId, ...errorFields(error) };
        const deferMs = deferralOf(error);
        if (deferMs !== undefined && deferMs <= deferMsMax) {
          report("deferred");
          log.debug(fields, "job put off");
          await job.moveToDelayed(Date.now() + deferMs, token);
          // Tells BullMQ that the job is where it should be: no try is spent.
          throw new DelayedError();
        }
        const isFinal = !isRetryable(error) || askedMsOf(error) > deferMsMax;
        const isLast = isFinal || job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
        report(isLast ? "failed" : "retried");
        log.warn(fields, isLast ? "job failed" : "job will be retried");
        if (isLast) await context.record(await failureEvent(queue.name, job, error, context));
        if (!isFinal) throw error;
        throw new UnrecoverableError(codedMessageOf(error));
      }
    },
    {
      connection,
      prefix: options.prefix,
      concurrency: queue.concurrency,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      maxStalledCount: STALLS_MAX,
      settings: {
        backoffStrategy: (triesDone, _type, error) => retryDelayMs(triesDone, error, Math.random()),
      },
    },
  );
  bull.on("error", (error) =>
    log.warn({ queue: queue.name, error: messageOf(error) }, "queue connection failed"),
  );

  return {
    async close(graceMs) {
      const finished = bull.close();
      const hurry = setTimeout(() => bull.cancelAllJobs("shutting down"), graceMs);
      try {
        await finished;
      } finally {
        clearTimeout(hurry);
      }
    },
  };
}

function askedMsOf(error: unknown): number {
  return (error instanceof CodedError ? error.retryAfterMs : undefined) ?? 0;
}

/** For how long a job is to be put off because whom it asks is to be left alone; undefined when that is not the matter. */
function deferralOf(error: unknown): number | undefined {
  if (!isDeferral(error)) return undefined;
  return Math.min(Math.max(error.retryAfterMs ?? DEFERRED_MS_DEFAULT, 1), DEFERRED_MS_MAX);
}

function parseJob<Work>({ queue }: QueueWorker<Work>, job: Job): Work {
  const result = queue.schema.safeParse(job.data);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new CodedError(
    "job-invalid",
    `a job of ${queue.name} does not have its form: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`,
  );
}

/** What nobody tries again is told where people look: the same failure of the same job once a day. */
async function failureEvent(
  queue: string,
  job: Job,
  error: unknown,
  { clock }: Context,
): Promise<StoreEvent> {
  const at = await clock.now();
  const subject = `${queue} ${job.deduplicationId ?? job.id ?? ""}`;
  const message = codedMessageOf(error);
  const day = renderInstant(at).slice(0, "2026-11-24".length);
  return { kind: "job-failed", at, subject, message, key: `job-failed ${day} ${subject} ${message}` };
}

function errorFields(error: unknown): Readonly<Record<string, unknown>> {
  return error instanceof CodedError
    ? { code: error.code, error: error.message, status: error.status, retryAfterMs: error.retryAfterMs }
    : { error: messageOf(error), stack: error instanceof Error ? error.stack : undefined };
}

function codedMessageOf(error: unknown): string {
  return error instanceof CodedError ? `${error.code}: ${error.message}` : messageOf(error);
}
