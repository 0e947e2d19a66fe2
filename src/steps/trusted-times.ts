import type { Digest } from "../image/digest.ts";
import type { Repository } from "../image/reference.ts";
import type { Store } from "../ports/store.ts";
import type { Instant } from "../time.ts";

/** When digests were signed, as far as they are verified and a clock that is trusted says so. */
export async function trustedTimesOf(
  repository: Repository,
  digests: readonly Digest[],
  store: Pick<Store, "verdicts">,
): Promise<ReadonlyMap<Digest, Instant>> {
  const images = [...new Set(digests)].map((digest) => ({ repository, digest }));
  const records = await store.verdicts(images);
  return new Map(
    records.flatMap(({ image, verdict }) =>
      verdict.kind === "verified" && verdict.trustedAt !== undefined
        ? [[image.digest, verdict.trustedAt] as const]
        : [],
    ),
  );
}
