import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { LABEL_VALUES_MAX } from "../../../src/adapters/metrics/label.ts";
import { createMetrics, type PrometheusMetrics } from "../../../src/adapters/metrics/metrics.ts";
import type { TrustRootState } from "../../../src/ports/trust-roots.ts";
import { DAY_MS, HOUR_MS, instantOf, later } from "../../../src/time.ts";
import type { ObservedState } from "../../../src/adapters/metrics/state-gauges.ts";

const STATE: ObservedState = {
  timers: { open: 2, breached: 1 },
  queues: { poll: { waiting: 3, active: 1 } },
  dueLagSeconds: 42,
  feeds: [
    { id: "bellsoft", ageSeconds: 90, records: 12_401, bytes: 3_000_000 },
    { id: "kev", records: 0, bytes: 0 },
  ],
  hosts: [
    { host: "docker.io", breaker: "closed", perSecondNow: 5, pullsRemaining: 80 },
    { host: "docker.io", breaker: "closed", perSecondNow: 2.5, pullsRemaining: 7 },
    { host: "quay.io", breaker: "half-open", perSecondNow: 5 },
    { host: "cgr.dev", breaker: "open", perSecondNow: 5 },
  ],
};

const request = {
  party: "registry",
  host: "docker.io",
  operation: "head-tag",
  status: 200,
  durationMs: 30,
} as const;

/** The samples of one metric, without the metric's name. */
async function samplesOf(metrics: PrometheusMetrics, name: string): Promise<readonly string[]> {
  const lines = (await metrics.text()).split("\n");
  return lines
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .map((line) => line.slice(name.length).trim());
}

describe("what is counted", () => {
  it("starts every kind of event at 0 and counts by kind", async () => {
    const metrics = createMetrics();
    metrics.event("rejected");
    metrics.event("rejected");
    const samples = await samplesOf(metrics, "hullkeeper_events_total");
    expect(samples.length).toBeGreaterThan(10);
    expect(samples).toContain('{kind="rejected"} 2');
    expect(samples).toContain('{kind="met"} 0');
  });

  it.each([
    ["an answer", 200, "2xx"],
    ["not modified", 304, "3xx"],
    ["a refusal", 401, "4xx"],
    ["a limit, which stands alone", 429, "429"],
    ["a fault of theirs", 503, "5xx"],
    ["no answer", "none", "none"],
  ] as const)("counts %s", async (_title, status, label) => {
    const metrics = createMetrics();
    metrics.request({ ...request, status });
    expect(await samplesOf(metrics, "hullkeeper_requests_total")).toEqual([
      `{party="registry",operation="head-tag",host="docker.io",status="${label}"} 1`,
    ]);
  });

  it("measures requests and jobs in seconds", async () => {
    const metrics = createMetrics();
    metrics.request({ ...request, durationMs: 250 });
    metrics.job({ queue: "poll", outcome: "retried", durationMs: 1_500 });
    expect(await samplesOf(metrics, "hullkeeper_request_duration_seconds_sum")).toEqual([
      '{party="registry",operation="head-tag"} 0.25',
    ]);
    expect(await samplesOf(metrics, "hullkeeper_job_duration_seconds_sum")).toEqual(['{queue="poll"} 1.5']);
    expect(await samplesOf(metrics, "hullkeeper_jobs_total")).toEqual(['{queue="poll",outcome="retried"} 1']);
  });

  it("measures waits, lags and ages in seconds, and none below 0", async () => {
    const metrics = createMetrics();
    metrics.budgetWait({ reason: "penalty", waitMs: 1_500 });
    metrics.polled({ lagMs: 250 });
    metrics.polled({ lagMs: -1_000 });
    metrics.looked({ ageMs: 60_000 });
    expect(await samplesOf(metrics, "hullkeeper_budget_wait_seconds_sum")).toEqual([
      '{reason="penalty"} 1.5',
    ]);
    expect(await samplesOf(metrics, "hullkeeper_poll_lag_seconds_sum")).toEqual(["0.25"]);
    expect(await samplesOf(metrics, "hullkeeper_tag_age_seconds_sum")).toEqual(["60"]);
  });

  it("counts moved tags and wrong bytes by host", async () => {
    const metrics = createMetrics();
    metrics.headChanged({ host: "docker.io" });
    metrics.integrityFailed({ host: "quay.io" });
    expect(await samplesOf(metrics, "hullkeeper_head_changed_total")).toEqual(['{host="docker.io"} 1']);
    expect(await samplesOf(metrics, "hullkeeper_integrity_failures_total")).toEqual(['{host="quay.io"} 1']);
  });

  it("counts hosts above the bound as other, and known ones as themselves", async () => {
    const metrics = createMetrics();
    for (let host = 0; host < LABEL_VALUES_MAX + 25; host += 1) {
      metrics.request({ ...request, host: `registry-${host}.example` });
    }
    metrics.request({ ...request, host: "registry-0.example" });
    const samples = await samplesOf(metrics, "hullkeeper_requests_total");
    expect(samples).toHaveLength(LABEL_VALUES_MAX + 1);
    expect(samples.find((sample) => sample.includes('host="other"'))).toMatch(/ 25$/);
    expect(samples.find((sample) => sample.includes('host="registry-0.example"'))).toMatch(/ 2$/);
  });

  it("counts what became of calls that tell of pushes", async () => {
    const metrics = createMetrics();
    metrics.push({ provider: "harbor", outcome: "accepted" });
    metrics.push({ provider: "harbor", outcome: "accepted" });
    metrics.push({ provider: "unknown", outcome: "not-found" });
    expect(await samplesOf(metrics, "hullkeeper_push_total")).toEqual([
      '{provider="harbor",outcome="accepted"} 2',
      '{provider="unknown",outcome="not-found"} 1',
    ]);
  });

  it("counts webhooks of the code host by kind and by what became of them", async () => {
    const metrics = createMetrics();
    metrics.webhook({ event: "push", outcome: "accepted" });
    metrics.webhook({ event: "push", outcome: "accepted" });
    metrics.webhook({ event: "other", outcome: "unproven" });
    expect(await samplesOf(metrics, "hullkeeper_webhooks_total")).toEqual([
      '{event="push",outcome="accepted"} 2',
      '{event="other",outcome="unproven"} 1',
    ]);
  });

  it("escapes what stands in a label", async () => {
    const metrics = createMetrics();
    metrics.request({ ...request, host: 'a"} 1\nevil_total 9\\' });
    expect(await samplesOf(metrics, "evil_total")).toEqual([]);
    expect(await metrics.text()).toContain(String.raw`host="a\"} 1\nevil_total 9\\"`);
  });

  it("keeps two instances apart", async () => {
    const [one, two] = [createMetrics(), createMetrics()];
    one.job({ queue: "poll", outcome: "failed", durationMs: 1 });
    expect(await samplesOf(two, "hullkeeper_jobs_total")).toEqual([]);
  });
});

