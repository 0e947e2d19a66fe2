import type { CodeRepository } from "../src/proposal/plan.ts";
import type { Hook } from "../src/push/hook.ts";
import type { Secret } from "../src/secret.ts";
import type { Profile } from "../src/vendor/profile.ts";

/** How one registry is spoken to. A host without an entry: https, no credentials, no private addresses. */
export interface RegistryAccess {
  /** Speak http. Never assumed, not even for loopback. */
  readonly plainHttp: boolean;
  /** The host may be, or resolve to, a loopback or private address. */
  readonly allowPrivate: boolean;
  readonly credentials?: { readonly username: string; readonly password: Secret };
  /** Certificates (PEM) trusted for this host beside the usual ones. */
  readonly ca?: string;
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
    readonly token: Secret;
    /** Never empty, no two equal. */
    readonly repositories: readonly CodeRepository[];
    readonly baseBranch?: string;
  };
  /** By host as {@link Profile} images and references name it, e.g. `docker.io`, `127.0.0.1:5000`. */
  readonly registries: ReadonlyMap<string, RegistryAccess>;
  /** No two claim one repository of images. */
  readonly profiles: readonly Profile[];
  readonly intervals: {
    readonly pollMs: number;
    readonly discoverMs: number;
    readonly proposalsMs: number;
    readonly slaMs: number;
  };
  readonly evidence: {
    readonly waitMs: number;
    /** Waits between looks at a digest without evidence; the last one repeats. Never empty. */
    readonly retryMs: readonly number[];
    readonly sbomWaitMs: number;
  };
  readonly dueSoonMs: number;
  readonly advisoriesDirectory?: string;
  /** At least 32 bytes. */
  readonly markerKey: Secret;
  readonly web: { readonly host: string; readonly port: number; readonly publicUrl?: string };
  /** Where registries may tell of pushes. No two with one secret. */
  readonly pushHooks: readonly Hook[];
  readonly logLevel: LogLevel;
  /** What works and should be looked at; for the log, one line each. */
  readonly warnings: readonly string[];
}
