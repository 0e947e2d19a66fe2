import { InvalidInputError } from "../errors.ts";
import { isDigest } from "../image/digest.ts";
import { type Reference, parseReference, renderReference } from "../image/reference.ts";
import { lineFinderOf } from "./line-finder.ts";
import type { Occurrence, PinPlace, TextRange, UnhandledReason, VersionComment } from "./occurrence.ts";
import { type Traced, isContiguous, sliceOf } from "./traced.ts";

/** Characters of {@link Occurrence.raw}. */
export const RAW_LENGTH_MAX = 512;

/** A place that names an image, before anybody asks in which line, and who else is there. */
export interface Place {
  /** The text that names the image, as written. */
  readonly raw: string;
  /** Where it starts in the text. */
  readonly offset: number;
  readonly handling: Occurrence["handling"];
}

/** A comment behind a place, without its sign. */
export interface CommentText {
  readonly text: string;
  readonly start: number;
}

/** What is known of a place beside the text of its reference. */
export interface PlaceOptions {
  /** As it stands in the file, where that differs from the name. */
  readonly raw?: Traced;
  readonly comment?: CommentText | undefined;
  /** `never`: a digest must not be put here. Else it is, behind the name. */
  readonly pin?: "behind" | "never";
}

/**
 * The place where this name stands, which is all of a reference.
 *
 * @param name without quotes, with variables put in
 * @param text of the file that the offsets of the name are about
 */
export function placeOf(name: Traced, text: string, options: PlaceOptions = {}): Place {
  const { raw = name, comment, pin = "behind" } = options;
  const at = { raw: raw.text, offset: raw.offsets[0] ?? name.offsets[0] ?? 0 };
  if (isNameless(name.text)) return { ...at, handling: { kind: "reported", reason: "name-unknown" } };
  const reference = readReference(name.text);
  if (reference === undefined) return { ...at, handling: { kind: "reported", reason: "reference-invalid" } };
  const digestStart = name.text.length - (reference.digest?.length ?? 0);
  const named = reference.digest === undefined ? name.text.length : digestStart - 1;
  const digest = reference.digest === undefined ? undefined : sliceOf(name, digestStart);
  const tag = reference.tag === undefined ? undefined : sliceOf(name, named - reference.tag.length, named);
  // A name from several places is another elsewhere, where its variables are others: the digest would be the wrong one.
  const end = pin === "never" ? undefined : rangeOf(name, text)?.end;
  if (
    pin === "behind" &&
    end === undefined &&
    reference.digest === undefined &&
    reference.tag !== undefined
  ) {
    return { ...at, handling: { kind: "reported", reason: "reference-assembled", reference } };
  }
  return placeOfParts(
    {
      ...at,
      reference,
      digest,
      tag,
      comment,
      ...(end === undefined
        ? {}
        : { pin: { range: { start: end, end }, replaces: "", before: "@", after: "" } }),
    },
    text,
  );
}

/** A reference with the places of its parts, which may stand apart from each other. */
export interface PlaceParts {
  readonly raw: string;
  readonly offset: number;
  readonly reference: Reference;
  readonly digest?: Traced | undefined;
  readonly tag?: Traced | undefined;
  readonly comment?: CommentText | undefined;
  /** Where a digest can be put if there is none. */
  readonly pin?: PinPlace;
}

/** The place of a reference that was put together. */
export function placeOfParts(parts: PlaceParts, text: string): Place {
  const { raw, offset, reference, pin } = parts;
  const { digest, tag } = reference;
  const at = { raw, offset };
  const reported = (reason: UnhandledReason): Place => ({
    ...at,
    handling: { kind: "reported", reason, reference },
  });
  const tagRange = parts.tag === undefined ? undefined : rangeOf(parts.tag, text);
  if (digest === undefined) {
    if (tag === undefined || pin === undefined) return reported("not-pinned");
    const { repository } = reference;
    return {
      ...at,
      handling: { kind: "pinnable", reference: { repository, tag }, pin, ...(tagRange && { tagRange }) },
    };
  }
  if (tag === undefined) return reported("tag-unknown");
  const digestRange = parts.digest === undefined ? undefined : rangeOf(parts.digest, text);
  if (digestRange === undefined) return reported("reference-assembled");
  const comment = versionIn(parts.comment, tag);
  return {
    ...at,
    handling: {
      kind: "editable",
      reference: { ...reference, tag, digest },
      digestRange,
      ...(tagRange && { tagRange }),
      ...(comment && { comment }),
    },
  };
}

