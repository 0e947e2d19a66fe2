import type { Redis } from "ioredis";
import { z } from "zod";
import type { OpeningStore } from "../../ports/openings.ts";
import { asking } from "./asking.ts";
import { keys, OPENING_TTL_S } from "./keys.ts";
import { LINE_UP } from "./scripts.ts";

const SECOND_MS = 1_000;
const groupsSchema = z.array(z.string());

/** Lines of groups that are about to open a pull request. */
export function createOpeningStore(redis: Redis): OpeningStore {
  return {
    async lineUpToOpen(key, now) {
      const ahead = await asking(() =>
        redis.eval(LINE_UP, 1, keys.openings(key), key.group, now, OPENING_TTL_S * SECOND_MS),
      );
      return groupsSchema.parse(ahead);
    },
    async leaveOpening(key) {
      await asking(() => redis.zrem(keys.openings(key), key.group));
    },
  };
}
