import { BUNDLE_V01_MEDIA_TYPE, type SerializedBundle } from "@sigstore/bundle";
import { createHash } from "node:crypto";
import { z } from "zod";
import { InvalidInputError } from "../../errors.ts";
import { type Envelope, hasBytes } from "./envelope.ts";
import type { FoundSignature } from "./signed.ts";
import { parseJson } from "../json.ts";
import type { Heeded } from "./bundle.ts";

/** Annotations of a layer in cosign's legacy layout. @see sigstore/cosign specs/SIGNATURE_SPEC.md */
export const COSIGN_ANNOTATIONS = {
  signature: "dev.cosignproject.cosign/signature",
  certificate: "dev.sigstore.cosign/certificate",
  log: "dev.sigstore.cosign/bundle",
  timestamp: "dev.sigstore.cosign/rfc3161timestamp",
  predicateType: "predicateType",
} as const;

type Annotations = Readonly<Record<string, string>>;
type Material = SerializedBundle["verificationMaterial"];

/**
 * A layer of a `.sig` tag as a Sigstore bundle, or undefined if it carries no signature. The signed bytes are the payload.
 *
 * @throws {InvalidInputError} `statement-invalid` for annotations that have not the form cosign writes
 */
export function signatureBundleOf(
  payload: Uint8Array,
  annotations: Annotations,
): SerializedBundle | undefined {
  const signature = annotations[COSIGN_ANNOTATIONS.signature];
  if (signature === undefined || !hasBytes(signature)) return undefined;
  return {
    mediaType: BUNDLE_V01_MEDIA_TYPE,
    verificationMaterial: materialOf(annotations),
    dsseEnvelope: undefined,
    messageSignature: {
      messageDigest: {
        algorithm: "SHA2_256",
        digest: createHash("sha256").update(payload).digest("base64"),
      },
      signature,
    },
  };
}

/** An envelope of an `.att` tag as Sigstore bundles, one per signature because a bundle holds only one. Empty if the envelope carries none. */
export function attestationBundlesOf(
  { payloadType, payload, signatures }: Envelope,
  annotations: Annotations,
): readonly SerializedBundle[] {
  const verificationMaterial = materialOf(annotations);
  return signatures.map((sig) => ({
    mediaType: BUNDLE_V01_MEDIA_TYPE,
    verificationMaterial,
    messageSignature: undefined,
    dsseEnvelope: { payloadType, payload, signatures: [{ sig, keyid: "" }] },
  }));
}

/** The signature in a layer of a `.sig` tag; undefined if there is none. */
export function foundSignatureOf(payload: Uint8Array, annotations: Annotations): FoundSignature | undefined {
  const signature = annotations[COSIGN_ANNOTATIONS.signature];
  if (signature === undefined || !hasBytes(signature)) return undefined;
  return {
    material: leaningOf(annotations),
    serialized: (heeded) => given(signatureBundleOf(payload, heededAnnotations(annotations, heeded))),
    artifact: payload,
  };
}

/** The signatures of an envelope in a layer of an `.att` tag. What is annotated goes with each of them. */
export function foundAttestationsOf(
  bytes: Uint8Array,
  envelope: Envelope,
  annotations: Annotations,
): readonly FoundSignature[] {
  return envelope.signatures.map((signature) => ({
    material: leaningOf(annotations),
    serialized: (heeded) => {
      const alone = { ...envelope, signatures: [signature] };
      return given(attestationBundlesOf(alone, heededAnnotations(annotations, heeded))[0]);
    },
    envelope: bytes,
  }));
}

/** Legacy signatures are read with a known key first, whatever certificate hangs beside them, as cosign does. */
function leaningOf(annotations: Annotations): FoundSignature["material"] {
  return (annotations[COSIGN_ANNOTATIONS.certificate] ?? "") === "" ? "key" : "either";
}

function given(bundle: SerializedBundle | undefined): SerializedBundle {
  if (bundle === undefined) throw new TypeError("there is no signature");
  return bundle;
}

