import { nextWeekly } from "../sla/calendar.ts";
import { type Instant, instantOf } from "../time.ts";
import type { UpdateClass } from "./assessment.ts";
import type { ClassRules, WeeklyHour } from "./class-rules.ts";

/** When an update may be proposed. `blocked`: not at all, and somebody is to know. */
export type ProposalTime =
  | { readonly kind: "now" }
  | { readonly kind: "at"; readonly at: Instant }
  | { readonly kind: "never" }
  | { readonly kind: "blocked" };

/** What decides when an update is proposed. */
export interface ProposalFacts {
  readonly class: UpdateClass;
  /** Since when it could be proposed: the hour of the week is the first one after that. */
  readonly verifiedAt: Instant;
  readonly now: Instant;
  /** By when it has to be merged; absent where it has not. */
  readonly dueAt?: Instant;
}

/** When an organisation wants updates proposed. */
export interface ProposalRules {
  readonly propose: ClassRules;
  readonly weekly: WeeklyHour;
}

/**
 * When an update is proposed, by its class. What waits for the hour of the week does not wait past its deadline, nor for an hour that no
 * calendar can show; and an hour that was missed is not waited for again.
 */
export function proposalTimeOf(facts: ProposalFacts, { propose, weekly }: ProposalRules): ProposalTime {
  const { verifiedAt, now, dueAt } = facts;
  const when = propose[facts.class];
  switch (when) {
    case "now":
      return { kind: "now" };
    case "weekly": {
      // Clocks that were wrong must not put it off.
      const at = nextWeekly(instantOf(Math.min(verifiedAt, now)), weekly);
      const isPast = at === undefined || at <= now || (dueAt !== undefined && at >= dueAt);
      return isPast ? { kind: "now" } : { kind: "at", at };
    }
    case "never":
      return { kind: "never" };
    case "block":
      return { kind: "blocked" };
    default:
      return when satisfies never;
  }
}
