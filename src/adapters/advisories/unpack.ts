import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { messageOf } from "../../errors.ts";
import { unavailable } from "./http.ts";

/**
 * Unpacks gzip as it comes, in bounded memory.
 *
 * @throws {CodedError} `advisories-unavailable` for what is no gzip, ends early, or unpacks to more than `bytesMax`
 */
export async function* gunzipped(
  packed: AsyncIterable<Uint8Array>,
  bytesMax: number,
): AsyncGenerator<Uint8Array> {
  const source = Readable.from(packed);
  const gunzip = createGunzip();
  source.on("error", (error) => gunzip.destroy(error));
  let bytes = 0;
  try {
    for await (const chunk of source.pipe(gunzip) as AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength;
      if (bytes > bytesMax) throw unavailable(`unpacks to more than ${bytesMax} bytes`);
      yield chunk;
    }
  } catch (cause) {
    throw meant(cause);
  } finally {
    gunzip.destroy();
    source.destroy();
  }
}

function meant(cause: unknown): unknown {
  return cause instanceof Error && "code" in cause && String(cause.code).startsWith("Z_")
    ? unavailable(`cannot be unpacked: ${messageOf(cause)}`, { cause })
    : cause;
}

/** Lines of a text as it comes, without their ends; a longer one than `lengthMax` ends it. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>, lengthMax: number): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > lengthMax) throw unavailable(`has a line of more than ${lengthMax} characters`);
    for (const line of lines) yield line.endsWith("\r") ? line.slice(0, -1) : line;
  }
  rest += decoder.decode();
  if (rest !== "") yield rest;
}
