import { CodedError, quote } from "../../errors.ts";
import type { Repository } from "../../image/reference.ts";
import { parseChallenges } from "./challenge.ts";
import { unlessAborted, withDeadline } from "../../deadline.ts";
import type { Subject } from "./fault.ts";
import type { Http } from "./http.ts";
import { BoundedMap } from "./bounded-map.ts";
import {
  ANONYMOUS,
  areSame,
  basicHeaderOf,
  type Credentials,
  type CredentialSource,
  type Place,
  secretsIn,
} from "./login/credentials.ts";
import { checkTrust, type Realm, realmOf } from "./login/realm.ts";
import { requestToken } from "./login/token.ts";
import type { Endpoint } from "./settings.ts";

const TOKENS_MAX = 1_000;
const REGISTRIES_MAX = 1_000;

/** How a registry wants to be logged in to, as its last challenge said. */
type Scheme = { readonly kind: "bearer"; readonly realm: Realm } | { readonly kind: "basic" };

/** What is shown to a registry, and who it is. */
export interface Authorization {
  /** The header's value; undefined while the registry has not said that it wants one. */
  readonly header: string | undefined;
  /** Whose budget a request spends: see {@link Credentials.credentialId}. */
  readonly credentialId: string;
  /** What no message may repeat; worked out when a message is made, not with every request. */
  secrets(): readonly string[];
}

export interface AuthOptions {
  readonly http: Http;
  readonly source: CredentialSource;
  readonly requestMs: number;
  readonly elapsedMs: () => number;
  /** Ends token requests, which belong to nobody alone. */
  readonly closed: AbortSignal;
}

/**
 * Logs in to registries: through their token service, anonymous or not, or by what they take directly. Tokens live in memory, one per
 * credentials and repository, and any number of requests that need the same one wait for a single token request.
 *
 * Credentials go to the registry's own host and to token services that are trusted with them, to nobody else.
 *
 * @see distribution, "Token Authentication Specification"
 */
export class Auth {
  readonly #options: AuthOptions;
  readonly #tokens = new BoundedMap<{ readonly header: string; readonly expiresAtMs: number }>(TOKENS_MAX);
  readonly #flights = new Map<string, Promise<string>>();
  readonly #schemes = new BoundedMap<Scheme>(REGISTRIES_MAX);

  constructor(options: AuthOptions) {
    this.#options = options;
  }

  /**
   * What to show with the first try: nothing before the registry has asked for it once.
   *
   * @throws {CodedError} `registry-login-failed`, or what became of the token request
   */
  async authorizationFor(
    endpoint: Endpoint,
    repository: Repository,
    signal: AbortSignal,
  ): Promise<Authorization> {
    const place = { endpoint, repository };
    const credentials = await this.#options.source.credentialsFor(place, { signal });
    const scheme = this.#schemes.get(endpoint.origin);
    const direct = scheme === undefined ? undefined : directHeaderOf(scheme, credentials);
    if (direct !== undefined || scheme?.kind !== "bearer") return authorizationOf(direct, credentials);
    const header =
      this.#freshToken(keyOf(place, credentials)) ??
      (await this.#token(place, scheme.realm, credentials, signal));
    return authorizationOf(header, credentials);
  }

  /**
   * What to try after a 401; undefined when there is nothing but what was refused.
   *
   * @throws {CodedError} `registry-refused` when the registry wants the credentials sent to a host that may not have them, and as
   *   {@link Auth.authorizationFor}
   */
  async renew(
    endpoint: Endpoint,
    repository: Repository,
    refused: {
      readonly authorization: Authorization;
      readonly challenge: string | string[] | undefined;
    },
    signal: AbortSignal,
  ): Promise<Authorization | undefined> {
    const place = { endpoint, repository };
    const scheme = schemeIn(refused.challenge, place);
    if (scheme === undefined) return undefined;
    const credentials = await this.#options.source.credentialsFor(place, { signal });
    const { header } = refused.authorization;
    if (scheme.kind === "bearer" && credentials?.kind !== "registry-token") {
      this.#schemes.set(endpoint.origin, scheme);
      const key = keyOf(place, credentials);
      const current = this.#freshToken(key);
      if (current !== undefined && current !== header) return authorizationOf(current, credentials);
      this.#tokens.delete(key);
      return authorizationOf(await this.#token(place, scheme.realm, credentials, signal), credentials);
    }
    const usable =
      credentials === undefined || directHeaderOf(scheme, credentials) !== header
        ? credentials
        : await this.#options.source.credentialsFor(place, { signal, refused: credentials });
    const direct = directHeaderOf(scheme, usable);
    if (direct === undefined || direct === header) return undefined;
    this.#schemes.set(endpoint.origin, scheme);
    return authorizationOf(direct, usable);
  }

  #freshToken(key: string): string | undefined {
    const token = this.#tokens.get(key);
    return token !== undefined && token.expiresAtMs > this.#options.elapsedMs() ? token.header : undefined;
  }

  async #token(
    place: Place,
    realm: Realm,
    credentials: Credentials | undefined,
    signal: AbortSignal,
  ): Promise<string> {
    const key = keyOf(place, credentials);
    const flight =
      this.#flights.get(key) ??
      this.#renewedToken(place, realm, credentials).finally(() => this.#flights.delete(key));
    this.#flights.set(key, flight);
    return unlessAborted(flight, signal);
  }

