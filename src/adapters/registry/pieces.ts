import type { Digest } from "../../image/digest.ts";
import type { Descriptor, ImageManifest, Manifest } from "../../image/manifest.ts";
import type { Repository } from "../../image/reference.ts";
import {
  type Candidate,
  CANDIDATE_BYTES_MAX,
  CANDIDATES_MAX,
  type EvidenceSource,
  MANIFEST_SIGNATURE_BYTES_MAX,
  MANIFEST_SIGNATURES_MAX,
  SIGNED_MANIFESTS_MAX,
} from "../../trust/evidence.ts";
import { type Finding, foundIn, type Place, skip } from "./finding.ts";
import { predicateRankOf } from "./likely.ts";
import { PREDICATE_TYPE_ANNOTATION } from "./referrers.ts";

const BUNDLE_MEDIA_TYPE = /^application\/vnd\.dev\.sigstore\.bundle(?:\.v0\.\d\+json|\+json;version=0\.\d)$/;
const NOTATION_TYPE = "application/vnd.cncf.notary.signature";
const NOTATION_LAYERS: ReadonlySet<string> = new Set(["application/jose+json", "application/cose"]);

/** A manifest that may carry evidence. */
export interface Carrier {
  readonly place: Place;
  /** Where it is, if not in the image's own repository. */
  readonly repository?: Repository;
  readonly digest: Digest;
  readonly manifest: Manifest;
}

/** A layer that could be a candidate, and the manifest it was found in. */
export interface Piece {
  readonly kind: Candidate["kind"];
  readonly layer: Descriptor;
  readonly source: EvidenceSource;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The layers of a manifest that could be candidates; the others are named. */
export function piecesOf(finding: Finding<Carrier>): readonly Finding<Piece>[] {
  if (finding.kind === "skipped") return [finding];
  const { place, digest, manifest, repository } = finding.found;
  if (manifest.kind === "index") return [skip(place, "unknown-type", manifest.mediaType)];
  if (isNotation(manifest) && manifest.layers.length !== 1) {
    // The specification has exactly one envelope: which of several counts is nothing to guess.
    return [skip(place, "unknown-type", `${NOTATION_TYPE} with ${manifest.layers.length} layers`)];
  }
  const subject = manifest.subject?.digest;
  return manifest.layers.map((layer) => {
    const kind = kindOf(layer.mediaType, manifest, place);
    if (kind === undefined) return skip(place, "unknown-type", layer.mediaType);
    const source = {
      place,
      manifest: digest,
      layer: layer.digest,
      ...(subject === undefined ? {} : { subject }),
      ...(repository === undefined ? {} : { repository }),
    };
    return {
      kind: "found",
      found: { kind, layer, source, annotations: annotationsOf(kind, layer, manifest) },
    };
  });
}

/** Of what hangs on a manifest that carries a statement only what can sign it: no statements about statements. */
export function signaturesAmong(findings: readonly Finding<Piece>[]): readonly Finding<Piece>[] {
  const signatures = findings.map((finding) =>
    finding.kind === "skipped" || isSignature(finding.found)
      ? finding
      : skip(finding.found.source.place, "unknown-type", finding.found.layer.mediaType),
  );
  let count = 0;
  return signatures.map((finding) => {
    if (finding.kind === "skipped") return finding;
    const { layer, source } = finding.found;
    if (layer.size > MANIFEST_SIGNATURE_BYTES_MAX) return skip(source.place, "too-large", layer.digest);
    count += 1;
    return count > MANIFEST_SIGNATURES_MAX ? skip(source.place, "too-many", layer.digest) : finding;
  });
}

/** Keeps what fits into the limits. */
export function admitted(findings: readonly Finding<Piece>[], bytesMax: number): readonly Finding<Piece>[] {
  return withinSizes(withinSignedManifests(findings), bytesMax);
}

/** What may sign images comes by the dozen, scans and reports in hundreds: they must not push out the SBOM. */
function withinSignedManifests(findings: readonly Finding<Piece>[]): readonly Finding<Piece>[] {
  const ranked = foundIn(findings)
    .filter(({ kind }) => kind === "signed-manifest")
    .toSorted(
      (a, b) =>
        predicateRankOf(a.annotations[PREDICATE_TYPE_ANNOTATION]) -
        predicateRankOf(b.annotations[PREDICATE_TYPE_ANNOTATION]),
    );
  const carriers = new Set(ranked.map(({ source }) => carrierIdOf(source)));
  const kept = new Set([...carriers].slice(0, SIGNED_MANIFESTS_MAX));
  return findings.map((finding) => {
    if (finding.kind === "skipped" || finding.found.kind !== "signed-manifest") return finding;
    const { source } = finding.found;
    return kept.has(carrierIdOf(source)) ? finding : skip(source.place, "too-many", source.manifest);
  });
}

/** Small ones first: whoever attaches a huge piece must not push out a signature of 200 bytes. */
function withinSizes(findings: readonly Finding<Piece>[], bytesMax: number): readonly Finding<Piece>[] {
  const bySize = findings
    .flatMap((finding) => (finding.kind === "found" ? [finding] : []))
    .toSorted((a, b) => a.found.layer.size - b.found.layer.size);
  const refused = new Map<Finding<Piece>, Finding<Piece>>();
  let bytes = 0;
  for (const [position, finding] of bySize.entries()) {
    const { layer, source } = finding.found;
    bytes += layer.size;
    if (position >= CANDIDATES_MAX) refused.set(finding, skip(source.place, "too-many", layer.digest));
    else if (layer.size > CANDIDATE_BYTES_MAX || bytes > bytesMax) {
      refused.set(finding, skip(source.place, "too-large", layer.digest));
    }
  }
  return findings.map((finding) => refused.get(finding) ?? finding);
}

/** Tells manifests apart that carry something, wherever they are. */
export function carrierIdOf({ manifest, repository }: EvidenceSource): string {
  return repository === undefined ? manifest : `${repository.registry}/${repository.path}@${manifest}`;
}

function kindOf(mediaType: string, manifest: ImageManifest, place: Place): Piece["kind"] | undefined {
  if (mediaType === "application/vnd.dev.cosign.simplesigning.v1+json") return "cosign-signature";
  if (mediaType === "application/vnd.dsse.envelope.v1+json") return "cosign-attestation";
  if (BUNDLE_MEDIA_TYPE.test(mediaType)) return "sigstore-bundle";
  // The tags hold signatures and envelopes. What stands in a manifest of its own refers to its image.
  if (place !== "referrer") return undefined;
  if (mediaType === "application/vnd.in-toto+json") return "signed-manifest";
  return isNotation(manifest) && NOTATION_LAYERS.has(mediaType) ? "notation-signature" : undefined;
}

/** @see Notary Project specifications v1.1.0, signature-specification.md, "Storage"; older ones name the type in the config */
function isNotation({ artifactType, config }: ImageManifest): boolean {
  return (artifactType ?? config.mediaType) === NOTATION_TYPE;
}

function isSignature({ kind }: Piece): boolean {
  return kind === "cosign-signature" || kind === "sigstore-bundle";
}

/** A statement's manifest speaks of its one statement, so that what it says counts as if it stood at the layer. */
function annotationsOf(
  kind: Piece["kind"],
  layer: Descriptor,
  manifest: ImageManifest,
): Readonly<Record<string, string>> {
  return kind === "signed-manifest"
    ? { ...manifest.annotations, ...layer.annotations }
    : { ...layer.annotations };
}
