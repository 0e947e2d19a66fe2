import { performance } from "node:perf_hooks";
import { Agent, type Dispatcher, EnvHttpProxyAgent, request } from "undici";
import { CodedError, messageOf, quote } from "../../errors.ts";
import type { Metrics } from "../../ports/metrics.ts";
import { HOUR_MS, SECOND_MS } from "../../time.ts";

const CONNECT_MAX_MS = 10 * SECOND_MS;
const ANSWER_MAX_MS = 60 * SECOND_MS;
const REDIRECTS_MAX = 4;
const RETRY_AFTER_MAX_MS = 6 * HOUR_MS;

/** Proxies by the scheme of what is spoken to, and hosts that are spoken to directly, comma-separated. */
export interface FeedProxy {
  readonly http?: string;
  readonly https?: string;
  readonly none?: string;
}

export interface FeedHttpOptions {
  readonly proxy?: FeedProxy;
  readonly userAgent: string;
  readonly metrics: Pick<Metrics, "request">;
}

/** A question to a server of feeds. */
export interface FeedRequest {
  readonly url: string;
  /** What is done, of a few, for metrics. */
  readonly operation: string;
  /** ETag of what is known: the answer may be that nothing changed. */
  readonly etag?: string;
  /** JSON that is posted. */
  readonly body?: string;
  readonly bytesMax: number;
}

/** What was answered. */
export type FeedAnswer =
  | { readonly kind: "unchanged" }
  | { readonly kind: "missing" }
  | { readonly kind: "content"; readonly etag?: string; readonly body: AsyncGenerator<Uint8Array> };

/** Speaks to servers of feeds. */
export interface FeedHttp {
  /** @throws {CodedError} `advisories-unavailable`, also while the body is read */
  ask(question: FeedRequest, signal: AbortSignal): Promise<FeedAnswer>;
  close(): Promise<void>;
}

/** Opens connections; TLS below 1.2 is refused, whatever Node is told on its command line. */
export function createFeedHttp({ proxy, userAgent, metrics }: FeedHttpOptions): FeedHttp {
  const dispatcher = dispatcherFor(proxy);
  const once = async (
    url: string,
    { operation, etag, body }: FeedRequest,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> => {
    const { host } = new URL(url);
    const startedAt = performance.now();
    const count = (status: number | "none"): void =>
      metrics.request({
        party: "advisories",
        host,
        operation,
        status,
        durationMs: performance.now() - startedAt,
      });
    try {
      const answer = await request(url, {
        dispatcher,
        signal,
        method: body === undefined ? "GET" : "POST",
        headers: {
          "user-agent": userAgent,
          ...(etag === undefined ? {} : { "if-none-match": etag }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body }),
      });
      count(answer.statusCode);
      return answer;
    } catch (cause) {
      count("none");
      if (signal.aborted) throw cause;
      throw unavailable(`asking ${quote(host)}: ${messageOf(cause)}`, { cause });
    }
  };
  return {
    async ask(question, signal) {
      let { url } = question;
      for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects += 1) {
        const answer = await once(url, question, signal);
        const next = redirectOf(url, answer);
        if (next === undefined) return answerOf(url, question, answer);
        await answer.body.dump();
        url = next;
      }
      throw unavailable(`${quote(question.url)} redirects more than ${REDIRECTS_MAX} times`);
    },
    close: () => dispatcher.destroy(),
  };
}

function dispatcherFor(proxy: FeedProxy | undefined): Dispatcher {
  const tls = { minVersion: "TLSv1.2" } as const;
  const options = {
    connect: { timeout: CONNECT_MAX_MS, ...tls },
    headersTimeout: ANSWER_MAX_MS,
    bodyTimeout: ANSWER_MAX_MS,
  };
  if (proxy === undefined) return new Agent(options);
  return new EnvHttpProxyAgent({
    ...options,
    httpProxy: proxy.http ?? "",
    httpsProxy: proxy.https ?? "",
    noProxy: proxy.none ?? "",
    requestTls: tls,
  });
}

/** Where an answer sends us; undefined when it does not. Never from https to anything else. */
function redirectOf(url: string, { statusCode, headers }: Dispatcher.ResponseData): string | undefined {
  if (![301, 302, 303, 307, 308].includes(statusCode)) return undefined;
  const location = headers["location"];
  const next = typeof location === "string" ? URL.parse(location, url) : null;
  const from = new URL(url).protocol;
  if (next === null || (next.protocol !== "https:" && next.protocol !== from)) {
    throw unavailable(`${quote(url)} redirects to ${quote(String(location))}, which is not followed`);
  }
  return next.href;
}

async function answerOf(
  url: string,
  { bytesMax }: FeedRequest,
  { statusCode, headers, body }: Dispatcher.ResponseData,
): Promise<FeedAnswer> {
  const { etag } = headers;
  switch (statusCode) {
    case 200:
      return {
        kind: "content",
        ...(typeof etag === "string" && etag.length <= 200 ? { etag } : {}),
        body: boundedBody(url, body, bytesMax),
      };
    case 304:
      await body.dump();
      return { kind: "unchanged" };
    case 404:
      await body.dump();
      return { kind: "missing" };
    default: {
      await body.dump();
      const seconds = Number(headers["retry-after"] ?? Number.NaN);
      const retryAfterMs = Number.isInteger(seconds) && seconds > 0 ? seconds * SECOND_MS : undefined;
      throw unavailable(`${quote(url)} answered ${statusCode}`, {
        status: statusCode,
        ...(retryAfterMs === undefined ? {} : { retryAfterMs: Math.min(retryAfterMs, RETRY_AFTER_MAX_MS) }),
      });
    }
  }
}

/** Leaving it early closes the connection. */
async function* boundedBody(
  url: string,
  body: AsyncIterable<Uint8Array>,
  bytesMax: number,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  try {
    for await (const chunk of body) {
      bytes += chunk.byteLength;
      if (bytes > bytesMax) throw unavailable(`${quote(url)} has more than ${bytesMax} bytes`);
      yield chunk;
    }
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    throw unavailable(`reading ${quote(url)}: ${messageOf(cause)}`, { cause });
  }
}

/** All of an answer as text. */
export async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** "No answer" of a feed. */
export function unavailable(
  message: string,
  facts: { readonly cause?: unknown; readonly status?: number; readonly retryAfterMs?: number } = {},
): CodedError {
  return new CodedError("advisories-unavailable", message, facts);
}
