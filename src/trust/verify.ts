import type { Digest } from "../image/digest.ts";
import type { Instant } from "../time.ts";
import type { Evidence, SkippedEvidence } from "./evidence.ts";
import { type Examined, examine } from "./examine.ts";
import { signersOf, type VerificationPolicy } from "./policy.ts";
import { type Signer, signerId } from "./signer.ts";
import type { TrustRoots } from "./trust-root.ts";
import {
  type CandidateResult,
  REFUSALS,
  type Refusal,
  type Verdict,
  type VerifiedStatement,
} from "./verdict.ts";

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
  /** Why there is none although something claims to be one. */
  readonly refused?: Refused;
  readonly results: readonly CandidateResult[];
  readonly skipped: readonly SkippedEvidence[];
}

/** The same without what the SBOMs say. */
export interface FoundSboms extends Omit<SbomFindings, "statements"> {
  readonly statements: readonly Omit<VerifiedStatement, "predicate">[];
}

/** A refusal with what exactly was wrong. */
export interface Refused {
  readonly refusal: Refusal;
  readonly detail: string;
}

/**
 * Says who stands behind a digest, from what was found about it.
 *
 * One accepted signature of the image is enough, whatever else hangs on it; refused candidates are reported and change nothing. A
 * statement about the image is no signature of it. Without any, but with refused ones, the image is rejected for the most
 * telling refusal ({@link REFUSALS} in order); with nothing that claims to sign it, evidence is awaited.
 *
 * The SBOM must be signed by the policy's keys as well. Of several the last layer of the first place is taken, where the places
 * are the `.att` tag, then referrers. Something that claims to be an SBOM and is refused, with no other that is accepted,
 * rejects the image.
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
  const { policy } = rules;
  if (signersOf(policy).length === 0) {
    const reason = "there is no key to verify its signature with";
    return { verdict: { kind: "unverifiable", reason }, statements: [] };
  }
  const examined = evidence.candidates.map((candidate) => examine(image, candidate, rules));
  const results = examined.map(({ result }) => result);
  const { skipped } = evidence;
  const signers = signersIn(examined);
  if (signers.length === 0) return { verdict: unsigned(examined, { results, skipped }), statements: [] };

  const statements = statementsIn(examined);
  const sbom = findingsOf(examined, evidence, isSbom);
  const verdict = withSbom(
    { kind: "verified", signers, results, skipped, sbom: { kind: "missing" }, insecure: policy.insecure },
    sbom,
  );
  return { verdict, statements: verdict.kind === "verified" ? statements : [] };
}

/**
 * What is known about the SBOM of one digest, signed by the same signers that may sign its image. For the platforms of an index: a
 * verified index covers its children, and vendors hang SBOMs on either. Says nothing about who signed the digest. Never throws.
 */
export function sbomOn(digest: Digest, evidence: Evidence, rules: Rules, isSbom: SbomGuard): SbomFindings {
  const examined = evidence.candidates.map((candidate) => examine(digest, candidate, rules));
  return findingsOf(examined, evidence, isSbom);
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

function findingsOf(examined: readonly Examined[], { skipped }: Evidence, isSbom: SbomGuard): SbomFindings {
  const results = examined.map(({ result }) => result);
  const statements = statementsIn(examined).filter(({ predicateType }) => isSbom(predicateType));
  if (statements.length > 0) return { statements, results, skipped };
  const refused = mostTelling(
    results.filter(({ predicateType }) => predicateType !== undefined && isSbom(predicateType)),
  );
  return { statements, ...(refused === undefined ? {} : { refused }), results, skipped };
}

const PLACES = ["sig-tag", "att-tag", "referrer"] as const;

/** By place, and in each place the last one first: cosign appends, so it is the newest, and no clock is needed to know. */
function statementsIn(examined: readonly Examined[]): readonly VerifiedStatement[] {
  const newestFirst = examined
    .flatMap(({ statement }) => (statement === undefined ? [] : [statement]))
    .toReversed();
  return PLACES.flatMap((place) => newestFirst.filter(({ source }) => source.place === place));
}

function signersIn(examined: readonly Examined[]): readonly Signer[] {
  const signers = new Map<string, Signer>();
  for (const { result } of examined) {
    const { outcome } = result;
    if (outcome.kind === "accepted" && outcome.proves === "image" && !signers.has(signerId(outcome.signer))) {
      signers.set(signerId(outcome.signer), outcome.signer);
    }
  }
  return [...signers.values()];
}

function unsigned(examined: readonly Examined[], { results, skipped }: Seen): Verdict {
  const refusal = mostTelling(
    examined.filter(({ claims }) => claims === "image").map(({ result }) => result),
  );
  return refusal === undefined
    ? { kind: "awaiting-evidence", missing: "signature", results, skipped }
    : { kind: "rejected", reason: refusal.refusal, detail: refusal.detail, results, skipped };
}

/** The refusal that says most, the first of its kind. */
function mostTelling(results: readonly CandidateResult[]): Refused | undefined {
  const refused = results.flatMap(({ outcome }) => (outcome.kind === "refused" ? [outcome] : []));
  for (const refusal of REFUSALS) {
    const first = refused.find((outcome) => outcome.refusal === refusal);
    if (first !== undefined) return { refusal, detail: first.detail };
  }
  return undefined;
}
