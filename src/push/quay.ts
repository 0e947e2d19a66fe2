import { z } from "zod";
import { ignored, isSameHost, noticesOf, type PushReading, type PushScope, refused } from "./reading.ts";

const schema = z.object({
  repository: z.string(),
  docker_url: z.string(),
  updated_tags: z.array(z.string()).optional(),
});

/**
 * Quay's `repo_push`. Its other notifications have the same form without `updated_tags`.
 *
 * @see https://docs.quay.io/guides/notifications.html
 */
export function readQuay(payload: unknown, { registry = "quay.io" }: PushScope): PushReading {
  const { success, data } = schema.safeParse(payload);
  if (!success) return refused("malformed");
  if (data.updated_tags === undefined) return ignored("other-event");
  const [claimed = ""] = data.docker_url.split("/", 1);
  if (!isSameHost(claimed, registry)) return ignored("other-registry");
  if (data.updated_tags.length === 0) return ignored("untagged");
  return noticesOf(data.updated_tags.map((tag) => ({ registry, path: data.repository, tag })));
}
