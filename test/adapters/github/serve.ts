import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { onTestFinished } from "vitest";

/** A request as it came. */
export interface Heard {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly authorization: string | undefined;
  readonly contentType: string | undefined;
  readonly body: string;
}

/** Where it listens, and what it was asked. */
export interface Server {
  readonly url: string;
  readonly heard: readonly Heard[];
}

/** A server on the loopback address that hears a request whole before it answers. It ends with the test. */
export async function serve(
  answer: (response: ServerResponse, request: IncomingMessage) => void,
): Promise<Server> {
  const heard: Heard[] = [];
  const server = createServer((request, response) => {
    const { method, url: path, headers } = request;
    const chunks: Uint8Array[] = [];
    request.on("data", (chunk: Uint8Array) => chunks.push(chunk));
    request.on("end", () => {
      heard.push({
        method,
        path,
        authorization: headers.authorization,
        contentType: headers["content-type"],
        body: Buffer.concat(chunks).toString("utf8"),
      });
      answer(response, request);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening");
  return { url: `http://127.0.0.1:${address.port}`, heard };
}
