import type { OsvRecord } from "../advisory/osv.ts";
import type { AdvisorySource } from "../assess/assessment.ts";

/** A source package as advisories name it. */
export interface PackageKey {
  /** OSV ecosystem with release, e.g. `BellSoft Hardened Containers:25`. */
  readonly ecosystem: string;
  readonly name: string;
}

/** Records about the packages asked, all of one snapshot. */
export interface AdvisoryAnswer {
  readonly source: AdvisorySource;
  /** Withdrawn records are left out. No order. */
  readonly records: readonly OsvRecord[];
}

/** Looks up advisories. */
export interface Advisories {
  /**
   * The records that name any of these packages. Both sides of an assessment are asked in one call, so that they see one snapshot.
   *
   * @throws {CodedError} `advisories-unavailable` when the source cannot be read or has no record at all
   */
  about(packages: readonly PackageKey[], signal: AbortSignal): Promise<AdvisoryAnswer>;
}
