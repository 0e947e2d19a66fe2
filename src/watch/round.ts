import type { Repository } from "../image/reference.ts";
import { DAY_MS, type Instant, later } from "../time.ts";
import type { TagListing } from "./candidates.ts";
import { type NextPoll } from "./next-poll.ts";
import { phaseOf } from "./phase.ts";
import { answeredAt, lookedAt, type TagRecord } from "./tag-record.ts";

/** A look at all tags of a repository, which may take several runs: a registry that wants to be left alone answers a part. */
export interface Round {
  readonly startedAt: Instant;
  /** Whether lists that tell many tags at once are believed; see {@link PollRecord.reconciledAt}. */
  readonly lists: "allowed" | "ignored";
}

/** What is kept between two polls of a repository. Losing it costs some requests and nothing else. */
export interface PollRecord {
  /** Present while a round is not finished; it ends when {@link PollRecord.next} has come. */
  readonly round?: Round;
  /** Where the registry's list of moves was read to. */
  readonly cursor?: string;
  /** When every tag was last asked for by itself, because lists may lag behind. */
  readonly reconciledAt?: Instant;
  readonly next?: Pick<NextPoll, "at" | "reason">;
  /** Present where somebody may move to a newer tag. */
  readonly listing?: TagListing;
}

const RECONCILE_MS = DAY_MS;

/**
 * The round that a run belongs to: the one that is not finished, or a new one when the repository is due again, was pushed to since, or the
 * clock was set back.
 */
export function roundAt(
  { round, reconciledAt, next }: PollRecord,
  pushedAt: Instant | undefined,
  now: Instant,
): Round {
  if (round !== undefined && round.startedAt <= now && (next === undefined || now < next.at)) {
    const isPushedSince = pushedAt !== undefined && pushedAt > round.startedAt && pushedAt <= now;
    if (!isPushedSince) return round;
  }
  const isDue = reconciledAt !== undefined && (reconciledAt > now || now - reconciledAt >= RECONCILE_MS);
  return { startedAt: now, lists: isDue ? "ignored" : "allowed" };
}

/** Whether a tag was answered in a round already. */
export function isAnsweredIn(round: Round, tag: TagRecord, now: Instant): boolean {
  const at = answeredAt(tag);
  // A new round has no answers, whatever a clock that was set back makes of them.
  return at !== undefined && round.startedAt < now && at >= round.startedAt && at <= now;
}

/** Those that were not asked about for the longest time first, so that a part of the answers is always another part. */
export function byLastLook(a: TagRecord, b: TagRecord): number {
  return (lookedAt(a) ?? 0) - (lookedAt(b) ?? 0);
}

/**
 * When a repository counts as reconciled before it ever was: at a moment of the last day of its own, so that not all are due at once.
 */
export function reconciledBefore(repository: Repository, now: Instant): Instant {
  return later(now, -phaseOf(repository, RECONCILE_MS));
}
