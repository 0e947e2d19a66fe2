import type { Redis } from "ioredis";
import { z } from "zod";
import type { OpeningStore } from "../../ports/openings.ts";
import { asking } from "./asking.ts";
import { keys, OPENING_TTL_S } from "./keys.ts";
import { instantOf } from "../../time.ts";
import { TAKE_OF_HOUR } from "./hour-script.ts";
import { LINE_UP } from "./scripts.ts";

const SECOND_MS = 1_000;
const HOUR_MS = 3_600 * SECOND_MS;
const groupsSchema = z.array(z.string());
const turnSchema = z.union([z.tuple([z.literal(1)]), z.tuple([z.literal(0), z.int(), z.int()])]);

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
    async takeOfHour({ key, write, max, dueAt, turn, now }) {
      const member = JSON.stringify([key.baseBranch, key.group]);
      const [taken, line] = keys.hour(key.codeRepository);
      const words = [now, HOUR_MS, max, OPENING_TTL_S * SECOND_MS, member, `${member} ${write}`];
      const rest = [dueAt ?? Number.MAX_SAFE_INTEGER, turn === "at-once" ? 1 : 0];
      const answer = turnSchema.parse(
        await asking(() => redis.eval(TAKE_OF_HOUR, 2, taken, line, ...words, ...rest)),
      );
      if (answer[0] === 1) return { kind: "taken" };
      return { kind: "waits", until: instantOf(answer[1]), takenCount: answer[2] };
    },
  };
}
