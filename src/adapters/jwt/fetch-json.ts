import { type Dispatcher, request } from "undici";

/** Bytes of an answer at most: Google's key set has 3 KB. */
const ANSWER_BYTES_MAX = 256 * 1024;

/**
 * Asks for a JSON document over https. Follows no redirect, and reads no more than 256 KiB.
 *
 * @throws {Error} whatever goes wrong, for the caller to give it a meaning
 */
export async function fetchJson(url: string, dispatcher: Dispatcher, signal: AbortSignal): Promise<unknown> {
  if (URL.parse(url)?.protocol !== "https:") throw new Error("not an https address");
  const { statusCode, body } = await request(url, {
    dispatcher,
    signal,
    headers: { accept: "application/json" },
  });
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Read whatever the status, so that the connection can be used again.
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    length += chunk.byteLength;
    if (length > ANSWER_BYTES_MAX) throw new Error(`the answer is larger than ${ANSWER_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  if (statusCode !== 200) throw new Error(`the answer has the status ${statusCode}`);
  return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks, length)));
}
