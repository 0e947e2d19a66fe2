import { AGED_MS, DATED_BEFORE_AGED } from "./constants.ts";

/** Somebody who was told when to come again. Moments are milliseconds since 1970. */
export interface Waiter {
  /** Printable ASCII. */
  readonly subject: string;
  readonly cost: number;
  readonly rank: "dated" | "undated";
  /** When it has to be through; without a deadline: when it asked first. */
  readonly at: number;
  /** The turn is lost then. */
  readonly until: number;
}

/**
 * What is to be let through before somebody, in things: the earliest deadline goes first, then who has none and asked first. Who waits without one
 * for longer than two hours goes after three that have one.
 *
 * @param others those that wait, without `self`
 * @param datedInRow how many with a deadline were let through since somebody without one, 3 at most
 */
export function costAhead(
  self: Waiter,
  {
    others,
    datedInRow,
    now,
  }: { readonly others: readonly Waiter[]; readonly datedInRow: number; readonly now: number },
): number {
  const dated = others.filter(({ rank }) => rank === "dated").toSorted(inLine);
  const undated = others.filter(({ rank }) => rank === "undated").toSorted(inLine);
  const isAged = ({ at }: Waiter): boolean => at <= now - AGED_MS;
  if (self.rank === "dated") {
    const before = dated.filter((other) => inLine(other, self) < 0);
    const agedBefore = Math.floor((before.length + datedInRow) / DATED_BEFORE_AGED);
    return costOf(before) + costOf(undated.filter(isAged).slice(0, agedBefore));
  }
  const before = undated.filter((other) => inLine(other, self) < 0);
  const datedBefore = isAged(self)
    ? Math.max(0, DATED_BEFORE_AGED * (before.length + 1) - datedInRow)
    : dated.length;
  return costOf(before) + costOf(dated.slice(0, datedBefore));
}

function costOf(waiters: readonly Waiter[]): number {
  return waiters.reduce((sum, { cost }) => sum + cost, 0);
}

/** By moment, then by subject. */
export function inLine(one: Waiter, other: Waiter): number {
  if (one.at !== other.at) return one.at - other.at;
  if (one.subject === other.subject) return 0;
  return one.subject < other.subject ? -1 : 1;
}
