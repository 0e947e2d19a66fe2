import { type Digest, digestOf } from "../image/digest.ts";
import { type ImageIndex, type Manifest, runnableChildrenOf } from "../image/manifest.ts";
import { type Instant, parseInstant } from "../time.ts";
import { compareTexts } from "../versions/order.ts";
import type { DigestFacts } from "./history.ts";

/** What a manifest says about itself that tells one move of a tag from another. */
export function factsIn(manifest: Manifest): Pick<DigestFacts, "content" | "createdAt"> {
  const content = manifest.kind === "index" ? contentOf(manifest) : undefined;
  const createdAt = createdAtOf(manifest);
  return {
    ...(content === undefined ? {} : { content }),
    ...(createdAt === undefined ? {} : { createdAt }),
  };
}

/**
 * Stands for the images an index lists, each with its platform, in whatever order; what is only attached to them does not count.
 * Undefined where it lists none, or something that might be one: then nothing is claimed.
 */
export function contentOf(index: ImageIndex): Digest | undefined {
  if (index.manifests.some(({ platform }) => platform === undefined)) return undefined;
  const children = runnableChildrenOf(index);
  if (children.length === 0) return undefined;
  const listed = children.map(({ digest, platform }) => `${platform} ${digest}`).toSorted(compareTexts);
  return digestOf(Buffer.from(listed.join("\n")));
}

/** @see OCI image-spec v1.1.1, annotations.md */
function createdAtOf({ annotations }: Manifest): Instant | undefined {
  const text = annotations?.["org.opencontainers.image.created"];
  return text === undefined ? undefined : parseInstant(text);
}
