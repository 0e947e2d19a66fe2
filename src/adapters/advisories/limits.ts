/** How much is read of one feed at most. */
export interface FeedLimits {
  /** Bytes of one record, unpacked. */
  readonly recordBytesMax: number;
  readonly recordsMax: number;
  /** Bytes that are received, and bytes after unpacking. */
  readonly packedBytesMax: number;
  readonly unpackedBytesMax: number;
}

const MIB = 1024 * 1024;

/** Several times of what the largest of the known feeds has. */
export const FEED_LIMITS: FeedLimits = {
  recordBytesMax: 8 * MIB,
  recordsMax: 1_000_000,
  packedBytesMax: 2_048 * MIB,
  unpackedBytesMax: 16_384 * MIB,
};
