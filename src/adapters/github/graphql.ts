import { z } from "zod";
import { CodedError, quote } from "../../errors.ts";
import type { ErrorCode } from "../../errors.ts";
import { attemptOf, type Exchange, parseAnswer, type Question, redact } from "./exchange.ts";
import type { Answer } from "./exchange.ts";
import { OPERATIONS } from "./operations.ts";
import { RETRY_AFTER_DEFAULT_MS, retryAfterMsOf } from "./retry-after.ts";

/** Errors of one answer that are read. */
const ERRORS_MAX = 5;

const BODY = z.object({
  data: z.unknown(),
  errors: z.array(z.object({ type: z.string().optional(), message: z.string() })).optional(),
});

/** GitHub gives such failures no type, or one that others share. */
const WORDS: readonly (readonly [RegExp, ErrorCode])[] = [
  [/rate limit|abuse detection|submitted too quickly/i, "code-host-rate-limited"],
  [
    /already exists|expected branch to point to|not a fast.forward|cannot be updated|does not exist on the remote/i,
    "code-host-conflict",
  ],
  [/something went wrong|timed? ?out|couldn't respond/i, "code-host-unavailable"],
];

const TYPES: Readonly<Record<string, ErrorCode>> = {
  RATE_LIMITED: "code-host-rate-limited",
  RATE_LIMIT: "code-host-rate-limited",
  NOT_FOUND: "code-host-not-found",
  FORBIDDEN: "code-host-forbidden",
  INSUFFICIENT_SCOPES: "code-host-forbidden",
  STALE_DATA: "code-host-conflict",
  INTERNAL: "code-host-unavailable",
  INTERNAL_ERROR: "code-host-unavailable",
  SERVICE_UNAVAILABLE: "code-host-unavailable",
  LOCK_TIMEOUT: "code-host-unavailable",
};

/**
 * What a GraphQL answer says. It has status 200 whatever went wrong; one error in it fails the whole, although what stands before the
 * error was done.
 *
 * @throws {CodedError} `code-host-*`
 */
export function parseGraphqlAnswer<T>(
  question: Question,
  { host }: Pick<Exchange, "host">,
  schema: z.ZodType<T>,
  answer: Answer,
): T {
  const { data, errors = [] } = parseAnswer(question, host, BODY, answer.data);
  const [first] = errors;
  if (first === undefined) return parseAnswer(question, host, schema, data);

  const code = codeOf(first);
  const words = redact(
    errors
      .slice(0, ERRORS_MAX)
      .map(({ message }) => message)
      .join("; "),
    question.secrets,
  );
  const needs = code === "code-host-forbidden" ? `; it takes ${OPERATIONS[question.operation].needs}` : "";
  const retryAfterMs =
    retryAfterMsOf(answer.headers ?? {}, Date.now()) ??
    (code === "code-host-rate-limited" ? RETRY_AFTER_DEFAULT_MS : undefined);
  throw new CodedError(
    code,
    `${attemptOf(question)}: ${host} refused (${quote(words)})${needs}`,
    code === "code-host-rate-limited" && retryAfterMs !== undefined ? { retryAfterMs } : {},
  );
}

function codeOf({
  type,
  message,
}: {
  readonly type?: string | undefined;
  readonly message: string;
}): ErrorCode {
  const said = WORDS.find(([pattern]) => pattern.test(message));
  return said?.[1] ?? (type === undefined ? undefined : TYPES[type]) ?? "code-host-rejected";
}
