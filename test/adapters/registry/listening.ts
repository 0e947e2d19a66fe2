import type { Server, Socket } from "node:net";

const listening: { readonly server: Server; readonly sockets: Set<Socket> }[] = [];

/** Lets a server of its own kind listen on loopback until {@link closeListening}, and gives its host and port. */
export async function listenOn(server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  listening.push({ server, sockets });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return `127.0.0.1:${address.port}`;
}

export async function closeListening(): Promise<void> {
  for (const { server, sockets } of listening.splice(0)) {
    for (const socket of sockets) socket.destroy();
    const { promise, resolve } = Promise.withResolvers<void>();
    server.close(() => resolve());
    await promise;
  }
}
