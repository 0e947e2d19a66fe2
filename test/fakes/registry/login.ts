import { randomUUID } from "node:crypto";
import { type Call, errorReply, type Reply, reply } from "./reply.ts";

/** How the fake wants to be logged in to. */
export type FakeLogin =
  | { readonly kind: "none" }
  | { readonly kind: "basic"; readonly username: string; readonly password: string }
  | {
      readonly kind: "token";
      /** Who gets tokens; everybody when absent. */
      readonly user?: { readonly username: string; readonly password: string };
      /** Where the token service is said to be; at the fake itself when absent. */
      readonly realm?: string;
      readonly expiresInSeconds?: number;
      /** Tokens are said to have been issued this long before. */
      readonly issuedSecondsAgo?: number;
      /** A refresh token that gets tokens too, by POST. */
      readonly identityToken?: string;
      /** What a POST for a token is answered with instead, by services that know none. */
      readonly postStatus?: 404 | 405;
      /** A token that counts for every repository, without the token service. */
      readonly registryToken?: string;
      /** Exchanges a directory's token for the identity token, as Azure's registries do. */
      readonly exchange?: { readonly tenant: string; readonly accessToken: string };
    };

type TokenLogin = Extract<FakeLogin, { readonly kind: "token" }>;

/** Judges calls before they are answered, and hands out tokens at `/token`. */
export class LoginDesk {
  #login: FakeLogin;
  readonly #tokens = new Map<string, string>();

  constructor(login: FakeLogin) {
    this.#login = login;
  }

  /** All tokens that were handed out and count. */
  get tokens(): readonly string[] {
    return [...this.#tokens.keys()];
  }

  /** Asks for another log-in from now on, as after a change of a password. */
  change(login: FakeLogin): void {
    this.#login = login;
  }

  /** Lets every token handed out so far count no more. */
  revoke(): void {
    this.#tokens.clear();
  }

  /** The refusal of a call, the token it asked for, or undefined when it may pass. */
  answer(call: Call, url: string): Reply | undefined {
    const login = this.#login;
    switch (login.kind) {
      case "none":
        return undefined;
      case "basic":
        return call.headers["authorization"] === basicOf(login)
          ? undefined
          : unauthorized('Basic realm="fake"');
      case "token":
        if (call.path === "/token") return this.#token(call, login);
        if (call.path === "/oauth2/exchange") return exchange(call, login);
        return this.#allows(call, login)
          ? undefined
          : unauthorized(challengeOf(call, login.realm ?? `${url}/token`));
      default:
        return login satisfies never;
    }
  }

  #token(call: Call, login: TokenLogin): Reply {
    const { expiresInSeconds = 300, issuedSecondsAgo, postStatus } = login;
    if (call.method === "POST" && postStatus !== undefined) return reply(postStatus);
    const form = call.method === "POST" ? formOf(call) : call.query;
    if (!mayHaveToken(call, form, login)) return errorReply(401, "UNAUTHORIZED", "authentication required");
    const token = `token-${randomUUID()}`;
    this.#tokens.set(token, form.get("scope") ?? "");
    const issuedAt =
      issuedSecondsAgo === undefined ? {} : { issued_at: new Date(Date.now() - issuedSecondsAgo * 1_000) };
    const field = call.method === "POST" ? { access_token: token } : { token };
    return json({ ...field, ...issuedAt, expires_in: expiresInSeconds, refresh_token: "not-asked-for" });
  }

  #allows(call: Call, { registryToken }: TokenLogin): boolean {
    const authorization = call.headers["authorization"];
    const token = typeof authorization === "string" ? authorization.replace(/^Bearer /, "") : "";
    if (registryToken !== undefined && token === registryToken) return true;
    const scope = this.#tokens.get(token);
    const [, repository] = /^\/v2\/(.+)\/(?:manifests|blobs|tags|referrers)\//.exec(call.path) ?? [];
    return scope !== undefined && scope === `repository:${repository ?? ""}:pull`;
  }
}

function mayHaveToken(call: Call, form: URLSearchParams, { user, identityToken }: TokenLogin): boolean {
  if (call.method === "POST") {
    const isRefresh = form.get("grant_type") === "refresh_token" && form.get("client_id") !== null;
    return isRefresh && identityToken !== undefined && form.get("refresh_token") === identityToken;
  }
  const authorization = call.headers["authorization"];
  const password = typeof authorization === "string" ? passwordIn(authorization) : undefined;
  if (identityToken !== undefined && password === identityToken) return true;
  return user === undefined ? identityToken === undefined : authorization === basicOf(user);
}

function passwordIn(authorization: string): string {
  const pair = Buffer.from(authorization.replace(/^Basic /, ""), "base64").toString("utf8");
  return pair.slice(pair.indexOf(":") + 1);
}

function exchange(call: Call, { exchange: accepted, identityToken = "" }: TokenLogin): Reply {
  const form = formOf(call);
  const isAccepted =
    accepted !== undefined &&
    call.method === "POST" &&
    form.get("grant_type") === "access_token" &&
    form.get("tenant") === accepted.tenant &&
    form.get("service") === call.headers["host"] &&
    form.get("access_token") === accepted.accessToken;
  return isAccepted
    ? json({ refresh_token: identityToken })
    : errorReply(401, "UNAUTHORIZED", "authentication required");
}

function formOf({ headers, body }: Call): URLSearchParams {
  const isForm = headers["content-type"] === "application/x-www-form-urlencoded";
  return new URLSearchParams(isForm ? Buffer.from(body).toString("utf8") : "");
}

function json(value: object): Reply {
  return reply(200, { "content-type": "application/json" }, JSON.stringify(value));
}

function basicOf({ username, password }: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

function challengeOf(call: Call, realm: string): string {
  const [, repository] = /^\/v2\/(.+)\/(?:manifests|blobs|tags|referrers)\//.exec(call.path) ?? [];
  return `Bearer realm="${realm}",service="fake",scope="repository:${repository ?? ""}:pull"`;
}

function unauthorized(challenge: string): Reply {
  return errorReply(401, "UNAUTHORIZED", "authentication required", { "www-authenticate": challenge });
}
