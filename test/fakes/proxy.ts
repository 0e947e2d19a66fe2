import { createServer, type IncomingHttpHeaders } from "node:http";
import { connect, type Socket } from "node:net";

export interface FakeProxyOptions {
  /** Whom it lets through; everybody when absent. */
  readonly login?: { readonly username: string; readonly password: string };
  /** Answers every CONNECT with this status instead of making a tunnel. */
  readonly refuseWith?: number;
  /** Says nothing to a CONNECT, for ever. */
  readonly isSilent?: true;
}

/** A call as it arrived: `CONNECT registry.example:443`, or anything else a proxy is sent in the open. */
export interface ProxyCall {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
}

/** A proxy in this process, on loopback. Every name is this machine to it. */
export interface FakeProxy {
  readonly port: number;
  readonly calls: readonly ProxyCall[];
  close(): Promise<void>;
}

/** Starts a proxy that makes tunnels and nothing else. */
export async function startFakeProxy(options: FakeProxyOptions = {}): Promise<FakeProxy> {
  const calls: ProxyCall[] = [];
  const sockets = new Set<Socket>();
  const server = createServer(({ method = "", url = "", headers }, response) => {
    calls.push({ method, target: url, headers });
    response.writeHead(405).end();
  });
  server.on("connection", (socket: Socket) => sockets.add(socket));
  server.on("connect", ({ method = "", url = "", headers }, socket: Socket, head: Buffer) => {
    calls.push({ method, target: url, headers });
    socket.on("error", () => socket.destroy());
    if (options.isSilent === true) return;
    const status = options.refuseWith ?? (isLetThrough(headers, options.login) ? 200 : 407);
    if (status !== 200) {
      socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const upstream = connect({ host: "127.0.0.1", port: Number(url.split(":").at(-1)) }, () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      upstream.write(head);
      socket.pipe(upstream).pipe(socket);
    });
    sockets.add(upstream);
    upstream.on("error", () => socket.destroy());
    socket.on("close", () => upstream.destroy());
  });

  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the fake proxy has no port");
  return {
    port: address.port,
    calls,
    close: async () => {
      const { promise: closed, resolve: done } = Promise.withResolvers<void>();
      server.close(() => done());
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function isLetThrough(headers: IncomingHttpHeaders, login: FakeProxyOptions["login"]): boolean {
  if (login === undefined) return true;
  const pair = Buffer.from(`${login.username}:${login.password}`).toString("base64");
  return headers["proxy-authorization"] === `Basic ${pair}`;
}
