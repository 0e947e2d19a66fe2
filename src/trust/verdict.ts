import type { Instant } from "../time.ts";
import type { EvidenceSource, SkippedEvidence } from "./evidence.ts";
import type { Signer } from "./signer.ts";

/**
 * Why a candidate proves nothing, most telling first: when several signatures are refused, the verdict names the first of these
 * that occurs. A closed list: each has a row in docs/errors.md.
 */
export const REFUSALS = [
  /** Signed by a trusted key, but about another digest: a signature that was moved, or a replaced image. */
  "subject-mismatch",
  /** The signature does not match any key of the policy. */
  "signature-key-unknown",
  /** Signed by a trusted key, but of a kind that says nothing about an image. */
  "claim-type-unknown",
  /** It needs a certificate and a trust root; the policy has only keys. */
  "certificate-unsupported",
  /** The manifest that carries it names another subject than the digest asked about, or hangs on it without naming one. */
  "referrer-subject-mismatch",
  /** A bundle that signs bytes instead of a statement: it does not say which image it means. */
  "bundle-content-unsupported",
  /** There is no signature in it. */
  "signature-missing",
  /** Not the form it should have: not JSON, a member missing, a wrong type. */
  "candidate-malformed",
] as const;

export type Refusal = (typeof REFUSALS)[number];

/** What became of one candidate. */
export interface CandidateResult {
  readonly kind: "cosign-signature" | "cosign-attestation" | "sigstore-bundle";
  readonly source: EvidenceSource;
  readonly outcome:
    | { readonly kind: "accepted"; readonly signer: Signer; readonly proves: "image" | "statement" }
    | { readonly kind: "refused"; readonly refusal: Refusal; readonly detail: string };
  /** For an attestation: the predicate type it carries (of the signed payload when accepted, merely claimed when refused). */
  readonly predicateType?: string;
}

/** A statement about exactly the digest asked about, signed by a trusted signer. */
export interface VerifiedStatement {
  readonly predicateType: string;
  /** As signed and unread; e.g. the SBOM's document, or (cosign's `spdx` type) its text. */
  readonly predicate: unknown;
  readonly source: EvidenceSource;
  readonly signer: Signer;
}

/** Why an image is rejected. `sbom-refused`: it is signed, and what claims to be its SBOM proves nothing; the detail says why. */
export type Rejection = Refusal | "sbom-refused";

/**
 * What is known about who stands behind a digest.
 *
 * `verified`: a trusted signer signed exactly this digest. `rejected`: there is evidence and it is wrong.
 * `awaiting-evidence`: there is none (or no SBOM) yet; vendors push the image first and sign seconds to minutes later.
 * `unverifiable`: there is nothing to check it against.
 */
export type Verdict =
  | {
      readonly kind: "verified";
      readonly signers: readonly Signer[];
      readonly results: readonly CandidateResult[];
      readonly skipped: readonly SkippedEvidence[];
      /** Whether a verified SBOM came with it, and from where. */
      readonly sbom:
        | { readonly kind: "verified"; readonly predicateType: string; readonly source: EvidenceSource }
        | { readonly kind: "missing" };
      /** When it was logged or countersigned, by a clock we trust; absent without a trust root. */
      readonly trustedAt?: Instant;
    }
  | {
      readonly kind: "rejected";
      readonly reason: Rejection;
      readonly detail: string;
      readonly results: readonly CandidateResult[];
      readonly skipped: readonly SkippedEvidence[];
    }
  | {
      readonly kind: "awaiting-evidence";
      readonly missing: "signature" | "sbom";
      readonly results: readonly CandidateResult[];
      readonly skipped: readonly SkippedEvidence[];
    }
  | { readonly kind: "unverifiable"; readonly reason: string };