describe("what is read at a scrape", () => {
  const gauges = [
    "hullkeeper_sla_timers",
    "hullkeeper_queue_jobs",
    "hullkeeper_due_lag_seconds",
    "hullkeeper_breaker_state",
    "hullkeeper_budget_per_second",
    "hullkeeper_rate_remaining",
    "hullkeeper_feed_age_seconds",
    "hullkeeper_feed_records",
    "hullkeeper_feed_bytes",
  ];

  it("says nothing about state before somebody tells how to read it", async () => {
    const metrics = createMetrics();
    for (const name of [...gauges, "hullkeeper_state_readable"])
      expect(await samplesOf(metrics, name)).toEqual([]);
  });

  it("shows the state", async () => {
    const metrics = createMetrics();
    metrics.observeState(async () => STATE);
    expect(await samplesOf(metrics, "hullkeeper_state_readable")).toEqual(["1"]);
    expect(await samplesOf(metrics, "hullkeeper_sla_timers")).toEqual([
      '{state="open"} 2',
      '{state="breached"} 1',
    ]);
    expect(await samplesOf(metrics, "hullkeeper_queue_jobs")).toEqual([
      '{queue="poll",state="waiting"} 3',
      '{queue="poll",state="active"} 1',
    ]);
    expect(await samplesOf(metrics, "hullkeeper_due_lag_seconds")).toEqual(["42"]);
    expect(await samplesOf(metrics, "hullkeeper_breaker_state")).toEqual([
      '{host="docker.io"} 0',
      '{host="quay.io"} 1',
      '{host="cgr.dev"} 2',
    ]);
    expect(await samplesOf(metrics, "hullkeeper_budget_per_second")).toEqual([
      '{host="docker.io"} 2.5',
      '{host="quay.io"} 5',
      '{host="cgr.dev"} 5',
    ]);
    expect(await samplesOf(metrics, "hullkeeper_rate_remaining")).toEqual(['{host="docker.io"} 7']);
    expect(await samplesOf(metrics, "hullkeeper_feed_age_seconds")).toEqual(['{feed="bellsoft"} 90']);
    expect(await samplesOf(metrics, "hullkeeper_feed_records")).toEqual([
      '{feed="bellsoft"} 12401',
      '{feed="kev"} 0',
    ]);
    expect(await samplesOf(metrics, "hullkeeper_feed_bytes")).toEqual([
      '{feed="bellsoft"} 3000000',
      '{feed="kev"} 0',
    ]);
  });

  it("drops what the next reading does not have", async () => {
    const metrics = createMetrics();
    let state = STATE;
    metrics.observeState(async () => state);
    await metrics.text();
    state = { timers: { open: 1 }, queues: {}, dueLagSeconds: undefined, hosts: [], feeds: [] };
    expect(await samplesOf(metrics, "hullkeeper_sla_timers")).toEqual(['{state="open"} 1']);
    expect(await samplesOf(metrics, "hullkeeper_queue_jobs")).toEqual([]);
    expect(await samplesOf(metrics, "hullkeeper_due_lag_seconds")).toEqual([]);
  });

  it.each([
    ["fails", () => Promise.reject(new Error("redis is away"))],
    ["does not answer", () => new Promise<ObservedState>(() => {})],
  ])("shows no old state when reading %s, and all the rest", async (_title, failing) => {
    const metrics = createMetrics({ stateTimeoutMs: 5 });
    metrics.observeState(async () => STATE);
    metrics.event("met");
    await metrics.text();
    metrics.observeState(failing);
    expect(await samplesOf(metrics, "hullkeeper_state_readable")).toEqual(["0"]);
    for (const name of gauges) expect(await samplesOf(metrics, name)).toEqual([]);
    expect(await samplesOf(metrics, "hullkeeper_events_total")).toContain('{kind="met"} 1');
  });

  it("tells the reader when nobody waits any more", async () => {
    const metrics = createMetrics({ stateTimeoutMs: 5 });
    let aborted = false;
    metrics.observeState(
      (signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => {
            aborted = true;
            reject(signal.reason);
          });
        }),
    );
    await metrics.text();
    expect(aborted).toBe(true);
  });
});

