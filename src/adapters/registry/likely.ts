import { sbomFormatOf } from "../../sbom/format.ts";
import type { Referrer } from "./referrers.ts";

/** Statements that matter beside the SBOM, best first. */
const PREDICATES: readonly RegExp[] = [/^https:\/\/slsa\.dev\/provenance\//, /^https:\/\/openvex\.dev\/ns/];

/** Where a kind of statement stands among others: SBOM, provenance, VEX, then one that does not say what it is, then the rest. */
export function predicateRankOf(predicateType: string | undefined): number {
  if (predicateType === undefined) return PREDICATES.length + 1;
  if (sbomFormatOf(predicateType) !== undefined) return 0;
  const position = PREDICATES.findIndex((pattern) => pattern.test(predicateType));
  return position === -1 ? PREDICATES.length + 2 : position + 1;
}

/**
 * Referrers in the order they are worth looking at, each once. Reports by the hundred must not push out a signature. What does not say what
 * it is comes before what is something else.
 */
export function likelyFirst(referrers: readonly Referrer[]): readonly Referrer[] {
  const seen = new Set<string>();
  const distinct = referrers.filter(({ digest }) => {
    const isFirst = !seen.has(digest);
    seen.add(digest);
    return isFirst;
  });
  return distinct.toSorted((a, b) => unlikelinessOf(a) - unlikelinessOf(b));
}

function unlikelinessOf({ artifactType, predicateType }: Referrer): number {
  if (artifactType === undefined || artifactType.startsWith("application/vnd.oci.")) return 1;
  if (/sigstore|cosign|dsse|cncf\.notary/.test(artifactType)) return 0;
  return artifactType === "application/vnd.in-toto+json" ? 2 + predicateRankOf(predicateType) : 10;
}
