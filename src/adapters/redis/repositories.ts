import type { Redis } from "ioredis";
import { z } from "zod";
import { compareTexts } from "../../versions/order.ts";
import {
  type BranchListing,
  type RepositoryListing,
  type RepositoryStore,
  SKIPPED_REPOSITORY_REASONS,
} from "../../ports/repositories.ts";
import { asking, parseRecord } from "./asking.ts";
import { codeName, keys } from "./keys.ts";
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

/** The form of a BranchListing. */
export const branchListingSchema = z.object({
  codeRepository,
  listedAt: instantSchema,
  wanted: z.array(z.string()),
  branches: z.array(z.string()),
  missing: z.array(z.string()),
  leftOutCount: z.int(),
  isPartial: z.boolean(),
}) satisfies z.ZodType<BranchListing>;

/** The last listing of code repositories, as one text, and of branches, one for each code repository. */
export function createRepositoryStore(redis: Redis): RepositoryStore {
  const key = keys.repositoryListing();
  const branches = keys.branchListings();
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
    async branchListing(code) {
      const text = await asking(() => redis.hget(branches, codeName(code)));
      return text === null ? undefined : parseRecord(branches, text, branchListingSchema);
    },
    async branchListings() {
      const all = Object.entries(await asking(() => redis.hgetall(branches)));
      return all
        .toSorted(([a], [b]) => compareTexts(a, b))
        .map(([, text]) => parseRecord(branches, text, branchListingSchema));
    },
    async saveBranchListing(listing) {
      const name = codeName(listing.codeRepository);
      await asking(() => redis.hset(branches, name, JSON.stringify(listing)));
    },
    async removeBranchListing(code) {
      await asking(() => redis.hdel(branches, codeName(code)));
    },
  };
}
