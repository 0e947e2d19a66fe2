import type { Judgement, Question } from "../sbom/judge.ts";
import type { Instant } from "../time.ts";
import type { VerificationPolicy } from "../trust/policy.ts";
import type { HeldTrustRoot } from "./trust-roots.ts";

/** What is judged, and by what: data and keys, as a thread can be handed them. */
export interface VerifyQuestion extends Question {
  readonly policy: VerificationPolicy;
  /** Those that the policy names. */
  readonly roots: readonly HeldTrustRoot[];
  readonly now: Instant;
}

/** Judges evidence without keeping everything else waiting. */
export interface Verifier {
  /**
   * @param question its bytes may be moved away: they are not to be used again
   * @throws {CodedError} `verification-exhausted` when it took too long or too much memory
   * @throws {InvalidInputError} `trust-root-invalid`
   */
  judge(question: VerifyQuestion, signal: AbortSignal): Promise<Judgement>;
}
