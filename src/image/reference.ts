import { InvalidInputError, quote } from "../errors.ts";
import { type Digest, parseDigest } from "./digest.ts";

declare const brand: unique symbol;

/** A repository of images: the registry's host (with port, if any) and the path below it. */
export interface Repository {
  /** Host as people write it, e.g. `docker.io`, `ghcr.io`, `127.0.0.1:5000`. Docker Hub is always `docker.io`. */
  readonly registry: string;
  /** Lower-case path, e.g. `bellsoft/hardened-base`, `library/redis`. */
  readonly path: string;
}

/** A tag: at most 128 characters of `[A-Za-z0-9_.-]`, not starting with `.` or `-`. */
export type Tag = string & { readonly [brand]: "Tag" };

/** What a `FROM` names: a repository with a tag, a digest, both, or neither (then Docker means `latest`). */
export interface Reference {
  readonly repository: Repository;
  readonly tag?: Tag;
  readonly digest?: Digest;
}

/** One image, by content. The identity everything after a poll works with. */
export interface ImageId {
  readonly repository: Repository;
  readonly digest: Digest;
}

/** A tag of a repository: what moves, and what a watch looks at. */
export interface ImageLine {
  readonly repository: Repository;
  readonly tag: Tag;
}

const NAME_LENGTH_MAX = 255;
const REFERENCE_LENGTH_MAX = 512;
const TAG_PATTERN = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const PATH_COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const HOST_LABEL = /^(?:[A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9])$/;
const IMAGE_ID_PATTERN = /^[0-9a-f]{64}$/;
const PORT = /^[1-9][0-9]{0,4}$/;
const DOCKER_HUB_HOSTS = new Set(["docker.io", "index.docker.io", "registry-1.docker.io"]);

/** Hosts that look like a registry, are not, and are known to wait for credentials or pulls. */
const LOOKALIKES = new Map([["ghrc.io", "ghcr.io"]]);

/** Whether a text is a tag. */
export function isTag(text: string): text is Tag {
  return text.length <= 128 && TAG_PATTERN.test(text);
}

/**
 * @throws {InvalidInputError} `tag-invalid`
 * @see OCI distribution-spec v1.1.1, "Pulling manifests"
 */
export function parseTag(text: string): Tag {
  if (isTag(text)) return text;
  throw new InvalidInputError("tag-invalid", `not a tag: ${quote(text)}`);
}

/**
 * Reads a repository as people write it: `redis` is `docker.io/library/redis`, a first part with a dot, a colon
 * or the word `localhost` is a host.
 *
 * @throws {InvalidInputError} `reference-invalid`
 * @see distribution/reference, normalize.go
 */
export function parseRepository(text: string): Repository {
  if (text.length > NAME_LENGTH_MAX) throw invalid(text, `longer than ${NAME_LENGTH_MAX} characters`);
  const slash = text.indexOf("/");
  const first = slash === -1 ? "" : text.slice(0, slash);
  // Docker also takes an upper-case first part for a host. Its lower-case form would read back as a path on Docker Hub,
  // so such a name is refused below: upper case is not valid in a path.
  const hasHost = first === "localhost" || /[.:]/.test(first);
  const host = hasHost ? first : "docker.io";
  const rest = hasHost ? text.slice(slash + 1) : text;

  if (!isHost(host)) throw invalid(text, "the host is not valid");
  if (IMAGE_ID_PATTERN.test(text)) throw invalid(text, "64 hex digits are an image id");
  const registry = DOCKER_HUB_HOSTS.has(host.toLowerCase()) ? "docker.io" : host.toLowerCase();
  const path = registry === "docker.io" && !rest.includes("/") ? `library/${rest}` : rest;
  if (!path.split("/").every((component) => PATH_COMPONENT.test(component))) {
    throw invalid(text, "the path must be lower-case components joined by /");
  }
  if (registry.length + 1 + path.length > NAME_LENGTH_MAX) {
    throw invalid(text, `longer than ${NAME_LENGTH_MAX} characters`);
  }
  return { registry, path };
}

