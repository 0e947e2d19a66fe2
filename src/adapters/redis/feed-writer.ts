import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import { z } from "zod";
import { factsOfPacked, isDecisive, type PackedFeedDocument } from "../../advisory/feed-document.ts";
import { CodedError, quote } from "../../errors.ts";
import type { FeedFacts, FeedRecord, FeedWriter } from "../../ports/feeds.ts";
import { type Instant, instantOf } from "../../time.ts";
import { asking } from "./asking.ts";
import { generationIn, parseStoredFeed, renderStoredFeed, type StoredFeed } from "./feed-records.ts";
import { keys } from "./keys.ts";
import { COMMIT_FEED } from "./scripts.ts";

/** Changes that are made in one step at most; more go into a new generation first, which then takes over. */
const DIRECT_DOCUMENTS_MAX = 2_000;
const DIRECT_BYTES_MAX = 8 * 1024 * 1024;
/** What nobody commits is gone after this. */
const STAGED_TTL_S = 3_600;
/** Readers that are in the middle of a question finish it on what was replaced. */
export const REPLACED_TTL_S = 60;
const READ_AT_ONCE = 1_000;

const buffersSchema = z.array(z.instanceof(Buffer).nullable());
const textsSchema = z.array(z.string().nullable());

/** A change of one document. Absent sides: there was none, there is none. */
interface Change {
  readonly before: Buffer | undefined;
  readonly after: PackedFeedDocument | undefined;
}

/** What all documents of a feed add up to. */
interface Totals {
  fingerprint: bigint;
  documents: number;
  records: number;
  bytes: number;
}

const FINGERPRINTS = 1n << 128n;

/** Writes the next state of a feed over what is stored of it. */
export class RedisFeedWriter implements FeedWriter {
  readonly #redis: Redis;
  readonly #feed: string;
  readonly #scope: "all" | "some";
  /** As it was read, to be compared when it is written. */
  readonly #beforeText: string;
  readonly #before: StoredFeed | undefined;
  /** What is replaced where another generation takes over, of whatever form it is. */
  readonly #replaced: string | undefined;
  readonly #now: Instant;
  readonly #totals: Totals;
  /** Moments of what was put, by id. */
  readonly #put = new Map<string, number>();
  readonly #changedNames = new Set<string>();
  readonly #ecosystems: Set<string>;
  #pending = new Map<string, Change>();
  #pendingBytes = 0;
  #staged: string | undefined;
  #changed = 0;
  #newest = 0;

