import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Dispatcher } from "undici";
import { messageOf } from "../../errors.ts";
import type { Log } from "../../ports/log.ts";
import type { Metrics } from "../../ports/metrics.ts";
import { HOUR_MS, type Instant, instantOf, later, MINUTE_MS } from "../../time.ts";
import type { KeptRoot, RootCache } from "./cache.ts";
import type { Holding } from "./holding.ts";
import { MirrorFetcher } from "./mirror-fetcher.ts";
import { fetchTrustedRoot, type TufRepository } from "./tuf.ts";

/** How long one update may take, with all its requests. */
const UPDATE_MAX_MS = MINUTE_MS;
/** Waits after an update that failed; the last one repeats. */
const RETRY_MS = [MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, HOUR_MS] as const;

export interface TufRootOptions {
  readonly repository: TufRepository;
  /** What this release brings along of it. */
  readonly embedded?: string;
  readonly cache: RootCache;
  readonly dispatcher: Dispatcher;
  readonly userAgent: string;
  readonly metrics: Pick<Metrics, "request">;
  readonly log: Log;
  readonly random: () => number;
  /** About how long from one update to the next. */
  readonly everyMs: number;
}

/** A root from a TUF repository: what was kept of it, or came with the release, until an update brings a newer one. */
export class TufRoot {
  readonly holding: Holding;
  readonly #options: TufRootOptions;
  #dueAt = instantOf(0);
  #failures = 0;

  constructor(holding: Holding, options: TufRootOptions) {
    this.holding = holding;
    this.#options = options;
  }

  /** Takes what is at hand without asking anybody. */
  async load(at: Instant): Promise<void> {
    const { cache, repository, embedded, everyMs } = this.#options;
    const kept = await cache.kept(repository);
    if (kept !== undefined && this.#takeKept(kept, at)) {
      // Written by a clock that went ahead, it may be older than it says.
      this.#dueAt = kept.confirmedAt > at ? at : later(kept.confirmedAt, this.#spread(everyMs));
      return;
    }
    // At once: a process that makes one pass and ends would otherwise never update it.
    this.#dueAt = at;
    if (embedded === undefined) this.holding.lack("it was never fetched, and nothing of it is kept");
    else this.holding.take(this.#sourceOf(embedded), { origin: "embedded" });
  }

  /** Updates it if that is due; what fails is told, and tried again sooner than usual. */
  async look(at: Instant, signal: AbortSignal): Promise<void> {
    if (at < this.#dueAt) return;
    if (await this.#adopt(at)) return;
    const { cache, repository, everyMs, log } = this.#options;
    try {
      const trustedRoot = await this.#fetch(cache.metadataFolder(repository), signal);
      this.holding.take(this.#sourceOf(trustedRoot), { origin: "update", at });
      this.#failures = 0;
      this.#dueAt = later(at, this.#spread(everyMs));
      await cache.keep(repository, { trustedRoot, confirmedAt: at }).catch((thrown: unknown) => {
        log.warn({ root: this.holding.name, error: messageOf(thrown) }, "trust root could not be kept");
      });
    } catch (thrown) {
      // Whoever ends the process did not find anything wrong with the root.
      if (signal.aborted) return;
      this.holding.fail(thrown);
      this.#dueAt = later(at, this.#spread(Math.min(everyMs, this.#retryMs())));
      this.#failures += 1;
    }
  }

  /** Fetches it once into a folder that is thrown away: whether an update would succeed. @throws {Error} when it would not */
  async try(signal: AbortSignal): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), "hullkeeper-trust-root-"));
    try {
      await this.#fetch(folder, signal);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #fetch(folder: string, signal: AbortSignal): Promise<string> {
    const { repository, dispatcher, userAgent, metrics } = this.#options;
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(UPDATE_MAX_MS)]);
    const fetcher = new MirrorFetcher({ dispatcher, userAgent, metrics, signal: bounded });
    return fetchTrustedRoot(repository, folder, fetcher);
  }

  /** Another process that shares our folder may have been here. */
  async #adopt(at: Instant): Promise<boolean> {
    const { cache, repository, everyMs } = this.#options;
    const kept = await cache.kept(repository);
    if (kept === undefined || kept.confirmedAt > at) return false;
    if (kept.confirmedAt <= (this.holding.confirmedAt ?? 0)) return false;
    const dueAt = later(kept.confirmedAt, this.#spread(everyMs));
    if (dueAt <= at || !this.#takeKept(kept, at)) return false;
    this.#failures = 0;
    this.#dueAt = dueAt;
    return true;
  }

  #takeKept({ trustedRoot, confirmedAt }: KeptRoot, now: Instant): boolean {
    try {
      const at = instantOf(Math.min(confirmedAt, now));
      this.holding.take(this.#sourceOf(trustedRoot), { origin: "update", at });
      return true;
    } catch (thrown) {
      const { log } = this.#options;
      log.warn({ root: this.holding.name, error: messageOf(thrown) }, "kept trust root cannot be used");
      return false;
    }
  }

  #retryMs(): number {
    return RETRY_MS[Math.min(this.#failures, RETRY_MS.length - 1)] ?? HOUR_MS;
  }

  /** A tenth more or less, so that processes do not come all at once. */
  #spread(spanMs: number): number {
    return Math.round(spanMs * (0.9 + 0.2 * this.#options.random()));
  }

  #sourceOf(json: string) {
    return { name: this.holding.name, kind: "sigstore", json } as const;
  }
}
