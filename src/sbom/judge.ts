import { InvalidInputError } from "../errors.ts";
import type { Digest } from "../image/digest.ts";
import type { Evidence } from "../trust/evidence.ts";
import type { Verdict, VerifiedStatement } from "../trust/verdict.ts";
import { type FoundSboms, type Rules, type SbomFindings, sbomOn, signedOn } from "../trust/verify.ts";
import { sbomFormatOf } from "./format.ts";
import { type PackedComponents, packedOf } from "./packed.ts";
import { readSbom } from "./read.ts";

/** What a verified SBOM says, or why it cannot be read. */
export type ReadSbom =
  | { readonly kind: "read"; readonly components: PackedComponents }
  | { readonly kind: "unreadable"; readonly reason: string };

/** What is judged. */
export interface Question {
  readonly digest: Digest;
  readonly evidence: Evidence;
  /**
   * `image`: who stands behind the digest; what the policy requires beside signatures and SBOM is only told. `platform`: what is said of one
   * platform; the index that lists it was judged before, and the groups that signed it are those that may sign this.
   */
  readonly about: "image" | { readonly kind: "platform"; readonly groups: readonly string[] };
}

/** What came out. Predicates stay where they were read: an SBOM of 40 MB must not be copied. */
export interface Judgement {
  /** Absent where only the SBOM was asked about. */
  readonly verdict?: Verdict;
  readonly findings: FoundSboms;
  /** The best verified SBOM about this digest. */
  readonly sbom?: ReadSbom;
}

/** Judges evidence and reads the SBOM that it proves. Never throws. */
export function judgementOn({ digest, evidence, about }: Question, rules: Rules): Judgement {
  if (about !== "image") {
    return withSbom(sbomOn(digest, evidence, rules, { isSbom, signedBy: about.groups }), {});
  }
  const { verdict, findings } = signedOn(digest, evidence, rules, isSbom);
  return withSbom(findings, { verdict });
}

function withSbom({ statements, ...findings }: SbomFindings, judged: Pick<Judgement, "verdict">): Judgement {
  const [best] = statements;
  return {
    ...judged,
    findings: { ...findings, statements: statements.map(({ predicate: _predicate, ...rest }) => rest) },
    ...(best === undefined ? {} : { sbom: sbomIn(best) }),
  };
}

function sbomIn({ predicateType, predicate }: VerifiedStatement): ReadSbom {
  try {
    return { kind: "read", components: packedOf(readSbom(predicateType, predicate)) };
  } catch (error) {
    // Signed and unreadable is an answer: the image is proven, its components are not known.
    if (error instanceof InvalidInputError) return { kind: "unreadable", reason: error.message };
    throw error;
  }
}

function isSbom(predicateType: string): boolean {
  return sbomFormatOf(predicateType) !== undefined;
}
