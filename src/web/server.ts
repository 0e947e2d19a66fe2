import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import type { Hono } from "hono";
import { CodedError, messageOf, quote } from "../errors.ts";

/** How long running requests may take when the server closes; then their connections are cut. */
const CLOSE_TIMEOUT_MS = 3_000;

const IDLE_CHECK_MS = 20;

/** A server that listens. */
export interface WebServer {
  /** Where a browser on this machine reaches it, e.g. `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Takes no new connections, lets running requests end, and cuts those that take longer than 3 s. */
  close(): Promise<void>;
}

/**
 * Serves the app over HTTP.
 *
 * @param address.port 0 takes any free one
 * @throws {CodedError} `config-invalid` when it cannot listen there
 */
export async function serveWeb(
  app: Pick<Hono, "fetch">,
  address: { readonly host: string; readonly port: number },
  { closeTimeoutMs = CLOSE_TIMEOUT_MS }: { readonly closeTimeoutMs?: number } = {},
): Promise<WebServer> {
  // The adapter would replace Request and Response for the whole process, which other clients use too.
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false });
  server.listen(address.port, address.host);
  try {
    await once(server, "listening");
  } catch (cause) {
    const where = quote(`${address.host}:${address.port}`);
    throw new CodedError("config-invalid", `cannot listen on ${where}: ${messageOf(cause)}`, { cause });
  }
  let closing: Promise<void> | undefined;
  return {
    url: urlOf(address.host, server.address()),
    close() {
      closing ??= closeServer(server, closeTimeoutMs);
      return closing;
    },
  };
}

async function closeServer(server: ReturnType<typeof createAdaptorServer>, timeoutMs: number): Promise<void> {
  const closed = once(server, "close");
  server.close();
  if (!("closeIdleConnections" in server)) return;
  // A connection whose request has just ended would be kept for the browser's next one.
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
  const cut = setTimeout(() => server.closeAllConnections(), timeoutMs);
  await closed;
  clearInterval(idle);
  clearTimeout(cut);
}

function urlOf(host: string, address: AddressInfo | string | null): string {
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const reachable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}
