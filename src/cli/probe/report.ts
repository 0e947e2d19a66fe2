import { renderRepository, type Repository } from "../../image/reference.ts";
import type { PlaceSeen } from "../../ports/registry-inspection.ts";
import type { Instant } from "../../time.ts";
import type { Candidate, SkippedEvidence } from "../../trust/evidence.ts";
import { claimedStatementOf, hintsOf, type SignatureHint } from "../../trust/hint.ts";
import { renderSigner } from "../../trust/signer.ts";
import type { CandidateResult } from "../../trust/verdict.ts";
import type { Rules } from "../../trust/verify.ts";
import type { Profile } from "../../vendor/profile.ts";
import { differencesOf } from "./differences.ts";
import { draftOf } from "./draft.ts";
import type { Absent, Failed, Findings, Subject, SubjectSeen } from "./findings.ts";
import { judge, type Judgement } from "./judge.ts";
import { type SbomSeen, sbomsOn } from "./sboms.ts";

/** The profile that claims an image, and what it is judged by. */
export interface Claimant {
  readonly profile: Profile;
  /** Whether it is built in, or one of the operator's own. */
  readonly origin: "vendor" | "subscription";
  /** What its policy judges by; or why that could not be had. */
  readonly rules: Rules | { readonly fault: string };
}

/** One piece of evidence, with what it says of itself and what became of it. */
export interface EvidenceSeen extends Subject {
  readonly kind: Candidate["kind"];
  readonly place: Candidate["source"]["place"];
  /** Where it hangs, if not in the image's own repository. */
  readonly repository?: string;
  readonly manifest: string;
  /** Bytes of the signature or statement. */
  readonly size: number;
  readonly artifactType?: string;
  readonly predicateType?: string;
  readonly createdAt?: string;
  /** Of each signature, what it claims; empty for a statement whose manifest nobody signed. */
  readonly claims: readonly SignatureHint[];
  /** What the policy made of it; absent where there is none. */
  readonly outcome?:
    | { readonly kind: "accepted"; readonly signer: string; readonly timeProof?: string }
    | { readonly kind: "refused"; readonly refusal: string; readonly detail: string };
}

/** What was seen of one manifest. */
export interface SubjectReport extends Subject {
  readonly places: readonly { readonly repository: string; readonly seen: readonly PlaceSeen[] }[];
  readonly evidence: readonly EvidenceSeen[];
  readonly skipped: readonly SkippedEvidence[];
  /** Why its evidence could not be read. */
  readonly fault?: Failed;
  readonly sboms: readonly SbomSeen[];
}

/** What a first look at an image found. */
export interface ProbeReport {
  readonly kind: "seen";
  readonly at: Instant;
  readonly image: Pick<Findings, "reference" | "digest" | "mediaType" | "kind" | "platforms">;
  readonly subjects: readonly SubjectReport[];
  readonly tags: { readonly kind: "listed"; readonly total: number; readonly ofEvidence: number } | Failed;
  readonly profile?: Pick<Profile, "id" | "name" | "mode" | "signerHint" | "notice"> &
    Pick<Claimant, "origin">;
  readonly judgement: Omit<Judgement, "results">;
  /** What differs from the profile, or what it cannot know; sentences. */
  readonly differences: readonly string[];
  /** What could be configured, in YAML. Nobody has confirmed it. */
  readonly draft: string;
}

/** Whether a profile accepts the image as it is. */
export function isAccepted(report: ProbeReport | Absent): report is ProbeReport {
  return report.kind === "seen" && report.judgement.kind === "accepted";
}

