import type { Redis } from "ioredis";
import { z } from "zod";
import type { FileIndex, FileIndexStore } from "../../ports/file-index.ts";
import { asking, parseRecord } from "./asking.ts";
import { keys } from "./keys.ts";
import type { ScansBefore } from "./scans-before.ts";

const indexSchema = z.object({
  commit: z.string(),
  readBy: z.string(),
  files: z.array(z.object({ path: z.string(), blob: z.string() })),
}) satisfies z.ZodType<FileIndex>;

/** What files held, one text per branch. */
export function createFileIndexStore(redis: Redis, before: ScansBefore): FileIndexStore {
  return {
    async fileIndex(of) {
      await before.moved();
      const key = keys.fileIndex(of);
      const text = await asking(() => redis.get(key));
      return text === null ? undefined : parseRecord(key, text, indexSchema);
    },
    async saveFileIndex(of, index) {
      await before.moved();
      const key = keys.fileIndex(of);
      await asking<unknown>(() =>
        index === undefined ? redis.del(key) : redis.set(key, JSON.stringify(index)),
      );
    },
  };
}
