import { z } from "zod";
import type { Repository } from "../../../image/reference.ts";
import { MINUTE_MS } from "../../../time.ts";
import { unlessAborted } from "../../../deadline.ts";
import type { Credentials, CredentialSource } from "../login/credentials.ts";
import type { Endpoint } from "../settings.ts";
import { type ListReader, unreadable } from "./list-reader.ts";

/** Tokens live for ten minutes. */
const TOKEN_USED_MS = 9 * MINUTE_MS;
const TOKEN_LENGTH_MAX = 16 * 1024;

export interface HubLoginOptions {
  readonly reader: ListReader;
  readonly origin: string;
  /** The registry whose credentials are used. */
  readonly endpoint: Endpoint;
  readonly source: CredentialSource;
  readonly elapsedMs: () => number;
  /** Ends token requests, which belong to nobody alone. */
  readonly closed: AbortSignal;
}

/**
 * Logs in to Docker Hub's API, which takes the same user and token as its registry but gives out tokens of its own. One token at
 * a time, one request for it however many wait.
 *
 * @see Docker Hub API v2, "Create access token"
 */
export class HubLogin {
  readonly #options: HubLoginOptions;
  #token: { readonly value: string; readonly of: string; readonly usedUntilMs: number } | undefined;
  #flight: Promise<string> | undefined;

  constructor(options: HubLoginOptions) {
    this.#options = options;
  }

  /**
   * A token; undefined where the registry is read without user and password, as its API can be too.
   *
   * @throws {CodedError} `registry-unauthorized` when the credentials are refused, other `registry-*`
   */
  async token(repository: Repository, signal: AbortSignal): Promise<string | undefined> {
    const { source, endpoint, elapsedMs } = this.#options;
    const credentials = await source.credentialsFor({ endpoint, repository }, { signal });
    if (credentials?.kind !== "basic") return undefined;
    const { credentialId } = credentials;
    if (this.#token?.of === credentialId && this.#token.usedUntilMs > elapsedMs()) return this.#token.value;
    this.#flight ??= this.#fetch(repository, credentials).finally(() => {
      this.#flight = undefined;
    });
    return unlessAborted(this.#flight, signal);
  }

  /** Lets a token that was refused be replaced. */
  forget(token: string): void {
    if (this.#token?.value === token) this.#token = undefined;
  }

  async #fetch(
    repository: Repository,
    credentials: Extract<Credentials, { readonly kind: "basic" }>,
  ): Promise<string> {
    const { reader, origin, closed, elapsedMs } = this.#options;
    const secret = credentials.password.reveal();
    const document = await reader.plainDocument(
      repository,
      {
        method: "POST",
        url: new URL("/v2/auth/token", origin),
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ identifier: credentials.username, secret }),
        secrets: [secret],
      },
      closed,
    );
    const { data } = tokenSchema.safeParse(document);
    if (data === undefined) throw unreadable(repository, "the answer to its log-in holds no usable token");
    this.#token = {
      value: data.access_token,
      of: credentials.credentialId,
      usedUntilMs: elapsedMs() + TOKEN_USED_MS,
    };
    return data.access_token;
  }
}

const tokenSchema = z.object({
  // A token goes into a header: a line break in it would add headers of its own.
  access_token: z
    .string()
    .max(TOKEN_LENGTH_MAX)
    .regex(/^[\x21-\x7e]+$/),
});
