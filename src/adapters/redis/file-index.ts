import type { Redis } from "ioredis";
import { z } from "zod";
import type { FileIndex, FileIndexStore } from "../../ports/file-index.ts";
import { asking, parseRecord } from "./asking.ts";
import { keys } from "./keys.ts";

const indexSchema = z.object({
  commit: z.string(),
  readBy: z.string(),
  files: z.array(z.object({ path: z.string(), blob: z.string() })),
}) satisfies z.ZodType<FileIndex>;

/** What files held, one text per code repository. */
export function createFileIndexStore(redis: Redis): FileIndexStore {
  return {
    async fileIndex(codeRepository) {
      const key = keys.fileIndex(codeRepository);
      const text = await asking(() => redis.get(key));
      return text === null ? undefined : parseRecord(key, text, indexSchema);
    },
    async saveFileIndex(codeRepository, index) {
      const key = keys.fileIndex(codeRepository);
      await asking<unknown>(() =>
        index === undefined ? redis.del(key) : redis.set(key, JSON.stringify(index)),
      );
    },
  };
}
