import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "vitest";
import { createQueues, type Queues } from "../../src/adapters/queue/queues.ts";
import { createRedisClock } from "../../src/adapters/redis/clock.ts";
import { connect } from "../../src/adapters/redis/connect.ts";
import { QUEUE_PREFIX } from "../../src/adapters/redis/keys.ts";
import { createRedisStore } from "../../src/adapters/redis/store.ts";
import { type ImageLine, parseRepository, parseTag } from "../../src/image/reference.ts";
import type { EventKind, Store, StoreEvent } from "../../src/ports/store.ts";
import { QUEUE_NAMES, SCHEDULE } from "../../src/queues.ts";
import { createOpenApiValidator } from "../fakes/github/openapi-validator.ts";
import type { RecordedRequest } from "../fakes/github/start-github-double.ts";
import { SILENT } from "../fakes/log.ts";
import { cosignMissing } from "../tools/cosign.ts";
import { dockerRegistryMissing, startDockerRegistry } from "../tools/docker-registry.ts";
import { type HullkeeperProcess, startHullkeeper } from "../tools/hullkeeper.ts";
import { redisMissing, startRedis, type TestRedis } from "../tools/redis.ts";
import {
  type ConfigOptions,
  REPOSITORY,
  startWorld,
  TAG,
  type World,
  type WorldRegistry,
} from "../tools/world.ts";
import { type Condition, until } from "./until.ts";

/** Compiling what it checks takes about a second: once for all worlds of a file. */
const VALIDATOR = createOpenApiValidator();
/** Looks that must find nothing to do: a job may move between two queues while they are counted. */
const QUIET_LOOKS = 3;
/** How long a process may take to end when it is asked to, before it is ended by force. */
const END_MAX_MS = 10_000;

/** Why the whole pipeline cannot be run here, or undefined when it can. */
export function installationMissing(): string | undefined {
  const reasons = [redisMissing(), dockerRegistryMissing(), cosignMissing()].filter(
    (reason) => reason !== undefined,
  );
  return reasons.length === 0 ? undefined : [...new Set(reasons)].join("; ");
}

/** What a title says of tests that are skipped; nothing of those that are not. */
export function noteOn(missingReason: string | undefined): string {
  return missingReason === undefined ? "" : ` (skipped: ${missingReason})`;
}

export interface InstallationOptions extends Partial<ConfigOptions> {
  /** Debian's docker-registry by default. */
  readonly startRegistry?: () => Promise<WorldRegistry>;
  /** As whom the code host is spoken to; by default by a token. */
  readonly speaker?: "token" | "app";
}

/** Hullkeeper as somebody runs it, in a world of its own with a Redis of its own. */
export interface Installation {
  readonly world: World;
  readonly redis: TestRedis;
  /** What the processes share, to look into. */
  readonly store: Store;
  readonly queues: Queues;
  /** The image line of the world. */
  readonly line: ImageLine;
  /** Path of the configuration. */
  readonly config: string;
  /** What a process finds in its environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Starts a process with this configuration and Redis; it is ended with the test. */
  readonly start: (...words: readonly string[]) => HullkeeperProcess;
  /** Runs exactly this command to its end. */
  readonly run: (words: readonly string[], environment: Readonly<Record<string, string>>) => Promise<Ended>;
  /** Starts `serve` and waits until its pages answer. */
  readonly serve: () => Promise<Served>;
  /** Runs `run --once` to its end. */
  readonly pass: () => Promise<Ended>;
  /** Waits until every watched tag was asked about anew, and everything that came of it is done. */
  readonly settled: () => Promise<void>;
  /** Waits until no job is left. */
  readonly drained: () => Promise<void>;
  /** Redis forgets everything. No process may run meanwhile. */
  readonly loseRedis: () => Promise<void>;
  /** Waits for something; a failure shows what the processes said. */
  readonly until: <Answer>(what: string, holds: Condition<Answer>["holds"]) => Promise<Answer>;
  /** Events of a kind, oldest first. */
  readonly events: (kind: EventKind) => Promise<readonly StoreEvent[]>;
  /** Requests that change something at the code host, oldest first. */
  readonly writes: () => readonly RecordedRequest[];
}

/** A running `serve`. */
export interface Served {
  readonly process: HullkeeperProcess;
  /** The words of a page, without its markup. */
  readonly words: (path: string) => Promise<string>;
  /** How many jobs of a queue this process did. */
  readonly jobsDone: (queue: string) => Promise<number>;
}

/** A process that has ended. */
export interface Ended {
  readonly code: number | NodeJS.Signals;
  readonly output: string;
}

