import { z } from "zod";
import { CodedError, quote } from "../../errors.ts";
import type { ErrorCode, ErrorFacts } from "../../errors.ts";
import { OPERATIONS } from "./operations.ts";
import type { Operation } from "./operations.ts";
import { RETRY_AFTER_DEFAULT_MS, retryAfterMsOf } from "./retry-after.ts";
import type { AnswerHeaders } from "./retry-after.ts";

/** An answer of GitHub with a status of 400 or more. */
export interface Refusal {
  readonly operation: Operation;
  /** What could not be done, e.g. `could not read a branch of acme/shop`. */
  readonly attempt: string;
  /** Of the API, for people. */
  readonly host: string;
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** The parsed body. */
  readonly data: unknown;
  /** Takes secrets out of GitHub's words, before anything cuts them. */
  readonly redact: (text: string) => string;
  readonly nowMs: number;
}

const REFUSAL_BODY = z.object({
  message: z.string(),
  errors: z.array(z.unknown()).optional(),
});

/** GitHub says the same by 403, 429 and, for pull requests made in a row, 422. */
const RATE_LIMIT_TEXT = /rate limit|abuse detection|submitted too quickly/i;

/**
 * The branch is not where it was expected, or the pull request is there: somebody else was first, or we were, and the answer
 * was lost. GitHub has no code for it, only these words.
 */
const CONFLICT_TEXT =
  /reference already exists|reference does not exist|reference cannot be updated|not a fast.forward|a pull request already exists/i;

/** GitHub's own words about a refusal, in one line; empty when the body holds none (a proxy's page, for instance). */
export function wordsOf(data: unknown): string {
  const body = REFUSAL_BODY.safeParse(data);
  if (!body.success) return "";
  const details = (body.data.errors ?? []).map(detailOf).filter((detail) => detail !== "");
  return [body.data.message, ...details].join(": ");
}

/** Turns a refusal into the error it means. */
export function errorOf(refusal: Refusal): CodedError {
  const words = refusal.redact(wordsOf(refusal.data));
  const code = codeOf(refusal, words);
  const said = words === "" ? "" : ` (${quote(words)})`;
  const message = `${refusal.attempt}: ${refusal.host} answered ${refusal.status}${said}${adviceOf(refusal, code)}`;
  return new CodedError(code, message, factsOf(refusal, code));
}

const REFUSAL_DETAIL = z.union([
  z.string(),
  z.object({ message: z.string() }).transform(({ message }) => message),
  z
    .object({ resource: z.string().optional(), field: z.string().optional(), code: z.string() })
    .transform(({ resource, field, code }) => [resource, field, code].filter(isText).join(" ")),
]);

function detailOf(detail: unknown): string {
  return REFUSAL_DETAIL.safeParse(detail).data ?? "";
}

function isText(text: string | undefined): text is string {
  return text !== undefined;
}

function codeOf({ status, headers }: Refusal, words: string): ErrorCode {
  if (status >= 500 || status === 408) return "code-host-unavailable";
  if (isRateLimited(status, headers, words)) return "code-host-rate-limited";
  if (status === 401) return "code-host-unauthorized";
  if (status === 403) return "code-host-forbidden";
  if (status === 404) return "code-host-not-found";
  if (status === 409) return "code-host-conflict";
  if (status === 422 && CONFLICT_TEXT.test(words)) return "code-host-conflict";
  return "code-host-rejected";
}

function isRateLimited(status: number, headers: AnswerHeaders, words: string): boolean {
  if (status === 429) return true;
  if (status !== 403 && status !== 422) return false;
  if (RATE_LIMIT_TEXT.test(words)) return true;
  const isExhausted = String(headers["x-ratelimit-remaining"] ?? "") === "0";
  return status === 403 && (headers["retry-after"] !== undefined || isExhausted);
}

function adviceOf({ operation, headers, redact }: Refusal, code: ErrorCode): string {
  if (code === "code-host-forbidden") {
    const accepted = String(headers["x-accepted-github-permissions"] ?? "");
    const needed = accepted === "" ? OPERATIONS[operation].needs : quote(redact(accepted));
    return `; the token probably lacks the permission ${needed}`;
  }
  if (code === "code-host-unauthorized") return "; the token is wrong, expired or revoked";
  if (code === "code-host-not-found") return "; it does not exist, or the token may not see it";
  return "";
}

function factsOf({ status, headers, nowMs }: Refusal, code: ErrorCode): ErrorFacts {
  const named =
    code === "code-host-rate-limited" || code === "code-host-unavailable"
      ? retryAfterMsOf(headers, nowMs)
      : undefined;
  const retryAfterMs = named ?? (code === "code-host-rate-limited" ? RETRY_AFTER_DEFAULT_MS : undefined);
  return retryAfterMs === undefined ? { status } : { status, retryAfterMs };
}
