import { DEFAULT_POLICIES, type Policies } from "../../src/vendor/policies.ts";
import type { Context, Settings } from "../../src/context.ts";
import { type Digest, parseDigest } from "../../src/image/digest.ts";
import { type ImageLine, parseRepository, parseTag, type Repository } from "../../src/image/reference.ts";
import type { FeedSource } from "../../src/ports/feed-sources.ts";
import type { TimerRecord } from "../../src/ports/clock-facts.ts";
import type { Timer } from "../../src/sla/timer.ts";
import { timersNow } from "../../src/steps/clocks/timers.ts";
import { timerIn } from "../fakes/timers.ts";
import type { Advisories } from "../../src/ports/advisories.ts";
import type { LogFields } from "../../src/ports/log.ts";
import type { TrustRootKeeper } from "../../src/ports/trust-roots.ts";
import type { EventKind, ProposalKey } from "../../src/ports/store.ts";
import type { CodeBranch, CodeRepository } from "../../src/proposal/plan.ts";
import type { QueueDefinition } from "../../src/queues.ts";
import { Secret } from "../../src/secret.ts";
import { DAY_MS, HOUR_MS, type Instant, instantOf, MINUTE_MS, SECOND_MS } from "../../src/time.ts";
import type { Candidate } from "../../src/trust/evidence.ts";
import type { VerificationPolicy } from "../../src/trust/policy.ts";
import type { Profile } from "../../src/vendor/profile.ts";
import type { QueueWorker } from "../../src/worker.ts";
import { assess } from "../../workers/assess.ts";
import { discover } from "../../workers/discover.ts";
import { poll } from "../../workers/poll.ts";
import { propose } from "../../workers/propose.ts";
import { revoke } from "../../workers/revoke.ts";
import { schedule } from "../../workers/schedule.ts";
import { sla } from "../../workers/sla.ts";
import { verify } from "../../workers/verify.ts";
import { createFakeClock, type FakeClock } from "../fakes/clock.ts";
import { createFakeCodeHost, type FakeCodeHost } from "../fakes/code-host.ts";
import { createFakeRegistry, type FakeRegistry } from "../fakes/image-registry.ts";
import {
  attestationCandidate,
  attestationLayer,
  envelopeDocument,
  newSigningKey,
  signatureCandidate,
  signatureLayer,
  type SigningKey,
  simpleSigningPayload,
  statementPayload,
  trustedHalfOf,
} from "../fakes/signer.ts";
import { UNCOUNTED } from "../fakes/metrics.ts";
import { createFakeStore, type FakeStore } from "../fakes/store.ts";
import { fixedKeeper } from "../fakes/trust-root-keeper.ts";
import { saveLook } from "../fakes/look.ts";
import { keyPolicy } from "../fakes/policy.ts";
import { createTagCheck } from "../../src/adapters/registry/tag-check.ts";
import { createVerifier } from "../../src/adapters/verifier/verifier.ts";

/** A worker's whole world in memory: one vendor, one code repository, a clock that stands. */

export const NOW = instantOf(Date.parse("2026-11-24T12:00:00Z"));
export const SHOP: CodeRepository = { owner: "acme", name: "shop" };
/** Its default branch. */
export const SHOP_MAIN: CodeBranch = { codeRepository: SHOP, branch: "main" };
export const BASE: Repository = parseRepository("bellsoft/hardened-base");
export const MUSL: ImageLine = lineOf("musl");
export const GLIBC: ImageLine = lineOf("glibc");
export const CYCLONEDX = "https://cyclonedx.org/bom";
export const VENDOR = newSigningKey();
export const STRANGER = newSigningKey();
/** The pull request of the vendor in {@link SHOP}. */
export const KEY: ProposalKey = { codeRepository: SHOP, baseBranch: "main", group: "bellsoft" };

/** A line of {@link BASE}. */
export function lineOf(tag: string): ImageLine {
  return { repository: BASE, tag: parseTag(tag) };
}

