import { profileOf, type Profile } from "../../vendor/profile.ts";
import { type Policies, policyFor } from "../../vendor/policies.ts";
import { rulesOf } from "../../watch/rules-of.ts";
import type { TargetKey, TimerRecord } from "../../ports/clock-facts.ts";
import type { Store } from "../../ports/store.ts";
import { baseOf } from "../../proposal/plan.ts";
import type { Instant } from "../../time.ts";
import { proposalsAbout } from "../proposals-about.ts";
import { type ClockReader, type Clocks, createClockReader } from "./clocks.ts";

/** What timers are read from. */
export interface TimerSources {
  readonly store: Store;
  readonly profiles: readonly Profile[];
  readonly policies: Policies;
}

/**
 * The clocks of a target as they are now; undefined where the profile that claims its image only observes. Where none does any more,
 * what runs goes on by the policy of the code repository alone.
 */
export async function clocksNow(
  key: TargetKey,
  { store, reader, profiles, policies }: TimerSources & { readonly reader: ClockReader },
  now: Instant,
): Promise<Clocks | undefined> {
  const profile = profileOf(profiles, key.line.repository);
  if (profile === undefined) {
    return reader.clocksOf({
      key,
      policy: policyFor(policies, key.codeRepository, {}),
      proposals: [],
      now,
    });
  }
  if (profile.mode !== "enforced") return undefined;
  const { codeRepository } = key;
  const scan = await store.scan(baseOf(key));
  const grouping = rulesOf(policies, codeRepository, scan).pulls.group;
  const proposals = await proposalsAbout(key.line, { scan, grouping, store });
  return reader.clocksOf({ key, policy: policyFor(policies, codeRepository, profile), proposals, now });
}

/** Every timer that there is, by the name of its target. */
export async function timersNow(sources: TimerSources, now: Instant): Promise<readonly TimerRecord[]> {
  const { store } = sources;
  const reader = createClockReader(store);
  const records: TimerRecord[] = [];
  for (const key of await store.targets()) {
    const timer = (await clocksNow(key, { ...sources, reader }, now))?.timer;
    if (timer !== undefined) records.push({ ...key, timer });
  }
  return records;
}
