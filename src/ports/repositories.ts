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

/** Which branches of a code repository are read. */
export interface BranchListing {
  readonly codeRepository: CodeRepository;
  readonly listedAt: Instant;
  /** As the operator and then its owners want them: the word for the default branch, names, and globs. 40 at most. */
  readonly wanted: readonly string[];
  /** Those that are read; 20 at most. */
  readonly branches: readonly string[];
  /** Of what is wanted, what names no branch. */
  readonly missing: readonly string[];
  /** How many more branches there are that are wanted. */
  readonly leftOutCount: number;
  /** There are more branches than were looked through. */
  readonly isPartial: boolean;
}

/** The last listing of code repositories, and of the branches of each. Part of the store. */
export interface RepositoryStore {
  /** undefined when none was needed, as the configuration names each repository. */
  repositoryListing(): Promise<RepositoryListing | undefined>;
  /** Replaces the last one; undefined removes it. */
  saveRepositoryListing(listing: RepositoryListing | undefined): Promise<void>;

  branchListing(codeRepository: CodeRepository): Promise<BranchListing | undefined>;
  /** Of all code repositories, by name. */
  branchListings(): Promise<readonly BranchListing[]>;
  /** Replaces the last one of its code repository. */
  saveBranchListing(listing: BranchListing): Promise<void>;
  removeBranchListing(codeRepository: CodeRepository): Promise<void>;
}
