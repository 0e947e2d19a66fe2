import { CodedError } from "../../errors.ts";
import type { ImageManifest } from "../../image/manifest.ts";
import { platformSchema, renderPlatform } from "../../image/platform.ts";
import type { ImageId } from "../../image/reference.ts";
import type { Content } from "./content.ts";

const CONFIG_BYTES_MAX = 1024 * 1024;
const CONFIG_MEDIA_TYPES: readonly string[] = [
  "application/vnd.oci.image.config.v1+json",
  "application/vnd.docker.container.image.v1+json",
];

/**
 * What an image runs on, as its config says; undefined for an artifact in the shape of an image, and for a config that is gone, huge or no
 * config.
 *
 * @throws {CodedError} `registry-*` when the config cannot be fetched
 * @see OCI image-spec v1.1.1, config.md
 */
export async function platformOf(
  content: Content,
  { repository }: ImageId,
  { config, artifactType }: ImageManifest,
  signal: AbortSignal,
): Promise<string | undefined> {
  const isConfig = artifactType === undefined && CONFIG_MEDIA_TYPES.includes(config.mediaType);
  if (!isConfig || config.size > CONFIG_BYTES_MAX) return undefined;
  try {
    const bytes = await content.blob({ repository, digest: config.digest }, config.size, signal);
    const parsed = platformSchema.safeParse(JSON.parse(Buffer.from(bytes).toString("utf8")));
    return parsed.success ? renderPlatform(parsed.data) : undefined;
  } catch (error) {
    const isAnswer =
      error instanceof SyntaxError ||
      (error instanceof CodedError &&
        (error.code === "registry-not-found" || error.code === "manifest-invalid"));
    if (isAnswer) return undefined;
    throw error;
  }
}
