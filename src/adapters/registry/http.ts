import type { Hash } from "node:crypto";
import { performance } from "node:perf_hooks";
import type { Dispatcher } from "undici";
import type { Metrics } from "../../ports/metrics.ts";
import type { Agents } from "./agents.ts";
import { faultOf, faultOfThrown, hostOf, isDeadConnection, type Subject } from "./fault.ts";

/** Bytes of an error body that are looked at. */
const ERROR_BYTES_MAX = 16 * 1024;

export interface HttpRequest {
  /** A POST may be sent twice: it must be one that changes nothing. */
  readonly method: "GET" | "HEAD" | "POST";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly subject: Subject;
}

/** An answer whose body was not read yet. Exactly one of the three readers must be called, or the connection is lost. */
export interface HttpAnswer {
  readonly url: URL;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;

  /**
   * The whole body, as it was sent: nothing is decompressed.
   *
   * @param hash is fed with every piece as it arrives
   * @throws {CodedError} `registry-too-large` above this many bytes, however they are framed; `registry-protocol` for a
   *   Content-Encoding; other `registry-*` when it does not arrive
   */
  bytes(bytesMax: number, hash?: Hash): Promise<Uint8Array>;

  /** The beginning of an error body as text. */
  errorText(): Promise<string>;

  /** Reads the body away, so that the connection can be used again. */
  discard(): Promise<void>;
}

export interface HttpOptions {
  readonly agents: Agents;
  readonly userAgent: string;
  readonly metrics: Metrics;
}

/** One request, one answer: no redirects, no log-in. Every attempt is counted. */
export class Http {
  readonly #options: HttpOptions;

  constructor(options: HttpOptions) {
    this.#options = options;
  }

  /**
   * Sends a request. A connection that died is tried once more at once: a kept one may have been closed by the other side.
   *
   * @throws {CodedError} `registry-*` when no answer came
   */
  async send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    try {
      return await this.#attempt(request, signal).catch((thrown: unknown) => {
        if (signal.aborted || !isDeadConnection(thrown)) throw thrown;
        return this.#attempt(request, signal);
      });
    } catch (thrown) {
      throw faultOfThrown(request.subject, request.url, thrown, signal);
    }
  }

  async #attempt(
    { method, url, headers, body, subject }: HttpRequest,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const startedAt = performance.now();
    const count = (status: number | "none"): void =>
      this.#options.metrics.request({
        party: "registry",
        host: subject.repository.registry,
        operation: subject.operation,
        status,
        durationMs: performance.now() - startedAt,
      });
    try {
      const response = await this.#options.agents.agentFor(url).request({
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method,
        headers: { "user-agent": this.#options.userAgent, "accept-encoding": "identity", ...headers },
        body: body ?? null,
        signal,
        // undici closes the connection after every HEAD unless told otherwise.
        reset: false,
      });
      count(response.statusCode);
      return answerOf(response, { url, subject, signal });
    } catch (thrown) {
      count("none");
      throw thrown;
    }
  }
}

interface AnswerContext {
  readonly url: URL;
  readonly subject: Subject;
  readonly signal: AbortSignal;
}

function answerOf(response: Dispatcher.ResponseData, context: AnswerContext): HttpAnswer {
  const { statusCode, headers, body } = response;
  const { url, subject, signal } = context;
  const guarded = async <Result>(read: () => Promise<Result>): Promise<Result> => {
    try {
      return await read();
    } catch (thrown) {
      throw faultOfThrown(subject, url, thrown, signal);
    }
  };
  return {
    url,
    status: statusCode,
    headers,
    bytes: (bytesMax, hash) =>
      guarded(async () => {
        const encoding = headers["content-encoding"];
        if (encoding !== undefined && encoding !== "identity") {
          abandon(body);
          throw faultOf(
            "registry-protocol",
            subject,
            `${hostOf(url)} encoded the body although asked not to`,
          );
        }
        const read = await readUpTo(body, Number(headers["content-length"] ?? 0), bytesMax, hash);
        if (read.isComplete) return read.bytes;
        throw faultOf("registry-too-large", subject, `${hostOf(url)} sent more than ${bytesMax} bytes`);
      }),
    errorText: () =>
      guarded(async () => {
        const { bytes } = await readUpTo(body, 0, ERROR_BYTES_MAX);
        return Buffer.from(bytes).toString("utf8");
      }),
    discard: () =>
      guarded(async () => {
        await body.dump({ limit: ERROR_BYTES_MAX, signal });
      }),
  };
}

async function readUpTo(
  body: Dispatcher.ResponseData["body"],
  announced: number,
  bytesMax: number,
  hash?: Hash,
): Promise<{ readonly isComplete: boolean; readonly bytes: Uint8Array }> {
  if (announced > bytesMax) {
    abandon(body);
    return { isComplete: false, bytes: new Uint8Array() };
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    length += chunk.byteLength;
    chunks.push(chunk);
    hash?.update(chunk);
    // Leaving the loop destroys the body and with it the connection.
    if (length > bytesMax) return { isComplete: false, bytes: Buffer.concat(chunks).subarray(0, bytesMax) };
  }
  return { isComplete: true, bytes: Buffer.concat(chunks, length) };
}

/** Gives up on a body and its connection. Destroying an unread body emits an error that nobody waits for. */
function abandon(body: Dispatcher.ResponseData["body"]): void {
  body.on("error", () => undefined);
  body.destroy();
}
