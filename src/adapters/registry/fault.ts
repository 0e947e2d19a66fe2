import { errors } from "undici";
import { z } from "zod";
import { CodedError, type ErrorCode, messageOf, quote } from "../../errors.ts";
import { renderRepository, type Repository } from "../../image/reference.ts";
import { DeadlineReached } from "../../deadline.ts";
import { parseRetryAfter } from "./retry-after.ts";

const HOST_LENGTH_MAX = 80;

/** What a request is about: for messages and the metrics' label. */
export interface Subject {
  readonly repository: Repository;
  readonly operation: "resolve" | "manifest" | "blob" | "evidence" | "referrers" | "token" | "tags" | "list";
  /** What is asked for, e.g. `tag 1.2` or `manifest sha256:…`. */
  readonly asked: string;
}

/** A refusal by status, as far as it is needed to say what happened. */
export interface Refusal {
  readonly url: URL;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The beginning of the body; empty for HEAD. */
  readonly body: string;
  /** Values we sent that a body may repeat and a message may not. */
  readonly secrets: readonly string[];
}

/** What can be done about it, as far as it is not in the message. */
const MENDS: ReadonlyMap<ErrorCode, string> = new Map([
  ["registry-unauthorized", "check the login for this registry"],
  ["registry-forbidden", "the login needs the right to pull"],
  ["registry-not-found", "check the name"],
  ["registry-rate-limited", "asked again later"],
  ["registry-unavailable", "tried again; if it stays, check network, DNS and proxy"],
  ["registry-timeout", "tried again; if it stays, check network and proxy"],
  ["registry-integrity", "if it stays, something on the way changes what is sent"],
  ["registry-protocol", "check that a registry answers there, not a gateway"],
  ["registry-too-large", "not read"],
]);

/** An error that says what was being asked of whom, and what can be done about it. */
export function faultOf(
  code: ErrorCode,
  subject: Subject,
  happened: string,
  facts: { readonly cause?: unknown; readonly status?: number; readonly retryAfterMs?: number } = {},
): CodedError {
  const mend = facts.cause instanceof CodedError ? undefined : MENDS.get(code);
  return new CodedError(
    code,
    `cannot read ${subject.asked} of ${renderRepository(subject.repository)}: ${happened}${mend === undefined ? "" : `; ${mend}`}`,
    facts,
  );
}

/** The error for an answer whose status says no. @see OCI distribution-spec v1.1.1, "Error Codes" */
export function faultOfStatus(subject: Subject, refusal: Refusal): CodedError {
  const { url, status, headers, body, secrets } = refusal;
  const [first] = errorsIn(body);
  const said = first === undefined ? body.trim() : [first.code, first.message].filter(Boolean).join(": ");
  const shown = said === "" ? "" : ` ${quote(withoutSecrets(said, secrets))}`;
  const retryAfterMs = parseRetryAfter(headers["retry-after"], body, Date.now());
  return faultOf(codeOfRefusal(status, first?.code), subject, `${hostOf(url)} answered ${status}${shown}`, {
    status,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/**
 * The error for a request that got no complete answer. What the caller aborted stays the caller's reason, and an error of ours
 * gets what was asked in front.
 */
export function faultOfThrown(subject: Subject, url: URL, thrown: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) {
    const { reason } = signal;
    if (!(reason instanceof DeadlineReached)) return reason;
    return faultOf("registry-timeout", subject, `${hostOf(url)} gave ${reason.message}`, { cause: reason });
  }
  if (thrown instanceof CodedError) {
    return faultOf(thrown.code, subject, thrown.message, { cause: thrown });
  }
  // Several addresses that all failed give an error without a message.
  const message = messageOf(thrown) || systemCodeOf(thrown);
  return faultOf(codeOfFailure(thrown), subject, `${hostOf(url)}: ${quote(message)}`, { cause: thrown });
}

/** The host of a URL for a message. URL parsers leave no odd characters in it, but set no length. */
export function hostOf({ host }: URL): string {
  return host.slice(0, HOST_LENGTH_MAX);
}

/** Codes of an error body, e.g. `MANIFEST_UNKNOWN`; none when it is not one. */
export function codesIn(body: string): readonly string[] {
  return errorsIn(body).map(({ code }) => code);
}

/** Whether an error body says that the registry has too much to do to answer. */
export function isOverloadIn(body: string): boolean {
  return codesIn(body).some((code) => code === "TOOMANYREQUESTS" || code === "UNAVAILABLE");
}

/** Whether a connection died instead of answering, as a kept one does when the server closed it meanwhile. */
export function isDeadConnection(thrown: unknown): boolean {
  const code = systemCodeOf(thrown);
  return code === "UND_ERR_SOCKET" || code === "ECONNRESET" || code === "EPIPE";
}

const errorBodySchema = z.object({
  errors: z.array(z.object({ code: z.string().max(64), message: z.string().optional().catch(undefined) })),
});

function errorsIn(body: string): z.infer<typeof errorBodySchema>["errors"] {
  // Most answers have none, and a parser that throws costs as much as the rest of the request.
  if (!body.trimStart().startsWith("{")) return [];
  try {
    return errorBodySchema.safeParse(JSON.parse(body)).data?.errors ?? [];
  } catch {
    // An error body may be any text: then that text is all there is.
    return [];
  }
}

function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, "[secret]"), text);
}

