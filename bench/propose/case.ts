import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { createLog } from "../../src/adapters/log/pino.ts";
import { createQueues, type Queues } from "../../src/adapters/queue/queues.ts";
import { connect } from "../../src/adapters/redis/connect.ts";
import { QUEUE_PREFIX } from "../../src/adapters/redis/keys.ts";
import { createRedisStore } from "../../src/adapters/redis/store.ts";
import type { Digest } from "../../src/image/digest.ts";
import { renderLine } from "../../src/image/reference.ts";
import type { Store } from "../../src/ports/store.ts";
import { QUEUE_NAMES, SCHEDULE } from "../../src/queues.ts";
import { lookedAt } from "../../src/watch/tag-record.ts";
import { isInstant, SECOND_MS } from "../../src/time.ts";
import type { OpenApiValidator } from "../../test/fakes/github/openapi-validator.ts";
import { type GitHubDouble, startGitHubDouble } from "../../test/fakes/github/start-github-double.ts";
import type { CosignKey } from "../../test/tools/cosign.ts";
import { type HullkeeperProcess, startHullkeeper } from "../../test/tools/hullkeeper.ts";
import { startRedis } from "../../test/tools/redis.ts";
import type { Opening } from "./order.ts";
import { codeName, createCode, dockerfileOf, OWNER, type Workload, writeConfig } from "./scene.ts";
import { type Requests, requestsOf, since, type Usage, usageOf } from "./usage.ts";

/** What a phase took. */
export interface Phase {
  readonly title: string;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  /** Since the process began. */
  readonly peakMegabytes: number;
  readonly requests: Requests;
  /** Pull requests there are at its end, and those of them that change everything they should. */
  readonly pulls: number;
  readonly rightPulls: number;
  /** Of these pull requests. */
  readonly openings: readonly Opening[];
  /** Things that the double turned away, so far. */
  readonly refusals: number;
}

/** What a case is made of. */
export interface CaseOptions {
  readonly workload: Workload;
  readonly host: string;
  readonly key: CosignKey;
  /** Digests before the tags move, by index in the pool. */
  readonly old: readonly Digest[];
  readonly validator: OpenApiValidator;
  /** Lines under `github` in the configuration. */
  readonly limits?: string;
  /** Prepares the double, e.g. with the limits it keeps. */
  readonly prepare?: (codeHost: GitHubDouble) => void;
  /** How long a phase may take. Default: half an hour. */
  readonly phaseMaxMs?: number;
  /** Lets the tags move; returns the new digests. */
  readonly move: () => Promise<readonly Digest[]>;
}

const SETTLED_LOOKS = 4;
const LOOK_EVERY_MS = 50;
/** Longer than anything waits that is put off because it may come in a burst; feeds in a folder are looked at once a minute. */
const SOON_MS = 15 * SECOND_MS;
const PHASE_MAX_MS = 30 * 60_000;

/** One installation over one workload: the first index, nothing new, tags moved, nothing new with pull requests open. */
export async function runCase(options: CaseOptions): Promise<readonly Phase[]> {
  const { workload, host, key, old, validator } = options;
  const directory = await mkdtemp(join(tmpdir(), "hk-bench-propose-"));
  const codeHost = await startGitHubDouble({ validator });
  const redis = await startRedis();
  const connection = connect(redis.address, createLog("error"));
  const queues = createQueues(connection, QUEUE_PREFIX, QUEUE_NAMES);
  const store = createRedisStore(connection);
  let product: HullkeeperProcess | undefined;
  try {
    await createCode(codeHost, { host, workload, digests: old });
    options.prepare?.(codeHost);
    const webPort = await freePort();
    const config = await writeConfig(directory, {
      host,
      key,
      codeHost,
      workload,
      webPort,
      limits: options.limits ?? "",
    });
    product = startHullkeeper(["serve", "--config", config], {
      HULLKEEPER_TOKEN: codeHost.token,
      HULLKEEPER_MARKER_KEY: "0123456789abcdef0123456789abcdef",
      REDIS_URL: redis.url,
    });
    await product.lineMatching(/ serves http/);
    return await phasesOf({ ...options, codeHost, store, queues, webPort, pid: product.pid });
  } finally {
    await product?.end();
    await queues.close();
    connection.disconnect();
    await redis.close();
    await codeHost.close();
    await rm(directory, { recursive: true, force: true });
  }
}

interface Scene extends CaseOptions {
  readonly codeHost: GitHubDouble;
  readonly store: Store;
  readonly queues: Queues;
  readonly webPort: number;
  readonly pid: number;
}

