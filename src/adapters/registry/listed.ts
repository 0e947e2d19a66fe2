import { withDeadline } from "../../deadline.ts";
import type { Digest } from "../../image/digest.ts";
import { type Descriptor, type ImageIndex, MANIFEST_BYTES_MAX } from "../../image/manifest.ts";
import type { ImageId } from "../../image/reference.ts";
import type { ListedQuestion } from "../../ports/registry.ts";
import { SBOM_BYTES_MAX } from "../../sbom/component.ts";
import type { EvidenceSource } from "../../trust/evidence.ts";
import type { ListedStatement, ListedStatements } from "../../trust/listed.ts";
import type { EvidenceReader } from "./evidence.ts";
import { type Finding, foundIn, orSkip, skip, skippedIn } from "./finding.ts";
import { predicateRankOf } from "./likely.ts";
import { PREDICATE_TYPE_ANNOTATION } from "./referrers.ts";
import { condense } from "./skip.ts";

const PLACE = "index";
const STATEMENT_TYPE = "application/vnd.in-toto+json";
/** What says of an entry of an index that it holds statements, and about which other entry. */
const TYPE_ANNOTATION = "vnd.docker.reference.type";
const SUBJECT_ANNOTATION = "vnd.docker.reference.digest";
/** BuildKit writes one per platform. */
const MANIFESTS_MAX = 4;
/** An SBOM of each stage of a build may be there. */
const STATEMENTS_MAX = 16;
/** Statements that come after those that do not say what they are: nobody reads them here. */
const UNWANTED_RANK = predicateRankOf("other");
const PROVENANCE_RANK = predicateRankOf("https://slsa.dev/provenance/v1");

/** The statements that an index lists about a platform. What is read was hashed, and is what the index names. */
export async function listedStatements(
  { content, collectionMs }: EvidenceReader,
  { image, manifest, platform }: ListedQuestion,
  signal: AbortSignal,
): Promise<ListedStatements> {
  return withDeadline(signal, collectionMs, async (limited) => {
    const entries = entriesOf(manifest, platform);
    const findings: Finding<ListedStatement>[] = [];
    for (const entry of entries.slice(0, MANIFESTS_MAX)) {
      const layers = await layersOf(content, { image, entry, platform }, limited);
      for (const finding of withinLimits(layers)) {
        findings.push(...(await readOf(content, image, finding, limited)));
      }
    }
    const more = entries.length - MANIFESTS_MAX;
    if (more > 0) findings.push(skip(PLACE, "too-many", `${more} more manifests of statements`));
    return { statements: foundIn(findings), skipped: condense(skippedIn(findings)) };
  });
}

function entriesOf({ manifests }: ImageIndex, platform: Digest): readonly Descriptor[] {
  return manifests.filter(
    ({ annotations }) =>
      annotations?.[TYPE_ANNOTATION] === "attestation-manifest" &&
      annotations[SUBJECT_ANNOTATION] === platform,
  );
}

interface Layer {
  readonly layer: Descriptor;
  readonly source: EvidenceSource;
}

interface Listed {
  readonly image: ImageId;
  readonly entry: Descriptor;
  readonly platform: Digest;
}

/** The statements of one manifest that may be SBOMs or VEX, the likely ones first. */
async function layersOf(
  content: EvidenceReader["content"],
  { image, entry, platform }: Listed,
  signal: AbortSignal,
): Promise<readonly Finding<Layer>[]> {
  const { digest, size } = entry;
  if (size > MANIFEST_BYTES_MAX) return [skip(PLACE, "too-large", digest)];
  return orSkip<Layer>(PLACE, digest, async () => {
    const manifest = await content.manifest({ ...image, digest }, "evidence", signal);
    if (manifest.kind === "index") return [skip(PLACE, "unknown-type", manifest.mediaType)];
    const subject = manifest.subject?.digest;
    // BuildKit of old names none. One that names another is about another.
    if (subject !== undefined && subject !== platform) return [skip(PLACE, "other-subject", digest)];
    return manifest.layers
      .filter((layer) => layer.mediaType === STATEMENT_TYPE && isWanted(layer))
      .toSorted((a, b) => rankOf(a) - rankOf(b))
      .map((layer) => ({
        kind: "found",
        found: {
          layer,
          source: {
            place: PLACE,
            manifest: digest,
            layer: layer.digest,
            ...(subject === undefined ? {} : { subject }),
          },
        },
      }));
  });
}

function rankOf({ annotations }: Descriptor): number {
  return predicateRankOf(annotations?.[PREDICATE_TYPE_ANNOTATION]);
}

function isWanted(layer: Descriptor): boolean {
  const rank = rankOf(layer);
  return rank < UNWANTED_RANK && rank !== PROVENANCE_RANK;
}

function withinLimits(findings: readonly Finding<Layer>[]): readonly Finding<Layer>[] {
  let count = 0;
  let bytes = 0;
  return findings.map((finding) => {
    if (finding.kind === "skipped") return finding;
    const { digest, size } = finding.found.layer;
    count += 1;
    if (count > STATEMENTS_MAX) return skip(PLACE, "too-many", digest);
    // All of them together are no more than one SBOM may be.
    if (bytes + size > SBOM_BYTES_MAX) return skip(PLACE, "too-large", digest);
    bytes += size;
    return finding;
  });
}

function readOf(
  content: EvidenceReader["content"],
  image: ImageId,
  finding: Finding<Layer>,
  signal: AbortSignal,
): Promise<readonly Finding<ListedStatement>[]> {
  if (finding.kind === "skipped") return Promise.resolve([finding]);
  const { layer, source } = finding.found;
  return orSkip<ListedStatement>(PLACE, layer.digest, async () => {
    const statement = await content.blob({ ...image, digest: layer.digest }, layer.size, signal);
    return [{ kind: "found", found: { source, statement } }];
  });
}
