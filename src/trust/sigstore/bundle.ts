import type { SerializedBundle } from "@sigstore/bundle";
import { z } from "zod";
import { InvalidInputError } from "../../errors.ts";
import { type Envelope, envelopeOf } from "./envelope.ts";
import { parseJson } from "../json.ts";

const bundleSchema = z.object({
  mediaType: z.string(),
  verificationMaterial: z.object({
    publicKey: z.object({ hint: z.string().optional() }).nullish(),
    certificate: z.object({}).nullish(),
    x509CertificateChain: z.object({}).nullish(),
  }),
  dsseEnvelope: z.unknown().optional(),
  messageSignature: z.unknown().optional(),
});

/** What a bundle that hangs on an image holds, without its log entries and timestamps. */
export interface BundleContent {
  readonly mediaType: string;
  /** What it wants to be verified with. */
  readonly material: "key" | "certificate";
  /** The signed statement; absent if it signs bytes. */
  readonly envelope: Envelope | undefined;
}

/**
 * Reads a Sigstore bundle as far as a policy without a log needs it. Its version is checked with the signature.
 *
 * @throws {InvalidInputError} `statement-invalid`
 * @see sigstore/protobuf-specs v0.5, sigstore_bundle.proto
 */
export function parseBundle(bytes: Uint8Array): BundleContent {
  const result = bundleSchema.safeParse(parseJson(bytes, "bundle"));
  if (!result.success) {
    const [issue] = result.error.issues;
    throw invalid(`${issue?.path.join(".") ?? ""}: ${issue?.message ?? "wrong shape"}`);
  }
  const { mediaType, verificationMaterial, dsseEnvelope, messageSignature } = result.data;
  const { publicKey, certificate, x509CertificateChain } = verificationMaterial;
  if (isGiven(dsseEnvelope) === isGiven(messageSignature)) {
    throw invalid("it must hold either an envelope or a message signature");
  }
  if ([publicKey, certificate, x509CertificateChain].filter(isGiven).length !== 1) {
    throw invalid("it must hold either a public key or a certificate");
  }
  return {
    mediaType,
    material: isGiven(publicKey) ? "key" : "certificate",
    envelope: isGiven(dsseEnvelope) ? envelopeOf(dsseEnvelope) : undefined,
  };
}

/** The same bundle as one that only its key speaks for: the hint is dropped because whoever writes the bundle chooses it. */
export function keyedBundleOf(
  mediaType: string,
  { payloadType, payload, signatures }: Envelope,
): SerializedBundle {
  return {
    mediaType,
    verificationMaterial: {
      publicKey: { hint: "" },
      certificate: undefined,
      x509CertificateChain: undefined,
      tlogEntries: [],
      timestampVerificationData: undefined,
    },
    messageSignature: undefined,
    dsseEnvelope: { payloadType, payload, signatures: signatures.map((sig) => ({ sig, keyid: "" })) },
  };
}

function isGiven(member: unknown): boolean {
  return member !== undefined && member !== null;
}

function invalid(reason: string): InvalidInputError {
  return new InvalidInputError("statement-invalid", `not a Sigstore bundle: ${reason}`);
}
