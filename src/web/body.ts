/** The body of a request, or why there is none. */
export type Body =
  | { readonly kind: "read"; readonly bytes: Uint8Array }
  | { readonly kind: "too-large" }
  | { readonly kind: "too-slow" }
  /** The connection broke off. */
  | { readonly kind: "broken" };

/** Reads a body of at most so many bytes and for at most so long; more than that is never kept. */
export async function readBody(
  request: Request,
  { bytesMax, timeoutMs }: { readonly bytesMax: number; readonly timeoutMs: number },
): Promise<Body> {
  if (Number(request.headers.get("content-length") ?? 0) > bytesMax) return { kind: "too-large" };
  const reader = request.body?.getReader();
  if (reader === undefined) return { kind: "read", bytes: new Uint8Array() };

  const { promise: late, resolve } = Promise.withResolvers<Body>();
  const timer = setTimeout(() => resolve({ kind: "too-slow" }), timeoutMs);
  const reading = readAll(reader, bytesMax).catch((): Body => ({ kind: "broken" }));
  const body = await Promise.race([reading, late]);
  clearTimeout(timer);
  // Nobody waits for the rest, and whether it can be called off changes nothing.
  if (body.kind !== "read") reader.cancel().catch(() => undefined);
  return body;
}

async function readAll(reader: ReadableStreamDefaultReader<Uint8Array>, bytesMax: number): Promise<Body> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { kind: "read", bytes: Buffer.concat(chunks, length) };
    length += value.byteLength;
    if (length > bytesMax) return { kind: "too-large" };
    chunks.push(value);
  }
}
