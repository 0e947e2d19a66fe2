import { messageOf, quote } from "../errors.ts";
import type { Digest } from "../image/digest.ts";
import { type Claim, IMAGE_SIGNATURE_PREDICATE_TYPE, claimOf } from "./claim.ts";
import {
  type Candidate,
  type CosignSignature,
  MANIFEST_SIGNATURES_MAX,
  type SigstoreBundle,
} from "./evidence.ts";
import { signingBy } from "./groups.ts";
import { type NotationOutcome, notationOutcome } from "./notation/verify.ts";
import { type TrustedSigner, signersOf } from "./policy.ts";
import { type Refused, mostTelling, refused } from "./refusal.ts";
import { parseBundle } from "./sigstore/bundle.ts";
import { foundAttestationsOf, foundSignatureOf } from "./sigstore/cosign.ts";
import { type Envelope, parseEnvelope, payloadOf } from "./sigstore/envelope.ts";
import { vouchedBy } from "./sigstore/judge.ts";
import { type Vouched, distrustOf } from "./sigstore/vouched.ts";
import { isImageClaim, parseSigningClaim } from "./simple-signing.ts";
import { STATEMENT_PAYLOAD_TYPE, isAbout, parseStatement } from "./statement.ts";
import type { Accepted, CandidateResult, VerifiedStatement } from "./verdict.ts";
import type { Rules } from "./verify.ts";

/** A candidate with what became of it. */
export interface Examined {
  readonly result: CandidateResult;
  /** Whether it claims to be a signature of the image, believed or not. */
  readonly claims: Claim["claims"];
  /** What an accepted attestation says. */
  readonly statement?: VerifiedStatement;
}

type Outcome =
  | Refused
  | { readonly kind: "image"; readonly vouched: Vouched; readonly predicateType?: string }
  | { readonly kind: "statement"; readonly vouched: Vouched; readonly statement: VerifiedStatement };

const DETAIL_LENGTH_MAX = 300;

/** Judges one candidate for an image. Whatever is thrown on the way is a refusal: nothing that cannot be read proves anything. */
export function examine(image: Digest, candidate: Candidate, rules: Rules): Examined {
  const outcome = outcomeOf(image, candidate, rules);
  const { kind, source } = candidate;
  switch (outcome.kind) {
    case "image": {
      const { predicateType } = outcome;
      const result = { kind, source, outcome: acceptedAs("image", outcome.vouched) };
      return { claims: "image", result: predicateType === undefined ? result : { ...result, predicateType } };
    }
    case "statement": {
      const { statement, vouched } = outcome;
      const { predicateType } = statement;
      const result = { kind, source, outcome: acceptedAs("statement", vouched), predicateType };
      return { claims: "other", statement, result };
    }
    case "refused": {
      const detail = outcome.detail.slice(0, DETAIL_LENGTH_MAX);
      const { claims, predicateType } = claimOf(candidate);
      const result = { kind, source, outcome: { ...outcome, detail } };
      return { claims, result: predicateType === undefined ? result : { ...result, predicateType } };
    }
    default:
      return outcome satisfies never;
  }
}

function acceptedAs(proves: Accepted["proves"], { kind: _kind, unchecked, ...vouched }: Vouched): Accepted {
  return { kind: "accepted", proves, ...vouched, ...(unchecked.length === 0 ? {} : { unchecked }) };
}

function outcomeOf(image: Digest, candidate: Candidate, rules: Rules): Outcome {
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
        return judgeSignature(image, candidate, rules);
      case "cosign-attestation":
        return judgeAttestation(image, candidate, rules);
      case "sigstore-bundle":
        return judgeBundle(image, candidate, rules);
      case "signed-manifest":
        return judgeSignedManifest(image, candidate, rules);
      case "notation-signature":
        return judgeNotation(image, candidate, rules);
      default:
        return candidate satisfies never;
    }
  } catch (thrown) {
    return refused("candidate-malformed", messageOf(thrown));
  }
}

function judgeSignature(image: Digest, { payload, annotations }: CosignSignature, rules: Rules): Outcome {
  const found = foundSignatureOf(payload, annotations);
  if (found === undefined) return missing();
  const vouched = vouchedBy(found, rules);
  if (vouched.kind === "refused") return vouched;

  const claim = parseSigningClaim(payload);
  if (!isImageClaim(claim)) return refused("claim-type-unknown", `it is a ${quote(claim.type)}`);
  if (claim.digest !== image) return refused("subject-mismatch", `it is about ${quote(claim.digest)}`);
  return { kind: "image", vouched };
}

function judgeAttestation(
  image: Digest,
  { envelope: bytes, annotations, source }: Extract<Candidate, { kind: "cosign-attestation" }>,
  rules: Rules,
): Outcome {
  const envelope = parseEnvelope(bytes);
  const refusals: Refused[] = [];
  for (const found of foundAttestationsOf(bytes, envelope, annotations)) {
    const vouched = vouchedBy(found, rules);
    if (vouched.kind === "vouched") return judgeStatement(image, envelope, { source, vouched });
    refusals.push(vouched);
  }
  return mostTelling(refusals) ?? missing();
}

