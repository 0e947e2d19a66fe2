import { inflateSync } from "node:zlib";
import type { Redis } from "ioredis";
import { z } from "zod";
import { packFeedDocument, unpackFeedDocument } from "../../advisory/feed-document.ts";
import { CodedError, InvalidInputError, messageOf, quote } from "../../errors.ts";
import { digestSchema } from "../../image/schema.ts";
import { FEED_BATCH_MAX, type FeedRecord, type FeedWriter } from "../../ports/feeds.ts";
import type { Store } from "../../ports/store.ts";
import type { Instant } from "../../time.ts";
import { asking } from "./asking.ts";
import { componentListSchema } from "./component-records.ts";
import { feedRecordSchema, parseStoredFeed } from "./feed-records.ts";
import { keysOf } from "./feed-writer.ts";
import { keys } from "./keys.ts";

const READ_AT_ONCE = "200";
const LIST_BYTES_MAX = 256 * 1024 * 1024;
/** Of a line of an archive, before anything else. */
const HEAD = { kind: "hullkeeper", form: 1 } as const;

/** What an archive holds. */
export interface ArchiveCounts {
  readonly lists: number;
  readonly feeds: number;
  readonly documents: number;
}

const base64 = z.base64();
const lineSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("list"), digest: digestSchema, deflated: base64 }),
  z.object({ kind: z.literal("feed"), record: feedRecordSchema }),
  z.object({ kind: z.literal("document"), feed: z.string(), bytes: base64 }),
]);

/**
 * Everything that images can be assessed from without asking anybody: their component lists, and mirrored feeds, as lines of JSON.
 *
 * @param isKept whether a feed may be passed on
 * @throws {CodedError} `feed-conflict` when a feed changed meanwhile
 */
export async function* archiveLines(redis: Redis, isKept: (feed: string) => boolean): AsyncGenerator<string> {
  yield JSON.stringify(HEAD);
  for await (const key of keysLike(redis, keys.anyComponents())) {
    const deflated = await asking(() => redis.getBuffer(key));
    if (deflated === null) continue;
    const digest = key.slice(keys.anyComponents().length - 1);
    yield JSON.stringify({ kind: "list", digest, deflated: deflated.toString("base64") });
  }
  for (const text of Object.values(await asking(() => redis.hgetall(keys.feeds())))) {
    const stored = parseStoredFeed(text);
    if (stored === undefined || !isKept(stored.record.id)) continue;
    const { failure: _failure, ...record } = stored.record;
    yield JSON.stringify({ kind: "feed", record });
    const [documents] = keysOf(record.id, stored.generation);
    for await (const bytes of valuesOf(redis, documents)) {
      yield JSON.stringify({ kind: "document", feed: record.id, bytes: bytes.toString("base64") });
    }
    const now = parseStoredFeed((await asking(() => redis.hget(keys.feeds(), record.id))) ?? "");
    if (now?.record.snapshot !== record.snapshot) {
      throw new CodedError("feed-conflict", `the feed ${quote(record.id)} changed while it was exported`);
    }
  }
}

async function* keysLike(redis: Redis, pattern: string): AsyncGenerator<string> {
  let cursor = "0";
  do {
    const at = cursor;
    const [next, found] = await asking(() => redis.scan(at, "MATCH", pattern, "COUNT", READ_AT_ONCE));
    yield* found;
    cursor = next;
  } while (cursor !== "0");
}

const scannedSchema = z.tuple([z.instanceof(Buffer), z.array(z.instanceof(Buffer))]);

async function* valuesOf(redis: Redis, key: string): AsyncGenerator<Buffer> {
  let cursor = "0";
  do {
    const at = cursor;
    const answer = await asking(() => redis.hscanBuffer(key, at, "COUNT", READ_AT_ONCE));
    const [next, found] = scannedSchema.parse(answer);
    for (let position = 1; position < found.length; position += 2) {
      const value = found[position];
      if (value !== undefined) yield value;
    }
    cursor = next.toString("utf8");
  } while (cursor !== "0");
}

/**
 * Stores what an archive holds. Lists replace those of the same digest, feeds those of the same id; a feed is replaced as a whole or not at all.
 *
 * @throws {InvalidInputError} `record-invalid`
 */
export async function storeArchive(
  lines: AsyncIterable<string>,
  store: Pick<Store, "saveComponents" | "writeFeed">,
  now: Instant,
): Promise<ArchiveCounts> {
  const counts = { lists: 0, feeds: 0, documents: 0 };
  let number = 0;
  let open: OpenFeed | undefined;
  for await (const text of lines) {
    number += 1;
    if (number === 1) {
      requireHead(text);
      continue;
    }
    const line = lineOf(text, number);
    switch (line.kind) {
      case "list": {
        const deflated = Buffer.from(line.deflated, "base64");
        requireList(deflated, number);
        await store.saveComponents(line.digest, { deflated });
        counts.lists += 1;
        break;
      }
      case "feed":
        await open?.close();
        open = openFeed(line.record, await store.writeFeed(line.record.id, "all", now));
        counts.feeds += 1;
        break;
      case "document":
        if (open?.id !== line.feed) throw invalid(number, "a document of a feed that was not named before");
        await open.add(Buffer.from(line.bytes, "base64"));
        counts.documents += 1;
        break;
      default:
        return line satisfies never;
    }
  }
  if (number === 0) throw invalid(1, "there is nothing in it");
  await open?.close();
  return counts;
}

interface OpenFeed {
  readonly id: string;
  add(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

function openFeed(record: FeedRecord, writer: FeedWriter): OpenFeed {
  let batch: ReturnType<typeof packFeedDocument>[] = [];
  const { id, name, checkedAt, staleAfterMs, faultCount, faults, validator, licenceNote, ecosystems } =
    record;
  return {
    id,
    async add(bytes) {
      batch.push(packFeedDocument(unpackFeedDocument(bytes)));
      if (batch.length < FEED_BATCH_MAX) return;
      await writer.put(batch);
      batch = [];
    },
    async close() {
      await writer.put(batch);
      await writer.commit({
        id,
        name,
        checkedAt,
        staleAfterMs,
        faultCount,
        faults,
        expected: ecosystems,
        ...(validator === undefined ? {} : { validator }),
        ...(licenceNote === undefined ? {} : { licenceNote }),
      });
    },
  };
}

function requireHead(text: string): void {
  try {
    if (
      z.object({ kind: z.literal(HEAD.kind), form: z.literal(HEAD.form) }).safeParse(JSON.parse(text)).success
    )
      return;
  } catch {
    // Said below, whatever it is.
  }
  throw invalid(1, "not an archive of Hullkeeper of this form");
}

function lineOf(text: string, number: number): z.infer<typeof lineSchema> {
  try {
    return lineSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw invalid(number, messageOf(cause).slice(0, 80), cause);
  }
}

function requireList(deflated: Uint8Array, number: number): void {
  try {
    const text = inflateSync(deflated, { maxOutputLength: LIST_BYTES_MAX }).toString("utf8");
    componentListSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw invalid(number, "not a component list", cause);
  }
}

function invalid(number: number, reason: string, cause?: unknown): InvalidInputError {
  return new InvalidInputError("record-invalid", `line ${number} of the archive: ${quote(reason)}`, {
    cause,
  });
}
