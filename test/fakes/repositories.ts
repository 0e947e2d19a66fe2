import { codeName } from "../../src/adapters/redis/keys.ts";
import type { BranchListing, RepositoryListing, RepositoryStore } from "../../src/ports/repositories.ts";

/** The last listing of code repositories and of the branches of each, in memory. Copied on the way in and out. */
export function createFakeRepositories(): RepositoryStore {
  let kept: RepositoryListing | undefined;
  const branches = new Map<string, BranchListing>();
  return {
    repositoryListing: async () => structuredClone(kept),
    async saveRepositoryListing(listing) {
      kept = structuredClone(listing);
    },
    branchListing: async (code) => structuredClone(branches.get(codeName(code))),
    branchListings: async () =>
      [...branches].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, listing]) => structuredClone(listing)),
    async saveBranchListing(listing) {
      branches.set(codeName(listing.codeRepository), structuredClone(listing));
    },
    async removeBranchListing(code) {
      branches.delete(codeName(code));
    },
  };
}
