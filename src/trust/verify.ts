import type { Digest } from "../image/digest.ts";
import type { Instant } from "../time.ts";
import type { Evidence, SkippedEvidence } from "./evidence.ts";
import { type Examined, examine } from "./examine.ts";
import { type Requirement, requirementOf } from "./attestations.ts";
import { signingBy } from "./groups.ts";
import { type Refused, mostTelling } from "./refusal.ts";
import { signersOf, type VerificationPolicy } from "./policy.ts";
import { type Signer, signerId } from "./signer.ts";
import type { TrustRoots } from "./trust-root.ts";
import type { Accepted, CandidateResult, Verdict, VerifiedStatement } from "./verdict.ts";

/** Whether a predicate type means a software bill of materials. */
export type SbomGuard = (predicateType: string) => boolean;

/** What evidence is judged by. */
export interface Rules {
  readonly policy: VerificationPolicy;
  /** At least those that the policy names; a candidate that needs one that is not here is refused. */
  readonly roots: TrustRoots;
  readonly now: Instant;
}

/** What the evidence of one digest says about its SBOM. */
export interface SbomFindings {
  /** Verified SBOMs of the digest, best first. */
  readonly statements: readonly VerifiedStatement[];
  /** Other verified statements of the digest by the same groups, best first. */
  readonly others: readonly VerifiedStatement[];
  /** Why there is none although something claims to be one. */
  readonly refused?: Pick<Refused, "refusal" | "detail">;
  /** What became of each statement that the policy requires, in its order. */
  readonly requirements: readonly Requirement[];
  readonly results: readonly CandidateResult[];
  readonly skipped: readonly SkippedEvidence[];
}

/** The same without what the SBOMs say. */
export interface FoundSboms extends Omit<SbomFindings, "statements" | "others"> {
  readonly statements: readonly Omit<VerifiedStatement, "predicate" | "size">[];
}

/** What an SBOM is, and who must have signed it. */
export interface SbomQuestion {
  readonly isSbom: SbomGuard;
  /** Names of the groups that signed the image, {@link groupsThatSigned}: an SBOM by another one is none. */
  readonly signedBy: readonly string[];
}

/**
 * Says who stands behind a digest, from what was found about it.
 *
 * One accepted signature of the image by each group that is needed is enough, whatever else hangs on it; refused candidates are reported
 * and change nothing. A statement about the image is no signature of it. Where a group is missing, the image is rejected for the most telling
 * refusal of what claims to sign it; with nothing refused, evidence is awaited.
 *
 * SBOMs and statements that the policy requires must be signed by a group that signed the image. Of several SBOMs the newest by
 * trusted time is taken, else the last layer of the first place, where the places are the `.att` tag, then referrers. Something that
 * claims to be an SBOM or a required statement and is refused, with no other that is accepted, rejects the image.
 *
 * Never throws.
 *
 * @returns the verdict, and the verified statements about the digest, best first: none unless the verdict is `verified`
 */
export function verdictOn(
  image: Digest,
  evidence: Evidence,
  rules: Rules,
  isSbom: SbomGuard,
): { readonly verdict: Verdict; readonly statements: readonly VerifiedStatement[] } {
  const { verdict, findings, statements } = signedOn(image, evidence, rules, isSbom);
  const complete = withRequired(verdict, findings.requirements);
  return { verdict: complete, statements: complete.kind === "verified" ? statements : [] };
}

/** What is known of a digest before the statements that its policy requires are looked at: they may hang on its platforms. */
export interface Signed {
  readonly verdict: Verdict;
  /** All verified statements about the digest, best first; none unless the verdict is `verified`. */
  readonly statements: readonly VerifiedStatement[];
  readonly findings: SbomFindings;
}

