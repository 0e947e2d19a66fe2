import type { Instant } from "../time.ts";
import type { ProposalKey } from "./store.ts";

/** A write to a code repository: a pull request that is opened, or whose branch is made anew. */
export interface HourWish {
  readonly key: ProposalKey;
  /** What is to be written, as a hash: the same is one write, however often it is tried. */
  readonly write: string;
  /** Writes in any hour. */
  readonly max: number;
  /** By when it has to be merged; who has nothing to be late with comes last. */
  readonly dueAt?: Instant;
  /** `at-once`: it takes one also where none is left. */
  readonly turn: "in-line" | "at-once";
  readonly now: Instant;
}

/** Whether it may be written now. */
export type HourTurn =
  | { readonly kind: "taken" }
  /** `until`: when to ask again, an hour from now at most. `takenCount`: writes of this hour. */
  | { readonly kind: "waits"; readonly until: Instant; readonly takenCount: number };

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
  /**
   * Takes one of the writes that a code repository has in an hour, or gets in line for one, in one step: the earliest deadline first, then who came
   * first. A place is lost 10 minutes after the time that was named, so that nobody who has nothing to write any more stands in the way.
   */
  takeOfHour(wish: HourWish): Promise<HourTurn>;
}
