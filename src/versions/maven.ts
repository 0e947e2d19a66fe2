import { compareCounts, compareDigits, compareTexts, mirrored, type Order } from "./order.ts";

type Item =
  | { readonly kind: "number"; readonly digits: string }
  | { readonly kind: "word"; readonly word: string }
  | { readonly kind: "list"; readonly items: readonly Item[] };

/** Words in ascending order; others stand above all of them, by their letters. The empty word is a release. */
const WORDS = ["alpha", "beta", "milestone", "rc", "snapshot", "", "sp"];
const ALIASES = new Map([
  ["ga", ""],
  ["final", ""],
  ["release", ""],
  ["cr", "rc"],
]);
/** What these letters stand for where a digit follows at once. */
const SHORT_FORMS = new Map([
  ["a", "alpha"],
  ["b", "beta"],
  ["m", "milestone"],
]);

/**
 * Orders two versions of Maven artifacts as Maven 3 does. A hyphen, and every change between digits and anything else, begins a list
 * inside the list; what says nothing at the end of a list (nought, `final`, an empty list) is left out.
 *
 * @returns undefined for an empty version; everything else has an order
 * @see org.apache.maven.artifact.versioning.ComparableVersion of maven-artifact 3.8
 */
export function compareMaven(a: string, b: string): Order | undefined {
  return a === "" || b === "" ? undefined : compareLists(parseMaven(a), parseMaven(b));
}

/**
 * Reads from the end, since every list that begins inside another one ends with it.
 *
 * A last word behind a dot stays in the list (`1.x`), as the specification has it; Maven 3.8.7 gives it a list of its own.
 */
function parseMaven(version: string): readonly Item[] {
  const tokens = version.toLowerCase().match(/\d+|[^\d.-]+|[.-]/g) ?? [];
  let items: Item[] = [];
  let separator = "";
  for (const [position, token] of tokens.toReversed().entries()) {
    const at = tokens.length - 1 - position;
    if (token === "." || token === "-") {
      // Nothing between two separators, or before the first, is nought; nothing behind the last is not.
      if (separator !== "") items.unshift({ kind: "number", digits: "" });
      if (token === "-") items = [nested(items)];
      separator = token;
      continue;
    }
    const next = tokens[at + 1];
    if (next !== undefined && next !== "." && next !== "-") items = [nested(items)];
    items.unshift(itemOf(token, next));
    separator = "";
  }
  if (separator !== "") items.unshift({ kind: "number", digits: "" });
  return normalized(items);
}

function itemOf(token: string, next: string | undefined): Item {
  if (/^\d/.test(token)) return { kind: "number", digits: token };
  const long = next !== undefined && /^\d/.test(next) ? SHORT_FORMS.get(token) : undefined;
  const word = long ?? token;
  return { kind: "word", word: ALIASES.get(word) ?? word };
}

/**
 * A list inside a list. One that would hold nothing but a list is that list: Maven 3.8 writes `1-ga-1` and `1-1` the same but orders
 * them; its specification and later versions do not.
 */
function nested(items: readonly Item[]): Item {
  const kept = normalized(items);
  const [first, ...rest] = kept;
  return first?.kind === "list" && rest.length === 0 ? first : { kind: "list", items: kept };
}

/** Without what says nothing, from the end to the first item that says something and is no list. */
function normalized(items: readonly Item[]): readonly Item[] {
  const kept: Item[] = [];
  let isOpen = true;
  for (const item of items.toReversed()) {
    if (isOpen && isNothing(item)) continue;
    if (item.kind !== "list") isOpen = false;
    kept.unshift(item);
  }
  return kept;
}

function isNothing(item: Item): boolean {
  switch (item.kind) {
    case "number":
      return /^0*$/.test(item.digits);
    case "word":
      return item.word === "";
    case "list":
      return item.items.length === 0;
    default:
      return item satisfies never;
  }
}

function compareLists(left: readonly Item[], right: readonly Item[]): Order {
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const one = left[at];
    const other = right[at];
    const order =
      one === undefined
        ? mirrored(other === undefined ? 0 : compareToNothing(other))
        : other === undefined
          ? compareToNothing(one)
          : compareItems(one, other);
    if (order !== 0) return order;
  }
  return 0;
}

function compareItems(one: Item, other: Item): Order {
  if (one.kind === "number" && other.kind === "number") return compareDigits(one.digits, other.digits);
  if (one.kind === "word" && other.kind === "word") return compareWords(one.word, other.word);
  if (one.kind === "list" && other.kind === "list") return compareLists(one.items, other.items);
  return compareCounts(rankOf(one), rankOf(other));
}

/** `1.any` is before `1-1`, and that before `1.1`. */
function rankOf(item: Item): number {
  return ["word", "list", "number"].indexOf(item.kind);
}

function compareToNothing(item: Item): Order {
  switch (item.kind) {
    case "number":
      return isNothing(item) ? 0 : 1;
    case "word":
      return compareWords(item.word, "");
    case "list":
      return compareLists(item.items, []);
    default:
      return item satisfies never;
  }
}

function compareWords(one: string, other: string): Order {
  const left = WORDS.indexOf(one);
  const right = WORDS.indexOf(other);
  if (left === -1 && right === -1) return compareTexts(one, other);
  return compareCounts(left === -1 ? WORDS.length : left, right === -1 ? WORDS.length : right);
}
