import { z } from "zod";
import { isManifestType } from "./media-types.ts";
import { ignored, isSameHost, noticesOf, type PushReading, type PushScope, refused } from "./reading.ts";

const actionSchema = z.object({ action: z.string() });
const schema = z.object({
  target: z.object({
    mediaType: z.string(),
    repository: z.string(),
    tag: z.string().optional(),
  }),
  request: z.object({ host: z.string() }),
});

const HOST_PATTERN = /^[a-z0-9]{5,50}(?:-[a-z0-9]{1,20})?\.azurecr\.(?:io|cn|us|de)$/;

/**
 * Azure Container Registry. The host is the one that the push went to, and must be one of Azure's, or the hook's.
 *
 * @see https://learn.microsoft.com/azure/container-registry/container-registry-webhook-reference
 */
export function readAcr(payload: unknown, { registry }: PushScope): PushReading {
  const event = actionSchema.safeParse(payload);
  if (!event.success) return refused("malformed");
  if (event.data.action !== "push") return ignored("other-event");
  const { success, data } = schema.safeParse(payload);
  if (!success) return refused("malformed");

  const { target } = data;
  const host = data.request.host.toLowerCase();
  const isOurs = registry === undefined ? HOST_PATTERN.test(host) : isSameHost(host, registry);
  if (!isOurs) return ignored("other-registry");
  if (!isManifestType(target.mediaType)) return ignored("other-artifact");
  if (target.tag === undefined || target.tag === "") return ignored("untagged");
  return noticesOf([{ registry: registry ?? host, path: target.repository, tag: target.tag }]);
}
