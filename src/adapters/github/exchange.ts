import { RequestError } from "octokit";
import type { z } from "zod";
import { DeadlineReached, withDeadline } from "../../deadline.ts";
import { CodedError } from "../../errors.ts";
import { type Instant, isInstant, SECOND_MS } from "../../time.ts";
import { isTooLarge } from "./bounded-fetch.ts";
import { OPERATIONS } from "./operations.ts";
import type { Operation } from "./operations.ts";
import type { GitHubOptions } from "./options.ts";
import { errorOf } from "./refusal.ts";
import type { AnswerHeaders } from "./retry-after.ts";

/** One question: what is asked, and about what, for people: `acme/shop`. */
export interface Question {
  readonly operation: Operation;
  readonly subject: string;
  readonly signal: AbortSignal;
  /** What must not come back in a message. */
  readonly secrets: readonly string[];
}

/** What every request carries. */
export interface RequestControl {
  readonly signal: AbortSignal;
}

/** As far as it is read here. */
export interface Answer {
  readonly status: number;
  readonly data: unknown;
  readonly headers?: AnswerHeaders;
}

/** Asks single questions, measures them and reads failures: no retry, no waiting for a turn. */
export interface Exchange {
  /** Of the API, for people. */
  readonly host: string;
  /**
   * The answer to one request; 304 without data for one that is the same as the asker has.
   *
   * @throws {CodedError} `code-host-*`; the reason of the caller's signal when that ended the call
   */
  send(question: Question, send: (request: RequestControl) => Promise<Answer>): Promise<Answer>;
  /** Takes note of an answer's `Date`. */
  hear(date: unknown): void;
  /** What the last answer said the time was, and how long ago it came. */
  time(): { readonly at: Instant; readonly agoMs: number } | undefined;
}

const TIMEOUT_DEFAULT_MS = 30 * SECOND_MS;
/** Of a `Date` header. */
const DATE_LENGTH_MAX = 64;

/** Exchanges with one GitHub. */
export function createExchange(
  { metrics, timeoutMs = TIMEOUT_DEFAULT_MS }: Pick<GitHubOptions, "metrics" | "timeoutMs">,
  baseUrl: string,
): Exchange {
  const { host } = new URL(baseUrl);
  let said: { readonly at: Instant; readonly heardMs: number } | undefined;
  const hear = (date: unknown): void => {
    const epochMs =
      typeof date === "string" && date.length <= DATE_LENGTH_MAX ? Date.parse(date) : Number.NaN;
    if (isInstant(epochMs)) said = { at: epochMs, heardMs: performance.now() };
  };
  return {
    host,
    time: () => (said === undefined ? undefined : { at: said.at, agoMs: performance.now() - said.heardMs }),
    hear,
    async send(question, send) {
      const { operation, signal } = question;
      signal.throwIfAborted();
      const startedAtMs = performance.now();
      const measure = (status: number | "none"): void => {
        const durationMs = performance.now() - startedAtMs;
        metrics.request({ party: "code-host", host, operation, status, durationMs });
      };
      try {
        const answer = await withDeadline(signal, timeoutMs, (bounded) => send({ signal: bounded }));
        measure(answer.status);
        return answer;
      } catch (thrown) {
        const answered = thrown instanceof RequestError ? thrown.response : undefined;
        measure(answered?.status ?? "none");
        // Octokit takes "not modified" for a failure.
        if (answered?.status === 304) {
          hear(answered.headers.date);
          return { status: 304, data: undefined, headers: answered.headers };
        }
        if (answered === undefined) signal.throwIfAborted();
        throw failureOf(thrown, question, host);
      }
    },
  };
}

/**
 * What an answer says, in its documented form.
 *
 * @throws {CodedError} `code-host-unavailable` when it has another
 */
export function parseAnswer<T>(question: Question, host: string, schema: z.ZodType<T>, data: unknown): T {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? "as a whole" : `at ${issue.path.join(".")}`;
  throw new CodedError(
    "code-host-unavailable",
    `${attemptOf(question)}: the answer of ${host} does not have its documented form (${where})`,
  );
}

/** What could not be done, e.g. `could not read a branch of acme/shop`. */
export function attemptOf({ operation, subject }: Pick<Question, "operation" | "subject">): string {
  return `could not ${OPERATIONS[operation].doing} ${subject}`;
}

/** Takes secrets out of a text: a proxy that echoes the request must not bring one into a message. */
export function redact(text: string, secrets: readonly string[]): string {
  return secrets
    .reduce((rest, secret) => rest.replaceAll(secret, "[secret]"), text)
    .replaceAll(/\bey[\w-]+\.[\w-]+\.[\w-]+/g, "[secret]");
}

/** Never keeps what was thrown as `cause`: it holds the request, of which octokit blanks out one header and nothing else. */
function failureOf(thrown: unknown, question: Question, host: string): CodedError {
  const attempt = attemptOf(question);
  const answered = thrown instanceof RequestError ? thrown.response : undefined;
  if (answered !== undefined) {
    const { status, headers, data } = answered;
    return errorOf({
      operation: question.operation,
      attempt,
      host,
      status,
      headers,
      data,
      redact: (text) => redact(text, question.secrets),
      nowMs: Date.now(),
    });
  }
  const causes = causesOf(thrown);
  if (causes.some(isTooLarge)) {
    return new CodedError("code-host-too-large", `${attempt}: the answer of ${host} is larger than 32 MiB`);
  }
  const late = causes.find((cause) => cause instanceof DeadlineReached);
  if (late !== undefined) {
    return new CodedError(
      "code-host-unavailable",
      `${attempt}: no answer from ${host} within ${late.afterMs} ms`,
    );
  }
  return new CodedError("code-host-unavailable", `${attempt}: no answer from ${host} (${reasonOf(causes)})`);
}

const CAUSES_MAX = 8;

function causesOf(thrown: unknown): readonly unknown[] {
  const causes: unknown[] = [];
  let current = thrown;
  while (current !== undefined && causes.length < CAUSES_MAX) {
    causes.push(current);
    current = current instanceof Error ? current.cause : undefined;
  }
  return causes;
}

/** The code of the system's or undici's error (`ECONNREFUSED`, `UND_ERR_SOCKET`): its message may hold the request. */
function reasonOf(causes: readonly unknown[]): string {
  const codes = causes.flatMap((cause) =>
    cause instanceof Error && "code" in cause && typeof cause.code === "string" ? [cause.code] : [],
  );
  return codes.at(-1) ?? "the connection failed";
}
