import type { FeedDocument, PackedFeedDocument } from "../advisory/feed-document.ts";
import type { FeedState } from "../advisory/feed.ts";
import type { ImageId } from "../image/reference.ts";
import type { Instant } from "../time.ts";

/** Something in a feed that could not be read and was left out. */
export interface FeedFault {
  /** File, line or record; foreign text. */
  readonly place: string;
  readonly reason: string;
}

/** What is known of a feed beside its documents. */
export interface FeedRecord extends FeedState {
  /** What its source says to be asked only for what changed since. Opaque to everybody else. */
  readonly validator?: string;
  /** When its documents last changed. */
  readonly changedAt: Instant;
  readonly documentCount: number;
  /** Of its documents, as they are kept. */
  readonly bytes: number;
  /** What could not be read when it was last read, and the first of that. */
  readonly faultCount: number;
  readonly faults: readonly FeedFault[];
  /** Why it could not be asked the last time, and since when it could not be. */
  readonly failure?: { readonly code: string; readonly message: string; readonly since: Instant };
}

/** What a reading of a feed says of it, beside its documents. */
export type FeedFacts = Pick<
  FeedRecord,
  "id" | "name" | "checkedAt" | "staleAfterMs" | "faultCount" | "faults" | "validator" | "licenceNote"
> & {
  /** Ecosystems that the feed speaks of, whether or not it has a record of them. */
  readonly expected: readonly string[];
};

/** Writes the new state of a feed. Nobody sees any of it before it is committed. */
export interface FeedWriter {
  /** Adds or replaces documents, at most {@link FEED_BATCH_MAX} at once. */
  put(documents: readonly PackedFeedDocument[]): Promise<void>;
  /** Documents that the feed no longer has. */
  remove(ids: readonly string[]): Promise<void>;
  /**
   * Makes it the state of the feed, in one step, and notes what changed for {@link FeedStore.takeChanged}.
   *
   * @returns the feed as it is now, and how many documents came, went or changed
   * @throws {CodedError} `feed-conflict` when somebody else wrote the feed meanwhile
   */
  commit(facts: FeedFacts): Promise<{ readonly record: FeedRecord; readonly changed: number }>;
}

/** Documents of one {@link FeedWriter.put} at most. */
export const FEED_BATCH_MAX = 500;

/** What all feeds have under some names, at one moment. */
export interface FeedView {
  /** Another one when any feed has changed: two views with one are of one moment. */
  readonly snapshot: string;
  readonly feeds: readonly FeedRecord[];
  readonly documents: readonly { readonly feed: string; readonly document: FeedDocument }[];
}

/** Mirrored feeds, and which images have packages they speak of. Errors as those of Store. */
export interface FeedStore {
  /** By id. */
  feeds(): Promise<readonly FeedRecord[]>;
  /** @param scope `all`: what is not put is gone */
  writeFeed(id: string, scope: "all" | "some", now: Instant): Promise<FeedWriter>;
  /** Replaces what is known beside the documents; nothing where the feed has changed since it was read. */
  noteFeed(record: FeedRecord): Promise<void>;
  /** Forgets a feed; what it said of packages counts as changed. */
  dropFeed(id: string): Promise<void>;
  /** All documents under any of these names, of all feeds. */
  lookUp(lookups: readonly string[]): Promise<FeedView>;

  /** Notes the names that feeds speak of an image's packages by; replaces what was noted of it. */
  saveCarrier(image: ImageId, lookups: readonly string[]): Promise<void>;
  /** Images with any of these names, by name. */
  carriersOf(lookups: readonly string[]): Promise<readonly ImageId[]>;
  /** Forgets what was noted of images that nobody uses. */
  dropCarriers(images: readonly ImageId[]): Promise<void>;

  /** Names that documents were changed under. The same ones again until {@link doneChanged}. At most `limit`. */
  takeChanged(limit: number): Promise<readonly string[]>;
  /** These are dealt with. One that changed again since it was taken is taken again. */
  doneChanged(lookups: readonly string[]): Promise<void>;
}
