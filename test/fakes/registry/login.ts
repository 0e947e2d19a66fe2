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
    };

/** Judges calls before they are answered, and hands out tokens at `/token`. */
export class LoginDesk {
  readonly #login: FakeLogin;
  readonly #tokens = new Map<string, string>();

  constructor(login: FakeLogin) {
    this.#login = login;
  }

  /** All tokens that were handed out and count. */
  get tokens(): readonly string[] {
    return [...this.#tokens.keys()];
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
        return this.#allows(call)
          ? undefined
          : unauthorized(challengeOf(call, login.realm ?? `${url}/token`));
      default:
        return login satisfies never;
    }
  }

  #token(
    call: Call,
    { user, expiresInSeconds = 300 }: Extract<FakeLogin, { readonly kind: "token" }>,
  ): Reply {
    if (user !== undefined && call.headers["authorization"] !== basicOf(user)) {
      return errorReply(401, "UNAUTHORIZED", "authentication required");
    }
    const token = `token-${randomUUID()}`;
    this.#tokens.set(token, call.query.get("scope") ?? "");
    const body = JSON.stringify({ token, expires_in: expiresInSeconds });
    return reply(200, { "content-type": "application/json" }, body);
  }

  #allows(call: Call): boolean {
    const authorization = call.headers["authorization"];
    const token = typeof authorization === "string" ? authorization.replace(/^Bearer /, "") : "";
    const scope = this.#tokens.get(token);
    const [, repository] = /^\/v2\/(.+)\/(?:manifests|blobs|tags|referrers)\//.exec(call.path) ?? [];
    return scope !== undefined && scope === `repository:${repository ?? ""}:pull`;
  }
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
