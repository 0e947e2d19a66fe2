import { z } from "zod";
import { isManifestType } from "./media-types.ts";
import {
  ignored,
  isSameHost,
  noticeOf,
  noticesOf,
  type Pushed,
  type PushReading,
  type PushScope,
  refused,
} from "./reading.ts";

/** Events of one call that are looked at; a registry sends them one by one. */
const EVENTS_MAX = 10_000;

/** Why nothing was pushed, what an operator can do something about first. */
const REASONS = ["other-registry", "untagged", "other-artifact", "other-event"] as const;

const envelopeSchema = z.object({ events: z.array(z.unknown()).max(EVENTS_MAX) });
const eventSchema = z.object({
  action: z.string(),
  target: z.object({ mediaType: z.string(), repository: z.string(), tag: z.string().optional() }),
  request: z.object({ host: z.string().optional() }).optional(),
});

/**
 * Notifications of distribution (docker-registry) and what is built from it. A registry sends an event until it is taken, and nothing
 * after it before that: an event that cannot be read is passed over, so that it does not stand in the way of others.
 *
 * @see https://distribution.github.io/distribution/about/notifications/
 */
export function readDistribution(payload: unknown, { registry }: PushScope): PushReading {
  if (registry === undefined) return refused("registry-missing");
  const { success, data } = envelopeSchema.safeParse(payload);
  if (!success) return refused("malformed");

  const readings = data.events.map((event) => pushedBy(event, registry));
  const pushed = readings.filter((reading) => typeof reading === "object");
  if (pushed.length > 0) return noticesOf(pushed);
  return ignored(REASONS.find((reason) => readings.includes(reason)) ?? "other-event");
}

function pushedBy(event: unknown, registry: string): Pushed | (typeof REASONS)[number] {
  const { success, data } = eventSchema.safeParse(event);
  if (!success || data.action !== "push") return "other-event";
  const { target, request } = data;
  if (!isManifestType(target.mediaType)) return "other-artifact";
  if (request?.host !== undefined && !isSameHost(request.host, registry)) return "other-registry";
  if (target.tag === undefined || target.tag === "") return "untagged";
  const pushed = { registry, path: target.repository, tag: target.tag };
  return noticeOf(pushed) === undefined ? "other-event" : pushed;
}
