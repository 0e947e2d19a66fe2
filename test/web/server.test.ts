import { connect } from "node:net";
import { once } from "node:events";
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { CodedError } from "../../src/errors.ts";
import { serveWeb } from "../../src/web/server.ts";

const LOOPBACK = { host: "127.0.0.1", port: 0 };

const hello = (): Hono => new Hono().get("/", (context) => context.text("hello"));

describe("serveWeb", () => {
  it("listens on a free port and says where", async () => {
    const server = await serveWeb(hello(), LOOPBACK);
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d+$/);
    expect(await (await fetch(server.url)).text()).toBe("hello");
    await server.close();
    await expect(fetch(server.url)).rejects.toThrow("fetch failed");
  });

  it.each([
    ["all of IPv4", "0.0.0.0", /^http:\/\/127\.0\.0\.1:\d+$/],
    ["IPv6", "::1", /^http:\/\/\[::1\]:\d+$/],
  ])("names an address a browser here can reach: %s", async (_title, host, url) => {
    const server = await serveWeb(hello(), { host, port: 0 });
    expect(server.url).toMatch(url);
    expect((await fetch(server.url)).status).toBe(200);
    await server.close();
  });

  it("lets a running request end before it closes", async () => {
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<string>();
    const app = new Hono().get("/", async (context) => {
      asked.resolve();
      return context.text(await answer.promise);
    });
    const server = await serveWeb(app, LOOPBACK);
    const response = fetch(server.url);
    await asked.promise;
    const closed = server.close();
    answer.resolve("in time");
    expect(await (await response).text()).toBe("in time");
    await closed;
  });

  it("closes although a browser keeps its connection", async () => {
    const server = await serveWeb(hello(), LOOPBACK);
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await once(socket, "data");
    await Promise.all([once(socket, "close"), server.close()]);
    expect(socket.destroyed).toBe(true);
  });

  it("cuts a request that never ends, after its time", async () => {
    const asked = Promise.withResolvers<void>();
    const app = new Hono().get("/", () => {
      asked.resolve();
      return new Promise<Response>(() => {});
    });
    const server = await serveWeb(app, LOOPBACK, { closeTimeoutMs: 20 });
    const [response] = await Promise.allSettled([
      fetch(server.url),
      asked.promise.then(() => server.close()),
    ]);
    expect(response.status).toBe("rejected");
  });

  it("may be closed twice", async () => {
    const server = await serveWeb(hello(), LOOPBACK);
    await Promise.all([server.close(), server.close()]);
    await expect(server.close()).resolves.toBeUndefined();
  });

  it("says so when it cannot listen", async () => {
    const first = await serveWeb(hello(), LOOPBACK);
    const port = Number(new URL(first.url).port);
    const second = serveWeb(hello(), { host: "127.0.0.1", port });
    await expect(second).rejects.toThrow(CodedError);
    await expect(second).rejects.toThrow(/cannot listen on "127\.0\.0\.1:\d+": .*EADDRINUSE/);
    await first.close();
  });

  it("leaves the process's own Request and Response alone", async () => {
    const before = { Request: globalThis.Request, Response: globalThis.Response };
    const server = await serveWeb(hello(), LOOPBACK);
    expect({ Request: globalThis.Request, Response: globalThis.Response }).toEqual(before);
    await server.close();
  });
});
