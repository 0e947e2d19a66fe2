import { type Config } from "../config/config.ts";
import { createGitHub } from "./adapters/github/github.ts";
import { createOsvDirectory } from "./adapters/advisories/osv-directory.ts";
import { createLog } from "./adapters/log/pino.ts";
import { createMetrics, type ObservedState, type PrometheusMetrics } from "./adapters/metrics/metrics.ts";
import { createQueues, type Queues, type QueuesOptions } from "./adapters/queue/queues.ts";
import { run, type Running } from "./adapters/queue/run.ts";
import { createRedisClock } from "./adapters/redis/clock.ts";
import { checkRedis, connect, type RedisAddress } from "./adapters/redis/connect.ts";
import { QUEUE_PREFIX } from "./adapters/redis/keys.ts";
import { createRedisStore } from "./adapters/redis/store.ts";
import { createRegistry } from "./adapters/registry/client.ts";
import { assess } from "../workers/assess.ts";
import { discover } from "../workers/discover.ts";
import { poll } from "../workers/poll.ts";
import { propose } from "../workers/propose.ts";
import { schedule } from "../workers/schedule.ts";
import { sla } from "../workers/sla.ts";
import { verify } from "../workers/verify.ts";
import type { Context, Settings } from "./context.ts";
import { messageOf } from "./errors.ts";
import type { Log } from "./ports/log.ts";
import type { Store, StoreEvent } from "./ports/store.ts";
import { DISCOVER, QUEUE_NAMES, SCHEDULE } from "./queues.ts";
import { stateOf } from "./sla/timer.ts";
import { SECOND_MS } from "./time.ts";
import { VERSION } from "./version.ts";

/** How often what is due is looked for. A poll is late by this much at most. */
const TICK_MS = SECOND_MS;
/** How often it is made sure that Redis still knows what is due. */
const RECHECK_MS = 10 * SECOND_MS;
/** How long a running job may go on after the process was asked to end. */
const GRACE_MS = 20 * SECOND_MS;

/** Starting points of each queue's work, by the queue's name. */
const STARTERS: Readonly<Record<string, (start: Starter) => Running>> = {
  schedule: (start) => start(schedule),
  discover: (start) => start(discover),
  poll: (start) => start(poll),
  verify: (start) => start(verify),
  assess: (start) => start(assess),
  propose: (start) => start(propose),
  sla: (start) => start(sla),
};

type Starter = <Job>(definition: Parameters<typeof run<Job>>[0]) => Running;

/** One process of Hullkeeper: its adapters, and the queues it works on. */
export interface Process {
  readonly context: Context;
  readonly store: Store;
  readonly queues: Queues;
  readonly metrics: PrometheusMetrics;
  readonly log: Log;
  /** Answers when Redis does. @throws when it does not */
  ping(): Promise<void>;
  /** Starts working on these queues. */
  work(names: readonly string[]): void;
  /** Has every configured code repository scanned, and forgets those that are configured no longer. */
  refreshSubscriptions(): Promise<void>;
  /**
   * Lets what is due become jobs from now on; all processes together do it once. A Redis that loses everything meanwhile is filled again.
   */
  startSchedule(): Promise<void>;
  close(): Promise<void>;
}

/** Whether a name is a queue's. */
export function isQueueName(name: string): boolean {
  return QUEUE_NAMES.includes(name);
}

/**
 * Puts a process together.
 *
 * @throws {CodedError} `redis-unavailable`, `redis-unusable`
 */
