import { z } from "zod";
import { Secret } from "../../../secret.ts";
import { isInstant, MINUTE_MS } from "../../../time.ts";
import {
  type Credentials,
  credentialIdOf,
  type CredentialSource,
  isHeaderToken,
  loginFailed,
  type Place,
  type Wanted,
} from "./credentials.ts";
import { type Acquired, kindOfFailure, Renewed, type RenewedOptions } from "./renewed.ts";

const SCOPE = "https://www.googleapis.com/auth/devstorage.read_only";
const SCOPE_ALL = "https://www.googleapis.com/auth/cloud-platform.read-only";
/** Used when the library does not say; access tokens last an hour. */
const LIFETIME_MS_DEFAULT = 10 * MINUTE_MS;
/** Any will do: without one the library asks programs and services for it, and tokens have none. */
const PROJECT = "none";
const SOURCE = "Google's application default credentials";
const KEY_SOURCE = "the Google service account's key in the settings of the registry";

/**
 * Logs in to Google's registries with an access token of whatever Google's library finds (a file, workload identity, the machine's
 * account). The library is loaded when it is needed first.
 *
 * @see Artifact Registry, "Configure authentication to Artifact Registry for Docker", access token
 */
export class GoogleLogin implements CredentialSource {
  readonly #renewed: Renewed;

  constructor(options: RenewedOptions) {
    this.#renewed = new Renewed(options);
  }

  async credentialsFor(
    { repository: { registry } }: Place,
    wanted: Wanted,
  ): Promise<Credentials | undefined> {
    const acquire = async (): Promise<Acquired> => {
      const { GoogleAuth } = await import("google-auth-library");
      try {
        // A client made before keeps its token until shortly before its end, also one that was refused.
        const auth = new GoogleAuth({ projectId: PROJECT, scopes: [SCOPE, SCOPE_ALL] });
        const client = await auth.getClient();
        const { token } = await client.getAccessToken();
        return acquiredFrom(token ?? "", client.credentials.expiry_date ?? Number.NaN);
      } catch (thrown) {
        throw loginFailed(
          { registry, source: SOURCE },
          `it failed (${kindOfFailure(thrown)})`,
          "give this process application default credentials, or a key in registries.<host>.login",
        );
      }
    };
    return this.#renewed.credentials({ key: "google", registry, source: SOURCE, acquire }, wanted);
  }
}

function acquiredFrom(token: string, expiresAtMs: number): Acquired {
  if (!isHeaderToken(token)) throw new Error("no token");
  const lifetimeMs = isInstant(expiresAtMs) ? expiresAtMs - Date.now() : LIFETIME_MS_DEFAULT;
  return {
    credentials: {
      kind: "basic",
      username: "oauth2accesstoken",
      password: new Secret(token),
      credentialId: credentialIdOf("google", "application default credentials"),
      source: SOURCE,
      renewal: "automatic",
      ...(isInstant(expiresAtMs) ? { expiresAt: expiresAtMs } : {}),
    },
    lifetimeMs: Math.max(lifetimeMs, 0),
  };
}

const keySchema = z.object({ type: z.literal("service_account"), client_email: z.string().min(1) });

/**
 * Logs in with the key of a service account: JSON, or its base64, which Artifact Registry takes too.
 *
 * @see Artifact Registry, "Configure authentication to Artifact Registry for Docker", service account key
 */
export class GoogleKeyLogin implements CredentialSource {
  readonly #credentials: Credentials;

  /** @throws {CodedError} `registry-login-failed` when the key is not one */
  constructor(registry: string, key: Secret) {
    const text = key.reveal().trim();
    const isJson = text.startsWith("{");
    const email = emailIn(isJson ? text : Buffer.from(text, "base64").toString("utf8"));
    if (email === undefined) {
      throw loginFailed(
        { registry, source: KEY_SOURCE },
        "it is not the JSON of a service account's key, nor its base64",
        "put the file there that Google gave you for the key",
      );
    }
    this.#credentials = {
      kind: "basic",
      username: isJson ? "_json_key" : "_json_key_base64",
      password: new Secret(text),
      credentialId: credentialIdOf("google-key", email),
      source: KEY_SOURCE,
      renewal: "manual",
    };
  }

  async credentialsFor(): Promise<Credentials> {
    return this.#credentials;
  }
}

function emailIn(text: string): string | undefined {
  try {
    return keySchema.safeParse(JSON.parse(text)).data?.client_email;
  } catch {
    // The parser's message would quote the key.
    return undefined;
  }
}
