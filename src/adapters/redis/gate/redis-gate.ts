import { setTimeout as wait } from "node:timers/promises";
import type { Redis } from "ioredis";
import { CodedError, messageOf } from "../../../errors.ts";
import type {
  Admission,
  GateKey,
  GateOutcome,
  HostGate,
  HostLimits,
  HostState,
  RequestKind,
  WaitReason,
} from "../../../ports/host-gate.ts";
import type { Log } from "../../../ports/log.ts";
import { SECOND_MS } from "../../../time.ts";
import { keys } from "../keys.ts";
import { byName, LocalGate, nameOf } from "./local-gate.ts";
import type { Told } from "./outcomes.ts";
import { parseRecords } from "./records.ts";
import { ScriptCall } from "./script-call.ts";
import { ADMIT, TELL } from "./script.ts";
import { stateOf } from "./state.ts";
import { ToldLater } from "./told-later.ts";

/** Processes that are assumed to share a budget while nobody can count them. */
const PROCESSES_ASSUMED = 4;
/** How long Redis may take to decide. After that this process decides by itself. */
const ANSWER_MS_MAX = SECOND_MS;
/** How long a good outcome may wait for a question to be told with. */
const FLUSH_MS = SECOND_MS;
/** Foreign text is cut before; this is only a bound on what is kept. */
const MESSAGE_LENGTH_MAX = 400;

const REASONS: ReadonlyMap<unknown, WaitReason> = new Map(
  (["budget", "penalty", "pull-limit", "breaker", "suspended"] as const).map((reason) => [reason, reason]),
);

export interface RedisGateOptions {
  readonly log: Log;
  /** Instead of Redis' own time, in tests: milliseconds since 1970. */
  readonly now?: () => number;
  readonly random?: () => number;
}

/**
 * One budget per (host, credential) for all processes that share a Redis. While Redis does not answer, each process goes by its own memory
 * with a quarter of the budget, and keeps to the penalties and breakers that it saw itself.
 *
 * @param redis is not used itself: a connection of its own does not queue commands while Redis is away
 */
export function createRedisGate(redis: Redis, options: RedisGateOptions): RedisGate {
  return new RedisGate(redis, options);
}

export class RedisGate implements HostGate {
  readonly #redis: Redis;
  readonly #connected: Promise<unknown>;
  readonly #options: RedisGateOptions;
  readonly #local: LocalGate;
  readonly #later = new ToldLater();
  readonly #admit = new ScriptCall(ADMIT);
  readonly #tell = new ScriptCall(TELL);
  readonly #flush: NodeJS.Timeout;
  /** Hosts that this process was let through to as the one request that tries them. */
  readonly #tried = new Set<string>();
  readonly #sending = new Set<Promise<unknown>>();
  #isAway = false;

