import type { Instant } from "../time.ts";

/** A request that creates or changes something at a code host. */
export interface WriteRequest {
  /** Whose allowance is used: an installation of the App, or the token's account. At most 100 characters. */
  readonly account: string;
  /** What is written, so that asking again is no second wish: e.g. the name of a proposal. At most 200 characters. */
  readonly subject: string;
  /** How many things are created in it, as the host counts them. */
  readonly cost: number;
  /** Who has to be through first, goes first. Absent: after all that have a deadline. */
  readonly dueAt?: Instant;
}

/**
 * Lets so many writes through to a code host as it allows, for all processes together, the earliest deadline first. A host that refuses slows
 * all of them down; who is let through again brings the pace back.
 */
export interface WriteLane {
  /** Returns when it may be sent. @throws {CodedError} `code-host-deferred` with when to come again, if that is not soon */
  take(request: WriteRequest, signal: AbortSignal): Promise<void>;
  /** The host let it through. */
  succeeded(account: string): Promise<void>;
  /** The host refused because of too many; it wants to be left alone until then. */
  refused(account: string, until: Instant): Promise<void>;
}
