import { rootCertificates } from "node:tls";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { Agent, type Dispatcher, interceptors } from "undici";

/** More than GitHub's largest answer to us: a listing of a tree is cut at 7 MB, a file of 1 MiB is 1.4 MB of base64. */
const ANSWER_BYTES_MAX = 32 * 1024 * 1024;
/** Of one request. GitHub redirects once, where a repository was renamed. */
const REDIRECTS_MAX = 5;
/** More than a worker asks at once; a further request waits. GitHub allows 100, of all processes together. */
const CONNECTIONS_MAX = 64;

/** Not `deflate`, by which servers mean two things. */
const DECODERS: ReadonlyMap<string, (bytes: Uint8Array, bound: { maxOutputLength: number }) => Uint8Array> =
  new Map([
    ["gzip", gunzipSync],
    ["br", brotliDecompressSync],
  ]);
const ACCEPT_ENCODING = [...DECODERS.keys()].join(", ");

/** What undici and zlib say of more bytes than they were allowed. */
const TOO_LARGE_CODES: ReadonlySet<unknown> = new Set([
  "UND_ERR_RES_EXCEEDED_MAX_SIZE",
  "ERR_BUFFER_TOO_LARGE",
]);

/** Whether a request failed since the answer was longer than any that GitHub gives; reading stopped. */
export function isTooLarge(thrown: unknown): boolean {
  return thrown instanceof Error && "code" in thrown && TOO_LARGE_CODES.has(thrown.code);
}

/** A request as octokit makes it. */
export interface FetchRequest {
  readonly method?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** What octokit reads of an answer. */
export interface FetchAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** What was said: parsed JSON, else text. Octokit, told not to parse a success, gives it out as `data` untouched. */
  readonly body: unknown;
  text(): Promise<string>;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** As octokit calls it. */
export type BoundedFetch = (url: string, request: FetchRequest) => Promise<FetchAnswer>;

/**
 * Fetches and reads the whole answer before anybody sees it, at most 32 MiB of it as it was sent and as it is unpacked. Octokit
 * reads a body that breaks off as an empty one; here it is a failed request, with whatever undici or zlib throws, or the reason of
 * the signal. As with `fetch`, redirects are followed, and another origin does not hear who asks. No proxy is used. Connections
 * that wait for the next request do not keep the process alive.
 *
 * @param ca certificates (PEM) to trust beside the usual ones
 */
export function boundedFetchOver(ca: string | undefined): BoundedFetch {
  const dispatcher = new Agent({
    connections: CONNECTIONS_MAX,
    maxResponseSize: ANSWER_BYTES_MAX,
    // As fetch does; undici 8 would put all requests on one connection where the server speaks HTTP/2.
    allowH2: false,
    ...(ca === undefined ? {} : { connect: { ca: [...rootCertificates, ca] } }),
  }).compose(interceptors.redirect({ maxRedirections: REDIRECTS_MAX, throwOnMaxRedirect: true }));
  return async (url, { method = "GET", headers, body, signal }) => {
    const { origin, pathname, search } = new URL(url);
    const answer = await dispatcher.request({
      origin,
      path: `${pathname}${search}`,
      method,
      headers: { ...headers, "accept-encoding": ACCEPT_ENCODING },
      ...(typeof body === "string" ? { body } : {}),
      ...(signal === undefined ? {} : { signal }),
    });
    return answerOf(answer, await answer.body.bytes());
  };
}

function answerOf(
  { statusCode, statusText, headers: sent }: Dispatcher.ResponseData,
  bytes: Uint8Array,
): FetchAnswer {
  const headers = new Map(
    Object.entries(sent).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(", ") : (value ?? ""),
    ]),
  );
  const body = unpacked(bytes, headers.get("content-encoding"));
  const text = (): string => new TextDecoder().decode(body);
  return {
    status: statusCode,
    statusText,
    url: "",
    headers,
    get body() {
      return isJson(headers.get("content-type")) ? parsed(text()) : text();
    },
    text: async () => text(),
    arrayBuffer: async () => new Uint8Array(body).buffer,
  };
}

function unpacked(bytes: Uint8Array, encoding: string | undefined): Uint8Array {
  const decode = DECODERS.get(encoding?.toLowerCase() ?? "");
  // The answer to HEAD, and "not modified", name the encoding of what they leave out.
  return decode === undefined || bytes.length === 0
    ? bytes
    : decode(bytes, { maxOutputLength: ANSWER_BYTES_MAX });
}

function isJson(contentType = ""): boolean {
  return /^application\/(?:scim\+)?json *(?:;|$)/i.test(contentType);
}

/** Text that is no JSON stays text, which has not the form of any answer. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
