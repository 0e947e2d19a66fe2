import type { ServerResponse } from "node:http";
import { brotliCompressSync, constants, gzipSync, zstdCompressSync } from "node:zlib";
import type { Reply } from "./reply.ts";

const MEGABYTE = Buffer.alloc(1024 * 1024, 0x20);
const DRIP_MS = 5;

/** Ways to misbehave. Where it says "the real answer", the fake answers as it would, with this change. */
export type Fault =
  /** Another status, with these headers and this body. */
  | {
      readonly kind: "status";
      readonly status: number;
      readonly headers?: Reply["headers"];
      readonly body?: string;
    }
  /** The real answer with headers replaced; undefined takes one away, a list sends it several times. */
  | {
      readonly kind: "headers";
      readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
    }
  /** The real answer with other bytes. */
  | { readonly kind: "bytes"; readonly body: Uint8Array | string }
  /** The real headers and this many megabytes of blanks; without an end, chunked, for `Infinity`. */
  | { readonly kind: "oversize"; readonly megabytes: number; readonly framing: "length" | "chunked" }
  /** The real headers, then one byte now and then, for ever. */
  | { readonly kind: "drip" }
  /** The header block itself, one header now and then, for ever. */
  | { readonly kind: "header-drip" }
  /** Nothing, for ever. */
  | { readonly kind: "hang" }
  /** The connection ends without an answer, or in the middle of the body. */
  | { readonly kind: "drop"; readonly when: "before-answer" | "in-body" }
  | { readonly kind: "redirect"; readonly location: string; readonly status?: number }
  /** The real body compressed, and said so. */
  | { readonly kind: "gzip" }
  /** The real headers and this many megabytes of blanks, compressed to nearly nothing, and said so. */
  | { readonly kind: "bomb"; readonly encoding: "gzip" | "br" | "zstd"; readonly megabytes: number }
  /** These bytes on the socket instead of an answer, and then the end of what is sent, or the connection left as it is. */
  | { readonly kind: "raw"; readonly bytes: string; readonly after: "end" | "keep" }
  /** The real answer, and these bytes right behind it on the same socket. */
  | { readonly kind: "trailing"; readonly bytes: string };

/** Which calls misbehave, how, and how often. */
export interface FaultRule {
  readonly method?: string;
  /** Tested against path and query. */
  readonly path: RegExp;
  readonly fault: Fault;
  /** Calls it counts for; all when absent. */
  readonly times?: number;
}

/** The faults that are set. The first rule that matches a call decides. */
export class Faults {
  readonly #rules: { readonly rule: FaultRule; left: number }[] = [];

  /** Sets a fault; the result takes it away again. */
  add(rule: FaultRule): () => void {
    const entry = { rule, left: rule.times ?? Number.POSITIVE_INFINITY };
    this.#rules.push(entry);
    return () => {
      entry.left = 0;
    };
  }

  clear(): void {
    this.#rules.length = 0;
  }

  take(method: string, url: string): Fault | undefined {
    const entry = this.#rules.find(
      ({ rule, left }) => left > 0 && (rule.method ?? method) === method && rule.path.test(url),
    );
    if (entry === undefined) return undefined;
    entry.left -= 1;
    return entry.rule.fault;
  }
}

/** Sends an answer with a fault in it. */
export function misbehave(fault: Fault, real: Reply, response: ServerResponse, isHead: boolean): void {
  switch (fault.kind) {
    case "status":
      return send(
        { status: fault.status, headers: fault.headers ?? {}, body: bytesOf(fault.body) },
        response,
        isHead,
      );
    case "headers":
      return send({ ...real, headers: withHeaders(real.headers, fault.headers) }, response, isHead);
    case "bytes":
      return send({ ...real, body: bytesOf(fault.body) }, response, isHead);
    case "oversize":
      return sendMuch(fault, real, response);
    case "drip":
      return drip(real, response);
    case "header-drip":
      return dripHeaders(response);
    case "hang":
      return undefined;
    case "drop":
      return drop(fault.when, real, response);
    case "redirect":
      return send(
        { status: fault.status ?? 307, headers: { location: fault.location }, body: bytesOf("moved") },
        response,
        isHead,
      );
    case "gzip":
      return send(
        { ...real, headers: { ...real.headers, "content-encoding": "gzip" }, body: gzipSync(real.body) },
        response,
        isHead,
      );
    case "bomb":
      return send(
        {
          ...real,
          status: 200,
          headers: { ...real.headers, "content-encoding": fault.encoding },
          body: compressed(fault),
        },
        response,
        isHead,
      );
    case "raw":
      response.socket?.write(fault.bytes);
      if (fault.after === "end") response.socket?.end();
      return undefined;
    case "trailing":
      return sendWithTrailing(fault.bytes, real, response, isHead);
    default:
      return fault satisfies never;
  }
}

