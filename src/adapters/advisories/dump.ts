import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { openPromise } from "yauzl";
import { z } from "zod";
import { CodedError, messageOf, quote } from "../../errors.ts";
import type { FeedItem, FeedReading } from "../../ports/feed-sources.ts";
import { DAY_MS, type Instant, parseInstant } from "../../time.ts";
import { itemsIn } from "./documents.ts";
import { type FeedHttp, textOf, unavailable } from "./http.ts";
import type { FeedLimits } from "./limits.ts";
import { linesOf } from "./unpack.ts";

/** Records that are fetched one by one at most; when more changed the whole dump costs less. */
const SINGLE_MAX = 1_000;
const AT_ONCE = 8;
/** What a dump no longer has shows only when it is read as a whole. */
const WHOLE_EVERY_MS = 7 * DAY_MS;
const LIST_BYTES_MAX = 256 * 1024 * 1024;
const LINE_LENGTH_MAX = 1_000;

/** One ecosystem of OSV's dumps, or of a mirror of them. */
export interface DumpPlace {
  /** Without `/` at its end. */
  readonly url: string;
  readonly ecosystem: string;
  readonly limits: FeedLimits;
}

/** What was read, to ask for what changed since. */
const validatorSchema = z.object({
  /** Of the list of changes. */
  etag: z.string().optional(),
  /** Moment of the newest change that is known. */
  newest: z.string(),
  /** When the whole dump was read. */
  wholeAt: z.number(),
});

type DumpState = z.infer<typeof validatorSchema>;

/**
 * OSV's dump of an ecosystem: all of it the first time and once a week, else the records that the list of changes, newest first, names.
 *
 * @see https://google.github.io/osv.dev/data/#data-dumps
 */
export async function readDump(
  http: FeedHttp,
  place: DumpPlace,
  { validator, now }: { readonly validator: string | undefined; readonly now: Instant },
  signal: AbortSignal,
): Promise<FeedReading> {
  const known = stateIn(validator);
  const isDue = known === undefined || now - known.wholeAt >= WHOLE_EVERY_MS;
  const list = await http.ask(
    {
      url: urlOf(place, "modified_id.csv"),
      operation: "changes",
      bytesMax: LIST_BYTES_MAX,
      ...(isDue || known.etag === undefined ? {} : { etag: known.etag }),
    },
    signal,
  );
  if (list.kind === "unchanged") return list;
  if (list.kind === "missing") throw unavailable(`there is no dump of ${quote(place.ecosystem)}`);
  const changes = await changesIn(list.body, isDue ? undefined : known.newest);
  const state = (wholeAt: number): string =>
    JSON.stringify({
      ...(list.etag === undefined ? {} : { etag: list.etag }),
      newest: changes.newest ?? known?.newest ?? "",
      wholeAt,
    } satisfies DumpState);
  if (isDue || changes.ids.length > SINGLE_MAX) {
    return {
      kind: "content",
      scope: "all",
      items: wholeItems(http, place, signal),
      validator: () => state(now),
    };
  }
  return {
    kind: "content",
    scope: "some",
    items: singleItems(http, place, changes.ids, signal),
    validator: () => state(known.wholeAt),
  };
}

/**
 * Makes sure that there is a dump, by the newest row of its list of changes.
 *
 * @throws {CodedError} `advisories-unavailable`
 */
export async function lookAtDump(http: FeedHttp, place: DumpPlace, signal: AbortSignal): Promise<void> {
  const url = urlOf(place, "modified_id.csv");
  const list = await http.ask({ url, operation: "changes", bytesMax: LIST_BYTES_MAX }, signal);
  if (list.kind !== "content") throw unavailable(`there is no dump of ${quote(place.ecosystem)}`);
  const { newest } = await changesIn(list.body, undefined);
  if (newest === undefined) throw unavailable(`the dump of ${quote(place.ecosystem)} is empty`);
}

function stateIn(validator: string | undefined): DumpState | undefined {
  if (validator === undefined) return undefined;
  try {
    const result = validatorSchema.safeParse(JSON.parse(validator));
    return result.success ? result.data : undefined;
  } catch {
    return undefined;
  }
}

