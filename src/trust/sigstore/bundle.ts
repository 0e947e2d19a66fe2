import type { SerializedBundle, SerializedEnvelope } from "@sigstore/bundle";
import { z } from "zod";
import { InvalidInputError } from "../../errors.ts";
import { parseJson } from "../json.ts";
import { type Envelope, envelopeOf } from "./envelope.ts";

/** Entries in logs, and countersignatures, of one signature at most: each costs as much as the signature. */
export const PROOFS_MAX = 8;

/** Decimals of a number that stays exact. */
const DECIMALS = /^\d{1,15}$/;
const CHECKPOINT_LENGTH_MAX = 16 * 1024;
/** A tree of more than 2^63 leaves does not exist. */
const PROOF_HASHES_MAX = 64;
const CERTIFICATES_MAX = 16;

// Every member that is decoded from base64 must be a string: the decoder takes arrays and `{"length": 1e9}` as well.
const bytes = z.string();
// Protobuf's JSON writes 64-bit numbers as text, and reads both. Longer ones would be rounded before they are compared.
const decimal = z.union([z.string().regex(DECIMALS), z.int().nonnegative()]).pipe(z.coerce.number());
const entrySchema = z.object({
  logIndex: decimal.optional().default(0),
  logId: z.object({ keyId: bytes }),
  kindVersion: z.object({ kind: z.string(), version: z.string() }),
  integratedTime: decimal.nullish(),
  inclusionPromise: z.object({ signedEntryTimestamp: bytes }).nullish(),
  inclusionProof: z
    .object({
      logIndex: decimal.optional().default(0),
      rootHash: bytes,
      treeSize: decimal,
      hashes: z.array(bytes).max(PROOF_HASHES_MAX).nullish(),
      checkpoint: z.object({ envelope: z.string().max(CHECKPOINT_LENGTH_MAX) }),
    })
    .nullish(),
  canonicalizedBody: bytes,
});
/** The versions there are, and nothing behind: the library takes any, and looks only at how the media type begins. */
const MEDIA_TYPE = /^application\/vnd\.dev\.sigstore\.bundle(?:\.v0\.[1-3]\+json|\+json;version=0\.[1-3])$/;
const certificateSchema = z.object({ rawBytes: bytes });
const bundleSchema = z.object({
  mediaType: z.string(),
  verificationMaterial: z.object({
    publicKey: z.object({ hint: z.string().optional() }).nullish(),
    certificate: certificateSchema.nullish(),
    x509CertificateChain: z
      .object({ certificates: z.array(certificateSchema).min(1).max(CERTIFICATES_MAX) })
      .nullish(),
    tlogEntries: z.unknown().optional(),
    timestampVerificationData: z.unknown().optional(),
  }),
  dsseEnvelope: z.unknown().optional(),
  messageSignature: z.unknown().optional(),
});
const entriesSchema = z.array(entrySchema).max(PROOFS_MAX).nullish();
const timestampsSchema = z
  .object({
    rfc3161Timestamps: z
      .array(z.object({ signedTimestamp: bytes }))
      .max(PROOFS_MAX)
      .nullish(),
  })
  .nullish();

type Material = SerializedBundle["verificationMaterial"];

/** What is looked at beside the signature itself: what nobody looks at may be broken. */
export interface Heeded {
  readonly log: boolean;
  readonly countersignatures: boolean;
}

/** What a bundle that hangs on an image holds. */
export interface BundleContent {
  readonly mediaType: string;
  /** What it wants to be verified with. */
  readonly material: "key" | "certificate";
  /** The signed statement; absent if it signs bytes. */
  readonly envelope: Envelope | undefined;
  /** As the library reads it: members that are not checked are left out, and the hint, because whoever writes the bundle chooses it. */
  readonly serialized: (heeded: Heeded) => SerializedBundle;
}

/**
 * Reads a Sigstore bundle. Its version is checked with the signature, its proofs when they are asked for.
 *
 * @throws {InvalidInputError} `statement-invalid`
 * @see sigstore/protobuf-specs v0.5, sigstore_bundle.proto
 */
