import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";

const TLS = new URL("../../fakes/registry/tls/", import.meta.url);
/** The certificate of the issuer, which has to be trusted to reach it. */
export const CERTIFICATE = readFileSync(new URL("cert.pem", TLS), "utf8");

/** Answers of the issuer, by path. */
export type Answers = Record<string, (response: ServerResponse) => void>;

/** A key pair with the name it is published under. */
export interface IssuerKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

/** An OpenID Connect issuer on loopback, over TLS. What it answers can be changed. */
export interface TestIssuer {
  /** `https://127.0.0.1:41234`, as it stands in `iss`. */
  readonly url: string;
  /** Paths that were asked for, in order. */
  readonly asked: string[];
  readonly answers: Answers;
  /** Publishes these keys from now on. */
  publish(...keys: readonly IssuerKey[]): void;
  close(): Promise<void>;
}

export const CONFIGURATION_PATH = "/.well-known/openid-configuration";
export const KEYS_PATH = "/keys";

/** Starts an issuer that publishes these keys. */
export async function startIssuer(
  keys: readonly IssuerKey[],
  { tls = true }: { readonly tls?: boolean } = {},
): Promise<TestIssuer> {
  const asked: string[] = [];
  const answers: Answers = {};
  const handle = ({ url: path = "" }: IncomingMessage, response: ServerResponse): void => {
    asked.push(path);
    const answer = answers[path];
    if (answer === undefined) response.writeHead(404).end();
    else answer(response);
  };
  const server = tls
    ? createTlsServer({ cert: CERTIFICATE, key: readFileSync(new URL("key.pem", TLS)) }, handle)
    : createServer(handle);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http${tls ? "s" : ""}://127.0.0.1:${portOf(server.address())}`;
  const publish = (...published: readonly IssuerKey[]): void => {
    answers[KEYS_PATH] = sending({ keys: published.map(({ jwk }) => jwk) });
  };
  answers[CONFIGURATION_PATH] = sending({ issuer: url, jwks_uri: `${url}${KEYS_PATH}` });
  publish(...keys);
  let closing: Promise<void> | undefined;
  return {
    url,
    asked,
    answers,
    publish,
    close() {
      closing ??= closeServer(server);
      return closing;
    },
  };
}

/** Answers with this as JSON. */
export function sending(document: unknown, status = 200): (response: ServerResponse) => void {
  return (response) => {
    response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(document));
  };
}

/** Makes a key that an issuer can publish. */
export async function makeKey(kid: string, alg = "ES256"): Promise<IssuerKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" } };
}

/** A token with these claims, signed by a key. */
export async function signedBy(
  { kid, alg, privateKey }: Pick<IssuerKey, "kid" | "alg" | "privateKey">,
  claims: JWTPayload,
): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg, kid }).sign(privateKey);
}

async function closeServer(server: Server | TlsServer): Promise<void> {
  const closed = once(server, "close");
  server.closeAllConnections();
  server.close();
  await closed;
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === "object" && address !== null ? address.port : 0;
}
