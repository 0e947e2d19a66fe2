import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Metrics, PushMetrics, WebhookMetrics } from "../../ports/metrics.ts";
import { EVENT_KINDS } from "../../ports/store.ts";
import type { TrustRootState } from "../../ports/trust-roots.ts";
import { bounded } from "./label.ts";
import { type ObservedState, stateGauges } from "./state-gauges.ts";
import { trustRootGauges } from "./trust-root-gauges.ts";

/** Counts in memory, and tells as Prometheus reads it. */
export interface PrometheusMetrics extends Metrics, PushMetrics, WebhookMetrics {
  readonly contentType: string;
  /** All metrics; state that cannot be read in time is left out, and `hullkeeper_state_readable` is then 0. */
  text(): Promise<string>;
  /** What {@link text} asks for the state of the whole installation. The last call counts. */
  observeState(read: (signal: AbortSignal) => Promise<ObservedState>): void;
  /** What {@link text} asks for the trust roots of this process. The last call counts. */
  observeTrustRoots(read: () => readonly TrustRootState[]): void;
}

/** How long a scrape waits for the state. Prometheus gives up on a scrape after 10 s by default. */
export const STATE_TIMEOUT_MS = 3_000;

const REQUEST_BUCKETS_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const WAIT_BUCKETS_SECONDS = [0.1, 0.5, 1, 2, 5, 15, 60, 300, 1_800, 7_200, 21_600];
const AGE_BUCKETS_SECONDS = [60, 300, 600, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400];
const JOB_BUCKETS_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/**
 * Metrics of one process, in a registry of their own.
 *
 * @param options.stateTimeoutMs how long a scrape waits for the state
 * @param options.nowMs milliseconds since the epoch
 */
export function createMetrics(
  options: { readonly stateTimeoutMs?: number; readonly nowMs?: () => number } = {},
): PrometheusMetrics {
  const { nowMs = Date.now } = options;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counted = countedMetrics(registry);
  const state = stateGauges(registry);
  const showTrustRoots = trustRootGauges(registry);
  let readTrustRoots: (() => readonly TrustRootState[]) | undefined;
  let readState: ((signal: AbortSignal) => Promise<ObservedState>) | undefined;

  return {
    ...counted,
    contentType: registry.contentType,
    observeState(read) {
      readState = read;
    },
    observeTrustRoots(read) {
      readTrustRoots = read;
    },
    async text() {
      if (readTrustRoots !== undefined) showTrustRoots(readTrustRoots(), nowMs());
      const read = readState;
      if (read !== undefined) {
        state.show(await answerOf(read, options.stateTimeoutMs ?? STATE_TIMEOUT_MS));
      }
      return registry.metrics();
    },
  };
}

function countedMetrics(registry: Registry): Metrics & PushMetrics & WebhookMetrics {
  const registers = [registry];
  const events = new Counter({
    name: "hullkeeper_events_total",
    help: "Business events that this process recorded.",
    labelNames: ["kind"],
    registers,
  });
  // From 0, so that the first event is an increase.
  for (const kind of EVENT_KINDS) events.inc({ kind }, 0);
  const requests = new Counter({
    name: "hullkeeper_requests_total",
    help: "Requests to outside parties; status is 2xx, 3xx, 4xx, 429, 5xx, or none when there was no answer.",
    labelNames: ["party", "host", "operation", "status"],
    registers,
  });
  const requestDurations = new Histogram({
    name: "hullkeeper_request_duration_seconds",
    help: "How long requests to outside parties took, answered or not.",
    labelNames: ["party", "operation"],
    buckets: REQUEST_BUCKETS_SECONDS,
    registers,
  });
  const jobs = new Counter({
    name: "hullkeeper_jobs_total",
    help: "Jobs that this process ran, by how they ended: completed, retried, deferred (put off, which costs no try) or failed.",
    labelNames: ["queue", "outcome"],
    registers,
  });
  const jobDurations = new Histogram({
    name: "hullkeeper_job_duration_seconds",
    help: "How long one run of a job took.",
    labelNames: ["queue"],
    buckets: JOB_BUCKETS_SECONDS,
    registers,
  });
  const pushes = new Counter({
    name: "hullkeeper_push_total",
    help: "Calls by which registries tell of pushes, by what became of them.",
    labelNames: ["provider", "outcome"],
    registers,
  });
  const webhooks = new Counter({
    name: "hullkeeper_webhooks_total",
    help: "Webhooks of the code host, by what became of them.",
    labelNames: ["event", "outcome"],
    registers,
  });
  const [partyOf, hostOf, operationOf, queueOf] = [bounded(), bounded(), bounded(), bounded()];

  return {
    ...watchMetrics(registry, hostOf),
    event(kind) {
      events.inc({ kind });
    },
    request({ party, host, operation, status, durationMs }) {
      const labels = { party: partyOf(party), operation: operationOf(operation) };
      requests.inc({ ...labels, host: hostOf(host), status: statusClassOf(status) });
      requestDurations.observe(labels, durationMs / 1_000);
    },
    job({ queue, outcome, durationMs }) {
      const labels = { queue: queueOf(queue) };
      jobs.inc({ ...labels, outcome });
      jobDurations.observe(labels, durationMs / 1_000);
    },
    push({ provider, outcome }) {
      pushes.inc({ provider, outcome });
    },
    webhook({ event, outcome }) {
      webhooks.inc({ event, outcome });
    },
  };
}

