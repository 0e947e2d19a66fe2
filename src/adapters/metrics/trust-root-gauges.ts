import { Gauge, type Registry } from "prom-client";
import type { TrustRootState } from "../../ports/trust-roots.ts";
import { SECOND_MS } from "../../time.ts";
import { bounded } from "./label.ts";

/** Gauges of the trust roots that this process holds; those that no policy names matter to nobody. */
export function trustRootGauges(
  registry: Registry,
): (states: readonly TrustRootState[], nowMs: number) => void {
  const registers = [registry];
  const labelNames = ["root"];
  const held = new Gauge({
    name: "hullkeeper_trust_root_held",
    help: "1 when a trust root is held, 0 when nothing can be verified with it.",
    labelNames,
    registers,
  });
  const ages = new Gauge({
    name: "hullkeeper_trust_root_age_seconds",
    help: "How long ago a trust root was last read from its file or verified against its mirror; absent while only what came with the release is held.",
    labelNames,
    registers,
  });
  const faults = new Gauge({
    name: "hullkeeper_trust_root_fault",
    help: "1 when the last attempt to renew a trust root failed, 0 when not. What is held stays in force.",
    labelNames,
    registers,
  });
  const rootOf = bounded();
  return (states, nowMs) => {
    for (const gauge of [held, ages, faults]) gauge.reset();
    for (const { name, origin, confirmedAt, fault, renewal } of states) {
      if (renewal === "unused") continue;
      const root = rootOf(name);
      held.set({ root }, origin === "none" ? 0 : 1);
      faults.set({ root }, fault === undefined ? 0 : 1);
      if (confirmedAt !== undefined) ages.set({ root }, Math.max(0, nowMs - confirmedAt) / SECOND_MS);
    }
  };
}
