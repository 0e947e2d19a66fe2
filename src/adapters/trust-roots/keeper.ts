import { setTimeout as wait } from "node:timers/promises";
import { CodedError, messageOf, quote } from "../../errors.ts";
import type { Log } from "../../ports/log.ts";
import type { Metrics } from "../../ports/metrics.ts";
import type { TrustRootKeeper, TrustRootState } from "../../ports/trust-roots.ts";
import { DAY_MS, type Instant, instantOf, SECOND_MS } from "../../time.ts";
import type { TrustRootPlace } from "../../trust/root-place.ts";
import { openCache, type RootCache } from "./cache.ts";
import { type Connections, openConnections, type ProxyAddresses } from "./connections.ts";
import { embeddedPublicGood, PUBLIC_GOOD_URL } from "./embedded.ts";
import { FileRoot } from "./file-root.ts";
import { Holding } from "./holding.ts";
import { TufRoot } from "./tuf-root.ts";

/** How often files are looked at, and whether an update is due. */
export const LOOK_EVERY_MS = 10 * SECOND_MS;
/** A root that was not confirmed for this long is worth a warning, once a day. */
export const WARN_AFTER_MS = 7 * DAY_MS;
const WARN_EVERY_MS = DAY_MS;

export interface TrustRootsOptions {
  readonly places: ReadonlyMap<string, TrustRootPlace>;
  /** Names that some policy uses. The others are held, and nobody is asked for them. */
  readonly used: ReadonlySet<string>;
  /** About how long from one update of what comes from a TUF repository to the next. Absent: nobody is ever asked. */
  readonly updateEveryMs?: number;
  /** Where what was fetched is kept. Absent: only as long as the process runs. */
  readonly directory?: string;
  /** `look`: nothing is written there. Absent: `keep`, if anything is ever fetched. */
  readonly purpose?: "keep" | "look";
  readonly proxy?: ProxyAddresses;
  readonly userAgent: string;
  readonly metrics: Pick<Metrics, "request">;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly nowMs?: () => number;
  /** At least 0, below 1. */
  readonly random?: () => number;
  /** Ends early, by throwing or not, when the signal does. */
  readonly sleep?: (spanMs: number, signal: AbortSignal) => Promise<void>;
}

/** Holds trust roots, and keeps them up to date once it is started. */
export interface RunningTrustRoots extends TrustRootKeeper {
  /** Keeps them up to date from now on, in the background. */
  start(): void;
  /** Looks once at all of them: reads files that changed, updates what is due. Never throws for what is wrong with a root. */
  look(): Promise<void>;
  /** Whether an update of this root would succeed now; what is held does not change. undefined for one that is not updated. @throws {Error} */
  tryUpdate(name: string, signal: AbortSignal): Promise<"answered" | undefined>;
  close(): Promise<void>;
}

/** The keeper of these roots. Those that are at hand are held when it is there; nobody was asked yet. */
export async function createTrustRoots(options: TrustRootsOptions): Promise<RunningTrustRoots> {
  const purpose = options.purpose ?? (isFetching(options) ? "keep" : "look");
  const cache = await openCache(options.directory, purpose, options.log);
  const connections = openConnections(options.proxy);
  const keeper = new Keeper(options, cache, connections);
  await keeper.load();
  return keeper;
}

/** Whether anything would ever be fetched. */
function isFetching({ places, used, updateEveryMs }: TrustRootsOptions): boolean {
  if (updateEveryMs === undefined) return false;
  return [...places].some(([name, { kind }]) => (kind === "public-good" || kind === "tuf") && used.has(name));
}

type Kept = { readonly root: FileRoot | TufRoot; readonly renewal: TrustRootState["renewal"] };

class Keeper implements RunningTrustRoots {
  readonly #roots: ReadonlyMap<string, Kept>;
  readonly #options: TrustRootsOptions;
  readonly #cache: RootCache;
  readonly #connections: Connections;
  readonly #ending = new AbortController();
  readonly #warnedAt = new Map<string, Instant>();
  readonly #startedAt: Instant;
  #running: Promise<void> | undefined;

  constructor(options: TrustRootsOptions, cache: RootCache, connections: Connections) {
    this.#options = options;
    this.#cache = cache;
    this.#connections = connections;
    this.#startedAt = this.#now();
    this.#roots = new Map([...options.places].map(([name, place]) => [name, this.#rootOf(name, place)]));
  }

