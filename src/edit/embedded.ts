import type { TextRange } from "./occurrence.ts";
import { type Place, REFERENCE_LENGTH_MAX, readReference, reportedPlace } from "./place.ts";
import { tracedOf } from "./traced.ts";

const PINNED = "@sha256:";
const HEX_LENGTH = 64;
const HEX = /^[0-9a-f]{64}(?![0-9a-f])/;

/** Where a text has references with a digest, or versions with one: what looks like a name up to the digest's end. Linear. */
export function pinnedRangesIn(text: string): readonly TextRange[] {
  const found: TextRange[] = [];
  let from = 0;
  for (let at = text.indexOf(PINNED); at !== -1; at = text.indexOf(PINNED, at + 1)) {
    let start = at;
    while (start > from && at - start < REFERENCE_LENGTH_MAX && isNameCharacter(text.charCodeAt(start - 1)))
      start -= 1;
    const hex = at + PINNED.length;
    const end = hex + HEX_LENGTH;
    if (start === at || !HEX.test(text.slice(hex, end + 1))) continue;
    found.push({ start, end });
    from = end;
  }
  return found;
}

/** A line of a Dockerfile that a script writes: a name with a tag, without anything put in. */
const FROM_LINE =
  /^[ \t]*FROM[ \t]+(?:--[\w=./-]+[ \t]+)*([^\s$@]+:[^\s$@]+)(?:[ \t]+[Aa][Ss][ \t]+\S+)?[ \t\r]*$/gm;

/** Whatever in this part of a text is a reference with a digest, or what a `FROM` gets, to be reported as standing inside other text. */
export function embeddedIn(text: string, { start: first, end: last }: TextRange): readonly Place[] {
  // Of the part alone: a search that runs on to the end of the text would take the square of it, part by part.
  const part = text.slice(first, last);
  const from = Array.from(part.matchAll(FROM_LINE), ({ 0: line, 1: name = "", index }): TextRange => {
    const start = index + line.indexOf(name, line.indexOf("FROM") + "FROM".length);
    return { start, end: start + name.length };
  });
  return [...pinnedRangesIn(part), ...from].flatMap(({ start, end }) => {
    const written = part.slice(start, end);
    if (readReference(written) === undefined) return [];
    return [reportedPlace(tracedOf(written, first + start), "embedded")];
  });
}

/** Letters, digits and `-./:_`. */
function isNameCharacter(code: number): boolean {
  return (
    (code >= 45 && code <= 58) || (code >= 65 && code <= 90) || code === 95 || (code >= 97 && code <= 122)
  );
}
