import { z } from "zod";
import { InvalidInputError } from "../errors.ts";
import { parseJson } from "./json.ts";

/** Types of a simple-signing payload that mean "I signed this image". */
const IMAGE_CLAIM_TYPES: readonly string[] = [
  "cosign container image signature",
  "atomic container signature",
];

const payloadSchema = z.strictObject({
  critical: z.strictObject({
    identity: z.strictObject({ "docker-reference": z.string() }).optional(),
    image: z.strictObject({ "docker-manifest-digest": z.string() }),
    type: z.string(),
  }),
  optional: z.record(z.string(), z.unknown()).nullable().optional(),
});

/** What a simple-signing payload says. */
export interface SigningClaim {
  /** As written: compare it with a digest, do not use it as one. */
  readonly digest: string;
  readonly type: string;
}

/**
 * Reads the payload that `cosign sign` signs.
 *
 * Members that are not in the specification are refused, as containers/image does: what is critical must be understood, and
 * a second spelling of a member (`Critical`) would be read by Go instead of the first.
 *
 * @throws {InvalidInputError} `statement-invalid`
 * @see sigstore/cosign specs/SIGNATURE_SPEC.md, "Simple Signing"
 */
export function parseSigningClaim(payload: Uint8Array): SigningClaim {
  const result = payloadSchema.safeParse(parseJson(payload, "signature payload"));
  if (result.success) {
    const { image, type } = result.data.critical;
    return { digest: image["docker-manifest-digest"], type };
  }
  const [issue] = result.error.issues;
  throw new InvalidInputError(
    "statement-invalid",
    `not a simple-signing payload: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "wrong shape"}`,
  );
}

/** Whether a claim's type is about a container image. */
export function isImageClaim({ type }: SigningClaim): boolean {
  return IMAGE_CLAIM_TYPES.includes(type);
}