describe("trust roots", () => {
  const NOW = instantOf(Date.UTC(2026, 10, 24, 12));
  const ROOT: TrustRootState = {
    name: "acme",
    origin: "update",
    version: "0".repeat(64),
    confirmedAt: later(NOW, -HOUR_MS),
    renewal: "on",
    logs: 1,
    authorities: 1,
  };
  const shown = async (states: readonly TrustRootState[]): Promise<Readonly<Record<string, unknown>>> => {
    const metrics = createMetrics({ nowMs: () => NOW });
    metrics.observeTrustRoots(() => [ROOT]);
    await metrics.text();
    metrics.observeTrustRoots(() => states);
    return {
      held: await samplesOf(metrics, "hullkeeper_trust_root_held"),
      age: await samplesOf(metrics, "hullkeeper_trust_root_age_seconds"),
      fault: await samplesOf(metrics, "hullkeeper_trust_root_fault"),
    };
  };

  it.each<{ title: string; states: readonly TrustRootState[]; shows: Readonly<Record<string, unknown>> }>([
    {
      title: "one that is well",
      states: [ROOT],
      shows: { held: ['{root="acme"} 1'], age: ['{root="acme"} 3600'], fault: ['{root="acme"} 0'] },
    },
    {
      title: "one that could not be renewed, and grows old",
      states: [{ ...ROOT, confirmedAt: later(NOW, -8 * DAY_MS), fault: "no answer" }],
      shows: { held: ['{root="acme"} 1'], age: ['{root="acme"} 691200'], fault: ['{root="acme"} 1'] },
    },
    {
      title: "one that came with the release: nobody knows its age",
      states: [{ name: "acme", origin: "embedded", renewal: "on", logs: 1, authorities: 1 }],
      shows: { held: ['{root="acme"} 1'], age: [], fault: ['{root="acme"} 0'] },
    },
    {
      title: "one that is not held",
      states: [{ name: "acme", origin: "none", fault: "ENOENT", renewal: "on", logs: 0, authorities: 0 }],
      shows: { held: ['{root="acme"} 0'], age: [], fault: ['{root="acme"} 1'] },
    },
    {
      title: "not one that no policy names",
      states: [{ name: "acme", origin: "none", renewal: "unused", logs: 0, authorities: 0 }],
      shows: { held: [], age: [], fault: [] },
    },
    {
      title: "one that another clock confirmed in the future",
      states: [{ ...ROOT, confirmedAt: later(NOW, HOUR_MS) }],
      shows: { held: ['{root="acme"} 1'], age: ['{root="acme"} 0'], fault: ['{root="acme"} 0'] },
    },
    { title: "not one that is gone", states: [], shows: { held: [], age: [], fault: [] } },
  ])("show $title", async ({ states, shows }) => {
    expect(await shown(states)).toEqual(shows);
  });

  it("show no more names than the bound", async () => {
    const states = Array.from({ length: LABEL_VALUES_MAX + 5 }, (_, index) => ({
      ...ROOT,
      name: `root-${index}`,
    }));
    const metrics = createMetrics({ nowMs: () => NOW });
    metrics.observeTrustRoots(() => states);
    expect(await samplesOf(metrics, "hullkeeper_trust_root_held")).toHaveLength(LABEL_VALUES_MAX + 1);
  });
});

