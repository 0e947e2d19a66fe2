import { type Digest, digestOf, isDigest } from "../../../src/image/digest.ts";

const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const EMPTY_CONFIG = "application/vnd.oci.empty.v1+json";

/** Points at content that was put. */
export interface PutDescriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
}

export interface StoredManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  /** What it says it refers to. */
  readonly subject: Digest | undefined;
  readonly artifactType: string | undefined;
  readonly annotations: unknown;
}

/** A layer of {@link FakeContent.putImage}. */
export interface PutLayer {
  readonly mediaType: string;
  readonly bytes: Uint8Array | string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What {@link FakeContent.putImage} makes; everything absent has a small default. */
export interface PutImage {
  readonly tag?: string;
  readonly config?: { readonly mediaType: string; readonly bytes: Uint8Array | string };
  readonly layers?: readonly PutLayer[];
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly subject?: PutDescriptor;
}

interface RepositoryContent {
  readonly blobs: Map<Digest, Uint8Array>;
  readonly manifests: Map<Digest, StoredManifest>;
  readonly tags: Map<string, Digest>;
  /** What lists of referrers name beside what refers, by subject. */
  readonly lies: Map<Digest, readonly object[]>;
}

/** What a registry holds, in memory. Repositories come into being when something is put into them. */
export class FakeContent {
  readonly #repositories = new Map<string, RepositoryContent>();

  has(repository: string): boolean {
    return this.#repositories.has(repository);
  }

  blob(repository: string, digest: string): Uint8Array | undefined {
    return isDigest(digest) ? this.#repositories.get(repository)?.blobs.get(digest) : undefined;
  }

  /** By tag or digest. */
  manifest(repository: string, reference: string): StoredManifest | undefined {
    const content = this.#repositories.get(repository);
    const digest = isDigest(reference) ? reference : content?.tags.get(reference);
    return digest === undefined ? undefined : content?.manifests.get(digest);
  }

  tags(repository: string): readonly string[] {
    return [...(this.#repositories.get(repository)?.tags.keys() ?? [])];
  }

  /** What a registry lists as referring to a digest, lies included. */
  referrersOf(repository: string, digest: string): readonly object[] {
    const content = this.#repositories.get(repository);
    const honest = [...(content?.manifests.values() ?? [])].filter(({ subject }) => subject === digest);
    const lies = isDigest(digest) ? (content?.lies.get(digest) ?? []) : [];
    return [...honest.map(descriptorOf), ...lies];
  }

  /** Has the list of referrers of a digest name these as well, whatever they are. */
  listAlso(repository: string, digest: Digest, entries: readonly object[]): void {
    const { lies } = this.#repository(repository);
    lies.set(digest, [...(lies.get(digest) ?? []), ...entries]);
  }

  putBlob(
    repository: string,
    bytes: Uint8Array | string,
    mediaType = "application/octet-stream",
  ): PutDescriptor {
    const raw = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
    const digest = digestOf(raw);
    this.#repository(repository).blobs.set(digest, raw);
    return { mediaType, digest, size: raw.byteLength };
  }

  /** Stores a manifest: bytes as they are, anything else as JSON. Its type is `mediaType`, or what it says itself. */
  putManifest(
    repository: string,
    manifest: Uint8Array | object,
    { tag, mediaType }: { readonly tag?: string; readonly mediaType?: string } = {},
  ): PutDescriptor {
    const bytes = manifest instanceof Uint8Array ? manifest : Buffer.from(JSON.stringify(manifest));
    const digest = digestOf(bytes);
    const document = objectIn(bytes);
    const type = mediaType ?? textAt(document, "mediaType") ?? OCI_MANIFEST;
    const content = this.#repository(repository);
    content.manifests.set(digest, {
      digest,
      bytes,
      mediaType: type,
      subject: digestAt(document, "subject"),
      artifactType: textAt(document, "artifactType") ?? textAt(objectAt(document, "config"), "mediaType"),
      annotations: document["annotations"],
    });
    if (tag !== undefined) content.tags.set(tag, digest);
    return { mediaType: type, digest, size: bytes.byteLength };
  }

  /** Puts config, layers and the manifest over them. */
  putImage(repository: string, image: PutImage = {}): PutDescriptor {
    const config = image.config ?? { mediaType: EMPTY_CONFIG, bytes: "{}" };
    const layers = image.layers ?? [{ mediaType: "application/octet-stream", bytes: "layer" }];
    const manifest = {
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      ...(image.artifactType === undefined ? {} : { artifactType: image.artifactType }),
      config: this.putBlob(repository, config.bytes, config.mediaType),
      layers: layers.map(({ bytes, mediaType, annotations }) => ({
        ...this.putBlob(repository, bytes, mediaType),
        ...(annotations === undefined ? {} : { annotations }),
      })),
      ...(image.subject === undefined ? {} : { subject: image.subject }),
      ...(image.annotations === undefined ? {} : { annotations: image.annotations }),
    };
    return this.putManifest(repository, manifest, image.tag === undefined ? {} : { tag: image.tag });
  }

  /** Points a tag at a digest. */
  tag(repository: string, tag: string, digest: Digest): void {
    this.#repository(repository).tags.set(tag, digest);
  }

  untag(repository: string, tag: string): void {
    this.#repositories.get(repository)?.tags.delete(tag);
  }

  deleteManifest(repository: string, digest: Digest): void {
    this.#repositories.get(repository)?.manifests.delete(digest);
  }

  deleteBlob(repository: string, digest: Digest): void {
    this.#repositories.get(repository)?.blobs.delete(digest);
  }

  #repository(name: string): RepositoryContent {
    const known = this.#repositories.get(name);
    if (known !== undefined) return known;
    const created: RepositoryContent = {
      blobs: new Map(),
      manifests: new Map(),
      tags: new Map(),
      lies: new Map(),
    };
    this.#repositories.set(name, created);
    return created;
  }
}

function descriptorOf({ digest, mediaType, bytes, artifactType, annotations }: StoredManifest): object {
  return { mediaType, digest, size: bytes.byteLength, artifactType, annotations };
}

type JsonObject = Readonly<Record<string, unknown>>;

/** The JSON object in these bytes; an empty one when there is none. */
export function objectIn(bytes: Uint8Array): JsonObject {
  try {
    const document: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    return isObject(document) ? document : {};
  } catch {
    return {};
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null;
}

function objectAt(document: JsonObject, key: string): JsonObject {
  const value = document[key];
  return isObject(value) ? value : {};
}

function textAt(document: JsonObject, key: string): string | undefined {
  const value = document[key];
  return typeof value === "string" ? value : undefined;
}

function digestAt(document: JsonObject, key: string): Digest | undefined {
  const digest = textAt(objectAt(document, key), "digest") ?? "";
  return isDigest(digest) ? digest : undefined;
}

/** Digests that a manifest needs: as blobs, and as manifests of an index. */
export function needsOf(bytes: Uint8Array): {
  readonly blobs: readonly string[];
  readonly manifests: readonly string[];
} {
  const { config, layers, manifests } = objectIn(bytes);
  return {
    blobs: [...digestsIn(config === undefined ? [] : [config]), ...digestsIn(layers)],
    manifests: digestsIn(manifests),
  };
}

function digestsIn(list: unknown): readonly string[] {
  if (!Array.isArray(list)) return [];
  return list.map((entry: unknown) => textAt(isObject(entry) ? entry : {}, "digest") ?? "");
}
