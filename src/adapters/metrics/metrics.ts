import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Metrics, PushMetrics } from "../../ports/metrics.ts";
import { EVENT_KINDS } from "../../ports/store.ts";

/** What is not counted as it happens but read when somebody asks. */
export interface ObservedState {
  /** Timers by state. */
  readonly timers: Readonly<Record<string, number>>;
  /** Jobs by queue, then state. */
  readonly queues: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** By how much the longest overdue work (poll, scan, check) is late; 0 when none is, undefined when nothing is watched. */
  readonly dueLagSeconds: number | undefined;
}

/** Counts in memory, and tells as Prometheus reads it. */
export interface PrometheusMetrics extends Metrics, PushMetrics {
  readonly contentType: string;
  /** All metrics; state that cannot be read in time is left out, and `hullkeeper_state_readable` is then 0. */
  text(): Promise<string>;
  /** What {@link text} asks for the state of the whole installation. The last call counts. */
  observeState(read: (signal: AbortSignal) => Promise<ObservedState>): void;
}

/** Distinct values of a label that comes from configuration; what is above is counted as `other`. */
export const LABEL_VALUES_MAX = 50;
/** How long a scrape waits for the state. Prometheus gives up on a scrape after 10 s by default. */
export const STATE_TIMEOUT_MS = 3_000;

const REQUEST_BUCKETS_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const JOB_BUCKETS_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/**
 * Metrics of one process, in a registry of their own.
 *
 * @param options.stateTimeoutMs how long a scrape waits for the state
 */
export function createMetrics(options: { readonly stateTimeoutMs?: number } = {}): PrometheusMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counted = countedMetrics(registry);
  const state = stateGauges(registry);
  let readState: ((signal: AbortSignal) => Promise<ObservedState>) | undefined;

  return {
    ...counted,
    contentType: registry.contentType,
    observeState(read) {
      readState = read;
    },
    async text() {
      const read = readState;
      if (read !== undefined) {
        state.show(await answerOf(read, options.stateTimeoutMs ?? STATE_TIMEOUT_MS));
      }
      return registry.metrics();
    },
  };
}

function countedMetrics(registry: Registry): Metrics & PushMetrics {
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
    help: "Jobs that this process ran, by how they ended: completed, retried or failed.",
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
  const [partyOf, hostOf, operationOf, queueOf] = [bounded(), bounded(), bounded(), bounded()];

  return {
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
  };
}

/** Gauges of {@link ObservedState}. Absent rather than old: a value that could not be read must not look like one that was. */
function stateGauges(registry: Registry): { readonly show: (state: ObservedState | undefined) => void } {
  const registers = [registry];
  const readable = new Gauge({
    name: "hullkeeper_state_readable",
    help: "1 when the state of the installation could be read for this scrape, 0 when not; the gauges below are then absent.",
    registers,
  });
  const timers = new Gauge({
    name: "hullkeeper_sla_timers",
    help: "SLA timers of the installation, by state.",
    labelNames: ["state"],
    registers,
  });
  const queues = new Gauge({
    name: "hullkeeper_queue_jobs",
    help: "Jobs in the queues of the installation, by queue and state.",
    labelNames: ["queue", "state"],
    registers,
  });
  const dueLag = new Gauge({
    name: "hullkeeper_due_lag_seconds",
    help: "By how much the longest overdue work (poll, scan, check) is late; 0 when none is, absent when nothing is watched.",
    registers,
  });
  readable.remove();
  dueLag.remove();

  return {
    show(state) {
      for (const gauge of [timers, queues]) gauge.reset();
      dueLag.remove();
      readable.set(state === undefined ? 0 : 1);
      if (state === undefined) return;
      for (const [name, count] of Object.entries(state.timers)) timers.set({ state: name }, count);
      for (const [queue, counts] of Object.entries(state.queues)) {
        for (const [name, count] of Object.entries(counts)) queues.set({ queue, state: name }, count);
      }
      if (state.dueLagSeconds !== undefined) dueLag.set(state.dueLagSeconds);
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

/** The value itself for the first {@link LABEL_VALUES_MAX} distinct ones, `other` for the rest. */
function bounded(): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    if (known.has(value)) return value;
    if (known.size >= LABEL_VALUES_MAX) return "other";
    known.add(value);
    return value;
  };
}
