import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { importPKCS8, SignJWT } from "jose";
import { type Call, errorReply, type Reply, reply } from "../fakes/registry/reply.ts";
import { startTokenService, type TokenService } from "../fakes/token-services/service.ts";

const TLS = new URL("../fakes/registry/tls/", import.meta.url);
/** The certificate docker-registry is to trust, as PEM. */
const CERTIFICATE_FILE = fileURLToPath(new URL("cert.pem", TLS));
const SERVICE = "hullkeeper-test-registry";
const ISSUER = "hullkeeper-test-issuer";
const LIFETIME_SECONDS = 300;

/** What {@link startTokenServer} is told, and what docker-registry is to be told of it. */
export interface TokenServer extends TokenService {
  readonly auth: {
    readonly realm: string;
    readonly service: string;
    readonly issuer: string;
    readonly certificateFile: string;
  };
}

export interface TokenServerOptions {
  /** Who may pull; nobody else gets more than an empty token. */
  readonly user?: { readonly username: string; readonly password: string };
  readonly identityToken?: string;
}

/**
 * Starts a token service whose tokens a real docker-registry believes: JWTs by ES256 with the certificate in their header.
 *
 * @see distribution, "Token Authentication Implementation"
 */
export async function startTokenServer(options: TokenServerOptions): Promise<TokenServer> {
  const key = await importPKCS8(readFileSync(new URL("key.pem", TLS), "utf8"), "ES256");
  const certificate = readFileSync(CERTIFICATE_FILE, "utf8").replaceAll(/-----[^-]+-----|\s/g, "");

  const tokenFor = async (scope: string): Promise<string> => {
    const [type, name, actions = ""] = scope.split(":");
    const nowSeconds = Math.floor(Date.now() / 1_000);
    return new SignJWT({ access: [{ type, name, actions: actions.split(",") }] })
      .setProtectedHeader({ alg: "ES256", typ: "JWT", x5c: [certificate] })
      .setIssuer(ISSUER)
      .setSubject("test")
      .setAudience(SERVICE)
      .setIssuedAt(nowSeconds)
      .setNotBefore(nowSeconds - 10)
      .setExpirationTime(nowSeconds + LIFETIME_SECONDS)
      .setJti(randomUUID())
      .sign(key);
  };
  const answer = async (call: Call): Promise<Reply> => {
    const isPost = call.method === "POST";
    const form = isPost ? new URLSearchParams(Buffer.from(call.body).toString("utf8")) : call.query;
    if (!mayPull(call, form, options)) return errorReply(401, "UNAUTHORIZED", "authentication required");
    const token = await tokenFor(form.get("scope") ?? "");
    const body = { [isPost ? "access_token" : "token"]: token, expires_in: LIFETIME_SECONDS };
    return reply(200, { "content-type": "application/json" }, JSON.stringify(body));
  };
  const service = await startTokenService(answer);
  return {
    ...service,
    auth: {
      realm: `${service.url}/auth`,
      service: SERVICE,
      issuer: ISSUER,
      certificateFile: CERTIFICATE_FILE,
    },
  };
}

function mayPull(call: Call, form: URLSearchParams, { user, identityToken }: TokenServerOptions): boolean {
  if (call.method === "POST")
    return identityToken !== undefined && form.get("refresh_token") === identityToken;
  if (user === undefined) return identityToken === undefined;
  const pair = Buffer.from(`${user.username}:${user.password}`).toString("base64");
  return call.headers["authorization"] === `Basic ${pair}`;
}
