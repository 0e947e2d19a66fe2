import { type Config } from "../config/config.ts";
import { createGitHub } from "./adapters/github/github.ts";
import type { GitHubOptions } from "./adapters/github/options.ts";
import { createMirroredAdvisories } from "./adapters/advisories/mirrored.ts";
import { createFeedSources, type FeedSourcesOptions } from "./adapters/advisories/sources.ts";
import { createTokenVerifier } from "./adapters/jwt/token-verifier.ts";
import { createLog } from "./adapters/log/pino.ts";
import { createMetrics, type PrometheusMetrics } from "./adapters/metrics/metrics.ts";
import type { ObservedState } from "./adapters/metrics/state-gauges.ts";
import { createQueues, type Queues, type QueuesOptions } from "./adapters/queue/queues.ts";
import { run, type RunOptions } from "./adapters/queue/run.ts";
import { createRedisClock } from "./adapters/redis/clock.ts";
import { checkRedis, connect, type RedisAddress } from "./adapters/redis/connect.ts";
import { createRedisGate } from "./adapters/redis/gate/redis-gate.ts";
import { QUEUE_PREFIX } from "./adapters/redis/keys.ts";
import { createRedisLane } from "./adapters/redis/lane/redis-lane.ts";
import { createRedisStore } from "./adapters/redis/store.ts";
import { createTagCheck } from "./adapters/registry/tag-check.ts";
import { createVerifier } from "./adapters/verifier/verifier.ts";
import { createRegistry } from "./adapters/registry/client.ts";
import type { RegistryOptions } from "./adapters/registry/settings.ts";
import { createTrustRoots, type TrustRootsOptions } from "./adapters/trust-roots/keeper.ts";
import type { Context, Settings } from "./context.ts";
import { isSettings } from "./code-events/follow.ts";
import { fileWishOf } from "./edit/formats.ts";
import { originOf } from "./image/mirror.ts";
import { renderRepository } from "./image/reference.ts";
import type { HostGate } from "./ports/host-gate.ts";
import type { Log } from "./ports/log.ts";
import type { Store, StoreEvent } from "./ports/store.ts";
import { createProcess, type Process } from "./process.ts";
import { QUEUE_NAMES } from "./queues.ts";
import { stateOf } from "./sla/timer.ts";
import { timersNow } from "./steps/clocks/timers.ts";
import { SECOND_MS } from "./time.ts";
import { rootNamesOf } from "./trust/policy.ts";
import { VERSION } from "./version.ts";
import type { CodeHookOptions } from "./web/code-hooks.ts";
import type { PushOptions } from "./web/hooks.ts";

/** What may differ between processes over the same configuration. */
export interface ComposeOptions extends QueuesOptions, Pick<RunOptions, "deferMsMax"> {}

/**
 * Puts a process together: configuration, adapters, context.
 *
 * @throws {CodedError} `redis-unavailable`, `redis-unusable`
 */
export async function compose(
  config: Config,
  redisAddress: RedisAddress,
  { deferMsMax, ...queuesOptions }: ComposeOptions = {},
): Promise<Process> {
  const log = createLog(config.logLevel);
  const warnings = [...config.warnings, ...(await checkRedis(redisAddress))];
  for (const warning of warnings) log.warn({ warning }, "set-up");

  const redis = connect(redisAddress, log);
  const store = createRedisStore(redis);
  const metrics = createMetrics();
  const userAgent = `hullkeeper/${VERSION}`;
  const gate = createRedisGate(redis, { log });
  const registry = createRegistry({
    ...registryOptionsOf(config),
    gate,
    userAgent,
    metrics,
    onListFailed: ({ repository, error, forMs }) =>
      log.warn(
        { repository: renderRepository(repository), error: error.message, askedOneByOneForMs: forMs },
        "list of tags not used",
      ),
  });
  const verifier = createVerifier();
  const trustRoots = await createTrustRoots({ ...trustRootsOptionsOf(config), userAgent, metrics, log });
  metrics.observeTrustRoots(() => trustRoots.states());
  const queues = createQueues(redis, QUEUE_PREFIX, QUEUE_NAMES, queuesOptions);
  const feeds = createFeedSources(config.feeds, { ...feedOptionsOf(config), userAgent, metrics });
  const context: Context = {
    settings: settingsOf(config),
    registry,
    tagCheck: createTagCheck(registry),
    verifier,
    codeHost: createGitHub({
      ...githubOptionsOf(config),
      ...(config.github.webhookSecret === undefined ? {} : { webhooks: "received" }),
      userAgent,
      metrics,
      lane: createRedisLane(redis, { limits: config.github.limits }),
    }),
    advisories:
      config.feeds.length === 0 ? undefined : feeds.over(createMirroredAdvisories(store, feeds.all)),
    feeds,
    trustRoots,
    store,
    clock: createRedisClock(redis),
    enqueue: queues.enqueue,
    record: recorder(store, metrics, log),
    metrics,
    log,
  };
  metrics.observeState(() => stateOfAll(context, queues, gate));

  return createProcess({
    context,
    gate,
    queues,
    metrics,
    trustRoots,
    start: (worker) =>
      run(worker, context, {
        connection: redis,
        prefix: QUEUE_PREFIX,
        metrics,
        log,
        ...(deferMsMax === undefined ? {} : { deferMsMax }),
      }),
    async ping() {
      await redis.ping();
    },
    async disconnect() {
      await queues.close();
      await registry.close();
      await verifier.close();
      await gate.close();
      await feeds.close();
      redis.disconnect();
    },
  });
}

