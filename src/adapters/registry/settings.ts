import type { LookupAddress } from "node:dns";
import { parseRepository, renderRepository, type Repository } from "../../image/reference.ts";
import type { Metrics } from "../../ports/metrics.ts";
import type { Secret } from "../../secret.ts";
import { MINUTE_MS, SECOND_MS } from "../../time.ts";

/** What an operator configured for one registry. Everything absent means: public, over TLS, anonymous. */
export interface RegistryHostSettings {
  /** Speak HTTP without TLS to exactly this host and port. */
  readonly plainHttp?: boolean;
  /** Its name may resolve to loopback and private addresses. Metadata services stay refused. */
  readonly allowPrivate?: boolean;
  readonly username?: string;
  readonly password?: Secret;
  /** Certificate authorities trusted for this host instead of the machine's, in PEM. */
  readonly ca?: string;
}

/** How long things may take, in milliseconds. */
export interface RegistryTimeouts {
  readonly connectMs: number;
  /** Until the header block is complete. */
  readonly headersMs: number;
  /** Between two pieces of a body. */
  readonly idleMs: number;
  /** One question from the first byte to the last, redirects and log-in included. */
  readonly requestMs: number;
  /** The same for a blob. */
  readonly blobMs: number;
}

/** How much is read and followed at most. */
export interface RegistryLimits {
  /** TCP connections to one origin. */
  readonly connections: number;
  readonly redirects: number;
  readonly referrerPages: number;
  /** Bytes of all candidates of one digest together. */
  readonly evidenceBytes: number;
}

/** Finds all addresses of a name. */
export type Lookup = (hostname: string) => Promise<readonly LookupAddress[]>;

export interface RegistryOptions {
  /** By registry as {@link Repository.registry} writes it: `docker.io`, `127.0.0.1:5000`. */
  readonly hosts: ReadonlyMap<string, RegistryHostSettings>;
  readonly userAgent: string;
  readonly metrics: Metrics;
  readonly timeouts?: Partial<RegistryTimeouts>;
  readonly limits?: Partial<RegistryLimits>;
  /** The system's resolver when absent. */
  readonly lookup?: Lookup;
  /** Milliseconds of a clock that never goes back; decides when a token is too old. */
  readonly elapsedMs?: () => number;
}

export const DEFAULT_TIMEOUTS: RegistryTimeouts = {
  connectMs: 5 * SECOND_MS,
  headersMs: 10 * SECOND_MS,
  idleMs: 10 * SECOND_MS,
  requestMs: 30 * SECOND_MS,
  blobMs: 5 * MINUTE_MS,
};

export const DEFAULT_LIMITS: RegistryLimits = {
  connections: 8,
  redirects: 3,
  referrerPages: 20,
  evidenceBytes: 128 * 1024 * 1024,
};

/** Where a registry's API is. */
export interface Endpoint {
  readonly registry: string;
  /** Scheme, host and port: `https://registry-1.docker.io`. */
  readonly origin: string;
  readonly credentials: Credentials | undefined;
}

export interface Credentials {
  readonly username: string;
  readonly password: Secret;
}

/** Docker Hub's API is not at the host its images are named by. */
const API_HOSTS = new Map([["docker.io", "registry-1.docker.io"]]);

/** The endpoint of a registry with these settings. */
export function endpointOf(registry: string, settings: RegistryHostSettings | undefined): Endpoint {
  const scheme = settings?.plainHttp === true ? "http" : "https";
  const { username, password } = settings ?? {};
  return {
    registry,
    origin: new URL(`${scheme}://${API_HOSTS.get(registry) ?? registry}`).origin,
    credentials: username === undefined || password === undefined ? undefined : { username, password },
  };
}

/** Settings by origin, for everything that is dialled, registry or not. */
export function settingsByOrigin(
  hosts: ReadonlyMap<string, RegistryHostSettings>,
): ReadonlyMap<string, RegistryHostSettings> {
  return new Map([...hosts].map(([registry, settings]) => [endpointOf(registry, settings).origin, settings]));
}

/**
 * The URL of something below a repository, e.g. `manifests/latest`. The name is read again first: URL parsers fold `..`, and a
 * repository that came through a queue is only as good as its schema.
 *
 * @throws {InvalidInputError} `reference-invalid`
 */
export function urlOf(endpoint: Endpoint, repository: Repository, rest: string): URL {
  const { path } = parseRepository(renderRepository(repository));
  return new URL(`/v2/${path}/${rest}`, endpoint.origin);
}