/** Puts together what a look means. */
export function reportOn(findings: Findings, claimant: Claimant | undefined, at: Instant): ProbeReport {
  const { results, ...judgement } = judgementOf(findings, claimant);
  const subjects = findings.subjects.map((seen) => subjectReport(seen, results.get(seen.digest) ?? []));
  const { reference, digest, mediaType, kind, platforms, tags } = findings;
  const seen = { image: { reference, digest, mediaType, kind, platforms }, subjects, judgement };
  return {
    kind: "seen",
    at,
    ...seen,
    tags:
      tags.kind === "failed"
        ? tags
        : { kind: "listed", total: tags.tags.length, ofEvidence: tags.tags.filter(isOfEvidence).length },
    ...(claimant === undefined ? {} : { profile: profileIn(claimant) }),
    differences: differencesOf(seen, claimant?.profile.policy),
    draft: draftOf({ ...seen, repository: findings.repository }, claimant),
  };
}

function judgementOf(findings: Findings, claimant: Claimant | undefined): Judgement {
  const results = new Map();
  if (claimant === undefined)
    return { kind: "unknown", reason: "no profile claims this repository", results };
  const { rules, profile } = claimant;
  if ("fault" in rules) return { kind: "unknown", reason: rules.fault, results };
  const judgement = judge(findings, rules);
  return judgement.kind === "unknown" && rules.policy.signers.groups.length === 0
    ? { ...judgement, reason: profile.signerHint }
    : judgement;
}

function profileIn({ profile, origin }: Claimant): NonNullable<ProbeReport["profile"]> {
  const { id, name, mode, signerHint, notice } = profile;
  return { id, name, mode, signerHint, origin, ...(notice === undefined ? {} : { notice }) };
}

function subjectReport(seen: SubjectSeen, results: readonly CandidateResult[]): SubjectReport {
  const { digest, platform, places, collected } = seen;
  const subject = { digest, ...(platform === undefined ? {} : { platform }) };
  const asked = places.map(({ repository, seen: answers }) => ({
    repository: renderRepository(repository),
    seen: answers,
  }));
  if (collected.kind === "failed") {
    return { ...subject, places: asked, evidence: [], skipped: [], fault: collected, sboms: [] };
  }
  const manifests = new Map(collected.manifests.map((manifest) => [manifest.digest, manifest]));
  return {
    ...subject,
    places: asked,
    // Results stand in the order of the candidates.
    evidence: collected.evidence.candidates.map((candidate, position) => {
      const { artifactType, createdAt, layers = [] } = manifests.get(candidate.source.manifest) ?? {};
      const layer = layers.find((each) => each.digest === candidate.source.layer);
      const result = results[position];
      const predicateType = predicateTypeOf(candidate) ?? result?.predicateType ?? layer?.predicateType;
      return {
        ...subject,
        kind: candidate.kind,
        ...placeOf(candidate.source),
        size: layer?.size ?? 0,
        ...(artifactType === undefined ? {} : { artifactType }),
        ...(predicateType === undefined ? {} : { predicateType }),
        ...(createdAt === undefined ? {} : { createdAt }),
        claims: hintsOf(candidate),
        ...(result === undefined ? {} : { outcome: outcomeOf(result) }),
      };
    }),
    skipped: collected.evidence.skipped,
    sboms: sbomsOn(seen, results),
  };
}

function placeOf({
  place,
  manifest,
  repository,
}: Candidate["source"]): Pick<EvidenceSeen, "place" | "manifest" | "repository"> {
  return { place, manifest, ...(repository === undefined ? {} : { repository: nameOf(repository) }) };
}

function nameOf(repository: Repository): string {
  return renderRepository(repository);
}

function predicateTypeOf(candidate: Candidate): string | undefined {
  try {
    return claimedStatementOf(candidate)?.predicateType;
  } catch {
    // What is wrong with it is said by its outcome.
    return undefined;
  }
}

function outcomeOf({ outcome }: CandidateResult): NonNullable<EvidenceSeen["outcome"]> {
  if (outcome.kind === "refused") return outcome;
  const { signer, timeProof } = outcome;
  const name = `${signer.name}: ${renderSigner(signer)}`;
  return { kind: "accepted", signer: name, ...(timeProof === undefined ? {} : { timeProof }) };
}

/** Tags that stand for evidence are no releases. */
function isOfEvidence(tag: string): boolean {
  return /^sha256-[0-9a-f]{64}(?:\.[a-z]+)?$/.test(tag);
}
