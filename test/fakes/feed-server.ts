import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** What a server of feeds answers with: a body with its ETag, or anything else by hand. */
export type FeedRoute =
  | { readonly body: string | Uint8Array; readonly etag?: string }
  | ((request: IncomingMessage, response: ServerResponse) => void);

/** A server of feeds on this machine. */
export interface FeedServer {
  readonly url: string;
  /** By path; may be changed at any time. */
  readonly routes: Map<string, FeedRoute>;
  /** Paths that were asked, with the status that was answered. */
  readonly asked: string[];
  close(): Promise<void>;
}

export async function startFeedServer(): Promise<FeedServer> {
  const routes = new Map<string, FeedRoute>();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    response.on("finish", () => void asked.push(`${response.statusCode} ${path}`));
    const route = routes.get(path);
    if (route === undefined) {
      response.writeHead(404).end("not here");
      return;
    }
    if (typeof route === "function") {
      route(request, response);
      return;
    }
    const headers = route.etag === undefined ? {} : { etag: route.etag };
    if (route.etag !== undefined && request.headers["if-none-match"] === route.etag) {
      response.writeHead(304, headers).end();
      return;
    }
    response.writeHead(200, headers).end(route.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    routes,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
