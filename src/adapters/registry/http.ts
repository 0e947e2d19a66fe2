import type { Hash } from "node:crypto";
import { performance } from "node:perf_hooks";
import type { Dispatcher } from "undici";
import { CodedError } from "../../errors.ts";
import type { Metrics } from "../../ports/metrics.ts";
import type { Admissions } from "./admissions.ts";
import type { Agents } from "./agents.ts";
import { faultOf, faultOfThrown, hostOf, isDeadConnection, type Subject } from "./fault.ts";
import type { Permit } from "./permit.ts";
import type { Endpoint } from "./settings.ts";

/** Bytes of an error body that are looked at. */
const ERROR_BYTES_MAX = 16 * 1024;

export interface HttpRequest {
  readonly method: "GET" | "HEAD";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly subject: Subject;
  /** Who is asked, and as whom: whose budget it spends. */
  readonly endpoint: Endpoint;
  /** What pays for it, when it is one of several. */
  readonly permit?: Permit;
  /** Where an answer led here, to another origin: the request that was answered has paid. */
  readonly from?: "redirect";
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
  readonly admissions: Admissions;
  readonly userAgent: string;
  readonly metrics: Metrics;
}

/** One request, one answer: no redirects, no log-in. Every attempt is counted, and paid from the host's budget. */
export class Http {
  readonly #options: HttpOptions;

  constructor(options: HttpOptions) {
    this.#options = options;
  }

  /**
   * Sends a request. A connection that died is tried once more at once: a kept one may have been closed by the other side.
   *
   * @throws {CodedError} `registry-*` when no answer came; `registry-deferred` when it was not sent
   */
  async send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    const { admissions } = this.#options;
    let isSent = false;
    try {
      await admissions.enter(request, signal);
      isSent = true;
      return await this.#attempt(request, signal).catch(async (thrown: unknown) => {
        if (signal.aborted || !isDeadConnection(thrown)) throw thrown;
        await admissions.enter(request, signal);
        return this.#attempt(request, signal);
      });
    } catch (thrown) {
      if (thrown instanceof CodedError && thrown.code === "registry-deferred") throw thrown;
      const fault = faultOfThrown(request.subject, request.url, thrown, signal);
      if (isSent) admissions.failed(request, fault, signal);
      throw fault;
    }
  }

  async #attempt(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    const { method, url, headers, subject } = request;
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
        signal,
        // undici closes the connection after every HEAD unless told otherwise.
        reset: false,
      });
      count(response.statusCode);
      return watched(answerOf(response, { url, subject, signal }), request, signal, this.#options.admissions);
    } catch (thrown) {
      count("none");
      throw thrown;
    }
  }
}

/** An answer that tells the gate what it says when it was read, or that it broke off. */
function watched(
  answer: HttpAnswer,
  request: HttpRequest,
  signal: AbortSignal,
  admissions: Admissions,
): HttpAnswer {
  const telling = async <Result>(
    reading: Promise<Result>,
    bodyOf?: (result: Result) => string,
  ): Promise<Result> => {
    try {
      const result = await reading;
      admissions.answered(request, answer, bodyOf?.(result) ?? "");
      return result;
    } catch (fault) {
      admissions.failed(request, fault, signal);
      throw fault;
    }
  };
  return {
    url: answer.url,
    status: answer.status,
    headers: answer.headers,
    bytes: (bytesMax, hash) => telling(answer.bytes(bytesMax, hash)),
    errorText: () => telling(answer.errorText(), (text) => text),
    discard: () => telling(answer.discard()),
  };
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
