import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";
import { FakeContent } from "./content.ts";
import { Faults, misbehave, send } from "./faults.ts";
import type { FakeLists } from "./lists.ts";
import { type FakeLogin, LoginDesk } from "./login.ts";
import type { Call } from "./reply.ts";
import { Routes } from "./routes.ts";

export interface FakeRegistryOptions {
  /** `none` when absent, as docker-registry has none. */
  readonly referrers?: "api" | "none";
  /** Referrers on one page of the API; 100 when absent. */
  readonly referrersPerPage?: number;
  /** Tags on one page of a list; all of them when absent. */
  readonly tagsPerPage?: number;
  readonly login?: FakeLogin;
  /** Has these lists beside the protocol. */
  readonly lists?: FakeLists;
  /** Speaks HTTPS with this certificate instead of plain HTTP. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** 0, or absent, finds a free port. */
  readonly port?: number;
}

/** A call as it arrived. */
export interface LoggedCall {
  readonly method: string;
  /** Path and query, as sent. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Number of the TCP connection it came by, from 1. */
  readonly connection: number;
}

/** A registry in this process, on loopback. Content is put by method or by HTTP, as real tools do. */
export interface FakeRegistry {
  /** `127.0.0.1:41234`, as it stands in references. */
  readonly host: string;
  readonly url: string;
  readonly content: FakeContent;
  readonly putImage: FakeContent["putImage"];
  readonly putManifest: FakeContent["putManifest"];
  readonly putBlob: FakeContent["putBlob"];
  readonly tag: FakeContent["tag"];
  readonly faults: Faults;
  readonly login: LoginDesk;
  /** All calls so far, oldest first. */
  readonly requests: readonly LoggedCall[];
  /** TCP connections so far. */
  readonly connections: number;
  /** Ends idle connections, as servers do between two polls. */
  closeIdleConnections(): void;
  close(): Promise<void>;
}

/** Starts a registry that speaks /v2/ as docker-registry does, until it is told to misbehave. */
export async function startFakeRegistry(options: FakeRegistryOptions = {}): Promise<FakeRegistry> {
  const content = new FakeContent();
  const faults = new Faults();
  const login = new LoginDesk(options.login ?? { kind: "none" });
  const routes = new Routes({
    content,
    referrers: options.referrers ?? "none",
    referrersPerPage: options.referrersPerPage ?? 100,
    tagsPerPage: options.tagsPerPage,
  });
  const requests: LoggedCall[] = [];
  const connections = new Map<Socket, number>();
  let url = "";

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const call = await callOf(request);
    const { method = "", url: target = "" } = request;
    const connection = connections.get(request.socket) ?? 0;
    requests.push({ method, url: target, headers: request.headers, connection });
    const real = options.lists?.answer(call) ?? login.answer(call, url) ?? routes.answer(call);
    const fault = faults.take(method, target);
    const isHead = method === "HEAD";
    if (fault === undefined) send(real, response, isHead);
    else misbehave(fault, real, response, isHead);
  };
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    handle(request, response).catch(() => response.destroy());
  };
  const server =
    options.tls === undefined ? createServer(onRequest) : createTlsServer(options.tls, onRequest);
  server.on(options.tls === undefined ? "connection" : "secureConnection", (socket: Socket) => {
    connections.set(socket, connections.size + 1);
  });
  const port = await listen(server, options.port ?? 0);
  url = `${options.tls === undefined ? "http" : "https"}://127.0.0.1:${port}`;

  return {
    host: `127.0.0.1:${port}`,
    url,
    content,
    putImage: content.putImage.bind(content),
    putManifest: content.putManifest.bind(content),
    putBlob: content.putBlob.bind(content),
    tag: content.tag.bind(content),
    faults,
    login,
    requests,
    get connections() {
      return connections.size;
    },
    closeIdleConnections: () => server.closeIdleConnections(),
    close: () => close(server),
  };
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

async function listen(server: Server, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(port, "127.0.0.1", resolve);
  await promise;
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the fake registry has no port");
  return address.port;
}

async function close(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeAllConnections();
  await promise;
}
