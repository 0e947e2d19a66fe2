import type { CodedError } from "../../../errors.ts";
import type { Digest } from "../../../image/digest.ts";
import type { Repository, Tag } from "../../../image/reference.ts";
import type { Instant } from "../../../time.ts";

/** What a list says about a tag: a hint, that may lag behind or be wrong. */
export interface ListedTag {
  /** Absent when the list gives none that can be read, or more than one. */
  readonly digest?: Digest;
  readonly movedAt?: Instant;
}

/** How far a list of moves was read, newest first. */
export interface Position {
  /** The newest move that was seen. */
  readonly at: Instant;
  /** Tags the list held then, where it says so: fewer later means that some were deleted. */
  readonly count?: number;
}

export interface ListQuestion {
  readonly repository: Repository;
  /** Tags that need no request of their own when the list says that they are where they were. */
  readonly wanted: ReadonlySet<Tag>;
  /** Where the last reading began. */
  readonly since?: Position;
  /** Those of `wanted` that are known to have been there at `since`: for them a list without newer moves is enough. */
  readonly settled: ReadonlySet<Tag>;
}

/** What a list was read to say. */
export interface Moves {
  /** Tags of the question that stand in the list. */
  readonly listed: ReadonlyMap<Tag, ListedTag>;
  /** About settled tags that do not stand in it: `unmoved` when it was read down to {@link ListQuestion.since} without a gap. */
  readonly unlisted: "unmoved" | "unknown";
  /** Where the next reading may stop; absent where lists are in no order of time, or when there was no answer. */
  readonly position?: Position;
  /** Why reading ended before it was done. What was read until then stands. */
  readonly ended?: CodedError;
}

/** A registry's own way to tell where many tags point. */
export interface TagList {
  /** `newest-first` lists give a {@link Position}, and are short to read from one. */
  readonly order: "newest-first" | "none";

  /**
   * Reads as many pages as cost less than asking for the tags one by one. A failure after something was read is in the result.
   *
   * @throws {CodedError} when nothing was read
   */
  moves(question: ListQuestion, signal: AbortSignal): Promise<Moves>;
}

/** A move of one tag. */
export interface TagMove {
  readonly digest: Digest;
  readonly movedAt: Instant;
}

/** A registry's record of where a tag has pointed. */
export interface TagHistory {
  /**
   * The latest moves of a tag, oldest first.
   *
   * @throws {CodedError} `registry-*`
   */
  of(repository: Repository, tag: Tag, signal: AbortSignal): Promise<readonly TagMove[]>;
}

/** Nothing was read. */
export function nothingRead(ended?: CodedError): Moves {
  return { listed: new Map(), unlisted: "unknown", ...(ended === undefined ? {} : { ended }) };
}
