import type { Context } from "../src/context.ts";
import { CodedError, messageOf } from "../src/errors.ts";
import type { Digest } from "../src/image/digest.ts";
import type { Repository } from "../src/image/reference.ts";
import type { Survey, TagAnswer } from "../src/ports/registry.ts";
import type { Store, WatchedRepository, WatchState } from "../src/ports/store.ts";
import { POLL, VERIFY } from "../src/queues.ts";
import { eventsOf } from "../src/steps/look-events.ts";
import { unfinishedDigests } from "../src/steps/unfinished.ts";
import { type Instant, later, MINUTE_MS } from "../src/time.ts";
import { profileOf } from "../src/vendor/profile.ts";
import { factsIn } from "../src/watch/content.ts";
import { type DigestFacts, isHeldBack, type Movement } from "../src/watch/history.ts";
import { recordAfterFailure, recordAfterFound, recordAfterMissing } from "../src/watch/look.ts";
import { type NextPoll, nextPollAt } from "../src/watch/next-poll.ts";
import { phasedAt } from "../src/watch/phase.ts";
import {
  byLastLook,
  isAnsweredIn,
  type PollRecord,
  reconciledBefore,
  type Round,
  roundAt,
} from "../src/watch/round.ts";
import type { TagRecord } from "../src/watch/tag-record.ts";
import { worker } from "../src/worker.ts";

/** When a repository is due again whose poll ended without a word, at the latest: longer than a job can take. */
const LOST_AFTER_MS = 15 * MINUTE_MS;
/** Manifests of one repository that are fetched at the same time. */
const FETCHES_AT_ONCE = 4;

/** Asks where the watched tags of a repository point now: once for all who subscribe, and all tags together. */
export const poll = worker(POLL, async ({ repository }, context, signal) => {
  const { store, clock, settings } = context;
  const startedAt = await clock.now();
  const lostAt = later(startedAt, Math.min(LOST_AFTER_MS, settings.pollMs));
  await store.schedule({ kind: "poll", repository }, lostAt, "set");
  const known = await store.watched(repository);
  if (known.watches.length === 0) return forget(repository, startedAt, store);

  const round = roundAt(known.poll, known.pushedAt, startedAt);
  const asked = known.watches.filter((watch) => !isAnsweredIn(round, watch, startedAt)).toSorted(byLastLook);
  const { answers, cursor, deferred } = await surveyOf({ repository, asked, round, known }, context, signal);
  const at = await clock.now();
  const moved = await readMoved(repository, movedDigests(asked, answers, at), context, signal);
  signal.throwIfAborted();

  const looks = looksOf(asked, { answers, moved, at }, context);
  // Told before it is kept: a process that dies between the two tells it again, under the same keys.
  for (const event of looks.flatMap((look) => eventsOf(look, at))) await context.record(event);
  const failures = looks.flatMap(({ error }) => (error === undefined ? [] : [error.thrown]));
  const rest = deferred ?? deferralIn(moved);
  const isOver = looks.length === asked.length && failures.length === 0;
  const next = nextOf({ repository, known, round, looks }, context, at);
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
    }),
    lostAt,
  });
  await verifyMoved(repository, looks, context);

  const failure = rest ?? failures.find(isTransient) ?? failures[0];
  if (failure !== undefined) throw failure;
});

/** Nobody subscribes any more; but somebody who did so this very moment is not forgotten. */
async function forget(repository: Repository, now: Instant, store: Store): Promise<void> {
  await store.unschedule({ kind: "poll", repository });
  if (await store.isWatched(repository)) await store.schedule({ kind: "poll", repository }, now, "sooner");
}

interface Question {
  readonly repository: Repository;
  readonly asked: readonly WatchState[];
  readonly round: Round;
  readonly known: WatchedRepository;
}

