import seeds from "@sigstore/tuf/seeds.json" with { type: "json" };
import { z } from "zod";

/** Where the public Sigstore instance publishes its trust root. */
export const PUBLIC_GOOD_URL = "https://tuf-repo-cdn.sigstore.dev";

/** The target that holds the trust root, in every TUF repository of Sigstore. */
export const TRUSTED_ROOT_TARGET = "trusted_root.json";

const seedSchema = z.object({
  "root.json": z.base64(),
  targets: z.object({ [TRUSTED_ROOT_TARGET]: z.base64() }),
});

/** What a release brings along for a TUF repository. */
export interface EmbeddedRoot {
  /** Root metadata (JSON): whom the repository's metadata leads to. */
  readonly root: string;
  /** The `trusted_root.json` of the day it was packed. */
  readonly trustedRoot: string;
}

/** What this release brings along for the public Sigstore instance. */
export function embeddedPublicGood(): EmbeddedRoot {
  const { targets, ...seed } = seedSchema.parse(
    z.record(z.string(), z.unknown()).parse(seeds)[PUBLIC_GOOD_URL],
  );
  return { root: textOf(seed["root.json"]), trustedRoot: textOf(targets[TRUSTED_ROOT_TARGET]) };
}

function textOf(base64: string): string {
  return Buffer.from(base64, "base64").toString("utf8");
}
