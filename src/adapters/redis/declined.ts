import type { Redis } from "ioredis";
import { z } from "zod";
import { isDigest } from "../../image/digest.ts";
import { digestSchema } from "../../image/schema.ts";
import type { ProposalKey, Store } from "../../ports/store.ts";
import { type DeclinedDigest, keptDeclined } from "../../proposal/declined.ts";
import { allOf, parseRecord, pipelined } from "./asking.ts";
import { FACT_TTL_S, keys } from "./keys.ts";
import { instantSchema } from "./records.ts";

/** Groups that are asked about at once. */
const READ_AT_ONCE = 500;

const declinedSchema = z.object({
  digest: digestSchema,
  at: instantSchema.exactOptional(),
  until: instantSchema.exactOptional(),
  by: z.string().exactOptional(),
  fixed: z.array(z.string()).exactOptional(),
  back: z.object({ at: instantSchema, fixes: z.array(z.string()) }).exactOptional(),
}) satisfies z.ZodType<DeclinedDigest>;

type DeclinedStore = Pick<Store, "declined" | "declinedOf" | "decline" | "takeBackDecline">;

/** Declined digests, a hash for each group; what a release before kept of them is in a set beside it. */
export function createDeclinedStore(redis: Redis): DeclinedStore {
  const declinedOf: DeclinedStore["declinedOf"] = async (groups) => {
    const found: (readonly DeclinedDigest[])[] = [];
    for (let start = 0; start < groups.length; start += READ_AT_ONCE) {
      found.push(...(await readGroups(redis, groups.slice(start, start + READ_AT_ONCE))));
    }
    return found;
  };
  const declined: DeclinedStore["declined"] = async (key) => (await declinedOf([key]))[0] ?? [];
  return {
    declined,
    declinedOf,
    async decline(key, digests, now) {
      if (digests.length === 0) return;
      const before = await declined(key);
      const kept = keptDeclined(before, digests, now);
      const names = new Set(kept.map(({ digest }) => digest));
      const gone = before.map(({ digest }) => digest).filter((digest) => !names.has(digest));
      const name = keys.declinedDigests(key);
      const step = redis.multi();
      step.hset(name, Object.fromEntries(digests.map((each) => [each.digest, JSON.stringify(each)])));
      if (gone.length > 0) step.hdel(name, ...gone);
      step.srem(keys.declined(key), ...gone, ...digests.map(({ digest }) => digest));
      await allOf(step.expire(name, FACT_TTL_S));
    },
    async takeBackDecline(key, digests) {
      if (digests.length === 0) return;
      await allOf(
        redis
          .multi()
          .hdel(keys.declinedDigests(key), ...digests)
          .srem(keys.declined(key), ...digests),
      );
    },
  };
}

async function readGroups(
  redis: Redis,
  groups: readonly ProposalKey[],
): Promise<readonly (readonly DeclinedDigest[])[]> {
  const step = redis.pipeline();
  for (const key of groups) step.hvals(keys.declinedDigests(key)).smembers(keys.declined(key));
  const answers = await pipelined(step, z.array(z.array(z.string())));
  return groups.map((key, position) => {
    const [texts = [], older = []] = answers.slice(2 * position, 2 * position + 2);
    const read = texts.map((text) => parseRecord(keys.declinedDigests(key), text, declinedSchema));
    const known = new Set<string>(read.map(({ digest }) => digest));
    const unknown = older.filter(isDigest).filter((digest) => !known.has(digest));
    return [...read, ...unknown.map((digest): DeclinedDigest => ({ digest }))].toSorted((a, b) =>
      a.digest < b.digest ? -1 : 1,
    );
  });
}
