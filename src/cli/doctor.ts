import type { Config } from "../../config/config.ts";
import { loadConfig } from "../../config/load.ts";
import { createFeedSources } from "../adapters/advisories/sources.ts";
import { createGitHub } from "../adapters/github/github.ts";
import { createLog } from "../adapters/log/pino.ts";
import { createMetrics } from "../adapters/metrics/metrics.ts";
import { checkRedis, connect, type RedisAddress } from "../adapters/redis/connect.ts";
import { createRedisGate } from "../adapters/redis/gate/redis-gate.ts";
import { LocalGate } from "../adapters/redis/gate/local-gate.ts";
import { findRedisProgram } from "../adapters/redis/server.ts";
import { createRedisStore } from "../adapters/redis/store.ts";
import { createRegistry } from "../adapters/registry/client.ts";
import { createTrustRoots } from "../adapters/trust-roots/keeper.ts";
import { messageOf } from "../errors.ts";
import type { ImageLine } from "../image/reference.ts";
import { feedOptionsOf, githubOptionsOf, registryOptionsOf, trustRootsOptionsOf } from "../main.ts";
import type { FeedRecord } from "../ports/feeds.ts";
import type { HostGate, HostState } from "../ports/host-gate.ts";
import type { Log } from "../ports/log.ts";
import { instantOf, MINUTE_MS } from "../time.ts";
import { VERSION } from "../version.ts";
import type { Scan } from "../watch/scan.ts";
import type { Command } from "./arguments.ts";
import { examine } from "./doctor/examine.ts";
import { registryPlacesOf } from "./doctor/places.ts";
import { type DoctorReport, type Finding, isWell, renderReport, renderReportJson } from "./doctor/report.ts";
import { configuredRedis, TOOLS_FILE } from "./redis.ts";

/** What does not answer by then is told as it is. */
const EXAMINATION_MAX_MS = MINUTE_MS;

/** Looks at everything Hullkeeper needs, and says what is missing. Answers 1 when something is; changes nothing. */
export async function doctor(
  { config: path, format }: Extract<Command, { kind: "doctor" }>,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const config = await loadConfig(path, environment);
  const report = await reportOn(config, environment);
  process.stdout.write(format === "json" ? renderReportJson(report) : renderReport(report));
  return isWell(report) ? 0 : 1;
}

async function reportOn(config: Config, environment: NodeJS.ProcessEnv): Promise<DoctorReport> {
  const log = createLog("error");
  const shared = await sharedOf(configuredRedis(config), environment, log);
  const metrics = createMetrics();
  const userAgent = `hullkeeper/${VERSION}`;
  const registry = createRegistry({ ...registryOptionsOf(config), gate: shared.gate, userAgent, metrics });
  const feeds = createFeedSources(config.feeds, { ...feedOptionsOf(config), userAgent, metrics });
  const trustRoots = await createTrustRoots({
    ...trustRootsOptionsOf(config),
    purpose: "look",
    userAgent,
    metrics,
    log,
  });
  const { repositories, forks, webhookSecret } = config.github;
  const codeHost = createGitHub({ ...githubOptionsOf(config), webhooks: "received", userAgent, metrics });
  try {
    return await examine(
      {
        version: VERSION,
        now: instantOf(Date.now()),
        warnings: config.warnings,
        redis: shared.finding,
        hosts: shared.hosts,
        logins: registry.logins,
        registry,
        registries: registryPlacesOf(config, shared.watched),
        codeHost,
        selection: { repositories, forks },
        policies: config.policies,
        unread: shared.unread,
        webhooks: {
          secret: webhookSecret === undefined ? "missing" : "set",
          publicUrl: config.web.publicUrl,
          ...(codeHost.deliveries === undefined ? {} : { deliveries: codeHost.deliveries }),
        },
        trustRoots,
        feeds: feeds.all,
        mirrored: shared.mirrored,
      },
      AbortSignal.timeout(EXAMINATION_MAX_MS),
    );
  } finally {
    await registry.close();
    await feeds.close();
    await trustRoots.close();
    await shared.close();
  }
}

/** What all processes share, as far as there is a Redis that can be asked. */
interface Shared {
  readonly finding: Finding;
  readonly gate: HostGate;
  readonly watched: readonly ImageLine[];
  readonly hosts: readonly HostState[];
  readonly mirrored: readonly FeedRecord[];
  readonly unread: readonly Scan[];
  close(): Promise<void>;
}

async function sharedOf(
  address: RedisAddress | undefined,
  environment: NodeJS.ProcessEnv,
  log: Log,
): Promise<Shared> {
  if (address === undefined) return alone(privateFinding(environment));
  try {
    const warnings = await checkRedis(address);
    const redis = connect(address, log);
    const gate = createRedisGate(redis, { log });
    const store = createRedisStore(redis);
    const watches = await store.watches();
    return {
      finding: { subject: "redis", state: "well", detail: ["may be used", ...warnings].join("; ") },
      gate,
      watched: watches.map(({ line }) => line),
      hosts: await gate.states(),
      mirrored: await store.feeds(),
      unread: (await store.scans()).filter(
        (scan) => scan.unread !== undefined && scan.isUnsubscribed !== true,
      ),
      async close() {
        await gate.close();
        redis.disconnect();
      },
    };
  } catch (error) {
    return alone({ subject: "redis", state: "fault", detail: messageOf(error) });
  }
}

/** Without others to share with, a few questions need no shared budget. */
function alone(finding: Finding): Shared {
  return {
    finding,
    gate: new LocalGate({ now: Date.now, random: Math.random, share: 1 }),
    watched: [],
    hosts: [],
    mirrored: [],
    unread: [],
    async close() {},
  };
}

function privateFinding(environment: NodeJS.ProcessEnv): Finding {
  const subject = "redis";
  return findRedisProgram(environment["PATH"] ?? "", TOOLS_FILE) === undefined
    ? {
        subject,
        state: "fault",
        detail: "there is none: set REDIS_URL or redis.url, or install redis-server",
      }
    : {
        subject,
        state: "well",
        detail:
          "none is configured: serve and run start a private one, and what that knows is not looked at here",
      };
}
