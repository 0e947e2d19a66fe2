import { z } from "zod";
import { InvalidInputError, quote } from "../errors.ts";
import type { Digest } from "./digest.ts";
import { isRunnable, platformSchema, renderPlatform } from "./platform.ts";
import { digestSchema } from "./schema.ts";

/** Bytes of a manifest or index at most. @see OCI distribution-spec v1.1.1, "Pushing manifests" (4 MiB must be supported) */
export const MANIFEST_BYTES_MAX = 4 * 1024 * 1024;

const INDEX_MEDIA_TYPES = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
] as const;
const IMAGE_MEDIA_TYPES = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
] as const;

/** Every type a request for a manifest must accept: leaving one out makes some registries answer 404. Index types first. */
export const MANIFEST_MEDIA_TYPES: readonly string[] = [...INDEX_MEDIA_TYPES, ...IMAGE_MEDIA_TYPES];

const CHILDREN_MAX = 1_000;
const LAYERS_MAX = 1_000;

// Encoders written in Go say null where a map or a list is empty.
const annotationsSchema = z
  .record(z.string(), z.string())
  .nullish()
  .transform((annotations) => annotations ?? undefined);

const descriptorSchema = z.object({
  mediaType: z.string().max(255),
  digest: digestSchema,
  size: z.int().nonnegative(),
  annotations: annotationsSchema,
  artifactType: z.string().max(255).optional(),
  platform: platformSchema.optional().catch(undefined),
});

/** Points at content: its type, digest and size in bytes. @see OCI image-spec v1.1.1, descriptor.md */
export type Descriptor = Readonly<z.infer<typeof descriptorSchema>>;

const imageSchema = z.object({
  mediaType: z.string().max(255).optional(),
  artifactType: z.string().max(255).optional(),
  config: descriptorSchema,
  layers: z
    .array(descriptorSchema)
    .max(LAYERS_MAX)
    .nullable()
    .transform((layers) => layers ?? []),
  subject: descriptorSchema.optional(),
  annotations: annotationsSchema,
  manifests: z.undefined().optional(),
});

const indexSchema = z.object({
  mediaType: z.string().max(255).optional(),
  artifactType: z.string().max(255).optional(),
  manifests: z
    .array(descriptorSchema)
    .max(CHILDREN_MAX)
    .nullable()
    .transform((children) => children ?? []),
  subject: descriptorSchema.optional(),
  annotations: annotationsSchema,
  layers: z.undefined().optional(),
  config: z.undefined().optional(),
});

/** One image, or an artifact in the shape of one. */
export interface ImageManifest extends Readonly<
  Omit<z.infer<typeof imageSchema>, "manifests" | "mediaType">
> {
  readonly kind: "image";
  readonly mediaType: string;
}

/** A list of manifests, usually one per platform. */
export interface ImageIndex extends Readonly<
  Omit<z.infer<typeof indexSchema>, "layers" | "config" | "mediaType">
> {
  readonly kind: "index";
  readonly mediaType: string;
}

export type Manifest = ImageManifest | ImageIndex;

/**
 * Reads a manifest or index.
 *
 * A document that says one type in itself and another in the Content-Type is refused, and so is one with both
 * `manifests` and `layers` or `config` (CVE-2021-41190), and every type that is not in {@link MANIFEST_MEDIA_TYPES}.
 *
 * @param bytes the raw bytes, already compared with their digest; at most 4 MiB
 * @param contentType the registry's Content-Type without parameters; undefined when it sent none, then the document's
 *   own type counts
 * @throws {InvalidInputError} `manifest-invalid`
 * @see OCI image-spec v1.1.1, manifest.md and image-index.md
 */
export function parseManifest(bytes: Uint8Array, contentType: string | undefined): Manifest {
  if (bytes.byteLength > MANIFEST_BYTES_MAX) throw invalid(`larger than ${MANIFEST_BYTES_MAX} bytes`);
  const document = parseJson(bytes);
  const mediaType = mediaTypeOf(document, contentType);
  if (INDEX_MEDIA_TYPES.some((type) => type === mediaType)) {
    const { layers: _layers, config: _config, ...index } = check(indexSchema, document);
    return { ...index, kind: "index", mediaType };
  }
  if (IMAGE_MEDIA_TYPES.some((type) => type === mediaType)) {
    const { manifests: _manifests, ...image } = check(imageSchema, document);
    return { ...image, kind: "image", mediaType };
  }
  throw invalid(`unsupported type ${quote(mediaType)}`);
}

/** The children of an index that somebody can run, with their platform; attestation manifests are left out. */
export function runnableChildrenOf(index: ImageIndex): readonly { digest: Digest; platform: string }[] {
  return index.manifests.flatMap(({ digest, platform }) =>
    platform !== undefined && isRunnable(platform) ? [{ digest, platform: renderPlatform(platform) }] : [],
  );
}

function mediaTypeOf(document: unknown, contentType: string | undefined): string {
  if (typeof document !== "object" || document === null) throw invalid("not a JSON object");
  const own = "mediaType" in document ? document.mediaType : undefined;
  if (own === undefined) return contentType ?? "";
  if (typeof own !== "string") throw invalid("mediaType is not a text");
  if (contentType !== undefined && own !== contentType) {
    throw invalid(`it says it is ${quote(own)}, the registry says ${quote(contentType)}`);
  }
  return own;
}

function check<Shape>(schema: z.ZodType<Shape>, document: unknown): Shape {
  const result = schema.safeParse(document);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  // The path may hold a key of the document, which is foreign text.
  throw invalid(
    issue === undefined ? "wrong shape" : `${quote(issue.path.map(String).join("."))}: ${issue.message}`,
  );
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    // A byte order mark is kept, so that JSON.parse refuses it as every other client does.
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    throw new InvalidInputError("manifest-invalid", "not a manifest: not JSON in UTF-8", { cause });
  }
}

function invalid(reason: string): InvalidInputError {
  return new InvalidInputError("manifest-invalid", `not a manifest: ${reason}`);
}
