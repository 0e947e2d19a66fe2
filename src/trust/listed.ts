import { messageOf } from "../errors.ts";
import type { Digest } from "../image/digest.ts";
import type { EvidenceSource, SkippedEvidence } from "./evidence.ts";
import type { Signer } from "./signer.ts";
import { isAbout, parseStatement } from "./statement.ts";
import type { VerifiedStatement } from "./verdict.ts";

/**
 * An unsigned statement that an index lists beside its platforms. The index names the manifest that carries it by digest, so who signed the
 * index signed it too; where nobody did, it is worth nothing.
 *
 * @see BuildKit docs/attestations/attestation-storage.md
 */
export interface ListedStatement {
  readonly source: EvidenceSource;
  /** The in-toto statement, byte for byte. */
  readonly statement: Uint8Array;
}

/** What an index lists about one of its platforms. */
export interface ListedStatements {
  readonly statements: readonly ListedStatement[];
  readonly skipped: readonly SkippedEvidence[];
}

/** Who stands behind the index that lists a statement. */
export interface ListedBy {
  readonly signer: Signer;
  readonly groups: readonly string[];
}

/**
 * The listed statements that are about exactly this digest, the last one first. One about something else counts for nothing, and says nothing
 * against the image. Never throws.
 *
 * @param by who signed the index, which was verified
 */
export function listedOn(
  digest: Digest,
  { statements, skipped }: ListedStatements,
  by: ListedBy,
): { readonly statements: readonly VerifiedStatement[]; readonly skipped: readonly SkippedEvidence[] } {
  const read = statements.map((listed) => readListed(digest, listed, by));
  return {
    statements: read.flatMap((each) => ("statement" in each ? [each.statement] : [])).toReversed(),
    skipped: [...skipped, ...read.flatMap((each) => ("skipped" in each ? [each.skipped] : []))],
  };
}

const DETAIL_LENGTH_MAX = 80;

function readListed(
  digest: Digest,
  { source, statement: bytes }: ListedStatement,
  by: ListedBy,
): { readonly statement: VerifiedStatement } | { readonly skipped: SkippedEvidence } {
  const { place, layer } = source;
  try {
    const statement = parseStatement(bytes);
    if (!isAbout(statement, digest)) return { skipped: { place, reason: "other-subject", detail: layer } };
    const { predicateType, predicate } = statement;
    return { statement: { predicateType, predicate, size: bytes.byteLength, source, ...by } };
  } catch (error) {
    const detail = messageOf(error).slice(0, DETAIL_LENGTH_MAX);
    return { skipped: { place, reason: "unknown-type", detail } };
  }
}