  /** A new token. Credentials that a token service refuses are asked for once more: those in files and of clouds change. */
  async #renewedToken(place: Place, realm: Realm, credentials: Credentials | undefined): Promise<string> {
    try {
      return await this.#fetchToken(place, realm, credentials);
    } catch (thrown) {
      const isRefusal = thrown instanceof CodedError && thrown.code === "registry-unauthorized";
      if (!isRefusal || credentials === undefined) throw thrown;
      const { source, closed } = this.#options;
      const newer = await source.credentialsFor(place, { signal: closed, refused: credentials });
      if (newer === undefined || areSame(newer, credentials)) throw thrown;
      return this.#fetchToken(place, realm, newer);
    }
  }

  async #fetchToken(place: Place, realm: Realm, credentials: Credentials | undefined): Promise<string> {
    const { http, requestMs, closed, elapsedMs } = this.#options;
    const { repository, endpoint } = place;
    const subject = subjectOf(repository, `a token of ${quote(realm.url.host)}`);
    if (credentials?.kind === "registry-token") return registryTokenOf(credentials);
    if (credentials !== undefined) checkTrust(realm, endpoint, subject);
    const payer = { endpoint, credentialId: credentials?.credentialId ?? ANONYMOUS };
    const question = { realm, scope: scopeOf(repository), credentials, subject, payer };
    const { header, lifetimeMs } = await withDeadline(closed, requestMs, (signal) =>
      requestToken(http, question, signal),
    );
    this.#tokens.set(keyOf(place, credentials), { header, expiresAtMs: elapsedMs() + lifetimeMs });
    return header;
  }
}

/** An authorization with this header; with no header and no credentials, that of nobody. */
export function authorizationOf(
  header: string | undefined,
  credentials: Credentials | undefined,
): Authorization {
  const sent = header?.slice(header.indexOf(" ") + 1);
  return {
    header,
    credentialId: credentials?.credentialId ?? ANONYMOUS,
    secrets: () => [...(sent === undefined ? [] : [sent]), ...secretsIn(credentials)],
  };
}

/** The header for credentials that a registry takes as they are; undefined when it does not take these so. */
function directHeaderOf(scheme: Scheme, credentials: Credentials | undefined): string | undefined {
  if (credentials?.kind === "registry-token") {
    return scheme.kind === "bearer" ? registryTokenOf(credentials) : undefined;
  }
  return scheme.kind === "basic" && credentials?.kind === "basic" ? basicHeaderOf(credentials) : undefined;
}

function registryTokenOf({ token }: Extract<Credentials, { readonly kind: "registry-token" }>): string {
  return `Bearer ${token.reveal()}`;
}

/** Bearer where it can be used, else Basic; undefined for everything else. */
function schemeIn(
  header: string | string[] | undefined,
  { endpoint, repository }: Place,
): Scheme | undefined {
  const challenges = parseChallenges(header);
  const bearer = challenges.find(({ scheme, parameters }) => scheme === "bearer" && parameters.has("realm"));
  if (bearer !== undefined) {
    return { kind: "bearer", realm: realmOf(bearer, endpoint, subjectOf(repository, "a token")) };
  }
  return challenges.some(({ scheme }) => scheme === "basic") ? { kind: "basic" } : undefined;
}

function subjectOf(repository: Repository, asked: string): Subject {
  return { repository, operation: "token", asked };
}

function scopeOf({ path }: Repository): string {
  return `repository:${path}:pull`;
}

/** Tokens of one user are never shown for another. */
function keyOf({ endpoint, repository }: Place, credentials: Credentials | undefined): string {
  return JSON.stringify([endpoint.origin, credentials?.credentialId ?? ANONYMOUS, scopeOf(repository)]);
}
