import type { Digest } from "../../image/digest.ts";
import type { Instant } from "../../time.ts";
import type { Candidate } from "../evidence.ts";
import type { TrustedNotary } from "../policy.ts";
import type { CertificateSigner } from "../signer.ts";
import type { Refusal } from "../verdict.ts";
import type { Rules } from "../verify.ts";

/** What became of a Notation signature. */
export type NotationOutcome =
  | {
      readonly kind: "signed";
      readonly signer: CertificateSigner;
      readonly trusted: TrustedNotary;
      /** When, by a clock we trust: a countersignature, or a signing authority's. */
      readonly signedAt?: Instant;
      /** What could not be checked, for people. */
      readonly unchecked: readonly string[];
    }
  | { readonly kind: "refused"; readonly refusal: Refusal; readonly detail: string };

/** A signature envelope as it was found. */
export type NotationSignature = Pick<Extract<Candidate, { kind: "notation-signature" }>, "form" | "envelope">;

/**
 * Says who of the trusted signed exactly this digest with Notation, or why nobody did. Never throws.
 *
 * @see Notary Project signature specification v1.1.0
 */
export function notationOutcome(
  _digest: Digest,
  _signature: NotationSignature,
  _trusted: readonly TrustedNotary[],
  _rules: Pick<Rules, "roots" | "now">,
): NotationOutcome {
  return { kind: "refused", refusal: "algorithm-unsupported", detail: "not supported yet" };
}
