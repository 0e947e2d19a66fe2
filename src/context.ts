import type { EditOptions } from "./edit/format.ts";
import type { Mirror } from "./image/mirror.ts";
import type { Advisories } from "./ports/advisories.ts";
import type { Clock } from "./ports/clock.ts";
import type { CodeHost } from "./ports/code-host.ts";
import type { FeedSources } from "./ports/feed-sources.ts";
import type { Log } from "./ports/log.ts";
import type { Metrics } from "./ports/metrics.ts";
import type { Registry, TagCheck } from "./ports/registry.ts";
import type { Store, StoreEvent } from "./ports/store.ts";
import type { TrustRootKeeper } from "./ports/trust-roots.ts";
import type { Enqueue } from "./queues.ts";
import type { Verifier } from "./ports/verifier.ts";
import type { Secret } from "./secret.ts";
import type { OwnFileReader } from "./vendor/own-settings.ts";
import type { Policies } from "./vendor/policies.ts";
import type { Profile } from "./vendor/profile.ts";
import type { RepositoryRule } from "./watch/repository-patterns.ts";

/** What the operator decided, as far as workers need it. */
export interface Settings {
  readonly profiles: readonly Profile[];
  /** By when updates are to be merged and which are proposed when, by code repository. */
  readonly policies: Policies;
  /** What is edited in files beside what always is. */
  readonly edit: EditOptions;
  /** Names under which code may write images of other registries. No two for one prefix, and no circles. */
  readonly mirrors: readonly Mirror[];
  /** Which code repositories are read, and whether forks are where a pattern lets them in. */
  readonly repositories: readonly RepositoryRule[];
  readonly forks: boolean;
  /** How what the owners of code repositories write for us is read; absent: it is not. */
  readonly ownFiles?: OwnFileReader;
  /** How often a tag is asked about that nothing else is known of. */
  readonly pollMs: number;
  /** How old the last answer about a tag may get while nothing is wrong. */
  readonly maxStalenessMs: number;
  readonly discoverMs: number;
  /** How often the code host is asked which code repositories there are. */
  readonly repositoriesMs: number;
  /** How old the last look at an open pull request may get. */
  readonly proposalsMs: number;
  readonly slaMs: number;
  /** How long before its deadline a timer is due soon. */
  readonly dueSoonMs: number;
  /** How long a digest may stay without evidence before that is an alert, and when it is asked about again. */
  readonly evidence: {
    readonly waitMs: number;
    readonly retryMs: readonly number[];
    readonly sbomWaitMs: number;
    /** How often what proves a verified digest is looked at again, while a tag or a pin stands on it. */
    readonly recheckMs: number;
  };
  /** Whether a pull request is closed that proposes what was rejected or is no longer approved. It is flagged in any case. */
  readonly closeRevoked: boolean;
  /** Signs the marker in pull requests. */
  readonly markerKey: Secret;
  /** Where the web pages are reached from outside, if they are. */
  readonly publicUrl: string | undefined;
  readonly version: string;
}

/** Everything a worker may reach. */
export interface Context {
  readonly settings: Settings;
  readonly registry: Registry;
  /** For what is about to be written. Whoever wants to know where a tag points asks the registry. */
  readonly tagCheck: TagCheck;
  readonly verifier: Verifier;
  readonly trustRoots: TrustRootKeeper;
  readonly codeHost: CodeHost;
  /** Absent when none is configured: vulnerabilities are then "not assessed". */
  readonly advisories: Advisories | undefined;
  /** Where they come from; none where none is configured. */
  readonly feeds: Pick<FeedSources, "all">;
  readonly store: Store;
  readonly clock: Clock;
  readonly enqueue: Enqueue;
  /** Appends a business event once per key, with its log line and metric. */
  readonly record: (event: StoreEvent) => Promise<void>;
  readonly metrics: Metrics;
  readonly log: Log;
}
