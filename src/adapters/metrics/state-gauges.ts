import { Gauge, type Registry } from "prom-client";
import { bounded } from "./label.ts";

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
  /** Feeds of advisories, as many as are configured. */
  readonly feeds: readonly ObservedFeed[];
}

export interface ObservedFeed {
  readonly id: string;
  /** Since it was last made sure of; absent for one that was never read. */
  readonly ageSeconds?: number;
  readonly records: number;
  readonly bytes: number;
}

export interface ObservedHost {
  readonly host: string;
  readonly breaker: "closed" | "half-open" | "open";
  readonly perSecondNow: number;
  /** Absent where the host says nothing of a limit. */
  readonly pullsRemaining?: number;
}

const BREAKER_STATES = { closed: 0, "half-open": 1, open: 2 } as const satisfies Record<
  ObservedHost["breaker"],
  number
>;

/** Gauges of {@link ObservedState}. Absent rather than old: a value that could not be read must not look like one that was. */
export function stateGauges(registry: Registry): {
  readonly show: (state: ObservedState | undefined) => void;
} {
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
  const showFeeds = feedGauges(registry);
  readable.remove();
  dueLag.remove();

  return {
    show(state) {
      for (const gauge of [timers, queues]) gauge.reset();
      dueLag.remove();
      showHosts(state?.hosts ?? []);
      showFeeds(state?.feeds ?? []);
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

function feedGauges(registry: Registry): (feeds: readonly ObservedFeed[]) => void {
  const registers = [registry];
  const ages = new Gauge({
    name: "hullkeeper_feed_age_seconds",
    help: "How long ago it was last made sure of what a feed of advisories has; absent for one that was never read.",
    labelNames: ["feed"],
    registers,
  });
  const records = new Gauge({
    name: "hullkeeper_feed_records",
    help: "Records of a feed that are mirrored and not withdrawn.",
    labelNames: ["feed"],
    registers,
  });
  const bytes = new Gauge({
    name: "hullkeeper_feed_bytes",
    help: "Bytes that the mirrored documents of a feed take, as they are kept.",
    labelNames: ["feed"],
    registers,
  });
  const feedOf = bounded();
  return (feeds) => {
    for (const gauge of [ages, records, bytes]) gauge.reset();
    for (const feed of feeds) {
      const labels = { feed: feedOf(feed.id) };
      if (feed.ageSeconds !== undefined) ages.set(labels, feed.ageSeconds);
      records.set(labels, feed.records);
      bytes.set(labels, feed.bytes);
    }
  };
}