/** A digest that starts with these hex digits; nothing has it. */
export function digest(start: string): Digest {
  return parseDigest(`sha256:${start.padEnd(64, "0")}`);
}

export function profileOf(policy: Partial<VerificationPolicy> = {}): Profile {
  return {
    id: "bellsoft",
    name: "BellSoft Hardened Images",
    images: [/^docker\.io\/bellsoft\/hardened-[^/]*$/],
    policy: keyPolicy([trustedHalfOf(VENDOR, "BellSoft")], policy),
    mode: "enforced",
    signerHint: "No key is built in. Pin one under vendors.bellsoft.keys.",
  };
}

/** What is blocked stays so; nothing waits for an hour. */
const AT_ONCE: Policies = {
  ...DEFAULT_POLICIES,
  otherwise: {
    ...DEFAULT_POLICIES.otherwise,
    propose: { ...DEFAULT_POLICIES.otherwise.propose, content: "now", rebuild: "now" },
  },
};

const SETTINGS: Settings = {
  profiles: [profileOf()],
  policies: AT_ONCE,
  edit: { shell: false, matchers: [] },
  mirrors: [],
  pollMs: 30 * MINUTE_MS,
  maxStalenessMs: HOUR_MS,
  discoverMs: DAY_MS,
  repositories: [{ kind: "allow", owner: "acme", name: "shop" }],
  forks: false,
  repositoriesMs: HOUR_MS,
  proposalsMs: 5 * MINUTE_MS,
  slaMs: MINUTE_MS,
  dueSoonMs: 3 * DAY_MS,
  closeRevoked: false,
  evidence: {
    waitMs: DAY_MS,
    retryMs: [MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS],
    sbomWaitMs: 2 * MINUTE_MS,
    recheckMs: DAY_MS,
  },
  markerKey: new Secret("a key for tests, 32 bytes long .."),
  publicUrl: undefined,
  version: "0.0.0",
};

/** A job as it was put into a queue. */
export interface QueuedJob {
  readonly queue: string;
  readonly job: unknown;
}

export interface Bench {
  readonly context: Context;
  readonly store: FakeStore;
  readonly registry: FakeRegistry;
  readonly codeHost: FakeCodeHost;
  readonly clock: FakeClock;
  /** Jobs that were put into queues and not taken out by {@link take}, oldest first. */
  readonly jobs: readonly QueuedJob[];
  /** Warnings and errors of the log. */
  readonly warnings: readonly (LogFields & { readonly message: string })[];
  /** Does one job, as the queue runner would. */
  run<Job>(worker: QueueWorker<Job>, job: Job): Promise<void>;
  /** Forgets the jobs in the queues and answers with them. */
  take(): readonly QueuedJob[];
  /** Does everything that is in the queues, and what follows from it. @throws when that never ends */
  drain(): Promise<void>;
  /** Kinds and subjects of what was recorded, oldest first. */
  told(): Promise<readonly string[]>;
  /** Messages of the events of one kind, oldest first. */
  messages(kind: EventKind): Promise<readonly string[]>;
}

