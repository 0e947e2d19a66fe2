import type { Digest } from "../image/digest.ts";
import type { Evidence } from "../trust/evidence.ts";
import { type ListedBy, type ListedStatements, listedOn } from "../trust/listed.ts";
import type { Verdict } from "../trust/verdict.ts";
import { type FoundSboms, type Rules, type SbomFindings, sbomOn, signedOn } from "../trust/verify.ts";
import { type Chosen, chosenOf, type ReadSbom } from "./choice.ts";
import type { SbomOrigin } from "./component.ts";
import { sbomFormatOf } from "./format.ts";
import { type PackedVex, packedVexOf } from "./vex-documents.ts";

/** What is judged. */
export interface Question {
  readonly digest: Digest;
  /** Empty where the question is about what an index lists. */
  readonly evidence: Evidence;
  /**
   * `image`: who stands behind the digest; what the policy requires beside signatures and SBOM is only told. `platform`: what is said of one
   * platform; the index that lists it was judged before, and the groups that signed it are those that may sign this. `listed`: the same of
   * what that index lists itself.
   */
  readonly about:
    | "image"
    | { readonly kind: "platform"; readonly groups: readonly string[] }
    | { readonly kind: "listed"; readonly listed: ListedStatements; readonly by: ListedBy };
  /** What the list will be compared with comes from there: of several SBOMs one like it is read. */
  readonly preferred?: SbomOrigin;
  /** Platforms of the digest, where it is an index: an SBOM that covers several of them is split. */
  readonly platforms?: readonly string[];
}

/** What came out. Predicates stay where they were read: an SBOM of 40 MB must not be copied. */
export interface Judgement {
  /** Absent where only the SBOM was asked about. */
  readonly verdict?: Verdict;
  readonly findings: FoundSboms;
  /** The best verified SBOM about this digest. */
  readonly sbom?: ReadSbom;
  /** Verified OpenVEX documents about this digest. */
  readonly vex?: PackedVex;
}

/** Judges evidence and reads the SBOM that it proves. Never throws. */
export function judgementOn(question: Question, rules: Rules): Judgement {
  const { digest, evidence, about } = question;
  if (about === "image") {
    const { verdict, findings } = signedOn(digest, evidence, rules, isSbom);
    return judgementIn(findings, question, verdict);
  }
  if (about.kind === "platform") {
    return judgementIn(sbomOn(digest, evidence, rules, { isSbom, signedBy: about.groups }), question);
  }
  const { statements, skipped } = listedOn(digest, about.listed, about.by);
  const findings = {
    statements: statements.filter(({ predicateType }) => isSbom(predicateType)),
    others: statements.filter(({ predicateType }) => !isSbom(predicateType)),
    requirements: [],
    results: [],
    skipped,
  };
  return judgementIn(findings, question);
}

function judgementIn(
  { statements, others, ...findings }: SbomFindings,
  question: Question,
  verdict?: Verdict,
): Judgement {
  const chosen = chosenOf(statements, question);
  const vex = packedVexOf(others);
  const sorted = chosen === undefined ? statements : [chosen.statement, ...without(statements, chosen)];
  return {
    ...(verdict === undefined ? {} : { verdict: withChosen(verdict, chosen) }),
    findings: {
      ...findings,
      statements: sorted.map(({ predicate: _predicate, size: _size, ...rest }) => rest),
    },
    ...(chosen === undefined ? {} : { sbom: chosen.read }),
    ...(vex === undefined ? {} : { vex }),
  };
}

function without(statements: SbomFindings["statements"], { statement }: Chosen): SbomFindings["statements"] {
  return statements.filter((other) => other !== statement);
}

/** The verdict names the SBOM that was read. */
function withChosen(verdict: Verdict, chosen: Chosen | undefined): Verdict {
  if (chosen === undefined || verdict.kind !== "verified" || verdict.sbom.kind !== "verified") return verdict;
  const { predicateType, source } = chosen.statement;
  return { ...verdict, sbom: { kind: "verified", predicateType, source } };
}

function isSbom(predicateType: string): boolean {
  return sbomFormatOf(predicateType) !== undefined;
}
