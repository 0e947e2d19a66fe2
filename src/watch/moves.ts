import { DAY_MS, HOUR_MS, type Instant, instantOf } from "../time.ts";
import type { TagHistory } from "./history.ts";

/** Moves of a tag that its pace is read from. */
const MOVES_READ = 20;
/** Gaps between moves that are a pace. */
const GAPS_MIN = 3;

/** When a tag moved, oldest first: its last 20 moves. Where it was first seen is no move. */
export function movesOf(history: TagHistory): readonly Instant[] {
  return history
    .slice(1)
    .slice(-MOVES_READ)
    .map(({ firstSeenAt }) => firstSeenAt);
}

/** The time between two moves of a tag, in milliseconds, as it usually is; undefined before there are 3 such times. */
export function usualGapMs(history: TagHistory): number | undefined {
  const moves = movesOf(history);
  const gaps = moves.slice(1).map((at, position) => Math.max(0, at - (moves[position] ?? at)));
  if (gaps.length < GAPS_MIN) return undefined;
  return gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 2)];
}

/** How long the part of the day is in which a vendor publishes. */
export const WINDOW_MS = 2 * HOUR_MS;
const WINDOW_MOVES_MIN = 5;
const WINDOW_DAYS_MIN = 3;
const WINDOW_SHARE = 0.8;

/** A part of every day, in UTC, of {@link WINDOW_MS}. */
export interface DailyWindow {
  /** Milliseconds after midnight. */
  readonly startMs: number;
}

/** The two hours of the day in which nearly all moves fall; undefined where there are none such. */
export function dailyWindowOf(history: TagHistory): DailyWindow | undefined {
  const moves = movesOf(history);
  if (moves.length < WINDOW_MOVES_MIN) return undefined;
  if (new Set(moves.map((at) => Math.floor(at / DAY_MS))).size < WINDOW_DAYS_MIN) return undefined;
  let best: { count: number; startMs: number } | undefined;
  for (const first of moves) {
    const offsets = moves.map((at) => modulo(at - first, DAY_MS)).filter((offset) => offset < WINDOW_MS);
    if (best !== undefined && offsets.length <= best.count) continue;
    // The moves in the middle: the next one may come a little earlier or later than all of them.
    const slackMs = Math.floor((WINDOW_MS - Math.max(...offsets)) / 2);
    best = { count: offsets.length, startMs: modulo(first - slackMs, DAY_MS) };
  }
  return best !== undefined && best.count >= moves.length * WINDOW_SHARE
    ? { startMs: best.startMs }
    : undefined;
}

/** Whether a moment is in the window. */
export function isInWindow({ startMs }: DailyWindow, at: Instant): boolean {
  return modulo(at - startMs, DAY_MS) < WINDOW_MS;
}

/** When the window opens next. */
export function nextOpeningOf({ startMs }: DailyWindow, after: Instant): Instant {
  return instantOf(after + DAY_MS - modulo(after - startMs, DAY_MS));
}

/** Never negative, unlike `%`. */
function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}
