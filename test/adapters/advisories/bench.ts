import { FEED_LIMITS, type FeedLimits } from "../../../src/adapters/advisories/limits.ts";
import { createFeedSources } from "../../../src/adapters/advisories/sources.ts";
import type { FeedDefinition, FeedPlace } from "../../../src/advisory/feed-definition.ts";
import type { FeedItem, FeedSource } from "../../../src/ports/feed-sources.ts";
import { HOUR_MS, type Instant, instantOf } from "../../../src/time.ts";
import { UNCOUNTED } from "../../fakes/metrics.ts";

export const NOW = instantOf(Date.UTC(2026, 10, 24, 12));
export const NEVER = new AbortController().signal;

/** An OSV record of one package. */
export function recordText(id: string, more: object = {}): string {
  const affected = [{ package: { ecosystem: "Debian:13", name: "zlib" }, versions: ["1"] }];
  return JSON.stringify({ id, modified: "2026-11-20T00:00:00Z", affected, ...more });
}

/** The source of a feed, as it is configured. */
export function sourceOf(place: FeedPlace, limits: Partial<FeedLimits> = {}): FeedSource {
  const definition: FeedDefinition = {
    id: "feed",
    name: "Feed",
    everyMs: HOUR_MS,
    staleAfterMs: HOUR_MS,
    ecosystems: [],
    place,
  };
  const options = { userAgent: "test", metrics: UNCOUNTED, limits: { ...FEED_LIMITS, ...limits } };
  const [source] = createFeedSources([definition], options).all;
  if (source === undefined) throw new Error("no source");
  return source;
}

/** What a reading told: documents by id, what is gone, and what could not be read. */
export interface Read {
  readonly kind: "unchanged" | "all" | "some";
  readonly ids: readonly string[];
  readonly items: readonly FeedItem[];
  readonly gone: readonly string[];
  readonly faults: readonly string[];
  readonly validator: string | undefined;
  readonly checkedAt: Instant | undefined;
}

/** Reads a source to its end. */
export async function read(source: FeedSource, validator?: string, now = NOW): Promise<Read> {
  const reading = await source.read(validator, now, NEVER);
  if (reading.kind === "kept") throw new Error("there is nobody to ask");
  if (reading.kind === "unchanged") {
    const { kind, checkedAt } = reading;
    return { kind, ids: [], items: [], gone: [], faults: [], validator, checkedAt };
  }
  const items: FeedItem[] = [];
  for await (const item of reading.items) items.push(item);
  return {
    kind: reading.scope,
    ids: items.flatMap((item) => {
      if (item.kind !== "document") return [];
      return item.document.kind === "osv" ? [item.document.record.id] : [item.document.id];
    }),
    items,
    gone: items.flatMap((item) => (item.kind === "gone" ? [item.id] : [])),
    faults: items.flatMap((item) =>
      item.kind === "fault" ? [`${item.fault.place}: ${item.fault.reason}`] : [],
    ),
    validator: reading.validator(),
    checkedAt: reading.checkedAt?.(),
  };
}
