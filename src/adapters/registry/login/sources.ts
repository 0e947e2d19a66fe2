import type { Http } from "../http.ts";
import { type Login, type RegistryOptions, settingsFor } from "../settings.ts";
import { AcrLogin } from "./acr.ts";
import { EcrLogin, EcrPublicLogin } from "./amazon.ts";
import type { Credentials, CredentialSource, Place, Wanted } from "./credentials.ts";
import { DockerFiles } from "./docker-files.ts";
import { GoogleKeyLogin, GoogleLogin } from "./google.ts";
import type { RenewedOptions } from "./renewed.ts";
import { StaticLogin } from "./static-login.ts";

const NOBODY: CredentialSource = { credentialsFor: async () => undefined };

/**
 * Picks the way to log in to each registry: the one in its settings; without one, docker's and podman's files; else anonymous. Credentials
 * of one registry are found under its own name alone.
 */
export class Logins implements CredentialSource {
  readonly #options: Pick<RegistryOptions, "hosts" | "amazon">;
  readonly #http: Http;
  readonly #renewal: RenewedOptions;
  readonly #files: CredentialSource;
  readonly #byRegistry = new Map<string, CredentialSource>();
  /** One for all of Amazon's private registries, so that one token serves an account in a region. */
  readonly #ecr: CredentialSource;

  constructor(
    options: Pick<RegistryOptions, "hosts" | "amazon" | "dockerConfig">,
    http: Http,
    renewal: RenewedOptions,
  ) {
    this.#options = options;
    this.#http = http;
    this.#renewal = renewal;
    this.#files =
      options.dockerConfig === undefined ? NOBODY : new DockerFiles(options.dockerConfig, renewal);
    this.#ecr = new EcrLogin(options.amazon ?? {}, renewal);
  }

  async credentialsFor(place: Place, wanted: Wanted): Promise<Credentials | undefined> {
    return this.#sourceFor(place.repository.registry).credentialsFor(place, wanted);
  }

  async warningsFor(place: Place): Promise<readonly string[]> {
    return (await this.#sourceFor(place.repository.registry).warningsFor?.(place)) ?? [];
  }

  #sourceFor(registry: string): CredentialSource {
    const login = settingsFor(this.#options.hosts, registry)?.login;
    if (login === undefined) return this.#files;
    const source = this.#byRegistry.get(registry) ?? this.#sourceOf(registry, login);
    this.#byRegistry.set(registry, source);
    return source;
  }

  #sourceOf(registry: string, login: Login): CredentialSource {
    const { amazon } = this.#options;
    switch (login.kind) {
      case "anonymous":
        return NOBODY;
      case "basic":
      case "identity-token":
      case "registry-token":
        return new StaticLogin(registry, login);
      case "ecr":
        return this.#ecr;
      case "ecr-public":
        return new EcrPublicLogin(amazon ?? {}, this.#renewal);
      case "google":
        return login.key === undefined
          ? new GoogleLogin(this.#renewal)
          : new GoogleKeyLogin(registry, login.key);
      case "acr":
        return new AcrLogin(login, this.#http, this.#renewal);
      default:
        return login satisfies never;
    }
  }
}
