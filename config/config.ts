import type { FeedDefinition } from "../src/advisory/feed-definition.ts";
import type { EditOptions } from "../src/edit/format.ts";
import type { Mirror } from "../src/image/mirror.ts";
import type { RegistryKind } from "../src/image/registry-kind.ts";
import type { Hook } from "../src/push/hook.ts";
import type { Secret } from "../src/secret.ts";
import type { TrustRootPlace } from "../src/trust/root-place.ts";
import type { OwnFileReader } from "../src/vendor/own-settings.ts";
import type { ImagePattern } from "../src/vendor/pattern.ts";
import type { Policies } from "../src/vendor/policies.ts";
import type { Profile } from "../src/vendor/profile.ts";
import type { RepositoryRule } from "../src/watch/repository-patterns.ts";

/** How to log in to a registry. */
export type RegistryLogin =
  /** Not at all, whatever docker's files say. */
  | { readonly kind: "anonymous" }
  | { readonly kind: "basic"; readonly username: string; readonly password: Secret }
  /** A refresh token for the registry's token service. */
  | { readonly kind: "identity-token"; readonly token: Secret }
  /** A token for the registry itself. */
  | { readonly kind: "registry-token"; readonly token: Secret }
  | { readonly kind: "ecr" }
  | { readonly kind: "ecr-public" }
  /** Without a key: what Google's libraries find. */
  | { readonly kind: "google"; readonly key?: Secret }
  | {
      readonly kind: "acr";
      readonly tenant: string;
      readonly clientId: string;
      readonly proof:
        | { readonly kind: "secret"; readonly secret: Secret }
        | { readonly kind: "token-file"; readonly path: string };
    };

/** How one registry is spoken to. A host without an entry: https, no credentials of its own, no private addresses. */
export interface RegistryAccess {
  /** Absent: by the host's name. */
  readonly kind?: RegistryKind;
  /** Speak http. Never assumed, not even for loopback. */
  readonly plainHttp: boolean;
  /** The host may be, or resolve to, a loopback or private address. */
  readonly allowPrivate: boolean;
  /** Absent: what docker's files say where they are read, else anonymous. */
  readonly login?: RegistryLogin;
  /** Origins of token services that may have the credentials: `https://auth.acme.example`. */
  readonly trustedRealms?: readonly string[];
  /** Certificates (PEM) trusted for this host beside the usual ones. */
  readonly ca?: string;
  readonly http2?: boolean;
  /** Absent: what is known of the host. */
  readonly budget?: { readonly perSecond: number; readonly burst: number };
  /** Whether lists that tell many tags at once may be used. Absent: yes. */
  readonly lists?: "allowed" | "ignored";
}

/** Levels of the log, most talkative first. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** The whole configuration: parsed, secrets and keys read, faults excluded. */
export interface Config {
  /** `redis://…`, `rediss://…`, or the absolute path of a unix socket. Absent: a private server is started. */
  readonly redisUrl?: Secret;
  readonly github: {
    /** Of the REST API, without `/` at its end. */
    readonly baseUrl: string;
    readonly auth:
      | { readonly kind: "token"; readonly token: Secret }
      | {
          readonly kind: "app";
          /** Its number or its client id. */
          readonly id: string;
          readonly privateKey: Secret;
        };
    /** What webhooks are signed with: of the App, a repository or an organisation. Absent: none are taken. */
    readonly webhookSecret?: Secret;
    /** Certificates (PEM) trusted beside the usual ones. */
    readonly ca?: string;
    /** Which code repositories are read: the last rule that is for one decides. One at least allows, no two are equal. */
    readonly repositories: readonly RepositoryRule[];
    /** Whether forks are read, where patterns let them in. */
    readonly forks: boolean;
    readonly baseBranch?: string;
    /** What one account creates there at most: 1 to 1,000 a minute, 1 to 10,000 an hour. */
    readonly limits: { readonly perMinute: number; readonly perHour: number };
  };
  /** How what owners of code repositories write for us is read; absent: it is not. */
  readonly ownFiles?: OwnFileReader;
  /** By host as {@link Profile} images and references name it, e.g. `docker.io`, `127.0.0.1:5000`, or `*.` and the end of such. */
  readonly registries: ReadonlyMap<string, RegistryAccess>;
  /** No two for one prefix, and no circles. */
  readonly mirrors: readonly Mirror[];
  /** Docker's and podman's files with credentials, in the order they are looked at. Absent: they are not read. */
  readonly dockerConfig?: {
    /** A document that stands before all files. */
    readonly inline?: Secret;
    readonly files: readonly string[];
    /** Whether programs that they name may be run. */
    readonly helpers: "run" | "ignored";
    /** All that such programs see of the environment. */
    readonly helperEnvironment: Readonly<Record<string, string>>;
  };
  /** Proxy on the way to registries, by the scheme of what is spoken to. Absent: none. */
  readonly proxy?: {
    readonly http?: Secret;
    readonly https?: Secret;
    /** Hosts that are spoken to directly, comma-separated. */
    readonly none?: string;
  };
  /** What is edited in files beside what always is. */
  readonly edit: EditOptions;
  /** What subscriptions and configured vendors claim, as it is written. */
  readonly images: readonly ImagePattern[];
  /** No two claim one repository of images. */
  readonly profiles: readonly Profile[];
  /** By when updates are to be merged and when they are proposed, by code repository. */
  readonly policies: Policies;
  readonly trustRoots: {
    /** By name. The public one is always there. */
    readonly places: ReadonlyMap<string, TrustRootPlace>;
    /** How often TUF repositories are asked. Absent: never. */
    readonly updateEveryMs?: number;
    /** Where what they gave is kept; it may not be there yet. Absent: nowhere. */
    readonly directory?: string;
  };
  readonly intervals: {
    readonly pollMs: number;
    /** How old the last look at a tag may get, however seldom it moves. Never below `pollMs`. */
    readonly maxStalenessMs: number;
    readonly discoverMs: number;
    /** How often the code host is asked which code repositories there are, where patterns name them. */
    readonly repositoriesMs: number;
    readonly proposalsMs: number;
    readonly slaMs: number;
  };
  readonly evidence: {
    readonly waitMs: number;
    /** Waits between looks at a digest without evidence; the last one repeats. Never empty. */
    readonly retryMs: readonly number[];
    readonly sbomWaitMs: number;
    readonly recheckMs: number;
  };
  readonly dueSoonMs: number;
  /** Whether a pull request is closed that proposes what was rejected. */
  readonly closeRevoked: boolean;
  /** Feeds of advisories, by id. No two with one id. */
  readonly feeds: readonly FeedDefinition[];
  /** At least 32 bytes. */
  readonly markerKey: Secret;
  readonly web: { readonly host: string; readonly port: number; readonly publicUrl?: string };
  /** Where registries may tell of pushes. No two with one secret. */
  readonly pushHooks: readonly Hook[];
  readonly logLevel: LogLevel;
  /** What works and should be looked at; for the log, one line each. */
  readonly warnings: readonly string[];
}
