import { setTimeout as wait } from "node:timers/promises";
import type { HostGate } from "../../ports/host-gate.ts";
import { MINUTE_MS } from "../../time.ts";

/**
 * A gate that waits where only our own budget is spent: a person waits anyway, and nobody else comes back later. What a host asked for, or
 * what its failures led to, stays as it is.
 *
 * @param pause waits; the machine's timer when absent
 */
export function patientGate(gate: HostGate, pause: (ms: number) => Promise<unknown> = wait): HostGate {
  return {
    async admit(key, limits, request) {
      for (let waitedMs = 0; ;) {
        const admission = await gate.admit(key, limits, request);
        if (admission.kind === "admitted" || admission.reason !== "budget") return admission;
        waitedMs += admission.waitMs;
        if (waitedMs > MINUTE_MS) return admission;
        await pause(admission.waitMs);
      }
    },
    report: (key, outcome) => gate.report(key, outcome),
    states: () => gate.states(),
  };
}
