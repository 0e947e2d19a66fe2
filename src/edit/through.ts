import type { Occurrence, TextRange } from "./occurrence.ts";
import { type Traced, sliceOf } from "./traced.ts";
import { type Place, rangeOf } from "./place.ts";

/**
 * A place that was found in a text which stands in another one, such as a Dockerfile in a YAML scalar, as a place of the other one.
 * Reported where it does not stand there in one piece.
 *
 * @param inner the text the occurrence is of, with its places in the outer text
 */
export function placeThrough(inner: Traced, { line, raw, handling }: Occurrence, text: string): Place {
  const at = {
    raw,
    parts: [],
    offset: inner.offsets[startOfLine(inner.text, line)] ?? inner.offsets.at(-1) ?? 0,
  };
  const assembled: Place = {
    ...at,
    handling: { kind: "reported", reason: "reference-assembled", ...referenceOf(handling) },
  };
  if (handling.kind === "reported") return { ...at, handling };
  const tagRange = handling.tagRange && outerOf(inner, handling.tagRange, text);
  const { tagRange: _, ...rest } = handling;
  if (rest.kind === "editable") {
    const digestRange = outerOf(inner, rest.digestRange, text);
    if (digestRange === undefined) return assembled;
    const { comment: _comment, ...editable } = rest;
    return { ...at, handling: { ...editable, digestRange, ...(tagRange && { tagRange }) } };
  }
  // Behind the character before it: the next one may stand elsewhere.
  const before = outerOf(inner, { start: rest.pin.range.start - 1, end: rest.pin.range.start }, text);
  if (before === undefined || rest.pin.replaces !== "") return assembled;
  const pin = { ...rest.pin, range: { start: before.end, end: before.end } };
  return { ...at, handling: { ...rest, pin, ...(tagRange && { tagRange }) } };
}

function referenceOf({ reference }: Occurrence["handling"]) {
  return reference === undefined ? {} : { reference };
}

function outerOf(inner: Traced, { start, end }: TextRange, text: string): TextRange | undefined {
  return rangeOf(sliceOf(inner, start, end), text);
}

function startOfLine(text: string, line: number): number {
  let start = 0;
  for (let passed = 1; passed < line; passed += 1) {
    const next = text.indexOf("\n", start);
    if (next === -1) break;
    start = next + 1;
  }
  return start;
}
