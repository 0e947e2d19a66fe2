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

/**
 * Reads a signature with the proofs that are heeded.
 *
 * @throws {ValidationError} of @sigstore/bundle for a bundle that is none, and whatever its parsers throw
 */
export function readSigned(found: FoundSignature, heeded: Heeded): Signed {
  const bundle = bundleFromJSON(found.serialized(heeded));
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
    signature: envelope === undefined ? content.signature : Buffer.from(envelope),
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
