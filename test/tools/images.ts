import { gzipSync } from "node:zlib";
import { type Digest, digestOf } from "../../src/image/digest.ts";

const INDEX_TYPE = "application/vnd.oci.image.index.v1+json";
const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
const CONFIG_TYPE = "application/vnd.oci.image.config.v1+json";
const LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip";

/** Platforms an image is made for unless told otherwise. */
export const PLATFORMS: readonly string[] = ["linux/amd64", "linux/arm64"];

/** What makes one release of an image differ from another. Equal releases give equal bytes. */
export interface ImageRelease {
  /** Stands in the label `org.opencontainers.image.version` and in a file of the only layer. */
  readonly version: string;
  /** `2026-11-20T10:00:00Z` */
  readonly createdAt: string;
  readonly user?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  /** Further files, path → text; in one order whatever the order given. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A manifest or index, as bytes that hash to its digest. */
export interface BuiltManifest {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  readonly digest: Digest;
}

/** Everything a registry must hold for one image. */
export interface BuiltImage {
  /** What the tag points at: an index, or the only manifest. */
  readonly root: BuiltManifest;
  /** The manifest of each platform, in the order given. */
  readonly children: readonly (BuiltManifest & { readonly platform: string })[];
  readonly blobs: ReadonlyMap<Digest, Uint8Array>;
}

/**
 * Builds a small image: per platform one config and one layer with a few text files. Several platforms give an index.
 *
 * @param platforms `os/architecture[/variant]`; at least one
 */
export function buildImage(release: ImageRelease, platforms: readonly string[] = PLATFORMS): BuiltImage {
  const blobs = new Map<Digest, Uint8Array>();
  const keep = (mediaType: string, bytes: Uint8Array) => {
    const digest = digestOf(bytes);
    blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.byteLength };
  };
  const children = platforms.map((platform) => {
    const tar = tarOf(filesOf(release, platform), Date.parse(release.createdAt) / 1000);
    const layer = keep(LAYER_TYPE, gzipSync(tar, { level: 9 }));
    const config = keep(CONFIG_TYPE, json(configOf(release, platform, digestOf(tar))));
    return { ...manifestOf(MANIFEST_TYPE, { config, layers: [layer] }), platform };
  });
  const [first] = children;
  if (first === undefined) throw new RangeError("an image needs a platform");
  if (children.length === 1) return { root: first, children, blobs };

  const manifests = children.map(({ mediaType, digest, bytes, platform }) => ({
    mediaType,
    digest,
    size: bytes.byteLength,
    platform: platformOf(platform),
  }));
  return { root: manifestOf(INDEX_TYPE, { manifests }), children, blobs };
}

function manifestOf(mediaType: string, content: object): BuiltManifest {
  const bytes = json({ schemaVersion: 2, mediaType, ...content });
  return { mediaType, bytes, digest: digestOf(bytes) };
}

function configOf(release: ImageRelease, platform: string, diffId: Digest): unknown {
  const { version, createdAt, user = "65532:65532", env = {}, entrypoint, cmd, labels = {} } = release;
  const allLabels = {
    "org.opencontainers.image.version": version,
    "org.opencontainers.image.created": createdAt,
    ...labels,
  };
  return {
    created: createdAt,
    ...platformOf(platform),
    config: {
      User: user,
      Env: Object.entries({ PATH: "/usr/local/bin:/usr/bin:/bin", ...env }).map(
        ([name, value]) => `${name}=${value}`,
      ),
      ...(entrypoint === undefined ? {} : { Entrypoint: entrypoint }),
      ...(cmd === undefined ? {} : { Cmd: cmd }),
      Labels: sorted(allLabels),
    },
    rootfs: { type: "layers", diff_ids: [diffId] },
    history: [{ created: createdAt, created_by: "hullkeeper test image" }],
  };
}

function filesOf({ version, files = {} }: ImageRelease, platform: string): Readonly<Record<string, string>> {
  return sorted({ "etc/release": `${version}\n${platform}\n`, ...files });
}

function platformOf(text: string) {
  const [os = "", architecture = "", variant] = text.split("/");
  return { os, architecture, ...(variant === undefined ? {} : { variant }) };
}

function sorted(record: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(record).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

const BLOCK = 512;

/** A tar file. @see POSIX.1-2024, pax, "ustar Interchange Format" */
function tarOf(files: Readonly<Record<string, string>>, modifiedAtSeconds: number): Buffer {
  const entries = Object.entries(files).flatMap(([path, text]) => {
    const content = Buffer.from(text);
    const padding = Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK);
    return [tarHeader(path, content.length, modifiedAtSeconds), content, padding];
  });
  return Buffer.concat([...entries, Buffer.alloc(2 * BLOCK)]);
}

function tarHeader(path: string, size: number, modifiedAtSeconds: number): Buffer {
  if (Buffer.byteLength(path) > 100) throw new RangeError(`path too long for a tar header: ${path}`);
  const header = Buffer.alloc(BLOCK);
  header.write(path, 0);
  header.write(octal(0o644, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(size, 11), 124);
  header.write(octal(modifiedAtSeconds, 11), 136);
  header.write("        ", 148);
  header.write("0", 156);
  header.write("ustar\u000000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)}\u0000 `, 148);
  return header;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}
