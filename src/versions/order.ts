/** How a first version stands to a second: `-1` is older, `0` the same, `1` newer. */
export type Order = -1 | 0 | 1;

/** Orders two texts by their UTF-16 units: the same on every machine. */
export function compareTexts(a: string, b: string): Order {
  return a === b ? 0 : a < b ? -1 : 1;
}
