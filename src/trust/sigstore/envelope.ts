import { z } from "zod";
import { InvalidInputError } from "../../errors.ts";
import { parseJson } from "../json.ts";

/** Signatures of one envelope at most: each is a hash over the whole payload. */
export const SIGNATURES_MAX = 16;

// Every member that is decoded from base64 must be a string: the decoder takes arrays and `{"length": 1e9}` as well.
const envelopeSchema = z.object({
  payloadType: z.string(),
  payload: z.string(),
  // Go writes an empty list as null.
  signatures: z
    .array(z.object({ sig: z.string().optional() }))
    .max(SIGNATURES_MAX)
    .nullable()
    .optional(),
});

/** A signed payload with its type. @see DSSE v1.0.2, envelope.md */
export interface Envelope {
  readonly payloadType: string;
  /** base64 */
  readonly payload: string;
  /** base64, each of at least one byte; key ids are left out: whoever writes the envelope chooses them. */
  readonly signatures: readonly string[];
}

/**
 * Reads a DSSE envelope. An empty signature is none.
 *
 * @throws {InvalidInputError} `statement-invalid`
 */
export function parseEnvelope(bytes: Uint8Array): Envelope {
  return envelopeOf(parseJson(bytes, "envelope"));
}

/**
 * An envelope from a document that was already read.
 *
 * @throws {InvalidInputError} `statement-invalid`
 */
export function envelopeOf(document: unknown): Envelope {
  const result = envelopeSchema.safeParse(document);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new InvalidInputError(
      "statement-invalid",
      `not an envelope: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "wrong shape"}`,
    );
  }
  const { payloadType, payload, signatures } = result.data;
  return {
    payloadType,
    payload,
    signatures: (signatures ?? []).flatMap(({ sig }) => (sig !== undefined && hasBytes(sig) ? [sig] : [])),
  };
}

/** The payload's bytes. */
export function payloadOf({ payload }: Pick<Envelope, "payload">): Buffer {
  return Buffer.from(payload, "base64");
}

/** Whether a base64 text decodes to anything. */
export function hasBytes(base64: string): boolean {
  return Buffer.from(base64, "base64").byteLength > 0;
}
