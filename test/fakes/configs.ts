import type { ImageConfig } from "../../src/image/config.ts";
import type { Digest } from "../../src/image/digest.ts";
import type { ConfigStore } from "../../src/ports/configs.ts";

/** How images are run, in memory. Values are copied on the way in and out. */
export function createFakeConfigs(): ConfigStore {
  const configs = new Map<Digest, ImageConfig>();
  return {
    async configs(digests) {
      return new Map(
        digests.flatMap((digest) => {
          const config = configs.get(digest);
          return config === undefined ? [] : [[digest, structuredClone(config)] as const];
        }),
      );
    },
    async saveConfig(digest, config) {
      configs.set(digest, structuredClone(config));
    },
  };
}
