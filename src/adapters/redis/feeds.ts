import { createHash } from "node:crypto";
import type { ChainableCommander, Redis } from "ioredis";
import { z } from "zod";
import { isDecisive, unpackFeedDocument } from "../../advisory/feed-document.ts";
import { CodedError } from "../../errors.ts";
import { type ImageId, parseReference, renderImage } from "../../image/reference.ts";
import type { FeedStore, FeedView } from "../../ports/feeds.ts";
import { asking } from "./asking.ts";
import { generationIn, parseStoredFeed, renderStoredFeed, type StoredFeed } from "./feed-records.ts";
import { idsOf, keysOf, REPLACED_TTL_S, RedisFeedWriter } from "./feed-writer.ts";
import { keys } from "./keys.ts";
import { COMMIT_FEED, NUMBER_CARRIER, TAKE_CHANGES } from "./scripts.ts";

const ASKED_AT_ONCE = 5_000;
/** How often a question is asked anew because a feed changed in the middle of it. */
const TRIES_MAX = 5;
/** Documents of one answer at most. */
const DOCUMENTS_MAX = 200_000;

const hashSchema = z.record(z.string(), z.string());
const textsSchema = z.array(z.string().nullable());
const buffersSchema = z.array(z.instanceof(Buffer).nullable());
const namesSchema = z.array(z.string());

/** Mirrored feeds in Redis: of each one hash of documents and one of the names they are found by. */
export function createFeedStore(redis: Redis): FeedStore {
  const textOf = async (id: string): Promise<string> =>
    (await asking(() => redis.hget(keys.feeds(), id))) ?? "";
  return {
    ...carriers(redis),
    async feeds() {
      return storedIn(await asking(() => redis.hgetall(keys.feeds()))).map(({ record }) => record);
    },
    writeFeed: async (feed, scope, now) =>
      new RedisFeedWriter(redis, { feed, scope, now }, await textOf(feed)),
    async noteFeed(record) {
      const before = await textOf(record.id);
      const stored = parseStoredFeed(before);
      if (stored === undefined || stored.record.snapshot !== record.snapshot) return;
      const after = renderStoredFeed({ generation: stored.generation, record });
      await commit(redis, { feed: record.id, generation: stored.generation, before, after });
    },
    async dropFeed(id) {
      const before = await textOf(id);
      const generation = generationIn(before);
      if (generation === undefined) return;
      const names = await asking(() => redis.hkeys(keys.feedNames(id, generation)));
      const changes = names.filter(isDecisive);
      await commit(redis, { feed: id, generation, before, after: "", changes });
    },
    async lookUp(lookups) {
      for (let tries = 0; tries < TRIES_MAX; tries += 1) {
        const view = await viewOf(redis, lookups);
        if (view !== undefined) return view;
      }
      throw new CodedError("feed-conflict", "feeds changed while they were asked, again and again");
    },
    async takeChanged(limit) {
      const taken = await asking(() =>
        redis.eval(TAKE_CHANGES, 2, keys.feedChanges(), keys.feedChangesTaken(), limit),
      );
      return namesSchema.parse(taken).toSorted();
    },
    async doneChanged(lookups) {
      for (let start = 0; start < lookups.length; start += ASKED_AT_ONCE) {
        const some = lookups.slice(start, start + ASKED_AT_ONCE);
        await asking(() => redis.srem(keys.feedChangesTaken(), ...some));
      }
    },
  };
}

interface Commit {
  readonly feed: string;
  readonly generation: string;
  readonly before: string;
  /** Empty: the feed is forgotten. */
  readonly after: string;
  readonly changes?: readonly string[];
}

/** Replaces or forgets what is known of a feed beside its documents; nothing where it has changed meanwhile. */
async function commit(
  redis: Redis,
  { feed, generation, before, after, changes = [] }: Commit,
): Promise<void> {
  const own = keysOf(feed, generation);
  const touched = [keys.feeds(), ...own, keys.feedChanges(), ...(after === "" ? own : [])];
  const lists = [[], [], [], changes].flatMap((list) => [list.length, ...list]);
  await asking(() =>
    redis.eval(COMMIT_FEED, touched.length, ...touched, feed, before, after, REPLACED_TTL_S, ...lists),
  );
}

function storedIn(hash: Readonly<Record<string, string>>): readonly StoredFeed[] {
  return Object.entries(hash)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, text]) => parseStoredFeed(text) ?? []);
}

function snapshotOf(feeds: readonly StoredFeed[]): string {
  const states = feeds.map(({ generation, record: { id, snapshot } }) => [id, generation, snapshot]);
  return createHash("sha256").update(JSON.stringify(states)).digest("hex").slice(0, 32);
}

