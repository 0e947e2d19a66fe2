import { CodedError } from "../../errors.ts";
import { dashedOf, type Digest } from "../../image/digest.ts";
import { type Descriptor, type Manifest, MANIFEST_BYTES_MAX } from "../../image/manifest.ts";
import { type ImageId, parseTag, type Repository } from "../../image/reference.ts";
import {
  type Candidate,
  CANDIDATE_BYTES_MAX,
  CANDIDATES_MAX,
  type Evidence,
  type EvidenceSource,
  type SkippedEvidence,
} from "../../trust/evidence.ts";
import type { Content } from "./content.ts";
import { mapParallel } from "./parallel.ts";
import type { Referrer, Referrers } from "./referrers.ts";
import { condense, skipOf } from "./skip.ts";

/** Requests of one collection at a time, so that one image does not take all connections of its registry. */
const AT_A_TIME = 4;

const BUNDLE_MEDIA_TYPE = /^application\/vnd\.dev\.sigstore\.bundle(?:\.v0\.\d\+json|\+json;version=0\.\d)$/;

export interface EvidenceReader {
  readonly content: Content;
  readonly referrers: Referrers;
  /** Bytes of all candidates together at most. */
  readonly bytesMax: number;
}

type Place = EvidenceSource["place"];
type Outcome<Found> =
  | { readonly kind: "found"; readonly found: Found }
  | { readonly kind: "skipped"; readonly skipped: SkippedEvidence };

type PieceKind = "cosign-signature" | "cosign-attestation" | "sigstore-bundle";

/** A layer that could be a candidate, and the manifest it was found in. */
interface Piece {
  readonly kind: PieceKind;
  readonly layer: Descriptor;
  readonly source: EvidenceSource;
}

/**
 * Collects what claims to prove something about a digest. The union of all places: a bundle must not hide a signature in a tag.
 * A piece that is too large, gone or strange is skipped and named; a place that does not answer is an error.
 *
 * @param also repositories to look at beside the image's own
 */
export async function collectEvidence(
  reader: EvidenceReader,
  image: ImageId,
  signal: AbortSignal,
  also: readonly Repository[] = [],
): Promise<Evidence> {
  const carriers = await Promise.all([
    carriersIn(reader, image, signal),
    ...also.map(async (repository) => {
      const found = await carriersIn(reader, { repository, digest: image.digest }, signal);
      return found.map((outcome) => hungIn(repository, outcome));
    }),
  ]);
  const outcomes = admitted(carriers.flat().flatMap(piecesOf), reader.bytesMax);
  const fetched = await mapParallel(outcomes, AT_A_TIME, (outcome) =>
    outcome.kind === "found"
      ? fetchCandidate(reader, image, outcome.found, signal)
      : Promise.resolve(outcome),
  );
  return {
    digest: image.digest,
    candidates: fetched.flatMap((outcome) => (outcome.kind === "found" ? [outcome.found] : [])),
    skipped: condense(fetched.flatMap((outcome) => (outcome.kind === "skipped" ? [outcome.skipped] : []))),
  };
}

async function carriersIn(
  reader: EvidenceReader,
  image: ImageId,
  signal: AbortSignal,
): Promise<readonly Outcome<Carrier>[]> {
  const carriers = await Promise.all([
    taggedCarrier(reader, image, "sig-tag", signal),
    taggedCarrier(reader, image, "att-tag", signal),
    referringCarriers(reader, image, signal),
  ]);
  return carriers.flat();
}

function hungIn(repository: Repository, outcome: Outcome<Carrier>): Outcome<Carrier> {
  return outcome.kind === "found" ? { kind: "found", found: { ...outcome.found, repository } } : outcome;
}

/** A manifest that may carry evidence. */
interface Carrier {
  readonly place: Place;
  /** Where it is, if not in the image's own repository. */
  readonly repository?: Repository;
  readonly digest: Digest;
  readonly manifest: Manifest;
}

async function taggedCarrier(
  { content }: EvidenceReader,
  { repository, digest }: ImageId,
  place: "sig-tag" | "att-tag",
  signal: AbortSignal,
): Promise<readonly Outcome<Carrier>[]> {
  const tag = parseTag(`${dashedOf(digest)}.${place === "sig-tag" ? "sig" : "att"}`);
  return orSkip(place, tag, async () => {
    const tagged = await content.taggedManifest(repository, tag, signal);
    return tagged === undefined ? [] : [{ kind: "found", found: { place, ...tagged } }];
  });
}

async function referringCarriers(
  { content, referrers }: EvidenceReader,
  image: ImageId,
  signal: AbortSignal,
): Promise<readonly Outcome<Carrier>[]> {
  const list = await referrers.of(image, signal);
  const place = "referrer";
  const skipped: SkippedEvidence[] = [...list.skipped];
  const beyond = list.referrers.length - CANDIDATES_MAX;
  if (beyond > 0) skipped.push({ place, reason: "too-many", detail: `${beyond} more referrers` });

  const first = likelyFirst(list.referrers).slice(0, CANDIDATES_MAX);
  const found = await mapParallel(first, AT_A_TIME, ({ digest, size }) =>
    orSkip<Carrier>(place, digest, async () => {
      if (size > MANIFEST_BYTES_MAX) return [skip(place, "too-large", digest)];
      const manifest = await content.manifest({ repository: image.repository, digest }, "evidence", signal);
      // A list can name anything: only the manifest itself says what it is about.
      if (manifest.subject?.digest !== image.digest) return [skip(place, "other-subject", digest)];
      return [{ kind: "found", found: { place, digest, manifest } }];
    }),
  );
  return [...skipped.map((entry) => ({ kind: "skipped", skipped: entry }) as const), ...found.flat()];
}

