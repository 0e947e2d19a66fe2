import { RequestError } from "octokit";
import { z } from "zod";
import { CodedError, type ErrorCode, quote } from "../../errors.ts";
import type { Call, Client } from "./client.ts";
import type { Answer } from "./exchange.ts";
import type { GraphDocument, Graphs } from "./graphs.ts";
import { OPERATIONS } from "./operations.ts";
import { wordsOf } from "./refusal.ts";
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
/** The same by those that have no codes yet. */
const UNKNOWN_WORDS =
  /^(?:Field '\w+' (?:doesn't exist on type|doesn't accept argument)|InputObject '\w+' doesn't accept argument|No such type \w+|\w+!? isn't a defined input type)/;

/** In place of an answer: there is nothing at the address, by GitHub's own words, or by those of somebody between. */
const NOTHING_THERE = { by: "the host" };
const NOTHING_SAID = { by: "somebody else" };
const ANSWER = z.union([
  z.custom<typeof NOTHING_THERE>((value) => value === NOTHING_THERE || value === NOTHING_SAID),
  BODY,
]);

/** Who is asked by documents. */
export interface GraphAccess {
  readonly client: Client;
  readonly graphs: Graphs;
  readonly document: GraphDocument;
}

/**
 * Sends a GraphQL document. What failed in it is answered, since the rest may have been done. Undefined where the host takes no such documents, which is
 * remembered, or where something before it does not let them through: then REST has to do.
 *
 * @throws {CodedError} `code-host-*` when there is no answer, the token for it is refused, or the whole is, for too many requests
 */
export async function askGraph(
  { client, graphs, document }: GraphAccess,
  call: Call,
  query: string,
  variables: Readonly<Record<string, unknown>>,
): Promise<GraphAnswer | undefined> {
  const answer = await client.call(call, ANSWER, (octokit, request) =>
    octokit
      .request({
        method: "POST",
        url: graphUrlOf(octokit.request.endpoint.DEFAULTS.baseUrl),
        query,
        variables,
        request,
      })
      .catch(nothingWhere404),
  );
  if ("by" in answer) {
    if (answer === NOTHING_THERE) graphs.absent(document);
    return undefined;
  }
  const { data, errors = [] } = answer;
  const limited = errors.find((failure) => codeOf(failure) === "code-host-rate-limited");
  if (limited !== undefined) {
    throw errorOfFailure("could not finish a request", limited, OPERATIONS[call.operation].needs);
  }
  if ((data ?? undefined) === undefined && errors.some(isUnknown)) {
    graphs.absent(document);
    return undefined;
  }
  return { data: data ?? {}, failures: errors };
}

/** That there is no such address is an answer to the document; a 404 on the way to its token is none. */
function nothingWhere404(thrown: unknown): Answer {
  if (!(thrown instanceof RequestError) || thrown.response?.status !== 404) throw thrown;
  const { status, headers, data } = thrown.response;
  return { status, headers, data: wordsOf(data) === "" ? NOTHING_SAID : NOTHING_THERE };
}

function isUnknown({ extensions, message }: GraphFailure): boolean {
  return UNKNOWN_CODES.has(extensions?.code ?? "") || UNKNOWN_WORDS.test(message);
}

/** What a failure means, as an error. @param needs permissions that are missing if it is forbidden */
export function errorOfFailure(attempt: string, failure: GraphFailure, needs: string): CodedError {
  const code = codeOf(failure);
  const facts = code === "code-host-rate-limited" ? { retryAfterMs: RETRY_AFTER_DEFAULT_MS } : {};
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
