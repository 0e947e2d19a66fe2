import type { Digest } from "../image/digest.ts";
import type { Manifest } from "../image/manifest.ts";
import type { ImageId, ImageLine } from "../image/reference.ts";
import type { Evidence } from "../trust/evidence.ts";

/** Where a tag points now. A claim of the registry: act only on content fetched by digest. */
export type TagState = { readonly kind: "found"; readonly digest: Digest } | { readonly kind: "missing" };

/** Reads registries. Never writes to one. */
export interface Registry {
  /**
   * Asks where the tag points now. Never answered from a cache.
   *
   * @throws {CodedError} `registry-*` when there is no answer
   */
  resolve(line: ImageLine, signal: AbortSignal): Promise<TagState>;

  /**
   * Fetches a manifest by digest; its bytes were hashed and match.
   *
   * @throws {CodedError} `registry-*`; `registry-not-found` when the registry does not have it, `registry-integrity` when the
   *   bytes are others, `registry-too-large` above 4 MiB
   * @throws {InvalidInputError} `manifest-invalid`
   */
  manifest(image: ImageId, signal: AbortSignal): Promise<Manifest>;

  /**
   * Collects everything that claims to prove something about exactly this digest: the legacy tags `.sig` and `.att` and
   * the referrers. Nothing found is an answer: an {@link Evidence} without candidates.
   *
   * @throws {CodedError} `registry-*` when one of the places could not be asked
   */
  evidenceOf(image: ImageId, signal: AbortSignal): Promise<Evidence>;
}
