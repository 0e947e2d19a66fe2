import { InvalidInputError, quote } from "../errors.ts";
import { isRepository, isSameRepository, parseRepository, type Repository } from "./reference.ts";

/** A registry, or everything below a path of it: `docker.io`, `registry.acme.internal/dockerhub`. */
export interface RepositoryPrefix {
  readonly registry: string;
  /** Whole components of a path, joined by `/`; empty for the whole registry. */
  readonly path: string;
}

/** Repositories whose content comes from elsewhere: what stands below `prefix` is what stands below `origin`. */
export interface Mirror {
  readonly prefix: RepositoryPrefix;
  readonly origin: RepositoryPrefix;
}

/** Where a repository's content comes from. */
export interface Origin {
  readonly repository: Repository;
  /** The repository that was asked about, where it is a mirror of the other. */
  readonly mirror?: Repository;
}

/**
 * Reads a registry's host, with or without the first components of a path. One `/` at its end does not count.
 *
 * @throws {InvalidInputError} `reference-invalid`
 */
export function parseRepositoryPrefix(text: string): RepositoryPrefix {
  const [host = "", ...components] = text.replace(/\/$/, "").split("/");
  const path = components.join("/");
  const below = [...components, "image"].join("/");
  // Two more components keep Docker Hub's `library/` out of it, and a name without a host from being one there.
  const { registry, path: read } = parseRepository(`${host}/${below}/name`);
  if (read !== `${below}/name`) {
    throw new InvalidInputError("reference-invalid", `must begin with a registry's host: ${quote(text)}`);
  }
  return { registry, path };
}

/** `docker.io`, `registry.acme.internal/dockerhub`. */
export function renderPrefix({ registry, path }: RepositoryPrefix): string {
  return path === "" ? registry : `${registry}/${path}`;
}

/** Whether some repository stands below both. */
export function isMeetingPrefix(a: RepositoryPrefix, b: RepositoryPrefix): boolean {
  return a.registry === b.registry && (isBelow(a.path, b.path) || isBelow(b.path, a.path));
}

/**
 * Where the content of a repository comes from: the repository itself unless a mirror says otherwise. Of several mirrors the one with
 * the longest path decides; the origin of a mirror may be a mirror. A name that would not be valid at the origin has none.
 *
 * @param mirrors without circles
 */
export function originOf(mirrors: readonly Mirror[], repository: Repository): Origin {
  let origin = repository;
  for (let step = 0; step < mirrors.length; step += 1) {
    const next = nextOf(mirrors, origin);
    if (next === undefined) break;
    origin = next;
  }
  return isSameRepository(origin, repository) ? { repository } : { repository: origin, mirror: repository };
}

function nextOf(mirrors: readonly Mirror[], { registry, path }: Repository): Repository | undefined {
  const [mirror] = mirrors
    .filter(({ prefix }) => prefix.registry === registry && isBelow(path, prefix.path))
    .toSorted((a, b) => b.prefix.path.length - a.prefix.path.length);
  if (mirror === undefined) return undefined;
  const { prefix, origin } = mirror;
  const rest = prefix.path === "" ? path : path.slice(prefix.path.length + 1);
  const name = [origin.path, rest].filter((part) => part !== "").join("/");
  // Mirrors of Docker Hub leave `library/` out as often as not.
  const isOfficial = origin.registry === "docker.io" && !name.includes("/");
  const found = { registry: origin.registry, path: isOfficial ? `library/${name}` : name };
  return isRepository(found) ? found : undefined;
}

function isBelow(path: string, prefix: string): boolean {
  return prefix === "" || path === prefix || path.startsWith(`${prefix}/`);
}
