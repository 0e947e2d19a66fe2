import type { Tag } from "../../image/reference.ts";

const TAGS_MAX = 5;

/** Tags that somebody may have meant who wrote this one: those that begin alike for longest, at most five. */
export function tagsLike(tag: Tag, tags: readonly Tag[]): readonly Tag[] {
  return tags
    .map((other) => ({ other, length: commonLength(tag, other) }))
    .filter(({ length }) => length > 0)
    .toSorted((a, b) => b.length - a.length || (a.other < b.other ? -1 : 1))
    .slice(0, TAGS_MAX)
    .map(({ other }) => other);
}

function commonLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return length;
}
