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
  /** Hosts that are asked, one entry for each that has different credentials. */
  readonly hosts: readonly ObservedHost[];
}

export interface ObservedHost {
  readonly host: string;
  readonly breaker: "closed" | "half-open" | "open";
  readonly perSecondNow: number;
  /** Absent where the host says nothing of a limit. */
  readonly pullsRemaining?: number;
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
const WAIT_BUCKETS_SECONDS = [0.1, 0.5, 1, 2, 5, 15, 60, 300, 1_800, 7_200, 21_600];
const AGE_BUCKETS_SECONDS = [60, 300, 600, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400];
const BREAKER_STATES = { closed: 0, "half-open": 1, open: 2 } as const satisfies Record<
  ObservedHost["breaker"],
  number
>;
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
  };
}

/** What is counted about how, and how well, registries are watched. */
function watchMetrics(
  registry: Registry,
  hostOf: (host: string) => string,
): Pick<Metrics, "budgetWait" | "polled" | "looked" | "headChanged" | "integrityFailed"> {
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
  return {
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
  const showHosts = hostGauges(registry);
  readable.remove();
  dueLag.remove();

  return {
    show(state) {
      for (const gauge of [timers, queues]) gauge.reset();
      dueLag.remove();
      showHosts(state?.hosts ?? []);
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

/** Of a host with several credentials: the worst. */
function hostGauges(registry: Registry): (hosts: readonly ObservedHost[]) => void {
  const registers = [registry];
  const breakers = new Gauge({
    name: "hullkeeper_breaker_state",
    help: "Whether a host is asked: 0 closed (it is), 1 half-open (one request tries it), 2 open (it failed too often).",
    labelNames: ["host"],
    registers,
  });
  const rates = new Gauge({
    name: "hullkeeper_budget_per_second",
    help: "Requests a second that a host may be sent now, after what its complaints have taken.",
    labelNames: ["host"],
    registers,
  });
  const remaining = new Gauge({
    name: "hullkeeper_rate_remaining",
    help: "What a host said is left of its pull limit.",
    labelNames: ["host"],
    registers,
  });
  const hostOf = bounded();
  return (hosts) => {
    for (const gauge of [breakers, rates, remaining]) gauge.reset();
    for (const [host, states] of Map.groupBy(hosts, (state) => hostOf(state.host))) {
      breakers.set({ host }, Math.max(...states.map(({ breaker }) => BREAKER_STATES[breaker])));
      rates.set({ host }, Math.min(...states.map(({ perSecondNow }) => perSecondNow)));
      const left = states.flatMap(({ pullsRemaining }) => pullsRemaining ?? []);
      if (left.length > 0) remaining.set({ host }, Math.min(...left));
    }
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
