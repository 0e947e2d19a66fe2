import { rootCertificates } from "node:tls";
import { Agent, fetch as undiciFetch } from "undici";

/** More than GitHub's largest answer to us: a listing of a tree is cut at 7 MB, a file of 1 MiB is 1.4 MB of base64. */
const ANSWER_BYTES_MAX = 32 * 1024 * 1024;

/** Statuses whose answer has no body, not even an empty one. @see WHATWG Fetch, "null body status" */
const BODILESS = new Set([101, 103, 204, 205, 304]);

/** The answer was longer than any that GitHub gives; reading stopped. */
export class AnswerTooLargeError extends Error {
  constructor() {
    super(`the answer is larger than ${ANSWER_BYTES_MAX} bytes`);
    this.name = "AnswerTooLargeError";
  }
}

/** As octokit calls it. */
export type BoundedFetch = (url: string, init: RequestInit) => Promise<Response>;

/**
 * Fetches and reads the whole answer before anybody sees it, at most 32 MiB. Octokit reads a body that breaks off as an empty
 * one; here it is a failed request, with {@link AnswerTooLargeError} or whatever `fetch` throws. No proxy is used.
 *
 * @param ca certificates (PEM) to trust beside the usual ones
 */
export function boundedFetchOver(ca: string | undefined): BoundedFetch {
  if (ca === undefined) return async (url, init) => bounded(await fetch(url, init));
  const dispatcher = new Agent({ connect: { ca: [...rootCertificates, ca] } });
  return async (url, { method = "GET", headers, body, signal }) =>
    bounded(
      await undiciFetch(url, {
        method,
        headers: [...new Headers(headers)],
        ...(typeof body === "string" ? { body } : {}),
        ...(signal === undefined ? {} : { signal }),
        dispatcher,
      }),
    );
}

/** As far as the answers of Node's own and undici's `fetch` are the same. */
interface Fetched {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Iterable<[string, string]>;
  readonly body: AsyncIterable<Uint8Array> | null;
}

async function bounded({ status, statusText, headers, body }: Fetched): Promise<Response> {
  const bytes = await bytesOf(body);
  return new Response(BODILESS.has(status) ? null : bytes, { status, statusText, headers: [...headers] });
}

async function bytesOf(body: Fetched["body"]): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.byteLength;
    if (length > ANSWER_BYTES_MAX) throw new AnswerTooLargeError();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}
