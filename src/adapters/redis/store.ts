import { promisify } from "node:util";
import { inflate } from "node:zlib";
import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import { z } from "zod";
import { CodedError, quote } from "../../errors.ts";
import { type ImageLine, isTag, parseReference } from "../../image/reference.ts";
import type { DueWork, Store, StoreEvent, WatchState } from "../../ports/store.ts";
import { instantOf } from "../../time.ts";
import { PUSH_ELSEWHERE_GAP_MS, PUSH_GAP_MS } from "../../watch/push.ts";
import { allOf, asking, parseRecord, pipelined, readAll } from "./asking.ts";
import { componentListSchema } from "./component-records.ts";
import {
  branchIn,
  EVENT_KEY_TTL_S,
  EVENTS_MAX,
  FACT_TTL_S,
  keys,
  proposalKeyIn,
  proposalName,
  PUSH_TTL_S,
} from "./keys.ts";
import { dueMemberOf, dueWorkSchema, eventSchema, lookSchema, pollSchema } from "./records.ts";
import { createCodeEventStore } from "./code-events.ts";
import { createDeclinedStore } from "./declined.ts";
import { createConfigStore } from "./configs.ts";
import { createFeedStore } from "./feeds.ts";
import { createFileIndexStore } from "./file-index.ts";
import { createScanStore } from "./scans.ts";
import { createScansBefore } from "./scans-before.ts";
import { createClockFactStore } from "./clock-facts.ts";
import { createOpeningStore } from "./openings.ts";
import { createOperatorStore } from "./operators.ts";
import type { Reading } from "./kept-reading.ts";
import { createReadings } from "./readings.ts";
import { createRepositoryStore } from "./repositories.ts";
import { APPEND_ONCE, CLAIM_DUE, NOTICE_PUSH, SET_DUE_FROM } from "./scripts.ts";
import { createVexStore } from "./vex-documents.ts";

const inflateAsync = promisify(inflate);

/** Bytes of an inflated component list at most. */
const COMPONENTS_BYTES_MAX = 256 * 1024 * 1024;

/** Watches that are read in one question. */
const READ_AT_ONCE = 500;

/** How a member of the due set starts that is a poll. */
const POLL_MEMBER = '{"kind":"poll",';

/** Subscribers and look of one line. */
const subscriptionSchema = z.tuple([z.array(z.string()), z.string().nullable()]);

