import { packFeedDocument, type PackedFeedDocument } from "../advisory/feed-document.ts";
import { isStale } from "../advisory/feed.ts";
import type { Context } from "../context.ts";
import { CodedError, messageOf, quote } from "../errors.ts";
import type { FeedReading, FeedSource } from "../ports/feed-sources.ts";
import {
  FEED_BATCH_MAX,
  type FeedFacts,
  type FeedFault,
  type FeedRecord,
  type FeedWriter,
} from "../ports/feeds.ts";
import { type Instant, instantOf, renderInstant, renderSpan } from "../time.ts";

/** Faults of a feed that are kept. */
const FAULTS_KEPT = 20;
const FAULT_LENGTH_MAX = 200;

/**
 * Brings what is stored of a feed up to date. A feed that cannot be asked keeps what it had, and its failure is noted and told.
 *
 * @throws {CodedError} what the source threw, once it is noted
 */
export async function mirrorFeed(source: FeedSource, context: Context, signal: AbortSignal): Promise<void> {
  const { store, clock, log } = context;
  const before = (await store.feeds()).find(({ id }) => id === source.id);
  const now = await clock.now();
  try {
    const reading = await source.read(before?.validator, now, signal);
    if (reading.kind === "unchanged" && before !== undefined) {
      await store.noteFeed({
        ...withoutFailure(before),
        ...factsIn(source),
        checkedAt: reading.checkedAt ?? now,
      });
      return;
    }
    if (reading.kind === "kept" && before === undefined) {
      throw new CodedError("advisories-unavailable", `${quote(source.name)} was never imported`);
    }
    if (reading.kind !== "content") return;
    const { record, changed } = await written(reading, { source, now }, context, signal);
    const { recordCount, faultCount, faults } = record;
    log[faultCount === 0 ? "info" : "warn"](
      { feed: source.id, recordCount, changed, faultCount, faults: faults.slice(0, 3) },
      "feed mirrored",
    );
  } catch (error) {
    // An end that was asked for says nothing of the feed.
    if (!signal.aborted) await noteFailure(source, { before, error, now }, context);
    throw error;
  }
}

function factsIn({
  name,
  staleAfterMs,
  licenceNote,
}: FeedSource): Pick<FeedRecord, "name" | "staleAfterMs" | "licenceNote"> {
  return { name, staleAfterMs, ...(licenceNote === undefined ? {} : { licenceNote }) };
}

function withoutFailure({ failure: _failure, ...rest }: FeedRecord): FeedRecord {
  return rest;
}

async function written(
  reading: Extract<FeedReading, { kind: "content" }>,
  { source, now }: { readonly source: FeedSource; readonly now: Instant },
  { store }: Context,
  signal: AbortSignal,
): Promise<Awaited<ReturnType<FeedWriter["commit"]>>> {
  const writer = await store.writeFeed(source.id, reading.scope, now);
  const { documentCount, faultCount, faults } = await put(reading, writer, signal);
  if (reading.scope === "all" && documentCount === 0) {
    const [first] = faults;
    throw new CodedError(
      "advisories-unavailable",
      `${quote(source.name)} has no record at all` +
        (first === undefined
          ? ""
          : `: ${faultCount} faults, the first in ${quote(first.place)}: ${quote(first.reason)}`),
    );
  }
  const validator = reading.validator();
  const facts: FeedFacts = {
    id: source.id,
    ...factsIn(source),
    checkedAt: reading.checkedAt?.() ?? now,
    expected: source.ecosystems ?? [],
    faultCount,
    faults,
    ...(validator === undefined ? {} : { validator }),
  };
  return writer.commit(facts);
}

async function put(
  { items }: Extract<FeedReading, { kind: "content" }>,
  writer: FeedWriter,
  signal: AbortSignal,
): Promise<{
  readonly documentCount: number;
  readonly faultCount: number;
  readonly faults: readonly FeedFault[];
}> {
  const faults: FeedFault[] = [];
  let [documentCount, faultCount] = [0, 0];
  let documents: PackedFeedDocument[] = [];
  let gone: string[] = [];
  for await (const item of items) {
    signal.throwIfAborted();
    switch (item.kind) {
      case "document":
        documents.push(packFeedDocument(item.document));
        documentCount += 1;
        break;
      case "gone":
        gone.push(item.id);
        break;
      case "fault":
        faultCount += 1;
        if (faults.length < FAULTS_KEPT) faults.push(shortened(item.fault));
        break;
      default:
        return item satisfies never;
    }
    if (documents.length < FEED_BATCH_MAX && gone.length < FEED_BATCH_MAX) continue;
    await writer.put(documents);
    await writer.remove(gone);
    documents = [];
    gone = [];
  }
  await writer.put(documents);
  await writer.remove(gone);
  return { documentCount, faultCount, faults };
}

function shortened({ place, reason }: FeedFault): FeedFault {
  return { place: place.slice(0, FAULT_LENGTH_MAX), reason: reason.slice(0, FAULT_LENGTH_MAX) };
}

async function noteFailure(
  source: FeedSource,
  {
    before,
    error,
    now,
  }: { readonly before: FeedRecord | undefined; readonly error: unknown; readonly now: Instant },
  { store, record }: Context,
): Promise<void> {
  const code = error instanceof CodedError ? error.code : "unknown";
  const known = before ?? (await unreadRecord(source, now, store));
  const failure = { code, message: messageOf(error), since: known.failure?.since ?? now };
  await store.noteFeed({ ...known, ...factsIn(source), failure });
  const day = renderInstant(now).slice(0, "2026-11-24".length);
  await record({
    kind: "feed-failed",
    at: now,
    subject: source.id,
    message: `${source.name} could not be mirrored: ${failure.message} (${code})`,
    key: `feed-failed ${day} ${source.id} ${code}`,
  });
  const isUnread = known.checkedAt === 0;
  if (!isUnread && !isStale({ ...known, ...factsIn(source) }, now)) return;
  const age = isUnread ? "was never read" : `was last read ${renderSpan(now - known.checkedAt)} ago`;
  await record({
    kind: "feed-stale",
    at: now,
    subject: source.id,
    message: `${source.name} ${age}: what it speaks of is not assessed any more`,
    key: `feed-stale ${source.id} ${known.checkedAt}`,
  });
}

/** A feed that was never read, so that people see it and why. */
async function unreadRecord(source: FeedSource, now: Instant, store: Context["store"]): Promise<FeedRecord> {
  const writer = await store.writeFeed(source.id, "some", now);
  const { record } = await writer.commit({
    id: source.id,
    ...factsIn(source),
    checkedAt: instantOf(0),
    expected: source.ecosystems ?? [],
    faultCount: 0,
    faults: [],
  });
  return record;
}
