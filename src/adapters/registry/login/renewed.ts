import { CodedError } from "../../../errors.ts";
import { MINUTE_MS } from "../../../time.ts";
import { DeadlineReached, unlessAborted, withDeadline } from "../../../deadline.ts";
import { BoundedMap } from "../bounded-map.ts";
import { areSame, type Credentials, loginFailed, type Wanted } from "./credentials.ts";

const KEPT_MAX = 1_000;
/** A renewal that failed, and credentials that were refused, are looked at again after this time at the earliest. */
const PAUSE_MS = MINUTE_MS;

/** Credentials as they were just acquired. */
export interface Acquired {
  readonly credentials: Credentials | undefined;
  readonly lifetimeMs: number;
}

export interface RenewedOptions {
  readonly elapsedMs: () => number;
  /** Longest time one acquisition may take. */
  readonly deadlineMs: number;
  /** Ends acquisitions, which belong to nobody alone. */
  readonly closed: AbortSignal;
}

/** Whom something is acquired for, from whom, and how. */
export interface Acquisition {
  readonly key: string;
  readonly registry: string;
  readonly source: string;
  readonly acquire: (signal: AbortSignal) => Promise<Acquired>;
}

interface Kept {
  readonly credentials: Credentials | undefined;
  readonly acquiredAtMs: number;
  readonly renewAtMs: number;
  readonly expiresAtMs: number;
}

/**
 * Keeps credentials that end, and gets new ones at half their life. A renewal that fails leaves the old ones in use until they end.
 *
 * @see amazon-ecr-credential-helper, which does the same
 */
export class Renewed {
  readonly #options: RenewedOptions;
  readonly #kept = new BoundedMap<Kept>(KEPT_MAX);
  readonly #flights = new Map<string, Promise<Credentials | undefined>>();

  constructor(options: RenewedOptions) {
    this.#options = options;
  }

  /** @throws {CodedError} `registry-login-failed` when there are none that are still good */
  async credentials(acquisition: Acquisition, { signal, refused }: Wanted): Promise<Credentials | undefined> {
    const nowMs = this.#options.elapsedMs();
    const kept = this.#kept.get(acquisition.key);
    const isRefused = kept !== undefined && wereRefused(kept, refused, nowMs);
    if (kept !== undefined && !isRefused && nowMs < kept.renewAtMs) return kept.credentials;
    try {
      return await unlessAborted(this.#flight(acquisition), signal);
    } catch (thrown) {
      if (signal.aborted || kept === undefined || isRefused || nowMs >= kept.expiresAtMs) throw thrown;
      this.#kept.set(acquisition.key, { ...kept, renewAtMs: nowMs + PAUSE_MS });
      return kept.credentials;
    }
  }

  #flight(acquisition: Acquisition): Promise<Credentials | undefined> {
    const { key } = acquisition;
    const flight =
      this.#flights.get(key) ?? this.#acquire(acquisition).finally(() => this.#flights.delete(key));
    this.#flights.set(key, flight);
    return flight;
  }

  async #acquire({ key, registry, source, acquire }: Acquisition): Promise<Credentials | undefined> {
    const { elapsedMs, deadlineMs, closed } = this.#options;
    try {
      const { credentials, lifetimeMs } = await withDeadline(closed, deadlineMs, async (signal) =>
        unlessAborted(acquire(signal), signal),
      );
      const nowMs = elapsedMs();
      // What ends at once by our clock, which may be wrong, is not asked for again with every question.
      const usableMs = Math.max(lifetimeMs, PAUSE_MS);
      this.#kept.set(key, {
        credentials,
        acquiredAtMs: nowMs,
        renewAtMs: nowMs + usableMs / 2,
        expiresAtMs: nowMs + usableMs,
      });
      return credentials;
    } catch (thrown) {
      if (closed.aborted) throw thrown;
      if (thrown instanceof CodedError && thrown.code === "registry-login-failed") throw thrown;
      throw loginFailed({ registry, source }, happenedIn(thrown), "it is tried again");
    }
  }
}

function wereRefused(kept: Kept, refused: Credentials | undefined, nowMs: number): boolean {
  if (refused === undefined || kept.credentials === undefined) return false;
  return areSame(kept.credentials, refused) && nowMs - kept.acquiredAtMs >= PAUSE_MS;
}

function happenedIn(thrown: unknown): string {
  const isOurs = thrown instanceof CodedError || thrown instanceof DeadlineReached;
  return isOurs ? thrown.message : `it failed (${kindOfFailure(thrown)})`;
}

/** What kind of failure it was. Messages of other libraries are left out: they repeat requests, signatures and tokens. */
export function kindOfFailure(thrown: unknown): string {
  if (!(thrown instanceof Error)) return "for an unknown reason";
  const code = "code" in thrown && typeof thrown.code === "string" ? thrown.code : thrown.name;
  return /^[A-Za-z0-9_.-]{1,64}$/.test(code) ? code : "for an unknown reason";
}