function urlOf({ url, ecosystem }: DumpPlace, name: string): string {
  return `${url}/${encodeURIComponent(ecosystem)}/${encodeURIComponent(name)}`;
}

/**
 * Ids of records that were changed at this moment or later: rows of `moment,id`, the newest first. Several may share one moment, so that of the
 * last one known is asked again.
 */
async function changesIn(
  body: AsyncIterable<Uint8Array>,
  since: string | undefined,
): Promise<{ readonly newest: string | undefined; readonly ids: readonly string[] }> {
  const sinceMs = since === undefined ? undefined : parseInstant(since);
  const ids: string[] = [];
  let newest: string | undefined;
  for await (const line of linesOf(body, LINE_LENGTH_MAX)) {
    const comma = line.indexOf(",");
    const at = line.slice(0, comma);
    const atMs = parseInstant(at);
    if (comma === -1 || atMs === undefined) {
      throw unavailable(`the list of changes has a row that is none: ${quote(line)}`);
    }
    newest ??= at;
    if (sinceMs === undefined || atMs < sinceMs || ids.length > SINGLE_MAX) break;
    ids.push(line.slice(comma + 1).trim());
  }
  return { newest, ids };
}

async function* singleItems(
  http: FeedHttp,
  place: DumpPlace,
  ids: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<FeedItem> {
  const { recordBytesMax } = place.limits;
  for (let start = 0; start < ids.length; start += AT_ONCE) {
    const some = await Promise.all(
      ids.slice(start, start + AT_ONCE).map(async (id): Promise<readonly FeedItem[]> => {
        const url = urlOf(place, `${id}.json`);
        const answer = await http.ask({ url, operation: "record", bytesMax: recordBytesMax }, signal);
        if (answer.kind === "missing") return [{ kind: "gone", id }];
        if (answer.kind === "unchanged") return [];
        return itemsIn(await textOf(answer.body), id);
      }),
    );
    for (const items of some) yield* items;
  }
}

/** Zip archives begin at their end: they are kept in a folder of our own while they are read. */
async function* wholeItems(http: FeedHttp, place: DumpPlace, signal: AbortSignal): AsyncGenerator<FeedItem> {
  const { packedBytesMax } = place.limits;
  const answer = await http.ask(
    { url: urlOf(place, "all.zip"), operation: "dump", bytesMax: packedBytesMax },
    signal,
  );
  if (answer.kind !== "content") throw unavailable(`there is no dump of ${quote(place.ecosystem)}`);
  const directory = await mkdtemp(join(tmpdir(), "hullkeeper-dump-"));
  try {
    const file = join(directory, "all.zip");
    await pipeline(Readable.from(answer.body), createWriteStream(file, { flags: "wx", mode: 0o600 }));
    yield* zipItems(file, place.limits);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/**
 * What the JSON files of a zip archive hold.
 *
 * @throws {CodedError} `advisories-unavailable` for what is no archive, ends early, or unpacks to more than it may
 */
export async function* zipItems(
  file: string,
  { recordBytesMax, recordsMax, unpackedBytesMax }: FeedLimits,
): AsyncGenerator<FeedItem> {
  let records = 0;
  let bytes = 0;
  try {
    // The library compares what comes out with the sizes that the archive gives.
    const zip = await openPromise(file, { lazyEntries: true, validateEntrySizes: true });
    try {
      for await (const entry of zip.eachEntry()) {
        const { fileName, uncompressedSize } = entry;
        if (!fileName.endsWith(".json")) continue;
        records += 1;
        bytes += uncompressedSize;
        if (records > recordsMax) throw unavailable(`the dump has more than ${recordsMax} records`);
        if (bytes > unpackedBytesMax) throw unavailable(`unpacks to more than ${unpackedBytesMax} bytes`);
        if (uncompressedSize > recordBytesMax) {
          yield { kind: "fault", fault: { place: fileName, reason: `more than ${recordBytesMax} bytes` } };
          continue;
        }
        yield* itemsIn(await textOf(await zip.openReadStreamPromise(entry)), fileName);
      }
    } finally {
      zip.close();
    }
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    throw unavailable(`the dump cannot be read: ${messageOf(cause)}`, { cause });
  }
}
