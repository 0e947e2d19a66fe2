import { inflateSync } from "node:zlib";
import type { Digest } from "../../src/image/digest.ts";
import type { VexStore } from "../../src/ports/vex-documents.ts";

/** VEX documents in memory. */
export function createFakeVexDocuments(): VexStore {
  const kept = new Map<Digest, Uint8Array>();
  return {
    async vexDocuments(digest) {
      const deflated = kept.get(digest);
      const documents: unknown =
        deflated === undefined ? [] : JSON.parse(inflateSync(deflated).toString("utf8"));
      return Array.isArray(documents) ? documents : [];
    },
    async saveVexDocuments(digest, { deflated }) {
      kept.set(digest, structuredClone(deflated));
    },
  };
}
