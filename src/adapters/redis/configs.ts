import type { Redis } from "ioredis";
import { z } from "zod";
import type { ImageConfig } from "../../image/config.ts";
import type { Digest } from "../../image/digest.ts";
import type { ConfigStore } from "../../ports/configs.ts";
import { asking, parseRecord, pipelined } from "./asking.ts";
import { imageConfigSchema } from "./config-records.ts";
import { FACT_TTL_S, keys } from "./keys.ts";

/** How images are run, one string each. */
export function createConfigStore(redis: Redis): ConfigStore {
  return {
    async configs(digests) {
      const configs = new Map<Digest, ImageConfig>();
      if (digests.length === 0) return configs;
      const step = redis.pipeline();
      for (const digest of digests) step.getex(keys.config(digest), "EX", FACT_TTL_S);
      const texts = await pipelined(step, z.array(z.string().nullable()));
      for (const [at, digest] of digests.entries()) {
        const text = texts[at] ?? null;
        if (text !== null) configs.set(digest, parseRecord(keys.config(digest), text, imageConfigSchema));
      }
      return configs;
    },
    async saveConfig(digest, config) {
      const text = JSON.stringify(config);
      await asking(() => redis.set(keys.config(digest), text, "EX", FACT_TTL_S));
    },
  };
}
