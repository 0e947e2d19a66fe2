import { performance } from "node:perf_hooks";
import { BaseFetcher } from "tuf-js";
import { DownloadHTTPError } from "tuf-js/dist/error.js";
import { type Dispatcher, request } from "undici";
import { messageOf } from "../../errors.ts";
import type { Metrics } from "../../ports/metrics.ts";

/** Bytes of one answer at most; the library has smaller bounds for each role. */
const ANSWER_BYTES_MAX = 5 * 1024 * 1024;

export interface MirrorFetcherOptions {
  readonly dispatcher: Dispatcher;
  readonly userAgent: string;
  readonly metrics: Pick<Metrics, "request">;
  readonly signal: AbortSignal;
}

/**
 * Fetches for the TUF client through our own connections: it would otherwise use Node's, which know nothing of the configured proxy and
 * authorities, and do not end when the process does. Follows no redirect.
 */
export class MirrorFetcher extends BaseFetcher {
  readonly #options: MirrorFetcherOptions;

  constructor(options: MirrorFetcherOptions) {
    super();
    this.#options = options;
  }

  override async fetch(url: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const { host, pathname } = new URL(url);
    const startedAt = performance.now();
    const count = (status: number | "none"): void =>
      this.#options.metrics.request({
        party: "trust-root",
        host,
        operation: pathname.includes("/targets/") ? "target" : "metadata",
        status,
        durationMs: performance.now() - startedAt,
      });
    const { status, bytes } = await this.#get(url).catch((thrown: unknown) => {
      count("none");
      throw new Error(`asking ${host}: ${messageOf(thrown)}`, { cause: thrown });
    });
    count(status);
    // The client takes 403 and 404 for the end of a chain of roots, and for nothing else.
    if (status !== 200) throw new DownloadHTTPError(`${host} answered ${status}`, status);
    return new Blob([bytes]).stream();
  }

  async #get(url: string): Promise<{ readonly status: number; readonly bytes: Uint8Array<ArrayBuffer> }> {
    const { dispatcher, userAgent, signal } = this.#options;
    const { statusCode, body } = await request(url, {
      dispatcher,
      signal,
      headers: { "user-agent": userAgent, "accept-encoding": "identity" },
    });
    const chunks: Uint8Array[] = [];
    let length = 0;
    // Read whatever the status, so that the connection can be used again. Leaving the loop destroys it.
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      length += chunk.byteLength;
      if (length > ANSWER_BYTES_MAX) throw new Error(`the answer is larger than ${ANSWER_BYTES_MAX} bytes`);
      chunks.push(chunk);
    }
    return { status: statusCode, bytes: Buffer.concat(chunks, length) };
  }
}
