import type { Context } from "../src/context.ts";
import { CodedError, isDeferral } from "../src/errors.ts";
import type { Digest } from "../src/image/digest.ts";
import type { Repository } from "../src/image/reference.ts";
import type { Metrics } from "../src/ports/metrics.ts";
import type { Survey } from "../src/ports/registry.ts";
import type { Store, WatchState } from "../src/ports/store.ts";
import { POLL, VERIFY } from "../src/queues.ts";
import { eventsOf } from "../src/steps/look-events.ts";
import { deferralIn, type Look, looksOf, movedDigests, readMoved } from "../src/steps/looks.ts";
import { nextOf, recordOf, type RepositoryRound } from "../src/steps/poll-record.ts";
import { listingNow, moversOf, tellMovers } from "../src/steps/tag-listing.ts";
import { rulesHasher } from "../src/steps/rules-in-force.ts";
import { profileOf } from "../src/vendor/profile.ts";
import { unfinishedDigests } from "../src/steps/unfinished.ts";
import { type Instant, later, MINUTE_MS } from "../src/time.ts";
import { byLastLook, isAnsweredIn, roundAt } from "../src/watch/round.ts";
import { worker } from "../src/worker.ts";

/** When a repository is due again whose poll ended without a word, at the latest: longer than a job can take. */
const LOST_AFTER_MS = 15 * MINUTE_MS;

/** Asks where the watched tags of a repository point now: once for all who subscribe, and all tags together. */
export const poll = worker(POLL, async ({ repository }, context, signal) => {
  const { store, clock, settings } = context;
  const startedAt = await clock.now();
  // Nothing comes any more, and an old answer would read like news. The next scan forgets its watches.
  if (profileOf(settings.profiles, repository)?.mode === "discontinued") {
    return store.unschedule({ kind: "poll", repository });
  }
  const lostAt = later(startedAt, Math.min(LOST_AFTER_MS, settings.pollMs));
  await store.schedule({ kind: "poll", repository }, lostAt, "set");
  const known = await store.watched(repository);
  if (known.watches.length === 0) return forget(repository, startedAt, store);

  const round = roundAt(known.poll, known.pushedAt, startedAt);
  const asked = known.watches.filter((watch) => !isAnsweredIn(round, watch, startedAt)).toSorted(byLastLook);
  const { answers, cursor, deferred } = await surveyOf({ repository, asked, round, known }, context, signal);
  const at = await clock.now();
  const moved = await readMoved(repository, movedDigests(asked, answers, at), context, signal);
  const movers = await moversOf(known, repository, context);
  const listing = await listingNow({ repository, known, movers }, context, signal);
  signal.throwIfAborted();

  const looks = looksOf(asked, { answers, moved, at }, context);
  // Told before it is kept: a process that dies between the two tells it again, under the same keys.
  for (const event of looks.flatMap((look) => eventsOf(look, at))) await context.record(event);
  const failures = looks.flatMap(({ error }) => (error === undefined ? [] : [error.thrown]));
  const rest = deferred ?? deferralIn(moved);
  const isOver = looks.length === asked.length && failures.length === 0;
  const next = nextOf({ repository, known, round, looks }, settings, at);
  await store.savePoll(repository, {
    looks: looks.map(({ line, after }) => ({ tag: line.tag, record: after })),
    poll: recordOf({
      repository,
      known,
      round,
      // A list is read on only after a look at all tags in one go: a move of one that was not asked would be passed over.
      readTo: isOver && asked.length === known.watches.length ? cursor : undefined,
      isOver,
      isDeferred: rest !== undefined,
      next,
      listing,
    }),
    lostAt,
  });
  measure(context.metrics, { repository, known, round }, looks, { startedAt, at });
  await verifyMoved(repository, looks, context);
  await tellMovers(repository, listing, movers, context);

  const failure = rest ?? failures.find(isTransient) ?? failures[0];
  if (failure !== undefined) throw failure;
});

/** Nobody subscribes any more; but somebody who did so this very moment is not forgotten. */
async function forget(repository: Repository, now: Instant, store: Store): Promise<void> {
  await store.unschedule({ kind: "poll", repository });
  if (await store.isWatched(repository)) await store.schedule({ kind: "poll", repository }, now, "sooner");
}

async function surveyOf(
  { repository, asked, round, known }: RepositoryRound & { readonly asked: readonly WatchState[] },
  { registry }: Context,
  signal: AbortSignal,
): Promise<Survey> {
  if (asked.length === 0) return { answers: new Map() };
  const questions = asked.map(({ line: { tag }, history, held }) => {
    // Where it was last seen, be it believed or not: a list tells what is new since.
    const digest = held?.digest ?? history.at(-1)?.digest;
    return { tag, ...(digest === undefined ? {} : { known: digest }) };
  });
  const { cursor } = known.poll;
  try {
    const how = { lists: round.lists, ...(cursor === undefined ? {} : { cursor }) };
    return await registry.survey(repository, questions, how, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (isDeferral(error)) return { answers: new Map(), deferred: error };
    // Kept with each watch: "could not ask" must not look like "nothing new".
    return { answers: new Map(asked.map(({ line }) => [line.tag, { kind: "failed", error }])) };
  }
}

const NOT_KNOWN = async (): Promise<undefined> => undefined;

/** Has every digest verified that a tag moved to, and those that tags stayed on and that are not dealt with. */
async function verifyMoved(repository: Repository, looks: readonly Look[], context: Context): Promise<void> {
  const { store, enqueue } = context;
  const moved: Digest[] = [];
  const stayed: WatchState[] = [];
  for (const { before, after, movement } of looks) {
    const current = after.history.at(-1)?.digest;
    if (movement === undefined || current === undefined) continue;
    const isStill = movement.kind === "same" || movement.kind === "flapping";
    if (isStill) stayed.push({ ...before, ...after });
    else moved.push(current);
  }
  const profile = profileOf(context.settings.profiles, repository);
  const hashOf =
    profile === undefined || stayed.length === 0 ? NOT_KNOWN : await rulesHasher(profile, context);
  const unfinished = await unfinishedDigests(store, repository, stayed, hashOf);
  for (const digest of new Set([...moved, ...unfinished])) {
    await enqueue(VERIFY, { image: { repository, digest } });
  }
}

/** Counts how late the poll was, how old the answers before were, and what moved. */
function measure(
  metrics: Metrics,
  { repository, known, round }: RepositoryRound,
  looks: readonly Look[],
  { startedAt, at }: { readonly startedAt: Instant; readonly at: Instant },
): void {
  const dueAt = known.poll.next?.at;
  const isNew = round.startedAt === startedAt;
  // What a push or a new subscription made due sooner was never late.
  if (isNew && dueAt !== undefined) metrics.polled({ lagMs: Math.max(0, startedAt - dueAt) });
  for (const { before, movement } of looks) {
    if (movement === undefined) continue;
    if (before.checkedAt !== undefined) metrics.looked({ ageMs: Math.max(0, at - before.checkedAt) });
    const hasMoved = movement.kind !== "same" && movement.kind !== "first";
    if (hasMoved) metrics.headChanged({ host: repository.registry });
  }
}

function isTransient(error: unknown): boolean {
  return error instanceof CodedError && error.transient;
}
