import { createHash } from "node:crypto";
import type { Digest } from "../../../image/digest.ts";
import type { Tag } from "../../../image/reference.ts";
import { isInstant } from "../../../time.ts";
import type { RegistryKind } from "../../../image/registry-kind.ts";
import type { Position } from "./tag-list.ts";

const VERSION = "1";
const CURSOR_LENGTH_MAX = 200;
const BUCKETS = 32;
/** Characters that stand for what is in one bucket. */
const MARK_LENGTH = 4;
const CURSOR_PATTERN = /^1\.([a-z-]{1,16})\.([0-9a-z]{1,9})\.([0-9a-z]{0,9})\.([A-Za-z0-9_-]{128})$/;

/** Where a tag pointed. */
export interface TagPlace {
  readonly tag: Tag;
  readonly digest: Digest;
}

/**
 * How far a list was read, and a mark of the tags and digests that were confirmed after that.
 *
 * The list says only what has moved since; that the rest is where it was follows for a tag that is known to have been there. So the
 * cursor carries marks: tags fall into 32 buckets by their name, and each bucket has a hash of its tags with their digests. Whatever
 * a caller did in between (asked for other tags, kept an older digest, lost an answer) shows as another mark, and costs no more than asking
 * for the tags of that bucket.
 */
export interface Cursor {
  readonly position: Position;
  readonly marks: readonly string[];
}

/** The cursor as text, at most 200 characters. */
export function renderCursor(
  kind: RegistryKind,
  { at, count }: Position,
  confirmed: readonly TagPlace[],
): string {
  const size = count === undefined ? "" : count.toString(36);
  return [VERSION, kind, at.toString(36), size, marksOf(confirmed).join("")].join(".");
}

/** Reads a cursor; undefined for one of another kind of list, or for any other text. */
export function parseCursor(kind: RegistryKind, text: string | undefined): Cursor | undefined {
  const match = text === undefined || text.length > CURSOR_LENGTH_MAX ? null : CURSOR_PATTERN.exec(text);
  if (match === null || match[1] !== kind) return undefined;
  const [, , time = "", size = "", marks = ""] = match;
  const at = Number.parseInt(time, 36);
  if (!isInstant(at)) return undefined;
  return {
    position: { at, ...(size === "" ? {} : { count: Number.parseInt(size, 36) }) },
    marks: Array.from({ length: BUCKETS }, (_, bucket) =>
      marks.slice(bucket * MARK_LENGTH, (bucket + 1) * MARK_LENGTH),
    ),
  };
}

/** Those of these places that were confirmed when the cursor was made. */
export function settledBy({ marks }: Cursor, places: readonly TagPlace[]): ReadonlySet<Tag> {
  const now = marksOf(places);
  return new Set(
    places.filter(({ tag }) => marks[bucketOf(tag)] === now[bucketOf(tag)]).map(({ tag }) => tag),
  );
}

function marksOf(places: readonly TagPlace[]): readonly string[] {
  const buckets = Array.from({ length: BUCKETS }, (): string[] => []);
  for (const { tag, digest } of places) buckets[bucketOf(tag)]?.push(`${tag} ${digest}\n`);
  return buckets.map((lines) =>
    hashOf(lines.toSorted().join("")).toString("base64url").slice(0, MARK_LENGTH),
  );
}

function bucketOf(tag: Tag): number {
  return hashOf(tag).readUInt8() % BUCKETS;
}

function hashOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
