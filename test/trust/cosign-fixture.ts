import { readFileSync, readdirSync } from "node:fs";
import { type Digest, digestOf } from "../../src/image/digest.ts";
import { type ImageManifest, parseManifest } from "../../src/image/manifest.ts";
import type { Candidate, EvidenceSource } from "../../src/trust/evidence.ts";
import { trustedKeyOf } from "../../src/trust/key.ts";
import type { TrustedKey } from "../../src/trust/policy.ts";

const FOLDER = new URL("../fixtures/cosign/", import.meta.url);

/** One image with everything real cosign attached to it, and the keys. See test/fixtures/cosign/ORIGIN.md. */
export interface CosignFixture {
  readonly vendor: TrustedKey;
  readonly stranger: TrustedKey;
  /** Signed by both keys, with three attestations and a bundle of the vendor. */
  readonly signed: { readonly image: Digest; readonly candidates: readonly Candidate[] };
  /** Signed by the stranger only. */
  readonly foreign: { readonly image: Digest; readonly candidates: readonly Candidate[] };
}

/** Reads the fixture as a registry adapter would: every blob by the digest its manifest names. */
export function readCosignFixture(): CosignFixture {
  const blobs = new Map(readdirSync(FOLDER).map((name) => [digestOf(fileOf(name)), fileOf(name)]));
  const layersOf = (name: string, place: EvidenceSource["place"]) => {
    const manifest = imageManifestOf(name);
    return manifest.layers.map(({ digest, annotations = {} }) => {
      const bytes = blobs.get(digest);
      if (bytes === undefined) throw new Error(`${name} names ${digest}, which no file of the fixture is`);
      const source: EvidenceSource = {
        place,
        manifest: digestOf(fileOf(name)),
        layer: digest,
        ...(manifest.subject === undefined ? {} : { subject: manifest.subject.digest }),
      };
      return { source, bytes, annotations };
    });
  };
  const signaturesIn = (name: string): readonly Candidate[] =>
    layersOf(name, "sig-tag").map(({ source, bytes, annotations }) => ({
      kind: "cosign-signature",
      source,
      payload: bytes,
      annotations,
    }));
  const attestationsIn = (name: string): readonly Candidate[] =>
    layersOf(name, "att-tag").map(({ source, bytes, annotations }) => ({
      kind: "cosign-attestation",
      source,
      envelope: bytes,
      annotations,
    }));
  const bundlesIn = (name: string): readonly Candidate[] =>
    layersOf(name, "referrer").map(({ source, bytes }) => ({
      kind: "sigstore-bundle",
      source,
      bundle: bytes,
    }));

  return {
    vendor: trustedKeyOf(fileOf("vendor.pub").toString(), "Vendor"),
    stranger: trustedKeyOf(fileOf("stranger.pub").toString(), "Stranger"),
    signed: {
      image: digestOf(fileOf("signed.image")),
      candidates: [
        ...signaturesIn("signed.sig-manifest"),
        ...attestationsIn("signed.att-manifest"),
        ...bundlesIn("signed.bundle-manifest"),
      ],
    },
    foreign: {
      image: digestOf(fileOf("foreign.image")),
      candidates: signaturesIn("foreign.sig-manifest"),
    },
  };
}

/** The bytes of one file of the fixture. */
export function fileOf(name: string): Buffer {
  return readFileSync(new URL(name, FOLDER));
}

function imageManifestOf(name: string): ImageManifest {
  const manifest = parseManifest(fileOf(name), "application/vnd.oci.image.manifest.v1+json");
  if (manifest.kind !== "image") throw new Error(`${name} is no image manifest`);
  return manifest;
}
