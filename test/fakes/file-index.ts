import { branchName } from "../../src/proposal/plan.ts";
import type { FileIndex, FileIndexStore } from "../../src/ports/file-index.ts";

/** What files held, in memory. Copied on the way in and out. */
export function createFakeFileIndex(): FileIndexStore {
  const kept = new Map<string, FileIndex>();
  return {
    fileIndex: async (of) => structuredClone(kept.get(branchName(of))),
    async saveFileIndex(of, index) {
      if (index === undefined) kept.delete(branchName(of));
      else kept.set(branchName(of), structuredClone(index));
    },
  };
}
