import type { FeedDocument } from "../advisory/feed-document.ts";
import type { Instant } from "../time.ts";
import type { Advisories } from "./advisories.ts";
import type { FeedFault } from "./feeds.ts";

/** Something that a source tells when it is read. */
export type FeedItem =
  | { readonly kind: "document"; readonly document: FeedDocument }
  /** It has this document no more. */
  | { readonly kind: "gone"; readonly id: string }
  /** What could not be read and was left out. */
  | { readonly kind: "fault"; readonly fault: FeedFault };

/** Answer of a source. */
export type FeedReading =
  /** It has what it had. */
  | {
      readonly kind: "unchanged";
      /** When somebody last made sure of that; absent: now. */ readonly checkedAt?: Instant;
    }
  /** There is nobody to ask: what is stored was brought here by hand, and is as old as it is. */
  | { readonly kind: "kept" }
  | {
      readonly kind: "content";
      /** `all`: what is not among the items is gone. */
      readonly scope: "all" | "some";
      /** To be read to the end, or left early, once: it holds connections and files meanwhile. */
      readonly items: AsyncIterable<FeedItem>;
      /** What to ask with the next time; known once the items were read. */
      readonly validator: () => string | undefined;
      /** When somebody last made sure that this is what the feed has; absent: now. */
      readonly checkedAt?: () => Instant | undefined;
    };

/** A feed where it comes from. */
export interface FeedSource {
  readonly id: string;
  /** For people. */
  readonly name: string;
  readonly everyMs: number;
  readonly staleAfterMs: number;
  /**
   * Ecosystems that it speaks of: until it was read, nothing is known of their packages. Absent where that is not known beforehand: it may be any.
   */
  readonly ecosystems?: readonly string[];
  readonly licenceNote?: string;
  /**
   * @param validator of the reading before; undefined to read everything
   * @throws {CodedError} `advisories-unavailable`, also while the items are read
   */
  read(validator: string | undefined, now: Instant, signal: AbortSignal): Promise<FeedReading>;
  /**
   * Makes sure that it can be read, with as little as that takes.
   *
   * @throws {CodedError} `advisories-unavailable`
   */
  look(now: Instant, signal: AbortSignal): Promise<void>;
}

/** Every feed that is configured. */
export interface FeedSources {
  /** Answers that also know what services say that are asked each time, where one is configured. */
  over(mirrored: Advisories): Advisories;
  /** In the order of their ids. */
  readonly all: readonly FeedSource[];
  close(): Promise<void>;
}