/** Registries say some things that pass under statuses that do not. @see google/go-containerregistry, transport/error.go */
function codeOfRefusal(status: number, code: string | undefined): ErrorCode {
  if (code === "TOOMANYREQUESTS") return "registry-rate-limited";
  if (code === "UNAVAILABLE") return "registry-unavailable";
  if (code === "UNKNOWN" && status !== 401 && status !== 404 && status !== 429) return "registry-unavailable";
  return codeOfStatus(status);
}

function codeOfStatus(status: number): ErrorCode {
  switch (status) {
    case 401:
      return "registry-unauthorized";
    case 403:
      return "registry-forbidden";
    case 404:
      return "registry-not-found";
    case 408:
      return "registry-unavailable";
    case 429:
      return "registry-rate-limited";
    default:
      return status >= 500 ? "registry-unavailable" : "registry-protocol";
  }
}

const CERTIFICATE_CODES =
  /^(?:ERR_TLS_CERT|CERT_|UNABLE_TO_(?:VERIFY|GET_ISSUER)|SELF_SIGNED|DEPTH_ZERO_SELF_SIGNED)/;
/** The other side speaks only versions of TLS that are broken. */
const OLD_TLS_CODES = /^ERR_SSL_(?:UNSUPPORTED_PROTOCOL|TLSV1_ALERT_PROTOCOL_VERSION)$/;
/** A proxy that will not let us through: 403 by its rules, 407 without its log-in. */
const PROXY_REFUSAL = /^Proxy response \((?:403|405|407)\)/;

function codeOfFailure(thrown: unknown): ErrorCode {
  const code = systemCodeOf(thrown);
  if (/^UND_ERR_(?:HEADERS|BODY|CONNECT)_TIMEOUT$|^ETIMEDOUT$/.test(code)) return "registry-timeout";
  if (CERTIFICATE_CODES.test(code) || OLD_TLS_CODES.test(code)) return "registry-refused";
  if (code === "UND_ERR_ABORTED" && PROXY_REFUSAL.test(messageOf(thrown))) return "registry-refused";
  if (thrown instanceof errors.HTTPParserError) return "registry-protocol";
  if (/^UND_ERR_(?:HEADERS_OVERFLOW|RES_CONTENT_LENGTH_MISMATCH)$|^ERR_SSL_/.test(code))
    return "registry-protocol";
  return "registry-unavailable";
}

function systemCodeOf(thrown: unknown): string {
  return thrown instanceof Error && "code" in thrown && typeof thrown.code === "string" ? thrown.code : "";
}
