import type { LookupAddress } from "node:dns";
import type { CodedError } from "../../errors.ts";
import { parseRepository, renderRepository, type Repository } from "../../image/reference.ts";
import type { RegistryKind } from "../../image/registry-kind.ts";
import type { HostGate, HostLimits } from "../../ports/host-gate.ts";
import type { Metrics } from "../../ports/metrics.ts";
import type { Secret } from "../../secret.ts";
import { MINUTE_MS, SECOND_MS } from "../../time.ts";
import type { LayerLimits } from "./layers/budget.ts";
import type { AmazonSettings } from "./login/amazon.ts";

/** How to log in. */
export type Login =
  /** As nobody, whatever docker's files say. */
  | { readonly kind: "anonymous" }
  /** User and password, or whatever a registry takes for one. */
  | { readonly kind: "basic"; readonly username: string; readonly password: Secret }
  /** A refresh token for the registry's token service (docker's `identitytoken`). */
  | { readonly kind: "identity-token"; readonly token: Secret }
  /** A token for the registry itself, sent as it is (docker's `registrytoken`). */
  | { readonly kind: "registry-token"; readonly token: Secret }
  /** Amazon's credential chain; the region is in the host. */
  | { readonly kind: "ecr" }
  | { readonly kind: "ecr-public" }
  /** Google's application default credentials, or a service account's key as JSON. */
  | { readonly kind: "google"; readonly key?: Secret }
  /** Entra ID: a service principal's secret, or a federated token in a file. */
  | {
      readonly kind: "acr";
      readonly tenant: string;
      readonly clientId: string;
      /** The directory's address, for clouds of their own; absent: by the registry's name. */
      readonly authority?: string;
      readonly proof:
        | { readonly kind: "secret"; readonly secret: Secret }
        | { readonly kind: "token-file"; readonly path: string };
    };

/** Where docker and podman keep credentials, in the order they are looked at. */
export interface DockerConfigSource {
  /** A document that stands before all files (`DOCKER_AUTH_CONFIG`). */
  readonly inline?: Secret;
  /** Paths of files; those that are not there are passed over. */
  readonly files: readonly string[];
  /** Whether programs that such a file names (`docker-credential-…`) may be run. */
  readonly helpers: "run" | "ignored";
  /** All that such programs see of the environment. Absent: the usual PATH, and HOME. */
  readonly helperEnvironment?: Readonly<Record<string, string>>;
}

/** A proxy for what is spoken to outside, as curl's variables say it. */
export interface ProxySettings {
  readonly http?: string;
  readonly https?: string;
  /** Hosts that are spoken to directly, comma-separated. */
  readonly none?: string;
}

/** What an operator configured for one registry. Everything absent means: public, over TLS, anonymous. */
export interface RegistryHostSettings {
  /** Absent: by the host's name. */
  readonly kind?: RegistryKind;
  /** Speak HTTP without TLS to exactly this host and port. */
  readonly plainHttp?: boolean;
  /** Its name may resolve to loopback and private addresses. Metadata services stay refused. */
  readonly allowPrivate?: boolean;
  /** Absent: what docker's files say, else anonymous. */
  readonly login?: Login;
  /** Origins of token services that may have the credentials, beside the registry's own host: `https://auth.acme.example`. */
  readonly trustedRealms?: readonly string[];
  /** Certificate authorities trusted for this host instead of the machine's, in PEM. */
  readonly ca?: string;
  /** Speak HTTP/2 where the host offers it. */
  readonly http2?: boolean;
  /** Absent: what is known of the host. */
  readonly budget?: HostLimits;
  /** Whether lists that tell many tags at once may be used. Absent: yes. */
  readonly lists?: "allowed" | "ignored";
  /** Origin of the API that has such lists, where it is neither the registry nor where its kind has it: a VPC endpoint of ECR. */
  readonly listsAt?: string;
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
  /** Everything that is asked to collect the evidence about one digest. */
  readonly collectionMs: number;
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

/** A list of tags that could not be read: its tags are asked for one by one. */
export interface ListFailure {
  readonly repository: Repository;
  readonly error: CodedError;
  /** For how long the list is not tried again. */
  readonly forMs: number;
}

export interface RegistryOptions {
  /** By registry as {@link Repository.registry} writes it (`docker.io`, `127.0.0.1:5000`), or `*.` and the end of such names. */
  readonly hosts: ReadonlyMap<string, RegistryHostSettings>;
  /** Decides for all processes together when a host may be asked. */
  readonly gate: HostGate;
  readonly dockerConfig?: DockerConfigSource;
  /** Where Amazon's own client gets its credentials and what it asks; it looks around by itself when absent. */
  readonly amazon?: AmazonSettings;
  readonly proxy?: ProxySettings;
  readonly userAgent: string;
  readonly metrics: Metrics;
  readonly timeouts?: Partial<RegistryTimeouts>;
  readonly limits?: Partial<RegistryLimits>;
  readonly layers?: Partial<LayerLimits>;
  /** Is told of every list that failed; what it costs is requests, not answers. */
  readonly onListFailed?: (failure: ListFailure) => void;
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
  collectionMs: 15 * MINUTE_MS,
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
  /** Origins of token services that may have its credentials, beside its own host. */
  readonly trustedRealms: readonly string[];
}

/** Docker Hub's API is not at the host its images are named by. */
const API_HOSTS = new Map([["docker.io", "registry-1.docker.io"]]);

/** The endpoint of a registry with these settings. */
export function endpointOf(registry: string, settings: RegistryHostSettings | undefined): Endpoint {
  const scheme = settings?.plainHttp === true ? "http" : "https";
  return {
    registry,
    origin: new URL(`${scheme}://${API_HOSTS.get(registry) ?? registry}`).origin,
    trustedRealms: settings?.trustedRealms ?? [],
  };
}

/** The settings of a registry: its own, else those of the longest `*.` that ends its name. */
export function settingsFor(
  hosts: ReadonlyMap<string, RegistryHostSettings>,
  registry: string,
): RegistryHostSettings | undefined {
  const own = hosts.get(registry);
  if (own !== undefined) return own;
  const [longest] = [...hosts]
    .filter(([pattern]) => pattern.startsWith("*.") && registry.endsWith(pattern.slice(1)))
    .toSorted(([a], [b]) => b.length - a.length);
  return longest?.[1];
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
