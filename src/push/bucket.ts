/** How often something may happen: so many in a row, then so many a second. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** What is left of a rate at a moment of a clock that only goes forward. */
export interface Bucket {
  readonly tokens: number;
  readonly atMs: number;
}

/** Takes one token if there is one. A bucket that was never used is full. */
export function takeToken(
  bucket: Bucket | undefined,
  { perSecond, burst }: Rate,
  nowMs: number,
): { readonly bucket: Bucket; readonly isTaken: boolean } {
  const passedMs = bucket === undefined ? 0 : Math.max(0, nowMs - bucket.atMs);
  const tokens = Math.min(burst, (bucket?.tokens ?? burst) + (passedMs * perSecond) / 1_000);
  return tokens >= 1
    ? { bucket: { tokens: tokens - 1, atMs: nowMs }, isTaken: true }
    : { bucket: { tokens, atMs: nowMs }, isTaken: false };
}
