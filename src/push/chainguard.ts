import { z } from "zod";
import { ignored, noticesOf, type PushReading, type PushScope, refused } from "./reading.ts";

const REGISTRY = "cgr.dev";

const schema = z.object({
  body: z.object({
    repository: z.string(),
    tag: z.string().optional(),
    type: z.string(),
    error: z.unknown().optional(),
  }),
});

/**
 * Chainguard's CloudEvents: what the event is stands in the header `Ce-Type`. The repository is written with or without the host.
 *
 * @see https://edu.chainguard.dev/chainguard/administration/cloudevents/events-reference/
 */
export function readChainguard(payload: unknown, { headers }: PushScope): PushReading {
  const type = headers.get("ce-type");
  if (type === null) return refused("malformed");
  if (type !== "dev.chainguard.registry.push.v1") return ignored("other-event");
  const { success, data } = schema.safeParse(payload);
  if (!success) return refused("malformed");

  const { repository, tag, type: pushed, error } = data.body;
  if (pushed !== "manifest") return ignored("other-artifact");
  // A push that failed moved nothing.
  if (error !== undefined && error !== null) return ignored("other-event");
  const [first = "", ...rest] = repository.split("/");
  if (/[.:]/.test(first) && first !== REGISTRY) return ignored("other-registry");
  if (tag === undefined || tag === "") return ignored("untagged");
  return noticesOf([{ registry: REGISTRY, path: first === REGISTRY ? rest.join("/") : repository, tag }]);
}
