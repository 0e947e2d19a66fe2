import { promisify } from "node:util";
import { inflate } from "node:zlib";
import type { Redis } from "ioredis";
import { z } from "zod";
import type { VexStore } from "../../ports/vex-documents.ts";
import { VEX_LENGTH_MAX } from "../../sbom/vex-documents.ts";
import { asking, parseRecord } from "./asking.ts";
import { FACT_TTL_S, keys } from "./keys.ts";

const inflateAsync = promisify(inflate);

/** A character is up to three bytes. */
const BYTES_MAX = 3 * VEX_LENGTH_MAX + 1_024;

const documentsSchema = z.array(z.unknown());

/** VEX documents, each digest's in one string. */
export function createVexStore(redis: Redis): VexStore {
  return {
    async vexDocuments(digest) {
      const key = keys.vexDocuments(digest);
      const packed = await asking(() => redis.getBuffer(key));
      if (packed === null) return [];
      const bytes = await inflateAsync(packed, { maxOutputLength: BYTES_MAX });
      return parseRecord(key, bytes.toString("utf8"), documentsSchema);
    },
    async saveVexDocuments(digest, { deflated }) {
      await asking(() => redis.set(keys.vexDocuments(digest), Buffer.from(deflated), "EX", FACT_TTL_S));
    },
  };
}