describe("docs/metrics.md", () => {
  const text = readFileSync(new URL("../../../docs/metrics.md", import.meta.url), "utf8");
  const documented = text.split("\n").flatMap((line) => {
    const match = /^\| `([a-z_0-9]+)` +\| (\w+) +\| (.*?) *\| (.*?) +\|$/.exec(line);
    if (match === null) return [];
    const [, name = "", type = "", labels = "", meaning = ""] = match;
    return [
      {
        name,
        type,
        labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label).toSorted(compare),
        meaning,
      },
    ];
  });

  it("lists exactly what is exposed, with type and meaning", async () => {
    const exposed = await exposedBy(exercised());
    expect(exposed.length).toBeGreaterThan(30);
    expect(documented.map(({ name, type, meaning }) => `${name} ${type} ${meaning}`).toSorted()).toEqual(
      exposed.map(({ name, type, meaning }) => `${name} ${type} ${meaning}`).toSorted(),
    );
  });

  it("lists the labels of ours", async () => {
    const ours = (await exposedBy(exercised())).filter(({ name }) => name.startsWith("hullkeeper_"));
    expect(ours.length).toBeGreaterThan(5);
    const rows = documented.filter(({ name }) => name.startsWith("hullkeeper_"));
    expect(Object.fromEntries(rows.map(({ name, labels }) => [name, labels]))).toEqual(
      Object.fromEntries(ours.map(({ name, labels }) => [name, labels])),
    );
  });

  it("lists every kind of event", async () => {
    const samples = await samplesOf(createMetrics(), "hullkeeper_events_total");
    const kinds = samples.map((sample) => /kind="([a-z-]+)"/.exec(sample)?.[1] ?? "");
    const sentence = /^Kinds of events: ([^]*?)\. All/m.exec(text)?.[1] ?? "";
    expect([...sentence.matchAll(/`([a-z-]+)`/g)].map(([, kind]) => kind)).toEqual(kinds);
  });
});

/** Metrics of which each has been used, so that each shows its labels. */
function exercised(): PrometheusMetrics {
  const metrics = createMetrics();
  metrics.observeState(async () => STATE);
  const [confirmedAt, renewal] = [instantOf(0), "on" as const];
  metrics.observeTrustRoots(() => [
    { name: "acme", origin: "file", confirmedAt, renewal, logs: 1, authorities: 1 },
  ]);
  metrics.event("met");
  metrics.request(request);
  metrics.job({ queue: "poll", outcome: "completed", durationMs: 3 });
  metrics.push({ provider: "quay", outcome: "accepted" });
  metrics.webhook({ event: "push", outcome: "accepted" });
  metrics.budgetWait({ reason: "budget", waitMs: 3 });
  metrics.polled({ lagMs: 3 });
  metrics.looked({ ageMs: 3 });
  metrics.headChanged({ host: "docker.io" });
  metrics.integrityFailed({ host: "docker.io" });
  return metrics;
}

/** Name, type, help and labels (without a histogram's `le`) of everything in the text. */
async function exposedBy(
  metrics: PrometheusMetrics,
): Promise<readonly { name: string; type: string; meaning: string; labels: readonly string[] }[]> {
  const text = await metrics.text();
  return [...text.matchAll(/^# HELP (\w+) (.*)\n# TYPE \w+ (\w+)\n?((?:[^#\n].*\n)*)/gm)].map(
    ([, name = "", meaning = "", type = "", samples = ""]) => {
      const labels = new Set([...samples.matchAll(/[{,](\w+)="/g)].map(([, label]) => label ?? ""));
      labels.delete("le");
      return { name, meaning, type, labels: [...labels].toSorted(compare) };
    },
  );
}

function compare(a = "", b = ""): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
