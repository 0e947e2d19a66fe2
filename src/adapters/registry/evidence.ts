import { withDeadline } from "../../deadline.ts";
import type { ImageId, Repository } from "../../image/reference.ts";
import {
  type Candidate,
  CANDIDATES_MAX,
  type Evidence,
  MANIFEST_SIGNATURES_MAX,
} from "../../trust/evidence.ts";
import { Blobs } from "./blobs.ts";
import { Carriers, type Reach } from "./carriers.ts";
import type { Content } from "./content.ts";
import { type Finding, foundIn, skippedIn } from "./finding.ts";
import { createTurns, type Turns, untilFirstFailure } from "./parallel.ts";
import { admitted, type Carrier, carrierIdOf, type Piece, piecesOf, signaturesAmong } from "./pieces.ts";
import type { Referrers } from "./referrers.ts";
import { condense } from "./skip.ts";

/** Requests of one collection at a time, so that one image does not take all connections of its registry. */
const AT_A_TIME = 4;
const PLACES = ["sig-tag", "att-tag", "referrer"] as const;
const REACH: Reach = { referrersMax: CANDIDATES_MAX };
/** Where a manifest that carries a statement may be signed. */
const MANIFEST_PLACES = ["sig-tag", "referrer"] as const;
/** Each manifest that carries a statement is a list of its own: what hangs on it is not followed as far. */
const MANIFEST_REACH: Reach = { referrersMax: MANIFEST_SIGNATURES_MAX, pagesMax: 5 };

export interface EvidenceReader {
  readonly content: Content;
  readonly referrers: Referrers;
  /** Bytes of all candidates together at most; what signs a manifest has a limit of its own. */
  readonly bytesMax: number;
  /** How long one collection may take. */
  readonly collectionMs: number;
}

/** Evidence, and every manifest that was fetched for it and is about what it hangs on. */
export interface CollectedEvidence {
  readonly evidence: Evidence;
  readonly carriers: readonly Carrier[];
}

type Signature = Extract<Candidate, { kind: "signed-manifest" }>["signatures"][number];

/** One collection, and how it asks. */
interface Collection {
  readonly reader: EvidenceReader;
  readonly image: ImageId;
  readonly also: readonly Repository[];
  readonly carriers: Carriers;
  readonly turn: Turns;
  readonly signal: AbortSignal;
}

/**
 * Collects what claims to prove something about a digest. The union of all places: a bundle must not hide a signature in a tag.
 * A piece that is too large, gone or strange is skipped and named; a place that does not answer is an error. A tag that moves between its
 * manifest and a blob is read once more.
 *
 * @param also repositories to look at beside the image's own
 */
export async function collectEvidence(
  reader: EvidenceReader,
  image: ImageId,
  signal: AbortSignal,
  also: readonly Repository[] = [],
): Promise<CollectedEvidence> {
  return withDeadline(signal, reader.collectionMs, (limited) =>
    untilFirstFailure(limited, (own) => collectWithin(reader, image, own, also)),
  );
}

async function collectWithin(
  reader: EvidenceReader,
  image: ImageId,
  signal: AbortSignal,
  also: readonly Repository[],
): Promise<CollectedEvidence> {
  const turn = createTurns(AT_A_TIME);
  const carriers = new Carriers({ ...reader, turn, signal });
  const collection = { reader, image, also, carriers, turn, signal };
  const first = await passOf(collection);
  return first.isTorn ? passOf(collection) : first;
}

/** What one look at all places finds; torn when a blob was gone that a manifest had just named. */
async function passOf(collection: Collection): Promise<CollectedEvidence & { readonly isTorn: boolean }> {
  const { reader, image, also, carriers, turn, signal } = collection;
  const { digest } = image;
  const sites = [
    { ...image, isElsewhere: false },
    ...also.map((repository) => ({ repository, digest, isElsewhere: true })),
  ];
  const found = await Promise.all(sites.map((site) => carriers.of(site, PLACES, REACH)));
  const pieces = admitted(found.flat().flatMap(piecesOf), reader.bytesMax);
  const signatures = await signaturesOf(collection, foundIn(pieces));

  const blobs = new Blobs({ content: reader.content, image, turn, signal });
  const read = (all: readonly Finding<Piece>[]): Promise<readonly Finding<Candidate>[]> =>
    Promise.all(all.map((piece) => blobs.candidateOf(piece)));
  const [candidates, ...signed] = await Promise.all([
    read(pieces),
    ...signatures.map(async (each) => ({ carrier: each.carrier, findings: await read(each.pieces) })),
  ]);
  const skipped = [candidates, ...signed.map(({ findings }) => findings)].flatMap(skippedIn);
  return {
    evidence: { digest, candidates: withSignatures(foundIn(candidates), signed), skipped: condense(skipped) },
    carriers: foundIn([found.flat(), ...signatures.map(({ carriers: own }) => own)].flat()),
    isTorn: blobs.isTorn,
  };
}

/** What claims to sign one manifest that carries a statement. */
interface SignedManifest {
  /** As {@link carrierIdOf} writes it. */
  readonly carrier: string;
  readonly carriers: readonly Finding<Carrier>[];
  readonly pieces: readonly Finding<Piece>[];
}

/** Looks for what claims to sign the manifests that carry a statement: in the repository where each hangs, and no deeper. */
async function signaturesOf(
  { carriers, image }: Collection,
  pieces: readonly Piece[],
): Promise<readonly SignedManifest[]> {
  const sources = new Map(
    pieces.flatMap(({ kind, source }) =>
      kind === "signed-manifest" ? [[carrierIdOf(source), source] as const] : [],
    ),
  );
  return Promise.all(
    [...sources].map(async ([carrier, { manifest: digest, repository }]) => {
      const isElsewhere = repository !== undefined;
      const site = { repository: repository ?? image.repository, digest, isElsewhere };
      const found = await carriers.of(site, MANIFEST_PLACES, MANIFEST_REACH);
      return { carrier, carriers: found, pieces: signaturesAmong(found.flatMap(piecesOf)) };
    }),
  );
}

function withSignatures(
  candidates: readonly Candidate[],
  signed: readonly { readonly carrier: string; readonly findings: readonly Finding<Candidate>[] }[],
): readonly Candidate[] {
  const byCarrier = new Map(
    signed.map(({ carrier, findings }) => [carrier, foundIn(findings).filter(isSignature)] as const),
  );
  return candidates.map((candidate) =>
    candidate.kind === "signed-manifest"
      ? { ...candidate, signatures: byCarrier.get(carrierIdOf(candidate.source)) ?? [] }
      : candidate,
  );
}

function isSignature(candidate: Candidate): candidate is Signature {
  return candidate.kind === "cosign-signature" || candidate.kind === "sigstore-bundle";
}