async function phasesOf(scene: Scene): Promise<readonly Phase[]> {
  const phases: Phase[] = [];
  let wanted = scene.old;
  const measure = async (title: string, begin: () => Promise<void>): Promise<void> => {
    const before = {
      usage: usageOf(scene.pid),
      requests: await requestsOf(scene.webPort),
      at: performance.now(),
    };
    await begin();
    await settled(scene);
    phases.push(await phaseSince(title, before, { ...scene, wanted }));
  };
  await measure("first index", () => indexed(scene));
  await measure("no change", () => pollAll(scene));
  wanted = await scene.move();
  await measure("tags moved", () => pollAll(scene));
  await measure("no change, pull requests open", () => pollAll(scene));
  return phases;
}

async function phaseSince(
  title: string,
  before: { readonly usage: Usage; readonly requests: Requests; readonly at: number },
  { webPort, pid, ...scene }: Scene & { readonly wanted: readonly Digest[] },
): Promise<Phase> {
  const usage = usageOf(pid);
  const wallMs = performance.now() - before.at - SETTLED_LOOKS * LOOK_EVERY_MS;
  return {
    title,
    wallSeconds: wallMs / 1_000,
    cpuSeconds: usage.cpuSeconds - before.usage.cpuSeconds,
    peakMegabytes: usage.peakMegabytes,
    requests: since(before.requests, await requestsOf(webPort)),
    refusals: scene.codeHost.made.refused,
    ...(await pullsIn(scene)),
  };
}

/** Waits for every code repository to be read, every tag to be looked at, and the first look at all clocks, which waits for bursts of scans to end. */
async function indexed({ store, workload, phaseMaxMs }: Scene): Promise<void> {
  await until(phaseMaxMs, async () => (await store.scans()).length >= workload.repositories);
  await until(phaseMaxMs, async () =>
    (await store.watches()).every((watch) => lookedAt(watch) !== undefined),
  );
  await until(phaseMaxMs, async () => ((await store.firstDueAt()) ?? 0) > Date.now() + SOON_MS);
}

/** Makes every watched tag due, as at the end of an interval, and waits until each was asked about. */
async function pollAll({ store, phaseMaxMs }: Scene): Promise<void> {
  const now = Date.now();
  if (!isInstant(now)) throw new Error("the clock of this machine is not right");
  const before = new Map<string, number>();
  for (const watch of await store.watches()) {
    before.set(renderLine(watch.line), lookedAt(watch) ?? 0);
    await store.schedule({ kind: "poll", repository: watch.line.repository }, now, "set");
  }
  await until(phaseMaxMs, async () => {
    const watches = await store.watches();
    return watches.every((watch) => (lookedAt(watch) ?? 0) > (before.get(renderLine(watch.line)) ?? 0));
  });
}

/** Waits until no job waits or runs, some looks in a row. */
async function settled({ queues, phaseMaxMs }: Scene): Promise<void> {
  let looks = 0;
  await until(phaseMaxMs, async () => {
    const counts = Object.entries(await queues.counts()).filter(([name]) => name !== SCHEDULE.name);
    const isIdle = counts.every(([, { waiting, active, delayed }]) => waiting + active + delayed === 0);
    looks = isIdle ? looks + 1 : 0;
    return looks >= SETTLED_LOOKS;
  });
}

async function until(maxMs: number | undefined, isSo: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + (maxMs ?? PHASE_MAX_MS);
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error("a phase of the benchmark did not end");
    await wait(LOOK_EVERY_MS);
  }
}

/** Pull requests that there are, and those whose branch pins every image to what is wanted. */
async function pullsIn({
  codeHost,
  store,
  host,
  workload,
  wanted,
}: Pick<Scene, "codeHost" | "store" | "host" | "workload"> & {
  readonly wanted: readonly Digest[];
}): Promise<Pick<Phase, "pulls" | "rightPulls" | "openings">> {
  const proposals = await store.proposals();
  const dueAts = new Map(proposals.map(({ codeRepository: { name }, dueAt }) => [name, dueAt]));
  const openings: Opening[] = [];
  let pulls = 0;
  let rightPulls = 0;
  for (let repository = 0; repository < workload.repositories; repository += 1) {
    const name = codeName(repository);
    const open = await codeHost.pullRequests(OWNER, name);
    pulls += open.length;
    const [first] = open;
    if (first === undefined) continue;
    const dueAt = dueAts.get(name);
    openings.push({ openedAt: Date.parse(first.createdAt), ...(dueAt === undefined ? {} : { dueAt }) });
    const text = await codeHost.readFile(OWNER, name, first.headBranch, "Dockerfile");
    if (text === dockerfileOf(host, repository, { workload, digests: wanted })) rightPulls += 1;
  }
  return { pulls, rightPulls, openings };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}
