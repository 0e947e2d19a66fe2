import { messageOf, quote } from "../errors.ts";
import type { Digest } from "../image/digest.ts";
import { keyedBundleOf, parseBundle } from "./sigstore/bundle.ts";
import {
  COSIGN_ANNOTATIONS,
  attestationBundlesOf,
  signatureBundleOf,
  withoutLog,
} from "./sigstore/cosign.ts";
import { type Envelope, parseEnvelope, payloadOf } from "./sigstore/envelope.ts";
import type { Candidate, EvidenceSource } from "./evidence.ts";
import { signersOf, type TrustedKey } from "./policy.ts";
import { keySignerOf } from "./signature.ts";
import type { Signer } from "./signer.ts";
import { isImageClaim, parseSigningClaim } from "./simple-signing.ts";
import {
  STATEMENT_PAYLOAD_TYPE,
  isAbout,
  isPredicateType,
  parseStatement,
  peekPredicateType,
} from "./statement.ts";
import type { CandidateResult, Refusal, VerifiedStatement } from "./verdict.ts";
import type { Rules } from "./verify.ts";

/** Predicate type of the statement that cosign 3 signs for an image. It means "I signed this image" in a bundle only. */
export const IMAGE_SIGNATURE_PREDICATE_TYPE = "https://sigstore.dev/cosign/sign/v1";

/** A candidate with what became of it. */
export interface Examined {
  readonly result: CandidateResult;
  /** Whether it claims to be a signature of the image, believed or not. */
  readonly claims: "image" | "other";
  /** What an accepted attestation says. */
  readonly statement?: VerifiedStatement;
}

type Outcome =
  | { readonly kind: "refused"; readonly refusal: Refusal; readonly detail: string }
  | { readonly kind: "image"; readonly signer: Signer; readonly predicateType?: string }
  | { readonly kind: "statement"; readonly statement: VerifiedStatement };

const DETAIL_LENGTH_MAX = 300;

/** Judges one candidate for an image. Whatever is thrown on the way is a refusal: nothing that cannot be read proves anything. */
export function examine(image: Digest, candidate: Candidate, rules: Rules): Examined {
  const outcome = outcomeOf(image, candidate, rules);
  const { kind, source } = candidate;
  switch (outcome.kind) {
    case "image":
      return {
        claims: "image",
        result: {
          kind,
          source,
          outcome: { kind: "accepted", signer: outcome.signer, groups: [], proves: "image" },
          ...(outcome.predicateType === undefined ? {} : { predicateType: outcome.predicateType }),
        },
      };
    case "statement": {
      const { statement } = outcome;
      const { predicateType, signer } = statement;
      return {
        claims: "other",
        statement,
        result: {
          kind,
          source,
          outcome: { kind: "accepted", signer, groups: [], proves: "statement" },
          predicateType,
        },
      };
    }
    case "refused": {
      const detail = outcome.detail.slice(0, DETAIL_LENGTH_MAX);
      const { claims, predicateType } = claimOf(candidate);
      return {
        claims,
        result: {
          kind,
          source,
          outcome: { ...outcome, detail },
          ...(predicateType === undefined ? {} : { predicateType }),
        },
      };
    }
    default:
      return outcome satisfies never;
  }
}

function outcomeOf(image: Digest, candidate: Candidate, { policy }: Rules): Outcome {
  const keys = signersOf(policy).filter((signer) => signer.kind === "key");
  try {
    const { place, subject } = candidate.source;
    if (subject === undefined ? place === "referrer" : subject !== image) {
      return refused(
        "referrer-subject-mismatch",
        subject === undefined ? "the manifest that carries it names no subject" : `it hangs on ${subject}`,
      );
    }
    switch (candidate.kind) {
      case "cosign-signature":
        return judgeSignature(image, candidate, keys);
      case "cosign-attestation":
        return judgeAttestation(image, candidate, keys);
      case "sigstore-bundle":
        return judgeBundle(image, candidate, keys);
      case "signed-manifest":
      case "notation-signature":
        return refused("algorithm-unsupported", "not supported yet");
      default:
        return candidate satisfies never;
    }
  } catch (thrown) {
    return refused("candidate-malformed", messageOf(thrown));
  }
}

function judgeSignature(
  image: Digest,
  { payload, annotations }: Extract<Candidate, { kind: "cosign-signature" }>,
  keys: readonly TrustedKey[],
): Outcome {
  const bundle = signatureBundleOf(payload, withoutLog(annotations));
  if (bundle === undefined) return missing();
  const signer = keySignerOf(bundle, payload, keys);
  if (signer === undefined) return unknownSigner(keys, annotations);

  const claim = parseSigningClaim(payload);
  if (!isImageClaim(claim)) return refused("claim-type-unknown", `it is a ${quote(claim.type)}`);
  if (claim.digest !== image) return refused("subject-mismatch", `it is about ${quote(claim.digest)}`);
  return { kind: "image", signer };
}

