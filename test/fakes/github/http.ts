import type { IncomingMessage, ServerResponse } from "node:http";
import type { Mischief } from "./faults.ts";

const BODY_BYTES_MAX = 16 * 1024 * 1024;

/** What is sent back: JSON, unless it says otherwise. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text is sent as it is, undefined as nothing, anything else as JSON. */
  readonly body?: unknown;
}

/** The whole body of a request. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    length += bytes.byteLength;
    if (length > BODY_BYTES_MAX) throw new Error(`a request of more than ${BODY_BYTES_MAX} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Sends an answer whole; or, as a fault, none of it, or half. */
export function sendAnswer(response: ServerResponse, answer: HttpAnswer, mischief?: Mischief): void {
  if (mischief?.kind === "lose-answer") {
    response.destroy();
    return;
  }
  const bytes = Buffer.from(textOf(answer.body), "utf8");
  const type =
    typeof answer.body === "string" ? "text/html; charset=utf-8" : "application/json; charset=utf-8";
  const isBodiless = answer.status === 204 || answer.status === 304;
  response.writeHead(answer.status, {
    ...(isBodiless ? {} : { "content-type": type, "content-length": String(bytes.byteLength) }),
    ...answer.headers,
  });
  if (mischief?.kind === "cut-answer") {
    response.write(bytes.subarray(0, bytes.byteLength >> 1), () => response.destroy());
    return;
  }
  response.end(isBodiless ? undefined : bytes);
}

function textOf(body: unknown): string {
  if (typeof body === "string") return body;
  return body === undefined ? "" : JSON.stringify(body);
}
