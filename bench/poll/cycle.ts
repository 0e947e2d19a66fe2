import { DEFAULT_POLICIES } from "../../src/vendor/policies.ts";
import { createQueues } from "../../src/adapters/queue/queues.ts";
import { run } from "../../src/adapters/queue/run.ts";
import { createRedisClock } from "../../src/adapters/redis/clock.ts";
import { connect } from "../../src/adapters/redis/connect.ts";
import { QUEUE_PREFIX } from "../../src/adapters/redis/keys.ts";
import { createRedisGate } from "../../src/adapters/redis/gate/redis-gate.ts";
import { createRedisStore } from "../../src/adapters/redis/store.ts";
import type { Context, Settings } from "../../src/context.ts";
import { messageOf } from "../../src/errors.ts";
import type { Log } from "../../src/ports/log.ts";
import { QUEUE_NAMES } from "../../src/queues.ts";
import { Secret } from "../../src/secret.ts";
import { DAY_MS, HOUR_MS, later, MINUTE_MS } from "../../src/time.ts";
import { worker, type QueueWorker } from "../../src/worker.ts";
import { createFakeCodeHost } from "../../test/fakes/code-host.ts";
import { fixedKeeper } from "../../test/fakes/trust-root-keeper.ts";
import { poll } from "../../workers/poll.ts";
import { schedule } from "../../workers/schedule.ts";
import { createClient } from "./client.ts";
import { repositoriesAt } from "./population.ts";
import type { Assignment, Work } from "./work.ts";
import { createTagCheck } from "../../src/adapters/registry/tag-check.ts";
import { createVerifier } from "../../src/adapters/verifier/verifier.ts";

const SETTINGS: Settings = {
  profiles: [],
  policies: DEFAULT_POLICIES,
  edit: { shell: false, matchers: [] },
  mirrors: [],
  pollMs: 30 * MINUTE_MS,
  maxStalenessMs: HOUR_MS,
  discoverMs: DAY_MS,
  repositories: [],
  forks: false,
  repositoriesMs: HOUR_MS,
  proposalsMs: 5 * MINUTE_MS,
  slaMs: MINUTE_MS,
  dueSoonMs: 3 * DAY_MS,
  closeRevoked: false,
  evidence: { waitMs: DAY_MS, retryMs: [MINUTE_MS, HOUR_MS], sbomWaitMs: 2 * MINUTE_MS, recheckMs: DAY_MS },
  markerKey: new Secret("a key for benchmarks, 32 bytes .."),
  publicUrl: undefined,
  version: "0.0.0",
};

/** Ends before a job's own time does. */
const CYCLE_MAX_MS = 5 * MINUTE_MS;
const CLOSE_MS = 5_000;

/**
 * Everything a poll is: what is due becomes jobs, BullMQ hands them to the worker, the client asks, the store keeps. All repositories
 * are due at once.
 */
export async function prepareCycle(assignment: Assignment, redisPath: string): Promise<Work> {
  const faults: string[] = [];
  const log = refusingLog(faults);
  const redis = connect({ kind: "socket", path: redisPath }, log);
  const queues = createQueues(redis, QUEUE_PREFIX, QUEUE_NAMES);
  const gate = createRedisGate(redis, { log });
  const { registry, metrics, requestsSent, close } = createClient(assignment, gate);
  const store = createRedisStore(redis);
  const context: Context = {
    settings: SETTINGS,
    registry,
    tagCheck: createTagCheck(registry),
    // No poll asks a code host.
    codeHost: createFakeCodeHost(),
    verifier: createVerifier(),
    trustRoots: fixedKeeper(),
    advisories: undefined,
    feeds: { all: [] },
    store,
    clock: createRedisClock(redis),
    enqueue: queues.enqueue,
    record: async (event) => void (await store.append(event)),
    metrics,
    log,
  };
  const repositories = repositoriesAt(assignment.host, assignment.population);
  const polls = counted(poll);
  const running = run(polls.worker, context, { connection: redis, prefix: QUEUE_PREFIX, metrics, log });

  return {
    async run() {
      const before = requestsSent();
      const now = await context.clock.now();
      // Long overdue, so that no lease of this run makes one due twice.
      await Promise.all(
        repositories.map((repository) =>
          store.schedule({ kind: "poll", repository }, later(now, -MINUTE_MS), "set"),
        ),
      );
      const done = polls.reach(repositories.length);
      await schedule.handle({}, context, AbortSignal.timeout(CYCLE_MAX_MS));
      await done;
      if (faults.length > 0) throw new Error(`${faults.length} complaints, the first: ${faults[0]}`);
      return requestsSent() - before;
    },
    async redis() {
      const info = await redis.info();
      const field = (name: string) => Number(new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1]);
      const cpuS = field("used_cpu_user") + field("used_cpu_sys");
      return { bytes: field("used_memory"), cpuMs: cpuS * 1_000 };
    },
    async close() {
      await running.close(CLOSE_MS);
      await queues.close();
      await close();
      await gate.close();
      redis.disconnect();
    },
  };
}

/** A worker that tells when so many more jobs are done. */
function counted<Job>(definition: QueueWorker<Job>): {
  readonly worker: QueueWorker<Job>;
  reach(count: number): Promise<void>;
} {
  let left = 0;
  let finish: (() => void) | undefined;
  return {
    worker: worker(definition.queue, async (job, context, signal) => {
      await definition.handle(job, context, signal);
      left -= 1;
      if (left === 0) finish?.();
    }),
    reach(count) {
      left = count;
      return new Promise((resolve, reject) => {
        const late = setTimeout(
          () => reject(new Error(`${left} of ${count} polls are not done`)),
          CYCLE_MAX_MS,
        );
        finish = () => {
          clearTimeout(late);
          resolve();
        };
      });
    },
  };
}

/** Whatever a benchmark complains about makes its numbers worthless. */
function refusingLog(faults: string[]): Log {
  const fault: Log["warn"] = (fields, message) =>
    void faults.push(`${message} ${messageOf(fields["error"] ?? "")}`);
  return { debug() {}, info() {}, warn: fault, error: fault };
}
