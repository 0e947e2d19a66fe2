import {
  factsOfPacked,
  isDecisive,
  type PackedFeedDocument,
  unpackFeedDocument,
} from "../../src/advisory/feed-document.ts";
import { CodedError } from "../../src/errors.ts";
import { type ImageId, renderImage } from "../../src/image/reference.ts";
import type { FeedFacts, FeedRecord, FeedStore, FeedWriter } from "../../src/ports/feeds.ts";
import { type Instant, instantOf } from "../../src/time.ts";

interface Held {
  readonly record: FeedRecord;
  readonly documents: ReadonlyMap<string, PackedFeedDocument>;
}

/** Mirrored feeds in memory. Values are copied on the way in and out. */
export function createFakeFeeds(): FeedStore {
  const feeds = new Map<string, Held>();
  const changes = new Set<string>();
  const taken = new Set<string>();
  const sorted = (): readonly Held[] =>
    [...feeds].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, held]) => held);
  const noteAll = (documents: Iterable<PackedFeedDocument>): void => {
    for (const { lookups } of documents) for (const name of lookups) if (isDecisive(name)) changes.add(name);
  };
  return {
    ...carriers(),
    feeds: async () => structuredClone(sorted().map(({ record }) => record)),
    writeFeed: async (id, scope, now) =>
      writerOf(feeds.get(id), { scope, now }, (before, after, changed) => {
        if (feeds.get(id) !== before) throw new CodedError("feed-conflict", `${id} was written`);
        feeds.set(id, after);
        noteAll(changed);
      }),
    async noteFeed(record) {
      const held = feeds.get(record.id);
      if (held?.record.snapshot !== record.snapshot) return;
      feeds.set(record.id, { ...held, record: structuredClone(record) });
    },
    async dropFeed(id) {
      noteAll(feeds.get(id)?.documents.values() ?? []);
      feeds.delete(id);
    },
    async lookUp(lookups) {
      const names = new Set(lookups);
      const all = sorted();
      return structuredClone({
        snapshot: JSON.stringify(all.map(({ record: { id, snapshot } }) => [id, snapshot])),
        feeds: all.map(({ record }) => record),
        documents: all.flatMap(({ record, documents }) =>
          [...documents.values()]
            .filter((document) => document.lookups.some((name) => names.has(name)))
            .map(({ bytes }) => ({ feed: record.id, document: unpackFeedDocument(bytes) })),
        ),
      });
    },
    async takeChanged(limit) {
      if (taken.size === 0) {
        for (const name of [...changes].slice(0, limit)) {
          changes.delete(name);
          taken.add(name);
        }
      }
      return [...taken].toSorted();
    },
    async doneChanged(lookups) {
      for (const name of lookups) taken.delete(name);
    },
  };
}

function writerOf(
  before: Held | undefined,
  { scope, now }: { readonly scope: "all" | "some"; readonly now: Instant },
  write: (before: Held | undefined, after: Held, changed: readonly PackedFeedDocument[]) => void,
): FeedWriter {
  const documents = new Map(before?.documents);
  const put = new Map<string, number>();
  return {
    async put(added) {
      for (const document of structuredClone(added)) {
        const known = put.get(document.id);
        if (known !== undefined && known >= document.modifiedAt) continue;
        put.set(document.id, document.modifiedAt);
        documents.set(document.id, document);
      }
    },
    async remove(ids) {
      for (const id of ids) documents.delete(id);
    },
    async commit(facts) {
      if (scope === "all") for (const id of documents.keys()) if (!put.has(id)) documents.delete(id);
      const changed = changedBetween(before?.documents ?? new Map(), documents);
      const isSame = changed.length === 0 && before !== undefined;
      const record = recordOf(facts, documents, { now, changedAt: isSame ? before.record.changedAt : now });
      write(before, { record, documents }, changed);
      const ids = new Set(changed.map(({ id }) => id));
      return { record: structuredClone(record), changed: ids.size };
    },
  };
}

function isIn(
  documents: ReadonlyMap<string, PackedFeedDocument>,
  { id, bytes }: PackedFeedDocument,
): boolean {
  return Buffer.from(documents.get(id)?.bytes ?? []).equals(bytes);
}

function changedBetween(
  before: ReadonlyMap<string, PackedFeedDocument>,
  after: ReadonlyMap<string, PackedFeedDocument>,
): readonly PackedFeedDocument[] {
  return [
    ...[...before.values()].filter((document) => !isIn(after, document)),
    ...[...after.values()].filter((document) => !isIn(before, document)),
  ];
}

function recordOf(
  { expected, ...facts }: FeedFacts,
  documents: ReadonlyMap<string, PackedFeedDocument>,
  { now, changedAt }: { readonly now: Instant; readonly changedAt: Instant },
): FeedRecord {
  const all = [...documents.values()];
  const known = all.map(({ id, bytes }) => factsOfPacked(id, bytes));
  const sum = known.reduce((total, { fingerprint }) => total + fingerprint, 0n);
  const newest = Math.max(0, ...all.map(({ modifiedAt }) => modifiedAt).filter((at) => at <= now));
  return structuredClone({
    ...facts,
    snapshot: (sum % (1n << 128n)).toString(16).padStart(32, "0"),
    ...(newest === 0 ? {} : { asOf: instantOf(newest) }),
    recordCount: known.reduce((total, { recordCount }) => total + recordCount, 0),
    ecosystems: [...new Set([...expected, ...all.flatMap((document) => document.ecosystems)])].toSorted(),
    changedAt,
    documentCount: all.length,
    bytes: all.reduce((total, { bytes }) => total + bytes.byteLength, 0),
  });
}

function carriers(): Pick<FeedStore, "saveCarrier" | "carriersOf" | "dropCarriers"> {
  const images = new Map<string, { readonly image: ImageId; readonly lookups: ReadonlySet<string> }>();
  return {
    async saveCarrier(image, lookups) {
      images.set(renderImage(image), { image: structuredClone(image), lookups: new Set(lookups) });
    },
    async carriersOf(lookups) {
      return structuredClone(
        [...images]
          .filter(([, carrier]) => lookups.some((name) => carrier.lookups.has(name)))
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([, { image }]) => image),
      );
    },
    async dropCarriers(gone) {
      for (const image of gone) images.delete(renderImage(image));
    },
  };
}
