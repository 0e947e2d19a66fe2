import type { ImageConfig } from "../image/config.ts";
import type { Digest } from "../image/digest.ts";

/** What is known of how images are run. Part of the store; what is lost is fetched again. */
export interface ConfigStore {
  /** Those that there are, by the digest of the manifest that names them. Kept longer by being read. */
  configs(digests: readonly Digest[]): Promise<ReadonlyMap<Digest, ImageConfig>>;
  /** @param digest of the manifest that names it: what it says never changes */
  saveConfig(digest: Digest, config: ImageConfig): Promise<void>;
}
