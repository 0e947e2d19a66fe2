import { InvalidInputError } from "../errors.ts";
import { type Reference, parseReference, renderReference } from "../image/reference.ts";
import type { Occurrence, TextRange, UnhandledReason } from "./occurrence.ts";
import { type Traced, isContiguous, sliceOf, tracedOf } from "./traced.ts";

/** What can be done with a place. */
export type Handling = Occurrence["handling"];

/** Characters of {@link Occurrence.raw}. */
const RAW_LENGTH_MAX = 512;
/** Characters of the longest reference. */
const NAME_LENGTH_MAX = 512;

/** What every reference looks like: most texts are none, and to refuse them this way costs little. */
const LOOK = /^[A-Za-z0-9[][A-Za-z0-9._/:@[\]-]*$/;

/** A text as a reference; undefined where it is none. */
export function readReference(text: string): Reference | undefined {
  if (text.length > NAME_LENGTH_MAX || !LOOK.test(text)) return undefined;
  try {
    return parseReference(text);
  } catch (error) {
    if (error instanceof InvalidInputError) return undefined;
    throw error;
  }
}

/** A place that is only reported. */
export function reported(reason: UnhandledReason, reference?: Reference): Handling {
  return reference === undefined ? { kind: "reported", reason } : { kind: "reported", reason, reference };
}

/** What can be done with a reference that stands here, its variables put in. */
export function handlingOf(name: Traced): Handling {
  const reference = readReference(name.text);
  if (reference === undefined) return reported("reference-invalid");
  const { repository, tag, digest } = reference;
  if (tag === undefined) return reported(digest === undefined ? "not-pinned" : "tag-unknown", reference);
  const tagEnd = name.text.length - (digest === undefined ? 0 : digest.length + 1);
  const tagRange = rangeOf(sliceOf(name, tagEnd - tag.length, tagEnd));
  const changed = tagRange === undefined ? {} : { tagRange };
  if (digest === undefined) {
    const whole = rangeOf(name);
    if (whole === undefined) return reported("reference-assembled", reference);
    const pin = { range: { start: whole.end, end: whole.end }, replaces: "", before: "@", after: "" };
    return { kind: "pinnable", reference: { repository, tag }, pin, ...changed };
  }
  const digestRange = rangeOf(sliceOf(name, name.text.length - digest.length));
  if (digestRange === undefined) return reported("reference-assembled", reference);
  return { kind: "editable", reference: { repository, tag, digest }, digestRange, ...changed };
}

/** Where a text stands in its file; undefined where it does not stand there in one piece. */
export function rangeOf(written: Traced): TextRange | undefined {
  const [start] = written.offsets;
  return start !== undefined && isContiguous(written)
    ? { start, end: start + written.text.length }
    : undefined;
}

/** A place that was found, before it is known what else leads to it. */
export interface Found {
  /** What is shown of it, and where its line is taken from if it is only reported. */
  readonly written: Traced;
  /** The reference with its variables put in, where that is known. */
  readonly name?: Traced;
  readonly handling: Handling;
}

/** A place that holds this reference, and says so itself. */
export function foundAt(written: Traced, handling: Handling = handlingOf(written)): Found {
  return { written, name: written, handling };
}

/** The places of a file as occurrences, in the order given; those that share their text are settled by {@link withoutShared}. */
export function occurrencesFrom(text: string, found: readonly Found[]): readonly Occurrence[] {
  const lineAt = lineFinderOf(text);
  return withoutShared(found).map(({ written, handling }) => ({
    line: lineAt(editPointOf(handling) ?? written.offsets[0] ?? 0),
    raw: written.text.slice(0, RAW_LENGTH_MAX),
    handling,
  }));
}

/** Finds the 1-based line of an offset. */
export function lineFinderOf(text: string): (offset: number) => number {
  const starts = [0, ...Array.from(text.matchAll(/\n/g), ({ index }) => index + 1)];
  return (offset) => countUpTo(starts, offset);
}

/** How many of these ascending numbers are not above the limit. */
function countUpTo(ascending: readonly number[], limit: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((ascending[middle] ?? 0) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * One place per digest, or place for one. A text that serves two different references stays as it is, as no edit of it would be right: such
 * a digest is reported, and such a tag cannot be changed.
 */
function withoutShared(found: readonly Found[]): readonly Found[] {
  const namesAt = namesByPoint(found);
  const isShared = (at: number): boolean => (namesAt.get(at)?.size ?? 0) > 1;
  const seen = new Set<number>();
  return found.flatMap((place) => {
    const { handling } = place;
    const point = editPointOf(handling);
    if (point === undefined || handling.kind === "reported") return [place];
    if (isShared(keptPointOf(handling))) {
      return [{ ...place, handling: reported("reference-assembled", handling.reference) }];
    }
    if (seen.has(point)) return [];
    seen.add(point);
    const { tagRange, ...rest } = handling;
    return tagRange !== undefined && isShared(tagRange.start) ? [{ ...place, handling: rest }] : [place];
  });
}

function editPointOf(handling: Handling): number | undefined {
  if (handling.kind === "reported") return undefined;
  return handling.kind === "editable" ? handling.digestRange.start : handling.pin.range.start;
}

/** An offset that every text contains to which an edit would happen. */
function keptPointOf(handling: Exclude<Handling, { kind: "reported" }>): number {
  return handling.kind === "editable" ? handling.digestRange.start : handling.pin.range.start - 1;
}

/** For every offset that matters to an edit, the different references that contain it. */
function namesByPoint(found: readonly Found[]): ReadonlyMap<number, ReadonlySet<string>> {
  const names = new Map<number, Set<string>>();
  for (const { handling } of found) {
    if (handling.kind === "reported") continue;
    names.set(keptPointOf(handling), new Set());
    if (handling.tagRange !== undefined) names.set(handling.tagRange.start, new Set());
  }
  const points = [...names.keys()].toSorted((a, b) => a - b);
  for (const { name, handling } of found) {
    if (name === undefined) continue;
    const { reference } = handling;
    const key = reference === undefined ? name.text : renderReference(reference);
    for (const { start, end } of runsOf(name)) {
      for (let at = countUpTo(points, start - 1); (points[at] ?? end) < end; at += 1) {
        names.get(points[at] ?? end)?.add(key);
      }
    }
  }
  return names;
}

/** The pieces in which a text stands in its file. */
function runsOf({ offsets }: Traced): readonly TextRange[] {
  const runs: TextRange[] = [];
  let start = offsets[0] ?? 0;
  offsets.forEach((offset, position) => {
    if (offsets[position + 1] === offset + 1) return;
    runs.push({ start, end: offset + 1 });
    start = offsets[position + 1] ?? 0;
  });
  return runs;
}

const PINNED = "@sha256:";
const HEX_LENGTH = 64;
/** Whatever in this part of a text is a reference with a digest, to be reported as standing inside other text. */
export function embeddedIn(text: string, { start, end }: TextRange): readonly Found[] {
  const found: Found[] = [];
  let from = start;
  for (let at = text.indexOf(PINNED, from); at !== -1 && at < end; at = text.indexOf(PINNED, at + 1)) {
    let first = at;
    while (first > from && at - first < NAME_LENGTH_MAX && isNameCharacter(text.charCodeAt(first - 1)))
      first -= 1;
    const last = at + PINNED.length + HEX_LENGTH;
    const written = text.slice(first, last);
    const reference = last <= end ? readReference(written) : undefined;
    if (reference === undefined) continue;
    found.push({ written: tracedOf(written, first), handling: reported("embedded", reference) });
    from = last;
  }
  return found;
}

/** Letters, digits and `-./:_`. */
function isNameCharacter(code: number): boolean {
  return (
    (code >= 45 && code <= 58) || (code >= 65 && code <= 90) || code === 95 || (code >= 97 && code <= 122)
  );
}
