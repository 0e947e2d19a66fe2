import type { CodeRepository } from "../proposal/plan.ts";
import type { Instant } from "../time.ts";

/** Why a code repository that the code host tells of is not read. */
export const SKIPPED_REPOSITORY_REASONS = ["denied", "archived", "fork", "empty"] as const;

export type SkippedRepositoryReason = (typeof SKIPPED_REPOSITORY_REASONS)[number];

/** What came of asking the code host which code repositories there are. */
export interface RepositoryListing {
  readonly listedAt: Instant;
  /** How many are read. */
  readonly readCount: number;
  /** How many there are that the configuration does not name. */
  readonly notNamedCount: number;
  /** There are more than were asked for: what is not here may be there all the same. */
  readonly isPartial: boolean;
  /** Sorted by name. */
  readonly skipped: readonly {
    readonly codeRepository: CodeRepository;
    readonly reason: SkippedRepositoryReason;
  }[];
  /** Those that are read and where a right is missing, as the host names it; sorted by name. */
  readonly lacking: readonly {
    readonly codeRepository: CodeRepository;
    readonly missing: readonly string[];
  }[];
}

/** The last listing of code repositories. Part of the store. */
export interface RepositoryStore {
  /** undefined when none was needed, as the configuration names each repository. */
  repositoryListing(): Promise<RepositoryListing | undefined>;
  /** Replaces the last one; undefined removes it. */
  saveRepositoryListing(listing: RepositoryListing | undefined): Promise<void>;
}
