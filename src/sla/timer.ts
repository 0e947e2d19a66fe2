import type { Finding } from "../advisory/finding.ts";
import { InvalidInputError } from "../errors.ts";
import type { Instant } from "../time.ts";
import {
  type ClockFacts,
  type Obligation,
  UPDATE_ID,
  byDue,
  obligationOf,
  reratedOf,
  severityOf,
  updateObligationOf,
} from "./obligation.ts";

/** An SLA clock of one image line in one code repository. */
export interface Timer {
  /** Sorted by due date, then id; never empty. */
  readonly obligations: readonly Obligation[];
  readonly state: "open" | "met" | "late" | "cancelled";
  /** When it was merged (met, late) or no longer applied (cancelled). */
  readonly closedAt?: Instant;
}

/** An update that is to be merged, as far as clocks are concerned. */
export interface TimerUpdate extends ClockFacts {
  /** What the update fixes. */
  readonly fixed: readonly Finding[];
}

/** What a timer says at a certain moment. */
export type TimerState = "open" | "due-soon" | "breached" | "met" | "late" | "cancelled";

/**
 * The clock of an image line while this update waits to be merged. Pure: the same update twice gives the same timer.
 *
 * An obligation that runs keeps its start, whatever digest comes next; only a new rating of its vulnerability moves its deadline
 * ({@link reratedOf}). New fixes join with their own start. An obligation that the update does not serve (its digest lacks the fix,
 * or the advisory is gone) stays: a deadline is never lost silently, and the one who merges sees it was not fixed. Without any
 * vulnerability there is one obligation, {@link UPDATE_ID}, and one that runs is never taken away.
 *
 * A timer that was closed starts anew, except for vulnerabilities it had: a merged fix that was reverted is due when it was before.
 */
export function timerOf(existing: Timer | undefined, update: TimerUpdate): Timer {
  const fixed = Map.groupBy(update.fixed, ({ id }) => id);
  const kept = (existing?.obligations ?? []).filter(
    ({ id }) => existing?.state === "open" || (id !== UPDATE_ID && fixed.has(id)),
  );
  const obligations = new Map(kept.map((obligation) => [obligation.id, obligation]));
  for (const [id, findings] of fixed) {
    const known = obligations.get(id);
    obligations.set(
      id,
      known === undefined
        ? obligationOf(id, findings, update)
        : reratedOf(known, severityOf(findings), update),
    );
  }
  if (obligations.size === 0) obligations.set(UPDATE_ID, updateObligationOf(update));
  return { obligations: [...obligations.values()].toSorted(byDue), state: "open" };
}

/**
 * The obligation that decides: the earliest deadline, whatever its severity.
 *
 * @throws {InvalidInputError} `record-invalid` for a timer without obligations
 */
export function dueOf({ obligations }: Timer): Obligation {
  const [first] = obligations.toSorted(byDue);
  if (first !== undefined) return first;
  throw new InvalidInputError("record-invalid", "a timer without obligations has no deadline");
}

/** What a timer says now. The deadline itself is still in time. */
export function stateOf(
  timer: Timer,
  now: Instant,
  { dueSoonMs }: { readonly dueSoonMs: number },
): TimerState {
  if (timer.state !== "open") return timer.state;
  const { dueAt } = dueOf(timer);
  if (now > dueAt) return "breached";
  return dueAt - now <= dueSoonMs ? "due-soon" : "open";
}

/**
 * Ends a timer: merged in time is met, merged after the deadline is late, what no longer applies is cancelled. A timer that was
 * ended before stays as it is: the first end counts.
 *
 * @param at when the base branch got the update, which may be before we heard of it
 */
export function close(timer: Timer, at: Instant, how: "merged" | "cancelled"): Timer {
  if (timer.state !== "open") return timer;
  const { obligations } = timer;
  if (how === "cancelled") return { obligations, state: "cancelled", closedAt: at };
  return { obligations, state: at <= dueOf(timer).dueAt ? "met" : "late", closedAt: at };
}