/** Reports by the hundred must not push out a signature. What does not say what it is comes before what is something else. */
function likelyFirst(referrers: readonly Referrer[]): readonly Referrer[] {
  return referrers.toSorted((a, b) => unlikelinessOf(a) - unlikelinessOf(b));
}

function unlikelinessOf({ artifactType }: Referrer): number {
  if (artifactType === undefined || artifactType.startsWith("application/vnd.oci.")) return 1;
  return /sigstore|cosign|dsse/.test(artifactType) ? 0 : 2;
}

function piecesOf(outcome: Outcome<Carrier>): readonly Outcome<Piece>[] {
  if (outcome.kind === "skipped") return [outcome];
  const { place, digest, manifest, repository } = outcome.found;
  if (manifest.kind === "index") return [skip(place, "unknown-type", manifest.mediaType)];
  const subject = manifest.subject?.digest;
  return manifest.layers.map((layer) => {
    const kind = kindOfLayer(layer.mediaType);
    if (kind === undefined) return skip(place, "unknown-type", layer.mediaType);
    const source = {
      place,
      manifest: digest,
      layer: layer.digest,
      ...(subject === undefined ? {} : { subject }),
      ...(repository === undefined ? {} : { repository }),
    };
    return { kind: "found", found: { kind, layer, source } };
  });
}

function kindOfLayer(mediaType: string): PieceKind | undefined {
  if (mediaType === "application/vnd.dev.cosign.simplesigning.v1+json") return "cosign-signature";
  if (mediaType === "application/vnd.dsse.envelope.v1+json") return "cosign-attestation";
  return BUNDLE_MEDIA_TYPE.test(mediaType) ? "sigstore-bundle" : undefined;
}

/** Keeps what fits into the limits, small ones first: whoever attaches a huge piece must not push out a signature of 200 bytes. */
function admitted(outcomes: readonly Outcome<Piece>[], bytesMax: number): readonly Outcome<Piece>[] {
  const bySize = outcomes
    .flatMap((outcome) => (outcome.kind === "found" ? [outcome] : []))
    .toSorted((a, b) => a.found.layer.size - b.found.layer.size);
  const refused = new Map<Outcome<Piece>, Outcome<Piece>>();
  let bytes = 0;
  for (const [position, outcome] of bySize.entries()) {
    const { layer, source } = outcome.found;
    bytes += layer.size;
    if (position >= CANDIDATES_MAX) refused.set(outcome, skip(source.place, "too-many", layer.digest));
    else if (layer.size > CANDIDATE_BYTES_MAX || bytes > bytesMax) {
      refused.set(outcome, skip(source.place, "too-large", layer.digest));
    }
  }
  return outcomes.map((outcome) => refused.get(outcome) ?? outcome);
}

async function fetchCandidate(
  { content }: EvidenceReader,
  image: ImageId,
  { kind, layer, source }: Piece,
  signal: AbortSignal,
): Promise<Outcome<Candidate>> {
  const [outcome] = await orSkip<Candidate>(source.place, layer.digest, async () => {
    const { repository = image.repository } = source;
    const bytes = await content.blob({ repository, digest: layer.digest }, layer.size, signal);
    return [{ kind: "found", found: candidateOf(kind, source, bytes, layer.annotations ?? {}) }];
  });
  return outcome ?? skip(source.place, "vanished", layer.digest);
}

function candidateOf(
  kind: PieceKind,
  source: EvidenceSource,
  bytes: Uint8Array,
  annotations: Readonly<Record<string, string>>,
): Candidate {
  switch (kind) {
    case "cosign-signature":
      return { kind, source, payload: bytes, annotations };
    case "cosign-attestation":
      return { kind, source, envelope: bytes, annotations };
    case "sigstore-bundle":
      return { kind, source, bundle: bytes };
    default:
      return kind satisfies never;
  }
}

async function orSkip<Found>(
  place: Place,
  detail: string,
  read: () => Promise<readonly Outcome<Found>[]>,
): Promise<readonly Outcome<Found>[]> {
  try {
    return await read();
  } catch (thrown) {
    const skipped = thrown instanceof CodedError ? skipOf(thrown, place, detail) : undefined;
    if (skipped === undefined) throw thrown;
    return [{ kind: "skipped", skipped }];
  }
}

function skip(
  place: Place,
  reason: SkippedEvidence["reason"],
  detail: string,
): { readonly kind: "skipped"; readonly skipped: SkippedEvidence } {
  return { kind: "skipped", skipped: { place, reason, detail } };
}
