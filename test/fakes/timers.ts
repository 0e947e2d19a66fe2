import { type Digest, parseDigest } from "../../src/image/digest.ts";
import type { TargetKey, TimerRecord } from "../../src/ports/clock-facts.ts";
import { baseOf } from "../../src/proposal/plan.ts";
import type { Store } from "../../src/ports/store.ts";
import type { TargetFact } from "../../src/sla/facts.ts";
import type { Timer } from "../../src/sla/timer.ts";
import { createClockReader } from "../../src/steps/clocks/clocks.ts";
import { pinnedPlaces } from "../../src/steps/clocks/target-facts.ts";
import { DEFAULT_POLICIES } from "../../src/vendor/policies.ts";
import { clocksNow, type TimerSources } from "../../src/steps/clocks/timers.ts";
import { type Instant, later } from "../../src/time.ts";

const BEFORE = parseDigest(`sha256:${"be".repeat(32)}`);
const AFTER = parseDigest(`sha256:${"af".repeat(32)}`);

/** A clock as an open pull request would tell of it. */
export function restoredFacts(
  { obligations }: Timer,
  { from, to, at }: { readonly from: Digest; readonly to: Digest; readonly at: Instant },
): readonly TargetFact[] {
  return obligations.map(({ id, severity, startedAt, dueAt }) => ({
    kind: "restored",
    id,
    severity,
    startedAt,
    from,
    to,
    at,
    ...(dueAt === undefined ? {} : { dueAt }),
  }));
}

/** Keeps facts that make up a timer like this. Where the code repository was scanned, its line is pinned as the scan says. */
export async function keepTimer(store: Store, record: TimerRecord): Promise<void> {
  const { codeRepository, baseBranch, line, timer } = record;
  const key: TargetKey = { codeRepository, baseBranch, line };
  const scan = await store.scan(baseOf(key));
  const scanned = scan === undefined ? [] : pinnedPlaces(scan, key);
  const [{ place, digest } = { place: { path: "Dockerfile", ordinal: 0 }, digest: BEFORE }] = scanned;
  const startedAt = timer.obligations.map((obligation) => obligation.startedAt).toSorted((a, b) => a - b)[0];
  if (startedAt === undefined) return;
  const isMerged = timer.state === "met" || timer.state === "late";
  const from = isMerged && digest !== BEFORE ? BEFORE : digest;
  const to = isMerged && digest !== BEFORE ? digest : AFTER;
  const at = later(startedAt, -1);
  const { closedAt } = timer;
  const ends: readonly TargetFact[] =
    closedAt === undefined
      ? []
      : isMerged
        ? [{ kind: "pinned", place, digest: to, at: closedAt, how: "merged" }]
        : [{ kind: "ended", at: closedAt, how: "cancelled" }];
  await store.addTargetFacts(key, [
    { kind: "subscribed", at },
    { kind: "pinned", place, digest: from, at, how: "scanned" },
    ...restoredFacts(timer, { from, to, at }),
    ...ends,
  ]);
}

/** The timer of a target as it is at a moment. */
export async function timerIn(
  store: Store,
  key: TargetKey,
  {
    policies = DEFAULT_POLICIES,
    profiles,
    now,
  }: Partial<Pick<TimerSources, "policies">> & Pick<TimerSources, "profiles"> & { readonly now: Instant },
): Promise<Timer | undefined> {
  return (await clocksNow(key, { store, reader: createClockReader(store), profiles, policies }, now))?.timer;
}
