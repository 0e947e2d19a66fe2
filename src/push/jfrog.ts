import { z } from "zod";
import {
  hostOfUrl,
  ignored,
  isDigestLike,
  isSameHost,
  noticesOf,
  type PushReading,
  type PushScope,
  refused,
} from "./reading.ts";

const eventSchema = z.object({ domain: z.string(), event_type: z.string() });
const schema = z.object({
  data: z.object({ repo_key: z.string(), image_name: z.string(), tag: z.string() }),
  jpd_origin: z.string().optional(),
});

/**
 * JFrog Artifactory, domain `docker`, event `pushed`. The image is named by path: `<registry>/<repository key>/<image>`. The key is that of
 * the repository that was pushed to, not of a virtual one that shows it.
 *
 * @see https://jfrog.com/help/r/jfrog-platform-administration-documentation/domain-docker
 */
export function readJFrog(payload: unknown, { registry }: PushScope): PushReading {
  if (registry === undefined) return refused("registry-missing");
  const event = eventSchema.safeParse(payload);
  if (!event.success) return refused("malformed");
  if (event.data.domain !== "docker" || event.data.event_type !== "pushed") return ignored("other-event");
  const { success, data } = schema.safeParse(payload);
  if (!success) return refused("malformed");

  if (data.jpd_origin !== undefined && !isAt(data.jpd_origin, registry)) return ignored("other-registry");
  const { repo_key, image_name, tag } = data.data;
  if (isDigestLike(tag)) return ignored("untagged");
  return noticesOf([{ registry, path: `${repo_key}/${image_name}`, tag }]);
}

/** Whether a registry is the platform itself or a host below it, as in `docker.acme.jfrog.io`. */
function isAt(origin: string, registry: string): boolean {
  const host = hostOfUrl(origin);
  return host !== undefined && (isSameHost(host, registry) || registry.endsWith(`.${host}`));
}
