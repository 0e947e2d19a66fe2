import { createPrivateKey } from "node:crypto";
import { App, Octokit } from "octokit";
import { InvalidInputError } from "../../errors.ts";
import type { Secret } from "../../secret.ts";
import { boundedFetchOver } from "./bounded-fetch.ts";
import { type Grants, grantsIn } from "./grants.ts";
import type { GitHubOptions } from "./options.ts";

const API_VERSION = "2022-11-28";

/** Makes the clients of octokit, all alike but for who they speak as. */
export interface Octokits {
  /** As the holder of this token. `told` hears what every answer says of its scopes. */
  readonly withToken: (token: string, told?: (grants: Grants | undefined) => void) => Octokit;
  /** As the App itself, which may do nothing but look at its installations and ask for their tokens. */
  readonly asApp: (id: string, privateKey: Secret) => Octokit;
}

/** What octokit's clients of one GitHub have in common. `hear` is told of every answer's `Date`. */
export function createOctokits(
  { userAgent, ca }: Pick<GitHubOptions, "userAgent" | "ca">,
  baseUrl: string,
  hear: (date: unknown) => void,
): Octokits {
  const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore };
  const settings = {
    baseUrl,
    userAgent,
    // Both keep their state per process, so they neither share a budget between workers nor know of a job's deadline.
    throttle: { enabled: false },
    retry: { enabled: false },
    log: silent,
    // Octokit looks at every number of an answer for one that is too large, which takes ten times as long as JSON.parse. What
    // that rounds, `z.int()` refuses.
    request: { fetch: boundedFetchOver(ca), parseSuccessResponseBody: false, log: silent },
  };
  const hooked = (octokit: Octokit, told?: (grants: Grants | undefined) => void): Octokit => {
    octokit.hook.before("request", (request) => {
      request.headers["x-github-api-version"] = API_VERSION;
    });
    octokit.hook.after("request", ({ headers }) => {
      hear(headers.date);
      told?.(grantsIn(headers["x-oauth-scopes"]));
    });
    return octokit;
  };
  return {
    withToken: (token, told) => hooked(new Octokit({ ...settings, auth: token }), told),
    asApp: (id, privateKey) =>
      hooked(
        new App({
          appId: id,
          privateKey: usablePrivateKey(privateKey),
          Octokit: Octokit.defaults(settings),
          log: silent,
        }).octokit,
      ),
  };
}

/**
 * The token, as a header carries it.
 *
 * @throws {InvalidInputError} `config-invalid`, as it would come back in the message of the refused header
 */
export function usableToken(token: Secret): string {
  const text = token.reveal();
  if (/^[\x21-\x7e]+$/.test(text)) return text;
  throw new InvalidInputError(
    "config-invalid",
    "the GitHub token is empty or holds a space or a control character",
  );
}

/**
 * The key as PKCS#8. Keys in environment variables often have `\n` in place of line breaks.
 *
 * @throws {InvalidInputError} `config-invalid`
 */
function usablePrivateKey(privateKey: Secret): string {
  try {
    const key = createPrivateKey(privateKey.reveal().replaceAll(String.raw`\n`, "\n"));
    if (key.asymmetricKeyType === "rsa") return key.export({ type: "pkcs8", format: "pem" }).toString();
  } catch {
    // What OpenSSL says of a key it cannot read tells nobody anything, and is not known to be free of it.
  }
  throw new InvalidInputError(
    "config-invalid",
    "the private key of the GitHub App is no RSA key in PEM form without a password",
  );
}

/**
 * Address of the REST API without `/` at its end.
 *
 * @throws {InvalidInputError} `config-invalid`
 */
export function usableBaseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isUsable =
    url !== undefined &&
    (url.protocol === "https:" || url.protocol === "http:") &&
    url.username === "" &&
    url.password === "" &&
    url.search === "" &&
    url.hash === "";
  if (isUsable) return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
  throw new InvalidInputError("config-invalid", "the base URL of the GitHub API is not a plain http(s) URL");
}

/** Octokit writes notes on deprecated endpoints to the console, which belongs to the JSON log. */
function ignore(): void {}
