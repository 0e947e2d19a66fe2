import type { UpdateClass } from "../assess/assessment.ts";

/** How the pull requests of a code repository are cut. */
export const GROUPINGS = ["vendor", "line", "directory", "all"] as const;
export type Grouping = (typeof GROUPINGS)[number];

/**
 * What becomes of places that name a tag without a digest. `propose`: a pull request puts digests there. `follow`: they are watched and shown, and
 * nothing is proposed. `never`: they are reported and not watched.
 */
export const PIN_MODES = ["propose", "follow", "never"] as const;
export type PinMode = (typeof PIN_MODES)[number];

/** How pull requests of a code repository are made and kept. */
export interface PullRules {
  readonly group: Grouping;
  readonly pin: PinMode;
  /** Classes of updates that are merged without a person, once all checks are green. Empty: none. */
  readonly automerge: readonly UpdateClass[];
  readonly mergeMethod: "merge" | "squash" | "rebase";
  /** Further labels. */
  readonly labels: readonly string[];
  readonly assignees: readonly string[];
  readonly reviewers: readonly string[];
  /** Whether the owners of changed files, by CODEOWNERS, are asked for a review beside those the host asks by itself. */
  readonly codeowners: boolean;
  readonly milestone?: string;
  /** How long a digest that somebody declined stays so. */
  readonly ignoreMs: number;
  /** Open pull requests of ours in one code repository at most; those that are there stay, and critical ones are not counted. */
  readonly openMax: number;
}

const DAY_MS = 86_400_000;

/** What holds where nothing is configured. */
export const DEFAULT_PULL_RULES: PullRules = {
  group: "vendor",
  pin: "follow",
  automerge: [],
  mergeMethod: "merge",
  labels: [],
  assignees: [],
  reviewers: [],
  codeowners: false,
  ignoreMs: 90 * DAY_MS,
  openMax: 10,
};