/** A place that is reported for this reason, whatever it names. */
export function reportedPlace(written: Traced, reason: UnhandledReason): Place {
  const reference = isNameless(written.text) ? undefined : readReference(written.text);
  return {
    raw: written.text,
    offset: written.offsets[0] ?? 0,
    handling: { kind: "reported", reason, ...(reference && { reference }) },
  };
}

/** The same place, reported for this reason and not edited. */
export function reportedAs(place: Place, reason: UnhandledReason): Place {
  const { reference } = place.handling;
  return { ...place, handling: { kind: "reported", reason, ...(reference && { reference }) } };
}

/** The reference a text is, and undefined where it is none. */
export function readReference(text: string): Reference | undefined {
  try {
    return parseReference(text);
  } catch (error) {
    if (error instanceof InvalidInputError) return undefined;
    throw error;
  }
}

/** Where a text stands in the file, if it stands there in one piece and letter by letter. */
export function rangeOf(written: Traced, text: string): TextRange | undefined {
  const [start] = written.offsets;
  if (start === undefined || !isContiguous(written)) return undefined;
  const end = start + written.text.length;
  return text.slice(start, end) === written.text ? { start, end } : undefined;
}

/**
 * The places as they are told to others, in order of their lines. Several that get the same reference from the same digest are one; a
 * digest, or a point to put one, that serves two different references is reported: no edit would be right. A tag that serves two places
 * is left alone.
 */
export function occurrencesAt(places: readonly Place[], text: string): readonly Occurrence[] {
  const lineAt = lineFinderOf(text);
  return withoutShared(places)
    .map(({ raw, offset, handling }): Occurrence => {
      const line = lineAt(editedAt(handling) ?? offset);
      return { line, raw: raw.slice(0, RAW_LENGTH_MAX), handling };
    })
    .toSorted((a, b) => a.line - b.line);
}

function withoutShared(places: readonly Place[]): readonly Place[] {
  const byStart = Map.groupBy(places, ({ handling }) => editedAt(handling));
  const seen = new Set<number>();
  const single = places.flatMap((place) => {
    const start = editedAt(place.handling);
    if (start === undefined) return [place];
    const same = byStart.get(start) ?? [];
    if (new Set(same.map(({ handling }) => nameOf(handling))).size > 1) {
      return [reportedAs(place, "reference-assembled")];
    }
    const isFirst = !seen.has(start);
    seen.add(start);
    return isFirst ? [place] : [];
  });
  const byTag = Map.groupBy(single, ({ handling }) =>
    handling.kind === "reported" ? undefined : handling.tagRange?.start,
  );
  return single.map((place) => {
    const { handling } = place;
    if (handling.kind === "reported" || handling.tagRange === undefined) return place;
    if ((byTag.get(handling.tagRange.start) ?? []).length === 1) return place;
    const { tagRange: _, ...rest } = handling;
    return { ...place, handling: rest };
  });
}

function editedAt(handling: Occurrence["handling"]): number | undefined {
  if (handling.kind === "editable") return handling.digestRange.start;
  return handling.kind === "pinnable" ? handling.pin.range.start : undefined;
}

function nameOf({ reference }: Occurrence["handling"]): string {
  return reference === undefined ? "" : renderReference(reference);
}

/**
 * `v1.2@sha256:…`, `@sha256:…` and `sha256:…`: how an image is pinned, and not which. The first and the last would be names of Docker
 * Hub's official images, and no such image is called like a version.
 */
function isNameless(text: string): boolean {
  const [, before] = /^([^@/:]*@)?sha256:[0-9a-f]{64}$/.exec(text) ?? [];
  if (before === undefined) return isDigest(text);
  return before === "@" || /^v?\d|^[^@]*[A-Z]/.test(before);
}

/** The part of a comment that repeats the tag, or all of it where it is one word: a version of its own or a date. */
function versionIn(comment: CommentText | undefined, tag: string): VersionComment | undefined {
  if (comment === undefined) return undefined;
  const word = Array.from(comment.text.matchAll(/[^\s,;()]+/g)).find(([text]) => text === tag);
  const isOneWord = /^v?\d[\w.+-]*$/.test(comment.text);
  if (word === undefined && !isOneWord) return undefined;
  const text = word?.[0] ?? comment.text;
  const start = comment.start + (word?.index ?? 0);
  return { text, range: { start, end: start + text.length } };
}
