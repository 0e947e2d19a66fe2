import type { Hash } from "node:crypto";
import { performance } from "node:perf_hooks";
import type { Dispatcher } from "undici";
import { isDeferral } from "../../errors.ts";
import type { Metrics } from "../../ports/metrics.ts";
import type { Admissions } from "./admissions.ts";
import type { Agents } from "./agents.ts";
import { faultOf, faultOfThrown, hostOf, isDeadConnection, type Subject } from "./fault.ts";
import type { Permit } from "./permit.ts";
import type { Endpoint } from "./settings.ts";

/** Bytes of an error body that are looked at. */
const ERROR_BYTES_MAX = 16 * 1024;

/** Whose budget a request spends. */
export interface Payer {
  /** The registry that is asked, or for whose sake somebody else is. */
  readonly endpoint: Endpoint;
  /** As whom: see {@link Credentials.credentialId}. */
  readonly credentialId: string;
}

export interface HttpRequest {
  readonly method: "GET" | "HEAD" | "POST";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Of a POST, which is sent again like the others: token services alone get one. */
  readonly body?: string | Uint8Array;
  readonly subject: Subject;
  readonly payer: Payer;
  /** What pays for it, when it is one of several. */
  readonly permit?: Permit;
  /** Where an answer led here, to another origin: the request that was answered has paid. */
  readonly from?: "redirect";
}

/** An answer whose body was not read yet. Exactly one of the readers must be called, or the connection is lost. */
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

  /**
   * Hands over the body in pieces as they arrive, as it was sent. No piece reaches beyond `bytesMax`; the next one is read when `take`
   * is done with the last.
   *
   * @returns how many bytes there were
   * @throws {CodedError} as {@link HttpAnswer.bytes}
   */
  pieces(bytesMax: number, take: (piece: Uint8Array) => void | Promise<void>): Promise<number>;

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
      if (isDeferral(thrown)) throw thrown;
      const fault = faultOfThrown(request.subject, request.url, thrown, signal);
      if (isSent) admissions.failed(request, fault, signal);
      throw fault;
    }
  }

  async #attempt(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
    const { method, url, headers, body, subject } = request;
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
      const response = await this.#options.agents
        .agentFor(url, subject.operation === "blob" ? "blobs" : "rest")
        .request({
          origin: url.origin,
          path: `${url.pathname}${url.search}`,
          method,
          headers: { "user-agent": this.#options.userAgent, "accept-encoding": "identity", ...headers },
          ...(body === undefined ? {} : { body }),
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
    pieces: (bytesMax, take) => telling(answer.pieces(bytesMax, take)),
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
  const pieces = async (
    bytesMax: number,
    take: (piece: Uint8Array) => void | Promise<void>,
  ): Promise<number> => {
    const encoding = headers["content-encoding"];
    if (encoding !== undefined && encoding !== "identity") {
      abandon(body);
      throw faultOf("registry-protocol", subject, `${hostOf(url)} encoded the body although asked not to`);
    }
    const announced = Number(headers["content-length"] ?? 0);
    const read = await guarded(() => readUpTo(body, announced, bytesMax, take));
    if (read.isComplete) return read.length;
    throw faultOf("registry-too-large", subject, `${hostOf(url)} sent more than ${bytesMax} bytes`);
  };
  return {
    url,
    status: statusCode,
    headers,
    pieces,
    bytes: async (bytesMax, hash) => {
      const chunks: Uint8Array[] = [];
      await pieces(bytesMax, (piece) => {
        chunks.push(piece);
        hash?.update(piece);
      });
      return Buffer.concat(chunks);
    },
    errorText: () =>
      guarded(async () => {
        const chunks: Uint8Array[] = [];
        await readUpTo(body, 0, ERROR_BYTES_MAX, (piece) => void chunks.push(piece));
        return Buffer.concat(chunks).toString("utf8");
      }),
    discard: () =>
      guarded(async () => {
        await body.dump({ limit: ERROR_BYTES_MAX, signal });
      }),
  };
}

/** Reads so many bytes at most; of the piece that goes beyond them, its beginning is still handed over. */
async function readUpTo(
  body: Dispatcher.ResponseData["body"],
  announced: number,
  bytesMax: number,
  take: (piece: Uint8Array) => void | Promise<void>,
): Promise<{ readonly isComplete: boolean; readonly length: number }> {
  if (announced > bytesMax) {
    abandon(body);
    return { isComplete: false, length: 0 };
  }
  let length = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    const rest = bytesMax - length;
    length += chunk.byteLength;
    await take(chunk.byteLength > rest ? chunk.subarray(0, rest) : chunk);
    // Leaving the loop destroys the body and with it the connection.
    if (length > bytesMax) return { isComplete: false, length: bytesMax };
  }
  return { isComplete: true, length };
}

/** Gives up on a body and its connection. Destroying an unread body emits an error that nobody waits for. */
function abandon(body: Dispatcher.ResponseData["body"]): void {
  body.on("error", () => undefined);
  body.destroy();
}
