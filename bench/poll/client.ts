import { createMetrics } from "../../src/adapters/metrics/metrics.ts";
import { createRegistry } from "../../src/adapters/registry/client.ts";
import type { HostGate, HostLimits } from "../../src/ports/host-gate.ts";
import type { Registry } from "../../src/ports/registry.ts";
import type { Metrics } from "../../src/ports/metrics.ts";
import { certificate } from "./heads.ts";
import type { Assignment } from "./work.ts";

/** The product's registry client for the one registry of a benchmark, and how many requests it sent. */
export interface CountedClient {
  readonly registry: Registry;
  readonly metrics: Metrics;
  readonly requestsSent: () => number;
  readonly close: () => Promise<void>;
}

/** More than any benchmark asks: the gate is asked, and lets everything through. */
const UNLIMITED: HostLimits = { perSecond: 1_000_000, burst: 1_000_000 };

export function createClient({ scheme, host, lists }: Assignment, gate: HostGate): CountedClient {
  const counted = createMetrics();
  let sent = 0;
  const metrics: Metrics = {
    ...counted,
    request(request) {
      sent += 1;
      counted.request(request);
    },
  };
  const registry = createRegistry({
    hosts: new Map([
      [
        host,
        {
          allowPrivate: true,
          budget: UNLIMITED,
          kind: lists,
          ...(scheme === "http" ? { plainHttp: true } : { ca: certificate() }),
        },
      ],
    ]),
    gate,
    userAgent: "hullkeeper-bench",
    metrics,
  });
  return { registry, metrics, requestsSent: () => sent, close: () => registry.close() };
}
