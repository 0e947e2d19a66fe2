import { createLocalJWKSet, type CryptoKey, type JWTVerifyGetKey, errors } from "jose";
import type { Dispatcher } from "undici";
import { z } from "zod";
import { CodedError, quote } from "../../errors.ts";
import { MINUTE_MS, SECOND_MS } from "../../time.ts";
import { fetchJson } from "./fetch-json.ts";

/** How long keys are used without asking again. */
const KEYS_AGE_MAX_MS = 10 * MINUTE_MS;
/** How soon after the last answer a token with an unknown key makes us ask again. */
const COOLDOWN_MS = 30 * SECOND_MS;

const configurationSchema = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https$/ }) });

export interface IssuerKeysOptions {
  readonly dispatcher: Dispatcher;
  readonly timeoutMs: number;
  readonly nowMs: () => number;
}

type KeySet = ReturnType<typeof createLocalJWKSet>;

/** The keys of one issuer: found through its configuration, fetched when needed, one fetch at a time. */
export class IssuerKeys {
  readonly #issuer: string;
  readonly #options: IssuerKeysOptions;
  #known: { readonly keys: KeySet; readonly atMs: number } | undefined;
  #fetching: Promise<KeySet> | undefined;

  constructor(issuer: string, options: IssuerKeysOptions) {
    this.#issuer = issuer;
    this.#options = options;
  }

  /**
   * The key that a token names.
   *
   * @throws {errors.JWKSNoMatchingKey} when the issuer has no such key
   * @throws {CodedError} `issuer-unavailable`
   */
  readonly keyOf: JWTVerifyGetKey = async (header, token) => {
    const keys = await this.#keysNotOlderThan(KEYS_AGE_MAX_MS);
    try {
      return await this.#pick(keys, header, token);
    } catch (thrown) {
      if (!(thrown instanceof errors.JWKSNoMatchingKey)) throw thrown;
      // It may have been made since; whoever sends tokens without end may not make us ask without end.
      return this.#pick(await this.#keysNotOlderThan(COOLDOWN_MS), header, token);
    }
  };

  async #pick(keys: KeySet, ...named: Parameters<JWTVerifyGetKey>): Promise<CryptoKey> {
    try {
      return await keys(...named);
    } catch (thrown) {
      if (thrown instanceof errors.JOSEError && !(thrown instanceof errors.JWKSInvalid)) throw thrown;
      throw this.#unusable("the key that a token names is none", thrown);
    }
  }

  async #keysNotOlderThan(ageMaxMs: number): Promise<KeySet> {
    const known = this.#known;
    if (known !== undefined && this.#options.nowMs() - known.atMs < ageMaxMs) return known.keys;
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  /** @see OpenID Connect Discovery 1.0, section 4 */
  async #fetch(): Promise<KeySet> {
    const signal = AbortSignal.timeout(this.#options.timeoutMs);
    const where = `${this.#issuer}/.well-known/openid-configuration`;
    const configuration = configurationSchema.safeParse(await this.#ask(where, signal));
    if (!configuration.success || configuration.data.issuer !== this.#issuer) {
      throw this.#unusable("its configuration names no keys of its own");
    }
    const keys = keySetOf(await this.#ask(configuration.data.jwks_uri, signal));
    if (keys === undefined) throw this.#unusable("what it gives for its keys is no key set");
    this.#known = { keys, atMs: this.#options.nowMs() };
    return keys;
  }

  async #ask(url: string, signal: AbortSignal): Promise<unknown> {
    try {
      return await fetchJson(url, this.#options.dispatcher, signal);
    } catch (cause) {
      throw this.#unusable("no usable answer", cause);
    }
  }

  #unusable(reason: string, cause?: unknown): CodedError {
    return new CodedError(
      "issuer-unavailable",
      `asking ${quote(this.#issuer)} for its keys: ${reason}`,
      cause === undefined ? {} : { cause },
    );
  }
}

function keySetOf(document: unknown): KeySet | undefined {
  const { data } = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) }).safeParse(document);
  return data === undefined ? undefined : createLocalJWKSet(data);
}
