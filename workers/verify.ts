import type { Context } from "../src/context.ts";
import type { Digest } from "../src/image/digest.ts";
import { type ImageId, type ImageLine, renderImage } from "../src/image/reference.ts";
import { profileNow, withoutDistrusted } from "../src/steps/distrust.ts";
import { keepVerdict } from "../src/steps/kept-verdict.ts";
import { proposePinsOf } from "../src/steps/pins-wanted.ts";
import { pinsAmong, scansFrom } from "../src/steps/pins.ts";
import type { StoreEvent, VerdictRecord } from "../src/ports/store.ts";
import { ASSESS, VERIFY } from "../src/queues.ts";
import { judge } from "../src/steps/judgement.ts";
import { withLayers } from "../src/steps/listed-layers.ts";
import { rulesInForce, type RulesInForce } from "../src/steps/rules-in-force.ts";
import { wantedFor } from "../src/watch/wanted.ts";
import { worker } from "../src/worker.ts";
import { type Instant, later } from "../src/time.ts";
import { disappearedFrom } from "../src/trust/disappearance.ts";
import { type ProfileMode, profileOf } from "../src/vendor/profile.ts";

/** Decides who stands behind a digest, and hands on what that makes possible. */
export const verify = worker(VERIFY, async ({ image }, context, signal) => {
  const { store, clock, settings } = context;
  const profile = profileOf(settings.profiles, image.repository);
  if (profile === undefined || profile.mode === "discontinued") {
    return store.unschedule({ kind: "verify", image });
  }

  const rules = await rulesInForce(await profileNow(profile, image, store), context);
  const known = await store.verdict(image);
  const now = await clock.now();
  // What was distrusted since counts for nothing, whatever rules it was judged by.
  const sound = known && (await withoutDistrusted(known, profile, store));
  if (sound !== undefined && isFresh(sound, rules, now, settings.evidence.recheckMs)) {
    return handOn(sound, rules, context);
  }

  const since = known?.since ?? now;
  const judged = await withLayers(await judge({ image, profile, rules, context, signal, now, since }), {
    image,
    profile,
    known,
    context,
    signal,
  });
  const reached = { image, policyHash: rules.hash, since, checkedAt: now, ...judged };
  const record = joined(await withoutDistrusted(reached, profile, store), sound);
  for (const event of eventsOf(record, profile.mode, settings.evidence.waitMs)) await context.record(event);
  await keepVerdict(record, known, context);
  await handOn(record, rules, context);
});

/** A verified digest stays verified by the same rules, and what proves it is looked at once in a while; everything else is asked about again. */
function isFresh(record: VerdictRecord, { hash }: RulesInForce, now: Instant, recheckMs: number): boolean {
  if (record.verdict.kind !== "verified" || record.policyHash !== hash) return false;
  return now - record.checkedAt < recheckMs;
}

/**
 * What is kept of a digest that was judged before: when it was first verified, and what was proven then and is not there any more. Evidence
 * that is gone is an alarm. It takes nothing back that was proven by the same rules: who deletes it does not unmake the image.
 */
function joined(record: VerdictRecord, known: VerdictRecord | undefined): VerdictRecord {
  const { verdict, checkedAt } = record;
  const verifiedAt = known?.verifiedAt ?? (verdict.kind === "verified" ? checkedAt : undefined);
  const dated = verifiedAt === undefined ? record : { ...record, verifiedAt };
  if (known?.verdict.kind !== "verified" || known.policyHash !== record.policyHash) return dated;
  // That an index covers a platform is no evidence that could be gone: the index is judged, and the platform with it.
  if (verdict.kind === "rejected" || known.verdict.coveredBy !== undefined) return dated;
  const now = verdict.kind === "unverifiable" ? [] : verdict.results;
  const what = disappearedFrom(known.verdict.results, now);
  if (what.length === 0) return dated;
  return { ...known, checkedAt, disappeared: { what, since: known.disappeared?.since ?? checkedAt } };
}

/** Enqueues every comparison this digest was missing for, and says when to ask again. */
async function handOn(record: VerdictRecord, rules: RulesInForce, context: Context): Promise<void> {
  const { store, clock, settings } = context;
  const { image } = record;
  let isWanted = false;
  for (const line of await store.linesOf(image.repository)) {
    const isOfLine = await handOnLine(line, { record, rules, context });
    isWanted ||= isOfLine;
  }

  const work = { kind: "verify", image } as const;
  if (!isWanted || record.verdict.kind === "unverifiable") return store.unschedule(work);
  const now = await clock.now();
  const at =
    record.verdict.kind === "verified"
      ? later(record.checkedAt, settings.evidence.recheckMs)
      : nextAskAt(record.since, now, settings.evidence);
  await store.schedule(work, at, "set");
}

