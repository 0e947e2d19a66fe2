import type { TextRange } from "./occurrence.ts";
import { type Place, REFERENCE_LENGTH_MAX, readReference, reportedPlace } from "./place.ts";
import { tracedOf } from "./traced.ts";

const PINNED = "@sha256:";
const HEX_LENGTH = 64;
const HEX = /^[0-9a-f]{64}(?![0-9a-f])/;

/** Where a part of a text has references with a digest, or versions with one: what looks like a name up to the digest's end. Linear. */
export function pinnedRangesIn(text: string, { start, end }: TextRange): readonly TextRange[] {
  const found: TextRange[] = [];
  let from = start;
  for (let at = text.indexOf(PINNED, from); at !== -1 && at < end; at = text.indexOf(PINNED, at + 1)) {
    let first = at;
    while (first > from && at - first < REFERENCE_LENGTH_MAX && isNameCharacter(text.charCodeAt(first - 1)))
      first -= 1;
    const hex = at + PINNED.length;
    const last = hex + HEX_LENGTH;
    if (first === at || last > end || !HEX.test(text.slice(hex, last + 1))) continue;
    found.push({ start: first, end: last });
    from = last;
  }
  return found;
}

/** Whatever in this part of a text is a reference with a digest, to be reported as standing inside other text. */
export function embeddedIn(text: string, range: TextRange): readonly Place[] {
  return pinnedRangesIn(text, range).flatMap(({ start, end }) => {
    const written = text.slice(start, end);
    if (readReference(written) === undefined) return [];
    return [reportedPlace(tracedOf(written, start), "embedded")];
  });
}

/** Letters, digits and `-./:_`. */
function isNameCharacter(code: number): boolean {
  return (
    (code >= 45 && code <= 58) || (code >= 65 && code <= 90) || code === 95 || (code >= 97 && code <= 122)
  );
}
