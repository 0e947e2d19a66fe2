import type {
  Admission,
  GateKey,
  GateOutcome,
  HostGate,
  HostLimits,
  HostState,
  RequestKind,
} from "../../../ports/host-gate.ts";
import { GATES_MAX } from "./constants.ts";
import { decide } from "./model.ts";
import { NOTHING_TOLD, settle } from "./outcomes.ts";
import { type BudgetRecord, type HostRecord, NO_RECORDS } from "./records.ts";
import { stateOf } from "./state.ts";

export interface LocalGateOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** 0 to 1. */
  readonly random: () => number;
  /** Part of each budget that is this process' own: 1 when it is alone. */
  readonly share: number;
}

/** A gate for one process, in its memory: forgets the hosts that were used least lately above 1,000. */
export class LocalGate implements HostGate {
  readonly #options: LocalGateOptions;
  readonly #hosts = new Map<string, HostRecord>();
  readonly #budgets = new Map<string, { readonly key: GateKey; readonly budget: BudgetRecord }>();

  constructor(options: LocalGateOptions) {
    this.#options = options;
  }

  async admit(
    key: GateKey,
    limits: HostLimits,
    request: { readonly kind: RequestKind; readonly count: number },
  ): Promise<Admission> {
    const { now, random, share } = this.#options;
    const own = {
      perSecond: limits.perSecond * share,
      burst: Math.max(1, Math.floor(limits.burst * share)),
    };
    const asked = { ...request, limits: own, told: NOTHING_TOLD, random: random() };
    const { records, admission } = decide(this.#recordsOf(key), asked, now());
    this.#keep(key, records);
    return admission;
  }

  report(key: GateKey, outcome: GateOutcome): void {
    const { now, random } = this.#options;
    this.#keep(key, settle(this.#recordsOf(key), outcome, random(), now()));
  }

  async states(): Promise<readonly HostState[]> {
    const now = this.#options.now();
    return [...this.#budgets.values()]
      .map(({ key }) => stateOf(key, this.#recordsOf(key), now))
      .filter(({ limits }) => limits.perSecond > 0)
      .toSorted(byName);
  }

  #recordsOf(key: GateKey): { readonly host: HostRecord; readonly budget: BudgetRecord } {
    return {
      host: this.#hosts.get(key.host) ?? NO_RECORDS.host,
      budget: this.#budgets.get(nameOf(key))?.budget ?? NO_RECORDS.budget,
    };
  }

  #keep(key: GateKey, { host, budget }: { readonly host: HostRecord; readonly budget: BudgetRecord }): void {
    keepLast(this.#hosts, key.host, host);
    keepLast(this.#budgets, nameOf(key), { key, budget });
  }
}

/** One name per (host, credential); neither holds a blank. */
export function nameOf({ host, credential }: GateKey): string {
  return `${host} ${credential}`;
}

/** Hosts by name, for lists. */
export function byName(a: GateKey, b: GateKey): number {
  const [left, right] = [nameOf(a), nameOf(b)];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function keepLast<Value>(map: Map<string, Value>, name: string, value: Value): void {
  map.delete(name);
  map.set(name, value);
  const [oldest] = map.keys();
  if (map.size > GATES_MAX && oldest !== undefined) map.delete(oldest);
}