interface HandOn {
  readonly record: VerdictRecord;
  readonly rules: RulesInForce;
  readonly context: Context;
}

/** Whether the tag stands on this digest, or some pin should stand on it because the tag stands on the index that lists it. */
async function handOnLine(line: ImageLine, { record, rules, context }: HandOn): Promise<boolean> {
  const { image, verdict } = record;
  const { store, enqueue } = context;
  const { history, subscribers } = await store.watch(line);
  const current = history.at(-1)?.digest;
  if (current === undefined) return false;
  const at = (digest: Digest): ImageId => ({ repository: image.repository, digest });
  const currentRecord = await store.verdict(at(current));
  let isWanted = current === image.digest;
  const scans = await scansFrom(store, subscribers);
  if (isWanted && verdict.kind === "verified") await proposePinsOf(line, scans, context);
  // However many code repositories pin the same.
  for (const from of new Set(pinsAmong(scans, line).map(({ digest }) => digest))) {
    const old = await store.verdict(at(from));
    const wanted = wantedFor(
      { digest: from, shape: old?.shape },
      { digest: current, shape: currentRecord?.shape },
    );
    if (wanted.kind === "unclear") continue;
    if (wanted.digest === from) {
      // Code that stands where its tag does: what is published about it later is found by what it carries.
      const isSound = image.digest === from && old?.verdict.kind === "verified";
      if (isSound) await enqueue(ASSESS, { repository: image.repository, from, to: from });
      continue;
    }
    isWanted ||= wanted.digest === image.digest;
    if (![current, wanted.digest, from].includes(image.digest)) continue;
    const next = wanted.digest === current ? currentRecord : await store.verdict(at(wanted.digest));
    // A platform of a verified index is asked about by itself: that it is listed, and what its own SBOM says. Where it was asked about before
    // the index was verified, it is asked about again.
    if (currentRecord?.verdict.kind !== "verified") continue;
    const wasEarly = image.digest === current && next?.verdict.kind === "awaiting-evidence";
    if (next?.policyHash !== rules.hash || wasEarly) {
      if (wanted.digest !== image.digest) await enqueue(VERIFY, { image: at(wanted.digest) });
      continue;
    }
    if (next.verdict.kind !== "verified") continue;
    // The old side is asked about too: its component list is half of the comparison.
    if (old === undefined) await enqueue(VERIFY, { image: at(from) });
    else await enqueue(ASSESS, { repository: image.repository, from, to: wanted.digest });
  }
  return isWanted;
}

/** Vendors push the image first and sign it later: asked again at growing distances from when it was first seen. */
function nextAskAt(
  since: Instant,
  now: Instant,
  { retryMs, sbomWaitMs, waitMs }: Context["settings"]["evidence"],
): Instant {
  let elapsedMs = 0;
  const rounds = retryMs.map((waitedMs) => (elapsedMs += waitedMs));
  const next = [...rounds, sbomWaitMs, waitMs]
    .toSorted((a, b) => a - b)
    .find((offsetMs) => since + offsetMs > now);
  return next === undefined ? later(now, retryMs.at(-1) ?? waitMs) : later(since, next);
}

/** What is told of a verdict. A profile that only observes alarms nobody: it may be wrong itself. */
function eventsOf(record: VerdictRecord, mode: ProfileMode, waitMs: number): readonly StoreEvent[] {
  const { verdict, image, checkedAt: at, since } = record;
  const subject = renderImage(image);
  const event = (kind: StoreEvent["kind"], message: string): StoreEvent => ({
    kind,
    at,
    subject,
    message,
    key: `${kind} ${subject} ${record.policyHash} ${message}`,
  });
  const alarm = (kind: StoreEvent["kind"], message: string): StoreEvent =>
    event(mode === "enforced" ? kind : "profile-differs", message);
  if (record.disappeared !== undefined) {
    const { what } = record.disappeared;
    return [alarm("evidence-disappeared", `what proved it hangs there no more: ${what.join(", ")}`)];
  }
  switch (verdict.kind) {
    case "verified":
      return [event("verified", `signed by ${verdict.signers.map(({ name }) => name).join(", ")}`)];
    case "rejected":
      return [alarm("rejected", `${verdict.reason}: ${verdict.detail}`)];
    case "unverifiable":
      return [event("unverifiable", verdict.reason)];
    case "awaiting-evidence":
      return at - since < waitMs
        ? []
        : [alarm("evidence-overdue", `still no ${verdict.missing} that can be checked; not proposed`)];
    default:
      return verdict satisfies never;
  }
}
