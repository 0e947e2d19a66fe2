import { z } from "zod";
import { ignored, isSameHost, noticesOf, type PushReading, type PushScope, refused } from "./reading.ts";

const typeSchema = z.object({ type: z.string() });
const pushSchema = z.object({
  resources: z.array(z.object({ tag: z.string(), resource_url: z.string() })).min(1),
  repository: z.object({ repo_full_name: z.string() }),
});
const schema = z.object({ event_data: pushSchema });
const cloudEventSchema = z.object({ data: pushSchema });

/**
 * Harbor, in its own form (`PUSH_ARTIFACT`) and as CloudEvents (`harbor.artifact.pushed`). A push by digest has the digest in the tag's
 * place; whether a tag was added in the same step it does not say, so such a notice is about the whole repository.
 *
 * @see https://goharbor.io/docs/main/working-with-projects/project-configuration/configure-webhooks/
 */
export function readHarbor(payload: unknown, { registry }: PushScope): PushReading {
  if (registry === undefined) return refused("registry-missing");
  const event = typeSchema.safeParse(payload);
  if (!event.success) return refused("malformed");
  const pushed = pushOf(event.data.type, payload);
  if (pushed === "other-event") return ignored("other-event");
  if (pushed === undefined) return refused("malformed");

  const { resources, repository } = pushed;
  const ours = resources.filter(({ resource_url }) =>
    isSameHost(resource_url.split("/", 1)[0] ?? "", registry),
  );
  if (ours.length === 0) return ignored("other-registry");
  return noticesOf(ours.map(({ tag }) => ({ registry, path: repository.repo_full_name, tag })));
}

function pushOf(type: string, payload: unknown): z.output<typeof pushSchema> | "other-event" | undefined {
  switch (type) {
    case "PUSH_ARTIFACT":
      return schema.safeParse(payload).data?.event_data;
    case "harbor.artifact.pushed":
      return cloudEventSchema.safeParse(payload).data?.data;
    default:
      return "other-event";
  }
}