/** What the receiver of pushes is made of, with a way to let go of it. */
export function composePush(
  config: Config,
  { metrics, log }: Process,
): PushOptions & { close(): Promise<void> } {
  const { proxy } = registryOptionsOf(config);
  const verifier = createTokenVerifier(proxy === undefined ? {} : { proxy });
  return {
    hooks: config.pushHooks,
    // A mirror tells of what it has; watched is where that comes from.
    originOf: (repository) => originOf(config.mirrors, repository).repository,
    verifier,
    metrics,
    log,
    close: () => verifier.close(),
  };
}

/** What the receiver of the code host's webhooks is made of; undefined where none are taken. */
export function composeCodeHooks(
  { github: { webhookSecret, auth }, edit }: Config,
  { metrics, log }: Pick<Process, "metrics" | "log">,
): CodeHookOptions | undefined {
  if (webhookSecret === undefined) return undefined;
  return {
    secret: webhookSecret,
    isWanted: (path) => isSettings(path) || fileWishOf(path, edit) !== false,
    ...(auth.kind === "app" ? { ownApp: auth.id } : {}),
    metrics,
    log,
  };
}

/** What metrics tell of the whole installation when they are asked. */
async function stateOfAll(
  { store, clock, settings }: Context,
  queues: Queues,
  gate: HostGate,
): Promise<ObservedState> {
  const now = await clock.now();
  const timers: Record<string, number> = {};
  for (const { timer } of await timersNow({ store, ...settings }, now)) {
    const state = stateOf(timer, now, settings);
    timers[state] = (timers[state] ?? 0) + 1;
  }
  const dueAt = await store.firstDueAt();
  return {
    timers,
    queues: Object.fromEntries(
      Object.entries(await queues.counts()).map(([name, counts]) => [name, { ...counts }]),
    ),
    hosts: (await gate.states()).map(({ host, breaker, perSecondNow, pullsLeft }) => ({
      host,
      breaker,
      perSecondNow,
      ...(pullsLeft === undefined ? {} : { pullsRemaining: pullsLeft.remaining }),
    })),
    feeds: (await store.feeds()).map(({ id, checkedAt, recordCount, bytes }) => ({
      id,
      ...(checkedAt === 0 ? {} : { ageSeconds: (now - checkedAt) / SECOND_MS }),
      records: recordCount,
      bytes,
    })),
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
  "update-blocked",
  "regression",
  "clock-skewed",
  "rejected",
  "evidence-overdue",
  "evidence-disappeared",
  "tag-moved-backwards",
  "tag-missing",
  "branch-foreign",
  "repository-unread",
  "revoked",
  "proposal-flagged",
  "breached",
  "feed-stale",
  "job-failed",
]);

function settingsOf(config: Config): Settings {
  return {
    profiles: config.profiles,
    policies: config.policies,
    edit: config.edit,
    mirrors: config.mirrors,
    repositories: config.github.repositories,
    forks: config.github.forks,
    ...(config.ownFiles === undefined ? {} : { ownFiles: config.ownFiles }),
    ...config.intervals,
    dueSoonMs: config.dueSoonMs,
    closeRevoked: config.closeRevoked,
    evidence: config.evidence,
    markerKey: config.markerKey,
    publicUrl: config.web.publicUrl,
    version: VERSION,
  };
}

/** How the code host is spoken to. */
export function githubOptionsOf({ github }: Config): Pick<GitHubOptions, "baseUrl" | "auth" | "ca"> {
  const { baseUrl, auth, ca } = github;
  return { baseUrl, auth, ...(ca === undefined ? {} : { ca }) };
}

/** How registries are spoken to. */
export function registryOptionsOf({
  registries,
  dockerConfig,
  proxy,
}: Config): Pick<RegistryOptions, "hosts" | "dockerConfig" | "proxy"> {
  return {
    hosts: registries,
    ...(dockerConfig === undefined ? {} : { dockerConfig }),
    ...proxyOf(proxy),
  };
}

/** Which trust roots are held, and how they are kept up to date: those that a policy names. */
export function trustRootsOptionsOf({
  trustRoots,
  profiles,
  proxy,
}: Config): Pick<TrustRootsOptions, "places" | "used" | "updateEveryMs" | "directory" | "proxy"> {
  const used = new Set(profiles.flatMap(({ policy }) => rootNamesOf(policy)));
  return { ...trustRoots, used, ...proxyOf(proxy) };
}

/** How feeds of advisories are reached. */
export function feedOptionsOf({ proxy }: Config): Pick<FeedSourcesOptions, "proxy"> {
  return proxyOf(proxy);
}

function proxyOf(proxy: Config["proxy"]): Pick<RegistryOptions, "proxy"> {
  if (proxy === undefined) return {};
  const { http, https, none } = proxy;
  return {
    proxy: {
      ...(http === undefined ? {} : { http: http.reveal() }),
      ...(https === undefined ? {} : { https: https.reveal() }),
      ...(none === undefined ? {} : { none }),
    },
  };
}
