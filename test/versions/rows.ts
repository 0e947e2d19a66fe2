import { compareVersions } from "../../src/versions/compare.ts";
import { mirrored, type Order } from "../../src/versions/order.ts";

/** Two versions and their order; undefined where they have none. */
export interface Row {
  readonly a: string;
  readonly b: string;
  readonly order: Order | undefined;
}

const ORDERS = new Map<string, Row["order"]>([
  ["<", -1],
  ["=", 0],
  [">", 1],
  ["?", undefined],
]);

/** Rows `a < b`; a comment may follow ` #`. Rows of other forms (fuzzy matches, validity) are not orderings. */
export function rowsOf(text: string): readonly Row[] {
  return text.split("\n").flatMap((line) => {
    const [a, sign, b, ...rest] = line
      .replace(/(?:^|\s)#(?:\s.*)?$/, "")
      .trim()
      .split(/\s+/);
    if (a === undefined || sign === undefined || b === undefined || rest.length > 0 || !ORDERS.has(sign)) {
      return [];
    }
    return [{ a, b, order: ORDERS.get(sign) }];
  });
}

/** An order as the other version sees it, none staying none. */
export function turned(order: Row["order"]): Row["order"] {
  return order === undefined ? undefined : mirrored(order);
}

/** Rows that come out otherwise, in either direction, as text. */
export function misses(type: string, rows: readonly Row[]): readonly string[] {
  return rows.flatMap(({ a, b, order }) => {
    const there = compareVersions(type, a, b);
    const back = compareVersions(type, b, a);
    return there === order && back === turned(order) ? [] : [`${a} ${b}: ${there} and ${back}, not ${order}`];
  });
}
