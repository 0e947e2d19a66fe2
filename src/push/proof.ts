import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { Secret } from "../secret.ts";

/** What a call has to show, beside the secret in its path, to be believed. */
export type Proof =
  /** Nothing: the provider signs nothing and sends no secret. */
  | { readonly kind: "path" }
  /** HMAC-SHA256 of the raw body in hex, in the first of these headers that is there; `sha256=` may stand before it. */
  | { readonly kind: "hmac"; readonly headers: readonly string[]; readonly key: Secret }
  /** A header with exactly this value. */
  | { readonly kind: "header"; readonly name: string; readonly value: Secret }
  /** An OpenID Connect token as bearer, signed by the issuer for this audience and about this subject or account. */
  | ({ readonly kind: "token" } & TokenExpectation);

/** What a token has to say. */
export interface TokenExpectation {
  /** `iss`, an https URL. */
  readonly issuer: string;
  readonly audience: string;
  readonly subject?: string;
  /** `email`, with `email_verified`. */
  readonly email?: string;
}

/** Headers of a call. Names are looked up whatever their case. */
export type PushHeaders = Pick<Headers, "get">;

/** Characters of a token at most. */
const TOKEN_LENGTH_MAX = 8_192;
const SIGNATURE_PATTERN = /^(?:sha256=)?([0-9a-f]{64})$/i;
const BEARER_PATTERN = /^Bearer ([\w-]+\.[\w-]+\.[\w-]*)$/i;

/** Whether two texts are equal, in a time that tells nothing about either. */
export function isSameSecret(one: string, other: string): boolean {
  return timingSafeEqual(hashOf(one), hashOf(other));
}

/** SHA-256 of a text; hashes of equal length are what can be compared in constant time. */
export function hashOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** Whether a body carries a signature made with the key. A signature of other bytes, even of the same JSON, is none. */
export function isSigned(
  { headers: names, key }: Extract<Proof, { kind: "hmac" }>,
  headers: PushHeaders,
  body: Uint8Array,
): boolean {
  const shown = names.map((name) => headers.get(name)).find((value) => value !== null);
  const [, hex] = SIGNATURE_PATTERN.exec(shown ?? "") ?? [];
  if (hex === undefined) return false;
  return timingSafeEqual(Buffer.from(hex, "hex"), createHmac("sha256", key.reveal()).update(body).digest());
}

/** Whether a call carries the header with its secret value. */
export function carriesSecret(
  { name, value }: Extract<Proof, { kind: "header" }>,
  headers: PushHeaders,
): boolean {
  return isSameSecret(headers.get(name) ?? "", value.reveal());
}

/** The token that a call bears; undefined where there is none, or something that is no signed token. */
export function bearerOf(headers: PushHeaders): string | undefined {
  const header = headers.get("authorization") ?? "";
  return header.length > TOKEN_LENGTH_MAX ? undefined : BEARER_PATTERN.exec(header)?.[1];
}
