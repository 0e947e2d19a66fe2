import type { Instant } from "../time.ts";
import type { EvidenceSource, SkippedEvidence } from "./evidence.ts";
import type { Signer } from "./signer.ts";

/** Why a candidate proves nothing. A closed list: each has a row in docs/errors.md. */
export const REFUSALS = [
  /** Not the form it should have: not JSON, a field missing, a wrong type. */
  "candidate-malformed",
  /** The signature does not match any key of the policy. */
  "signature-key-unknown",
  /** There is no signature in it. */
  "signature-missing",
  /** Signed by a trusted key, but about another digest. */
  "subject-mismatch",
  /** Signed by a trusted key, but of a kind that says nothing about an image. */
  "claim-type-unknown",
  /** The manifest that carries it names another subject than the digest asked about. */
  "referrer-subject-mismatch",
  /** It needs a certificate and a trust root; the policy has only keys. */
  "certificate-unsupported",
  /** A bundle that signs bytes instead of a statement: it does not say which image it means. */
  "bundle-content-unsupported",
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

/** Why an image is rejected. */
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
