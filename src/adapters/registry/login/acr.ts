import { readFile } from "node:fs/promises";
import { z } from "zod";
import { quote } from "../../../errors.ts";
import { Secret } from "../../../secret.ts";
import { MINUTE_MS } from "../../../time.ts";
import type { Subject } from "../fault.ts";
import type { Http, Payer } from "../http.ts";
import { isRedirect } from "../redirect.ts";
import type { Login } from "../settings.ts";
import {
  type Credentials,
  credentialIdOf,
  type CredentialSource,
  isHeaderToken,
  loginFailed,
  type Place,
  type Wanted,
} from "./credentials.ts";
import { expiryOfJwt } from "./jwt-expiry.ts";
import { type Acquired, kindOfFailure, Renewed, type RenewedOptions } from "./renewed.ts";

type AcrSettings = Extract<Login, { readonly kind: "acr" }>;

const ANSWER_BYTES_MAX = 64 * 1024;
const LIFETIME_MS_DEFAULT = 30 * MINUTE_MS;
const SCOPE = "https://containerregistry.azure.net/.default";
/** The user that stands for "the password is a refresh token". */
const TOKEN_USER = "00000000-0000-0000-0000-000000000000";
const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const SOURCE = "Entra ID";
const AUTHORITY = "https://login.microsoftonline.com";
/** National clouds have their own directory. */
const AUTHORITIES = new Map([
  [".azurecr.cn", "https://login.partner.microsoftonline.cn"],
  [".azurecr.us", "https://login.microsoftonline.us"],
]);

/**
 * Logs in to Azure's registries: a service principal's token of Entra ID is exchanged at the registry for a refresh token, which the
 * registry's token service takes. Both requests go through our own connections and their guard.
 *
 * @see Azure/acr, docs/AAD-OAuth.md
 */
export class AcrLogin implements CredentialSource {
  readonly #settings: AcrSettings;
  readonly #http: Http;
  readonly #renewed: Renewed;

  constructor(settings: AcrSettings, http: Http, options: RenewedOptions) {
    this.#settings = settings;
    this.#http = http;
    this.#renewed = new Renewed(options);
  }

  async credentialsFor(place: Place, wanted: Wanted): Promise<Credentials | undefined> {
    const { registry } = place.repository;
    return this.#renewed.credentials(
      {
        key: place.endpoint.origin,
        registry,
        source: SOURCE,
        acquire: (signal) => this.#acquire(place, signal),
      },
      wanted,
    );
  }

  async #acquire({ endpoint, repository }: Place, signal: AbortSignal): Promise<Acquired> {
    const { tenant, clientId } = this.#settings;
    const { registry } = repository;
    const credentialId = credentialIdOf("acr", `${tenant} ${clientId}`);
    const payer = { endpoint, credentialId };
    const access = await this.#post(
      { repository, payer, url: this.#authorityUrl(registry), field: "access_token" },
      {
        client_id: clientId,
        scope: SCOPE,
        grant_type: "client_credentials",
        ...(await this.#proof(registry)),
      },
      signal,
    );
    const refresh = await this.#post(
      { repository, payer, url: new URL("/oauth2/exchange", endpoint.origin), field: "refresh_token" },
      { grant_type: "access_token", service: registry, tenant, access_token: access },
      signal,
    );
    const expiresAt = expiryOfJwt(refresh);
    return {
      credentials: {
        kind: "identity-token",
        username: TOKEN_USER,
        token: new Secret(refresh),
        credentialId,
        source: SOURCE,
        renewal: "automatic",
        ...(expiresAt === undefined ? {} : { expiresAt }),
      },
      lifetimeMs: Math.max(expiresAt === undefined ? LIFETIME_MS_DEFAULT : expiresAt - Date.now(), 0),
    };
  }

  #authorityUrl(registry: string): URL {
    const national = [...AUTHORITIES].find(([end]) => registry.endsWith(end))?.[1];
    const authority = this.#settings.authority ?? national ?? AUTHORITY;
    return new URL(`/${encodeURIComponent(this.#settings.tenant)}/oauth2/v2.0/token`, authority);
  }

  async #proof(registry: string): Promise<Readonly<Record<string, string>>> {
    const { proof } = this.#settings;
    switch (proof.kind) {
      case "secret":
        return { client_secret: proof.secret.reveal() };
      case "token-file":
        try {
          // Read each time: the platform replaces it before it ends.
          const assertion = (await readFile(proof.path, "utf8")).trim();
          return { client_assertion_type: ASSERTION_TYPE, client_assertion: assertion };
        } catch (thrown) {
          throw loginFailed(
            { registry, source: SOURCE },
            `the federated token ${quote(proof.path)} cannot be read (${kindOfFailure(thrown)})`,
            "check that the platform mounts it",
          );
        }
      default:
        return proof satisfies never;
    }
  }

  /** What is sent and what comes back are secrets: an answer is told by its status, host and error code alone. */
  async #post(
    {
      repository,
      payer,
      url,
      field,
    }: {
      readonly repository: Place["repository"];
      readonly payer: Payer;
      readonly url: URL;
      readonly field: string;
    },
    form: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<string> {
    const subject: Subject = { repository, operation: "token", asked: `a token of ${quote(url.host)}` };
    const answer = await this.#http.send(
      {
        method: "POST",
        url,
        headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams(form).toString(),
        subject,
        payer,
      },
      signal,
    );
    const fail = (happened: string): Error =>
      loginFailed(
        { registry: repository.registry, source: SOURCE },
        `${quote(url.host)} ${happened}`,
        "check tenant, client and secret, and that the client has the role AcrPull",
      );
    if (isRedirect(answer.status)) {
      await answer.discard();
      throw fail("redirects, which is not followed with a log-in");
    }
    const document = parseJson(Buffer.from(await answer.bytes(ANSWER_BYTES_MAX)).toString("utf8"));
    if (answer.status !== 200) throw fail(`answered ${answer.status}${errorCodeIn(document)}`);
    const token = z.record(z.string(), z.unknown()).safeParse(document).data?.[field];
    if (typeof token === "string" && isHeaderToken(token)) return token;
    throw fail("gave an answer without a usable token");
  }
}

/** OAuth's word for what is wrong, when it is one: ` (invalid_client)`. @see RFC 6749, 5.2 */
function errorCodeIn(document: unknown): string {
  const code = z.object({ error: z.string().regex(/^[a-z_]{1,40}$/) }).safeParse(document).data?.error;
  return code === undefined ? "" : ` (${code})`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message would quote a token.
    return undefined;
  }
}
