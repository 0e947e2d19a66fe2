import { InvalidInputError } from "../errors.ts";
import { isDigest } from "../image/digest.ts";
import { type Reference, parseReference } from "../image/reference.ts";
import type { Occurrence, PinPlace, TextRange, UnhandledReason, VersionComment } from "./occurrence.ts";
import { type Traced, isContiguous, sliceOf } from "./traced.ts";

/** Characters of the longest reference. */
export const REFERENCE_LENGTH_MAX = 512;

/** What every reference looks like: most texts are none, and to refuse them this way costs little. */
const LOOK = /^[A-Za-z0-9[][A-Za-z0-9._/:@[\]-]*$/;

/** A text as a reference; undefined where it is none. */
export function readReference(text: string): Reference | undefined {
  if (text.length > REFERENCE_LENGTH_MAX || !LOOK.test(text)) return undefined;
  try {
    return parseReference(text);
  } catch (error) {
    if (error instanceof InvalidInputError) return undefined;
    throw error;
  }
}

/** A place that names an image, before anybody asks in which line, and who else is there. */
export interface Place {
  /** The text that names the image, as written. */
  readonly raw: string;
  /** Where it starts in the text. */
  readonly offset: number;
  /** What its reference is made of, where that is known: an edit of any of these changes what is named here. */
  readonly parts: readonly Traced[];
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
  const { raw = name, comment, pin: wish = "behind" } = options;
  const at = {
    raw: raw.text,
    offset: raw.offsets[0] ?? name.offsets[0] ?? 0,
    // A longer one is no reference, and many places may be made of it.
    parts: name.text.length > REFERENCE_LENGTH_MAX ? [] : [name],
  };
  const reported = (reason: UnhandledReason, reference?: Reference): Place => ({
    ...at,
    handling: { kind: "reported", reason, ...(reference && { reference }) },
  });
  if (isNameless(name.text)) return reported("name-unknown");
  const reference = readReference(name.text);
  if (reference === undefined) return reported("reference-invalid");
  const { tag, digest } = reference;
  const named = name.text.length - (digest === undefined ? 0 : digest.length + 1);
  // A name from several places is another elsewhere, where its variables are others: the digest would be the wrong one.
  const pin = wish === "never" ? undefined : pinBehind(name, text);
  const isAssembled = wish === "behind" && pin === undefined && digest === undefined && tag !== undefined;
  if (isAssembled) return reported("reference-assembled", reference);
  return placeOfParts(
    {
      ...at,
      reference,
      digest: digest === undefined ? undefined : sliceOf(name, named + 1),
      tag: tag === undefined ? undefined : sliceOf(name, named - tag.length, named),
      comment,
      pin,
    },
    text,
  );
}

/** A reference with the places of its parts, which may stand apart from each other. */
export interface PlaceParts {
  readonly raw: string;
  readonly offset: number;
  /** Of the whole reference, where it is more than tag and digest. */
  readonly parts?: readonly Traced[];
  readonly reference: Reference;
  readonly digest?: Traced | undefined;
  readonly tag?: Traced | undefined;
  readonly comment?: CommentText | undefined;
  /** Where a digest can be put if there is none. */
  readonly pin?: PinPlace | undefined;
}

/** The place of a reference that was put together. */
export function placeOfParts(put: PlaceParts, text: string): Place {
  const { raw, offset, reference, pin } = put;
  const { repository, digest, tag } = reference;
  const parts = put.parts ?? [put.digest, put.tag].filter((part) => part !== undefined);
  const at = { raw, offset, parts };
  const reported = (reason: UnhandledReason): Place => ({
    ...at,
    handling: { kind: "reported", reason, reference },
  });
  const tagRange = put.tag === undefined ? undefined : rangeOf(put.tag, text);
  if (digest === undefined) {
    if (tag === undefined || pin === undefined) return reported("not-pinned");
    return {
      ...at,
      handling: { kind: "pinnable", reference: { repository, tag }, pin, ...(tagRange && { tagRange }) },
    };
  }
  if (tag === undefined) return reported("tag-unknown");
  const digestRange = put.digest === undefined ? undefined : rangeOf(put.digest, text);
  if (digestRange === undefined) return reported("reference-assembled");
  const comment = versionIn(put.comment, tag);
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

/** Name, tag and digest of one image that stand apart: keys of a mapping, attributes of a call, or what a matcher took. */
export interface SplitName extends Omit<PlaceParts, "reference"> {
  /** All of it, also where a registry stands apart. */
  readonly name: string;
}

/** The place of such an image; a tag and a digest without a character are none. */
export function placeOfSplit(split: SplitName, text: string): Place {
  const { name } = split;
  const [tag, digest] = [split.tag, split.digest].map((part) => (part?.text === "" ? undefined : part));
  const tagged = tag === undefined ? name : `${name}:${tag.text}`;
  const reference = readReference(digest === undefined ? tagged : `${tagged}@${digest.text}`);
  if (reference === undefined) return reportedAt(split, "reference-invalid");
  return placeOfParts({ ...split, tag, digest, reference }, text);
}

/** A place that is reported for this reason; what it names cannot be told. */
export function unreadPlace({ text, offsets }: Traced, reason: UnhandledReason): Place {
  return reportedAt({ raw: text, offset: offsets[0] ?? 0 }, reason);
}

/** The same, of a place that is shown in several pieces. */
export function reportedAt(
  { raw, offset, parts = [] }: Pick<PlaceParts, "raw" | "offset" | "parts">,
  reason: UnhandledReason,
): Place {
  return { raw, offset, parts, handling: { kind: "reported", reason } };
}

/** A place that is reported for this reason, whatever it names. */
export function reportedPlace(written: Traced, reason: UnhandledReason): Place {
  const reference = isNameless(written.text) ? undefined : readReference(written.text);
  return {
    raw: written.text,
    offset: written.offsets[0] ?? 0,
    parts: [],
    handling: { kind: "reported", reason, ...(reference && { reference }) },
  };
}

/** The same place, reported for this reason and not edited. */
export function reportedAs(place: Place, reason: UnhandledReason): Place {
  const { reference } = place.handling;
  return { ...place, handling: { kind: "reported", reason, ...(reference && { reference }) } };
}

/** Where a digest is put behind a name; undefined where the name does not stand there in one piece. */
export function pinBehind(name: Traced, text: string): PinPlace | undefined {
  const end = rangeOf(name, text)?.end;
  return end === undefined ? undefined : { range: { start: end, end }, replaces: "", before: "@", after: "" };
}

/** Where a text stands in the file, if it stands there in one piece and letter by letter. */
export function rangeOf(written: Traced, text: string): TextRange | undefined {
  const [start] = written.offsets;
  if (start === undefined || !isContiguous(written)) return undefined;
  const end = start + written.text.length;
  return text.slice(start, end) === written.text ? { start, end } : undefined;
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
