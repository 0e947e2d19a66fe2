import { messageOf } from "../../errors.ts";
import type { ComponentList } from "../../sbom/component.ts";
import { sbomFormatOf } from "../../sbom/format.ts";
import { readSbom } from "../../sbom/read.ts";
import type { Candidate } from "../../trust/evidence.ts";
import { claimedStatementOf } from "../../trust/hint.ts";
import { isAbout, type Statement } from "../../trust/statement.ts";
import type { CandidateResult } from "../../trust/verdict.ts";
import type { Subject, SubjectSeen } from "./findings.ts";

/** What one SBOM looks like: of several on one manifest, one of each format. */
export interface SbomSeen extends Subject {
  readonly predicateType: string;
  readonly format: ComponentList["format"];
  /** As the document itself, as a text of JSON, or inside `{Data, Timestamp}`. */
  readonly wrapping: "document" | "text" | "data";
  /** Whether the policy accepts who signed it. What nobody vouches for is shown all the same, so that a profile can be written. */
  readonly isVerified: boolean;
  readonly content:
    | {
        readonly kind: "read";
        readonly specVersion: string;
        readonly tool?: string;
        readonly components: number;
        /** By purl type, most first. */
        readonly types: readonly { readonly type: string; readonly count: number }[];
        /** Entries that are no packages or could not be read. */
        readonly skipped: ComponentList["skipped"];
      }
    | { readonly kind: "unreadable"; readonly reason: string };
}

/** The SBOMs that hang on a manifest and are about it: verified ones first, one of each format. */
export function sbomsOn(seen: SubjectSeen, results: readonly CandidateResult[]): readonly SbomSeen[] {
  if (seen.collected.kind === "failed") return [];
  const claimed = seen.collected.evidence.candidates.flatMap((candidate) => {
    const statement = statementIn(candidate);
    if (statement === undefined || !isAbout(statement, seen.digest)) return [];
    const format = sbomFormatOf(statement.predicateType);
    return format === undefined ? [] : [{ format, statement, isVerified: isVerified(candidate, results) }];
  });
  const verifiedFirst = claimed.toSorted((a, b) => Number(b.isVerified) - Number(a.isVerified));
  const formats = [...new Set(verifiedFirst.map(({ format }) => format))];
  return formats.flatMap((format) => {
    const first = verifiedFirst.find((each) => each.format === format);
    return first === undefined ? [] : [sbomSeen(seen, first)];
  });
}

interface Claimed {
  readonly format: ComponentList["format"];
  readonly statement: Statement;
  readonly isVerified: boolean;
}

function sbomSeen(
  { digest, platform }: Subject,
  { format, statement, isVerified: verified }: Claimed,
): SbomSeen {
  const { predicateType, predicate } = statement;
  return {
    digest,
    ...(platform === undefined ? {} : { platform }),
    predicateType,
    format,
    wrapping: wrappingOf(predicate),
    isVerified: verified,
    content: contentOf(predicateType, predicate),
  };
}

function contentOf(predicateType: string, predicate: unknown): SbomSeen["content"] {
  try {
    const { specVersion, tool, components, skipped } = readSbom(predicateType, predicate);
    const counts = new Map<string, number>();
    for (const { type } of components) counts.set(type, (counts.get(type) ?? 0) + 1);
    return {
      kind: "read",
      specVersion,
      ...(tool === undefined ? {} : { tool }),
      components: components.length,
      types: [...counts]
        .map(([type, count]) => ({ type, count }))
        .toSorted((a, b) => b.count - a.count || (a.type < b.type ? -1 : 1)),
      skipped,
    };
  } catch (thrown) {
    return { kind: "unreadable", reason: messageOf(thrown) };
  }
}

function wrappingOf(predicate: unknown): SbomSeen["wrapping"] {
  if (typeof predicate === "string") return "text";
  const isWrapped =
    typeof predicate === "object" && predicate !== null && "Data" in predicate && "Timestamp" in predicate;
  return isWrapped ? "data" : "document";
}

function statementIn(candidate: Candidate): Statement | undefined {
  try {
    return claimedStatementOf(candidate);
  } catch {
    // What is wrong with it stands beside the candidate itself.
    return undefined;
  }
}

function isVerified({ source }: Candidate, results: readonly CandidateResult[]): boolean {
  return results.some(
    ({ source: other, outcome }) =>
      outcome.kind === "accepted" && other.manifest === source.manifest && other.layer === source.layer,
  );
}
