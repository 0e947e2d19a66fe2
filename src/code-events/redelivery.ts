import { DAY_MS, type Instant, later, MINUTE_MS } from "../time.ts";
import { isObeyed } from "./event.ts";

/** One attempt of the code host to send a webhook. */
export interface Delivery {
  /** Of the attempt; larger than a double can tell. */
  readonly number: bigint;
  /** Of the webhook: what is sent again keeps it. */
  readonly id: string;
  readonly deliveredAt: Instant;
  /** Kind of the webhook, as the code host names it. */
  readonly event: string;
  /** That we answered with; anything else than 2xx is a failure. */
  readonly status: number;
}

/** What is to be sent again. */
export interface Redelivery {
  /** Oldest first. */
  readonly again: readonly Delivery[];
  /** Up to when nothing is left to be asked for. */
  readonly seenUpTo: Instant;
}

/** How long GitHub keeps webhooks that it sent. @see https://docs.github.com/en/webhooks/testing-and-troubleshooting-webhooks/viewing-webhook-deliveries */
export const KEPT_MS = 3 * DAY_MS;
/** Attempts may be listed late, and out of order: so much is looked at again. */
export const OVERLAP_MS = 15 * MINUTE_MS;
const CHECKS: ReadonlySet<string> = new Set(["check_suite", "check_run", "status"]);
/** What was too large stays too large. */
const TOO_LARGE = 413;

/**
 * Webhooks that nobody has taken: no attempt at them went well, and they were not asked for again before. Those that nothing follows from are
 * left, and those of checks.
 *
 * @param facts.deliveries newest first, back to `seenUpTo` and {@link OVERLAP_MS} before it
 * @param facts.asked ids that were asked for again
 * @param facts.againMax how many are asked for at once
 */
export function redeliveryOf(facts: {
  readonly deliveries: readonly Delivery[];
  readonly asked: ReadonlySet<string>;
  readonly seenUpTo: Instant;
  readonly againMax: number;
}): Redelivery {
  const { deliveries, asked, againMax } = facts;
  const taken = new Set(deliveries.filter(isWell).map(({ id }) => id));
  const lost = new Map<string, Delivery>();
  for (const delivery of deliveries) {
    const { id, event, status } = delivery;
    if (taken.has(id) || asked.has(id) || !isWorthIt(event) || status === TOO_LARGE) continue;
    // The newest attempt stands for all of them.
    if (!lost.has(id)) lost.set(id, delivery);
  }
  const oldestFirst = [...lost.values()].toSorted(
    (a, b) => a.deliveredAt - b.deliveredAt || Number(a.number - b.number),
  );
  const [left] = oldestFirst.slice(againMax);
  const seenUpTo = deliveries.map(({ deliveredAt }) => deliveredAt).reduce(laterOf, facts.seenUpTo);
  const isAll = left === undefined || left.deliveredAt >= seenUpTo;
  return { again: oldestFirst.slice(0, againMax), seenUpTo: isAll ? seenUpTo : left.deliveredAt };
}

/** Checks come by the hundred, and the next look at a pull request finds how they stand. */
function isWorthIt(event: string): boolean {
  return isObeyed(event) && !CHECKS.has(event);
}

function laterOf(one: Instant, other: Instant): Instant {
  return one > other ? one : other;
}

/** From when on deliveries are looked at, to go on from a moment up to which they were. */
export function lookFrom(seenUpTo: Instant): Instant {
  return later(seenUpTo, -OVERLAP_MS);
}

/** Ids of the attempts of which some went wrong. */
export function failedIdsOf(deliveries: readonly Delivery[]): readonly string[] {
  return [...new Set(deliveries.filter((delivery) => !isWell(delivery)).map(({ id }) => id))];
}

function isWell({ status }: Delivery): boolean {
  return status >= 200 && status < 300;
}
