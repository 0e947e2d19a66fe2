import type { Redis } from "ioredis";
import { z } from "zod";
import { dueMemberOf } from "./records.ts";
import type { CodeEventStore } from "../../ports/code-events.ts";
import type { RepositoryStore } from "../../ports/repositories.ts";
import type { CodeRepository } from "../../proposal/plan.ts";
import { instantOf } from "../../time.ts";
import { asking, pipelined, readAll } from "./asking.ts";
import {
  branchIn,
  codeName,
  DELIVERIES_MAX,
  DELIVERY_TTL_S,
  keys,
  LOOK_WISH_TTL_S,
  nameIn,
  proposalKeyIn,
} from "./keys.ts";
import type { Readings } from "./readings.ts";
import type { ScansBefore } from "./scans-before.ts";
import { ANSWER_LOOK_WISH, NOTE_DELIVERY } from "./scripts.ts";

const SECOND_MS = 1_000;

/** What is kept of webhooks of the code host. */
export function createCodeEventStore(
  redis: Redis,
  { moved, branchListing }: ScansBefore & Pick<RepositoryStore, "branchListing">,
  readings: Pick<Readings, "scan" | "proposal">,
): CodeEventStore {
  return {
    async knownUnder(name) {
      await moved();
      const [scans, proposals, listings] = await pipelined(
        redis.pipeline().smembers(keys.scans()).smembers(keys.proposals()).hkeys(keys.branchListings()),
        z.tuple([z.array(z.string()), z.array(z.string()), z.array(z.string())]),
      );
      // The name is compared and gets into no key: what is asked for are names that we wrote down.
      const isMeant = isNamed(name);
      const branches = scans.flatMap((text) => branchIn(text) ?? []);
      const read = await readAll(
        redis,
        branches.filter(({ codeRepository }) => isMeant(codeRepository)).map(keys.scan),
        readings.scan,
      );
      const listed = listings.find((text) => isMeant(nameIn(text)));
      const listing = listed === undefined ? undefined : await branchListing(nameIn(listed));
      return {
        ...(listing === undefined ? {} : { listing }),
        scans: read.filter(({ isUnsubscribed }) => isUnsubscribed !== true),
        proposals: await readAll(
          redis,
          proposals
            .map(proposalKeyIn)
            .filter(({ codeRepository }) => isMeant(codeRepository))
            .map(keys.proposal),
          readings.proposal,
        ),
      };
    },
    async noteDelivery({ id, at, looks, wishes }) {
      const touched = [keys.deliveries(), keys.due(), ...wishes.map(keys.lookWish)];
      const due = looks.flatMap((look) => [look.at, dueMemberOf(look)]);
      const words = [id, at, DELIVERY_TTL_S, DELIVERIES_MAX, LOOK_WISH_TTL_S, ...due];
      const noted = await asking(() => redis.eval(NOTE_DELIVERY, touched.length, ...touched, ...words));
      return noted === 1 ? "noted" : "known";
    },
    async lookWish(key) {
      const at = await asking(() => redis.get(keys.lookWish(key)));
      return at === null ? undefined : instantOf(Number(at));
    },
    async answerLookWish(key, wish) {
      const left = await asking(() => redis.eval(ANSWER_LOOK_WISH, 1, keys.lookWish(key), wish ?? ""));
      return left === 0 ? "answered" : "newer";
    },

    async deliveriesSeenUpTo() {
      const at = await asking(() => redis.get(keys.deliveriesSeen()));
      return at === null ? undefined : instantOf(Number(at));
    },
    async saveDeliveriesSeenUpTo(at) {
      await asking(() => redis.set(keys.deliveriesSeen(), at));
    },
    async askedAgain(ids) {
      if (ids.length === 0) return new Set();
      const scores = await asking(() => redis.zmscore(keys.deliveriesAskedFor(), ...ids));
      return new Set(ids.filter((_, position) => typeof scores[position] === "string"));
    },
    async noteAskedAgain(id, at) {
      const key = keys.deliveriesAskedFor();
      await pipelined(
        redis
          .pipeline()
          .zadd(key, at, id)
          .zremrangebyscore(key, "-inf", at - DELIVERY_TTL_S * SECOND_MS)
          .zremrangebyrank(key, 0, -DELIVERIES_MAX - 1)
          .expire(key, DELIVERY_TTL_S),
        z.array(z.unknown()),
      );
    },
  };
}

/** GitHub does not tell upper from lower case. */
function isNamed(name: CodeRepository): (other: CodeRepository) => boolean {
  const wanted = codeName(name).toLowerCase();
  return (other) => codeName(other).toLowerCase() === wanted;
}
