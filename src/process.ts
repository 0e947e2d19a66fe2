import type { PrometheusMetrics } from "./adapters/metrics/metrics.ts";
import type { Queues } from "./adapters/queue/queues.ts";
import type { run, Running } from "./adapters/queue/run.ts";
import { assess } from "../workers/assess.ts";
import { discover } from "../workers/discover.ts";
import { mirror } from "../workers/mirror.ts";
import { poll } from "../workers/poll.ts";
import { propose } from "../workers/propose.ts";
import { redeliver } from "../workers/redeliver.ts";
import { repositories } from "../workers/repositories.ts";
import { rescan } from "../workers/rescan.ts";
import { revoke } from "../workers/revoke.ts";
import { schedule } from "../workers/schedule.ts";
import { sla } from "../workers/sla.ts";
import { verify } from "../workers/verify.ts";
import type { Context } from "./context.ts";
import { messageOf } from "./errors.ts";
import type { RunningTrustRoots } from "./adapters/trust-roots/keeper.ts";
import type { HostGate } from "./ports/host-gate.ts";
import type { Log } from "./ports/log.ts";
import type { Store } from "./ports/store.ts";
import type { TrustRootKeeper } from "./ports/trust-roots.ts";
import { MIRROR, REDELIVER, REPOSITORIES, RESCAN, REVOKE, SCHEDULE } from "./queues.ts";
import { SECOND_MS } from "./time.ts";

/** How often what is due is looked for. A poll is late by this much at most. */
const TICK_MS = SECOND_MS;
/** How often it is made sure that Redis still knows what is due. */
const RECHECK_MS = 10 * SECOND_MS;
/** How long a running job may go on after the process was asked to end. */
const GRACE_MS = 20 * SECOND_MS;

/** Starting points of each queue's work, by the queue's name. */
const STARTERS: Readonly<Record<string, (start: Starter) => Running>> = {
  schedule: (start) => start(schedule),
  redeliver: (start) => start(redeliver),
  repositories: (start) => start(repositories),
  discover: (start) => start(discover),
  poll: (start) => start(poll),
  verify: (start) => start(verify),
  mirror: (start) => start(mirror),
  rescan: (start) => start(rescan),
  assess: (start) => start(assess),
  propose: (start) => start(propose),
  revoke: (start) => start(revoke),
  sla: (start) => start(sla),
};

/** Starts doing the jobs of a queue. */
export type Starter = <Job>(definition: Parameters<typeof run<Job>>[0]) => Running;

/** One process of Hullkeeper: its adapters, and the queues it works on. */
export interface Process {
  readonly context: Context;
  readonly store: Store;
  readonly gate: HostGate;
  readonly queues: Queues;
  readonly metrics: PrometheusMetrics;
  readonly trustRoots: TrustRootKeeper;
  readonly log: Log;
  /** Answers when Redis does. @throws when it does not */
  ping(): Promise<void>;
  /** Starts working on these queues, and keeping trust roots up to date. */
  work(names: readonly string[]): void;
  /** Has every code repository scanned that the configuration lets in, and forgets the others. */
  refreshSubscriptions(): Promise<void>;
  /** Has every configured feed of advisories mirrored, and forgets those that are configured no longer. */
  refreshFeeds(): Promise<void>;
  /**
   * Lets what is due become jobs from now on; all processes together do it once. A Redis that loses everything meanwhile is filled again.
   */
  startSchedule(): Promise<void>;
  close(): Promise<void>;
}

/** What a process is made of. */
export interface ProcessParts {
  readonly context: Context;
  readonly gate: HostGate;
  readonly queues: Queues;
  readonly metrics: PrometheusMetrics;
  readonly trustRoots: RunningTrustRoots;
  readonly start: Starter;
  readonly ping: () => Promise<void>;
  /** Lets go of everything outside, when no job runs any more. */
  readonly disconnect: () => Promise<void>;
}

/** A process over its parts. Nothing happens before it is asked. */
export function createProcess(parts: ProcessParts): Process {
  const { context, gate, queues, metrics, trustRoots, start, ping } = parts;
  const { store, log } = context;
  const running: Running[] = [];
  let recheck: NodeJS.Timeout | undefined;
  const recheckNow = (): void => {
    keepScheduled(parts).catch((error: unknown) =>
      log.warn({ error: messageOf(error) }, "making sure of the schedule failed"),
    );
  };
  return {
    context,
    store,
    gate,
    queues,
    metrics,
    trustRoots,
    log,
    ping,
    work(names) {
      trustRoots.start();
      for (const name of names) {
        const starter = STARTERS[name];
        if (starter === undefined) throw new TypeError(`no such queue: ${name}`);
        running.push(starter(start));
      }
    },
    refreshSubscriptions: () => queues.enqueue(REPOSITORIES, { rescan: true }),
    refreshFeeds: () => refreshFeeds(parts),
    async startSchedule() {
      await keepScheduled(parts);
      await refreshFeeds(parts);
      // What the configuration distrusts may have changed since the process before.
      await queues.enqueue(REVOKE, {});
      // What the code host could not tell while no process ran.
      await queues.enqueue(REDELIVER, {});
      recheck = setInterval(recheckNow, RECHECK_MS);
    },
    async close() {
      clearInterval(recheck);
      await Promise.all(running.map((worker) => worker.close(GRACE_MS)));
      await trustRoots.close();
      await parts.disconnect();
    },
  };
}

async function refreshFeeds({ context: { store, feeds }, queues }: ProcessParts): Promise<void> {
  const names = [...(await store.feeds()), ...feeds.all].map(({ id }) => id);
  for (const feed of new Set(names)) await queues.enqueue(MIRROR, { feed });
  // What a process before did not finish.
  await queues.enqueue(RESCAN, {});
}

async function keepScheduled(parts: ProcessParts): Promise<void> {
  await parts.queues.every(SCHEDULE, {}, TICK_MS);
  if ((await parts.context.store.markKnown()) === "known") return;
  await parts.queues.enqueue(REPOSITORIES, { rescan: true });
  await parts.queues.enqueue(REDELIVER, {});
  await refreshFeeds(parts);
}
