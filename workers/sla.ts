import type { Context } from "../src/context.ts";
import { shortOf } from "../src/image/digest.ts";
import { renderLine } from "../src/image/reference.ts";
import type { StoreEvent } from "../src/ports/store.ts";
import { SLA } from "../src/queues.ts";
import { breachesOf, isRetracted, milestoneOf } from "../src/sla/breach.ts";
import { dueOf, stateOf } from "../src/sla/timer.ts";
import { lastMomentOf } from "../src/sla/obligation.ts";
import { type Clocks, createClockReader, keepNews } from "../src/steps/clocks/clocks.ts";
import { isClockUsable } from "../src/steps/clocks/skew.ts";
import { clocksNow } from "../src/steps/clocks/timers.ts";
import { DAY_MS, type Instant, later, renderMoment, renderSpan } from "../src/time.ts";
import { worker } from "../src/worker.ts";

/**
 * Looks at every clock: writes down what was found out since, keeps evidence of deadlines that passed, and tells what is due soon, late or
 * done. All of it can be done twice at the same time, or again.
 */
export const sla = worker(SLA, async (_job, context, signal) => {
  const { store, clock, settings } = context;
  const now = await clock.now();
  await store.schedule({ kind: "sla" }, later(now, settings.slaMs), "set");
  if (!(await isClockUsable(now, context))) return;

  const reader = createClockReader(store);
  for (const key of await store.targets()) {
    signal.throwIfAborted();
    const clocks = await clocksNow(key, { store, reader, ...settings }, now);
    if (clocks === undefined) continue;
    for (const event of await breachEvents(clocks, now, context)) await context.record(event);
    for (const event of eventsOf(clocks, now, settings.dueSoonMs)) await context.record(event);
    if (clocks.regression !== undefined)
      await context.record(regressionEvent(clocks, clocks.regression, now));
    await keepNews(clocks, store);
  }
});

function regressionEvent(
  clocks: Clocks,
  { next, ids }: NonNullable<Clocks["regression"]>,
  now: Instant,
): StoreEvent {
  const [first = "", ...others] = ids;
  const rest = others.length === 0 ? "" : ` and ${others.length} more`;
  const message = `${shortOf(next)} brings back ${first}${rest}: what is proposed stays`;
  return eventOf("regression", message, { clocks, now, name: next });
}

/** Keeps a record of each deadline that has passed, and takes back those that had not. */
async function breachEvents(
  clocks: Clocks,
  now: Instant,
  { store }: Pick<Context, "store">,
): Promise<readonly StoreEvent[]> {
  const { key, places, policy } = clocks;
  for (const breach of breachesOf(places, policy, now)) {
    await store.addBreach(key, { ...breach, noticedAt: now });
  }
  const evaluations = new Map(places.map(({ place, obligations }) => [JSON.stringify(place), obligations]));
  const events: StoreEvent[] = [];
  for (const record of await store.breaches(key)) {
    if (record.retractedAt !== undefined) continue;
    if (!isRetracted(record, evaluations.get(JSON.stringify(record.place)) ?? [])) continue;
    await store.retractBreach(key, record, now);
    const message = `was merged before ${renderMoment(record.dueAt)}, which we heard of later`;
    events.push(eventOf("breach-retracted", message, { clocks, now, name: `${record.id} ${record.dueAt}` }));
  }
  return events;
}

/** What the deadline that decides says now. One event for a code repository, however many places and vulnerabilities there are. */
function eventsOf(clocks: Clocks, now: Instant, dueSoonMs: number): readonly StoreEvent[] {
  const { timer } = clocks;
  if (timer === undefined) return [];
  const obligation = dueOf(timer);
  const dueAt = lastMomentOf(obligation);
  if (dueAt === undefined || obligation.standing === "accepted") return [];
  const told = { clocks, now, name: `${obligation.id} ${dueAt}` };
  const state = stateOf(timer, now, { dueSoonMs });
  switch (state) {
    case "due-soon": {
      const milestone = milestoneOf(
        dueAt,
        now,
        [dueSoonMs, DAY_MS].filter((beforeMs) => beforeMs <= dueSoonMs),
      );
      const name = `${told.name} ${milestone ?? dueSoonMs}`;
      return [eventOf("due-soon", `to be merged by ${renderMoment(dueAt)}`, { ...told, name })];
    }
    case "breached": {
      // Told again each week: what nobody does anything about is not to be forgotten.
      const weeks = Math.floor((now - dueAt) / (7 * DAY_MS));
      const since = weeks === 0 ? "" : `, ${renderSpan(now - dueAt)} ago`;
      const name = weeks === 0 ? told.name : `${told.name} ${weeks}`;
      return [eventOf("breached", `was to be merged by ${renderMoment(dueAt)}${since}`, { ...told, name })];
    }
    // Merged after the deadline and before anybody looked: the breach is told all the same.
    case "late":
      return [eventOf("breached", `was to be merged by ${renderMoment(dueAt)}`, told)];
    case "met":
      return [eventOf("met", `merged before ${renderMoment(dueAt)}`, told)];
    case "open":
    case "cancelled":
      return [];
    default:
      return state satisfies never;
  }
}

function eventOf(
  kind: StoreEvent["kind"],
  message: string,
  { clocks, now, name }: { readonly clocks: Clocks; readonly now: Instant; readonly name: string },
): StoreEvent {
  const { codeRepository, baseBranch, line } = clocks.key;
  const subject = `${codeRepository.owner}/${codeRepository.name} ${renderLine(line)}`;
  return { kind, at: now, subject, message, key: `${kind} ${subject} ${baseBranch} ${name}` };
}
