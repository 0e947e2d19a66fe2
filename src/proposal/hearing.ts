import { type Instant, instantOf, later, MINUTE_MS } from "../time.ts";
import { type CommandReading, parseCommands, SNOOZE_MS, tickedControls } from "./commands.ts";
import { isSameOrder, type Order, type Talk } from "./orders.ts";

/** Comments that were read at once at most: there may be more then. */
export const COMMENTS_MAX = 100;
/** Orders that wait at most. What is beyond is not heard. */
const ORDERS_MAX = 50;
/** How late a comment may appear in a list that later ones are in already. */
const OVERLAP_MS = 2 * MINUTE_MS;

/** A comment, with what its author may do. */
export interface HeardComment {
  readonly id: number;
  readonly author: string;
  readonly body: string;
  readonly createdAt: Instant;
}

/** What there is to hear. */
export interface Hearing {
  /** Since {@link Talk.readAt}, oldest first, {@link COMMENTS_MAX} at most; absent when they were not read. */
  readonly comments?: readonly HeardComment[];
  /** Authors of comments with commands who may write. */
  readonly writers: ReadonlySet<string>;
  /** Of the pull request, as it is now. */
  readonly body: string;
  /** When the host says that it was changed last. */
  readonly updatedAt?: Instant;
  readonly now: Instant;
}

/** Comments that were not taken in and hold commands, with these. */
export function commandsIn(
  comments: readonly HeardComment[],
  talk: Talk,
): readonly { readonly comment: HeardComment; readonly readings: readonly CommandReading[] }[] {
  const known = new Set(talk.readIds);
  const { readAt } = talk;
  return comments
    .filter(({ id, createdAt }) => !known.has(id) && (readAt === undefined || createdAt >= readAt))
    .map((comment) => ({ comment, readings: parseCommands(comment.body) }))
    .filter(({ readings }) => readings.length > 0);
}

/** Whether something may have been said since: a host that says when the pull request was changed last spares the question. */
export function mayBeNews({ seenAt }: Talk, updatedAt: Instant | undefined): boolean {
  return updatedAt === undefined || updatedAt !== seenAt;
}

/** Takes in what was said: each order once, however often and in whatever pieces it is read. */
export function heard(talk: Talk, hearing: Hearing): Talk {
  const { comments, updatedAt } = hearing;
  const boxes = boxOrders(talk, hearing);
  const orders = [...talk.orders];
  for (const order of [...spokenOrders(talk, hearing), ...boxes]) {
    if (orders.length < ORDERS_MAX && !orders.some((other) => isSameOrder(other, order))) orders.push(order);
  }
  return {
    ...talk,
    ...(comments === undefined ? {} : readOf(talk, comments, hearing)),
    ...(boxes.length === 0 || updatedAt === undefined ? {} : { tickedAt: updatedAt }),
    orders,
  };
}

/** One order of a kind for each comment, the last one. Who may not ask is told so once. */
function spokenOrders(talk: Talk, { comments = [], writers, now }: Hearing): readonly Order[] {
  let isRefused = talk.said.includes("refuse") || talk.orders.some(({ kind }) => kind === "refuse");
  return commandsIn(comments, talk).flatMap(({ comment, readings }) => {
    if (writers.has(comment.author)) {
      const byKind = readings.map((reading) => orderOf(reading, comment, now));
      return [...new Map(byKind.map((order) => [order.kind, order])).values()];
    }
    if (isRefused) return [];
    isRefused = true;
    return [refusalOf(comment)];
  });
}

/** A tick that was taken in stands there until the body is written: it is one order. */
function boxOrders(talk: Talk, { body, updatedAt, now }: Hearing): readonly Order[] {
  if (updatedAt !== undefined && talk.tickedAt !== undefined && updatedAt <= talk.tickedAt) return [];
  const waiting = new Set(talk.orders.filter(({ by }) => by === undefined).map(({ kind }) => kind));
  const source = `box ${updatedAt ?? now}`;
  return tickedControls(body)
    .filter((kind) => !waiting.has(kind))
    .map((kind) => ({
      kind,
      source,
      at: now,
      ...(kind === "snooze" ? { until: later(now, SNOOZE_MS) } : {}),
    }));
}

function orderOf(reading: CommandReading, { id, author, createdAt }: HeardComment, now: Instant): Order {
  // Clocks differ: nothing is put off for longer than may be asked for.
  const at = instantOf(Math.min(createdAt, now));
  const order = { source: `comment ${id}`, at, by: author };
  switch (reading.kind) {
    case "unknown":
      return { kind: "help", ...order };
    case "snooze":
      return { kind: "snooze", ...order, until: later(at, reading.ms) };
    case "rebase":
    case "ignore":
    case "recreate":
    case "explain":
      return { kind: reading.kind, ...order };
    default:
      return reading satisfies never;
  }
}

function refusalOf({ id, author, createdAt }: HeardComment): Order {
  return { kind: "refuse", source: `comment ${id}`, at: createdAt, by: author };
}

/** How far comments were read, with some overlap: one may appear late. */
function readOf(
  { readAt }: Talk,
  comments: readonly HeardComment[],
  { updatedAt, now }: Hearing,
): Pick<Talk, "readAt" | "readIds" | "seenAt"> {
  const last = comments.at(-1)?.createdAt;
  const isFull = comments.length >= COMMENTS_MAX;
  const upTo = isFull ? last : (updatedAt ?? last);
  const overlap = isFull ? 0 : OVERLAP_MS;
  const next =
    upTo === undefined
      ? readAt
      : instantOf(Math.max(readAt ?? 0, upTo - overlap, isFull ? passed(readAt, last) : 0));
  const recent = comments.filter(({ createdAt }) => next === undefined || createdAt >= next);
  // What was changed a moment ago may have been said in part.
  const isSettled = !isFull && updatedAt !== undefined && now - updatedAt > OVERLAP_MS;
  return {
    readIds: recent.map(({ id }) => id),
    ...(next === undefined ? {} : { readAt: next }),
    ...(isSettled ? { seenAt: updatedAt } : {}),
  };
}

/** A hundred comments of one second: the rest of that second is left out, so that there is an end. */
function passed(readAt: Instant | undefined, last: Instant | undefined): number {
  return last !== undefined && last === readAt ? last + 1_000 : 0;
}
