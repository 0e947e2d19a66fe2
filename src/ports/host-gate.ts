import type { Instant } from "../time.ts";

/** Whose budget a request spends: a host as references name it, and who asks there. */
export interface GateKey {
  /** `docker.io`, `hub.docker.com`, `127.0.0.1:5000`. */
  readonly host: string;
  /** `anonymous`, or a name of the credentials that tells them apart and gives nothing away. */
  readonly credential: string;
}

/** What a host may be asked at most, over all processes. */
export interface HostLimits {
  readonly perSecond: number;
  /** Requests that may be sent at once after a pause. */
  readonly burst: number;
}

/** What is to be sent. A `pull` counts against the pull limits of some registries (GET of a manifest), a `check` does not. */
export type RequestKind = "check" | "pull";

/** Why a request has to wait. */
export type WaitReason =
  /** Our own budget for the host is spent. */
  | "budget"
  /** The host asked us to wait. */
  | "penalty"
  /** What the host says is left of its pull limit is nearly nothing. */
  | "pull-limit"
  /** The host failed too often: it is asked again after a pause, by one request. */
  | "breaker"
  /** The host refused these credentials. */
  | "suspended";

export type Admission =
  /** `count` may be sent: at least 1, and fewer than asked for when the budget or a host that is only being tried allows no more. */
  | { readonly kind: "admitted"; readonly count: number }
  | { readonly kind: "wait"; readonly waitMs: number; readonly reason: WaitReason };

/** What became of a request that was admitted. */
export type GateOutcome =
  /** An answer, whatever it says; `accepted` when it proves that the credentials are good. */
  | { readonly kind: "answered"; readonly login?: "accepted" }
  | {
      readonly kind: "rate-limited";
      /** What the host asked for; absent when it did not say. */
      readonly retryAfterMs?: number;
      /** What the limit is about. */
      readonly limits: RequestKind | "all";
    }
  /** No answer, or one that says the host is not well (5xx). */
  | { readonly kind: "failed"; readonly code: string; readonly message: string }
  /** The credentials were refused. */
  | { readonly kind: "refused"; readonly code: string; readonly message: string }
  /** An answer that tells what is left of a pull limit. */
  | {
      readonly kind: "pull-limit";
      readonly remaining: number;
      readonly limit: number;
      readonly windowMs: number;
    };

/** A host as all processes know it. */
export interface HostState extends GateKey {
  readonly limits: HostLimits;
  /** What is allowed now: less than {@link HostLimits.perSecond} for a while after the host complained. */
  readonly perSecondNow: number;
  /** Requests that could be sent at once now. */
  readonly budgetLeft: number;
  /** Nothing, or nothing of this kind, is sent before. */
  readonly penalty?: { readonly until: Instant; readonly limits: RequestKind | "all" };
  readonly pullsLeft?: { readonly remaining: number; readonly limit: number; readonly at: Instant };
  readonly breaker: "closed" | "open" | "half-open";
  /** Since when there is no answer; absent while there is one. */
  readonly unreachableSince?: Instant;
  readonly lastError?: { readonly code: string; readonly message: string; readonly at: Instant };
  readonly lastAnswerAt?: Instant;
}

/** Decides for all processes together whether a host may be asked now. */
export interface HostGate {
  /**
   * Asks for leave to send up to `count` requests. What is granted is spent.
   *
   * A refusal keeps no place, but is told a moment at which it is likely to be granted: callers that were sent away come back one after
   * the other.
   */
  admit(
    key: GateKey,
    limits: HostLimits,
    request: { readonly kind: RequestKind; readonly count: number },
  ): Promise<Admission>;
  /** Tells what became of a request. Never throws: what cannot be told is told late or not at all. */
  report(key: GateKey, outcome: GateOutcome): void;
  /** All hosts that were asked lately, by name. */
  states(): Promise<readonly HostState[]>;
}