/** @param change what is set up otherwise than usual */
export function createBench(
  change: Partial<Settings> & {
    readonly advisories?: Advisories;
    readonly feeds?: readonly FeedSource[];
    readonly store?: FakeStore;
    readonly trustRoots?: TrustRootKeeper;
    /** Of the policy of all code repositories. */
    readonly baseBranches?: readonly string[];
  } = {},
): Bench {
  const {
    advisories,
    feeds = [],
    store = createFakeStore(),
    trustRoots = fixedKeeper(),
    baseBranches,
    ...given
  } = change;
  const { policies = SETTINGS.policies } = given;
  const settings =
    baseBranches === undefined ? given : { ...given, policies: goingTo(policies, baseBranches) };
  const registry = createFakeRegistry();
  const codeHost = createFakeCodeHost();
  const clock = createFakeClock(NOW);
  let jobs: QueuedJob[] = [];
  const warnings: (LogFields & { readonly message: string })[] = [];
  const warn = (fields: LogFields, message: string): void => void warnings.push({ ...fields, message });
  const context: Context = {
    settings: { ...SETTINGS, ...settings },
    registry,
    tagCheck: createTagCheck(registry, () => clock.at),
    verifier: createVerifier(),
    codeHost,
    advisories,
    feeds: { all: feeds },
    trustRoots,
    store,
    clock,
    enqueue: async (queue, job) => void jobs.push({ queue: queue.name, job: queue.schema.parse(job) }),
    record: async (event) => void (await store.append(event)),
    metrics: UNCOUNTED,
    log: { debug() {}, info() {}, warn, error: warn },
  };
  const run: Bench["run"] = (worker, job) => worker.handle(job, context, AbortSignal.timeout(10 * SECOND_MS));
  return {
    context,
    store,
    registry,
    codeHost,
    clock,
    warnings,
    run,
    get jobs() {
      return jobs;
    },
    take() {
      const taken = jobs;
      jobs = [];
      return taken;
    },
    async drain() {
      for (let done = 0; done < DRAIN_MAX; done += 1) {
        const [next, ...rest] = jobs;
        if (next === undefined) return;
        // A job asked for while it waits is the same job.
        jobs = rest.filter((other) => JSON.stringify(other) !== JSON.stringify(next));
        await runByName(next, run);
      }
      throw new Error(`still not done: ${JSON.stringify(jobs)}`);
    },
    told: async () => (await eventsOf(store)).map(({ kind, subject }) => `${kind} ${subject}`),
    messages: async (kind) =>
      (await eventsOf(store)).filter((event) => event.kind === kind).map(({ message }) => message),
  };
}

/** Policies with other base branches for all others. */
function goingTo(policies: Policies, baseBranches: readonly string[]): Policies {
  const { otherwise } = policies;
  return { ...policies, otherwise: { ...otherwise, pulls: { ...otherwise.pulls, baseBranches } } };
}

const DRAIN_MAX = 200;

const WORKERS: readonly ((waiting: QueuedJob, run: Bench["run"]) => Promise<void> | undefined)[] = [
  runnerOf(assess),
  runnerOf(discover),
  runnerOf(poll),
  runnerOf(propose),
  runnerOf(revoke),
  runnerOf(schedule),
  runnerOf(sla),
  runnerOf(verify),
];

function runnerOf<Job>(worker: QueueWorker<Job>): (typeof WORKERS)[number] {
  return ({ queue, job }, run) =>
    queue === worker.queue.name ? run(worker, worker.queue.schema.parse(job)) : undefined;
}

async function runByName(waiting: QueuedJob, run: Bench["run"]): Promise<void> {
  for (const runner of WORKERS) {
    const running = runner(waiting, run);
    if (running !== undefined) return running;
  }
  throw new Error(`no worker for ${waiting.queue}`);
}

async function eventsOf(store: FakeStore) {
  return (await store.events(1_000)).toReversed();
}

/** A job as {@link Bench.jobs} shows it. */
export function queued<Job>(queue: QueueDefinition<Job>, job: Job): QueuedJob {
  return { queue: queue.name, job };
}

/** A Dockerfile that pins lines to digests, one stage each. */
export function dockerfile(...pins: readonly (readonly [line: ImageLine, digest: Digest])[]): string {
  return pins
    .map(([{ repository, tag }, pinned]) => `FROM ${repository.path}:${tag}@${pinned}\nRUN true\n`)
    .join("\n");
}

/** What a vendor publishes; by default one signed image with an SBOM of one package. */
export interface Release {
  /** Tells releases apart. */
  readonly name: string;
  readonly key?: SigningKey;
  /** Undefined publishes no SBOM. */
  readonly purls?: readonly string[] | undefined;
  readonly signed?: "yes" | "no";
}