export function parseBundle(json: Uint8Array): BundleContent {
  const document = checked(bundleSchema, parseJson(json, "bundle"));
  const { mediaType, verificationMaterial, dsseEnvelope, messageSignature } = document;
  const { publicKey, certificate, x509CertificateChain } = verificationMaterial;
  if (isGiven(dsseEnvelope) === isGiven(messageSignature)) {
    throw invalid("it must hold either an envelope or a message signature");
  }
  if ([publicKey, certificate, x509CertificateChain].filter(isGiven).length !== 1) {
    throw invalid("it must hold either a public key or a certificate");
  }
  const envelope = isGiven(dsseEnvelope) ? envelopeOf(dsseEnvelope) : undefined;
  return {
    mediaType,
    material: isGiven(publicKey) ? "key" : "certificate",
    envelope,
    serialized: (heeded) => {
      if (envelope === undefined) throw invalid("it signs bytes");
      if (!MEDIA_TYPE.test(mediaType)) throw invalid("mediaType: of no version that is known");
      return {
        mediaType,
        verificationMaterial: {
          ...signerOf(verificationMaterial),
          ...proofsOf(verificationMaterial, heeded),
        },
        messageSignature: undefined,
        dsseEnvelope: serializedEnvelope(envelope),
      };
    },
  };
}

function serializedEnvelope({ payloadType, payload, signatures }: Envelope): SerializedEnvelope {
  return { payloadType, payload, signatures: signatures.map((sig) => ({ sig, keyid: "" })) };
}

type CheckedMaterial = z.infer<typeof bundleSchema>["verificationMaterial"];
type SignerOf<Shape> = Shape extends unknown
  ? Omit<Shape, "tlogEntries" | "timestampVerificationData">
  : never;

function signerOf({ certificate, x509CertificateChain }: CheckedMaterial): SignerOf<Material> {
  if (isGiven(certificate)) {
    return { certificate, publicKey: undefined, x509CertificateChain: undefined };
  }
  if (isGiven(x509CertificateChain)) {
    return { x509CertificateChain, publicKey: undefined, certificate: undefined };
  }
  return { publicKey: { hint: "" }, certificate: undefined, x509CertificateChain: undefined };
}

function proofsOf(
  { tlogEntries, timestampVerificationData }: CheckedMaterial,
  heeded: Heeded,
): Pick<Material, "tlogEntries" | "timestampVerificationData"> {
  const entries = heeded.log ? checked(entriesSchema, tlogEntries) : undefined;
  const timestamps = heeded.countersignatures
    ? checked(timestampsSchema, timestampVerificationData)
    : undefined;
  return {
    tlogEntries: (entries ?? []).map((entry) => ({
      ...entry,
      logIndex: String(entry.logIndex),
      integratedTime: String(entry.integratedTime ?? 0),
      inclusionPromise: entry.inclusionPromise ?? undefined,
      inclusionProof: isGiven(entry.inclusionProof) ? proofOf(entry.inclusionProof) : undefined,
    })),
    timestampVerificationData: isGiven(timestamps)
      ? { rfc3161Timestamps: timestamps.rfc3161Timestamps ?? [] }
      : undefined,
  };
}

type Proof = NonNullable<z.infer<typeof entrySchema>["inclusionProof"]>;

function proofOf({
  logIndex,
  treeSize,
  hashes,
  ...proof
}: Proof): Material["tlogEntries"][number]["inclusionProof"] {
  return { ...proof, logIndex: String(logIndex), treeSize: String(treeSize), hashes: hashes ?? [] };
}

function checked<Shape>(schema: z.ZodType<Shape>, document: unknown): Shape {
  const result = schema.safeParse(document);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw invalid(`${issue?.path.join(".") ?? ""}: ${issue?.message ?? "wrong shape"}`);
}

function isGiven<Member>(member: Member): member is NonNullable<Member> {
  return member !== undefined && member !== null;
}

function invalid(reason: string): InvalidInputError {
  return new InvalidInputError("statement-invalid", `not a Sigstore bundle: ${reason}`);
}