/** Starts an installation that ends with the test, however that ends. */
export async function startInstallation(
  context: TestContext,
  { startRegistry = startDockerRegistry, speaker = "token", ...configOptions }: InstallationOptions = {},
): Promise<Installation> {
  const { later, processes } = cleanUp(context);
  const directory = await mkdtemp(join(tmpdir(), "hk-e2e-"));
  later(() => rm(directory, { recursive: true, force: true }));
  const redis = await startRedis();
  later(() => redis.close());
  const world = await startWorld(directory, { startRegistry, speaker, validator: VALIDATOR });
  later(() => world.close());
  const client = connect(redis.address, SILENT);
  later(async () => client.disconnect());
  const queues = createQueues(client, QUEUE_PREFIX, QUEUE_NAMES);
  later(() => queues.close());
  const store = createRedisStore(client);
  const clock = createRedisClock(client);
  const config = await world.writeConfig({ repositories: ["acme/shop"], ...configOptions });
  const line = {
    repository: parseRepository(`${world.registry.host}/${REPOSITORY}`),
    tag: parseTag(TAG),
  };
  const environment = { ...world.environment, REDIS_URL: redis.url, XDG_STATE_HOME: directory };

  const startWith = (words: readonly string[], variables: Installation["environment"]): HullkeeperProcess => {
    const process = startHullkeeper(words, variables);
    processes.push(process);
    return process;
  };
  const start: Installation["start"] = (...words) => startWith([...words, "--config", config], environment);
  const run: Installation["run"] = async (words, variables) => {
    const process = startWith(words, variables);
    return { code: await process.ended, output: process.output() };
  };
  const untilHere: Installation["until"] = (what, holds) =>
    until({ what, holds, explain: () => outputsOf(processes) });
  const drained = async (): Promise<void> => {
    let quiet = 0;
    await untilHere("an end of the jobs", async () => {
      quiet = (await jobsLeft(queues)) === 0 ? quiet + 1 : 0;
      return quiet === QUIET_LOOKS;
    });
  };
  const askedAnew = async (): Promise<void> => {
    const since = await clock.now();
    await untilHere("a new look at every tag", async () =>
      (await store.watches()).every(
        ({ checkedAt, failure }) => Math.max(checkedAt ?? 0, failure?.at ?? 0) > since,
      ),
    );
  };

  return {
    world,
    redis,
    store,
    queues,
    line,
    config,
    environment,
    start,
    run,
    async serve() {
      const process = start("serve");
      const address = (await process.lineMatching(/ serves http/)).split(" serves ")[1] ?? "";
      const textAt = async (path: string) => (await fetch(new URL(path, address))).text();
      return {
        process,
        words: async (path) => wordsOf(await textAt(path)),
        jobsDone: async (queue) => jobsDoneIn(await textAt("/metrics"), queue),
      };
    },
    pass: () => run(["run", "--once", "--config", config], environment),
    drained,
    async settled() {
      // The first look may have begun before; the second one has not.
      await askedAnew();
      await askedAnew();
      await drained();
    },
    async loseRedis() {
      await client.flushall();
    },
    until: untilHere,
    events: async (kind) => (await store.events(1_000)).filter((event) => event.kind === kind).toReversed(),
    writes: () => world.codeHost.requests.filter(isWrite),
  };
}

function isWrite({ method, kind, operations }: RecordedRequest): boolean {
  if (kind === "graphql")
    return operations.some((field) => /^(?:create|update|add|remove|delete)/.test(field));
  return method !== "GET";
}

/** What has to be undone when the test is over, newest first; processes before everything they use. */
function cleanUp({ onTestFinished, onTestFailed }: TestContext): {
  readonly later: (undo: () => Promise<void>) => void;
  readonly processes: HullkeeperProcess[];
} {
  const undos: (() => Promise<void>)[] = [];
  const processes: HullkeeperProcess[] = [];
  onTestFailed(() => {
    process.stderr.write(`${outputsOf(processes)}\n`);
  });
  onTestFinished(async () => {
    await Promise.all(processes.map(endSurely));
    for (const undo of undos.toReversed()) await undo();
  });
  return { later: (undo) => void undos.push(undo), processes };
}

async function endSurely(process: HullkeeperProcess): Promise<void> {
  const force = setTimeout(() => void process.end("SIGKILL"), END_MAX_MS);
  await process.end();
  clearTimeout(force);
}

/** Jobs that wait, run or are put off, those that only look at the clock aside. */
async function jobsLeft(queues: Queues): Promise<number> {
  return Object.entries(await queues.counts())
    .filter(([name]) => name !== SCHEDULE.name)
    .reduce((sum, [, { waiting, active, delayed }]) => sum + waiting + active + delayed, 0);
}

function outputsOf(processes: readonly HullkeeperProcess[]): string {
  return processes.map((each) => `process ${each.pid} said:\n${each.output()}`).join("\n");
}

/** @see https://prometheus.io/docs/instrumenting/exposition_formats/ */
function jobsDoneIn(metrics: string, queue: string): number {
  const sample = new RegExp(`^hullkeeper_jobs_total\\{queue="${queue}",outcome="completed"\\} (\\d+)$`, "m");
  return Number(sample.exec(metrics)?.[1] ?? 0);
}

function wordsOf(html: string): string {
  return html.replaceAll(/<[^>]*>/g, " ").replaceAll(/\s+/g, " ");
}
