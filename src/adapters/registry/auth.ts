import { z } from "zod";
import { type CodedError, quote } from "../../errors.ts";
import { renderRepository, type Repository } from "../../image/reference.ts";
import { SECOND_MS } from "../../time.ts";
import { type Challenge, parseChallenges } from "./challenge.ts";
import { unlessAborted, withDeadline } from "./deadline.ts";
import { faultOf, faultOfStatus, type Subject } from "./fault.ts";
import type { Http, HttpAnswer } from "./http.ts";
import { isRedirect } from "./redirect.ts";
import type { Endpoint } from "./settings.ts";

const TOKEN_BODY_BYTES_MAX = 64 * 1024;
const TOKEN_LENGTH_MAX = 16 * 1024;
const TOKENS_MAX = 1_000;
const REALM_LENGTH_MAX = 2_048;
const LIFETIME_SECONDS_DEFAULT = 60;
const LIFETIME_SECONDS_MAX = 3_600;

/** Registries whose token service has another host name, which may have their credentials. */
const TRUSTED_REALMS = new Map([["https://registry-1.docker.io", "https://auth.docker.io"]]);

/** A token service, as a registry names it. */
interface Realm {
  readonly url: URL;
  readonly service: string | undefined;
}

interface Token {
  readonly header: string;
  readonly expiresAtMs: number;
}

export interface AuthOptions {
  readonly http: Http;
  readonly requestMs: number;
  readonly elapsedMs: () => number;
  /** Ends token requests, which belong to nobody alone. */
  readonly closed: AbortSignal;
}

/**
 * Logs in to registries: anonymous or with a user through their token service, or Basic. Tokens live in memory, one per
 * repository, and any number of requests that need the same one wait for a single token request.
 *
 * Credentials go to the registry's own host and to the token services built in here, to nobody else.
 *
 * @see distribution, "Token Authentication Specification"
 */
export class Auth {
  readonly #options: AuthOptions;
  readonly #tokens = new Map<string, Token>();
  readonly #flights = new Map<string, Promise<string>>();
  readonly #realms = new Map<string, Realm>();
  readonly #basic = new Set<string>();

  constructor(options: AuthOptions) {
    this.#options = options;
  }

  /** The Authorization to send with the first try; undefined while the registry has not said that it wants one. */
  async authorizationFor(
    endpoint: Endpoint,
    repository: Repository,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    if (this.#basic.has(endpoint.origin)) return basicOf(endpoint);
    const realm = this.#realms.get(endpoint.origin);
    if (realm === undefined) return undefined;
    return this.#freshToken(repository) ?? this.#token(endpoint, repository, realm, signal);
  }

  /**
   * The Authorization to try after a 401; undefined when there is no other one than the one that was refused.
   *
   * @throws {CodedError} `registry-refused` when the registry wants the credentials sent to a host that may not have them
   */
  async renew(
    endpoint: Endpoint,
    repository: Repository,
    refused: {
      readonly authorization: string | undefined;
      readonly challenge: string | string[] | undefined;
    },
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const challenges = parseChallenges(refused.challenge);
    const bearer = challenges.find(
      ({ scheme, parameters }) => scheme === "bearer" && parameters.has("realm"),
    );
    if (bearer !== undefined) {
      const realm = realmOf(bearer, endpoint, repository);
      this.#realms.set(endpoint.origin, realm);
      const current = this.#freshToken(repository);
      if (current !== undefined && current !== refused.authorization) return current;
      this.#tokens.delete(renderRepository(repository));
      return this.#token(endpoint, repository, realm, signal);
    }
    const basic = basicOf(endpoint);
    if (basic === undefined || basic === refused.authorization) return undefined;
    if (!challenges.some(({ scheme }) => scheme === "basic")) return undefined;
    this.#basic.add(endpoint.origin);
    return basic;
  }

  #freshToken(repository: Repository): string | undefined {
    const token = this.#tokens.get(renderRepository(repository));
    return token !== undefined && token.expiresAtMs > this.#options.elapsedMs() ? token.header : undefined;
  }

  async #token(
    endpoint: Endpoint,
    repository: Repository,
    realm: Realm,
    signal: AbortSignal,
  ): Promise<string> {
    const key = renderRepository(repository);
    const flight =
      this.#flights.get(key) ??
      this.#fetchToken(endpoint, repository, realm).finally(() => this.#flights.delete(key));
    this.#flights.set(key, flight);
    return unlessAborted(flight, signal);
  }

  async #fetchToken(endpoint: Endpoint, repository: Repository, realm: Realm): Promise<string> {
    const subject: Subject = { repository, operation: "token", asked: `a token of ${quote(realm.url.host)}` };
    const authorization = basicOf(endpoint);
    const { http, requestMs, closed } = this.#options;
    const token = await withDeadline(closed, requestMs, async (signal) => {
      const answer = await http.send(
        {
          method: "GET",
          url: tokenUrlOf(realm, endpoint, repository),
          headers: { accept: "application/json", ...(authorization === undefined ? {} : { authorization }) },
          subject,
          endpoint,
        },
        signal,
      );
      return readToken(answer, subject);
    });
    const key = renderRepository(repository);
    this.#tokens.delete(key);
    this.#tokens.set(key, {
      header: token.header,
      expiresAtMs: this.#options.elapsedMs() + token.lifetimeMs,
    });
    const [oldest] = this.#tokens.keys();
    if (this.#tokens.size > TOKENS_MAX && oldest !== undefined) this.#tokens.delete(oldest);
    return token.header;
  }
}

