import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Call, Reply } from "../registry/reply.ts";

/** A service in this process, on loopback, that hands out tokens. */
export interface TokenService {
  /** `127.0.0.1:41234` */
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** All calls so far, oldest first. */
  readonly calls: readonly Call[];
  close(): Promise<void>;
}

/** Starts a service that answers so; undefined never answers. */
export async function startTokenService(
  answer: (call: Call, url: string) => Promise<Reply> | Reply | undefined,
): Promise<TokenService> {
  const calls: Call[] = [];
  let url = "";
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const call = await callOf(request);
    calls.push(call);
    const reply = await answer(call, url);
    if (reply === undefined) return;
    const headers = Object.entries(reply.headers).map(
      ([name, value]) => [name, typeof value === "string" ? value : [...value]] as const,
    );
    response.writeHead(reply.status, Object.fromEntries(headers)).end(reply.body);
  };
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the token service has no port");
  url = `http://127.0.0.1:${address.port}`;
  return {
    host: `127.0.0.1:${address.port}`,
    port: address.port,
    url,
    calls,
    close: async () => {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
    },
  };
}

/** The fields of a form that was posted. */
export function formIn({ body }: Call): Readonly<Record<string, string>> {
  return Object.fromEntries(new URLSearchParams(Buffer.from(body).toString("utf8")));
}

async function callOf(request: IncomingMessage): Promise<Call> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request as AsyncIterable<Uint8Array>) chunks.push(chunk);
  const [path = "", query = ""] = (request.url ?? "").split("?");
  return {
    method: request.method ?? "",
    path,
    query: new URLSearchParams(query),
    headers: request.headers,
    body: Buffer.concat(chunks),
  };
}
