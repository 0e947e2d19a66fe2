import { quote } from "../../errors.ts";
import type { Advisories } from "../../ports/advisories.ts";
import type { FeedReading, FeedSource, FeedSources } from "../../ports/feed-sources.ts";
import type { FeedDefinition } from "../../advisory/feed-definition.ts";
import type { Instant } from "../../time.ts";
import { readArchive } from "./archive.ts";
import { readDirectory } from "./directory.ts";
import { lookAtDump, readDump } from "./dump.ts";
import { readEpss } from "./epss.ts";
import { createFeedHttp, type FeedHttp, type FeedHttpOptions, unavailable } from "./http.ts";
import { readKev } from "./kev.ts";
import { withOsvApi } from "./osv-api.ts";
import { FEED_LIMITS, type FeedLimits } from "./limits.ts";

export interface FeedSourcesOptions extends FeedHttpOptions {
  readonly limits?: FeedLimits;
}

/** The feeds of these definitions, reached through connections of their own. */
export function createFeedSources(
  definitions: readonly FeedDefinition[],
  { limits = FEED_LIMITS, ...options }: FeedSourcesOptions,
): FeedSources {
  const http = createFeedHttp(options);
  return {
    all: definitions
      .flatMap((definition) => sourceOf(definition, http, limits))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    over: (mirrored) =>
      definitions.reduce<Advisories>(
        (advisories, { id, name, place }) =>
          place.kind === "osv-api"
            ? withOsvApi(advisories, { http, url: place.url, id, name, nowMs: Date.now })
            : advisories,
        mirrored,
      ),
    close: () => http.close(),
  };
}

type MirroredPlace = Exclude<FeedDefinition["place"], { kind: "osv-api" }>;

/** None for a service that is asked each time. */
function sourceOf(definition: FeedDefinition, http: FeedHttp, limits: FeedLimits): readonly FeedSource[] {
  const { id, name, everyMs, staleAfterMs, ecosystems, licenceNote, place } = definition;
  if (place.kind === "osv-api") return [];
  const source: FeedSource = {
    id,
    name,
    everyMs,
    staleAfterMs,
    ...(ecosystems === undefined ? {} : { ecosystems }),
    ...(licenceNote === undefined ? {} : { licenceNote }),
    read: (validator, now, signal) => readPlace({ place, http, limits }, { validator, now }, signal),
    async look(now, signal) {
      if (place.kind === "osv-dump") return lookAtDump(http, { ...place, limits }, signal);
      const reading = await readPlace({ place, http, limits }, { validator: undefined, now }, signal);
      if (reading.kind === "content") await firstDocument(name, reading);
    },
  };
  return [source];
}

function readPlace(
  { place, http, limits }: { place: MirroredPlace; http: FeedHttp; limits: FeedLimits },
  known: { readonly validator: string | undefined; readonly now: Instant },
  signal: AbortSignal,
): Promise<FeedReading> {
  const { validator: etag } = known;
  switch (place.kind) {
    case "directory":
      return readDirectory({ directory: place.path, limits }, known);
    case "imported":
      return Promise.resolve({ kind: "kept" });
    case "archive":
      return readArchive(http, { url: place.url, etag, limits }, signal);
    case "osv-dump":
      return readDump(http, { url: place.url, ecosystem: place.ecosystem, limits }, known, signal);
    case "kev":
      return readKev(http, { url: place.url, etag }, signal);
    case "epss":
      return readEpss(http, { url: place.url, etag }, signal);
    default:
      return place satisfies never;
  }
}

/** Reads until there is a document, and leaves. */
async function firstDocument(
  name: string,
  { items }: Extract<FeedReading, { kind: "content" }>,
): Promise<void> {
  let fault: string | undefined;
  for await (const item of items) {
    if (item.kind === "document") return;
    if (item.kind === "fault") fault ??= `${item.fault.place}: ${item.fault.reason}`;
  }
  const why = fault === undefined ? "" : `, and what could not be read is first ${quote(fault)}`;
  throw unavailable(`${quote(name)} has no record at all${why}`);
}
