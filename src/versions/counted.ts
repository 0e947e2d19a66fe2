import { compareCounts, compareNumbers, type Order } from "./order.ts";

/**
 * Orders two versions that are nothing but numbers between dots (or hyphens, in R), as Haskell and R have them: of two that are equal
 * as far as both go, the longer one is newer.
 *
 * @returns undefined for anything else
 * @see https://cran.r-project.org/doc/manuals/r-release/R-exts.html#The-DESCRIPTION-file
 */
export function compareCounted(a: string, b: string): Order | undefined {
  const left = numbersOf(a);
  const right = numbersOf(b);
  if (left === undefined || right === undefined) return undefined;
  const order = compareNumbers(left, right);
  return order === 0 ? compareCounts(left.length, right.length) : order;
}

function numbersOf(version: string): readonly string[] | undefined {
  return /^\d+(?:[.-]\d+)*$/.test(version) ? version.split(/[.-]/) : undefined;
}