function judgeBundle(image: Digest, { bundle, source }: SigstoreBundle, rules: Rules): Outcome {
  const { material, envelope, serialized } = parseBundle(bundle);
  if (envelope === undefined) {
    return refused("bundle-content-unsupported", "it signs bytes, not a statement about an image");
  }
  if (envelope.signatures.length === 0) return missing();
  const vouched = vouchedBy({ material, serialized }, rules);
  if (vouched.kind === "refused") return vouched;

  const outcome = judgeStatement(image, envelope, { source, vouched });
  return outcome.kind === "statement" && outcome.statement.predicateType === IMAGE_SIGNATURE_PREDICATE_TYPE
    ? { kind: "image", vouched, predicateType: IMAGE_SIGNATURE_PREDICATE_TYPE }
    : outcome;
}

/** A statement without signature of its own is worth as much as the signatures of the manifest that carries it. */
function judgeSignedManifest(
  image: Digest,
  { statement, signatures, source }: Extract<Candidate, { kind: "signed-manifest" }>,
  rules: Rules,
): Outcome {
  const outcomes = signatures
    .slice(0, MANIFEST_SIGNATURES_MAX)
    .map((signature) => outcomeOf(source.manifest, signature, rules));
  const images = outcomes.flatMap((outcome) => (outcome.kind === "image" ? [outcome.vouched] : []));
  const { isEnough, missing: absent, groups, trustedAt } = signingBy(images, rules.policy);
  const [first] = images;
  if (first === undefined || !isEnough) {
    const refusals = outcomes.flatMap((outcome) => (outcome.kind === "refused" ? [outcome] : []));
    const detail =
      first === undefined
        ? "nobody signed the manifest that carries it"
        : `the manifest that carries it is not signed by ${quote(absent.join(", "))}`;
    return mostTelling(refusals) ?? refused("signature-missing", detail);
  }
  const { signedAt: _signedAt, timeProof, ...rest } = first;
  const timed = images.find(({ signedAt }) => signedAt === trustedAt) ?? first;
  const vouched: Vouched = {
    ...rest,
    groups,
    ...(trustedAt === undefined ? {} : { signedAt: trustedAt, timeProof: timed.timeProof ?? timeProof }),
    unchecked: [...new Set(images.flatMap(({ unchecked }) => unchecked))],
  };
  return judgePayload(image, statement, { source, vouched });
}

function judgeNotation(
  image: Digest,
  { form, envelope }: Extract<Candidate, { kind: "notation-signature" }>,
  rules: Rules,
): Outcome {
  const { policy } = rules;
  const trusted = signersOf(policy).filter((signer) => signer.kind === "notation");
  if (trusted.length === 0) {
    return refused(
      "certificate-unsupported",
      "it is a signature of Notation, and no holder of a certificate is trusted",
    );
  }
  const outcomeBy = (notaries: readonly TrustedSigner[]): NotationOutcome =>
    notationOutcome(
      image,
      { form, envelope },
      notaries.filter((signer) => signer.kind === "notation"),
      rules,
    );
  const outcome = outcomeBy(trusted);
  if (outcome.kind === "refused") return outcome;
  const { signer, signedAt, unchecked } = outcome;
  const distrusted = distrustOf(signer, policy);
  if (distrusted !== undefined) return distrusted;
  // Several groups may trust one holder, each by names of its own.
  const groups = policy.signers.groups.filter(({ anyOf }) => outcomeBy(anyOf).kind === "signed");
  return {
    kind: "image",
    vouched: {
      kind: "vouched",
      signer,
      groups: groups.map(({ name }) => name),
      ...(signedAt === undefined ? {} : { signedAt, timeProof: "countersignature" }),
      unchecked,
    },
  };
}

type From = Pick<VerifiedStatement, "source"> & { readonly vouched: Vouched };

/** What a statement is worth whose signature was found good. */
function judgeStatement(
  image: Digest,
  envelope: Pick<Envelope, "payloadType" | "payload">,
  from: From,
): Outcome {
  return envelope.payloadType === STATEMENT_PAYLOAD_TYPE
    ? judgePayload(image, payloadOf(envelope), from)
    : refused("claim-type-unknown", `its payload is ${quote(envelope.payloadType)}`);
}

function judgePayload(image: Digest, payload: Uint8Array, { source, vouched }: From): Outcome {
  const statement = parseStatement(payload);
  if (!isAbout(statement, image)) {
    const first = statement.subjects[0]?.["sha256"];
    return refused(
      "subject-mismatch",
      first === undefined ? "it names no sha256 subject" : `it is about ${quote(`sha256:${first}`)}`,
    );
  }
  const { predicateType, predicate } = statement;
  const { signer, groups, signedAt } = vouched;
  return {
    kind: "statement",
    vouched,
    statement: {
      predicateType,
      predicate,
      size: payload.byteLength,
      source,
      signer,
      groups,
      ...(signedAt === undefined ? {} : { signedAt }),
    },
  };
}

function missing(): Refused {
  return refused("signature-missing", "it carries no signature");
}
