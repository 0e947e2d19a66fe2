import type { Digest } from "../image/digest.ts";
import type { DigestShape } from "../image/shape.ts";

/** Where a place that pins a digest should stand, now that its tag stands elsewhere. */
export type Wanted =
  | { readonly kind: "digest"; readonly digest: Digest }
  /** One kind of digest is never replaced by another; the reason is for people. */
  | { readonly kind: "unclear"; readonly reason: string };

/** A digest, and what it is as far as that is known. */
export interface Looked {
  readonly digest: Digest;
  readonly shape: DigestShape | undefined;
}

/**
 * Where a pin should stand. Who pins an index gets an index; who pins the manifest of one platform gets that of the same platform.
 *
 * @param pin what is pinned, with what is known of it
 * @param current what the tag stands on, with what is known of it
 */
export function wantedFor(pin: Looked, current: Looked): Wanted {
  const pinned = pin.shape;
  const offered = current.shape;
  // Of what was never looked at, and of what a registry has deleted, the kind is not known: tags point at indexes, and so do most pins.
  if (pin.digest === current.digest || pinned === undefined || offered === undefined) {
    return isChildOf(offered, pin.digest) ? at(pin.digest) : at(current.digest);
  }
  if (offered.kind === "image") {
    if (pinned.kind === "image") return at(current.digest);
    return unclear("an index for several platforms is pinned, and the tag points at a single image now");
  }
  if (pinned.kind === "index") return at(current.digest);
  if (isChildOf(offered, pin.digest)) return at(pin.digest);
  const { platform } = pinned;
  if (platform === undefined) {
    return unclear("the image of one platform is pinned, and it does not say of which");
  }
  const child = offered.children.find((candidate) => candidate.platform === platform);
  return child === undefined
    ? unclear(`the image for ${platform} is pinned, and the tag has none for it any more`)
    : at(child.digest);
}

/** Whether a digest is what a tag stands on, or one of the platforms that it lists. */
export function isWhere(pin: Digest, { digest, shape }: Looked): boolean {
  return pin === digest || isChildOf(shape, pin);
}

function isChildOf(shape: DigestShape | undefined, digest: Digest): boolean {
  return shape?.kind === "index" && shape.children.some((child) => child.digest === digest);
}

function at(digest: Digest): Wanted {
  return { kind: "digest", digest };
}

function unclear(reason: string): Wanted {
  return { kind: "unclear", reason };
}
