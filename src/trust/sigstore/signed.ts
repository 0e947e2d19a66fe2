import { type SerializedBundle, type TransparencyLogEntry, bundleFromJSON } from "@sigstore/bundle";
import { type RFC3161Timestamp, dsse } from "@sigstore/core";
import { type SignedEntity, toSignedEntity } from "@sigstore/verify";
import type { KeyObject } from "node:crypto";
import { isSignedWith } from "../key.ts";
import type { Heeded } from "./bundle.ts";

export type SignatureContent = SignedEntity["signature"];

/** One signature as it was found, before anything is known about it. */
export interface FoundSignature {
  /** What it comes with: an own certificate, nothing (so a known key must have made it), or a certificate that may be left aside. */
  readonly material: "certificate" | "key" | "either";
  /** In the form that the library reads, with the proofs that are heeded. @throws for what has not the form it should have */
  readonly serialized: (heeded: Heeded) => SerializedBundle;
  /** The signed bytes, where the bundle holds only their signature. */
  readonly artifact?: Uint8Array;
  /** The envelope's own bytes, in cosign's legacy layout. */
  readonly envelope?: Uint8Array;
}

/** A signature that was read. Nothing in it is believed yet. */
export interface Signed {
  readonly content: SignatureContent;
  /** The certificate that comes with it (DER), first of its chain. */
  readonly certificate: Buffer | undefined;
  readonly entries: readonly TransparencyLogEntry[];
  readonly countersignatures: readonly RFC3161Timestamp[];
  /** What the signature is on: the envelope's payload, or the signed bytes. */
  readonly payload: Buffer;
  readonly envelope: Uint8Array | undefined;
}

/** Bytes of one certificate at most: those of Fulcio have one thousand. */
const CERTIFICATE_BYTES_MAX = 32 * 1024;
/** Bytes of one countersignature at most: those with their certificates have 6 thousand. */
const COUNTERSIGNATURE_BYTES_MAX = 64 * 1024;
/** Bytes of one log entry's body at most: those that name a certificate have 3 thousand. */
const ENTRY_BYTES_MAX = 256 * 1024;

/**
 * Reads a signature with the proofs that are heeded.
 *
 * @throws {ValidationError} of @sigstore/bundle for a bundle that is none, and whatever its parsers throw
 */
export function readSigned(found: FoundSignature, heeded: Heeded): Signed {
  const bundle = bundleFromJSON(found.serialized(heeded));
  checkSizes(bundle.verificationMaterial);
  const { artifact, envelope } = found;
  const entity = toSignedEntity(bundle, artifact === undefined ? undefined : Buffer.from(artifact));
  const { payload, bytes } = signedIn(bundle.content, artifact);
  return {
    content: contentOf(entity.signature, bytes, envelope),
    certificate: certificateIn(bundle.verificationMaterial),
    entries: entity.tlogEntries,
    countersignatures: entity.timestamps.flatMap((timestamp) =>
      timestamp.$case === "timestamp-authority" ? [timestamp.timestamp] : [],
    ),
    payload,
    envelope,
  };
}

type Bundle = ReturnType<typeof bundleFromJSON>;

/** What a signature is on, and the bytes that were signed. */
function signedIn(
  content: Bundle["content"],
  artifact: Uint8Array | undefined,
): { readonly payload: Buffer; readonly bytes: Buffer } {
  switch (content.$case) {
    case "dsseEnvelope": {
      const { payloadType, payload } = content.dsseEnvelope;
      return { payload, bytes: dsse.preAuthEncoding(payloadType, payload) };
    }
    case "messageSignature": {
      if (artifact === undefined) throw new TypeError("the signed bytes are missing");
      const payload = Buffer.from(artifact);
      return { payload, bytes: payload };
    }
    default:
      return content satisfies never;
  }
}

type VerificationMaterial = Bundle["verificationMaterial"];

/** Before the library reads them: its reader of DER makes an object of every two bytes, a hundred times as large. */
function checkSizes(material: VerificationMaterial): void {
  const { tlogEntries, timestampVerificationData } = material;
  if ((certificateIn(material)?.byteLength ?? 0) > CERTIFICATE_BYTES_MAX) {
    throw new TypeError(`a certificate of more than ${CERTIFICATE_BYTES_MAX} bytes`);
  }
  const tokens = timestampVerificationData?.rfc3161Timestamps ?? [];
  if (tokens.some(({ signedTimestamp }) => signedTimestamp.byteLength > COUNTERSIGNATURE_BYTES_MAX)) {
    throw new TypeError(`a countersignature of more than ${COUNTERSIGNATURE_BYTES_MAX} bytes`);
  }
  if (tlogEntries.some(({ canonicalizedBody }) => canonicalizedBody.byteLength > ENTRY_BYTES_MAX)) {
    throw new TypeError(`a log entry of more than ${ENTRY_BYTES_MAX} bytes`);
  }
}

function certificateIn({ content }: VerificationMaterial): Buffer | undefined {
  switch (content.$case) {
    case "certificate":
      return content.certificate.rawBytes;
    case "x509CertificateChain":
      return content.x509CertificateChain.certificates[0]?.rawBytes;
    case "publicKey":
      return undefined;
    default:
      return content satisfies never;
  }
}

/**
 * The library's own content with our check of the signature: @sigstore/verify 4.1.3 passes a hash to Ed25519 and knows only SHA-256
 * for P-384 and P-521. Countersignatures of cosign's legacy attestations are over the whole envelope, all others over the signature.
 */
function contentOf(
  content: SignatureContent,
  bytes: Uint8Array,
  envelope: Uint8Array | undefined,
): SignatureContent {
  const made = new Map<KeyObject, boolean>();
  return {
    signature:
      envelope === undefined
        ? content.signature
        : Buffer.from(envelope.buffer, envelope.byteOffset, envelope.byteLength),
    compareSignature: (signature) => content.compareSignature(signature),
    compareDigest: (digest) => content.compareDigest(digest),
    compareSignedDigest: (digest) => content.compareSignedDigest(digest),
    verifySignature: (key) => {
      const isMade = made.get(key) ?? isSignedWith(key, bytes, content.signature);
      made.set(key, isMade);
      return isMade;
    },
  };
}