/** The annotations without the proofs that nobody looks at: a broken one is no fault then. */
export function heededAnnotations(annotations: Annotations, heeded: Heeded): Annotations {
  const { [COSIGN_ANNOTATIONS.log]: log, [COSIGN_ANNOTATIONS.timestamp]: timestamp, ...rest } = annotations;
  return {
    ...rest,
    ...(heeded.log && log !== undefined ? { [COSIGN_ANNOTATIONS.log]: log } : {}),
    ...(heeded.countersignatures && timestamp !== undefined
      ? { [COSIGN_ANNOTATIONS.timestamp]: timestamp }
      : {}),
  };
}

function materialOf(annotations: Annotations): Material {
  const certificate = annotations[COSIGN_ANNOTATIONS.certificate];
  const log = annotations[COSIGN_ANNOTATIONS.log];
  const timestamp = annotations[COSIGN_ANNOTATIONS.timestamp];
  return {
    ...(certificate === undefined || certificate === ""
      ? { publicKey: { hint: "" }, x509CertificateChain: undefined, certificate: undefined }
      : {
          // Only the leaf: which certificates stand above it is decided by the trust root, not by who signed.
          x509CertificateChain: { certificates: [{ rawBytes: derOf(certificate) }] },
          publicKey: undefined,
          certificate: undefined,
        }),
    tlogEntries: log === undefined || log === "" ? [] : [logEntryOf(log)],
    timestampVerificationData:
      timestamp === undefined || timestamp === ""
        ? undefined
        : { rfc3161Timestamps: [{ signedTimestamp: tokenOf(timestamp) }] },
  };
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/;
const CERTIFICATE_TEXT_MAX = 64 * 1024;

/** base64 of the first certificate in a PEM text. */
function derOf(pem: string): string {
  const body = pem.length > CERTIFICATE_TEXT_MAX ? undefined : CERTIFICATE.exec(pem)?.[1];
  if (body === undefined) throw invalid(COSIGN_ANNOTATIONS.certificate, "not a PEM certificate");
  return body.replaceAll(/\s/g, "");
}

const logSchema = z.object({
  SignedEntryTimestamp: z.string(),
  Payload: z.object({
    body: z.string(),
    integratedTime: z.int().nonnegative(),
    logIndex: z.int().nonnegative(),
    logID: z.string().regex(/^(?:[0-9a-f]{2}){1,64}$/),
  }),
});
const logBodySchema = z.object({ kind: z.string(), apiVersion: z.string() });

type LogEntry = Material["tlogEntries"][number];

function logEntryOf(annotation: string): LogEntry {
  const {
    SignedEntryTimestamp,
    Payload: { body, integratedTime, logIndex, logID },
  } = check(logSchema, parseJson(Buffer.from(annotation), "log entry"), COSIGN_ANNOTATIONS.log);
  const { kind, apiVersion } = check(
    logBodySchema,
    parseJson(Buffer.from(body, "base64"), "body of the log entry"),
    COSIGN_ANNOTATIONS.log,
  );
  return {
    logIndex: String(logIndex),
    logId: { keyId: Buffer.from(logID, "hex").toString("base64") },
    kindVersion: { kind, version: apiVersion },
    integratedTime: String(integratedTime),
    inclusionPromise: { signedEntryTimestamp: SignedEntryTimestamp },
    inclusionProof: undefined,
    // As it is: the log signed these bytes, not what another serialiser would make of them.
    canonicalizedBody: body,
  };
}

const timestampSchema = z.object({ SignedRFC3161Timestamp: z.string() });

function tokenOf(annotation: string): string {
  const document = parseJson(Buffer.from(annotation), "timestamp");
  return check(timestampSchema, document, COSIGN_ANNOTATIONS.timestamp).SignedRFC3161Timestamp;
}

function check<Shape>(schema: z.ZodType<Shape>, document: unknown, annotation: string): Shape {
  const result = schema.safeParse(document);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw invalid(annotation, `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "wrong shape"}`);
}

function invalid(annotation: string, reason: string): InvalidInputError {
  return new InvalidInputError("statement-invalid", `annotation ${annotation}: ${reason}`);
}
