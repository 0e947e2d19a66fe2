/** How a first version stands to a second: `-1` is older, `0` the same, `1` newer. */
export type Order = -1 | 0 | 1;
