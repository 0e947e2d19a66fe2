import type { Delivery } from "../code-events/redelivery.ts";
import type { Instant } from "../time.ts";

/** Where webhooks of an App go. */
export interface HookTarget {
  /** Absent: nowhere. */
  readonly url?: string;
  readonly contentType?: string;
  readonly hasSecret: boolean;
}

/**
 * Webhooks that the code host sent, or tried to. Only an App can look at its own.
 *
 * Every method throws {CodedError} `code-host-*` when there is no answer or the host refuses.
 */
export interface HookDeliveries {
  /** Those since then, newest first; 3,000 at most. `isPartial`: there are older ones since then that are not told of. */
  since(
    since: Instant,
    signal: AbortSignal,
  ): Promise<{ readonly deliveries: readonly Delivery[]; readonly isPartial: boolean }>;
  /** Has one sent again; `gone` when the host no longer has it. */
  sendAgain(delivery: Delivery, signal: AbortSignal): Promise<"asked" | "gone">;
  target(signal: AbortSignal): Promise<HookTarget>;
}
