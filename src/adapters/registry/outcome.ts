import type { GateOutcome, RequestKind } from "../../ports/host-gate.ts";
import { CodedError, type ErrorCode } from "../../errors.ts";
import { codesIn, hostOf } from "./fault.ts";
import { parseApiLimit, parsePullLimit } from "./rate-limit.ts";
import { parseRetryAfter } from "./retry-after.ts";

/** What a request carried to prove who asks; `token-request` when it asks a token service with credentials. */
export type LoginSent = "none" | "basic" | "bearer" | "token-request";

/** An answer as far as it says how the host is. */
export interface Seen {
  readonly url: URL;
  readonly kind: RequestKind;
  readonly login: LoginSent;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The beginning of an error body; empty when it was not read. */
  readonly body: string;
}

/** Errors that mean the host did not answer, or not in a form that means anything. */
const FAILURES: ReadonlySet<ErrorCode> = new Set([
  "registry-unavailable",
  "registry-timeout",
  "registry-protocol",
]);

/** What an answer tells the gate, the pull limit first. */
export function outcomesOf(seen: Seen, nowMs: number): readonly GateOutcome[] {
  const limit = parsePullLimit(seen.headers);
  const outcome = outcomeOf(seen, nowMs);
  return limit === undefined ? [outcome] : [{ kind: "pull-limit", ...limit }, outcome];
}

/** What an error tells the gate; undefined when it says nothing about the host. */
export function failureOf(fault: unknown): GateOutcome | undefined {
  if (!(fault instanceof CodedError) || !FAILURES.has(fault.code)) return undefined;
  return { kind: "failed", code: fault.code, message: fault.message };
}

function outcomeOf(seen: Seen, nowMs: number): GateOutcome {
  const { url, status, headers, body } = seen;
  if (status === 429 || codesIn(body).includes("TOOMANYREQUESTS")) {
    const retryAfterMs =
      parseRetryAfter(headers["retry-after"], body, nowMs) ?? parseApiLimit(headers, nowMs)?.resetAfterMs;
    const limits = isPullLimit(seen) ? "pull" : "all";
    return { kind: "rate-limited", limits, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  }
  if (status >= 500 || status === 408) {
    return { kind: "failed", code: "registry-unavailable", message: `${hostOf(url)} answered ${status}` };
  }
  const proof = proofOf(seen);
  if (proof === "refused") {
    const message = `${hostOf(url)} answered ${status} to the log-in`;
    return { kind: "refused", code: "registry-unauthorized", message };
  }
  return proof === "accepted" ? { kind: "answered", login: "accepted" } : { kind: "answered" };
}

/**
 * Docker Hub limits pulls and requests: a 429 for a spent pull limit says in its text that it is one and how to get more, or in its headers
 * that nothing remains; the one against abuse says nothing and is about everything.
 *
 * @see Docker docs, "Docker Hub usage and limits"
 */
function isPullLimit({ kind, headers, body }: Seen): boolean {
  return kind === "pull" && (parsePullLimit(headers)?.remaining === 0 || /pull rate limit/i.test(body));
}

/**
 * What an answer says about the credentials themselves. A 401 to a token is about the repository or the token's age, and a 403 about what
 * the credentials may do: neither speaks against them.
 */
function proofOf({ login, status }: Seen): "accepted" | "refused" | "nothing" {
  const isGood = status < 400 || status === 404;
  switch (login) {
    case "none":
      return "nothing";
    case "basic":
      return status === 401 ? "refused" : isGood ? "accepted" : "nothing";
    case "bearer":
      return isGood ? "accepted" : "nothing";
    case "token-request":
      return status === 401 || status === 403 ? "refused" : status < 300 ? "accepted" : "nothing";
    default:
      return login satisfies never;
  }
}
