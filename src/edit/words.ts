import { type Traced, sliceOf } from "./traced.ts";

/** What escapes a character and, at the end of a line, the line's end: `\`, or what the directive `escape` says. */
export type EscapeToken = "\\" | "`";

/** A part of a text: half-open, in code units. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Splits at white space that is neither quoted nor escaped; quotes and escapes stay in the words. An open quote runs to the end.
 *
 * @see BuildKit frontend/dockerfile/parser, parseWords
 */
export function wordsOf(line: Traced, escape: EscapeToken): readonly Traced[] {
  return spansOf(line.text, escape).map(({ start, end }) => sliceOf(line, start, end));
}

/** The texts of {@link wordsOf}. */
export function wordTextsOf(line: string, escape: EscapeToken): readonly string[] {
  return spansOf(line, escape).map(({ start, end }) => line.slice(start, end));
}

/** A word without its quotes and escapes, nothing expanded. */
export function unquote(word: string, escape: EscapeToken): string {
  let quote = "";
  let plain = "";
  for (let position = 0; position < word.length; position += 1) {
    const character = word[position] ?? "";
    if (character === quote) quote = "";
    else if (quote === "" && (character === "'" || character === '"')) quote = character;
    else if (character === escape && quote !== "'" && position + 1 < word.length) {
      position += 1;
      plain += word[position] ?? "";
    } else plain += character;
  }
  return plain;
}

function spansOf(line: string, escape: EscapeToken): readonly Span[] {
  const spans: Span[] = [];
  let start = -1;
  let quote = "";
  for (let position = 0; position < line.length; position += 1) {
    const character = line[position] ?? "";
    if (quote === "" && /\s/.test(character)) {
      if (start !== -1) spans.push({ start, end: position });
      start = -1;
      continue;
    }
    if (start === -1) start = position;
    if (character === escape && quote !== "'") position += 1;
    else if (character === quote) quote = "";
    else if (quote === "" && (character === "'" || character === '"')) quote = character;
  }
  if (start !== -1) spans.push({ start, end: line.length });
  return spans;
}
