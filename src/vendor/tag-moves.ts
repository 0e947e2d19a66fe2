import type { ImageLine, Tag } from "../image/reference.ts";
import type { Instant } from "../time.ts";
import { endOfLifeOf } from "./lifecycle.ts";
import type { Profile } from "./profile.ts";
import { grammarOf, newerIn, type StreamScope, streamOf } from "./streams.ts";

/** What decides where the tag of an image may move. */
export interface TagMoveRules {
  /** Of the vendor whose image it is. */
  readonly profile: Pick<Profile, "tags" | "lifecycle">;
  readonly scope: StreamScope;
  readonly now: Instant;
}

/**
 * The newest tag that a line may move to, of those that there are: a newer version of the same stream, no further than the scope, and
 * nothing that its vendor has stopped to build. Undefined where there is none, and for a tag that names no version.
 *
 * @param tags as a registry lists them, in any order
 */
export function newestTag(
  { repository, tag }: ImageLine,
  tags: readonly string[],
  { profile, scope, now }: TagMoveRules,
): Tag | undefined {
  const grammar = grammarOf(repository, profile);
  const current = streamOf(tag, grammar);
  if (current === undefined) return undefined;
  const ended = new Set<string>();
  for (;;) {
    const newest = newerIn(current, ended.size === 0 ? tags : tags.filter((each) => !ended.has(each)), {
      grammar,
      scope,
    });
    if (newest === undefined || endOfLifeOf(repository, newest, profile, now).kind !== "ended") return newest;
    ended.add(newest);
    if (ended.size === ENDED_MAX) return undefined;
  }
}

/** Tags that are looked beyond because they have ended: whoever has more of them has ended the stream. */
const ENDED_MAX = 20;

/** Whether a tag is one that a line may move to. */
export function isMoveWithin(line: ImageLine, to: Tag, rules: TagMoveRules): boolean {
  return newestTag(line, [to], rules) === to;
}