  constructor(redis: Redis, options: RedisGateOptions) {
    this.#options = options;
    this.#redis = redis.duplicate({
      lazyConnect: true,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: ANSWER_MS_MAX,
      enableAutoPipelining: true,
    });
    // A lost connection is told by the one this is a duplicate of.
    this.#redis.on("error", () => undefined);
    // Sent ahead of everything else, so that nothing has to be sent twice and out of its order.
    this.#redis.on("ready", () => {
      for (const script of [this.#admit, this.#tell]) script.load(this.#redis).catch(() => undefined);
    });
    this.#connected = this.#redis.connect().catch(() => undefined);
    this.#local = new LocalGate({
      now: options.now ?? Date.now,
      random: options.random ?? Math.random,
      share: 1 / PROCESSES_ASSUMED,
    });
    this.#flush = setInterval(() => this.#flushAll(), FLUSH_MS).unref();
  }

  async admit(
    key: GateKey,
    limits: HostLimits,
    request: { readonly kind: RequestKind; readonly count: number },
  ): Promise<Admission> {
    if (!(await this.#isReady())) return this.#admitAlone(key, limits, request, "no connection");
    try {
      const told = this.#later.take(key);
      const { perSecond, burst } = limits;
      const { kind, count } = request;
      const answer = await this.#run(this.#admit, key, [perSecond, burst, kind, count, ...valuesOf(told)]);
      const { admission, isProbe } = decisionOf(answer);
      if (isProbe) this.#tried.add(nameOf(key));
      if (this.#isAway) this.#options.log.info({}, "requests to hosts are counted together again");
      this.#isAway = false;
      return admission;
    } catch (thrown) {
      return this.#admitAlone(key, limits, request, messageOf(thrown));
    }
  }

  report(key: GateKey, outcome: GateOutcome): void {
    this.#local.report(key, outcome);
    // Everybody waits for the outcome of the request that tries a failed host.
    const isAwaited = this.#tried.delete(nameOf(key));
    if (this.#later.keep(key, outcome) && !isAwaited) return;
    this.#send(key, outcome);
  }

  async states(): Promise<readonly HostState[]> {
    if (!(await this.#isReady())) return this.#local.states();
    try {
      const names = await this.#redis.zrange(keys.gates(), "0", "-1");
      const now = await this.#now();
      const states = await Promise.all(names.map((name) => this.#stateOf(name, now)));
      return states.filter((state) => state !== undefined).toSorted(byName);
    } catch {
      // What this process knows by itself is less, but it is true.
      return this.#local.states();
    }
  }

  /** Tells what was not told yet, and ends the connection. */
  async close(): Promise<void> {
    clearInterval(this.#flush);
    this.#flushAll();
    await Promise.allSettled(this.#sending);
    this.#redis.disconnect();
  }

  /** Whether Redis is there. Only the first connection is waited for. */
  async #isReady(): Promise<boolean> {
    if (this.#redis.status !== "ready" && !this.#isAway) {
      await Promise.race([this.#connected, wait(ANSWER_MS_MAX, undefined, { ref: false })]);
    }
    return this.#redis.status === "ready";
  }

  async #stateOf(name: string, now: number): Promise<HostState | undefined> {
    const [host = "", credential = ""] = name.split(" ");
    const key = { host, credential };
    const [hostHash, budgetHash] = await Promise.all([
      this.#redis.hgetall(keys.gate(host)),
      this.#redis.hgetall(keys.budget(key)),
    ]);
    const records = parseRecords(hostHash, budgetHash);
    // A budget is written when somebody asks; outcomes alone do not say what the limits are.
    return records === undefined || records.budget.perSecond === 0 ? undefined : stateOf(key, records, now);
  }

  async #now(): Promise<number> {
    if (this.#options.now !== undefined) return this.#options.now();
    const [seconds, microseconds] = await this.#redis.time();
    return Number(seconds) * SECOND_MS + Math.floor(Number(microseconds) / 1_000);
  }

  #admitAlone(
    key: GateKey,
    limits: HostLimits,
    request: { readonly kind: RequestKind; readonly count: number },
    why: string,
  ): Promise<Admission> {
    if (!this.#isAway) {
      this.#options.log.warn({ error: why }, "requests to hosts are counted by each process alone");
    }
    this.#isAway = true;
    return this.#local.admit(key, limits, request);
  }

  #flushAll(): void {
    for (const key of this.#later.keys()) this.#send(key);
  }

  #send(key: GateKey, outcome?: GateOutcome): void {
    const values = [...valuesOf(this.#later.take(key)), ...outcomeValuesOf(outcome)];
    const tell = async (): Promise<unknown> =>
      this.#redis.status === "ready" ? this.#run(this.#tell, key, values) : undefined;
    const telling = this.#redis.status === "ready" ? tell() : this.#connected.then(tell);
    const sending = telling.catch(() => undefined);
    this.#sending.add(sending);
    void sending.finally(() => this.#sending.delete(sending));
  }

  #run(script: ScriptCall, key: GateKey, values: readonly (string | number)[]): Promise<unknown> {
    const { now, random = Math.random } = this.#options;
    return script.run(
      this.#redis,
      [keys.gate(key.host), keys.budget(key), keys.gates()],
      [nameOf(key), now?.() ?? "", random(), ...values],
    );
  }
}

function valuesOf({ answered, accepted, pulls }: Told): readonly (string | number)[] {
  return [answered, accepted, pulls?.remaining ?? "", pulls?.limit ?? "", pulls?.windowMs ?? ""];
}

function outcomeValuesOf(outcome: GateOutcome | undefined): readonly (string | number)[] {
  switch (outcome?.kind) {
    case undefined:
    case "answered":
    case "pull-limit":
      return ["told", "", ""];
    case "rate-limited":
      return [outcome.kind, outcome.limits, outcome.retryAfterMs ?? ""];
    case "failed":
    case "refused":
      return [outcome.kind, outcome.code, outcome.message.slice(0, MESSAGE_LENGTH_MAX)];
    default:
      return outcome satisfies never;
  }
}

function decisionOf(answer: unknown): { readonly admission: Admission; readonly isProbe: boolean } {
  if (!isAnswer(answer)) {
    throw new CodedError("redis-unusable", "the script that counts requests gave no answer of its form");
  }
  const [count, waitMs, said, probe] = answer;
  if (count > 0) return { admission: { kind: "admitted", count }, isProbe: probe === 1 };
  return {
    admission: { kind: "wait", waitMs, reason: REASONS.get(said) ?? "budget" },
    isProbe: false,
  };
}

function isAnswer(value: unknown): value is readonly [number, number, unknown, unknown] {
  return Array.isArray(value) && typeof value[0] === "number" && typeof value[1] === "number";
}
