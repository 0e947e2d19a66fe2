import type { Findings, SubjectSeen } from "../../../src/cli/probe/findings.ts";
import { type Claimant, type ProbeReport, reportOn } from "../../../src/cli/probe/report.ts";
import { type Bench, judgedBy } from "../../../src/cli/probe/verdict.ts";
import { CodedError } from "../../../src/errors.ts";
import { type Digest, digestOf } from "../../../src/image/digest.ts";
import { parseRepository, parseTag } from "../../../src/image/reference.ts";
import { EVIDENCE_PLACES, type PlaceSeen } from "../../../src/ports/registry-inspection.ts";
import type { Candidate } from "../../../src/trust/evidence.ts";
import type { VerificationPolicy } from "../../../src/trust/policy.ts";
import { instantOf } from "../../../src/time.ts";
import type { Rules } from "../../../src/trust/verify.ts";
import type { Profile } from "../../../src/vendor/profile.ts";
import { keyPolicy, rulesOf } from "../../fakes/policy.ts";
import {
  attestationCandidate,
  attestationLayer,
  envelopeDocument,
  newSigningKey,
  signatureCandidate,
  signatureLayer,
  simpleSigningPayload,
  statementPayload,
  trustedHalfOf,
} from "../../fakes/signer.ts";

export const REPOSITORY = parseRepository("registry.example/acme/base");
export const INDEX = digestOf(Buffer.from("index"));
export const AMD64 = digestOf(Buffer.from("linux/amd64"));
export const ARM64 = digestOf(Buffer.from("linux/arm64"));
export const VENDOR = newSigningKey();
export const STRANGER = newSigningKey();

const COMPONENTS = [
  { type: "library", name: "musl", version: "1.2", purl: "pkg:apk/alpine/musl@1.2" },
  { type: "library", name: "zlib", version: "1.3", purl: "pkg:apk/alpine/zlib@1.3" },
  { type: "library", name: "left-pad", version: "1.0.0", purl: "pkg:npm/left-pad@1.0.0" },
];
export const SBOM = { bomFormat: "CycloneDX", specVersion: "1.6", components: COMPONENTS };

export function signed(digest: Digest, key = VENDOR): Candidate {
  return signatureCandidate(signatureLayer(simpleSigningPayload(digest), key));
}

/** An attestation with an SBOM, or with whatever is given for one. */
export function attested(
  digest: Digest,
  key = VENDOR,
  more: Parameters<typeof statementPayload>[1] = {},
): Candidate {
  const envelope = envelopeDocument(statementPayload(digest, { predicate: SBOM, ...more }), [key]);
  return attestationCandidate(attestationLayer(envelope));
}

/** What every place answers unless told otherwise. */
export function places(
  answers: Partial<Record<PlaceSeen["place"], PlaceSeen["answer"]>> = {},
): readonly PlaceSeen[] {
  return EVIDENCE_PLACES.map((place) => ({
    place,
    answer: answers[place] ?? { kind: "absent", status: 404 },
  }));
}

export function seen(
  digest: Digest,
  candidates: readonly Candidate[] = [],
  more: Partial<SubjectSeen> = {},
): SubjectSeen {
  return {
    digest,
    places: [{ repository: REPOSITORY, seen: places() }],
    collected: { kind: "collected", evidence: { digest, candidates, skipped: [] }, manifests: [] },
    ...more,
  };
}

/** An index with evidence on it and on its platforms. */
export function findingsOf(
  root: readonly Candidate[],
  ofPlatforms: readonly (readonly Candidate[])[] = [[], []],
  more: Partial<Findings> = {},
): Findings {
  const platforms = [
    { digest: AMD64, platform: "linux/amd64" },
    { digest: ARM64, platform: "linux/arm64" },
  ];
  return {
    reference: "registry.example/acme/base:1",
    repository: REPOSITORY,
    digest: INDEX,
    kind: "seen",
    manifest: indexOf(platforms),
    platforms,
    subjects: [
      seen(INDEX, root),
      ...platforms.map(({ digest, platform }, position) =>
        seen(digest, ofPlatforms[position] ?? [], { platform }),
      ),
    ],
    tags: { kind: "listed", tags: [parseTag("1"), parseTag(`sha256-${"0".repeat(64)}.sig`)] },
    ...more,
  };
}

function indexOf(platforms: Findings["platforms"]): Findings["manifest"] {
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  return {
    kind: "index",
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: platforms.map(({ digest, platform }) => {
      const [os = "", architecture = ""] = platform.split("/");
      return { mediaType, digest, size: 2, platform: { os, architecture }, annotations: undefined };
    }),
    annotations: undefined,
  };
}

/** An image of one platform, with evidence on it. */
export function singleOf(candidates: readonly Candidate[]): Findings {
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const config = {
    mediaType: "application/vnd.oci.image.config.v1+json",
    digest: AMD64,
    size: 2,
    annotations: undefined,
  };
  return {
    ...findingsOf([]),
    manifest: { kind: "image", mediaType, config, layers: [], annotations: undefined },
    platforms: [],
    subjects: [seen(INDEX, candidates)],
  };
}

/** A profile that trusts the vendor's key. */
export function profileOf(
  policy: Partial<VerificationPolicy> = {},
  { origin = "vendor", ...profile }: Partial<Profile> & Partial<Pick<Claimant, "origin">> = {},
): Omit<Claimant, "judged"> {
  return {
    origin,
    profile: {
      id: "acme",
      name: "Acme Hardened Images",
      images: [/^registry\.example\/acme\/base$/],
      policy: keyPolicy([trustedHalfOf(VENDOR, "Acme")], policy),
      signerHint: "Pin Acme's key.",
      mode: "observed",
      ...profile,
    },
  };
}

/** What has no evidence of its own among the findings cannot be asked. */
export const AWAY: Bench["registry"] = {
  async evidenceOf() {
    throw new CodedError("registry-forbidden", "it was not looked at");
  },
  async configOf() {
    return { kind: "none", reason: "it was not looked at" };
  },
  async listedStatements() {
    return { statements: [], skipped: [] };
  },
};

const AT = instantOf(Date.UTC(2026, 10, 23, 12));

/** A look and what a profile makes of it. */
export async function reportFor(
  findings: Findings,
  claimant: Omit<Claimant, "judged"> = profileOf(),
  {
    roots = new Map(),
    registry = AWAY,
  }: { readonly roots?: Rules["roots"]; readonly registry?: Bench["registry"] } = {},
): Promise<ProbeReport> {
  const { profile } = claimant;
  const rules = rulesOf(profile.policy, { roots });
  const judged = await judgedBy(
    findings,
    { profile, rules, roots: [], registry },
    new AbortController().signal,
  );
  return reportOn(findings, { ...claimant, judged }, AT);
}
