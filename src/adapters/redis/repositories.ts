import type { Redis } from "ioredis";
import { z } from "zod";
import {
  type RepositoryListing,
  type RepositoryStore,
  SKIPPED_REPOSITORY_REASONS,
} from "../../ports/repositories.ts";
import { asking, parseRecord } from "./asking.ts";
import { keys } from "./keys.ts";
import { instantSchema } from "./records.ts";

const codeRepository = z.object({ owner: z.string(), name: z.string() });

const listingSchema = z.object({
  listedAt: instantSchema,
  readCount: z.int(),
  notNamedCount: z.int(),
  isPartial: z.boolean(),
  skipped: z.array(z.object({ codeRepository, reason: z.enum(SKIPPED_REPOSITORY_REASONS) })),
  lacking: z.array(z.object({ codeRepository, missing: z.array(z.string()) })),
}) satisfies z.ZodType<RepositoryListing>;

/** The last listing of code repositories, as one text. */
export function createRepositoryStore(redis: Redis): RepositoryStore {
  const key = keys.repositoryListing();
  return {
    async repositoryListing() {
      const text = await asking(() => redis.get(key));
      return text === null ? undefined : parseRecord(key, text, listingSchema);
    },
    async saveRepositoryListing(listing) {
      await asking<unknown>(() =>
        listing === undefined ? redis.del(key) : redis.set(key, JSON.stringify(listing)),
      );
    },
  };
}
