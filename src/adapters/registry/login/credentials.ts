import { createHash } from "node:crypto";
import { CodedError } from "../../../errors.ts";
import type { Repository } from "../../../image/reference.ts";
import type { Secret } from "../../../secret.ts";
import type { Instant } from "../../../time.ts";
import type { Endpoint } from "../settings.ts";

/** What there is to know about credentials without seeing them. */
export interface CredentialFacts {
  /** Tells credentials apart in budgets and caches and gives nothing away: `basic-1f0c9a2b44de`. */
  readonly credentialId: string;
  /** Where they come from, for people: a file, a program, a service. */
  readonly source: string;
  /** When they end; absent when nobody says. */
  readonly expiresAt?: Instant;
  /** Whether new ones come by themselves before that. */
  readonly renewal: "automatic" | "manual";
}

/** What is shown to a registry or to its token service. */
export type Credentials = CredentialFacts &
  (
    | { readonly kind: "basic"; readonly username: string; readonly password: Secret }
    /** A refresh token for the token service; the user is for services that take it as a password only. */
    | { readonly kind: "identity-token"; readonly username: string; readonly token: Secret }
    /** A Bearer token for the registry itself. */
    | { readonly kind: "registry-token"; readonly token: Secret }
  );

/** What credentials are wanted for. */
export interface Place {
  readonly endpoint: Endpoint;
  readonly repository: Repository;
}

/** How credentials are wanted. */
export interface Wanted {
  readonly signal: AbortSignal;
  /** These did not open the door: newer ones, if there are any. */
  readonly refused?: Credentials;
}

/** Somewhere credentials come from. */
export interface CredentialSource {
  /**
   * The credentials for a repository; undefined for anonymous. Any number of callers cost one look, and a look is kept for as long as
   * it is good.
   *
   * @throws {CodedError} `registry-login-failed`
   */
  credentialsFor(place: Place, wanted: Wanted): Promise<Credentials | undefined>;

  /** What an operator should know about how this source answers for a place. */
  warningsFor?(place: Place): Promise<readonly string[]>;
}

/** What stands for nobody in budgets and caches. */
export const ANONYMOUS = "anonymous";

/** A user name for places that take tokens as passwords, as docker's helpers write it. */
export const TOKEN_USERNAME = "<token>";

/** A short name of credentials, from their kind and whose they are. A user name can be a secret too, so it is hashed. */
export function credentialIdOf(kind: string, whose: string): string {
  return `${kind}-${createHash("sha256").update(whose, "utf8").digest("hex").slice(0, 12)}`;
}

/** The secret itself, and the forms it is sent in; nothing a message may hold. */
export function secretsIn(credentials: Credentials | undefined): readonly string[] {
  if (credentials === undefined) return [];
  const secret = secretOf(credentials);
  const pair = credentials.kind === "registry-token" ? "" : base64Of(credentials.username, secret);
  const written = [secret, pair, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)];
  return [...new Set(written)].filter((text) => text !== "");
}

/** Whether two credentials would be refused alike. */
export function areSame(one: Credentials, other: Credentials): boolean {
  return (
    one.kind === other.kind &&
    one.credentialId === other.credentialId &&
    secretOf(one) === secretOf(other) &&
    usernameOf(one) === usernameOf(other)
  );
}

/** The value of an Authorization header for a user and a password, or a token in its place. */
export function basicHeaderOf(
  credentials: Exclude<Credentials, { readonly kind: "registry-token" }>,
): string {
  return `Basic ${base64Of(credentials.username, secretOf(credentials))}`;
}

/** Whether a text can stand in a header as a token: printable ASCII without blanks, at most 16 KiB. */
export function isHeaderToken(text: string): boolean {
  return text.length <= 16 * 1024 && /^[\x21-\x7e]+$/.test(text);
}

/**
 * The error for a source that could not answer.
 *
 * @param mend what to do about it
 */
export function loginFailed(
  { registry, source }: { readonly registry: string; readonly source: string },
  happened: string,
  mend: string,
): CodedError {
  return new CodedError(
    "registry-login-failed",
    `cannot get credentials for ${registry} from ${source}: ${happened}; ${mend}`,
  );
}

function secretOf(credentials: Credentials): string {
  return (credentials.kind === "basic" ? credentials.password : credentials.token).reveal();
}

function usernameOf(credentials: Credentials): string {
  return credentials.kind === "registry-token" ? "" : credentials.username;
}

function base64Of(username: string, secret: string): string {
  return Buffer.from(`${username}:${secret}`, "utf8").toString("base64");
}
