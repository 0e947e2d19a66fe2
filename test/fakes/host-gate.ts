import { LocalGate } from "../../src/adapters/redis/gate/local-gate.ts";
import type {
  Admission,
  GateKey,
  GateOutcome,
  HostGate,
  HostLimits,
  HostState,
  RequestKind,
} from "../../src/ports/host-gate.ts";

export interface AskedOfGate {
  readonly key: GateKey;
  readonly limits: HostLimits;
  readonly kind: RequestKind;
  readonly count: number;
}

/** A gate that stands open, or answers what it is told to, and remembers who came through. */
export class OpenGate implements HostGate {
  readonly asked: AskedOfGate[] = [];
  readonly outcomes: { readonly key: GateKey; readonly outcome: GateOutcome }[] = [];
  readonly #answers: Admission[];

  /** @param answers to the first questions; the rest is admitted */
  constructor(answers: readonly Admission[] = []) {
    this.#answers = [...answers];
  }

  async admit(
    key: GateKey,
    limits: HostLimits,
    { kind, count }: { readonly kind: RequestKind; readonly count: number },
  ): Promise<Admission> {
    this.asked.push({ key, limits, kind, count });
    return this.#answers.shift() ?? { kind: "admitted", count };
  }

  report(key: GateKey, outcome: GateOutcome): void {
    this.outcomes.push({ key, outcome });
  }

  async states(): Promise<readonly HostState[]> {
    return [];
  }
}

/** A time that stands until it is told to go on. */
export class GateTime {
  nowMs = Date.UTC(2026, 10, 24, 12);

  advance(byMs: number): void {
    this.nowMs += byMs;
  }
}

/** The real decisions, in memory, at a time of one's own. */
export function createMemoryGate(time: GateTime, random = (): number => 0.5): HostGate {
  return new LocalGate({ now: () => time.nowMs, random, share: 1 });
}
