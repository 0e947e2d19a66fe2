import { getEventListeners } from "node:events";
import type { ServerResponse } from "node:http";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { boundedFetchOver, isTooLarge } from "../../../src/adapters/github/bounded-fetch.ts";
import { serve } from "./serve.ts";

const MIB = 1024 * 1024;
const AUTHORIZATION = { authorization: "token ghp_0123456789" };

const ask = boundedFetchOver(undefined);
const askPlainly = async (url: string): Promise<string> => (await ask(url, { headers: {} })).text();

async function failureOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => {
      throw new Error("it was answered");
    },
    (thrown: unknown) => thrown,
  );
}

const cut = (response: ServerResponse): void => void response.write("{", () => response.destroy());
const endless = (response: ServerResponse): void => {
  const chunk = Buffer.alloc(MIB, "x");
  const more = (): void => void response.write(chunk, (error) => (error ? undefined : more()));
  more();
};

describe("a redirect", () => {
  const rows = [
    { status: 301, method: "GET", becomes: "GET" },
    { status: 301, method: "POST", becomes: "GET" },
    { status: 301, method: "PATCH", becomes: "PATCH" },
    { status: 302, method: "POST", becomes: "GET" },
    { status: 303, method: "PUT", becomes: "GET" },
    { status: 307, method: "POST", becomes: "POST" },
    { status: 308, method: "PATCH", becomes: "PATCH" },
  ];

  test.each(rows)("$status of $method is followed as $becomes, as fetch does it", async (row) => {
    const { status, method, becomes } = row;
    const { url, heard } = await serve((response, { url: path }) => {
      if (path === "/old?page=2") response.writeHead(status, { location: "/new?page=2" });
      response.end("there");
    });
    const body = method === "GET" ? undefined : "{}";
    const headers = {
      ...AUTHORIZATION,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    };
    const answer = await ask(`${url}/old?page=2`, { method, headers, body });
    await fetch(`${url}/old?page=2`, { method, headers, ...(body === undefined ? {} : { body }) });

    expect([answer.status, await answer.text()]).toEqual([200, "there"]);
    expect(heard[1]).toEqual({
      method: becomes,
      path: "/new?page=2",
      ...AUTHORIZATION,
      ...(becomes === "GET"
        ? { contentType: undefined, body: "" }
        : { contentType: "application/json", body: "{}" }),
    });
    expect(heard[1]).toEqual(heard[3]);
    expect(heard).toHaveLength(4);
  });

  test.each(rows)("$status of $method to another origin does not take the token along", async (row) => {
    const { status, method, becomes } = row;
    const other = await serve((response) => response.end("elsewhere"));
    const { url } = await serve((response) =>
      response.writeHead(status, { location: `${other.url}/x` }).end(),
    );
    const body = method === "GET" ? undefined : "{}";
    const answer = await ask(url, { method, headers: AUTHORIZATION, body });
    expect(await answer.text()).toBe("elsewhere");
    expect(other.heard).toMatchObject([{ method: becomes, authorization: undefined }]);
  });

  test("back from another origin comes without the token as well", async () => {
    const other = await serve((response) => response.writeHead(307, { location: `${url}/back` }).end());
    const { url, heard } = await serve((response, { url: path }) =>
      path === "/back" ? response.end() : response.writeHead(307, { location: other.url }).end(),
    );
    await ask(`${url}/there`, { method: "POST", headers: AUTHORIZATION, body: "{}" });
    expect(heard).toMatchObject([AUTHORIZATION, { path: "/back", authorization: undefined }]);
  });

  test("that leads nowhere is an answer", async () => {
    const { url } = await serve((response) => response.writeHead(301).end("moved"));
    const answer = await ask(url, { headers: {} });
    expect([answer.status, await answer.text()]).toEqual([301, "moved"]);
  });

  test.each([
    { title: "to itself", next: () => "/", requests: 1 },
    { title: "in a circle", next: (path: string) => (path === "/a" ? "/b" : "/a"), requests: 3 },
    { title: "without an end", next: (path: string) => `${path}x`, requests: 6 },
    { title: "to a file", next: () => "file:///etc/passwd", requests: 1 },
    { title: "by another protocol", next: () => "ftp://127.0.0.1/x", requests: 1 },
    { title: "to no URL", next: () => "http://", requests: 1 },
  ])("$title is a failed request", async ({ next, requests }) => {
    const { url, heard } = await serve((response, { url: path = "" }) =>
      response.writeHead(302, { location: next(path) }).end(),
    );
    expect(await failureOf(askPlainly(url))).toBeInstanceOf(Error);
    expect(heard).toHaveLength(requests);
  });
});

