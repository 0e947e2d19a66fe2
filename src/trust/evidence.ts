import type { Digest } from "../image/digest.ts";
import type { Repository } from "../image/reference.ts";

export const EVIDENCE_PLACES = ["sig-tag", "att-tag", "referrer", "index"] as const;

/** Where a candidate was found: enough for a reader to fetch it again. */
export interface EvidenceSource {
  /**
   * The legacy tags `sha256-<hex>.sig` and `.att`, a referrer (through the API or the fallback tag), or the index that lists the platform: what
   * is there is not signed, and proven by who signed the index.
   */
  readonly place: (typeof EVIDENCE_PLACES)[number];
  /** The manifest that carries it. */
  readonly manifest: Digest;
  /** The layer that is it. */
  readonly layer: Digest;
  /** What the carrying manifest says it is about, where it says so. */
  readonly subject?: Digest;
  /** The repository it hangs in, where that is not the image's own. */
  readonly repository?: Repository;
}

/** A signature that says "I signed what has this digest". */
export type CosignSignature = {
  readonly kind: "cosign-signature";
  readonly source: EvidenceSource;
  /** The simple-signing payload, byte for byte. */
  readonly payload: Uint8Array;
  readonly annotations: Readonly<Record<string, string>>;
};

export type SigstoreBundle = {
  readonly kind: "sigstore-bundle";
  readonly source: EvidenceSource;
  /** The bundle's JSON, byte for byte. */
  readonly bundle: Uint8Array;
};

/** Something that may prove something about an image. Nothing in it is believed yet; the bytes match `source.layer`. */
export type Candidate =
  | CosignSignature
  | SigstoreBundle
  | {
      readonly kind: "cosign-attestation";
      readonly source: EvidenceSource;
      /** The DSSE envelope, byte for byte. */
      readonly envelope: Uint8Array;
      readonly annotations: Readonly<Record<string, string>>;
    }
  | {
      /** A statement in a manifest of its own, unsigned; who signed that manifest stands behind it (Docker Hardened Images). */
      readonly kind: "signed-manifest";
      readonly source: EvidenceSource;
      /** The in-toto statement, byte for byte. */
      readonly statement: Uint8Array;
      readonly annotations: Readonly<Record<string, string>>;
      /** What claims to sign `source.manifest`; their sources name it as subject, or hang on its `.sig` tag. */
      readonly signatures: readonly (CosignSignature | SigstoreBundle)[];
    }
  | {
      readonly kind: "notation-signature";
      readonly source: EvidenceSource;
      readonly form: "jws" | "cose";
      /** The signature envelope, byte for byte. */
      readonly envelope: Uint8Array;
    };

/** Why something that was found did not become a candidate. */
export const SKIP_REASONS = [
  "too-large",
  "too-many",
  "unknown-type",
  "not-a-manifest",
  "other-subject",
  "vanished",
] as const;

/** Something found that could not become a candidate: shown, never silently dropped. */
export interface SkippedEvidence {
  readonly place: EvidenceSource["place"];
  readonly reason: (typeof SKIP_REASONS)[number];
  /** What exactly, e.g. a media type or a digest; foreign text, at most 80 characters. */
  readonly detail: string;
}

/** Everything found about one digest. */
export interface Evidence {
  readonly digest: Digest;
  readonly candidates: readonly Candidate[];
  readonly skipped: readonly SkippedEvidence[];
}

/** Candidates of one digest at most: an attacker with push rights could attach thousands (CVE-2024-29903). */
export const CANDIDATES_MAX = 200;
/** Bytes of one signature, attestation or bundle at most. */
export const CANDIDATE_BYTES_MAX = 64 * 1024 * 1024;
/** Manifests that carry a statement and are signed themselves, of one digest at most: each is a collection of its own. */
export const SIGNED_MANIFESTS_MAX = 32;
/** What claims to sign one such manifest at most. */
export const MANIFEST_SIGNATURES_MAX = 16;
/** Bytes of one of those at most: a payload or a bundle without an SBOM in it. */
export const MANIFEST_SIGNATURE_BYTES_MAX = 64 * 1024;
