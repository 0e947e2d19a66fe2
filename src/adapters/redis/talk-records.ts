import { z } from "zod";
import { ORDER_KINDS, type Snooze, type Talk } from "../../proposal/orders.ts";
import { type Instant, isInstant } from "../../time.ts";

const instant = z.custom<Instant>((value) => typeof value === "number" && isInstant(value), {
  error: "not a moment in time",
});

const orderSchema = z.object({
  kind: z.enum(ORDER_KINDS),
  source: z.string(),
  at: instant,
  by: z.string().exactOptional(),
  until: instant.exactOptional(),
  isClosed: z.literal(true).exactOptional(),
});

/** The form of what was said about a pull request. */
export const talkSchema = z.object({
  readAt: instant.exactOptional(),
  readIds: z.array(z.int()),
  seenAt: instant.exactOptional(),
  tickedAt: instant.exactOptional(),
  orders: z.array(orderSchema),
  said: z.array(z.string()),
  saying: z.object({ name: z.string(), since: instant }).exactOptional(),
}) satisfies z.ZodType<Talk>;

/** The form of for how long it is left alone. */
export const snoozeSchema = z.object({
  until: instant,
  at: instant,
  by: z.string().exactOptional(),
  known: z.array(z.string()),
}) satisfies z.ZodType<Snooze>;