/** Durable facts in Redis. Keys are in keys.ts, forms in records.ts. */
export function createRedisStore(redis: Redis): Store {
  const readings = createReadings();
  const read = async <Shape>(key: string, reading: Reading<Shape>): Promise<Shape | undefined> => {
    const text = await asking(() => redis.get(key));
    return text === null ? undefined : reading(key, text);
  };
  const write = async (key: string, value: unknown, ttlS?: number): Promise<void> => {
    const text = JSON.stringify(value);
    await asking(() => (ttlS === undefined ? redis.set(key, text) : redis.set(key, text, "EX", ttlS)));
  };
  const named = async (set: string, keyOf: (name: string) => string): Promise<readonly string[]> =>
    (await asking(() => redis.smembers(set))).toSorted().map(keyOf);

  const before = createScansBefore(redis);
  const repositories = createRepositoryStore(redis);
  const watchStates = async (lines: readonly ImageLine[]): Promise<readonly WatchState[]> => {
    await before.moved();
    const step = redis.pipeline();
    for (const line of lines) step.smembers(keys.subscribers(line)).get(keys.look(line));
    const answers = await pipelined(step, z.array(z.union([z.array(z.string()), z.string().nullable()])));
    return lines.map((line, position) => {
      const [subscribers, look] = subscriptionSchema.parse(answers.slice(2 * position, 2 * position + 2));
      return {
        line,
        subscribers: subscribers.toSorted().flatMap((name) => branchIn(name) ?? []),
        history: [],
        ...(look === null ? {} : readings.look(keys.look(line), look)),
      };
    });
  };
  const watchState = async (line: ImageLine): Promise<WatchState> => {
    const [state] = await watchStates([line]);
    return state ?? { line, subscribers: [], history: [] };
  };

  return {
    ...createClockFactStore(redis),
    ...createOperatorStore(redis),
    ...repositories,
    ...createVexStore(redis),
    ...createDeclinedStore(redis),
    ...createConfigStore(redis),
    ...createFeedStore(redis),
    ...createCodeEventStore(redis, { ...before, ...repositories }, readings),
    ...createFileIndexStore(redis, before),
    ...createScanStore(redis, before, readings.scan),
    ...createOpeningStore(redis),

    async noticePush(repository, tag, at) {
      const touched = [keys.tags, keys.pushed, keys.due, keys.poll, keys.pushedElsewhere].map((key) =>
        key(repository),
      );
      const work = dueMemberOf({ kind: "poll", repository });
      const words = [tag ?? "", work, at, PUSH_TTL_S, PUSH_GAP_MS, PUSH_ELSEWHERE_GAP_MS];
      const watched = await asking(() => redis.eval(NOTICE_PUSH, touched.length, ...touched, ...words));
      return watched === 1 ? "noticed" : "not-watched";
    },
    isWatched: async (repository) => (await asking(() => redis.exists(keys.tags(repository)))) === 1,

    async linesOf(repository) {
      const tags = await asking(() => redis.smembers(keys.tags(repository)));
      return tags
        .toSorted()
        .filter(isTag)
        .map((tag) => ({ repository, tag }));
    },
    watch: watchState,
    async watches() {
      const lines = (await asking(() => redis.smembers(keys.watches()))).toSorted().map(lineOf);
      const states: WatchState[] = [];
      for (let start = 0; start < lines.length; start += READ_AT_ONCE) {
        states.push(...(await watchStates(lines.slice(start, start + READ_AT_ONCE))));
      }
      return states;
    },
    async watched(repository) {
      const [poll, pushed, elsewhere, tags] = await pipelined(
        redis
          .pipeline()
          .get(keys.poll(repository))
          .get(keys.pushed(repository))
          .get(keys.pushedElsewhere(repository))
          .smembers(keys.tags(repository)),
        z.tuple([z.string().nullable(), z.string().nullable(), z.string().nullable(), z.array(z.string())]),
      );
      const watches: WatchState[] = [];
      const names = tags.toSorted().filter(isTag);
      for (let start = 0; start < names.length; start += READ_AT_ONCE) {
        const lines = names.slice(start, start + READ_AT_ONCE).map((tag) => ({ repository, tag }));
        watches.push(...(await watchStates(lines)));
      }
      return {
        watches,
        poll: poll === null ? {} : parseRecord(keys.poll(repository), poll, pollSchema),
        ...(pushed === null ? {} : { pushedAt: instantOf(Number(pushed)) }),
        ...(elsewhere === null ? {} : { pushedElsewhereAt: instantOf(Number(elsewhere)) }),
      };
    },
    async savePoll(repository, { looks, poll, lostAt }) {
      const step = redis.multi();
      for (const { tag, record } of looks) {
        step.set(keys.look({ repository, tag }), JSON.stringify(lookSchema.parse(record)));
      }
      step.set(keys.poll(repository), JSON.stringify(poll));
      if (poll.next !== undefined) {
        const work = dueMemberOf({ kind: "poll", repository });
        step.eval(SET_DUE_FROM, 1, keys.due(), work, poll.next.at, lostAt);
      }
      await allOf(step);
    },

    verdict: (image) => read(keys.verdict(image), readings.verdict),
    verdicts: (images) => readAll(redis, images.map(keys.verdict), readings.verdict),
    saveVerdict: (record) => write(keys.verdict(record.image), record, FACT_TTL_S),

    async components(digest) {
      const key = keys.components(digest);
      // Kept for as long as somebody asks: a digest may be pinned for years.
      const packed = await asking(() => redis.getexBuffer(key, "EX", FACT_TTL_S));
      if (packed === null) return undefined;
      const bytes = await inflateAsync(packed, { maxOutputLength: COMPONENTS_BYTES_MAX });
      return parseRecord(key, bytes.toString("utf8"), componentListSchema);
    },
    async saveComponents(digest, { deflated }) {
      await asking(() => redis.set(keys.components(digest), Buffer.from(deflated), "EX", FACT_TTL_S));
    },

    assessment: (repository, from, to) => read(keys.assessment(repository, from, to), readings.assessment),
    saveAssessment: (repository, from, to, assessment) =>
      write(keys.assessment(repository, from, to), assessment, FACT_TTL_S),

    proposal: (key) => read(keys.proposal(key), readings.proposal),
    proposals: async () =>
      readAll(
        redis,
        await named(keys.proposals(), (name) => keys.proposal(proposalKeyIn(name))),
        readings.proposal,
      ),
    async saveProposal(record) {
      await allOf(
        redis
          .multi()
          .set(keys.proposal(record), JSON.stringify(record))
          .sadd(keys.proposals(), proposalName(record)),
      );
    },

    async append(event) {
      const id = createHash("sha256").update(event.key).digest("hex");
      const appended = await asking(() =>
        redis.eval(
          APPEND_ONCE,
          2,
          keys.event(id),
          keys.events(),
          EVENT_KEY_TTL_S,
          EVENTS_MAX,
          JSON.stringify(event),
        ),
      );
      return appended === 1;
    },
    async events(limit) {
      const entries = await asking(() => redis.xrevrange(keys.events(), "+", "-", "COUNT", limit));
      return entries.map(([id, fields]) => parseRecord<StoreEvent>(id, fields[1] ?? "", eventSchema));
    },

    async schedule(work, at, mode) {
      const member = dueMemberOf(work);
      await asking(() =>
        mode === "set" ? redis.zadd(keys.due(), at, member) : redis.zadd(keys.due(), "LT", at, member),
      );
    },
    async claimDue(now, leaseMs, limit, pollHorizonMs) {
      const claimed = await asking(() =>
        redis.eval(
          CLAIM_DUE,
          1,
          keys.due(),
          now,
          now + leaseMs,
          limit,
          pollHorizonMs === undefined ? "+inf" : now + pollHorizonMs,
          POLL_MEMBER,
        ),
      );
      return z
        .array(z.string())
        .parse(claimed)
        .map((member) => parseRecord<DueWork>(keys.due(), member, dueWorkSchema));
    },
    async markKnown() {
      return (await asking(() => redis.set(keys.known(), "1", "NX"))) === "OK" ? "new" : "known";
    },
    async firstDueAt() {
      const [, score] = await asking(() => redis.zrange(keys.due(), "0", "0", "WITHSCORES"));
      return score === undefined ? undefined : instantOf(Number(score));
    },
    async unschedule(work) {
      await asking(() => redis.zrem(keys.due(), dueMemberOf(work)));
    },
  };
}

function lineOf(name: string): ImageLine {
  const { repository, tag } = parseReference(name);
  if (tag === undefined) throw new CodedError("record-invalid", `a stored watch has no tag: ${quote(name)}`);
  return { repository, tag };
}
