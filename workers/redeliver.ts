import {
  type Delivery,
  failedIdsOf,
  KEPT_MS,
  lookFrom,
  redeliveryOf,
} from "../src/code-events/redelivery.ts";
import type { Context } from "../src/context.ts";
import { REDELIVER } from "../src/queues.ts";
import { type Instant, later, MINUTE_MS, renderMoment } from "../src/time.ts";
import { worker } from "../src/worker.ts";

const WORK = { kind: "redeliver" } as const;

/** How often the code host is asked what it could not deliver: one request. */
const EVERY_MS = 5 * MINUTE_MS;
/** Webhooks that are asked for again in one job: one request each. */
const AGAIN_MAX = 200;

/**
 * Has the code host send again which webhooks nobody took: while no process ran, or Redis did not answer. Each is asked for once. Where they
 * come from is left to the receiver, as if they came for the first time.
 */
export const redeliver = worker(REDELIVER, async (_job, context, signal) => {
  const { store, clock, codeHost } = context;
  const { deliveries: host } = codeHost;
  if (host === undefined) return store.unschedule(WORK);

  const now = await clock.now();
  await store.schedule(WORK, later(now, EVERY_MS), "set");
  const seenUpTo = await store.deliveriesSeenUpTo();
  // What was sent before we were there for the first time is nothing to us: everything is looked at then anyway.
  if (seenUpTo === undefined) return store.saveDeliveriesSeenUpTo(now);

  const { deliveries, isPartial } = await host.since(lookFrom(seenUpTo), signal);
  if (isPartial || now - seenUpTo > KEPT_MS) await tellLost(seenUpTo, context);
  const asked = await store.askedAgain(failedIdsOf(deliveries));
  const next = redeliveryOf({ deliveries, asked, seenUpTo, againMax: AGAIN_MAX });
  await sendAgain(next.again, context, signal);
  await store.saveDeliveriesSeenUpTo(next.seenUpTo);
});

async function sendAgain(
  deliveries: readonly Delivery[],
  { store, clock, codeHost, record, log }: Context,
  signal: AbortSignal,
): Promise<void> {
  let count = 0;
  for (const delivery of deliveries) {
    signal.throwIfAborted();
    const outcome = await codeHost.deliveries?.sendAgain(delivery, signal);
    if (outcome === "asked") count += 1;
    // Noted after it was asked for: whoever dies in between asks twice, and the receiver takes it once.
    await store.noteAskedAgain(delivery.id, await clock.now());
  }
  const [first] = deliveries;
  if (first === undefined) return;
  log.info({ asked: count, gone: deliveries.length - count }, "webhooks asked for again");
  if (count === 0) return;
  const since = renderMoment(first.deliveredAt);
  await record({
    kind: "webhooks-asked-again",
    at: await clock.now(),
    subject: "code host",
    message: `${count} that nobody had taken were asked for again, the oldest from ${since}`,
    key: `webhooks-asked-again ${first.id} ${first.number}`,
  });
}

/** What is not sent again is found by the next looks, as it would be without webhooks. */
async function tellLost(since: Instant, { clock, record }: Context): Promise<void> {
  await record({
    kind: "webhooks-lost",
    at: await clock.now(),
    subject: "code host",
    message: `not all that were sent since ${renderMoment(since)} can be sent again: what they told is found by the next scans`,
    key: `webhooks-lost ${since}`,
  });
}
