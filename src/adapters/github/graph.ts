import { z } from "zod";
import { CodedError, type ErrorCode, quote } from "../../errors.ts";
import type { Call, Client } from "./client.ts";
import { type Operation, OPERATIONS } from "./operations.ts";
import { RETRY_AFTER_DEFAULT_MS } from "./retry-after.ts";

const FAILURE = z.object({
  type: z.string().optional(),
  message: z.string(),
  path: z.array(z.union([z.string(), z.number()])).optional(),
  extensions: z.object({ code: z.string().optional() }).optional(),
});
const BODY = z.object({
  data: z.record(z.string(), z.unknown()).nullish(),
  errors: z.array(FAILURE).optional(),
});

/** One thing that went wrong in a document; the others may have been done. */
export type GraphFailure = z.infer<typeof FAILURE>;

/** What a document came to, by its fields at the root. */
export interface GraphAnswer {
  readonly data: Readonly<Record<string, unknown>>;
  readonly failures: readonly GraphFailure[];
}

/** GitHub gives such failures no type, or one that others share. */
const WORDS: readonly (readonly [RegExp, ErrorCode])[] = [
  [/rate limit|abuse detection|submitted too quickly/i, "code-host-rate-limited"],
  [/already exists|expected branch to point to|not a fast.forward/i, "code-host-conflict"],
  [/something went wrong|timed? ?out|couldn't respond/i, "code-host-unavailable"],
];
const TYPES: ReadonlyMap<string | undefined, ErrorCode> = new Map([
  ["RATE_LIMITED", "code-host-rate-limited"],
  ["RATE_LIMIT", "code-host-rate-limited"],
  ["NOT_FOUND", "code-host-not-found"],
  ["FORBIDDEN", "code-host-forbidden"],
  ["INSUFFICIENT_SCOPES", "code-host-forbidden"],
  ["STALE_DATA", "code-host-conflict"],
  ["INTERNAL", "code-host-unavailable"],
]);

/** What a host says of fields, arguments and types that it has not. Nothing of such a document is done. */
const UNKNOWN_CODES = new Set([
  "undefinedField",
  "undefinedType",
  "argumentNotAccepted",
  "variableRequiresValidType",
]);

/**
 * Sends a GraphQL document. What failed in it is answered, since the rest may have been done.
 *
 * @throws {CodedError} `code-host-*` when there is no answer, or the whole is refused: for too many requests, or because the host has no such fields
 */
export async function askGraph(
  client: Client,
  call: Call,
  query: string,
  variables: Readonly<Record<string, unknown>>,
): Promise<GraphAnswer> {
  const { data, errors = [] } = await client.call(call, BODY, (octokit, request) =>
    octokit.request({
      method: "POST",
      url: graphUrlOf(octokit.request.endpoint.DEFAULTS.baseUrl),
      query,
      variables,
      request,
    }),
  );
  const limited = errors.find((failure) => codeOf(failure) === "code-host-rate-limited");
  if (limited !== undefined) throw errorOfFailure("could not finish a request", limited, call.operation);
  const unknown = errors.find(({ extensions }) => UNKNOWN_CODES.has(extensions?.code ?? ""));
  if (unknown !== undefined && (data ?? undefined) === undefined) {
    throw errorOfFailure("could not ask at once", unknown, call.operation);
  }
  return { data: data ?? {}, failures: errors };
}

/** What a failure means, as an error. */
export function errorOfFailure(attempt: string, failure: GraphFailure, operation: Operation): CodedError {
  const code = codeOf(failure);
  const facts = code === "code-host-rate-limited" ? { retryAfterMs: RETRY_AFTER_DEFAULT_MS } : {};
  const { needs } = OPERATIONS[operation];
  const advice = code === "code-host-forbidden" ? `; the token probably lacks the permission ${needs}` : "";
  return new CodedError(code, `${attempt}: GitHub refused (${quote(failure.message)})${advice}`, facts);
}

function codeOf({ type, message }: GraphFailure): ErrorCode {
  const said = WORDS.find(([pattern]) => pattern.test(message));
  return said?.[1] ?? TYPES.get(type) ?? "code-host-rejected";
}

/** GraphQL has one address beside the REST API. @see GitHub Enterprise Server, "Forming calls with GraphQL" */
function graphUrlOf(baseUrl: string): string {
  return baseUrl.endsWith("/api/v3") ? `${baseUrl.slice(0, -"/v3".length)}/graphql` : `${baseUrl}/graphql`;
}
