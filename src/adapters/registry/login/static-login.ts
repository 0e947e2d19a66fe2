import type { Secret } from "../../../secret.ts";
import type { Login } from "../settings.ts";
import {
  type Credentials,
  credentialIdOf,
  type CredentialSource,
  isHeaderToken,
  loginFailed,
  TOKEN_USERNAME,
} from "./credentials.ts";
import { expiryOfJwt } from "./jwt-expiry.ts";

const SOURCE = "the settings of the registry";

/** Credentials as the operator wrote them. */
export class StaticLogin implements CredentialSource {
  readonly #credentials: Credentials;

  /** @throws {CodedError} `registry-login-failed` for a token that cannot stand in a header */
  constructor(
    registry: string,
    login: Extract<Login, { readonly kind: "basic" | "identity-token" | "registry-token" }>,
  ) {
    this.#credentials = credentialsOf(registry, login);
  }

  async credentialsFor(): Promise<Credentials> {
    return this.#credentials;
  }
}

function credentialsOf(
  registry: string,
  login: Extract<Login, { readonly kind: "basic" | "identity-token" | "registry-token" }>,
): Credentials {
  switch (login.kind) {
    case "basic":
      return {
        kind: "basic",
        username: login.username,
        password: login.password,
        ...factsOf("basic", login.username, login.password),
      };
    case "identity-token":
      return {
        kind: "identity-token",
        username: TOKEN_USERNAME,
        token: login.token,
        ...factsOf("identity-token", registry, login.token),
      };
    case "registry-token":
      if (!isHeaderToken(login.token.reveal())) {
        throw loginFailed(
          { registry, source: SOURCE },
          "the token has characters that no token has",
          "look for a line break or a blank in it",
        );
      }
      return {
        kind: "registry-token",
        token: login.token,
        ...factsOf("registry-token", registry, login.token),
      };
    default:
      return login satisfies never;
  }
}

function factsOf(
  kind: Credentials["kind"],
  whose: string,
  secret: Secret,
): Pick<Credentials, "credentialId" | "source" | "expiresAt" | "renewal"> {
  const expiresAt = expiryOfJwt(secret.reveal());
  return {
    credentialId: credentialIdOf(kind, whose),
    source: SOURCE,
    renewal: "manual",
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}
