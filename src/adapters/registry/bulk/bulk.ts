import { BoundedMap } from "../bounded-map.ts";
import { amazonRegistryOf } from "../../../image/amazon-host.ts";
import { type RegistryKind, registryKindOf } from "../../../image/registry-kind.ts";
import type { Instant } from "../../../time.ts";
import type { Http } from "../http.ts";
import type { CredentialSource } from "../login/credentials.ts";
import type { Session } from "../session.ts";
import { endpointOf, type RegistryHostSettings, settingsFor } from "../settings.ts";
import { AcrTags } from "./acr.ts";
import { ChainguardHistory } from "./chainguard.ts";
import { DockerHubTags } from "./docker-hub.ts";
import { EcrTags } from "./ecr.ts";
import { GoogleTags } from "./google.ts";
import { HubLogin } from "./hub-login.ts";
import { ListReader } from "./list-reader.ts";
import { QuayTags } from "./quay.ts";
import type { TagHistory, TagList } from "./tag-list.ts";

/** Registries whose adapters are kept at most; the oldest is made anew when it is needed. */
const REGISTRIES_MAX = 1_000;
const HUB_ORIGIN = "https://hub.docker.com";

export interface BulkOptions {
  readonly session: Session;
  readonly http: Http;
  readonly source: CredentialSource;
  readonly hosts: ReadonlyMap<string, RegistryHostSettings>;
  readonly requestMs: number;
  readonly elapsedMs: () => number;
  readonly now: () => Instant;
  /** Ends what belongs to nobody alone. */
  readonly closed: AbortSignal;
}

/** What a registry offers beside the protocol. */
export interface BulkAdapter {
  readonly kind: RegistryKind;
  readonly list?: TagList;
  readonly history?: TagHistory;
}

/** Picks the adapter for a registry, by its kind and its settings. */
export class Bulk {
  readonly #options: BulkOptions;
  readonly #reader: ListReader;
  readonly #adapters = new BoundedMap<BulkAdapter>(REGISTRIES_MAX);

  constructor(options: BulkOptions) {
    this.#options = options;
    const { session, http, requestMs, hosts } = options;
    this.#reader = new ListReader({
      session,
      http,
      requestMs,
      endpointOf: (registry) => endpointOf(registry, settingsFor(hosts, registry)),
    });
  }

  adapterFor(registry: string): BulkAdapter {
    const known = this.#adapters.get(registry);
    if (known !== undefined) return known;
    const adapter = this.#adapter(registry, settingsFor(this.#options.hosts, registry) ?? {});
    this.#adapters.set(registry, adapter);
    return adapter;
  }

  #adapter(registry: string, settings: RegistryHostSettings): BulkAdapter {
    const kind = settings.kind ?? registryKindOf(registry);
    if (settings.lists === "ignored") return { kind };
    const reader = this.#reader;
    const { now } = this.#options;
    const { origin } = endpointOf(registry, settings);
    switch (kind) {
      case "docker-hub":
        return this.#dockerHub(registry, settings);
      case "ecr":
        return this.#ecr(registry, settings);
      case "google":
        return { kind, list: new GoogleTags(reader) };
      case "quay":
        return { kind, list: new QuayTags({ reader, origin, now }) };
      case "acr":
        return { kind, list: new AcrTags({ reader, origin, now }) };
      case "chainguard":
        return { kind, history: new ChainguardHistory({ reader, now }) };
      case "ghcr": // Its REST API wants a personal token even for public images.
      case "ecr-public":
      case "mcr":
      case "harbor":
      case "jfrog":
      case "gitea":
      case "generic":
        return { kind };
      default:
        return kind satisfies never;
    }
  }

  /** Only Docker Hub itself has its list at the hub; hardened images and mirrors do not, unless it is said where it is. */
  #dockerHub(registry: string, settings: RegistryHostSettings): BulkAdapter {
    const kind = "docker-hub";
    const origin = settings.listsAt ?? (registry === "docker.io" ? HUB_ORIGIN : undefined);
    if (origin === undefined) return { kind };
    const { elapsedMs, closed, now, source } = this.#options;
    const reader = this.#reader;
    const endpoint = endpointOf(registry, settings);
    const login = new HubLogin({ reader, origin, endpoint, source, elapsedMs, closed });
    return { kind, list: new DockerHubTags({ reader, origin, now, login }) };
  }

  #ecr(registry: string, { listsAt }: RegistryHostSettings): BulkAdapter {
    const host = amazonRegistryOf(registry);
    if (host === undefined) return { kind: "ecr" };
    const endpoint = listsAt === undefined ? {} : { endpoint: listsAt };
    return { kind: "ecr", list: new EcrTags({ reader: this.#reader, host, ...endpoint }) };
  }
}
