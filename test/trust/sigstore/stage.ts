import { type Digest, digestOf } from "../../../src/image/digest.ts";
import type { Candidate } from "../../../src/trust/evidence.ts";
import type { TrustedSigner, VerificationPolicy } from "../../../src/trust/policy.ts";
import { type TrustRoot, parseTrustRoot } from "../../../src/trust/trust-root.ts";
import type { CandidateResult, Verdict, VerifiedStatement } from "../../../src/trust/verdict.ts";
import { type Rules, type SbomFindings, sbomOn, verdictOn } from "../../../src/trust/verify.ts";
import { keyPolicy, rulesOf } from "../../fakes/policy.ts";
import { type KeyKind, type SigningKey, newSigningKey, trustedHalfOf } from "../../fakes/signer.ts";
import {
  type SignedParts,
  bundleOf,
  legacyAttestationOf,
  legacySignatureOf,
} from "../../fakes/sigstore/signed-parts.ts";
import { type SigningOrder, type SigstoreWorld, createSigstoreWorld } from "../../fakes/sigstore/world.ts";

/** The forms in which signatures hang on images. */
export type Form = "legacy signature" | "legacy attestation" | "bundle" | "image bundle";

export const FORMS: readonly Form[] = ["legacy signature", "legacy attestation", "bundle", "image bundle"];
export const LEGACY_FORMS: readonly Form[] = ["legacy signature", "legacy attestation"];
export const BUNDLE_FORMS: readonly Form[] = ["bundle", "image bundle"];
export const STATEMENT_FORMS: readonly Form[] = ["legacy attestation", "bundle", "image bundle"];

/** What is signed in each form. */
export const CLAIMS = {
  "legacy signature": "signature",
  "legacy attestation": "statement",
  bundle: "statement",
  "image bundle": "image-statement",
} as const satisfies Record<Form, SigningOrder["claim"]>;

/** The log's word that belongs into each form: legacy layouts have no place for a proof, bundles 0.3 demand it. */
const INCLUSIONS = {
  "legacy signature": "promise",
  "legacy attestation": "promise",
  bundle: "promise-and-proof",
  "image bundle": "promise-and-proof",
} as const satisfies Record<Form, string>;

/** What over a countersignature is in each form: cosign's for legacy attestations is over the whole envelope. */
const TIMESTAMPS = {
  "legacy signature": "signature",
  "legacy attestation": "envelope",
  bundle: "signature",
  "image bundle": "signature",
} as const satisfies Record<Form, NonNullable<SigningOrder["timestamp"]>>;

/** A world with a vendor in it, a stranger's world, and an image. */
export interface Stage {
  readonly world: SigstoreWorld;
  readonly stranger: SigstoreWorld;
  readonly image: Digest;
  readonly vendor: SigningKey;
  readonly root: TrustRoot;
  /** Signs rightly in a form, with a log's word, unless told otherwise. */
  sign(form: Form, more?: Partial<SigningOrder>): Promise<SignedParts>;
  /** A policy that demands a log's entry of the world, and trusts its identity unless others are named. */
  policy(more?: Partial<VerificationPolicy>, signers?: readonly TrustedSigner[]): VerificationPolicy;
  judge(candidates: readonly Candidate[], policy?: VerificationPolicy, more?: Partial<Rules>): Judged;
  /** What the evidence says of statements, whoever signed the image. */
  findings(candidates: readonly Candidate[], policy?: VerificationPolicy): SbomFindings;
  outcome(
    candidate: Candidate,
    policy?: VerificationPolicy,
    more?: Partial<Rules>,
  ): CandidateResult["outcome"];
}

/** A verdict, what it was judged by, and the statements behind it. */
export interface Judged {
  readonly verdict: Verdict;
  readonly statements: readonly VerifiedStatement[];
  readonly results: readonly CandidateResult[];
}

/** @param authorityKind the keys of its authorities; those of P-256 are checked ten times as fast as those that Fulcio has */
export async function createStage(authorityKind: KeyKind = "p-256"): Promise<Stage> {
  const world = await createSigstoreWorld({ authorityKind });
  const stranger = await createSigstoreWorld({ name: "stranger", authorityKind });
  const image = digestOf(Buffer.from("image"));
  const root = parseTrustRoot({ name: world.name, kind: "sigstore", json: world.trustedRoot });
  const policyOf: Stage["policy"] = (more = {}, signers = [world.identity]) => ({
    ...keyPolicy([]),
    signers: { need: "any", groups: [{ name: "vendor", anyOf: signers }] },
    log: "require",
    logRoots: [world.name],
    ...more,
  });
  const rulesFor = (policy: VerificationPolicy): Rules =>
    rulesOf(policy, { roots: new Map([[world.name, root]]), now: world.now });
  const judge: Stage["judge"] = (candidates, policy = policyOf(), more = {}) => {
    const rules = { ...rulesFor(policy), ...more };
    const { verdict, statements } = verdictOn(
      image,
      { digest: image, candidates, skipped: [] },
      rules,
      isSbom,
    );
    return { verdict, statements, results: verdict.kind === "unverifiable" ? [] : verdict.results };
  };
  return {
    world,
    stranger,
    image,
    vendor: newSigningKey(),
    root,
    sign: (form, more = {}) => world.sign({ image, claim: CLAIMS[form], log: INCLUSIONS[form], ...more }),
    policy: policyOf,
    judge,
    findings: (candidates, policy = policyOf()) =>
      sbomOn(image, { digest: image, candidates, skipped: [] }, rulesFor(policy), {
        isSbom: () => true,
        signedBy: ["vendor"],
      }),
    outcome: (candidate, policy, more) => {
      const [result] = judge([candidate], policy, more).results;
      if (result === undefined) throw new Error("the candidate was not looked at");
      return result.outcome;
    },
  };
}

/** The vendor's key as a policy trusts it. */
export function vendorKeyOf({ vendor }: Stage): ReturnType<typeof trustedHalfOf> {
  return trustedHalfOf(vendor);
}

/** The log's word that belongs into a form. */
export function inclusionOf(form: Form): "promise" | "promise-and-proof" {
  return INCLUSIONS[form];
}

/** Each row once for each form. */
export function inForms<Row>(
  rows: readonly Row[],
  forms: readonly Form[] = FORMS,
): readonly (Row & { readonly form: Form })[] {
  return rows.flatMap((row) => forms.map((form) => ({ ...row, form })));
}

/** What belongs under a countersignature in a form. */
export function timestampOf(form: Form): NonNullable<SigningOrder["timestamp"]> {
  return TIMESTAMPS[form];
}

/** The parts put together as a registry adapter would hand them over. */
export function candidateOf(form: Form, parts: SignedParts): Candidate {
  switch (form) {
    case "legacy signature":
      return legacySignatureOf(parts);
    case "legacy attestation":
      return legacyAttestationOf(parts);
    case "bundle":
    case "image bundle":
      return bundleOf(parts);
    default:
      return form satisfies never;
  }
}

function isSbom(predicateType: string): boolean {
  return predicateType.startsWith("https://cyclonedx.org/");
}