  async load(): Promise<void> {
    await this.#each(({ root }) =>
      root instanceof TufRoot ? root.load(this.#now()) : root.look(this.#now()),
    );
  }

  held(names: readonly string[]): ReturnType<TrustRootKeeper["held"]> {
    return names.map((name) => {
      const kept = this.#roots.get(name);
      if (kept !== undefined) return kept.root.holding.held();
      throw new CodedError("trust-root-unavailable", `trust root ${quote(name)} is not configured`);
    });
  }

  states(): readonly TrustRootState[] {
    return [...this.#roots.values()].map(({ root, renewal }) => root.holding.state(renewal));
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async look(): Promise<void> {
    const { signal } = this.#ending;
    await this.#each(({ root, renewal }) => {
      if (root instanceof FileRoot) return root.look(this.#now());
      return renewal === "on" ? root.look(this.#now(), signal) : Promise.resolve();
    });
    for (const state of this.states()) this.#warnOfAge(state);
  }

  async tryUpdate(name: string, signal: AbortSignal): Promise<"answered" | undefined> {
    const kept = this.#roots.get(name);
    if (kept === undefined || kept.renewal !== "on" || !(kept.root instanceof TufRoot)) return undefined;
    await kept.root.try(AbortSignal.any([signal, this.#ending.signal]));
    return "answered";
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#running;
    await this.#connections.close();
    await this.#cache.close();
  }

  async #run(): Promise<void> {
    const { log, sleep = defaultSleep } = this.#options;
    const { signal } = this.#ending;
    while (!signal.aborted) {
      await this.look().catch((thrown: unknown) =>
        log.error({ error: messageOf(thrown) }, "looking at trust roots failed"),
      );
      // It ends early only when the process does.
      await sleep(LOOK_EVERY_MS, signal).catch(() => undefined);
    }
  }

  async #each(task: (kept: Kept) => Promise<void>): Promise<void> {
    await Promise.all([...this.#roots.values()].map(task));
  }

  #warnOfAge({ name, renewal, confirmedAt, fault, origin }: TrustRootState): void {
    const now = this.#now();
    const ageMs = now - (confirmedAt ?? this.#startedAt);
    const warnedAt = this.#warnedAt.get(name) ?? -Infinity;
    if (renewal !== "on" || ageMs <= WARN_AFTER_MS || now - warnedAt < WARN_EVERY_MS) return;
    this.#warnedAt.set(name, now);
    const { log } = this.#options;
    log.warn({ root: name, origin, days: Math.floor(ageMs / DAY_MS), fault }, "trust root is old");
  }

  #rootOf(name: string, place: TrustRootPlace): Kept {
    const holding = new Holding(name, this.#options.log);
    switch (place.kind) {
      case "file":
      case "log-key":
      case "certificates":
        return { root: new FileRoot(holding, place), renewal: "on" };
      case "public-good": {
        const { root, trustedRoot } = embeddedPublicGood();
        const repository = { url: PUBLIC_GOOD_URL, root };
        return this.#updated(
          name,
          new TufRoot(holding, { ...this.#tufOptions(), repository, embedded: trustedRoot }),
        );
      }
      case "tuf": {
        const { url, root, ca } = place;
        return this.#updated(
          name,
          new TufRoot(holding, { ...this.#tufOptions(ca), repository: { url, root } }),
        );
      }
      default:
        return place satisfies never;
    }
  }

  #updated(name: string, root: TufRoot): Kept {
    const { updateEveryMs, used } = this.#options;
    if (updateEveryMs === undefined) return { root, renewal: "off" };
    return { root, renewal: used.has(name) ? "on" : "unused" };
  }

  #tufOptions(ca?: string) {
    const { userAgent, metrics, log, random = Math.random, updateEveryMs = DAY_MS } = this.#options;
    return {
      cache: this.#cache,
      dispatcher: this.#connections.with(ca),
      userAgent,
      metrics,
      log,
      random,
      everyMs: updateEveryMs,
    };
  }

  #now(): Instant {
    const { nowMs = Date.now } = this.#options;
    return instantOf(nowMs());
  }
}

async function defaultSleep(spanMs: number, signal: AbortSignal): Promise<void> {
  await wait(spanMs, undefined, { signal, ref: false });
}
