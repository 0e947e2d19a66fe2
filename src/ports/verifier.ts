import type { Digest } from "../image/digest.ts";
import type { ComponentList } from "../sbom/component.ts";
import type { Instant } from "../time.ts";
import type { Evidence } from "../trust/evidence.ts";
import type { VerificationPolicy } from "../trust/policy.ts";
import type { TrustRootSource } from "../trust/trust-root.ts";
import type { Verdict } from "../trust/verdict.ts";
import type { SbomFindings } from "../trust/verify.ts";

/** What is to be judged, and by what. Plain data and keys: it is handed to a thread. */
export interface VerifyQuestion {
  readonly digest: Digest;
  readonly evidence: Evidence;
  readonly policy: VerificationPolicy;
  /** Those that the policy names. */
  readonly roots: readonly TrustRootSource[];
  readonly now: Instant;
}

/** What a verified SBOM says, or why it cannot be read. */
export type ReadSbom =
  | { readonly kind: "read"; readonly components: ComponentList }
  | { readonly kind: "unreadable"; readonly reason: string };

/** What came out. Predicates stay where they were read: an SBOM of 40 MB must not be copied. */
export interface Judgement {
  readonly verdict: Verdict;
  /** What the evidence says of the SBOM of this digest, whoever signed the digest itself. */
  readonly findings: Omit<SbomFindings, "statements"> & { readonly statements: number };
  /** The best verified SBOM about this digest. */
  readonly sbom?: ReadSbom;
}

/** Judges evidence without keeping everything else waiting. */
export interface Verifier {
  /**
   * @throws {CodedError} `verification-exhausted` when it took too long or too much memory
   * @throws {InvalidInputError} `trust-root-invalid`
   */
  judge(question: VerifyQuestion, signal: AbortSignal): Promise<Judgement>;
}
