/** Numbers from 0 to 1 that are the same in every run. @see Tommy Ettinger, mulberry32 */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** About normal: mean 0, nearly all between -3 and 3. */
export function normalOf(random: () => number): number {
  let sum = 0;
  for (let term = 0; term < 12; term += 1) sum += random();
  return sum - 6;
}

/** The time to the next of events that come by chance, this long apart on average. */
export function chanceGapOf(random: () => number, meanMs: number): number {
  return -Math.log(1 - random()) * meanMs;
}