/** What is counted about how, and how well, registries are watched. */
function watchMetrics(
  registry: Registry,
  hostOf: (host: string) => string,
): Pick<Metrics, "budgetWait" | "polled" | "looked" | "headChanged" | "integrityFailed" | "clockSkew"> {
  const registers = [registry];
  const budgetWaits = new Histogram({
    name: "hullkeeper_budget_wait_seconds",
    help: "How long requests to registries were told to wait, by reason: budget, penalty, pull-limit, breaker or suspended. A request that waited for nothing is not counted.",
    labelNames: ["reason"],
    buckets: WAIT_BUCKETS_SECONDS,
    registers,
  });
  const pollLags = new Histogram({
    name: "hullkeeper_poll_lag_seconds",
    help: "How long after it was due a poll of a repository began.",
    buckets: WAIT_BUCKETS_SECONDS,
    registers,
  });
  const tagAges = new Histogram({
    name: "hullkeeper_tag_age_seconds",
    help: "How old the last answer about a tag was when the next one came.",
    buckets: AGE_BUCKETS_SECONDS,
    registers,
  });
  const headChanges = new Counter({
    name: "hullkeeper_head_changed_total",
    help: "Answers of registries by which a tag points elsewhere than before.",
    labelNames: ["host"],
    registers,
  });
  const integrityFailures = new Counter({
    name: "hullkeeper_integrity_failures_total",
    help: "Answers of registries whose bytes are not what their digest says.",
    labelNames: ["host"],
    registers,
  });
  const clockSkew = new Gauge({
    name: "hullkeeper_clock_skew_seconds",
    help: "By how much our clock is ahead of that of the code host, when deadlines were last looked at; absent before.",
    registers,
  });
  clockSkew.remove();
  return {
    clockSkew({ skewMs }) {
      clockSkew.set(skewMs / 1_000);
    },
    budgetWait({ reason, waitMs }) {
      budgetWaits.observe({ reason }, waitMs / 1_000);
    },
    polled({ lagMs }) {
      pollLags.observe(Math.max(0, lagMs) / 1_000);
    },
    looked({ ageMs }) {
      tagAges.observe(Math.max(0, ageMs) / 1_000);
    },
    headChanged({ host }) {
      headChanges.inc({ host: hostOf(host) });
    },
    integrityFailed({ host }) {
      integrityFailures.inc({ host: hostOf(host) });
    },
  };
}

/** The state, or undefined when there is no answer in time: a scrape shows the rest all the same. */
async function answerOf(
  read: (signal: AbortSignal) => Promise<ObservedState>,
  timeoutMs: number,
): Promise<ObservedState | undefined> {
  const signal = AbortSignal.timeout(timeoutMs);
  const timeout = new Promise<undefined>((resolve) => {
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  try {
    return await Promise.race([read(signal), timeout]);
  } catch {
    // Not lost: it becomes `hullkeeper_state_readable 0`, and throwing would hide the counters.
    return undefined;
  }
}

/** `429` stands alone: it is what a budget per host is tuned by. */
function statusClassOf(status: number | "none"): string {
  if (status === "none" || status === 429) return String(status);
  return `${Math.floor(status / 100)}xx`;
}
