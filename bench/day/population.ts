import { parseRepository, type Repository } from "../../src/image/reference.ts";
import { DAY_MS, HOUR_MS, type Instant, instantOf, MINUTE_MS } from "../../src/time.ts";
import { type HostPlan, HOSTS, type Rhythm } from "./hosts.ts";
import { chanceGapOf, createRandom, normalOf } from "./random.ts";

/** The day that is measured. */
export const DAY_AT = instantOf(Date.UTC(2026, 10, 25));
export const DAY_END_AT = instantOf(DAY_AT + DAY_MS);
/** How much longer is simulated, so that the last moves of the day are noticed. */
export const AFTER_MS = 3 * HOUR_MS;
/** How far back moves are known when the simulation begins. */
const PAST_MS = 40 * DAY_MS;

/** Part of a repository's tags that are built anew; the rest are of releases that are not. */
const LIVE_SHARE = 0.4;
const RANDOM_GAP_MS = 10 * DAY_MS;
const DORMANT_GAP_MS = 120 * DAY_MS;
const NIGHTLY_SKIPPED = 0.1;
const WEEK_MS = 7 * DAY_MS;

/** Tags of a repository that always move together. */
export interface TagGroup {
  readonly tags: number;
  /** Oldest first, from {@link PAST_MS} before the day to {@link AFTER_MS} after it. */
  readonly moves: readonly Instant[];
}

export interface SimulatedRepository {
  readonly plan: HostPlan;
  readonly repository: Repository;
  readonly groups: readonly TagGroup[];
}

/** Everything that is watched, and when it moves: the same in every run. */
export function population(): readonly SimulatedRepository[] {
  const random = createRandom(42);
  return HOSTS.flatMap((plan) => {
    // A vendor builds everything in the same hours of the night.
    const nightMs = HOUR_MS + random() * 5 * HOUR_MS;
    return Array.from({ length: plan.repositories }, (_, position): SimulatedRepository => {
      const rhythm = rhythmOf(plan, (position + 0.5) / plan.repositories);
      const live = Math.max(1, Math.round(plan.tagsPerRepository * LIVE_SHARE));
      return {
        plan,
        repository: parseRepository(`${plan.host}/bench/image-${position}`),
        groups: [
          { tags: live, moves: movesOf(rhythm, nightMs, random) },
          { tags: plan.tagsPerRepository - live, moves: chanceMoves(DORMANT_GAP_MS, random) },
        ],
      };
    });
  });
}

/** Moves of the measured day, each tag's by itself. */
export function movesOfDay(repositories: readonly SimulatedRepository[]): number {
  const groups = repositories.flatMap((repository) => repository.groups);
  return groups.reduce(
    (sum, { tags, moves }) => sum + tags * moves.filter((at) => at >= DAY_AT && at < DAY_END_AT).length,
    0,
  );
}

function rhythmOf({ rhythms }: HostPlan, part: number): Rhythm {
  if (part < rhythms.nightly) return "nightly";
  return part < rhythms.nightly + rhythms.weekly ? "weekly" : "random";
}

function movesOf(rhythm: Rhythm, nightMs: number, random: () => number): readonly Instant[] {
  switch (rhythm) {
    case "nightly": {
      // Each repository has its place in the night, and is some minutes early or late.
      const placeMs = nightMs + random() * HOUR_MS;
      return every(DAY_MS, () => placeMs + normalOf(random) * 15 * MINUTE_MS).filter(
        () => random() >= NIGHTLY_SKIPPED,
      );
    }
    case "weekly": {
      const placeMs = Math.floor(random() * 5) * DAY_MS + 8 * HOUR_MS + random() * 10 * HOUR_MS;
      return every(WEEK_MS, () => placeMs + normalOf(random) * HOUR_MS);
    }
    case "random":
      return chanceMoves(RANDOM_GAP_MS, random);
    default:
      return rhythm satisfies never;
  }
}

/** One move in each such time, at a place in it. */
function every(lengthMs: number, placeOf: () => number): readonly Instant[] {
  // Thursdays, the first day of 1970: days of the week are as good as any for a place.
  const first = Math.floor((DAY_AT - PAST_MS) / lengthMs) * lengthMs;
  const count = Math.ceil((PAST_MS + DAY_MS + AFTER_MS) / lengthMs) + 1;
  return Array.from({ length: count }, (_, position) =>
    instantOf(Math.round(first + position * lengthMs + placeOf())),
  );
}

function chanceMoves(meanMs: number, random: () => number): readonly Instant[] {
  const moves: Instant[] = [];
  let at = DAY_AT - PAST_MS;
  for (;;) {
    at += Math.ceil(chanceGapOf(random, meanMs));
    if (at >= DAY_END_AT + AFTER_MS) return moves;
    moves.push(instantOf(at));
  }
}
