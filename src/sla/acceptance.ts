import { DAY_MS, type Instant, later } from "../time.ts";
import { type Acceptance, type TargetFact } from "./facts.ts";
import type { Deadline, Move } from "./deadline.ts";
import { dueAfter, type Period } from "./period.ts";
import type { SlaPolicy } from "./policy.ts";

/** A risk may be borne for a year at most without being looked at again. */
export const ACCEPTANCE_MS_MAX = 366 * DAY_MS;

const TEXT_MAX = 500;

/** What somebody asks for who wants to bear a risk. */
export interface AcceptanceRequest {
  readonly id: string;
  readonly until: Instant | undefined;
  readonly by: string | undefined;
  readonly reason: string | undefined;
}

/** What is wrong with it; empty when it can be taken. Nothing is accepted without an end, a name and a reason. */
export function acceptanceFaults(request: AcceptanceRequest, now: Instant): readonly string[] {
  const { id, until, by, reason } = request;
  const faults: string[] = [];
  if (id === "" || id.length > 128) faults.push("a vulnerability must be named");
  if (until === undefined) faults.push("an end must be given: no risk is accepted for good");
  else if (until <= now) faults.push("the end has passed already");
  else if (until - now > ACCEPTANCE_MS_MAX) faults.push("the end is more than a year away");
  if (!isText(by)) faults.push("who accepts it must be named");
  if (!isText(reason)) faults.push("a reason must be given");
  return faults;
}

function isText(text: string | undefined): boolean {
  return text !== undefined && text.trim() !== "" && text.length <= TEXT_MAX;
}

/** Acceptances of a vulnerability as they stand, sorted: those that were taken back end when they were. */
export function acceptancesOf(facts: readonly TargetFact[], id: string, now: Instant): readonly Acceptance[] {
  const lifted = facts.filter((fact) => fact.kind === "acceptance-lifted" && fact.id === id);
  return facts
    .flatMap((fact) => (fact.kind === "accepted" && fact.id === id && fact.from <= now ? [fact] : []))
    .filter(({ by, reason }) => isText(by) && isText(reason))
    .map((fact): Acceptance => {
      const { from, by, reason } = fact;
      const ends = lifted.flatMap((lift) =>
        lift.kind === "acceptance-lifted" && lift.from === from && lift.at <= now ? [lift.at] : [],
      );
      const until = ends.reduce((a, b) => (b < a ? b : a), fact.until);
      return { id, from, until, by, reason };
    })
    .filter(({ from, until }) => until > from)
    .toSorted((a, b) => a.from - b.from || a.until - b.until);
}

/** A deadline, and until when missing it is excused. */
export interface ExcusedDeadline extends Deadline {
  /** Present when the deadline passes while the risk is accepted: nobody is late before. */
  readonly excusedUntil?: Instant;
}

/**
 * What acceptances make of a deadline. It stays by default, and is over when they end; or it is later by as much time as the risk was
 * accepted (`extend`), or starts anew when that ends (`restart`). One that had passed before stays passed.
 */
export function excusedDeadline(
  deadline: Deadline,
  acceptances: readonly Acceptance[],
  { onExpiry, calendar, period }: Pick<SlaPolicy, "onExpiry" | "calendar"> & { readonly period: Period },
): ExcusedDeadline {
  let excused: ExcusedDeadline = deadline;
  for (const { from, until, by } of acceptances) {
    const { dueAt, excusedUntil } = excused;
    if (dueAt === undefined) continue;
    const lastAt = excusedUntil !== undefined && excusedUntil > dueAt ? excusedUntil : dueAt;
    if (from > lastAt) continue;
    switch (onExpiry) {
      case "original":
        if (until > lastAt) excused = { ...excused, excusedUntil: until };
        break;
      case "extend":
        excused = movedTo(excused, later(dueAt, until - from), {
          at: from,
          why: "acceptance-extended",
          detail: by,
        });
        break;
      case "restart":
        excused = movedTo(excused, dueAfter(until, period, calendar) ?? dueAt, {
          at: until,
          why: "acceptance-restarted",
          detail: by,
        });
        break;
      default:
        onExpiry satisfies never;
    }
  }
  return excused;
}

function movedTo(deadline: ExcusedDeadline, dueAt: Instant, move: Move): ExcusedDeadline {
  return { ...deadline, dueAt, moves: [...deadline.moves, move] };
}
