import { type KeyObject, createHash, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { type Digest, dashedOf, digestOf, hexOf } from "../../src/image/digest.ts";
import type { Candidate, EvidenceSource } from "../../src/trust/evidence.ts";
import { trustedKeyOf } from "../../src/trust/key.ts";
import type { TrustedKey } from "../../src/trust/policy.ts";

/**
 * Makes what cosign makes, and what it would never make: signatures, attestations and bundles for any claim, by any key, as
 * candidates and as OCI artifacts to push. Its right forms are compared with real cosign's in test/trust/signer.test.ts.
 */

export type KeyKind =
  "p-256" | "p-384" | "p-521" | "secp256k1" | "rsa-1024" | "rsa-2048" | "rsa-4096" | "rsa-pss" | "ed25519";

/** Both halves of a key. */
export interface SigningKey {
  readonly kind: KeyKind;
  readonly privateKey: KeyObject;
  readonly publicPem: string;
}

/** A new key; those of one size of RSA take up to a second. */
export function newSigningKey(kind: KeyKind = "p-256"): SigningKey {
  const privateKey = privateKeyOf(kind);
  const publicPem = createPublicKey(privateKey).export({ type: "spki", format: "pem" }).toString();
  return { kind, privateKey, publicPem };
}

/** The public half, as a policy holds it. @throws {InvalidInputError} `key-invalid` for a kind that may not sign */
export function trustedHalfOf(key: SigningKey, name = "Vendor"): TrustedKey {
  return trustedKeyOf(key.publicPem, name);
}

function privateKeyOf(kind: KeyKind): KeyObject {
  switch (kind) {
    case "p-256":
      return generateKeyPairSync("ec", { namedCurve: "prime256v1" }).privateKey;
    case "p-384":
      return generateKeyPairSync("ec", { namedCurve: "secp384r1" }).privateKey;
    case "p-521":
      return generateKeyPairSync("ec", { namedCurve: "secp521r1" }).privateKey;
    case "secp256k1":
      return generateKeyPairSync("ec", { namedCurve: "secp256k1" }).privateKey;
    case "rsa-1024":
      return generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey;
    case "rsa-2048":
      return generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    case "rsa-4096":
      return generateKeyPairSync("rsa", { modulusLength: 4096 }).privateKey;
    case "rsa-pss":
      return generateKeyPairSync("rsa-pss", { modulusLength: 2048 }).privateKey;
    case "ed25519":
      return generateKeyPairSync("ed25519").privateKey;
    default:
      return kind satisfies never;
  }
}

/** How the bytes are signed; by default as cosign does with a key of that kind. */
export interface SigningOptions {
  readonly hash?: "sha256" | "sha384" | "sha512";
  /** OpenSSL's constant, e.g. `constants.RSA_PKCS1_PSS_PADDING`. */
  readonly padding?: number;
}

/** A raw signature. */
export function signatureOver(bytes: Uint8Array, key: SigningKey, options: SigningOptions = {}): Buffer {
  const { hash = "sha256", padding } = options;
  return sign(
    key.kind === "ed25519" ? undefined : hash,
    bytes,
    padding === undefined ? key.privateKey : { key: key.privateKey, padding },
  );
}

/** The payload of `cosign sign`, in cosign's own bytes. */
export function simpleSigningPayload(
  image: Digest,
  { reference = "registry.example/hardened-base", type = "cosign container image signature" } = {},
): Buffer {
  return bytesOf({
    critical: {
      identity: { "docker-reference": reference },
      image: { "docker-manifest-digest": image },
      type,
    },
    optional: null,
  });
}

/** The bytes of a JSON document as Go writes it. */
export function bytesOf(document: unknown): Buffer {
  return Buffer.from(JSON.stringify(document));
}

/** What a statement says; the defaults make one about the image that cosign would write. */
export interface StatementOptions {
  readonly predicateType?: string;
  readonly predicate?: unknown;
  readonly type?: string;
  readonly subjects?: readonly unknown[];
}

/** The bytes of an in-toto statement about an image. */
export function statementPayload(image: Digest, options: StatementOptions = {}): Buffer {
  const { type = "https://in-toto.io/Statement/v0.1", predicateType = "https://cyclonedx.org/bom" } = options;
  const { subjects = [{ name: "registry.example/hardened-base", digest: { sha256: hexOf(image) } }] } =
    options;
  const { predicate = { bomFormat: "CycloneDX", specVersion: "1.6" } } = options;
  return bytesOf({ _type: type, predicateType, subject: subjects, predicate });
}

/** What DSSE signs: type and payload with their lengths. */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.byteLength} `),
    payload,
  ]);
}

/** An envelope's document with one signature per key. */
export interface EnvelopeDocument {
  readonly payloadType: string;
  readonly payload: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

/** A payload in an envelope. */
export function envelopeDocument(
  payload: Uint8Array,
  keys: readonly SigningKey[],
  {
    payloadType = "application/vnd.in-toto+json",
    ...options
  }: SigningOptions & { readonly payloadType?: string } = {},
): EnvelopeDocument {
  const signed = preAuthEncoding(payloadType, payload);
  return {
    payloadType,
    payload: Buffer.from(payload).toString("base64"),
    signatures: keys.map((key) => ({
      keyid: "",
      sig: signatureOver(signed, key, options).toString("base64"),
    })),
  };
}

/** A v0.3 bundle as `cosign attest --new-bundle-format --key` writes it. */
export function keyedBundleDocument(
  envelope: EnvelopeDocument,
  key: SigningKey,
): Readonly<Record<string, unknown>> {
  const spki = createPublicKey(key.privateKey).export({ type: "spki", format: "der" });
  return {
    mediaType: BUNDLE_MEDIA_TYPE,
    verificationMaterial: { publicKey: { hint: createHash("sha256").update(spki).digest("base64") } },
    dsseEnvelope: envelope,
  };
}

/** One layer of a legacy tag: its bytes and annotations. */
export interface LegacyLayer {
  readonly bytes: Uint8Array;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A layer of a `.sig` tag: this payload, signed. */
export function signatureLayer(
  payload: Uint8Array,
  key: SigningKey,
  options: SigningOptions = {},
): LegacyLayer {
  const signature = signatureOver(payload, key, options).toString("base64");
  return { bytes: payload, annotations: { [SIGNATURE_ANNOTATION]: signature } };
}

/** A layer of an `.att` tag. */
export function attestationLayer(envelope: EnvelopeDocument, predicateType?: string): LegacyLayer {
  return {
    bytes: bytesOf(envelope),
    annotations: {
      [SIGNATURE_ANNOTATION]: "",
      ...(predicateType === undefined ? {} : { predicateType }),
    },
  };
}

const SIGNATURE_ANNOTATION = "dev.cosignproject.cosign/signature";
const BUNDLE_MEDIA_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json";
const MANIFEST_MEDIA_TYPE = "application/vnd.oci.image.manifest.v1+json";

/** What is to be pushed: the blobs first, then the manifest, under its tag where it has one. */
export interface OciArtifact {
  readonly mediaType: string;
  readonly manifest: Uint8Array;
  readonly digest: Digest;
  readonly blobs: readonly { readonly digest: Digest; readonly bytes: Uint8Array }[];
  readonly tag?: string;
}

/** The `.sig` tag of an image. */
export function signatureArtifact(image: Digest, layers: readonly LegacyLayer[]): OciArtifact {
  return legacyArtifact(`${dashedOf(image)}.sig`, "application/vnd.dev.cosign.simplesigning.v1+json", layers);
}

/** The `.att` tag of an image. */
export function attestationArtifact(image: Digest, layers: readonly LegacyLayer[]): OciArtifact {
  return legacyArtifact(`${dashedOf(image)}.att`, "application/vnd.dsse.envelope.v1+json", layers);
}

/** A bundle that refers to an image. It has no tag: its digest and the registry's referrers, or {@link referrersArtifact}, lead to it. */
export function bundleArtifact(
  subject: { readonly digest: Digest; readonly size: number; readonly mediaType?: string },
  bundle: Uint8Array,
  { predicateType = "https://cyclonedx.org/bom", createdAt = "2026-11-20T10:00:00Z" } = {},
): OciArtifact {
  const config = Buffer.from("{}");
  const blobs = [config, bundle].map((bytes) => ({ digest: digestOf(bytes), bytes }));
  const manifest = bytesOf({
    schemaVersion: 2,
    mediaType: MANIFEST_MEDIA_TYPE,
    config: { mediaType: "application/vnd.oci.empty.v1+json", ...sizedOf(config) },
    layers: [{ mediaType: BUNDLE_MEDIA_TYPE, ...sizedOf(bundle) }],
    annotations: {
      "dev.sigstore.bundle.content": "dsse-envelope",
      "dev.sigstore.bundle.predicateType": predicateType,
      "org.opencontainers.image.created": createdAt,
    },
    subject: {
      mediaType: subject.mediaType ?? MANIFEST_MEDIA_TYPE,
      size: subject.size,
      digest: subject.digest,
    },
    artifactType: BUNDLE_MEDIA_TYPE,
  });
  return { mediaType: MANIFEST_MEDIA_TYPE, manifest, digest: digestOf(manifest), blobs };
}

/** The fallback tag `sha256-<hex>` that lists referrers where a registry has no API for them, with cosign 2.5.0's wrong artifactType. */
export function referrersArtifact(image: Digest, referrers: readonly OciArtifact[]): OciArtifact {
  const mediaType = "application/vnd.oci.image.index.v1+json";
  const manifest = bytesOf({
    schemaVersion: 2,
    mediaType,
    manifests: referrers.map((referrer) => ({
      mediaType: referrer.mediaType,
      ...sizedOf(referrer.manifest),
      artifactType: "application/vnd.oci.empty.v1+json",
    })),
  });
  return { mediaType, manifest, digest: digestOf(manifest), blobs: [], tag: dashedOf(image) };
}

function legacyArtifact(tag: string, mediaType: string, layers: readonly LegacyLayer[]): OciArtifact {
  const config = bytesOf({
    architecture: "",
    created: "0001-01-01T00:00:00Z",
    history: layers.map(() => ({ created: "0001-01-01T00:00:00Z" })),
    os: "",
    rootfs: { type: "layers", diff_ids: layers.map(({ bytes }) => digestOf(bytes)) },
    config: {},
  });
  const manifest = bytesOf({
    schemaVersion: 2,
    mediaType: MANIFEST_MEDIA_TYPE,
    config: { mediaType: "application/vnd.oci.image.config.v1+json", ...sizedOf(config) },
    layers: layers.map(({ bytes, annotations }) => ({ mediaType, ...sizedOf(bytes), annotations })),
  });
  const blobs = [config, ...layers.map(({ bytes }) => bytes)].map((bytes) => ({
    digest: digestOf(bytes),
    bytes,
  }));
  return { mediaType: MANIFEST_MEDIA_TYPE, manifest, digest: digestOf(manifest), blobs, tag };
}

function sizedOf(bytes: Uint8Array): { readonly size: number; readonly digest: Digest } {
  return { size: bytes.byteLength, digest: digestOf(bytes) };
}

/** A legacy signature as a registry adapter would hand it over. */
export function signatureCandidate({
  bytes,
  annotations,
}: LegacyLayer): Extract<Candidate, { kind: "cosign-signature" }> {
  return { kind: "cosign-signature", source: sourceOf("sig-tag", bytes), payload: bytes, annotations };
}

/** A legacy attestation as a registry adapter would hand it over. */
export function attestationCandidate({
  bytes,
  annotations,
}: LegacyLayer): Extract<Candidate, { kind: "cosign-attestation" }> {
  return { kind: "cosign-attestation", source: sourceOf("att-tag", bytes), envelope: bytes, annotations };
}

/** A bundle as a registry adapter would hand it over. */
export function bundleCandidate(
  subject: Digest,
  bundle: Uint8Array,
): Extract<Candidate, { kind: "sigstore-bundle" }> {
  return { kind: "sigstore-bundle", source: { ...sourceOf("referrer", bundle), subject }, bundle };
}

function sourceOf(place: EvidenceSource["place"], layer: Uint8Array): EvidenceSource {
  return { place, manifest: digestOf(Buffer.from(`${place} ${digestOf(layer)}`)), layer: digestOf(layer) };
}
