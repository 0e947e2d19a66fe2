import { createHash } from "node:crypto";
import { InvalidInputError, quote } from "../errors.ts";

declare const brand: unique symbol;

/** Content address of a manifest or blob: `sha256:` and 64 lower-case hex digits. */
export type Digest = string & { readonly [brand]: "Digest" };

const DIGEST_LENGTH = "sha256:".length + 64;
const DIGEST_PATTERN = /^sha256:[0-9a-f]{64}$/;

/** Whether a text is a digest. Length is checked before the pattern: outside text can be long. */
export function isDigest(text: string): text is Digest {
  return text.length === DIGEST_LENGTH && DIGEST_PATTERN.test(text);
}

/**
 * Reads a digest as registries, Dockerfiles and statement subjects write it.
 *
 * @throws {InvalidInputError} `digest-invalid`
 * @see OCI image-spec v1.1.1, descriptor.md#digests
 */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw new InvalidInputError("digest-invalid", `not a sha256 digest: ${quote(text)}`);
}

/** The digest of these bytes. */
export function digestOf(bytes: Uint8Array): Digest {
  return parseDigest(`sha256:${createHash("sha256").update(bytes).digest("hex")}`);
}

/** The 64 hex digits, without the algorithm. */
export function hexOf(digest: Digest): string {
  return digest.slice("sha256:".length);
}

/** The first hex digits, for people: never an identity. */
export function shortOf(digest: Digest, length = 7): string {
  return hexOf(digest).slice(0, length);
}

/** A digest where `:` may not stand (tags, job ids): `sha256-<hex>`. */
export function dashedOf(digest: Digest): string {
  return `sha256-${hexOf(digest)}`;
}
