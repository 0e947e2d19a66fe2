import type { FormatFile } from "../format.ts";
import type { Occurrence } from "../occurrence.ts";
import { type Traced, sliceOf } from "../traced.ts";
import { occurrencesAt } from "../occurrences.ts";
import { type Place, type PlaceOptions, placeOf, reportedAs, reportedPlace } from "../place.ts";
import { commentAfter } from "./comment.ts";
import { isKeptByOther } from "./kept.ts";
import { type OtherReason, otherPlaces } from "./others.ts";
import { readImageLines } from "./image-lines.ts";
import { traceOf } from "./trace.ts";
import { type YamlFile, type YamlNode, type YamlScalar, readYaml } from "./yaml.ts";

/** Finds the places of one document. */
export type DocumentReader = (document: YamlNode, text: string) => readonly Place[];

/** Every place of a YAML file, in order of the lines. */
export function occurrencesOfYaml(
  { text }: FormatFile,
  read: DocumentReader,
  other?: OtherReason,
): readonly Occurrence[] {
  return occurrencesAt(placesOfYaml(text, read, other), text);
}

/** The same as places: those that are read, and, reported, what else looks like some. */
export function placesOfYaml(
  text: string,
  read: DocumentReader,
  other: OtherReason = "embedded",
): readonly Place[] {
  const yaml = readYaml(text);
  const places = yaml.documents.flatMap((document) => {
    const known = read(document, text);
    return [...known, ...otherPlaces(document, text, known, other)];
  });
  return [...places, ...unreadPlaces(text, yaml)];
}

/** Lines `image: value` of documents that could not be read: seen, and not edited. */
function unreadPlaces(text: string, { unread }: YamlFile): readonly Place[] {
  return unread.flatMap(({ start, end }) =>
    readImageLines(text.slice(start, end), start).map(({ value }) =>
      reportedPlace(value, opaqueReason(value.text) ?? "unread"),
    ),
  );
}

/** The place of a reference that is the whole of a scalar. */
export function scalarPlace(
  text: string,
  scalar: YamlScalar,
  options: Pick<PlaceOptions, "pin"> = {},
): Place {
  return placeIn(text, scalar, trimmedOf(text, scalar), options);
}

/** The place of a reference that is part of a scalar: this part. */
export function placeIn(
  text: string,
  scalar: YamlScalar,
  name: Traced,
  options: Pick<PlaceOptions, "pin"> = {},
): Place {
  const opaque = opaqueReason(name.text);
  if (opaque !== undefined) return reportedPlace(name, opaque);
  const place = placeOf(name, text, { ...options, comment: commentAfter(text, scalar) });
  return isKeptByOther(text, scalar) ? reportedAs(place, "other-bot") : place;
}

/** Why a text that somebody fills in later cannot be read; undefined for other texts. */
export function opaqueReason(value: string): "embedded" | "variable-unresolved" | undefined {
  if (value.includes("{{") || value.includes("<%")) return "embedded";
  return /\$[({A-Za-z_]|###/.test(value) ? "variable-unresolved" : undefined;
}

/** Characters of a scalar up to which it may be a reference, also one that variables are put into. */
const NAME_LENGTH_MAX = 4_096;

/** The value of a scalar without white space around it. Of one that is too long to name an image the start, which stands nowhere. */
export function trimmedOf(text: string, scalar: YamlScalar): Traced {
  const { value, range } = scalar;
  if (value.length > NAME_LENGTH_MAX) {
    const start = value.slice(0, NAME_LENGTH_MAX);
    return { text: start, offsets: Array.from({ length: start.length }, () => range.start) };
  }
  const traced = traceOf(text, scalar);
  const start = traced.text.length - traced.text.trimStart().length;
  return sliceOf(traced, start, Math.max(start, traced.text.trimEnd().length));
}

/** Lines `image: value` of YAML that stands in a scalar, such as a patch: seen, and not edited there. */
export function embeddedPlaces(text: string, scalar: YamlScalar): readonly Place[] {
  if (!/image/i.test(scalar.value)) return [];
  const traced = traceOf(text, scalar);
  return readImageLines(traced.text).map(({ value }) => {
    const start = value.offsets[0] ?? 0;
    return reportedPlace(sliceOf(traced, start, start + value.text.length), "embedded");
  });
}
