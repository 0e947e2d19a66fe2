import { compareDigits, compareTexts, isDigits, type Order } from "./order.ts";

/** What Ruby takes for a version (a hyphen means `.pre.`), and letters behind the first number, which published orders have. */
const FORM = /^\d[0-9A-Za-z]*(?:\.[0-9A-Za-z]+)*(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;

/**
 * Orders two versions of Ruby gems: runs of digits and of letters from the left, letters below digits, trailing noughts left out.
 *
 * @returns undefined for what Ruby calls a malformed version
 * @see rubygems lib/rubygems/version.rb, `<=>`
 */
export function compareGem(a: string, b: string): Order | undefined {
  if (!FORM.test(a) || !FORM.test(b)) return undefined;
  const left = segmentsOf(a);
  const right = segmentsOf(b);
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const order = compareSegment(left[at] ?? "0", right[at] ?? "0");
    if (order !== 0) return order;
  }
  return 0;
}

/** Noughts go at the end of the whole, and at the end of the numbers before the first letters: `1.0.a` is `1.a`. */
function segmentsOf(version: string): readonly string[] {
  const segments = version.replaceAll("-", ".pre.").match(/\d+|[A-Za-z]+/g) ?? [];
  const letters = segments.findIndex((segment) => !isDigits(segment));
  const numbers = letters === -1 ? segments : segments.slice(0, letters);
  return [...withoutNoughts(numbers), ...withoutNoughts(segments.slice(numbers.length))];
}

function withoutNoughts(segments: readonly string[]): readonly string[] {
  return segments.slice(0, segments.findLastIndex((segment) => !/^0+$/.test(segment)) + 1);
}

function compareSegment(one: string, other: string): Order {
  if (isDigits(one)) return isDigits(other) ? compareDigits(one, other) : 1;
  return isDigits(other) ? -1 : compareTexts(one, other);
}