  /** @param text the feed as it is stored; empty where it is not */
  constructor(
    redis: Redis,
    { feed, scope, now }: { readonly feed: string; readonly scope: "all" | "some"; readonly now: Instant },
    text: string,
  ) {
    this.#redis = redis;
    this.#feed = feed;
    this.#scope = scope;
    this.#now = now;
    this.#beforeText = text;
    this.#before = parseStoredFeed(text);
    this.#replaced = generationIn(text);
    const record = this.#before?.record;
    this.#totals = {
      fingerprint: BigInt(`0x${record?.snapshot ?? "0"}`),
      documents: record?.documentCount ?? 0,
      records: record?.recordCount ?? 0,
      bytes: record?.bytes ?? 0,
    };
    this.#ecosystems = new Set(scope === "some" ? (record?.ecosystems ?? []) : []);
  }

  async put(documents: readonly PackedFeedDocument[]): Promise<void> {
    const newest = new Map<string, PackedFeedDocument>();
    for (const document of documents) {
      const known = this.#put.get(document.id);
      if (known !== undefined && known >= document.modifiedAt) continue;
      this.#put.set(document.id, document.modifiedAt);
      newest.set(document.id, document);
    }
    const stored = await this.#stored([...newest.keys()]);
    for (const [position, after] of [...newest.values()].entries()) {
      const before = this.#pending.has(after.id)
        ? this.#pending.get(after.id)?.before
        : (stored[position] ?? undefined);
      for (const name of after.ecosystems) this.#ecosystems.add(name);
      // What claims to be from the future says nothing of how old the feed is.
      if (after.modifiedAt <= this.#now) this.#newest = Math.max(this.#newest, after.modifiedAt);
      if (before !== undefined && before.equals(after.bytes)) this.#pending.delete(after.id);
      else this.#change(after.id, { before, after });
    }
    if (this.#isTooMuch()) await this.#stage();
  }

  async remove(ids: readonly string[]): Promise<void> {
    const stored = await this.#stored(ids);
    for (const [position, id] of ids.entries()) {
      const before = stored[position] ?? undefined;
      if (before === undefined) this.#pending.delete(id);
      else this.#change(id, { before, after: undefined });
    }
    if (this.#isTooMuch()) await this.#stage();
  }

  async commit(facts: FeedFacts): Promise<{ readonly record: FeedRecord; readonly changed: number }> {
    if (this.#scope === "all") await this.#removeOthers();
    if (this.#before === undefined && this.#staged === undefined) this.#staged = await this.#newGeneration();
    const { sets, removals, names } = await this.#settle();
    const record = this.#recordOf(facts);
    const generation = this.#generation();
    const replaced =
      this.#replaced === undefined || this.#replaced === generation ? [] : keysOf(this.#feed, this.#replaced);
    const touched = [
      keys.feeds(),
      keys.feedDocuments(this.#feed, generation),
      keys.feedNames(this.#feed, generation),
      keys.feedChanges(),
      ...replaced,
    ];
    const changes = [...this.#changedNames];
    const committed = await asking(() =>
      this.#redis.eval(
        COMMIT_FEED,
        touched.length,
        ...touched,
        this.#feed,
        this.#beforeText,
        renderStoredFeed({ generation, record }),
        REPLACED_TTL_S,
        ...[sets, removals, names, changes].flatMap((list) => [list.length, ...list]),
      ),
    );
    if (committed !== 1) {
      throw new CodedError("feed-conflict", `the feed ${quote(this.#feed)} was written by somebody else`);
    }
    return { record, changed: this.#changed };
  }

  #generation(): string {
    return this.#staged ?? this.#before?.generation ?? "none";
  }

  /** What is stored of these, in their order. */
  async #stored(ids: readonly string[]): Promise<readonly (Buffer | null)[]> {
    if (ids.length === 0 || this.#generation() === "none") return ids.map(() => null);
    const key = keys.feedDocuments(this.#feed, this.#generation());
    return buffersSchema.parse(await asking(() => this.#redis.hmgetBuffer(key, ...ids)));
  }

  #change(id: string, change: Change): void {
    this.#pending.set(id, change);
    this.#pendingBytes += change.after?.bytes.byteLength ?? 0;
  }

  #isTooMuch(): boolean {
    return this.#pending.size > DIRECT_DOCUMENTS_MAX || this.#pendingBytes > DIRECT_BYTES_MAX;
  }

  async #removeOthers(): Promise<void> {
    if (this.#generation() === "none") return;
    const key = keys.feedDocuments(this.#feed, this.#generation());
    const ids = await asking(() => this.#redis.hkeys(key));
    const gone = ids.filter((id) => !this.#put.has(id));
    for (let start = 0; start < gone.length; start += READ_AT_ONCE) {
      await this.remove(gone.slice(start, start + READ_AT_ONCE));
    }
  }

  /** A copy of what is there, for changes that are too many for one step. */
  async #newGeneration(): Promise<string> {
    const generation = randomUUID();
    const from = this.#before === undefined ? [] : keysOf(this.#feed, this.#before.generation);
    for (const [position, target] of keysOf(this.#feed, generation).entries()) {
      const source = from[position];
      if (source === undefined) continue;
      await asking(() => this.#redis.call("COPY", source, target));
      await asking(() => this.#redis.expire(target, STAGED_TTL_S));
    }
    return generation;
  }

  async #stage(): Promise<void> {
    this.#staged ??= await this.#newGeneration();
    const [documents, names] = keysOf(this.#feed, this.#staged);
    const settled = await this.#settle();
    const step = this.#redis.pipeline();
    if (settled.sets.length > 0) step.hset(documents, ...settled.sets);
    if (settled.removals.length > 0) step.hdel(documents, ...settled.removals);
    for (let at = 0; at < settled.names.length; at += 2) {
      const [name = "", ids = ""] = settled.names.slice(at, at + 2);
      if (ids === "") step.hdel(names, name);
      else step.hset(names, name, ids);
    }
    step.expire(documents, STAGED_TTL_S).expire(names, STAGED_TTL_S);
    const failure = (await asking(() => step.exec()))?.find(([error]) => error !== null)?.[0];
    if (failure !== undefined && failure !== null) {
      throw new CodedError("redis-unavailable", `writing a feed failed: ${failure.message}`, {
        cause: failure,
      });
    }
  }

  /** Adds the pending changes to the totals, and says what is to be written for them. */
  async #settle(): Promise<{
    readonly sets: readonly (string | Buffer)[];
    readonly removals: readonly string[];
    readonly names: readonly string[];
  }> {
    const sets: (string | Buffer)[] = [];
    const removals: string[] = [];
    const byName = new Map<string, Map<string, "add" | "remove">>();
    const note = (name: string, id: string, what: "add" | "remove"): void => {
      byName.set(name, (byName.get(name) ?? new Map<string, "add" | "remove">()).set(id, what));
    };
    for (const [id, { before, after }] of this.#pending) {
      const old = before === undefined ? [] : this.#count(id, before, -1);
      const lookups = after?.lookups ?? [];
      for (const name of [...old, ...lookups]) if (isDecisive(name)) this.#changedNames.add(name);
      for (const name of old) note(name, id, "remove");
      for (const name of lookups) note(name, id, "add");
      if (after === undefined) {
        removals.push(id);
        continue;
      }
      const bytes = Buffer.from(after.bytes);
      this.#count(id, bytes, 1);
      sets.push(id, bytes);
    }
    this.#changed += this.#pending.size;
    this.#pending = new Map();
    this.#pendingBytes = 0;
    return { sets, removals, names: await this.#namesAfter(byName) };
  }

  /** @returns the names it is found by */
  #count(id: string, bytes: Buffer, sign: 1 | -1): readonly string[] {
    const totals = this.#totals;
    const { lookups, recordCount, fingerprint } = factsOfPacked(id, bytes);
    totals.fingerprint = (totals.fingerprint + fingerprint * BigInt(sign) + FINGERPRINTS) % FINGERPRINTS;
    totals.documents += sign;
    totals.bytes += sign * bytes.byteLength;
    totals.records += sign * recordCount;
    return lookups;
  }

  /** Each name with the ids that it stands for from now on, as JSON; empty for none. */
  async #namesAfter(
    byName: ReadonlyMap<string, ReadonlyMap<string, "add" | "remove">>,
  ): Promise<readonly string[]> {
    const after: string[] = [];
    const all = [...byName];
    for (let start = 0; start < all.length; start += READ_AT_ONCE) {
      const some = all.slice(start, start + READ_AT_ONCE);
      const key = keys.feedNames(this.#feed, this.#generation());
      const stored = textsSchema.parse(
        await asking(() => this.#redis.hmget(key, ...some.map(([name]) => name))),
      );
      for (const [position, [name, changes]] of some.entries()) {
        const ids = new Set(idsOf(stored[position] ?? "[]"));
        for (const [id, what] of changes) {
          if (what === "add") ids.add(id);
          else ids.delete(id);
        }
        after.push(name, ids.size === 0 ? "" : JSON.stringify([...ids].toSorted()));
      }
    }
    return after;
  }

  #recordOf({ expected, ...facts }: FeedFacts): FeedRecord {
    const before = this.#before?.record;
    const newest = Math.max(this.#newest, this.#scope === "some" ? (before?.asOf ?? 0) : 0);
    return {
      ...facts,
      snapshot: this.#totals.fingerprint.toString(16).padStart(32, "0"),
      ...(newest === 0 ? {} : { asOf: instantOf(newest) }),
      recordCount: this.#totals.records,
      ecosystems: [...new Set([...expected, ...this.#ecosystems])].toSorted(),
      changedAt: this.#changed === 0 && before !== undefined ? before.changedAt : this.#now,
      documentCount: this.#totals.documents,
      bytes: this.#totals.bytes,
    };
  }
}

/** The hashes of a generation: documents, names. */
export function keysOf(feed: string, generation: string): readonly [string, string] {
  return [keys.feedDocuments(feed, generation), keys.feedNames(feed, generation)];
}

/** Ids in a stored list of them. */
export function idsOf(text: string): readonly string[] {
  return z.array(z.string()).parse(JSON.parse(text));
}