/** What feeds have under these names; undefined when one changed while they were asked. */
async function viewOf(redis: Redis, lookups: readonly string[]): Promise<FeedView | undefined> {
  const feeds = storedIn(await asking(() => redis.hgetall(keys.feeds())));
  const snapshot = snapshotOf(feeds);
  const records = feeds.map(({ record }) => record);
  if (feeds.length === 0 || lookups.length === 0) return { snapshot, feeds: records, documents: [] };

  const found = await pieces(redis, feeds, () => ({ part: 1, fields: lookups }));
  if (found.snapshot !== snapshot) return undefined;
  const idsByFeed = found.answers.map((answers) => {
    const lists = textsSchema.parse(answers.map((answer) => answer?.toString("utf8") ?? null));
    return [...new Set(lists.flatMap((list) => (list === null ? [] : idsOf(list))))];
  });
  if (idsByFeed.reduce((sum, ids) => sum + ids.length, 0) > DOCUMENTS_MAX) {
    throw new CodedError(
      "advisories-unavailable",
      `feeds have more than ${DOCUMENTS_MAX} records of the packages asked about`,
    );
  }
  const packed = await pieces(redis, feeds, (position) => ({ part: 0, fields: idsByFeed[position] ?? [] }));
  if (packed.snapshot !== snapshot) return undefined;
  const documents = packed.answers.flatMap((answers, position) =>
    answers.flatMap((bytes) =>
      bytes === null ? [] : [{ feed: records[position]?.id ?? "", document: unpackFeedDocument(bytes) }],
    ),
  );
  return { snapshot, feeds: records, documents };
}

/** Fields of one hash of each feed, and the state of all feeds at that very moment. */
async function pieces(
  redis: Redis,
  feeds: readonly StoredFeed[],
  wanted: (position: number) => { readonly part: 0 | 1; readonly fields: readonly string[] },
): Promise<{ readonly snapshot: string; readonly answers: readonly (readonly (Buffer | null)[])[] }> {
  const step: ChainableCommander = redis.multi();
  step.hgetall(keys.feeds());
  const owners: number[] = [];
  for (const [position, { generation, record }] of feeds.entries()) {
    const { part, fields } = wanted(position);
    for (let start = 0; start < fields.length; start += ASKED_AT_ONCE) {
      step.hmgetBuffer(keysOf(record.id, generation)[part], ...fields.slice(start, start + ASKED_AT_ONCE));
      owners.push(position);
    }
  }
  const [state, ...rest] = (await asking(() => step.exec())) ?? [];
  const failure = [state, ...rest].find((answer) => answer?.[0] !== null && answer?.[0] !== undefined)?.[0];
  if (failure !== undefined && failure !== null) {
    throw new CodedError("redis-unavailable", `asking feeds failed: ${failure.message}`, { cause: failure });
  }
  const answers: (Buffer | null)[][] = feeds.map(() => []);
  for (const [index, [, answer]] of rest.entries()) {
    const list = answers[owners[index] ?? -1];
    for (const piece of buffersSchema.parse(answer)) list?.push(piece);
  }
  return { snapshot: snapshotOf(storedIn(hashSchema.parse(state?.[1]))), answers };
}

type Carriers = Pick<FeedStore, "saveCarrier" | "carriersOf" | "dropCarriers">;

/** Which images have which packages, each image as a small number. */
function carriers(redis: Redis): Carriers {
  return {
    async saveCarrier(image, lookups) {
      const name = renderImage(image);
      const hash = createHash("sha256").update(JSON.stringify(lookups)).digest("hex").slice(0, 32);
      const noted = z
        .string()
        .parse(
          await asking(() =>
            redis.eval(NUMBER_CARRIER, 2, keys.carrierNumbers(), keys.carrierImages(), name),
          ),
        );
      const [number = "", before = ""] = noted.split(" ");
      if (before === hash) return;
      for (let start = 0; start < lookups.length; start += ASKED_AT_ONCE) {
        const step = redis.pipeline();
        for (const lookup of lookups.slice(start, start + ASKED_AT_ONCE)) {
          step.sadd(keys.carriers(lookup), number);
        }
        const failure = (await asking(() => step.exec()))?.find(([error]) => error !== null)?.[0];
        if (failure) throw new CodedError("redis-unavailable", `noting packages failed: ${failure.message}`);
      }
      // Last, so that whoever dies in between has it done again.
      await asking(() => redis.hset(keys.carrierNumbers(), name, `${number} ${hash}`));
    },
    async carriersOf(lookups) {
      const numbers = new Set<string>();
      for (let start = 0; start < lookups.length; start += ASKED_AT_ONCE) {
        const some = lookups.slice(start, start + ASKED_AT_ONCE).map(keys.carriers);
        for (const number of await asking(() => redis.sunion(...some))) numbers.add(number);
      }
      const images = new Set<string>();
      const all = [...numbers];
      for (let start = 0; start < all.length; start += ASKED_AT_ONCE) {
        const some = all.slice(start, start + ASKED_AT_ONCE);
        const names = await asking(() => redis.hmget(keys.carrierImages(), ...some));
        for (const name of names) if (name !== null) images.add(name);
      }
      return [...images].toSorted().flatMap(imageOf);
    },
    async dropCarriers(images) {
      for (const image of images) {
        const name = renderImage(image);
        const noted = await asking(() => redis.hget(keys.carrierNumbers(), name));
        if (noted === null) continue;
        // The number stays in the sets of its packages, and is nobody's from now on.
        await asking(() =>
          redis
            .multi()
            .hdel(keys.carrierNumbers(), name)
            .hdel(keys.carrierImages(), noted.split(" ")[0] ?? "")
            .exec(),
        );
      }
    },
  };
}

function imageOf(name: string): readonly ImageId[] {
  const { repository, digest } = parseReference(name);
  return digest === undefined ? [] : [{ repository, digest }];
}
