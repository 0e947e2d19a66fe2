import { CodedError } from "../../errors.ts";
import { CONFIG_BYTES_MAX, parseImageConfig } from "../../image/config-parse.ts";
import type { ConfigAnswer } from "../../image/config.ts";
import type { ImageManifest } from "../../image/manifest.ts";
import type { ImageId } from "../../image/reference.ts";
import type { Content } from "./content.ts";

const CONFIG_MEDIA_TYPES: readonly string[] = [
  "application/vnd.oci.image.config.v1+json",
  "application/vnd.docker.container.image.v1+json",
];

/**
 * The config of an image; none for an artifact in the shape of an image, and for a config that is gone, huge or no config.
 *
 * @throws {CodedError} `registry-*` when the config cannot be fetched
 * @see OCI image-spec v1.1.1, config.md
 */
export async function configOf(
  content: Content,
  { repository }: ImageId,
  { config, layers, artifactType }: ImageManifest,
  signal: AbortSignal,
): Promise<ConfigAnswer> {
  const isConfig = artifactType === undefined && CONFIG_MEDIA_TYPES.includes(config.mediaType);
  if (!isConfig) return { kind: "none", reason: "it is an artifact, not an image" };
  if (config.size > CONFIG_BYTES_MAX) {
    return { kind: "none", reason: `its config is larger than ${CONFIG_BYTES_MAX} bytes` };
  }
  try {
    const bytes = await content.blob({ repository, digest: config.digest }, config.size, signal);
    return parseImageConfig(bytes, layers);
  } catch (error) {
    const code = error instanceof CodedError ? error.code : undefined;
    if (code === "registry-not-found") {
      return { kind: "none", reason: "the registry does not have its config" };
    }
    if (code === "manifest-invalid" || code === "registry-too-large") {
      return { kind: "none", reason: "its config is not as large as its manifest says" };
    }
    throw error;
  }
}
