import type { Repository } from "../image/reference.ts";
import type { WatchedRepository } from "../ports/store.ts";
import type { Settings } from "../context.ts";
import type { Instant } from "../time.ts";
import { type NextPoll, nextPollAt } from "../watch/next-poll.ts";
import { phasedAt } from "../watch/phase.ts";
import { type PollRecord, reconciledBefore, type Round } from "../watch/round.ts";
import type { Look } from "./looks.ts";

/** A repository, what was known of it, and the round that is under way. */
export interface RepositoryRound {
  readonly repository: Repository;
  readonly known: WatchedRepository;
  readonly round: Round;
}

/** When the repository is to be looked at again: when the first of its tags is. The rest of a round does not put that off. */
export function nextOf(
  { repository, known, round, looks }: RepositoryRound & { readonly looks: readonly Look[] },
  settings: Pick<Settings, "pollMs" | "maxStalenessMs">,
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

/**
 * What is kept of a poll until the next one.
 *
 * @param facts.readTo where the registry's list was read to; undefined keeps what is known
 */
export function recordOf({
  repository,
  known,
  round,
  readTo = known.poll.cursor,
  isOver,
  isDeferred,
  next,
  listing,
}: RepositoryRound & {
  readonly readTo: string | undefined;
  readonly isOver: boolean;
  readonly isDeferred: boolean;
  readonly next: PollRecord["next"];
  readonly listing: PollRecord["listing"];
}): PollRecord {
  const isReconciled = round.lists === "ignored" && !isDeferred;
  return {
    reconciledAt: isReconciled
      ? round.startedAt
      : (known.poll.reconciledAt ?? reconciledBefore(repository, round.startedAt)),
    ...(isOver ? {} : { round }),
    ...(readTo === undefined ? {} : { cursor: readTo }),
    ...(next === undefined ? {} : { next }),
    ...(listing === undefined ? {} : { listing }),
  };
}