export async function compose(
  config: Config,
  redisAddress: RedisAddress,
  queuesOptions: QueuesOptions = {},
): Promise<Process> {
  const log = createLog(config.logLevel);
  for (const warning of [...config.warnings, ...(await checkRedis(redisAddress))])
    log.warn({ warning }, "set-up");

  const redis = connect(redisAddress, log);
  const store = createRedisStore(redis);
  const metrics = createMetrics();
  const userAgent = `hullkeeper/${VERSION}`;
  const registry = createRegistry({ hosts: registryHostsOf(config), userAgent, metrics });
  const queues = createQueues(redis, QUEUE_PREFIX, QUEUE_NAMES, queuesOptions);
  const context: Context = {
    settings: settingsOf(config),
    registry,
    codeHost: createGitHub({
      baseUrl: config.github.baseUrl,
      token: config.github.token,
      userAgent,
      metrics,
    }),
    advisories:
      config.advisoriesDirectory === undefined
        ? undefined
        : createOsvDirectory({
            directory: config.advisoriesDirectory,
            onRead: (report) =>
              log[report.faultCount === 0 ? "info" : "warn"]({ ...report }, "advisories read"),
          }),
    store,
    clock: createRedisClock(redis),
    enqueue: queues.enqueue,
    record: recorder(store, metrics, log),
    log,
  };
  metrics.observeState(() => stateOfAll(context, queues));
  const running: Running[] = [];
  const start: Starter = (definition) =>
    run(definition, context, { connection: redis, prefix: QUEUE_PREFIX, metrics, log });

  const refreshSubscriptions = async (): Promise<void> => {
    const wanted = new Set(config.github.repositories.map(({ owner, name }) => `${owner}/${name}`));
    for (const scan of await store.scans()) {
      const { owner, name } = scan.codeRepository;
      if (!wanted.has(`${owner}/${name}`)) await store.saveScan({ ...scan, places: [], skipped: [] });
    }
    for (const codeRepository of config.github.repositories) {
      await queues.enqueue(DISCOVER, { codeRepository });
    }
  };
  const keepScheduled = async (): Promise<void> => {
    await queues.every(SCHEDULE, {}, TICK_MS);
    // There is always a next scan: nothing due at all is a Redis that was emptied.
    if ((await store.firstDueAt()) === undefined) await refreshSubscriptions();
  };
  let recheck: NodeJS.Timeout | undefined;

  return {
    context,
    store,
    queues,
    metrics,
    log,
    async ping() {
      await redis.ping();
    },
    work(names) {
      for (const name of names) {
        const starter = STARTERS[name];
        if (starter === undefined) throw new TypeError(`no such queue: ${name}`);
        running.push(starter(start));
      }
    },
    refreshSubscriptions,
    async startSchedule() {
      await keepScheduled();
      recheck = setInterval(() => {
        keepScheduled().catch((error: unknown) =>
          log.warn({ error: messageOf(error) }, "making sure of the schedule failed"),
        );
      }, RECHECK_MS);
    },
    async close() {
      clearInterval(recheck);
      await Promise.all(running.map((worker) => worker.close(GRACE_MS)));
      await queues.close();
      await registry.close();
      redis.disconnect();
    },
  };
}

/** What metrics tell of the whole installation when they are asked. */
async function stateOfAll({ store, clock, settings }: Context, queues: Queues): Promise<ObservedState> {
  const now = await clock.now();
  const timers: Record<string, number> = {};
  for (const { timer } of await store.timers()) {
    const state = stateOf(timer, now, settings);
    timers[state] = (timers[state] ?? 0) + 1;
  }
  const dueAt = await store.firstDueAt();
  return {
    timers,
    queues: Object.fromEntries(
      Object.entries(await queues.counts()).map(([name, counts]) => [name, { ...counts }]),
    ),
    dueLagSeconds: dueAt === undefined ? undefined : Math.max(0, now - dueAt) / SECOND_MS,
  };
}

/** One event, once: in the audit stream, in the log, in the metrics. */
function recorder(store: Store, metrics: PrometheusMetrics, log: Log): (event: StoreEvent) => Promise<void> {
  return async (event) => {
    if (!(await store.append(event))) return;
    metrics.event(event.kind);
    const isAlert = ALERTS.has(event.kind);
    log[isAlert ? "error" : "info"](
      { event: event.kind, subject: event.subject, detail: event.message },
      "event",
    );
  };
}

/** Events that need a person. */
const ALERTS: ReadonlySet<StoreEvent["kind"]> = new Set([
  "rejected",
  "evidence-overdue",
  "tag-moved-backwards",
  "tag-missing",
  "branch-foreign",
  "breached",
  "job-failed",
]);

function settingsOf(config: Config): Settings {
  return {
    profiles: config.profiles,
    baseBranch: config.github.baseBranch,
    ...config.intervals,
    dueSoonMs: config.dueSoonMs,
    evidence: config.evidence,
    markerKey: config.markerKey,
    publicUrl: config.web.publicUrl,
    version: VERSION,
  };
}

function registryHostsOf(config: Config): Parameters<typeof createRegistry>[0]["hosts"] {
  return new Map(
    [...config.registries].map(([host, { plainHttp, allowPrivate, credentials, ca }]) => [
      host,
      { plainHttp, allowPrivate, ...credentials, ...(ca === undefined ? {} : { ca }) },
    ]),
  );
}
