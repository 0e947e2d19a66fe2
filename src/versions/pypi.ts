import { compare, valid } from "@renovatebot/pep440";
import type { Order } from "./order.ts";

/**
 * Orders two Python versions by PEP 440.
 *
 * @returns undefined for what is no PEP 440 version: the library throws there
 */
export function comparePypi(a: string, b: string): Order | undefined {
  if (!isComparable(a) || !isComparable(b)) return undefined;
  const order = compare(a, b);
  return order === 0 ? 0 : order < 0 ? -1 : 1;
}

/** The library reads numbers with `parseInt`: longer runs of digits would lose some and look equal. */
function isComparable(version: string): boolean {
  return !/\d{16}/.test(version) && valid(version) !== null;
}
