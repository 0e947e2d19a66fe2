import { decide } from "../../src/adapters/redis/gate/model.ts";
import { NOTHING_TOLD } from "../../src/adapters/redis/gate/outcomes.ts";
import { type GateRecords, NO_RECORDS } from "../../src/adapters/redis/gate/records.ts";
import type { Admission, HostLimits } from "../../src/ports/host-gate.ts";
import type { Instant } from "../../src/time.ts";

/** Budgets of hosts, decided as the gate in Redis does. Everybody asks with the same credentials. */
export class Budgets {
  readonly #limitsOf: (host: string) => HostLimits;
  readonly #random: () => number;
  readonly #records = new Map<string, GateRecords>();

  constructor(limitsOf: (host: string) => HostLimits, random: () => number) {
    this.#limitsOf = limitsOf;
    this.#random = random;
  }

  /** Asks for leave to send up to so many requests. */
  admit(host: string, count: number, now: Instant): Admission {
    const asked = {
      limits: this.#limitsOf(host),
      kind: "check",
      count,
      told: NOTHING_TOLD,
      random: this.#random(),
    } as const;
    const { records, admission } = decide(this.#records.get(host) ?? NO_RECORDS, asked, now);
    this.#records.set(host, records);
    return admission;
  }
}

/** A limit as a host keeps it: what comes above is refused, and costs nothing. @see ITU-T I.371, "generic cell rate algorithm" */
export class Limiter {
  readonly #intervalMs: number;
  readonly #burstMs: number;
  #paidAt = 0;

  constructor({ perSecond, burst }: HostLimits) {
    this.#intervalMs = 1_000 / perSecond;
    this.#burstMs = (burst - 1) * this.#intervalMs;
  }

  /** @param at in milliseconds; may be a fraction */
  allows(at: number): boolean {
    if (this.#paidAt - at > this.#burstMs) return false;
    this.#paidAt = Math.max(this.#paidAt, at) + this.#intervalMs;
    return true;
  }
}
