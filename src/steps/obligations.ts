import type { Instant } from "../time.ts";
import { type Profile, profileOf } from "../vendor/profile.ts";
import { type Clocks, createClockReader } from "./clocks/clocks.ts";
import { clocksNow, type TimerSources } from "./clocks/timers.ts";

/** The clocks of a target, and what is known of its image's vendor. */
export interface TargetClocks extends Clocks {
  /** Absent where nobody claims the image any more. */
  readonly profile?: Profile;
}

/** The clocks of every target whose vendor is enforced, one after the other: of many, no more than one is held at a time. */
export async function* clocksOfAll(sources: TimerSources, now: Instant): AsyncGenerator<TargetClocks> {
  const { store, profiles } = sources;
  const reader = createClockReader(store);
  for (const key of await store.targets()) {
    const clocks = await clocksNow(key, { ...sources, reader }, now);
    if (clocks === undefined) continue;
    const profile = profileOf(profiles, key.line.repository);
    yield { ...clocks, ...(profile === undefined ? {} : { profile }) };
  }
}