/** Sends an answer as it is. */
export function send({ status, headers, body }: Reply, response: ServerResponse, isHead: boolean): void {
  response.writeHead(status, {
    ...(status === 304 ? {} : { "content-length": String(body.byteLength) }),
    ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, mutable(value)])),
  });
  response.end(isHead ? undefined : body);
}

function sendWithTrailing(bytes: string, real: Reply, response: ServerResponse, isHead: boolean): void {
  const { socket } = response;
  // In one piece, so that a client cannot use the connection in between.
  socket?.cork();
  send(real, response, isHead);
  socket?.write(bytes);
  socket?.uncork();
}

function compressed({ encoding, megabytes }: Extract<Fault, { readonly kind: "bomb" }>): Uint8Array {
  const blanks = Buffer.alloc(megabytes * MEGABYTE.byteLength, 0x20);
  switch (encoding) {
    case "gzip":
      return gzipSync(blanks);
    case "br":
      return brotliCompressSync(blanks, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });
    case "zstd":
      return zstdCompressSync(blanks);
    default:
      return encoding satisfies never;
  }
}

function sendMuch(
  { megabytes, framing }: Extract<Fault, { readonly kind: "oversize" }>,
  { headers }: Reply,
  response: ServerResponse,
): void {
  const length = framing === "length" ? { "content-length": String(megabytes * MEGABYTE.byteLength) } : {};
  response.writeHead(200, { ...mutableHeaders(headers), ...length });
  let left = megabytes;
  const more = (): void => {
    while (left > 0 && !response.destroyed) {
      left -= 1;
      if (!response.write(MEGABYTE)) {
        response.once("drain", more);
        return;
      }
    }
    response.end();
  };
  more();
}

function drip({ headers }: Reply, response: ServerResponse): void {
  response.writeHead(200, mutableHeaders(headers));
  everyNowAndThen(response, () => response.write(" "));
}

function dripHeaders(response: ServerResponse): void {
  const { socket } = response;
  socket?.write("HTTP/1.1 200 OK\r\n");
  everyNowAndThen(response, () => socket?.write("x-more: 1\r\n"));
}

function everyNowAndThen(response: ServerResponse, write: () => void): void {
  const timer = setInterval(write, DRIP_MS);
  response.once("close", () => clearInterval(timer));
}

function drop(when: "before-answer" | "in-body", { headers, body }: Reply, response: ServerResponse): void {
  if (when === "before-answer") {
    response.destroy();
    return;
  }
  response.writeHead(200, { ...mutableHeaders(headers), "content-length": String(body.byteLength) });
  response.write(body.subarray(0, body.byteLength >> 1), () => response.destroy());
}

function withHeaders(
  real: Reply["headers"],
  changes: Readonly<Record<string, string | readonly string[] | undefined>>,
): Reply["headers"] {
  const merged = Object.entries({ ...real, ...changes });
  return Object.fromEntries(merged.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

function mutableHeaders(headers: Reply["headers"]): Record<string, string | string[]> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, mutable(value)]));
}

function mutable(value: string | readonly string[]): string | string[] {
  return typeof value === "string" ? value : [...value];
}

function bytesOf(text: Uint8Array | string | undefined): Uint8Array {
  return typeof text === "string" ? Buffer.from(text) : (text ?? new Uint8Array());
}
