import type { CandidateResult } from "./verdict.ts";

/**
 * What was proven about a digest before and is proven by nothing any more, for people: `its signature`, `the statement https://…`. Where
 * evidence hangs, in what form and signed by whom does not count: vendors change their layout, and that takes nothing away.
 */
export function disappearedFrom(
  before: readonly CandidateResult[],
  now: readonly CandidateResult[],
): readonly string[] {
  const left = new Set(now.flatMap(provenBy));
  return [...new Set(before.flatMap(provenBy))].filter((proven) => !left.has(proven)).toSorted();
}

function provenBy({ outcome, predicateType }: CandidateResult): readonly string[] {
  if (outcome.kind === "refused") return [];
  return [outcome.proves === "image" ? "its signature" : `the statement ${familyOf(predicateType ?? "")}`];
}

/** A newer version of a predicate type says the same: `…/bom/v1.6` and `…/bom`, `…/provenance/v0.2` and `…/provenance/v1`. */
function familyOf(predicateType: string): string {
  return predicateType.replace(/\/v\d+(?:\.\d+)*$/, "");
}
