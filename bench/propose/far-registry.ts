import { createServer, request } from "node:http";

/** A registry at some distance. */
export interface FarRegistry {
  readonly host: string;
  /** From now on every request takes so much longer. */
  moveAway(delayMs: number): void;
  close(): Promise<void>;
}

/** Puts a registry that speaks plain HTTP on loopback behind a distance, none at first. */
export async function startFarRegistry(host: string): Promise<FarRegistry> {
  const [hostname = "", port = ""] = host.split(":");
  let delayMs = 0;
  const server = createServer((incoming, answer) => {
    const forward = (): void => {
      const { method, url: path, headers } = incoming;
      const outgoing = request({ hostname, port, method, path, headers }, (response) => {
        answer.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(answer);
      });
      outgoing.on("error", () => answer.destroy());
      incoming.pipe(outgoing);
    };
    if (delayMs === 0) forward();
    else setTimeout(forward, delayMs);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    host: `127.0.0.1:${address.port}`,
    moveAway(further) {
      delayMs = further;
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
