import { DAY_MS, HOUR_MS, type Instant, later, MINUTE_MS } from "../time.ts";
import { SETTLED_AFTER_MS } from "./history.ts";
import { missingWaitMs } from "./missing.ts";
import { dailyWindowOf, isInWindow, movesOf, nextOpeningOf, usualGapMs } from "./moves.ts";
import { SPREAD } from "./phase.ts";
import type { TagRecord } from "./tag-record.ts";

/** Why a tag is looked at again when it is. */
export const POLL_REASONS = [
  /** The usual interval. */
  "base",
  /** It moved, or was said to be pushed, a short while ago. */
  "hot",
  /** By how often it moves. */
  "adaptive",
  /** It moves at this time of the day. */
  "cluster",
  /** The registry has no such tag: less often with each look. */
  "missing",
  /** It goes to and fro: a move is believed when it stays. */
  "settling",
  /** It moves rarely, but must not be older than this. */
  "max-staleness",
  /** The registry refuses the credentials. */
  "refused",
] as const;

export type PollReason = (typeof POLL_REASONS)[number];

/** When to look again. */
export interface NextPoll {
  readonly at: Instant;
  /** The interval this is a step of, in milliseconds. */
  readonly intervalMs: number;
  readonly reason: PollReason;
}

export interface PollRules {
  /** The usual interval. */
  readonly pollMs: number;
  /** How old the last answer may get when nothing is wrong. */
  readonly maxStalenessMs: number;
}

/** How far ahead a poll can be due under these rules, in milliseconds: what is due later was put there by a clock that was wrong. */
export function pollHorizonMs({ pollMs, maxStalenessMs }: PollRules): number {
  return 2 * Math.max(DAY_MS, pollMs, maxStalenessMs);
}

const HOT_MS = 5 * MINUTE_MS;
const HOT_FOR_MS = HOUR_MS;
const ADAPTIVE_MIN_MS = 5 * MINUTE_MS;
const ADAPTIVE_MAX_MS = 6 * HOUR_MS;
/** Looks between two moves of a tag. */
const LOOKS_PER_MOVE = 20;
const CLUSTER_MS = 10 * MINUTE_MS;
const REFUSED_MS = HOUR_MS;
/** Longer than a move has to stay, however early a poll comes. */
const SETTLING_MS = Math.ceil(SETTLED_AFTER_MS / (1 - 2 * SPREAD));

/**
 * When to look at a tag again, if no other tag of its repository is due sooner. An interval below 5 minutes is for trying things out: it
 * is kept, and only a tag that is missing waits for longer.
 *
 * @param pushedAt when somebody last said that the repository was pushed to
 */
export function nextPollAt(
  tag: TagRecord,
  pushedAt: Instant | undefined,
  rules: PollRules,
  now: Instant,
): NextPoll {
  const step = (intervalMs: number, reason: PollReason): NextPoll => ({
    at: later(now, Math.round(intervalMs)),
    intervalMs,
    reason,
  });
  if (tag.missing !== undefined) return step(missingWaitMs(tag.missing, rules.pollMs), "missing");
  if (rules.pollMs < HOT_MS) return step(rules.pollMs, tag.held === undefined ? "base" : "settling");
  if (isRefused(tag)) return step(Math.max(REFUSED_MS, rules.pollMs), "refused");
  if (tag.held !== undefined) return step(SETTLING_MS, "settling");

  // Polls are spread around their interval, and the longest wait counts.
  const staleMs = rules.maxStalenessMs / (1 + SPREAD);
  if (isHot(tag, pushedAt, now)) return step(Math.min(HOT_MS, staleMs), "hot");
  const gapMs = usualGapMs(tag.history);
  const usual =
    gapMs === undefined
      ? step(rules.pollMs, "base")
      : step(Math.min(Math.max(gapMs / LOOKS_PER_MOVE, ADAPTIVE_MIN_MS), ADAPTIVE_MAX_MS), "adaptive");
  return inWindow(tag, usual.intervalMs > staleMs ? step(staleMs, "max-staleness") : usual, now);
}

/** The step, or a shorter one where the tag usually moves about this time of the day. */
function inWindow({ history }: TagRecord, next: NextPoll, now: Instant): NextPoll {
  const window = dailyWindowOf(history);
  if (window === undefined || next.intervalMs <= CLUSTER_MS) return next;
  const at = isInWindow(window, now) ? later(now, CLUSTER_MS) : nextOpeningOf(window, now);
  return at < next.at ? { at, intervalMs: CLUSTER_MS, reason: "cluster" } : next;
}

/** Why a tag is looked at again when it is, for people. */
export function pollReasonInWords(reason: PollReason): string {
  switch (reason) {
    case "base":
      return "the usual interval";
    case "hot":
      return "something was pushed a short while ago";
    case "adaptive":
      return "by how often the tag moves";
    case "cluster":
      return "the vendor publishes at this time of the day";
    case "missing":
      return "the tag is not there: looked for less and less often";
    case "settling":
      return "the tag goes to and fro: a move is believed when it stays";
    case "max-staleness":
      return "the tag moves rarely, and is not left alone for longer";
    case "refused":
      return "the registry refuses the credentials";
    default:
      return reason satisfies never;
  }
}

function isHot({ history }: TagRecord, pushedAt: Instant | undefined, now: Instant): boolean {
  const times = [movesOf(history).at(-1), pushedAt];
  return times.some((at) => at !== undefined && at <= now && now - at < HOT_FOR_MS);
}

function isRefused({ failure }: TagRecord): boolean {
  return failure?.code === "registry-unauthorized" || failure?.code === "registry-forbidden";
}
