import { DAY_MS } from "../time.ts";
import { DEFAULT_BRANCH } from "./base-branches.ts";
import { STREAM_SCOPES } from "./streams.ts";

/** How the pull requests of a code repository are cut. */
export const GROUPINGS = ["vendor", "line", "directory", "all"] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** How far a place may move to a newer version tag of its stream: `same` is not at all, the others as {@link STREAM_SCOPES} say. */
export const TAG_MOVES = ["same", ...STREAM_SCOPES] as const;
export type TagMoves = (typeof TAG_MOVES)[number];

/**
 * What becomes of places that name an image by its tag alone. `propose`: one pull request of its own adds their digests; `follow`: their tags are
 * watched and verified, and nothing is edited; `never`: they are not watched.
 */
export const PINNINGS = ["propose", "follow", "never"] as const;
export type Pinning = (typeof PINNINGS)[number];

/** Classes that a policy may have merged without a person. */
export const AUTOMERGE_CLASSES = ["fixes", "content", "rebuild", "evidence-only"] as const;
export type AutomergeClass = (typeof AUTOMERGE_CLASSES)[number];

export const MERGE_METHODS = ["merge", "squash", "rebase"] as const;
export type MergeMethod = (typeof MERGE_METHODS)[number];

/** How pull requests of a code repository are made and kept. */
export interface PullRules {
  /**
   * Branches that are read and that pull requests go to: the word for the default branch, names, and globs with `*`, one at least, of which there may be
   * many. What owners say is read from the first.
   */
  readonly baseBranches: readonly string[];
  readonly group: Grouping;
  readonly tags: TagMoves;
  readonly pin: Pinning;
  /** Further labels. */
  readonly labels: readonly string[];
  readonly assignees: readonly string[];
  readonly reviewers: readonly string[];
  /** Whether the owners of changed files, by CODEOWNERS, are asked for a review beside those the host asks by itself. */
  readonly codeowners: boolean;
  readonly milestone?: string;
  /** Classes of updates that are merged without a person once all is in order. */
  readonly automerge: readonly AutomergeClass[];
  readonly mergeMethod: MergeMethod;
  /** Pull requests of ours that are open in a code repository at most; absent for any number. What fixes something grave comes on top. */
  readonly openMax?: number;
  /**
   * Pull requests of ours that are opened in a code repository, or whose branch is made anew, in any hour at most; absent for any number. What fixes something
   * grave comes on top.
   */
  readonly perHour?: number;
  /** How long digests are not proposed again that a person declined by closing their pull request, unless they are found to fix something grave. */
  readonly ignoreForMs: number;
}

/** What holds where nothing is configured. */
export const DEFAULT_PULL_RULES: PullRules = {
  baseBranches: [DEFAULT_BRANCH],
  group: "vendor",
  tags: "same",
  pin: "follow",
  labels: [],
  assignees: [],
  reviewers: [],
  codeowners: false,
  automerge: [],
  mergeMethod: "merge",
  ignoreForMs: 90 * DAY_MS,
};