describe("an answer", () => {
  test.each([
    { encoding: undefined, bytes: Buffer.from("Grüße") },
    { encoding: "identity", bytes: Buffer.from("Grüße") },
    { encoding: "gzip", bytes: gzipSync("Grüße") },
    { encoding: "GZIP", bytes: gzipSync("Grüße") },
    { encoding: "br", bytes: brotliCompressSync("Grüße") },
  ])("packed by $encoding is unpacked", async ({ encoding, bytes }) => {
    const { url } = await serve((response) => {
      if (encoding !== undefined) response.setHeader("content-encoding", encoding);
      response.end(bytes);
    });
    expect(await askPlainly(url)).toBe("Grüße");
  });

  test("is asked for packed", async () => {
    const { url } = await serve((response, { headers }) => response.end(headers["accept-encoding"]));
    expect(await askPlainly(url)).toBe("gzip, br");
  });

  test.each(["HEAD", "GET"])("to %s may name an encoding and hold nothing", async (method) => {
    const { url } = await serve((response) => response.writeHead(200, { "content-encoding": "gzip" }).end());
    expect(await (await ask(url, { method, headers: {} })).text()).toBe("");
  });

  test("has its headers by name, those said twice in one", async () => {
    const { url } = await serve((response) =>
      response
        .writeHead(
          404,
          "Gone",
          [
            ["X-A", "1"],
            ["x-a", "2"],
            ["ETag", '"e"'],
          ].flat(),
        )
        .end(),
    );
    const { headers, status, statusText } = await ask(url, { headers: {} });
    expect([status, statusText, headers.get("x-a"), headers.get("etag")]).toEqual([
      404,
      "Gone",
      "1, 2",
      '"e"',
    ]);
  });

  test.each([
    { title: "as it is", encoding: undefined, bytes: Buffer.alloc(32 * MIB, "x") },
    { title: "packed", encoding: "gzip", bytes: gzipSync(Buffer.alloc(32 * MIB, "x")) },
  ])("of 32 MiB is read, $title", async ({ encoding, bytes }) => {
    const { url } = await serve((response) => {
      if (encoding !== undefined) response.setHeader("content-encoding", encoding);
      response.end(bytes);
    });
    expect(await askPlainly(url)).toHaveLength(32 * MIB);
  });

  test.each([
    {
      title: "announced",
      encoding: undefined,
      send: (response: ServerResponse) => void response.end(Buffer.alloc(32 * MIB + 1)),
    },
    { title: "without an end", encoding: undefined, send: endless },
    { title: "without an end, packed", encoding: "gzip", send: endless },
    ...[
      { encoding: "gzip", bytes: gzipSync(Buffer.alloc(32 * MIB + 1)) },
      { encoding: "br", bytes: brotliCompressSync(Buffer.alloc(32 * MIB + 1)) },
    ].map(({ encoding, bytes }) => ({
      title: `packed small by ${encoding}`,
      encoding,
      send: (response: ServerResponse) => void response.end(bytes),
    })),
  ])("above 32 MiB is a failed request: $title", async ({ encoding, send }) => {
    const { url } = await serve((response) => {
      if (encoding !== undefined) response.setHeader("content-encoding", encoding);
      send(response);
    });
    expect(await failureOf(askPlainly(url))).toSatisfy(isTooLarge);
  });

  test.each([
    {
      title: "before it began",
      headers: {},
      send: (response: ServerResponse) => void response.destroy(),
      code: "UND_ERR_SOCKET",
    },
    {
      title: "of an announced length",
      headers: { "content-length": "100" },
      send: cut,
      code: "UND_ERR_SOCKET",
    },
    { title: "of chunks", headers: {}, send: cut, code: "UND_ERR_SOCKET" },
    {
      title: "of what was packed",
      headers: { "content-encoding": "gzip" },
      send: (response: ServerResponse) => void response.end(gzipSync("x".repeat(100)).subarray(0, 20)),
      code: "Z_BUF_ERROR",
    },
    {
      title: "for what is not packed at all",
      headers: { "content-encoding": "gzip" },
      send: (response: ServerResponse) => void response.end("plain"),
      code: "Z_DATA_ERROR",
    },
  ])("that breaks off is a failed request: $title", async ({ headers, send, code }) => {
    const { url } = await serve((response) => {
      response.writeHead(200, { "content-type": "application/json", ...headers });
      send(response);
    });
    const failure = await failureOf(askPlainly(url));
    expect(failure).toMatchObject({ code });
    expect(failure).not.toSatisfy(isTooLarge);
  });
});

describe("who asks may give up", () => {
  const reason = new Error("enough");

  test("before: nothing is asked", async () => {
    const { url, heard } = await serve((response) => response.end());
    expect(await failureOf(ask(url, { headers: {}, signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(heard).toEqual([]);
  });

  test.each([
    { title: "while nothing came", send: (_: ServerResponse, then: () => void) => then() },
    {
      title: "in the middle of the answer",
      send: (response: ServerResponse, then: () => void) => void response.write("{", then),
    },
    {
      title: "on the way of a redirect",
      send: (response: ServerResponse, then: () => void, path = "") =>
        path === "/next" ? then() : void response.writeHead(307, { location: "/next" }).end(),
    },
  ])("$title", async ({ send }) => {
    const caller = new AbortController();
    const { url } = await serve((response, request) =>
      send(response, () => caller.abort(reason), request.url),
    );
    expect(await failureOf(ask(url, { headers: {}, signal: caller.signal }))).toBe(reason);
    expect(getEventListeners(caller.signal, "abort")).toEqual([]);
  });

  test("and leaves nothing behind at the signal if not", async () => {
    const { signal } = new AbortController();
    const { url } = await serve((response, { url: path }) =>
      path === "/cut" ? void response.destroy() : void response.end(),
    );
    await ask(url, { headers: {}, signal });
    await failureOf(ask(`${url}/cut`, { headers: {}, signal }));
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});
