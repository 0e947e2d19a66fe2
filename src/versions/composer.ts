import { compareCounts, compareDigits, isDigits, mirrored, type Order } from "./order.ts";

/** Words in ascending order, by how they start. `#` stands for a number, and for the end. */
const WORDS = [["dev"], ["alpha", "a"], ["beta", "b"], ["RC", "rc"], ["#"], ["pl", "p"]];

/**
 * Orders two versions of PHP packages as PHP's `version_compare` does, a leading `v` left out.
 *
 * Words that it does not know are all the same to it, and below the others.
 *
 * @returns undefined for an empty version, or one with characters that no version has
 * @see https://www.php.net/version_compare
 */
export function compareComposer(a: string, b: string): Order | undefined {
  const left = partsOf(a);
  const right = partsOf(b);
  if (left === undefined || right === undefined) return undefined;
  const shared = Math.min(left.length, right.length);
  for (let at = 0; at < shared; at++) {
    const order = comparePart(left[at] ?? "", right[at] ?? "");
    if (order !== 0) return order;
  }
  return left.length > right.length
    ? compareToEnd(left.slice(shared))
    : mirrored(compareToEnd(right.slice(shared)));
}

/** A number that follows makes a version newer; a word is held against the end. */
function compareToEnd(parts: readonly string[]): Order {
  for (const part of parts) {
    const order = isDigits(part) ? 1 : compareCounts(rankOf(part), rankOf("#"));
    if (order !== 0) return order;
  }
  return 0;
}

function partsOf(version: string): readonly string[] | undefined {
  if (!/^[vV]?[\w.#+-]*[0-9A-Za-z#][\w.#+-]*$/.test(version)) return undefined;
  const bare = version.replace(/^[vV](?=\d)/, "");
  return bare.match(/\d+|[^\d._+-]+/g) ?? undefined;
}

function comparePart(one: string, other: string): Order {
  return isDigits(one) && isDigits(other)
    ? compareDigits(one, other)
    : compareCounts(rankOf(one), rankOf(other));
}

function rankOf(part: string): number {
  return isDigits(part)
    ? rankOf("#")
    : WORDS.findIndex((forms) => forms.some((form) => part.startsWith(form)));
}
