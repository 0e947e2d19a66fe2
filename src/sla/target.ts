import type { Digest } from "../image/digest.ts";
import type { Instant } from "../time.ts";
import { acceptancesOf } from "./acceptance.ts";
import { mergedPauses, type Pause, versionsOf } from "./deadline.ts";
import type { Acceptance, TargetFact } from "./facts.ts";
import type { SlaPolicy } from "./policy.ts";
import { type Timeline, timelinesOf } from "./timeline.ts";

/** A clock as a pull request told of it. */
export type Restored = Extract<TargetFact, { kind: "restored" }>;

/** A digest that may follow another, and since when that is known. */
export interface Offer {
  readonly digest: Digest;
  readonly at: Instant;
}

/** What is known of a target at one moment, ready to be asked. */
export interface Target {
  readonly timelines: readonly Timeline[];
  readonly subscribedAt?: Instant;
  /** When the first version of the policy came into force, if it did not always hold. */
  readonly policySince?: Instant;
  /** By the digest they follow, the first offered first. */
  readonly offers: ReadonlyMap<Digest, readonly Offer[]>;
  /** By vulnerability, sorted. */
  readonly acceptances: ReadonlyMap<string, readonly Acceptance[]>;
  /** By vulnerability, the earliest start first. */
  readonly restored: ReadonlyMap<string, readonly Restored[]>;
  readonly pauses: readonly Pause[];
}

/** Facts of a target as they were known at a moment. */
export function targetOf(facts: readonly TargetFact[], policy: SlaPolicy, now: Instant): Target {
  const known = facts.filter((fact) => learntAt(fact) <= now);
  const subscribedAt = known
    .flatMap((fact) => (fact.kind === "subscribed" ? [fact.at] : []))
    .toSorted((a, b) => a - b)[0];
  const policySince = versionsOf(policy)[0]?.effectiveAt;
  const accepted = new Set(known.flatMap((fact) => (fact.kind === "accepted" ? [fact.id] : [])));
  const offers = known.flatMap((fact) => (fact.kind === "offered" ? [fact] : []));
  const restored = known.flatMap((fact) => (fact.kind === "restored" ? [fact] : []));
  return {
    timelines: timelinesOf(known, now),
    ...(subscribedAt === undefined ? {} : { subscribedAt }),
    ...(policySince === undefined ? {} : { policySince }),
    offers: Map.groupBy(
      offers.toSorted((a, b) => a.at - b.at),
      ({ from }) => from,
    ),
    acceptances: new Map([...accepted].map((id) => [id, acceptancesOf(known, id, now)])),
    restored: Map.groupBy(restored.toSorted(earliestStart), ({ id }) => id),
    pauses: pausesOf(known, policy),
  };
}

function earliestStart(a: Restored, b: Restored): number {
  return a.startedAt - b.startedAt || a.at - b.at || (a.to < b.to ? -1 : 1);
}

/** When a clock stands still: approved pauses, and freezes where the policy says that they count. */
function pausesOf(facts: readonly TargetFact[], { freezes, freezePauses }: SlaPolicy): readonly Pause[] {
  const approved = facts.flatMap((fact) =>
    fact.kind === "paused"
      ? [{ from: fact.from, until: fact.until, reason: `${fact.reason} (${fact.by})` }]
      : [],
  );
  return mergedPauses([...(freezePauses ? freezes : []), ...approved]);
}

/** What is planned is known before it happens; everything else when it does. */
function learntAt(fact: TargetFact): number {
  switch (fact.kind) {
    case "accepted":
      return fact.from;
    case "paused":
      return Number.NEGATIVE_INFINITY;
    default:
      return fact.at;
  }
}
