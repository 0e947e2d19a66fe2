import type { Severity } from "../advisory/severity.ts";
import type { Digest } from "../image/digest.ts";
import type { Instant } from "../time.ts";
import type { Deadline, Move } from "./deadline.ts";
import type { Acceptance, PlaceId } from "./facts.ts";
import { lastMomentOf } from "./obligation.ts";
import type { Start } from "./start.ts";
import type { Course } from "./timeline.ts";

/**
 * Where an obligation is.
 *
 * `waiting`: the place has the vulnerability and nothing verified fixes it. `open`: to be merged. `paused`: so, in a time when nobody can.
 * `accepted`: somebody bears the risk for a while. `met`, `late`: merged, in time or not. `not-applicable`: it does not matter after all.
 * `gone`: the place names the image no more. `cancelled`: nobody wants pull requests here any more. `indeterminate`: nobody can say whether
 * what is there fixes it.
 */
export type ObligationState =
  | "waiting"
  | "open"
  | "paused"
  | "accepted"
  | "met"
  | "late"
  | "not-applicable"
  | "gone"
  | "cancelled"
  | "indeterminate";

/** What a reader has to know beside state and deadline. */
export type Note =
  /** A record claims a time that had not come when we saw it: clamped. */
  | "published-in-future"
  /** The catalogue's due date lies before its listing: not believed. */
  | "listed-due-before-listing"
  /** The fix was merged before the vulnerability was known. */
  | "already-fixed"
  /** What fixed it first cannot be had any more. */
  | "fix-gone"
  /** Nothing verified fixes it, and the clock runs all the same. */
  | "no-fix"
  /** What the new image holds could not be assessed. */
  | "unassessed"
  /** Whether it was used already is to be looked into. */
  | "triage"
  /** Nobody rates it. */
  | "not-rated"
  /** As an open pull request told, after facts were lost. */
  | "restored"
  /** The advisory says no more that the image has it. */
  | "reclassified";

/** One obligation of one place at one moment. Computed, never stored. */
export interface Evaluation {
  /** The vulnerability's, or {@link UPDATE_ID}. */
  readonly id: string;
  readonly severity: Severity;
  readonly score?: number;
  readonly packages: readonly string[];
  readonly state: ObligationState;
  readonly startedAt?: Instant;
  readonly startedBy?: Start["by"];
  /** The first verified digest that fixes it. */
  readonly fixedBy?: Digest;
  /** The last moment that is in time; absent for no deadline. */
  readonly dueAt?: Instant;
  /** Until when being over it is excused. */
  readonly excusedUntil?: Instant;
  /** When it ended: merged, or no longer of concern. */
  readonly endedAt?: Instant;
  /** The rule that set the deadline, for people. */
  readonly rule?: string;
  /** What moved the deadline, in order. */
  readonly moves: readonly Move[];
  /** Ends that were undone. */
  readonly relapses: Course["relapses"];
  readonly acceptance?: Acceptance;
  readonly notes: readonly Note[];
}

/** A place with its obligations, sorted by id. */
export interface PlaceEvaluation {
  readonly place: PlaceId;
  /** The digest it stands at; absent for a place that is no more. */
  readonly pinned?: Digest;
  readonly obligations: readonly Evaluation[];
}

/** Whether an obligation that nobody has done should have been. */
export function isOverdue(evaluation: Evaluation, now: Instant): boolean {
  const { state } = evaluation;
  const lastAt = lastMomentOf(evaluation);
  return (
    (state === "open" || state === "paused" || state === "indeterminate") &&
    lastAt !== undefined &&
    now > lastAt
  );
}

/** Deadline, rule and moves of an evaluation. */
export function dueFields({ dueAt, rule, moves }: Deadline): Pick<Evaluation, "dueAt" | "rule" | "moves"> {
  return { ...(dueAt === undefined ? {} : { dueAt }), rule, moves };
}