/** As {@link verdictOn}, without what the policy requires beside signatures and SBOM. Never throws. */
export function signedOn(image: Digest, evidence: Evidence, rules: Rules, isSbom: SbomGuard): Signed {
  const { policy } = rules;
  const { skipped } = evidence;
  if (policy.distrust.digests.includes(image)) {
    const detail = `the operator distrusts ${image}`;
    return unproven(policy, { kind: "rejected", reason: "digest-distrusted", detail, results: [], skipped });
  }
  if (signersOf(policy).length === 0) {
    return unproven(policy, {
      kind: "unverifiable",
      reason: "nobody is trusted to sign it",
    });
  }
  const examined = evidence.candidates.map((candidate) => examine(image, candidate, rules));
  const results = examined.map(({ result }) => result);
  const accepted = imageSignaturesIn(results);
  const signing = signingBy(accepted, policy);
  if (!signing.isEnough) return unproven(policy, unsigned(examined, { results, skipped }));

  const statements = statementsIn(examined, signing.groups);
  const { trustedAt } = signing;
  const verified: Verified = {
    kind: "verified",
    signers: signersIn(accepted),
    results,
    skipped,
    sbom: { kind: "missing" },
    ...(trustedAt === undefined ? {} : { trustedAt }),
    insecure: policy.insecure,
  };
  const findings = findingsOf(examined, evidence, policy, { isSbom, signedBy: signing.groups });
  const verdict = withSbom(verified, findings);
  return verdict.kind === "verified" ? { verdict, statements, findings } : unproven(policy, verdict);
}

/** Names of the groups of which somebody signed the image itself, among what became of its evidence. */
export function groupsThatSigned(results: readonly CandidateResult[]): readonly string[] {
  return [...new Set(imageSignaturesIn(results).flatMap(({ groups }) => groups))];
}

/**
 * What is known about the SBOM of one digest. For the platforms of an index: a verified index covers its children, and vendors hang SBOMs on
 * either. Says nothing about who signed the digest. Never throws.
 */
export function sbomOn(
  digest: Digest,
  evidence: Evidence,
  rules: Rules,
  question: SbomQuestion,
): SbomFindings {
  const examined = evidence.candidates.map((candidate) => examine(digest, candidate, rules));
  return findingsOf(examined, evidence, rules.policy, question);
}

/**
 * A verdict on an index together with what was found on one of its children: an SBOM that the index lacks is taken from there, and
 * one that is refused there rejects. Other verdicts stay as they are.
 */
export function withPlatformSbom(verdict: Verdict, child: FoundSboms): Verdict {
  if (verdict.kind !== "verified" || verdict.sbom.kind !== "missing") return verdict;
  const results = [...verdict.results, ...child.results];
  const skipped = [...verdict.skipped, ...child.skipped];
  return withSbom({ ...verdict, results, skipped }, child);
}

/** How long a digest has been looked at. */
export interface Waiting {
  /** When this digest was first asked about. */
  readonly since: Instant;
  readonly now: Instant;
  /** How long an SBOM may come after the signature before the image is taken without. */
  readonly sbomWaitMs: number;
}

/**
 * What a verdict means at this time: a verified image without SBOM waits for it. Where the policy requires an SBOM it waits for good,
 * where it expects one until the wait is over. Other verdicts stay as they are.
 */
export function settle(verdict: Verdict, policy: VerificationPolicy, waiting: Waiting): Verdict {
  if (verdict.kind !== "verified" || verdict.sbom.kind === "verified") return verdict;
  const isOver = waiting.now - waiting.since >= waiting.sbomWaitMs;
  if (policy.sbom === "none" || (policy.sbom === "expected" && isOver)) return verdict;
  const { results, skipped } = verdict;
  return { kind: "awaiting-evidence", missing: "sbom", results, skipped };
}

type Verified = Extract<Verdict, { kind: "verified" }>;
type Seen = Pick<Verified, "results" | "skipped">;

function withSbom(verdict: Verified, { statements: [best], refused }: FoundSboms): Verdict {
  if (best !== undefined) {
    const { predicateType, source } = best;
    return { ...verdict, sbom: { kind: "verified", predicateType, source } };
  }
  if (refused === undefined) return verdict;
  const { results, skipped } = verdict;
  const detail = `${refused.refusal}: ${refused.detail}`;
  return { kind: "rejected", reason: "sbom-refused", detail, results, skipped };
}

