import { z } from "zod";
import { ignored, noticesOf, type PushReading, type PushScope, refused } from "./reading.ts";

const packageSchema = z.object({
  name: z.string(),
  namespace: z.string(),
  ecosystem: z.string().optional(),
  package_type: z.string().optional(),
  package_version: z
    .object({
      container_metadata: z.object({ tag: z.object({ name: z.string() }).partial().nullish() }).nullish(),
    })
    .nullish(),
});
const schema = z.object({
  action: z.string(),
  package: packageSchema.optional(),
  registry_package: packageSchema.optional(),
});

/**
 * GitHub's container registry, through the events `package` and `registry_package` of a repository, organization or App.
 *
 * A push of an image with several platforms is several events, most of them without a tag.
 *
 * @see https://docs.github.com/en/webhooks/webhook-events-and-payloads#registry_package
 */
export function readGitHub(payload: unknown, { headers, registry = "ghcr.io" }: PushScope): PushReading {
  const event = headers.get("x-github-event");
  if (event === null) return refused("malformed");
  if (event !== "package" && event !== "registry_package") return ignored("other-event");

  const { success, data } = schema.safeParse(payload);
  const pushed = data?.[event];
  if (!success || pushed === undefined) return refused("malformed");
  if (data.action !== "published" && data.action !== "updated") return ignored("other-event");
  if ((pushed.ecosystem ?? pushed.package_type)?.toUpperCase() !== "CONTAINER") {
    return ignored("other-artifact");
  }
  const tag = pushed.package_version?.container_metadata?.tag?.name;
  const path = `${pushed.namespace.toLowerCase()}/${pushed.name}`;
  return noticesOf([{ registry, path, tag }]);
}
