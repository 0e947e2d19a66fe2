import type { Instant } from "../time.ts";
import type { TagPast } from "./history.ts";
import type { Missing } from "./missing.ts";
import type { Staleness } from "./staleness.ts";

/** Why a question about a tag had no answer, or not the one that was hoped for. */
export interface LookFailure {
  /** A code of an error, `tag-missing`, or `unknown`. */
  readonly code: string;
  readonly message: string;
  readonly at: Instant;
}

/** What is known of a tag. */
export interface TagRecord extends TagPast {
  /** When the tag was last asked about with an answer; absent before the first. */
  readonly checkedAt?: Instant;
  /** Why the last question had no answer, if it had none. */
  readonly failure?: LookFailure;
  /** Present while the registry says that there is no such tag. */
  readonly missing?: Missing;
  /** Present when the tag stands still for too long. */
  readonly stale?: Staleness;
}

/** When a tag was last asked about, with or without an answer. */
export function lookedAt({ checkedAt, failure }: TagRecord): Instant | undefined {
  if (checkedAt === undefined || failure === undefined) return checkedAt ?? failure?.at;
  return checkedAt > failure.at ? checkedAt : failure.at;
}

/** When the registry last said something about a tag, be it that it is not there. */
export function answeredAt({ checkedAt, missing }: TagRecord): Instant | undefined {
  if (checkedAt === undefined || missing === undefined) return checkedAt ?? missing?.lastAt;
  return checkedAt > missing.lastAt ? checkedAt : missing.lastAt;
}
