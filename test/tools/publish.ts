import { Agent, request } from "undici";
import type { Digest } from "../../src/image/digest.ts";
import { type CosignKey, cosign } from "./cosign.ts";
import { type BuiltManifest, type ImageRelease, PLATFORMS, buildImage } from "./images.ts";

/** A login at the registry. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/** Where images are pushed: a registry spoken to by plain HTTP, or over TLS where an authority is named. */
export interface Place {
  /** `127.0.0.1:20123` */
  readonly host: string;
  /** `bellsoft/hardened-liberica-runtime-container` */
  readonly repository: string;
  readonly login?: Login;
  /** Whose certificates count, in PEM. */
  readonly ca?: string;
  readonly signal?: AbortSignal;
}

/** An image in its place. */
export interface ImageInPlace extends Place {
  readonly digest: Digest;
}

/** Result of a push: the digest the tag points at, and that of each platform's manifest. */
export interface Pushed {
  readonly digest: Digest;
  /** Bytes of what has that digest. */
  readonly size: number;
  readonly children: readonly { readonly platform: string; readonly digest: Digest }[];
}

/**
 * Builds an image and pushes it through the registry's HTTP interface, as `docker push` does.
 *
 * @throws {Error} when the registry refuses
 * @see OCI distribution-spec v1.1.1, "Push"
 */
export async function pushImage({
  release,
  platforms = PLATFORMS,
  tag,
  ...place
}: Place & {
  readonly tag: string;
  readonly release: ImageRelease;
  readonly platforms?: readonly string[];
}): Promise<Pushed> {
  const { root, children, blobs } = buildImage(release, platforms);
  for (const [digest, bytes] of blobs) await pushBlob(place, digest, bytes);
  for (const child of children) await pushManifest(place, child, child.digest);
  await pushManifest(place, root, tag);
  return {
    digest: root.digest,
    size: root.bytes.byteLength,
    children: children.map(({ platform, digest }) => ({ platform, digest })),
  };
}

/** Puts a manifest under a tag or its own digest; what it points at must be there. */
export async function pushManifest(
  place: Place,
  { bytes, mediaType }: Pick<BuiltManifest, "bytes" | "mediaType">,
  reference: string,
): Promise<void> {
  await send(place, "PUT", `manifests/${reference}`, { body: bytes, type: mediaType });
}

/** Uploads a blob unless it is there. */
export async function pushBlob(place: Place, digest: Digest, bytes: Uint8Array): Promise<void> {
  if ((await send(place, "HEAD", `blobs/${digest}`)).status === 200) return;
  const { location } = await send(place, "POST", "blobs/uploads/");
  if (location === undefined) throw new Error("the registry gave no place to upload to");
  const upload = new URL(location, originOf(place));
  upload.searchParams.set("digest", digest);
  await send(place, "PUT", upload, { body: bytes, type: "application/octet-stream" });
}

/** Lays out signatures and attestations as older cosigns did, with tags; or as referrers of the image. */
export type Layout = "tags" | "referrers";

/**
 * Signs an image with real cosign, without a transparency log.
 *
 * @param request `recursive` also signs each platform's manifest
 */
export async function signImage({
  key,
  layout = "tags",
  recursive = false,
  annotations = {},
  ...image
}: ImageInPlace & {
  readonly key: CosignKey;
  readonly layout?: Layout;
  readonly recursive?: boolean;
  readonly annotations?: Readonly<Record<string, string>>;
}): Promise<void> {
  await cosign(
    [
      "sign",
      ...commonFlags(image, key),
      ...(layout === "referrers" ? ["--registry-referrers-mode=oci-1-1"] : []),
      ...(recursive ? ["--recursive"] : []),
      ...Object.entries(annotations).flatMap(([name, value]) => ["-a", `${name}=${value}`]),
      referenceOf(image),
    ],
    { ...signalOf(image), env: { COSIGN_EXPERIMENTAL: "1" } },
  );
}

/**
 * Attaches a signed statement about an image with real cosign, without a transparency log.
 *
 * @param request `type` is cosign's name of the predicate's type; layout `referrers` writes a Sigstore bundle
 */
export async function attestImage({
  key,
  predicateFile,
  type,
  layout = "tags",
  ...image
}: ImageInPlace & {
  readonly key: CosignKey;
  readonly predicateFile: string;
  readonly type: "cyclonedx" | "spdxjson" | "spdx" | "openvex" | "slsaprovenance1";
  readonly layout?: Layout;
}): Promise<void> {
  await cosign(
    [
      "attest",
      ...commonFlags(image, key),
      `--type=${type}`,
      `--predicate=${predicateFile}`,
      ...(layout === "referrers" ? ["--new-bundle-format"] : []),
      referenceOf(image),
    ],
    signalOf(image),
  );
}

function commonFlags({ login }: Place, key: CosignKey): readonly string[] {
  return [
    "--yes",
    `--key=${key.privatePath}`,
    "--tlog-upload=false",
    "--allow-http-registry",
    "--allow-insecure-registry",
    ...(login === undefined
      ? []
      : [`--registry-username=${login.username}`, `--registry-password=${login.password}`]),
  ];
}

function referenceOf({ host, repository, digest }: ImageInPlace): string {
  return `${host}/${repository}@${digest}`;
}

function signalOf({ signal }: Place): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

function originOf({ host, ca }: Place): string {
  return `${ca === undefined ? "http" : "https"}://${host}`;
}

async function send(
  place: Place,
  method: "HEAD" | "POST" | "PUT",
  path: string | URL,
  content?: { readonly body: Uint8Array; readonly type: string },
): Promise<{ readonly status: number; readonly location: string | undefined }> {
  const { repository, login, ca } = place;
  const url = typeof path === "string" ? `${originOf(place)}/v2/${repository}/${path}` : path;
  const dispatcher = ca === undefined ? undefined : new Agent({ connect: { ca }, keepAliveTimeout: 1 });
  const response = await request(url, {
    method,
    ...(dispatcher === undefined ? {} : { dispatcher }),
    ...signalOf(place),
    headers: {
      ...(content === undefined ? {} : { "content-type": content.type }),
      ...(login === undefined ? {} : { authorization: basic(login) }),
    },
    ...(content === undefined ? {} : { body: content.body }),
  });
  const text = await response.body.text();
  await dispatcher?.close();
  const { statusCode: status, headers } = response;
  if (status >= 400 && !(method === "HEAD" && status === 404)) {
    throw new Error(`${method} ${String(url)}: ${status} ${text.slice(0, 300)}`);
  }
  return { status, location: typeof headers["location"] === "string" ? headers["location"] : undefined };
}

function basic({ username, password }: Login): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
