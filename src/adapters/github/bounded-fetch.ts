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

/**
 * Fetches and reads the whole answer before anybody sees it, at most 32 MiB. Octokit reads a body that breaks off as an empty
 * one; here it is a failed request.
 *
 * @throws {AnswerTooLargeError} and whatever `fetch` throws
 */
export async function boundedFetch(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  const body = await bytesOf(response);
  const { status, statusText, headers } = response;
  return new Response(BODILESS.has(status) ? null : body, { status, statusText, headers });
}

async function bytesOf(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength;
    if (length > ANSWER_BYTES_MAX) throw new AnswerTooLargeError();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}
