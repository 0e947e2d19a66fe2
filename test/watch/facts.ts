import { type Digest, digestOf } from "../../src/image/digest.ts";
import { type Instant, instantOf } from "../../src/time.ts";
import type { Observation, TagHistory } from "../../src/watch/history.ts";

/** A Tuesday, noon. */
export const NOW = instantOf(Date.parse("2026-11-24T12:00:00Z"));

/** The digest of a name. */
export const named = (name: string): Digest => digestOf(Buffer.from(name));

/** A tag on digest after digest, first seen at these moments. */
export function movedAt(...times: readonly Instant[]): TagHistory {
  return times.map((at, position) => seenAt(at, named(String(position))));
}

/** One observation, seen once. */
export function seenAt(at: Instant, digest: Digest, more: Partial<Observation> = {}): Observation {
  return { digest, firstSeenAt: at, lastSeenAt: at, ...more };
}
