import type { Candidate } from "./evidence.ts";
import { parseBundle } from "./sigstore/bundle.ts";
import { COSIGN_ANNOTATIONS } from "./sigstore/cosign.ts";
import { parseEnvelope, payloadOf } from "./sigstore/envelope.ts";
import { isPredicateType, peekPredicateType } from "./statement.ts";

/** Predicate type of the statement that cosign 3 signs for an image. It means "I signed this image" in a bundle only. */
export const IMAGE_SIGNATURE_PREDICATE_TYPE = "https://sigstore.dev/cosign/sign/v1";

const MANIFEST_PREDICATE_TYPE = "in-toto.io/predicate-type";

/** What a candidate claims to be, believed or not. */
export interface Claim {
  /** Whether it claims to be a signature of the image. */
  readonly claims: "image" | "other";
  readonly predicateType?: string;
}

/** What a refused candidate would have been: nobody vouches for it. */
export function claimOf(candidate: Candidate): Claim {
  switch (candidate.kind) {
    case "cosign-signature":
    case "notation-signature":
      return { claims: "image" };
    case "cosign-attestation": {
      const annotated = candidate.annotations[COSIGN_ANNOTATIONS.predicateType];
      return statementClaim(() => peekPredicateType(payloadOf(parseEnvelope(candidate.envelope))), annotated);
    }
    case "signed-manifest":
      return statementClaim(
        () => peekPredicateType(candidate.statement),
        candidate.annotations[MANIFEST_PREDICATE_TYPE],
      );
    case "sigstore-bundle":
      return bundleClaim(candidate.bundle);
    default:
      return candidate satisfies never;
  }
}

function bundleClaim(bundle: Uint8Array): Claim {
  try {
    const { envelope } = parseBundle(bundle);
    if (envelope === undefined) return { claims: "image" };
    const predicateType = peekPredicateType(payloadOf(envelope));
    if (predicateType === undefined) return { claims: "other" };
    return { claims: predicateType === IMAGE_SIGNATURE_PREDICATE_TYPE ? "image" : "other", predicateType };
  } catch {
    return { claims: "other" };
  }
}

function statementClaim(peek: () => string | undefined, annotated: string | undefined): Claim {
  let predicateType: string | undefined;
  try {
    predicateType = peek() ?? annotated;
  } catch {
    predicateType = annotated;
  }
  return isPredicateType(predicateType) ? { claims: "other", predicateType } : { claims: "other" };
}
