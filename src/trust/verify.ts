import type { Digest } from "../image/digest.ts";
import type { Instant } from "../time.ts";
import type { Evidence, SkippedEvidence } from "./evidence.ts";
import { type Examined, examine } from "./examine.ts";
import type { VerificationPolicy } from "./policy.ts";
import type { Signer } from "./signer.ts";
import {
  type CandidateResult,
  REFUSALS,
  type Refusal,
  type Verdict,
  type VerifiedStatement,
} from "./verdict.ts";

/** Whether a predicate type means a software bill of materials. */
export type SbomGuard = (predicateType: string) => boolean;

/** What the evidence of one digest says about its SBOM. */
export interface SbomFindings {
  readonly sbom:
    | { readonly kind: "verified"; readonly statement: VerifiedStatement }
    | { readonly kind: "refused"; readonly refusal: Refusal; readonly detail: string }
    | { readonly kind: "missing" };
  /** Every statement about the digest that a trusted signer made, whatever its type. */
  readonly statements: readonly VerifiedStatement[];
  readonly results: readonly CandidateResult[];
  readonly skipped: readonly SkippedEvidence[];
}

/**
 * Says who stands behind a digest, from what was found about it.
 *
 * One accepted signature of the image is enough, whatever else hangs on it; refused candidates are reported and change nothing. A
 * statement about the image is no signature of it. Without any, but with refused ones, the image is rejected for the most
 * telling refusal ({@link REFUSALS} in order); with nothing that claims to sign it, evidence is awaited.
 *
 * The SBOM must be signed by the policy's keys as well. Of several the last one of the first place is taken, where places
 * are the `.sig` tag, the `.att` tag, referrers, and cosign appends: see {@link sbomOn}. Something that claims to be an SBOM and is
 * refused, with no other that is accepted, rejects the image.
 *
 * Never throws.
 *
 * @returns the verdict, and the verified statements about the digest: none unless the verdict is `verified`
 */
export function verdictOn(
  image: Digest,
  evidence: Evidence,
  policy: VerificationPolicy,
  isSbom: SbomGuard,
): { readonly verdict: Verdict; readonly statements: readonly VerifiedStatement[] } {
  if (policy.keys.length === 0) {
    const reason = "there is no key to verify its signature with";
    return { verdict: { kind: "unverifiable", reason }, statements: [] };
  }
  const examined = evidence.candidates.map((candidate) => examine(image, candidate, policy));
  const found = findingsOf(examined, evidence, isSbom);
  const { sbom, statements, results, skipped } = found;

  const signers = signersIn(examined);
  if (signers.length === 0) return { verdict: unsigned(examined, found), statements: [] };
  if (sbom.kind === "refused") return { verdict: rejectedForSbom(sbom, found), statements: [] };
  return {
    verdict: { kind: "verified", signers, results, skipped, sbom: sbomEntryOf(sbom) },
    statements,
  };
}

/**
 * What is known about the SBOM of one digest, signed by the same signers that may sign its image. For the platforms of an index: a
 * verified index covers its children, and vendors hang SBOMs on either. Never throws.
 */
export function sbomOn(
  digest: Digest,
  evidence: Evidence,
  policy: VerificationPolicy,
  isSbom: SbomGuard,
): SbomFindings {
  const examined = evidence.candidates.map((candidate) => examine(digest, candidate, policy));
  return findingsOf(examined, evidence, isSbom);
}

/**
 * A verdict on an index together with what was found on one of its children: an SBOM the index lacks is taken from there, and one
 * that is refused there rejects. Other verdicts stay as they are.
 */
export function withPlatformSbom(verdict: Verdict, child: SbomFindings): Verdict {
  if (verdict.kind !== "verified" || verdict.sbom.kind !== "missing") return verdict;
  const results = [...verdict.results, ...child.results];
  const skipped = [...verdict.skipped, ...child.skipped];
  return child.sbom.kind === "refused"
    ? rejectedForSbom(child.sbom, { results, skipped })
    : { ...verdict, results, skipped, sbom: sbomEntryOf(child.sbom) };
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
  if (policy.sbom === "expected" && isOver) return verdict;
  const { results, skipped } = verdict;
  return { kind: "awaiting-evidence", missing: "sbom", results, skipped };
}

type Seen = Pick<SbomFindings, "results" | "skipped">;

function findingsOf(examined: readonly Examined[], { skipped }: Evidence, isSbom: SbomGuard): SbomFindings {
  const statements = examined.flatMap(({ statement }) => (statement === undefined ? [] : [statement]));
  const results = examined.map(({ result }) => result);
  const accepted = chosenOf(statements.filter(({ predicateType }) => isSbom(predicateType)));
  if (accepted !== undefined) {
    return { sbom: { kind: "verified", statement: accepted }, statements, results, skipped };
  }
  const refusal = mostTelling(
    results.filter(({ predicateType }) => predicateType !== undefined && isSbom(predicateType)),
  );
  return {
    sbom: refusal === undefined ? { kind: "missing" } : { kind: "refused", ...refusal },
    statements,
    results,
    skipped,
  };
}

/** The last of the first place: cosign appends, so the last one is the newest, and no clock of ours is needed. */
function chosenOf(statements: readonly VerifiedStatement[]): VerifiedStatement | undefined {
  for (const place of ["sig-tag", "att-tag", "referrer"] as const) {
    const last = statements.findLast(({ source }) => source.place === place);
    if (last !== undefined) return last;
  }
  return undefined;
}

function signersIn(examined: readonly Examined[]): readonly Signer[] {
  const signers = new Map<string, Signer>();
  for (const { result } of examined) {
    const { outcome } = result;
    if (
      outcome.kind === "accepted" &&
      outcome.proves === "image" &&
      !signers.has(outcome.signer.fingerprint)
    ) {
      signers.set(outcome.signer.fingerprint, outcome.signer);
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

function rejectedForSbom(
  { refusal, detail }: { readonly refusal: Refusal; readonly detail: string },
  { results, skipped }: Seen,
): Verdict {
  return { kind: "rejected", reason: "sbom-refused", detail: `${refusal}: ${detail}`, results, skipped };
}

function sbomEntryOf(
  sbom: Exclude<SbomFindings["sbom"], { kind: "refused" }>,
): Extract<Verdict, { kind: "verified" }>["sbom"] {
  if (sbom.kind === "missing") return sbom;
  const { predicateType, source } = sbom.statement;
  return { kind: "verified", predicateType, source };
}

/** The refusal that says most, the first of its kind. */
function mostTelling(
  results: readonly CandidateResult[],
): { readonly refusal: Refusal; readonly detail: string } | undefined {
  const refused = results.flatMap(({ outcome }) => (outcome.kind === "refused" ? [outcome] : []));
  for (const refusal of REFUSALS) {
    const first = refused.find((outcome) => outcome.refusal === refusal);
    if (first !== undefined) return { refusal, detail: first.detail };
  }
  return undefined;
}
