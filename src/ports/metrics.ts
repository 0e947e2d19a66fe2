import type { Provider } from "../push/provider.ts";
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
    readonly outcome: "completed" | "retried" | "failed";
    readonly durationMs: number;
  }): void;
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
