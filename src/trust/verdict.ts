import type { Digest } from "../image/digest.ts";
import type { Instant } from "../time.ts";
import type { Candidate, EvidenceSource, SkippedEvidence } from "./evidence.ts";
import type { Signer } from "./signer.ts";

/**
 * Why a candidate proves nothing, most telling first: when several signatures are refused, the verdict names the first of these
 * that occurs. A closed list: each has a row in docs/errors.md.
 */
export const REFUSALS = [
  /** Signed by somebody whom the operator distrusts. */
  "signer-distrusted",
  /** Signed by a trusted signer, but about another digest: a signature that was moved, or a replaced image. */
  "subject-mismatch",
  /** The signature does not match any key of the policy. */
  "signature-key-unknown",
  /** Made with a trusted key outside the time in which it may sign. */
  "signature-key-expired",
  /** The certificate is good, and names somebody whom the policy does not. */
  "identity-mismatch",
  /** The signature was not made with the certificate that comes with it. */
  "signature-invalid",
  /** A log or an authority that no trust root of ours knows: the root may be outdated. */
  "trust-root-outdated",
  /** The certificate leads to no authority, or is not one that may sign: purpose, extensions, names, proof of its own log. */
  "certificate-invalid",
  /** The certificate was not valid when the signature was made. */
  "certificate-expired",
  /** The policy demands an entry in a transparency log, and there is none. */
  "log-entry-missing",
  /** The log's promise or proof does not hold, or an entry is there twice. */
  "log-entry-invalid",
  /** The entry is about another signature, or names another key or certificate. */
  "log-entry-mismatch",
  /** A countersignature does not hold, or is about something else. */
  "timestamp-invalid",
  /** Nothing trusted says when it was signed, and it cannot be judged without. */
  "trusted-time-missing",
  /** Past the end that the signer set (Notation). */
  "signature-expired",
  /** Signed by a trusted signer, but of a kind that says nothing about an image. */
  "claim-type-unknown",
  /** It demands that something be understood which is not (Notation's critical headers). */
  "critical-unknown",
  /** It needs a certificate and a trust root; the policy has only keys. */
  "certificate-unsupported",
  /** The manifest that carries it names another subject than the digest asked about, or hangs on it without naming one. */
  "referrer-subject-mismatch",
  /** A bundle that signs bytes instead of a statement: it does not say which image it means. */
  "bundle-content-unsupported",
  /** A form or algorithm that is not supported. */
  "algorithm-unsupported",
  /** There is no signature in it. */
  "signature-missing",
  /** Not the form it should have: not JSON, a member missing, a wrong type. */
  "candidate-malformed",
] as const;

export type Refusal = (typeof REFUSALS)[number];

/** What proves when a signature was made. */
export const TIME_PROOFS = ["log-promise", "log-proof", "countersignature"] as const;

/** An entry in a transparency log that was checked. */
export interface LogEntry {
  /** SHA-256 of the log's key, 64 lower-case hex digits. */
  readonly logId: string;
  /** Decimal. Unproven where only the proof of inclusion names it. */
  readonly index: string;
}

/** A signature that is good, and who made it. */
export interface Accepted {
  readonly kind: "accepted";
  readonly signer: Signer;
  /** Names of the policy's groups the signer is in. */
  readonly groups: readonly string[];
  readonly proves: "image" | "statement";
  /** When it was made, by a clock we trust. */
  readonly signedAt?: Instant;
  readonly timeProof?: (typeof TIME_PROOFS)[number];
  readonly log?: LogEntry;
  /** What could not be checked, for people: `revocation of the certificate`. */
  readonly unchecked?: readonly string[];
}

/** What became of one candidate. */
export interface CandidateResult {
  readonly kind: Candidate["kind"];
  readonly source: EvidenceSource;
  readonly outcome:
    Accepted | { readonly kind: "refused"; readonly refusal: Refusal; readonly detail: string };
  /** For an attestation: the predicate type it carries (of the signed payload when accepted, merely claimed when refused). */
  readonly predicateType?: string;
}

/** A statement about exactly the digest asked about, signed by a trusted signer. */
export interface VerifiedStatement {
  readonly predicateType: string;
  /** As signed and unread; e.g. the SBOM's document, or (cosign's `spdx` type) its text. */
  readonly predicate: unknown;
  /** Bytes of the statement it is in. */
  readonly size?: number;
  readonly source: EvidenceSource;
  readonly signer: Signer;
  readonly groups: readonly string[];
  readonly signedAt?: Instant;
}

/**
 * Why an image is rejected, beside the refusals of its signatures.
 *
 * `sbom-refused`: it is signed, and what claims to be its SBOM proves nothing. `attestation-refused`: the same of a statement that the policy
 * requires. `digest-distrusted`: the operator said so.
 */
export const REJECTIONS = [...REFUSALS, "sbom-refused", "attestation-refused", "digest-distrusted"] as const;

export type Rejection = (typeof REJECTIONS)[number];

/**
 * What is known about who stands behind a digest.
 *
 * `verified`: trusted signers signed exactly this digest, or an index that lists it. `rejected`: there is evidence and it is wrong.
 * `awaiting-evidence`: there is none (or no SBOM, or a required statement or group is missing) yet; vendors push the image first and
 * sign seconds to minutes later. `unverifiable`: there is nothing to check it against.
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
      /** The earliest time at which all groups that were needed had signed, by clocks we trust; absent where one has none. */
      readonly trustedAt?: Instant;
      /** The verified index that lists this platform, where that carries the signature. */
      readonly coveredBy?: Digest;
      /** What the operator chose that weakens this, in sentences for the pull request. */
      readonly insecure: readonly string[];
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
      readonly missing: "signature" | "sbom" | "attestation";
      readonly results: readonly CandidateResult[];
      readonly skipped: readonly SkippedEvidence[];
    }
  | { readonly kind: "unverifiable"; readonly reason: string };
