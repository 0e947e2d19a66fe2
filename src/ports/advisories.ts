import type { AdvisoryAnswer } from "../advisory/answer.ts";
import type { PackageKey } from "../advisory/package-key.ts";

export type { PackageKey } from "../advisory/package-key.ts";
export type { AdvisoryAnswer } from "../advisory/answer.ts";

/** Looks up advisories. */
export interface Advisories {
  /**
   * The records that name any of these packages. Both sides of an assessment are asked in one call, so that they see one snapshot.
   *
   * @throws {CodedError} `advisories-unavailable` when the source cannot be read or has no record at all
   */
  about(packages: readonly PackageKey[], signal: AbortSignal): Promise<AdvisoryAnswer>;
}