function findingsOf(
  examined: readonly Examined[],
  { skipped }: Evidence,
  { attestations }: VerificationPolicy,
  { isSbom, signedBy }: SbomQuestion,
): SbomFindings {
  const results = examined.map(({ result }) => result);
  const all = statementsIn(examined, signedBy);
  const requirements = attestations.map((required) => requirementOf(required, all, results));
  const statements = all.filter(({ predicateType }) => isSbom(predicateType));
  const others = all.filter(({ predicateType }) => !isSbom(predicateType));
  if (statements.length > 0) return { statements, others, requirements, results, skipped };
  const refused = mostTellingOf(
    results.filter(({ predicateType }) => predicateType !== undefined && isSbom(predicateType)),
  );
  return {
    statements,
    others,
    requirements,
    ...(refused === undefined ? {} : { refused }),
    results,
    skipped,
  };
}

const PLACES = ["sig-tag", "att-tag", "referrer"] as const;

/**
 * Statements of these groups, the newest by trusted time first. Where that does not tell: by place, and in each place the last one first:
 * cosign appends, so it is the newest, and no clock is needed to know.
 */
function statementsIn(
  examined: readonly Examined[],
  signedBy: readonly string[],
): readonly VerifiedStatement[] {
  const lastFirst = examined
    .flatMap(({ statement }) => (statement === undefined ? [] : [statement]))
    .filter(({ groups }) => groups.some((group) => signedBy.includes(group)))
    .toReversed();
  return PLACES.flatMap((place) => lastFirst.filter(({ source }) => source.place === place)).toSorted(
    (one, other) => (other.signedAt ?? -Infinity) - (one.signedAt ?? -Infinity) || 0,
  );
}

function imageSignaturesIn(results: readonly CandidateResult[]): readonly Accepted[] {
  return results.flatMap(({ outcome }) =>
    outcome.kind === "accepted" && outcome.proves === "image" ? [outcome] : [],
  );
}

/** Each once, under the name of its first signature. */
function signersIn(accepted: readonly Accepted[]): readonly Signer[] {
  const signers = new Map<string, Signer>();
  for (const { signer } of accepted) {
    if (!signers.has(signerId(signer))) signers.set(signerId(signer), signer);
  }
  return [...signers.values()];
}

/** A verified image without a statement that its policy requires is not verified. Other verdicts stay as they are. */
export function withRequired(verdict: Verdict, requirements: readonly Requirement[]): Verdict {
  if (verdict.kind !== "verified") return verdict;
  const { results, skipped } = verdict;
  const refusal = requirements.find(({ kind }) => kind === "refused");
  if (refusal?.kind === "refused") {
    return { kind: "rejected", reason: "attestation-refused", detail: refusal.detail, results, skipped };
  }
  return requirements.some(({ kind }) => kind === "missing")
    ? { kind: "awaiting-evidence", missing: "attestation", results, skipped }
    : verdict;
}

function unsigned(examined: readonly Examined[], { results, skipped }: Seen): Verdict {
  const refusal = mostTellingOf(
    examined.filter(({ claims }) => claims === "image").map(({ result }) => result),
  );
  return refusal === undefined
    ? { kind: "awaiting-evidence", missing: "signature", results, skipped }
    : { kind: "rejected", reason: refusal.refusal, detail: refusal.detail, results, skipped };
}

function mostTellingOf(results: readonly CandidateResult[]): Refused | undefined {
  return mostTelling(results.flatMap(({ outcome }) => (outcome.kind === "refused" ? [outcome] : [])));
}

/** Nothing about it is believed, so nothing that is required is there. */
function unproven({ attestations }: VerificationPolicy, verdict: Verdict): Signed {
  const { results, skipped } = verdict.kind === "unverifiable" ? NOTHING : verdict;
  const requirements = attestations.map((): Requirement => ({ kind: "missing" }));
  return {
    verdict,
    statements: [],
    findings: { statements: [], others: [], requirements, results, skipped },
  };
}

const NOTHING = { results: [], skipped: [] } as const;