/**
 * Reads `[host[:port]/]path[:tag][@digest]`.
 *
 * @throws {InvalidInputError} `reference-invalid`, `tag-invalid`, `digest-invalid`
 * @see distribution/reference, reference.go
 */
export function parseReference(text: string): Reference {
  if (text.length > REFERENCE_LENGTH_MAX) {
    throw invalid(text, `longer than ${REFERENCE_LENGTH_MAX} characters`);
  }
  const at = text.indexOf("@");
  const digest = at === -1 ? undefined : parseDigest(text.slice(at + 1));
  const named = at === -1 ? text : text.slice(0, at);
  const colon = named.lastIndexOf(":");
  const hasTag = colon > named.lastIndexOf("/");
  const tag = hasTag ? parseTag(named.slice(colon + 1)) : undefined;
  const repository = parseRepository(hasTag ? named.slice(0, colon) : named);
  return {
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** `docker.io/bellsoft/hardened-base`: the full form, one per repository. */
export function renderRepository({ registry, path }: Repository): string {
  return `${registry}/${path}`;
}

/** The full form of a reference, with tag and digest where it has them. */
export function renderReference({ repository, tag, digest }: Reference): string {
  return `${renderRepository(repository)}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
}

/** The form people read: Docker Hub's host is left out. */
export function familiarNameOf({ registry, path }: Repository): string {
  if (registry !== "docker.io") return `${registry}/${path}`;
  return path.startsWith("library/") ? path.slice("library/".length) : path;
}

/** The last component of the path: `hardened-base`. */
export function shortNameOf({ path }: Repository): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** `docker.io/bellsoft/hardened-base:musl`: the full form of an image line. */
export function renderLine({ repository, tag }: ImageLine): string {
  return `${renderRepository(repository)}:${tag}`;
}

/** `docker.io/bellsoft/hardened-base@sha256:…`: the full form of an image. */
export function renderImage({ repository, digest }: ImageId): string {
  return `${renderRepository(repository)}@${digest}`;
}

/** Whether a host and a path are a repository in the one form we keep. */
export function isRepository(candidate: Repository): boolean {
  try {
    return isSameRepository(parseRepository(renderRepository(candidate)), candidate);
  } catch {
    return false;
  }
}

/**
 * The registry that somebody meant who wrote this one; undefined for all but the few hosts that are known to live on a typing mistake. Worth
 * a warning: such a host answers, and asks for a log-in.
 */
export function registryMeantBy(registry: string): string | undefined {
  return LOOKALIKES.get(registry.toLowerCase().replace(/:443$/, ""));
}

/** Whether two repositories are the same. */
export function isSameRepository(a: Repository, b: Repository): boolean {
  return a.registry === b.registry && a.path === b.path;
}

function isHost(host: string): boolean {
  const match = /^(\[[0-9a-fA-F:]{2,39}\]|[^:[\]]+)(?::(.*))?$/s.exec(host);
  if (match === null) return false;
  const [, name = "", port] = match;
  if (port !== undefined && (!PORT.test(port) || Number(port) > 65_535)) return false;
  if (name.startsWith("[")) return URL.canParse(`https://${name}`);
  return (
    name.split(".").every((label) => label.length <= 63 && HOST_LABEL.test(label)) && isWrittenAsDialled(name)
  );
}

/** `127.1`, `0x7f.1` and `2130706433` all dial 127.0.0.1: two names for one host, and a way past a list of hosts. */
function isWrittenAsDialled(name: string): boolean {
  return URL.canParse(`https://${name}`) && new URL(`https://${name}`).hostname === name.toLowerCase();
}

function invalid(text: string, reason: string): InvalidInputError {
  return new InvalidInputError("reference-invalid", `not an image reference: ${quote(text)}: ${reason}`);
}
