import { z } from "zod";
import { InvalidInputError } from "../errors.ts";
import { parseReference, type Reference } from "../image/reference.ts";
import { jsonOf } from "./json.ts";
import { ignored, isSameHost, noticesOf, type PushReading, type PushScope, refused } from "./reading.ts";

const envelopeSchema = z.object({ message: z.object({ data: z.base64() }) });
const schema = z.object({
  action: z.string(),
  digest: z.string().optional(),
  tag: z.string().optional(),
});

const HOST_PATTERN = /^(?:(?:[a-z0-9-]+\.)?gcr\.io|[a-z0-9-]+-docker\.pkg\.dev)$/;

/**
 * Artifact Registry and Container Registry, through a push subscription to the Pub/Sub topic `gcr`. Data is base64 of JSON that names
 * image and tag in full.
 *
 * @see https://cloud.google.com/artifact-registry/docs/configure-notifications
 */
export function readGoogle(payload: unknown, { registry }: PushScope): PushReading {
  const envelope = envelopeSchema.safeParse(payload);
  if (!envelope.success) return refused("malformed");
  const { success, data } = schema.safeParse(jsonOf(Buffer.from(envelope.data.message.data, "base64")));
  if (!success) return refused("malformed");
  if (data.action !== "INSERT") return ignored("other-event");
  if (data.tag === undefined) return data.digest === undefined ? refused("malformed") : ignored("untagged");

  const reference = referenceOf(data.tag);
  if (reference?.tag === undefined) return refused("name-invalid");
  const { repository, tag } = reference;
  const isOurs =
    registry === undefined
      ? HOST_PATTERN.test(repository.registry)
      : isSameHost(repository.registry, registry);
  return isOurs ? noticesOf([{ ...repository, tag }]) : ignored("other-registry");
}

function referenceOf(text: string): Reference | undefined {
  try {
    return parseReference(text);
  } catch (thrown) {
    if (thrown instanceof InvalidInputError) return undefined;
    throw thrown;
  }
}
