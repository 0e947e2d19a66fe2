import type { RepositoryListing, RepositoryStore } from "../../src/ports/repositories.ts";

/** The last listing of code repositories, in memory. Copied on the way in and out. */
export function createFakeRepositories(): RepositoryStore {
  let kept: RepositoryListing | undefined;
  return {
    repositoryListing: async () => structuredClone(kept),
    async saveRepositoryListing(listing) {
      kept = structuredClone(listing);
    },
  };
}
