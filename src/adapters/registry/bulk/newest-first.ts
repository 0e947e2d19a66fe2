import { CodedError } from "../../../errors.ts";
import type { Digest } from "../../../image/digest.ts";
import { isTag, type Tag } from "../../../image/reference.ts";
import { instantOf, type Instant, MINUTE_MS } from "../../../time.ts";
import type { ListedTag, ListQuestion, Moves, Position } from "./tag-list.ts";

/** Entries on one page at most, whatever was asked for. */
export const PAGE_ENTRIES_MAX = 1_000;
const PAGE_SIZE = 100;
const PAGES_MAX = 200;
/** Pages to the cursor at most: each is one entry shorter than the one before. */
const PAGES_TO_CURSOR_MAX = 50;
/** A list may take in a move late, below newer ones: so much of what was read before is read again. */
const LAG_MS = 5 * MINUTE_MS;

/** One entry of a page, as far as it could be read. */
export interface MoveEntry {
  readonly name: string;
  readonly digest?: Digest | undefined;
  readonly movedAt?: Instant | undefined;
}

export interface MovePage {
  readonly entries: readonly MoveEntry[];
  /** How to go on; absent on the last page. A URL where pages are linked. */
  readonly more: URL | "numbered" | undefined;
  /** Tags in the whole list, where it says so. */
  readonly count?: number | undefined;
}

/** Which page to read. */
export interface MoveStep {
  /** From 1. */
  readonly number: number;
  readonly size: number;
  /** Where the page before said that it goes on. */
  readonly next: URL | undefined;
}

/**
 * Reads a list whose newest moves come first: down to where the last reading began, or as many pages as are worth it.
 *
 * Moves between two pages shift what is on them. Pushes shift down: entries come twice, and the first, newer one counts. Deletions
 * shift up and would hide an entry, so pages that must not have gaps overlap, page `n` with the next by `n` entries.
 *
 * @param read one page; what it throws ends the reading, and what was read before stands
 * @param now what is newer is not believed: it would hide all moves until then
 */
export async function readNewestFirst(
  question: ListQuestion,
  read: (step: MoveStep, signal: AbortSignal) => Promise<MovePage>,
  now: Instant,
  signal: AbortSignal,
): Promise<Moves> {
  const reading = new Reading(question, now);
  try {
    let next: URL | undefined;
    for (let number = 1; number <= PAGES_MAX; number++) {
      const step = { number, size: reading.sizeOf(number), next };
      const page = await read(step, signal);
      reading.take(page, step);
      if (page.more === undefined || !reading.isWorthMore(number)) break;
      next = page.more === "numbered" ? undefined : page.more;
    }
    return reading.moves();
  } catch (thrown) {
    signal.throwIfAborted();
    if (!(thrown instanceof CodedError)) throw thrown;
    return { ...reading.moves(), unlisted: "unknown", ended: thrown };
  }
}

/** What was read of a list so far. */
class Reading {
  readonly #question: ListQuestion;
  readonly #now: Instant;
  readonly #listed = new Map<Tag, ListedTag>();
  readonly #seen = new Set<string>();
  #since: Position | undefined;
  #newestAt: Instant | undefined;
  #lastAt: Instant | undefined;
  #count: number | undefined;
  #hasReachedSince = false;
  #isWithoutGap = true;
  #isComplete = false;

  constructor(question: ListQuestion, now: Instant) {
    this.#question = question;
    this.#now = now;
    // With most tags unsettled the cursor spares too little: then the list is read like the first time.
    const isOfUse = question.settled.size * 2 >= question.wanted.size && question.settled.size > 0;
    this.#since = isOfUse ? question.since : undefined;
  }

  sizeOf(number: number): number {
    return this.#since === undefined ? PAGE_SIZE : PAGE_SIZE + 1 - number;
  }

  take({ entries, count, more }: MovePage, { number, next }: MoveStep): void {
    if (number === 1) this.#count = count;
    // Fewer tags than before: some were deleted, and only the whole list tells which.
    if (number === 1 && (count ?? 0) < (this.#since?.count ?? 0)) this.#since = undefined;
    const [first] = entries;
    const isOverlapping = first !== undefined && this.#seen.has(first.name);
    if (number > 1 && next === undefined && !isOverlapping) this.#isWithoutGap = false;
    for (const entry of entries) this.#takeEntry(entry);
    if (more === undefined) this.#isComplete = true;
  }

  #takeEntry({ name, digest, movedAt }: MoveEntry): void {
    const isFirst = !this.#seen.has(name);
    this.#seen.add(name);
    if (movedAt !== undefined) this.#takeTime(movedAt, isFirst);
    if (!isFirst || !isTag(name) || !this.#question.wanted.has(name)) return;
    this.#listed.set(name, {
      ...(digest === undefined ? {} : { digest }),
      ...(movedAt === undefined ? {} : { movedAt }),
    });
  }

  #takeTime(movedAt: Instant, isFirst: boolean): void {
    this.#newestAt ??= instantOf(Math.min(movedAt, this.#now));
    if (this.#since !== undefined && movedAt < this.#since.at - LAG_MS) this.#hasReachedSince = true;
    if (!isFirst) return;
    // A list in another order than it was asked for says nothing about what does not stand in it.
    if (this.#lastAt !== undefined && movedAt > this.#lastAt) this.#isWithoutGap = false;
    this.#lastAt = movedAt;
  }

  /** Whether the next page is likely to spare more requests than it costs. */
  isWorthMore(number: number): boolean {
    const open = this.#question.wanted.size - this.#listed.size;
    if (this.#since !== undefined) {
      const isOnItsWay = !this.#hasReachedSince && this.#isWithoutGap;
      return isOnItsWay && open > number && number < PAGES_TO_CURSOR_MAX;
    }
    // Without a count, as much is spent on pages as the tags that are still open would cost: at worst twice the price.
    const left = Math.ceil((this.#count ?? 0) / PAGE_SIZE) - number;
    return open > (left > 0 ? left : number);
  }

  moves(): Moves {
    const at = this.#newestAt ?? this.#question.since?.at;
    const count = this.#count === undefined ? {} : { count: this.#count };
    // A whole list names every tag: one that is not in it is gone.
    const isUnmoved = this.#hasReachedSince && this.#isWithoutGap && !this.#isComplete;
    return {
      listed: this.#listed,
      unlisted: isUnmoved ? "unmoved" : "unknown",
      ...(at === undefined ? {} : { position: { at, ...count } }),
    };
  }
}
