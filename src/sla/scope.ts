import type { Digest } from "../image/digest.ts";
import type { Instant } from "../time.ts";
import type { Acceptance } from "./facts.ts";
import type { Line } from "./line.ts";
import type { SlaPolicy } from "./policy.ts";
import type { Restored, Target } from "./target.ts";
import type { Timeline } from "./timeline.ts";

/** Everything an obligation of one place is computed from. */
export interface Scope {
  readonly line: Line;
  readonly target: Target;
  readonly policy: SlaPolicy;
  readonly now: Instant;
  readonly timeline: Timeline;
  /** Digests the place stood at, in order, and those that were offered to follow them. */
  readonly stood: readonly Digest[];
  readonly offered: ReadonlySet<Digest>;
}

/** The scope of a place. */
export function scopeOf(
  timeline: Timeline,
  shared: Pick<Scope, "line" | "target" | "policy" | "now">,
): Scope {
  const stood = timeline.stays.flatMap((stay) => (stay.kind === "pinned" ? [stay.digest] : []));
  const offers = stood.flatMap((digest) => shared.target.offers.get(digest) ?? []);
  return { ...shared, timeline, stood, offered: new Set(offers.map(({ digest }) => digest)) };
}

/** What a pull request told of an obligation of this place, the earliest start first. */
export function restoredOf(id: string, { target, stood }: Scope): Restored | undefined {
  return target.restored.get(id)?.find(({ from }) => stood.includes(from));
}

/** The acceptance of a risk that holds now. */
export function acceptanceAt({ target, now }: Scope, id: string): Acceptance | undefined {
  return target.acceptances.get(id)?.findLast(({ from, until }) => from <= now && now < until);
}

/** Where an obligation is that runs: the acceptance of its risk comes before a pause. */
export function runningState(
  acceptance: Acceptance | undefined,
  { target, now }: Scope,
): "open" | "paused" | "accepted" {
  if (acceptance !== undefined) return "accepted";
  return target.pauses.some(({ from, until }) => from <= now && now < until) ? "paused" : "open";
}