/** Everything a message must not repeat of an Authorization and the credentials behind it. */
export function secretsOf(endpoint: Endpoint, authorization: string | undefined): readonly string[] {
  const values = [
    authorization?.slice(authorization.indexOf(" ") + 1),
    endpoint.credentials?.password.reveal(),
    basicOf(endpoint)?.slice("Basic ".length),
  ];
  return values.flatMap((value) => (value === undefined || value === "" ? [] : [value]));
}

function basicOf({ credentials }: Endpoint): string | undefined {
  if (credentials === undefined) return undefined;
  const pair = `${credentials.username}:${credentials.password.reveal()}`;
  return `Basic ${Buffer.from(pair, "utf8").toString("base64")}`;
}

function realmOf({ parameters }: Challenge, endpoint: Endpoint, repository: Repository): Realm {
  const text = parameters.get("realm") ?? "";
  const subject: Subject = { repository, operation: "token", asked: "a token" };
  if (text.length > REALM_LENGTH_MAX || !URL.canParse(text)) {
    throw faultOf(
      "registry-protocol",
      subject,
      `the realm of its token service is not a URL: ${quote(text)}`,
    );
  }
  const url = new URL(text);
  const registry = new URL(endpoint.origin);
  const isAllowed = url.protocol === "https:" || (url.protocol === "http:" && registry.protocol === "http:");
  if (!isAllowed || url.username !== "" || url.password !== "") {
    throw faultOf("registry-refused", subject, `will not use the token service ${quote(text)}`);
  }
  const isTrusted = url.hostname === registry.hostname || TRUSTED_REALMS.get(endpoint.origin) === url.origin;
  if (endpoint.credentials !== undefined && !isTrusted) {
    throw faultOf(
      "registry-refused",
      subject,
      `it wants the credentials sent to ${quote(url.host)}, which is not a host of ${endpoint.registry}`,
    );
  }
  return { url, service: parameters.get("service") };
}

/** The scope is built here, never copied from the challenge, which could ask for another repository or for push. */
function tokenUrlOf({ url, service }: Realm, { credentials }: Endpoint, { path }: Repository): URL {
  const target = new URL(url);
  if (service !== undefined) target.searchParams.set("service", service);
  target.searchParams.set("scope", `repository:${path}:pull`);
  if (credentials !== undefined) target.searchParams.set("account", credentials.username);
  return target;
}

const tokenText = z
  .string()
  .max(TOKEN_LENGTH_MAX)
  // A token goes into a header: a line break in it would add headers of its own.
  .regex(/^[\x21-\x7e]+$/);
const tokenSchema = z
  .object({
    token: tokenText.optional(),
    access_token: tokenText.optional(),
    expires_in: z.number().positive().optional().catch(undefined),
  })
  .transform(({ token, access_token, expires_in }) => ({
    token: token ?? access_token,
    lifetimeSeconds: expires_in,
  }));

async function readToken(
  answer: HttpAnswer,
  subject: Subject,
): Promise<{ readonly header: string; readonly lifetimeMs: number }> {
  if (isRedirect(answer.status)) {
    await answer.discard();
    throw faultOf("registry-refused", subject, `${answer.url.host} redirects: not followed with a log-in`);
  }
  if (answer.status !== 200) {
    await answer.discard();
    // The body is left out: what a token service says may hold a token.
    throw faultOfStatus(subject, { ...answer, body: "", secrets: [] });
  }
  const { token, lifetimeSeconds } = parseToken(await answer.bytes(TOKEN_BODY_BYTES_MAX), subject);
  const seconds = Math.min(Math.max(lifetimeSeconds ?? 0, LIFETIME_SECONDS_DEFAULT), LIFETIME_SECONDS_MAX);
  const spareSeconds = Math.max(5, seconds / 10);
  return { header: `Bearer ${token}`, lifetimeMs: (seconds - spareSeconds) * SECOND_MS };
}

function parseToken(
  bytes: Uint8Array,
  subject: Subject,
): { readonly token: string; readonly lifetimeSeconds: number | undefined } {
  const fault = (): CodedError =>
    faultOf("registry-protocol", subject, "the answer of the token service holds no usable token");
  let document: unknown;
  try {
    document = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    // The parser's message quotes the text, which may hold a token.
    throw fault();
  }
  const { token, lifetimeSeconds } = tokenSchema.safeParse(document).data ?? {};
  if (token === undefined) throw fault();
  return { token, lifetimeSeconds };
}
