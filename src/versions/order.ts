/** How a first version stands to a second: `-1` is older, `0` the same, `1` newer. */
export type Order = -1 | 0 | 1;

/** The same order, seen from the other version. */
export function mirrored(order: Order): Order {
  return order === 0 ? 0 : order === 1 ? -1 : 1;
}

/** Orders two texts by their UTF-16 units: the same on every machine. */
export function compareTexts(a: string, b: string): Order {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Orders two counts, lengths or ranks. */
export function compareCounts(a: number, b: number): Order {
  return a === b ? 0 : a < b ? -1 : 1;
}

/**
 * Orders two runs of decimal digits by value, the empty run as nought. As text, since they exceed what a number holds exactly.
 */
export function compareDigits(a: string, b: string): Order {
  const left = a.replace(/^0+/, "");
  const right = b.replace(/^0+/, "");
  return left.length === right.length ? compareTexts(left, right) : compareCounts(left.length, right.length);
}

/** Orders two lists of runs of digits from the left, the shorter one as if noughts followed. */
export function compareNumbers(a: readonly string[], b: readonly string[]): Order {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const order = compareDigits(a[at] ?? "", b[at] ?? "");
    if (order !== 0) return order;
  }
  return 0;
}

/** Tells whether a text is a run of decimal digits. */
export function isDigits(text: string): boolean {
  return /^\d+$/.test(text);
}
