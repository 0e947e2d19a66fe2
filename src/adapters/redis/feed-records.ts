import { z } from "zod";
import type { FeedRecord } from "../../ports/feeds.ts";
import { instantSchema } from "./records.ts";

/**
 * Form of stored documents. What was stored in another form is never read: the feed counts as one that was not mirrored yet. To be
 * raised whenever documents keep more of what feeds say.
 */
const FORM = "1";

const faultSchema = z.object({ place: z.string(), reason: z.string() });

/** Form of a {@link FeedRecord}. */
export const feedRecordSchema = z.object({
  id: z.string(),
  name: z.string(),
  snapshot: z.string(),
  asOf: instantSchema.exactOptional(),
  checkedAt: instantSchema,
  recordCount: z.int(),
  ecosystems: z.array(z.string()),
  staleAfterMs: z.number(),
  licenceNote: z.string().exactOptional(),
  validator: z.string().exactOptional(),
  changedAt: instantSchema,
  documentCount: z.int(),
  bytes: z.int(),
  faultCount: z.int(),
  faults: z.array(faultSchema),
  failure: z.object({ code: z.string(), message: z.string(), since: instantSchema }).exactOptional(),
}) satisfies z.ZodType<FeedRecord>;

const storedFeedSchema = z.object({
  form: z.literal(FORM),
  /** Names the hashes that hold its documents. */
  generation: z.string(),
  record: feedRecordSchema,
});

/** A feed as it stands in the hash of feeds. */
export interface StoredFeed {
  readonly generation: string;
  readonly record: FeedRecord;
}

/** The stored feed; undefined for one of another form, which is to be read from its source again. */
export function parseStoredFeed(text: string): StoredFeed | undefined {
  try {
    const result = storedFeedSchema.safeParse(JSON.parse(text));
    return result.success ? result.data : undefined;
  } catch {
    return undefined;
  }
}

/** The generation that a stored feed names, of whatever form it is. */
export function generationIn(text: string): string | undefined {
  try {
    const result = z.object({ generation: z.string() }).safeParse(JSON.parse(text));
    return result.success ? result.data.generation : undefined;
  } catch {
    return undefined;
  }
}

export function renderStoredFeed(feed: StoredFeed): string {
  return JSON.stringify({ form: FORM, ...feed });
}
