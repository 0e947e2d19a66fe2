import { COMMON_PRESET, policyOfPreset } from "../../sla/presets.ts";
import { profileOf, type Profile } from "../../vendor/profile.ts";
import { slaPolicyOf } from "../../vendor/sla-policy.ts";
import type { TargetKey, TimerRecord } from "../../ports/clock-facts.ts";
import type { Store } from "../../ports/store.ts";
import type { Instant } from "../../time.ts";
import { type ClockReader, type Clocks, createClockReader } from "./clocks.ts";

/**
 * The clocks of a target as they are now; undefined where the profile that claims its image only observes. Where none does any more,
 * what runs goes on by the terms that hold where nobody says anything else.
 */
export async function clocksNow(
  key: TargetKey,
  {
    store,
    reader,
    profiles,
  }: { readonly store: Store; readonly reader: ClockReader; readonly profiles: readonly Profile[] },
  now: Instant,
): Promise<Clocks | undefined> {
  const profile = profileOf(profiles, key.line.repository);
  if (profile === undefined) {
    return reader.clocksOf({ key, policy: policyOfPreset(COMMON_PRESET), proposal: undefined, now });
  }
  if (profile.mode !== "enforced") return undefined;
  const { codeRepository, baseBranch } = key;
  const proposal = await store.proposal({ codeRepository, baseBranch, group: profile.id });
  return reader.clocksOf({ key, policy: slaPolicyOf(profile), proposal, now });
}

/** Every timer that there is, by the name of its target. */
export async function timersNow(
  store: Store,
  profiles: readonly Profile[],
  now: Instant,
): Promise<readonly TimerRecord[]> {
  const reader = createClockReader(store);
  const records: TimerRecord[] = [];
  for (const key of await store.targets()) {
    const timer = (await clocksNow(key, { store, reader, profiles }, now))?.timer;
    if (timer !== undefined) records.push({ ...key, timer });
  }
  return records;
}