async function surveyOf(
  { repository, asked, round, known }: Question,
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

/** Digests that tags moved to, as the registry claims; each once. */
function movedDigests(
  asked: readonly WatchState[],
  answers: Survey["answers"],
  at: Instant,
): readonly Digest[] {
  const digests = asked.flatMap((watch) => {
    const answer = answers.get(watch.line.tag);
    if (answer?.kind !== "found" || answer.digest === watch.history.at(-1)?.digest) return [];
    return isHeldBack(watch, answer.digest, at) ? [] : [answer.digest];
  });
  return [...new Set(digests)];
}

type Moved =
  | { readonly kind: "read"; readonly facts: DigestFacts }
  | { readonly kind: "failed"; readonly error: unknown };

/** The tag's answer is a claim; the bytes behind the digest are the proof that it exists. */
async function readMoved(
  repository: Repository,
  digests: readonly Digest[],
  { registry }: Context,
  signal: AbortSignal,
): Promise<ReadonlyMap<Digest, Moved>> {
  const moved = new Map<Digest, Moved>();
  const read = async (digest: Digest): Promise<void> => {
    try {
      const manifest = await registry.manifest({ repository, digest }, signal);
      moved.set(digest, { kind: "read", facts: factsIn(manifest) });
    } catch (error) {
      moved.set(digest, { kind: "failed", error });
    }
  };
  for (let start = 0; start < digests.length; start += FETCHES_AT_ONCE) {
    await Promise.all(digests.slice(start, start + FETCHES_AT_ONCE).map(read));
    if (deferralIn(moved) !== undefined) break;
  }
  return moved;
}

function deferralIn(moved: ReadonlyMap<Digest, Moved>): CodedError | undefined {
  for (const result of moved.values()) {
    if (result.kind === "failed" && isDeferral(result.error)) return result.error;
  }
  return undefined;
}

/** One tag, before and after it was asked about. */
interface Look {
  readonly line: WatchState["line"];
  readonly before: WatchState;
  readonly after: TagRecord;
  /** Present when the tag was found. */
  readonly movement?: Movement;
  /** Present when the question had no answer. */
  readonly error?: { readonly thrown: unknown };
}

interface Found {
  readonly answers: Survey["answers"];
  readonly moved: ReadonlyMap<Digest, Moved>;
  readonly at: Instant;
}

/** What became of each tag; those that were not asked after all are left out and stay as they were. */
function looksOf(
  asked: readonly WatchState[],
  { answers, moved, at }: Found,
  context: Context,
): readonly Look[] {
  return asked.flatMap((watch) => {
    const answer = answers.get(watch.line.tag);
    const look = answer === undefined ? undefined : lookOf(watch, answer, moved, at, context);
    return look === undefined ? [] : [{ line: watch.line, before: watch, ...look }];
  });
}

function lookOf(
  watch: WatchState,
  answer: TagAnswer,
  moved: Found["moved"],
  at: Instant,
  { settings }: Context,
): Pick<Look, "after" | "movement" | "error"> | undefined {
  switch (answer.kind) {
    case "missing":
      return { after: recordAfterMissing(watch, at) };
    case "failed":
      return failedLook(watch, answer.error, at);
    case "found": {
      const { digest, source, missed } = answer;
      const isRead = digest !== watch.history.at(-1)?.digest && !isHeldBack(watch, digest, at);
      const manifest = isRead ? moved.get(digest) : undefined;
      if (isRead && manifest === undefined) return undefined;
      if (manifest?.kind === "failed") {
        return isDeferral(manifest.error) ? undefined : failedLook(watch, manifest.error, at);
      }
      const sighting = { digest, source, ...manifest?.facts, ...(missed === undefined ? {} : { missed }) };
      const critical = profileOf(settings.profiles, watch.line.repository)?.sla.terms.critical;
      const { record, movement } = recordAfterFound(watch, sighting, critical, at);
      return { after: record, movement };
    }
    default:
      return answer satisfies never;
  }
}

function failedLook(watch: WatchState, thrown: unknown, at: Instant): Pick<Look, "after" | "error"> {
  const code = thrown instanceof CodedError ? thrown.code : "unknown";
  return {
    after: recordAfterFailure(watch, { code, message: messageOf(thrown), at }),
    error: { thrown },
  };
}

/** When the repository is to be looked at again: when the first of its tags is. The rest of a round does not put that off. */
function nextOf(
  {
    repository,
    known,
    round,
    looks,
  }: Pick<Question, "repository" | "known" | "round"> & { readonly looks: readonly Look[] },
  { settings }: Context,
  now: Instant,
): PollRecord["next"] {
  const after = new Map(looks.map((look) => [look.line.tag, look.after]));
  const steps = known.watches.map((watch) =>
    nextPollAt(after.get(watch.line.tag) ?? watch, known.pushedAt, settings, now),
  );
  const soonest = steps.reduce<NextPoll | undefined>(
    (first, step) => (first === undefined || step.at < first.at ? step : first),
    undefined,
  );
  if (soonest === undefined) return known.poll.next;
  const at = phasedAt(repository, soonest, now, Math.random());
  const planned = known.poll.next;
  const isContinued = round.startedAt === known.poll.round?.startedAt;
  return isContinued && planned !== undefined && planned.at < at ? planned : { at, reason: soonest.reason };
}

function recordOf({
  repository,
  known,
  round,
  readTo = known.poll.cursor,
  isOver,
  isDeferred,
  next,
}: {
  readonly repository: Repository;
  readonly known: WatchedRepository;
  readonly round: Round;
  readonly readTo: string | undefined;
  readonly isOver: boolean;
  readonly isDeferred: boolean;
  readonly next: PollRecord["next"];
}): PollRecord {
  const isReconciled = round.lists === "ignored" && !isDeferred;
  return {
    reconciledAt: isReconciled
      ? round.startedAt
      : (known.poll.reconciledAt ?? reconciledBefore(repository, round.startedAt)),
    ...(isOver ? {} : { round }),
    ...(readTo === undefined ? {} : { cursor: readTo }),
    ...(next === undefined ? {} : { next }),
  };
}

/** Has every digest verified that a tag moved to, and those that tags stayed on and that are not dealt with. */
async function verifyMoved(
  repository: Repository,
  looks: readonly Look[],
  { store, enqueue }: Context,
): Promise<void> {
  const moved: Digest[] = [];
  const stayed: WatchState[] = [];
  for (const { before, after, movement } of looks) {
    const current = after.history.at(-1)?.digest;
    if (movement === undefined || current === undefined) continue;
    const isStill = movement.kind === "same" || movement.kind === "flapping";
    if (isStill) stayed.push({ ...before, ...after });
    else moved.push(current);
  }
  const unfinished = await unfinishedDigests(store, repository, stayed);
  for (const digest of new Set([...moved, ...unfinished])) {
    await enqueue(VERIFY, { image: { repository, digest } });
  }
}

function isDeferral(error: unknown): error is CodedError {
  return error instanceof CodedError && error.code === "registry-deferred";
}

function isTransient(error: unknown): boolean {
  return error instanceof CodedError && error.transient;
}
