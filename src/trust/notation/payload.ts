import { z } from "zod";
import { quote } from "../../errors.ts";
import type { Digest } from "../../image/digest.ts";
import { expectPlainMembers, parseUnambiguousJson } from "./json-members.ts";
import { malformed, refuse } from "./refused-error.ts";

const descriptorSchema = z.looseObject({
  mediaType: z.string().min(1),
  digest: z.string(),
  size: z.int().nonnegative(),
});
const payloadSchema = z.looseObject({ targetArtifact: descriptorSchema });

/**
 * Holds a payload against the digest it must be about.
 *
 * @throws {RefusedError} `subject-mismatch`, `candidate-malformed`
 * @see Notary Project signature-specification.md, "Payload"
 */
export function expectAbout(payload: Uint8Array, digest: Digest): void {
  const document = parseUnambiguousJson(payload, "payload");
  expectPlainMembers(document, Object.keys(payloadSchema.shape), "payload");
  const result = payloadSchema.safeParse(document);
  if (!result.success) return malformed("its payload names no artifact by type, digest and size");
  const { targetArtifact } = result.data;
  expectPlainMembers(targetArtifact, Object.keys(descriptorSchema.shape), "payload");
  if (targetArtifact.digest !== digest) {
    refuse("subject-mismatch", `it is about ${quote(targetArtifact.digest)}`);
  }
}
