import { CodedError } from "../../errors.ts";
import type { EvidenceSource, SkippedEvidence } from "../../trust/evidence.ts";
import { skipOf } from "./skip.ts";

export type Place = EvidenceSource["place"];

/** What became of something that could be evidence. */
export type Finding<Found> = { readonly kind: "found"; readonly found: Found } | Skipped;

export interface Skipped {
  readonly kind: "skipped";
  readonly skipped: SkippedEvidence;
}

/** What was found and does not count, and why. */
export function skip(place: Place, reason: SkippedEvidence["reason"], detail: string): Skipped {
  return { kind: "skipped", skipped: { place, reason, detail } };
}

/** Everything that was found. */
export function foundIn<Found>(findings: readonly Finding<Found>[]): readonly Found[] {
  return findings.flatMap((finding) => (finding.kind === "found" ? [finding.found] : []));
}

/** Everything that does not count. */
export function skippedIn(findings: readonly Finding<unknown>[]): readonly SkippedEvidence[] {
  return findings.flatMap((finding) => (finding.kind === "skipped" ? [finding.skipped] : []));
}

/** Reads something; an error that is about this one thing skips it, and one that means that we could not ask is thrown. */
export async function orSkip<Found>(
  place: Place,
  detail: string,
  read: () => Promise<readonly Finding<Found>[]>,
): Promise<readonly Finding<Found>[]> {
  try {
    return await read();
  } catch (thrown) {
    const skipped = thrown instanceof CodedError ? skipOf(thrown, place, detail) : undefined;
    if (skipped === undefined) throw thrown;
    return [{ kind: "skipped", skipped }];
  }
}
