import type { Instant } from "../time.ts";

/** Something that a person asked of a pull request, from when it was heard until it is done. */
export interface Order {
  /**
   * `rebase`, `ignore`, `snooze`, `recreate` and `explain` are what {@link Command} says. `help` answers what we do not know, `refuse` who may
   * not ask.
   */
  readonly kind: OrderKind;
  /** The comment that says so, or the moment that a box was found ticked. Together with the kind it tells orders apart. */
  readonly source: string;
  /** When it was said, as far as that is known. */
  readonly at: Instant;
  /** Login of who did; absent for boxes, which only somebody can tick who may write. */
  readonly by?: string;
  /** Of `snooze`: until when. */
  readonly until?: Instant;
  /** Of `recreate`: the old one is closed, a new one is not there yet. */
  readonly isClosed?: true;
}

/** Everything that is done because somebody said something. A closed list. */
export const ORDER_KINDS = ["rebase", "ignore", "snooze", "recreate", "explain", "help", "refuse"] as const;
export type OrderKind = (typeof ORDER_KINDS)[number];

/** For how long, and since when, a pull request is left alone. */
export interface Snooze {
  /** The first moment that it is over. */
  readonly until: Instant;
  readonly at: Instant;
  readonly by?: string;
  /** Grave vulnerabilities that were known to be fixed by then, sorted: another one is worth a word all the same. */
  readonly known: readonly string[];
}

/** What was said below a pull request and about it, as far as it was taken in. */
export interface Talk {
  /** Comments from before are not read again; absent while none was read. */
  readonly readAt?: Instant;
  /** Comments since then that were taken in. 100 at most. */
  readonly readIds: readonly number[];
  /** When the pull request was changed last as it was read: while it says the same, nobody said anything. */
  readonly seenAt?: Instant;
  /** The same of ticked boxes that were taken in. */
  readonly tickedAt?: Instant;
  /** Heard and not done, oldest first. */
  readonly orders: readonly Order[];
  /** Names of what we said: nothing is said twice. */
  readonly said: readonly string[];
  /** What we were about to say, and since when: it may be there already. */
  readonly saying?: { readonly name: string; readonly since: Instant };
}

/** Before anybody said anything. */
export const SILENCE: Talk = { readIds: [], orders: [], said: [] };

/** Names that are kept of what we said; the oldest go, as do the comments that they answer. */
const SAID_MAX = 200;

/** The same, having said it. */
export function withSaid(before: Talk, name: string): Talk {
  const { saying: _, ...talk } = before;
  return { ...talk, said: [...talk.said.filter((other) => other !== name), name].slice(-SAID_MAX) };
}

/** The same without an order that was carried out. */
export function withoutOrder(talk: Talk, done: Order): Talk {
  return { ...talk, orders: talk.orders.filter((order) => !isSameOrder(order, done)) };
}

/** Whether two are one: what was said in one comment is not said twice by reading it twice. */
export function isSameOrder(a: Order, b: Order): boolean {
  return a.kind === b.kind && a.source === b.source;
}

/** Whether a pull request is to be left alone now. */
export function isSnoozed({ snooze }: { readonly snooze?: Snooze }, now: Instant): boolean {
  return snooze !== undefined && now < snooze.until;
}
