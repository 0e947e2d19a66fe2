import { compare, valid } from "@renovatebot/pep440";
import { compareDigits, type Order } from "./order.ts";

/** What the library reads with `parseInt` without loss. */
const SAFE_DIGITS_MAX = 15;
const LONG_DIGITS = new RegExp(`\\d{${SAFE_DIGITS_MAX + 1}}`);

/**
 * Orders two Python versions by PEP 440.
 *
 * @returns undefined for what is no PEP 440 version: the library throws there
 */
export function comparePypi(a: string, b: string): Order | undefined {
  const [left, right] = withShortNumbers(a, b);
  if (left === undefined || right === undefined) return undefined;
  if (valid(left) === null || valid(right) === null) return undefined;
  const order = compare(left, right);
  return order === 0 ? 0 : order < 0 ? -1 : 1;
}

/**
 * Two versions with the same order, whose numbers the library does not round: where any is longer, every number becomes its place
 * among those of both, nought staying nought.
 *
 * @returns none for a long number behind `+`, where digits may be part of a text
 */
function withShortNumbers(a: string, b: string): readonly string[] {
  if (!LONG_DIGITS.test(a) && !LONG_DIGITS.test(b)) return [a, b];
  const [publicA = "", localA = ""] = splitLocal(a);
  const [publicB = "", localB = ""] = splitLocal(b);
  if (LONG_DIGITS.test(localA) || LONG_DIGITS.test(localB)) return [];
  const values = [publicA, publicB].flatMap((text) => text.match(/\d+/g) ?? []).map(withoutNoughts);
  const places = new Map(
    [...new Set(["0", ...values])].toSorted(compareDigits).map((digits, place) => [digits, place]),
  );
  const short = (text: string): string =>
    text.replaceAll(/\d+/g, (digits) => String(places.get(withoutNoughts(digits)) ?? 0));
  return [short(publicA) + localA, short(publicB) + localB];
}

function splitLocal(version: string): readonly string[] {
  const at = version.indexOf("+");
  return at === -1 ? [version] : [version.slice(0, at), version.slice(at)];
}

function withoutNoughts(digits: string): string {
  return digits.replace(/^0+(?=\d)/, "");
}
