import { InvalidInputError } from "../errors.ts";
import type { Instant } from "../time.ts";
import type { Evaluation, PlaceEvaluation } from "./evaluation.ts";
import { byDue, lastMomentOf, type Obligation } from "./obligation.ts";

/** The SLA clock of an image line in a branch of a code repository, put together from the obligations of its places. Never stored. */
export interface Timer {
  /** Sorted by {@link byDue}; never empty. */
  readonly obligations: readonly Obligation[];
  readonly state: "open" | "met" | "late" | "cancelled";
  /** When it was merged (met, late) or no longer applied (cancelled). */
  readonly closedAt?: Instant;
}

/** What a timer says at a certain moment. */
export type TimerState = "open" | "due-soon" | "breached" | "met" | "late" | "cancelled";

/**
 * The timer of a line: what runs in any of its places, each vulnerability once, by its earliest deadline; else what ended last in each of
 * them. Undefined where nothing ever ran.
 */
export function timerOf(places: readonly PlaceEvaluation[]): Timer | undefined {
  const running = places.flatMap(({ obligations }) => obligations.filter(isRunning));
  if (running.length > 0) return { obligations: mergedOf(running), state: "open" };
  const ended = places.flatMap(lastEndedOf);
  const [last] = ended.toSorted((a, b) => b.endedAt - a.endedAt);
  if (last === undefined) return undefined;
  const states = new Set(ended.map(({ state }) => state));
  const state = states.has("late") ? "late" : states.has("met") ? "met" : "cancelled";
  return { obligations: mergedOf(ended), state, closedAt: last.endedAt };
}

type Started = Evaluation & { readonly startedAt: Instant };

function isRunning(evaluation: Evaluation): evaluation is Started {
  switch (evaluation.state) {
    case "open":
    case "paused":
    case "accepted":
    case "indeterminate":
      return evaluation.startedAt !== undefined;
    case "waiting":
    case "met":
    case "late":
    case "not-applicable":
    case "gone":
    case "cancelled":
      return false;
    default:
      return evaluation.state satisfies never;
  }
}

/** What ended together with the last that did. */
function lastEndedOf({ obligations }: PlaceEvaluation): readonly (Started & { readonly endedAt: Instant })[] {
  const ended = obligations.flatMap((evaluation) => {
    const { startedAt, endedAt } = evaluation;
    return startedAt === undefined || endedAt === undefined ? [] : [{ ...evaluation, startedAt, endedAt }];
  });
  const lastAt = ended.reduce((at, { endedAt }) => Math.max(at, endedAt), Number.NEGATIVE_INFINITY);
  return ended.filter(({ endedAt }) => endedAt === lastAt);
}

/** Each once: the earliest deadline of all places, and the earliest start. */
function mergedOf(evaluations: readonly Started[]): readonly Obligation[] {
  const groups = Map.groupBy(evaluations.map(obligationOf), ({ id }) => id);
  return [...groups.values()]
    .flatMap((group) => {
      const [first] = group.toSorted(byDue);
      const startedAt = group.map((other) => other.startedAt).toSorted((a, b) => a - b)[0];
      return first === undefined || startedAt === undefined ? [] : [{ ...first, startedAt }];
    })
    .toSorted(byDue);
}

function obligationOf(evaluation: Started): Obligation {
  const { id, severity, startedAt, dueAt, excusedUntil, state, acceptance, startedBy, rule } = evaluation;
  const standing =
    state === "paused" || state === "accepted" || state === "indeterminate" ? state : undefined;
  return {
    id,
    severity,
    startedAt,
    ...(dueAt === undefined ? {} : { dueAt }),
    ...(excusedUntil === undefined ? {} : { excusedUntil }),
    ...(standing === undefined ? {} : { standing }),
    ...(acceptance === undefined ? {} : { acceptedUntil: acceptance.until }),
    ...(startedBy === undefined ? {} : { startedBy }),
    ...(rule === undefined ? {} : { rule }),
  };
}

/**
 * The obligation that decides: the earliest deadline, whatever its severity, of those whose risk nobody bears.
 *
 * @throws {InvalidInputError} `record-invalid` for a timer without obligations
 */
export function dueOf({ obligations }: Timer): Obligation {
  const [first] = obligations.toSorted(byDue);
  if (first !== undefined) return first;
  throw new InvalidInputError("record-invalid", "a timer without obligations has no deadline");
}

/** What a timer says now. The deadline itself is still in time; a risk that is accepted is not late. */
export function stateOf(
  timer: Timer,
  now: Instant,
  { dueSoonMs }: { readonly dueSoonMs: number },
): TimerState {
  if (timer.state !== "open") return timer.state;
  const dues = timer.obligations.flatMap((obligation) =>
    obligation.standing === "accepted" ? [] : (lastMomentOf(obligation) ?? []),
  );
  if (dues.some((dueAt) => now > dueAt)) return "breached";
  return dues.some((dueAt) => dueAt - now <= dueSoonMs) ? "due-soon" : "open";
}
