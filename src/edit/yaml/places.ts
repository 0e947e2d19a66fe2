import type { FormatFile } from "../format.ts";
import type { Occurrence } from "../occurrence.ts";
import { type Traced, sliceOf } from "../traced.ts";
import { occurrencesAt } from "../occurrences.ts";
import { type Place, type PlaceOptions, placeOf, reportedAs, reportedPlace } from "../place.ts";
import { commentAfter } from "./comment.ts";
import { readImageLines } from "./image-lines.ts";
import { traceOf } from "./trace.ts";
import { type YamlNode, type YamlScalar, readYaml } from "./yaml.ts";

/** Finds the places of one document. */
export type DocumentReader = (document: YamlNode, text: string) => readonly Place[];

/** Every place of a YAML file, in order of the lines. */
export function occurrencesOfYaml(file: FormatFile, read: DocumentReader): readonly Occurrence[] {
  const places = readYaml(file.text).documents.flatMap((document) => read(document, file.text));
  return occurrencesAt(places, file.text);
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

/** The value of a scalar without white space around it. */
export function trimmedOf(text: string, scalar: YamlScalar): Traced {
  const traced = traceOf(text, scalar);
  const start = traced.text.length - traced.text.trimStart().length;
  return sliceOf(traced, start, Math.max(start, traced.text.trimEnd().length));
}

/** Whether Flux's image automation keeps the line of one of these scalars, and says so. */
export function isKeptByOther(text: string, ...scalars: readonly (YamlScalar | undefined)[]): boolean {
  return scalars.some(
    (scalar) => scalar !== undefined && commentAfter(text, scalar)?.text.includes('"$imagepolicy"') === true,
  );
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
