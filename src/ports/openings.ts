import type { Instant } from "../time.ts";
import type { ProposalKey } from "./store.ts";

/** Who may open a pull request next, where only so many may be open: two workers that count at the same moment would both find room. */
export interface OpeningStore {
  /**
   * Gets in line to open the pull request of a group. Who is in line already keeps the place; it is lost 10 minutes after it was taken, so that
   * nobody who died stands in the way.
   *
   * @returns the groups of the same base branch that stand ahead
   */
  lineUpToOpen(key: ProposalKey, now: Instant): Promise<readonly string[]>;
  /** Leaves the line: the pull request is kept as open, or is not opened now. */
  leaveOpening(key: ProposalKey): Promise<void>;
}
