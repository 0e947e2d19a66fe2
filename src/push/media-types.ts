/** Manifests and indexes, as notifications name them. Signatures and charts are manifests, too: their tags are watched by nobody. */
const MANIFESTS: ReadonlySet<string> = new Set([
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
]);

/** Whether a media type is that of what a tag may point to; parameters do not count. */
export function isManifestType(mediaType: string): boolean {
  return MANIFESTS.has((mediaType.split(";", 1)[0] ?? "").trim().toLowerCase());
}
