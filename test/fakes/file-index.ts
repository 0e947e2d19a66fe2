import type { FileIndex, FileIndexStore } from "../../src/ports/file-index.ts";

/** What files held, in memory. Copied on the way in and out. */
export function createFakeFileIndex(): FileIndexStore {
  const kept = new Map<string, FileIndex>();
  return {
    fileIndex: async ({ owner, name }) => structuredClone(kept.get(`${owner}/${name}`)),
    async saveFileIndex({ owner, name }, index) {
      if (index === undefined) kept.delete(`${owner}/${name}`);
      else kept.set(`${owner}/${name}`, structuredClone(index));
    },
  };
}
