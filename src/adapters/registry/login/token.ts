import { z } from "zod";
import type { CodedError } from "../../../errors.ts";
import { parseInstant, SECOND_MS } from "../../../time.ts";
import { faultOf, faultOfStatus, hostOf, type Subject } from "../fault.ts";
import type { Http, HttpAnswer, Payer } from "../http.ts";
import { isRedirect } from "../redirect.ts";
import { basicHeaderOf, type Credentials, isHeaderToken } from "./credentials.ts";
import type { Realm } from "./realm.ts";

const TOKEN_BODY_BYTES_MAX = 64 * 1024;
const LIFETIME_SECONDS_DEFAULT = 60;
const LIFETIME_SECONDS_MAX = 3_600;
const SPARE_SECONDS_MIN = 5;
const CLIENT_ID = "hullkeeper";

/** A token for one repository, as it stands in an Authorization header. */
export interface Token {
  readonly header: string;
  /** How long it may be used, with something to spare; 0 or less when it is old already. */
  readonly lifetimeMs: number;
}

/** What a token is asked for. */
export interface TokenQuestion {
  readonly realm: Realm;
  /** `repository:acme/base:pull`: built by us, never copied from a challenge. */
  readonly scope: string;
  readonly credentials: Exclude<Credentials, { readonly kind: "registry-token" }> | undefined;
  readonly subject: Subject;
  readonly payer: Payer;
}

/**
 * Asks a token service: by GET, anonymously or with a user, or by POST with an identity token. Services that know no POST get the
 * identity token as a password.
 *
 * @throws {CodedError} `registry-*`
 * @see distribution, "Token Authentication Specification" and "OAuth2 Token Authentication"
 */
export async function requestToken(http: Http, question: TokenQuestion, signal: AbortSignal): Promise<Token> {
  const { credentials } = question;
  if (credentials?.kind !== "identity-token") return readToken(await get(http, question, signal), question);
  const posted = await post(http, question, credentials.token.reveal(), signal);
  if (posted.status !== 404 && posted.status !== 405) return readToken(posted, question);
  await posted.discard();
  return readToken(await get(http, question, signal), question);
}

async function get(
  http: Http,
  { realm, scope, credentials, subject, payer }: TokenQuestion,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const url = new URL(realm.url);
  if (realm.service !== undefined) url.searchParams.set("service", realm.service);
  url.searchParams.set("scope", scope);
  if (credentials?.kind === "basic") url.searchParams.set("account", credentials.username);
  const login = credentials === undefined ? {} : { authorization: basicHeaderOf(credentials) };
  return http.send(
    { method: "GET", url, headers: { accept: "application/json", ...login }, subject, payer },
    signal,
  );
}

async function post(
  http: Http,
  { realm: { url, service }, scope, subject, payer }: TokenQuestion,
  refreshToken: string,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const form = new URLSearchParams({
    grant_type: "refresh_token",
    ...(service === undefined ? {} : { service }),
    scope,
    refresh_token: refreshToken,
    client_id: CLIENT_ID,
  });
  const headers = { accept: "application/json", "content-type": "application/x-www-form-urlencoded" };
  return http.send({ method: "POST", url, headers, body: form.toString(), subject, payer }, signal);
}

// A token goes into a header: a line break in it would add headers of its own. Other fields, a refresh token among them, are not read.
const tokenText = z.string().refine(isHeaderToken);
const tokenSchema = z.object({
  token: tokenText.optional(),
  access_token: tokenText.optional(),
  expires_in: z.number().positive().optional().catch(undefined),
  issued_at: z.string().optional().catch(undefined),
});

async function readToken(answer: HttpAnswer, { subject, credentials }: TokenQuestion): Promise<Token> {
  if (isRedirect(answer.status)) {
    await answer.discard();
    const happened = `${hostOf(answer.url)} redirects: not followed with a log-in`;
    throw faultOf("registry-refused", subject, happened);
  }
  if (answer.status !== 200) {
    await answer.discard();
    if (answer.status === 400 && credentials?.kind === "identity-token") {
      const happened = `${hostOf(answer.url)} answered 400 to the identity token`;
      throw faultOf("registry-unauthorized", subject, happened, { status: 400 });
    }
    // The body is left out: what a token service says may hold a token.
    throw faultOfStatus(subject, { ...answer, body: "", secrets: [] });
  }
  const bytes = await answer.bytes(TOKEN_BODY_BYTES_MAX);
  const { token, access_token, expires_in, issued_at } = parseAnswer(bytes, subject);
  const text = token ?? access_token;
  if (text === undefined) throw unusable(subject);
  const seconds = Math.min(Math.max(expires_in ?? 0, LIFETIME_SECONDS_DEFAULT), LIFETIME_SECONDS_MAX);
  const spareSeconds = Math.max(SPARE_SECONDS_MIN, seconds / 10);
  const lifetimeMs = (seconds - spareSeconds) * SECOND_MS - ageMsOf(issued_at, answer.headers["date"]);
  return { header: `Bearer ${text}`, lifetimeMs };
}

/** How old a token was when it came. Told by the service's own clock where it says the time, as ours may be wrong. */
function ageMsOf(issuedAt: string | undefined, date: string | string[] | undefined): number {
  const issuedAtMs = parseInstant(issuedAt ?? "");
  if (issuedAtMs === undefined) return 0;
  const saidMs = typeof date === "string" ? Date.parse(date) : Number.NaN;
  const nowMs = Number.isNaN(saidMs) ? Date.now() : saidMs;
  return Math.max(0, nowMs - issuedAtMs);
}

function parseAnswer(bytes: Uint8Array, subject: Subject): z.infer<typeof tokenSchema> {
  let document: unknown;
  try {
    document = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    // The parser's message quotes the text, which may hold a token.
    throw unusable(subject);
  }
  const { data } = tokenSchema.safeParse(document);
  if (data === undefined) throw unusable(subject);
  return data;
}

function unusable(subject: Subject): CodedError {
  return faultOf("registry-protocol", subject, "the answer of the token service holds no usable token");
}