function judgeAttestation(
  image: Digest,
  { envelope, annotations, source }: Extract<Candidate, { kind: "cosign-attestation" }>,
  keys: readonly TrustedKey[],
): Outcome {
  const bundles = attestationBundlesOf(envelope, withoutLog(annotations));
  if (bundles.length === 0) return missing();
  for (const bundle of bundles) {
    const signer = keySignerOf(bundle, undefined, keys);
    if (signer !== undefined && bundle.dsseEnvelope !== undefined) {
      return judgeStatement(image, bundle.dsseEnvelope, { source, signer });
    }
  }
  return unknownSigner(keys, annotations);
}

function judgeBundle(
  image: Digest,
  { bundle, source }: Extract<Candidate, { kind: "sigstore-bundle" }>,
  keys: readonly TrustedKey[],
): Outcome {
  const { mediaType, material, envelope } = parseBundle(bundle);
  if (envelope === undefined) {
    return refused("bundle-content-unsupported", "it signs bytes, not a statement about an image");
  }
  if (material === "certificate") return needsCertificate();
  if (envelope.signatures.length === 0) return missing();
  const signer = keySignerOf(keyedBundleOf(mediaType, envelope), undefined, keys);
  if (signer === undefined) return unknownSigner(keys, {});

  const outcome = judgeStatement(image, envelope, { source, signer });
  return outcome.kind === "statement" && outcome.statement.predicateType === IMAGE_SIGNATURE_PREDICATE_TYPE
    ? { kind: "image", signer, predicateType: IMAGE_SIGNATURE_PREDICATE_TYPE }
    : outcome;
}

/** What a statement is worth whose signature was found good. */
function judgeStatement(
  image: Digest,
  envelope: Pick<Envelope, "payloadType" | "payload">,
  from: { readonly source: EvidenceSource; readonly signer: Signer },
): Outcome {
  if (envelope.payloadType !== STATEMENT_PAYLOAD_TYPE) {
    return refused("claim-type-unknown", `its payload is ${quote(envelope.payloadType)}`);
  }
  const statement = parseStatement(payloadOf(envelope));
  if (!isAbout(statement, image)) {
    const first = statement.subjects[0]?.["sha256"];
    return refused(
      "subject-mismatch",
      first === undefined ? "it names no sha256 subject" : `it is about ${quote(`sha256:${first}`)}`,
    );
  }
  const { predicateType, predicate } = statement;
  return { kind: "statement", statement: { predicateType, predicate, groups: [], ...from } };
}

/** What a refused candidate would have been: nobody vouches for it. */
function claimOf(candidate: Candidate): Pick<Examined, "claims"> & { readonly predicateType?: string } {
  if (candidate.kind === "cosign-signature") return { claims: "image" };
  const annotated =
    candidate.kind === "cosign-attestation"
      ? candidate.annotations[COSIGN_ANNOTATIONS.predicateType]
      : undefined;
  try {
    if (candidate.kind !== "cosign-attestation" && candidate.kind !== "sigstore-bundle")
      return { claims: "other" };
    const envelope =
      candidate.kind === "cosign-attestation"
        ? parseEnvelope(candidate.envelope)
        : parseBundle(candidate.bundle).envelope;
    if (envelope === undefined) return { claims: "image" };
    const predicateType = peekPredicateType(payloadOf(envelope)) ?? annotated;
    return claimsOf(candidate, predicateType);
  } catch {
    return claimsOf(candidate, annotated);
  }
}

function claimsOf({ kind }: Candidate, predicateType: string | undefined): ReturnType<typeof claimOf> {
  if (!isPredicateType(predicateType)) return { claims: "other" };
  const isImage = kind === "sigstore-bundle" && predicateType === IMAGE_SIGNATURE_PREDICATE_TYPE;
  return { claims: isImage ? "image" : "other", predicateType };
}

function unknownSigner(keys: readonly TrustedKey[], annotations: Readonly<Record<string, string>>): Outcome {
  if ((annotations[COSIGN_ANNOTATIONS.certificate] ?? "") !== "") return needsCertificate();
  const names = quote(keys.map(({ signer }) => signer.name).join(", "));
  return refused(
    "signature-key-unknown",
    keys.length === 1
      ? `not made with the trusted key ${names}`
      : `made with none of the trusted keys ${names}`,
  );
}

function needsCertificate(): Outcome {
  return refused("certificate-unsupported", "it is signed with a certificate, and only keys are trusted");
}

function missing(): Outcome {
  return refused("signature-missing", "it carries no signature");
}

function refused(refusal: Refusal, detail: string): Outcome {
  return { kind: "refused", refusal, detail };
}
