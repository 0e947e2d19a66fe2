import { createHash } from "node:crypto";
import { type Digest } from "../../../src/image/digest.ts";
import type { Candidate } from "../../../src/trust/evidence.ts";
import {
  attestationCandidate,
  bundleCandidate,
  bytesOf,
  type EnvelopeDocument,
  signatureCandidate,
} from "../signer.ts";
import { pemOf } from "./certificate.ts";
import { spkiOf } from "./certificate-log.ts";
import type { Verifier } from "./entry.ts";
import type { EntryDocument } from "./transparency-log.ts";

/** A signature with all that goes with it, before it is put into a form. To make something wrong, exchange a part. */
export interface SignedParts {
  readonly image: Digest;
  /** The bytes that say what is signed: a simple-signing payload or a statement. */
  readonly payload: Uint8Array;
  /** Over the payload, or over the statement as envelopes sign it. */
  readonly signature: Uint8Array;
  /** The statement in its envelope; absent for a simple-signing payload. */
  readonly envelope?: EnvelopeDocument;
  readonly verifier: Verifier;
  /** DER: the authorities above the certificate. */
  readonly chain: readonly Uint8Array[];
  readonly entries: readonly EntryDocument[];
  /** Countersignatures: each the DER of a TimeStampResp. */
  readonly timestamps: readonly Uint8Array[];
}

export type BundleVersion = "0.1" | "0.2" | "0.3";

const COSIGN = {
  signature: "dev.cosignproject.cosign/signature",
  certificate: "dev.sigstore.cosign/certificate",
  chain: "dev.sigstore.cosign/chain",
  bundle: "dev.sigstore.cosign/bundle",
  timestamp: "dev.sigstore.cosign/rfc3161timestamp",
} as const;

/** A layer of a `.sig` tag. */
export function legacySignatureOf(parts: SignedParts): Extract<Candidate, { kind: "cosign-signature" }> {
  const signature = Buffer.from(parts.signature).toString("base64");
  return signatureCandidate({
    bytes: parts.payload,
    annotations: { [COSIGN.signature]: signature, ...proofAnnotations(parts) },
  });
}

/** A layer of an `.att` tag. */
export function legacyAttestationOf(
  parts: SignedParts,
  predicateType = "https://cyclonedx.org/bom",
): Extract<Candidate, { kind: "cosign-attestation" }> {
  return attestationCandidate({
    bytes: bytesOf(parts.envelope),
    annotations: { [COSIGN.signature]: "", predicateType, ...proofAnnotations(parts) },
  });
}

/** A bundle that refers to the image. */
export function bundleOf(
  parts: SignedParts,
  version: BundleVersion = "0.3",
): Extract<Candidate, { kind: "sigstore-bundle" }> {
  return bundleCandidate(parts.image, bytesOf(bundleDocument(parts, version)));
}

/** The document of a bundle. @see sigstore/protobuf-specs v0.5.0, sigstore_bundle.proto */
export function bundleDocument(
  parts: SignedParts,
  version: BundleVersion = "0.3",
): Readonly<Record<string, unknown>> {
  const { entries, timestamps, envelope } = parts;
  return {
    mediaType:
      version === "0.3"
        ? "application/vnd.dev.sigstore.bundle.v0.3+json"
        : `application/vnd.dev.sigstore.bundle+json;version=${version}`,
    verificationMaterial: {
      ...keyMaterialOf(parts, version),
      ...(entries.length === 0 ? {} : { tlogEntries: entries }),
      ...(timestamps.length === 0
        ? {}
        : {
            timestampVerificationData: {
              rfc3161Timestamps: timestamps.map((token) => ({ signedTimestamp: base64(token) })),
            },
          }),
    },
    ...(envelope === undefined
      ? { messageSignature: messageSignatureOf(parts) }
      : { dsseEnvelope: envelope }),
  };
}

function keyMaterialOf({ verifier, chain }: SignedParts, version: BundleVersion): object {
  if (verifier.kind === "key") {
    const hint = createHash("sha256").update(spkiOf(verifier.key.privateKey)).digest("base64");
    return { publicKey: { hint } };
  }
  const certificates = [verifier.certificate, ...chain].map((der) => ({ rawBytes: base64(der) }));
  return version === "0.3" ? { certificate: certificates[0] } : { x509CertificateChain: { certificates } };
}

function messageSignatureOf({ payload, signature }: SignedParts): object {
  const digest = createHash("sha256").update(payload).digest("base64");
  return { messageDigest: { algorithm: "SHA2_256", digest }, signature: base64(signature) };
}

function proofAnnotations(parts: SignedParts): Readonly<Record<string, string>> {
  const { verifier, chain, timestamps } = parts;
  const [token] = timestamps;
  const [entry] = parts.entries;
  return {
    ...(verifier.kind === "key"
      ? {}
      : { [COSIGN.certificate]: pemOf(verifier.certificate), [COSIGN.chain]: pemOf(...chain) }),
    ...(entry === undefined ? {} : { [COSIGN.bundle]: logAnnotationOf(entry) }),
    ...(token === undefined
      ? {}
      : { [COSIGN.timestamp]: JSON.stringify({ SignedRFC3161Timestamp: base64(token) }) }),
  };
}

function logAnnotationOf(entry: EntryDocument): string {
  const { logIndex, logId, integratedTime, inclusionPromise, canonicalizedBody } = entry;
  return JSON.stringify({
    SignedEntryTimestamp: inclusionPromise?.signedEntryTimestamp,
    Payload: {
      body: canonicalizedBody,
      integratedTime: Number(integratedTime),
      logIndex: Number(logIndex),
      logID: Buffer.from(logId.keyId, "base64").toString("hex"),
    },
  });
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
