import type { Instant } from "../time.ts";

/** One source of advisories as it stood when it was asked. */
export interface FeedState {
  /** As configured: lower-case letters, digits, dashes. */
  readonly id: string;
  /** For people: `BellSoft's OSV feed`. */
  readonly name: string;
  /** Names this state of the feed: another one, another id. Both sides of a comparison are asked under one. */
  readonly snapshot: string;
  /** When its newest record was modified; records that claim to be from the future do not count. */
  readonly asOf?: Instant;
  /** When we last saw that this is what the feed has. */
  readonly checkedAt: Instant;
  /** Records that are not withdrawn. */
  readonly recordCount: number;
  /** OSV ecosystems it speaks of, with release and without, sorted. */
  readonly ecosystems: readonly string[];
  /** How old {@link FeedState.checkedAt} may be before the feed proves nothing, in milliseconds. */
  readonly staleAfterMs: number;
  /** What its licence asks of those who use it, where it does. */
  readonly licenceNote?: string;
}

/** Whether a feed was not looked at for so long that silence proves nothing. */
export function isStale(
  { checkedAt, staleAfterMs }: Pick<FeedState, "checkedAt" | "staleAfterMs">,
  now: Instant,
): boolean {
  return now - checkedAt > staleAfterMs;
}