/** Pushes a single image with what proves it. Answers with its digest; no tag moves. */
export function release(
  { registry }: Pick<Bench, "registry">,
  { name, key = VENDOR, signed = "yes", ...rest }: Release,
): Digest {
  const purls = "purls" in rest ? rest.purls : [purl("expat", "2.7.1-r0")];
  const pushed = registry.push(BASE, imageDocument(name));
  const candidates = [
    ...(signed === "yes" ? [signatureOn(pushed, key)] : []),
    ...(purls === undefined ? [] : [sbomOn(pushed, purls, key)]),
  ];
  registry.attach({ repository: BASE, digest: pushed }, { candidates });
  return pushed;
}

export function signatureOn(image: Digest, key = VENDOR): Candidate {
  return signatureCandidate(signatureLayer(simpleSigningPayload(image), key));
}

/** A signed SBOM attestation about an image. */
export function sbomOn(image: Digest, purls: readonly string[], key = VENDOR): Candidate {
  return statementOn(image, cyclonedx(purls), key);
}

/** A signed attestation that claims to be an SBOM. */
export function statementOn(image: Digest, predicate: unknown, key = VENDOR): Candidate {
  const payload = statementPayload(image, { predicateType: CYCLONEDX, predicate });
  return attestationCandidate(attestationLayer(envelopeDocument(payload, [key]), CYCLONEDX));
}

/** A package of BellSoft's distribution. */
export function purl(name: string, version: string): string {
  return `pkg:apk/bellsoft-hardened-containers/${name}@${version}?arch=x86_64&distro=bellsoft-hardened-containers-25`;
}

export function cyclonedx(purls: readonly string[]): unknown {
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    metadata: { tools: { components: [{ name: "syft" }] } },
    components: purls.map((text) => ({ type: "library", name: "x", purl: text })),
  };
}

const IMAGE_TYPE = "application/vnd.oci.image.manifest.v1+json";

/** The manifest of one image. */
export function imageDocument(name: string): unknown {
  return {
    schemaVersion: 2,
    mediaType: IMAGE_TYPE,
    config: { mediaType: "application/vnd.oci.image.config.v1+json", digest: digest("c0"), size: 2 },
    layers: [],
    annotations: { name },
  };
}

/** An index of images, one per platform. */
export function indexDocument(
  children: readonly { readonly digest: Digest; readonly platform: string }[],
): unknown {
  return {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: children.map(({ digest: child, platform }) => {
      const [os, architecture] = platform.split("/");
      return { mediaType: IMAGE_TYPE, digest: child, size: 2, platform: { os, architecture } };
    }),
  };
}

/** The timer of a line in {@link SHOP} as it is now. */
export function timerNow(
  { store, context, clock }: Bench,
  line: ImageLine = MUSL,
): Promise<Timer | undefined> {
  const { profiles } = context.settings;
  return timerIn(store, { codeRepository: SHOP, baseBranch: "main", line }, { profiles, now: clock.at });
}

/** Every timer that there is. */
export function allTimers({ store, context, clock }: Bench): Promise<readonly TimerRecord[]> {
  return timersNow({ store, ...context.settings }, clock.at);
}

/** Keeps a scan as discover would, without reading a file: these lines pinned to these digests in `Dockerfile`. */
export async function pin(
  { store }: Pick<Context, "store">,
  pins: readonly (readonly [line: ImageLine, digest: Digest])[],
  { codeRepository = SHOP, at = NOW, branch = "main" } = {},
): Promise<void> {
  await store.saveScan({
    codeRepository,
    branch,
    commit: "0".repeat(40),
    scannedAt: at,
    places: pins.map(([line, pinned], position) => ({
      path: "Dockerfile",
      line: position + 1,
      raw: `${line.repository.path}:${line.tag}@${pinned}`,
      state: { kind: "handled", line, digest: pinned, profile: "bellsoft" },
    })),
    skipped: [],
  });
}

/** Keeps that a tag has been at these digests, one after the other, as polls would. */
export async function seen(
  { store }: Pick<Context, "store">,
  line: ImageLine,
  digests: readonly Digest[],
  at: Instant = NOW,
): Promise<void> {
  const history = digests.map((observed) => ({ digest: observed, firstSeenAt: at, lastSeenAt: at }));
  await saveLook(store, line, { kind: "answered", history, at });
}
