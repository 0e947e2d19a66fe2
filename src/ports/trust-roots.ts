import type { Instant } from "../time.ts";
import type { TrustRootSource } from "../trust/trust-root.ts";

/** A trust root as it is held now. */
export interface HeldTrustRoot {
  readonly source: TrustRootSource;
  /** SHA-256 of what it was made from, as {@link TrustRoot} has it. */
  readonly version: string;
}

/** How a trust root is doing, for people. */
export interface TrustRootState {
  readonly name: string;
  /** Where what is held came from. `embedded`: shipped with this release, the last resort. `none`: nothing is held. */
  readonly origin: "file" | "update" | "embedded" | "none";
  /** Absent while nothing is held. */
  readonly version?: string;
  /** When it was last confirmed: read from its file, or verified against its mirror. Absent while only the embedded one is held. */
  readonly confirmedAt?: Instant;
  /** Why the last attempt to renew it failed, if it did. The last verified root stays in force. */
  readonly fault?: string;
  /** Whether it is kept up to date: not where updates are off, and not while no policy names it. */
  readonly renewal: "on" | "off" | "unused";
  /** How many logs it has, of entries and of certificates. */
  readonly logs: number;
  /** How many authorities it has, of certificates and of timestamps. */
  readonly authorities: number;
}

/** Holds the trust roots that the configuration names. Never answers from the network: that is done in the background. */
export interface TrustRootKeeper {
  /**
   * The roots of these names.
   *
   * @throws {CodedError} `trust-root-unavailable` for one that is not held
   */
  held(names: readonly string[]): readonly HeldTrustRoot[];
  states(): readonly TrustRootState[];
}
