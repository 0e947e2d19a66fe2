import type { Provider } from "../push/provider.ts";
import type { EventName } from "../code-events/event.ts";
import type { WaitReason } from "./host-gate.ts";
import type { EventKind } from "./store.ts";

/** Counts what happens. Labels are few and bounded: never a digest, a code repository or an image. */
export interface Metrics {
  event(kind: EventKind): void;
  request(request: {
    /** `registry` or `code-host`. */
    readonly party: string;
    readonly host: string;
    readonly operation: string;
    /** HTTP status, or `none` when there was no answer. */
    readonly status: number | "none";
    readonly durationMs: number;
  }): void;
  job(job: {
    readonly queue: string;
    readonly outcome: "completed" | "retried" | "deferred" | "failed";
    readonly durationMs: number;
  }): void;
  /** A request to a registry was told to wait. */
  budgetWait(wait: { readonly reason: WaitReason; readonly waitMs: number }): void;
  /** A poll began this long after it was due. */
  polled(poll: { readonly lagMs: number }): void;
  /** A tag was answered about, this long after the answer before. */
  looked(look: { readonly ageMs: number }): void;
  /** A registry said that a tag points elsewhere than before. */
  headChanged(change: { readonly host: string }): void;
  /** Our clock was compared with that of the code host; positive is ahead. */
  clockSkew(skew: { readonly skewMs: number }): void;
  /** A registry sent other bytes than the digest says. */
  integrityFailed(failure: { readonly host: string }): void;
}

/** Counts calls to the places where registries tell of pushes. */
export interface PushMetrics {
  push(push: {
    /** A configured one, or `unknown` for a call that no hook is for. */
    readonly provider: Provider | "unknown";
    /** What became of it, of a closed list. */
    readonly outcome: string;
  }): void;
}

/** Counts webhooks of the code host. */
export interface WebhookMetrics {
  webhook(webhook: {
    /** As the caller names it, of a closed list. */
    readonly event: EventName;
    /** What became of it, of a closed list. */
    readonly outcome: string;
  }): void;
}
