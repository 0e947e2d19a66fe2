import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { createMetrics } from "../../src/adapters/metrics/metrics.ts";
import { CodedError } from "../../src/errors.ts";
import { PROVIDERS } from "../../src/push/provider.ts";
import type { createWeb } from "../../src/web/app.ts";
import { serveWeb } from "../../src/web/server.ts";
import {
  callOf,
  HEADER_VALUE,
  hookOf,
  hooksOn,
  LATER,
  lineOf,
  NOW,
  pathOf,
  secretOf,
  SIGNING_KEY,
} from "./hooks-under-test.ts";

const WATCHED = lineOf("acme/hardened-base", "3.23-musl");
const HOOKS = PROVIDERS.map((provider) => hookOf(provider));
const MIB = 1024 * 1024;
const PATH = pathOf("docker-hub");

/** A store that never answers about a push. */
const silent = (store: Parameters<NonNullable<NonNullable<Parameters<typeof hooksOn>[1]>["store"]>>[0]) => ({
  ...store,
  noticePush: () => new Promise<never>(() => {}),
});

async function served(app: ReturnType<typeof createWeb>): Promise<string> {
  const server = await serveWeb(app, { host: "127.0.0.1", port: 0 });
  onTestFinished(() => server.close());
  return server.url;
}

function dial(url: string): Socket {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  onTestFinished(() => {
    socket.destroy();
  });
  return socket;
}

/** What comes back until the other side ends the connection. */
async function answerOn(socket: Socket): Promise<string> {
  let text = "";
  socket.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  // A peer that stops reading may reset the connection after its answer.
  socket.on("error", () => undefined);
  await once(socket, "close");
  return text;
}

describe("a body", () => {
  it("of 1 MiB is read, and is no push", async () => {
    const { app } = await hooksOn([WATCHED], { hooks: HOOKS });
    const body = Buffer.from(`"${"a".repeat(MIB - 2)}"`);
    expect((await app.request(PATH, callOf("docker-hub", { body }))).status).toBe(400);
  });

  it("of one byte more is not", async () => {
    const { app, counted } = await hooksOn([WATCHED], { hooks: HOOKS });
    const body = Buffer.from(`"${"a".repeat(MIB - 1)}"`);
    expect((await app.request(PATH, callOf("docker-hub", { body }))).status).toBe(413);
    expect(counted).toEqual(["docker-hub too-large"]);
  });

  it("that says it is larger is not even begun with", async () => {
    const { app } = await hooksOn([WATCHED], { hooks: HOOKS });
    const socket = dial(await served(app));
    socket.write(`POST ${PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: ${2 * MIB}\r\n\r\n`);
    expect(await answerOn(socket)).toMatch(/^HTTP\/1\.1 413 [^]*\{"refused":"too-large"\}/);
  });

  it("that does not say how large it is is cut when it is too large", async () => {
    const { app, store } = await hooksOn([WATCHED], { hooks: HOOKS });
    const socket = dial(await served(app));
    const answer = answerOn(socket);
    socket.write(`POST ${PATH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`);
    const chunk = `10000\r\n${"a".repeat(65_536)}\r\n`;
    for (let sent = 0; sent < 32 && socket.writable; sent += 1) socket.write(chunk);
    expect(await answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(await store.firstDueAt()).toBe(LATER);
  });

  it("that never ends is waited for so long and no longer", async () => {
    const { app, counted } = await hooksOn([WATCHED], { hooks: HOOKS, limits: { bodyTimeoutMs: 30 } });
    const socket = dial(await served(app));
    socket.write(`POST ${PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"push_data":`);
    expect(await answerOn(socket)).toMatch(/^HTTP\/1\.1 408 [^]*\{"refused":"too-slow"\}/);
    expect(counted).toEqual(["docker-hub too-slow"]);
  });

  it("that breaks off changes nothing and is no fault of ours", async () => {
    const { app, store, counted, faults } = await hooksOn([WATCHED], { hooks: HOOKS });
    const body = new ReadableStream({
      pull(controller) {
        controller.error(new Error("aborted"));
      },
    });
    const answer = await app.request(
      new Request(`http://x${PATH}`, { method: "POST", body, duplex: "half" }),
    );
    expect(answer.status).toBe(400);
    expect(counted).toEqual(["docker-hub broken"]);
    expect(faults).toEqual([]);
    expect(await store.firstDueAt()).toBe(LATER);
  });

  it("is not read for whoever does not know the path", async () => {
    const { app } = await hooksOn([WATCHED], { hooks: HOOKS });
    let isRead = false;
    const body = new ReadableStream(
      {
        pull() {
          isRead = true;
          return new Promise(() => {});
        },
      },
      { highWaterMark: 0 },
    );
    const request = new Request("http://x/hooks/docker-hub/wrong", { method: "POST", body, duplex: "half" });
    expect((await app.request(request)).status).toBe(404);
    expect(isRead).toBe(false);
  });
});

describe("many calls", () => {
  it("above the rate of a hook are turned away, and not those of another", async () => {
    let nowMs = 0;
    const { app, store, counted } = await hooksOn([WATCHED], { hooks: HOOKS, monotonicMs: () => nowMs });
    const statuses = new Map<number, number>();
    for (let call = 0; call < 1_000; call += 1) {
      const { status } = await app.request(PATH, callOf("docker-hub"));
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    expect(Object.fromEntries(statuses)).toEqual({ 202: 100, 429: 900 });
    expect((await app.request(pathOf("quay"), callOf("quay"))).status).toBe(200);
    expect(await store.claimDue(NOW, 1_000, 100)).toHaveLength(1);
    expect(counted.filter((one) => one === "docker-hub rate-limited")).toHaveLength(900);

    nowMs += 1_000;
    const later = await Promise.all(
      Array.from({ length: 15 }, async () => app.request(PATH, callOf("docker-hub"))),
    );
    expect(new Set(later.map(({ status }) => status))).toEqual(new Set([202]));
  });

  it("say when to come again", async () => {
    const limits = { rate: { perSecond: 1, burst: 0 } };
    const { app } = await hooksOn([WATCHED], { hooks: HOOKS, limits });
    const answer = await app.request(PATH, callOf("docker-hub"));
    expect(answer.status).toBe(429);
    expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
  });

  it("with a wrong secret take nothing from the rate of the hook", async () => {
    const { app } = await hooksOn([WATCHED], { hooks: HOOKS });
    for (let call = 0; call < 500; call += 1)
      await app.request("/hooks/docker-hub/wrong", { method: "POST" });
    expect((await app.request(PATH, callOf("docker-hub"))).status).toBe(202);
  });

  it("at one time are turned away, and the hook is open again when they ended", async () => {
    const asked = Promise.withResolvers<"noticed">();
    const { app } = await hooksOn([WATCHED], {
      hooks: HOOKS,
      limits: { concurrent: 2 },
      store: (store) => ({ ...store, noticePush: () => asked.promise }),
    });
    const call = async (): Promise<Response> => app.request(PATH, callOf("docker-hub"));
    const first = [call(), call()];
    expect((await app.request(PATH, callOf("docker-hub"))).status).toBe(429);
    asked.resolve("noticed");
    expect((await Promise.all(first)).map(({ status }) => status)).toEqual([202, 202]);
    expect((await app.request(PATH, callOf("docker-hub"))).status).toBe(202);
  });
});

describe("when the store", () => {
  it("does not answer, the caller is told to come again", async () => {
    const { app, counted, faults } = await hooksOn([WATCHED], {
      hooks: HOOKS,
      limits: { storeTimeoutMs: 20 },
      store: silent,
    });
    const answer = await app.request(PATH, callOf("docker-hub"));
    expect([answer.status, await answer.json()]).toEqual([503, { refused: "unavailable" }]);
    expect(counted).toEqual(["docker-hub unavailable"]);
    expect(faults).toEqual([
      { thrown: expect.objectContaining({ code: "redis-unavailable" }), path: "/hooks" },
    ]);
  });

  it("cannot tell the time, the same", async () => {
    const clock = { now: () => new Promise<never>(() => {}) };
    const { app } = await hooksOn([WATCHED], { hooks: HOOKS, limits: { storeTimeoutMs: 20 }, clock });
    expect((await app.request(PATH, callOf("docker-hub"))).status).toBe(503);
  });

  it("says that it cannot, the same", async () => {
    const thrown = new CodedError("redis-unavailable", "asking Redis failed: gone");
    const { app, store } = await hooksOn([WATCHED], {
      hooks: HOOKS,
      store: (same) => ({ ...same, noticePush: () => Promise.reject(thrown) }),
    });
    const answer = await app.request(PATH, callOf("docker-hub"));
    expect(answer.status).toBe(503);
    expect(await answer.text()).not.toContain("gone");
    expect(await store.firstDueAt()).toBe(LATER);
  });

  it("fails in a way that nobody thought of, it is a fault of ours", async () => {
    const { app, counted, faults } = await hooksOn([WATCHED], {
      hooks: HOOKS,
      store: (same) => ({ ...same, noticePush: () => Promise.reject(new TypeError("password=hunter2")) }),
    });
    const answer = await app.request(PATH, callOf("docker-hub"));
    expect([answer.status, await answer.json()]).toEqual([500, { refused: "failed" }]);
    expect(counted).toEqual(["docker-hub failed"]);
    expect(faults).toHaveLength(1);
  });
});

describe("the secrets of a hook", () => {
  it("are in no answer, log line, fault or metric, whatever happens", async () => {
    const metrics = createMetrics();
    const told: string[] = [];
    const secrets = [SIGNING_KEY, HEADER_VALUE, ...PROVIDERS.map(secretOf)];
    const variants = [
      {},
      { store: silent, limits: { storeTimeoutMs: 5 } },
      { clock: { now: () => Promise.reject(new Error("unthought of")) } },
      { limits: { rate: { perSecond: 1, burst: 0 } } },
      { limits: { bodyBytesMax: 1 } },
    ];
    for (const variant of variants) {
      const { app, logged, faults } = await hooksOn([WATCHED], { hooks: HOOKS, metrics, ...variant });
      for (const provider of PROVIDERS) {
        for (const call of [
          callOf(provider),
          callOf(provider, { body: Buffer.from("{") }),
          { method: "POST" },
          {},
        ]) {
          const answer = await app.request(pathOf(provider), call);
          told.push(await answer.text(), JSON.stringify([...answer.headers]));
        }
      }
      told.push(JSON.stringify(logged));
      for (const { thrown, path } of faults) told.push(path, String(thrown), JSON.stringify(thrown));
    }
    told.push(await metrics.text());
    const all = told.join("\n");
    expect(all).toContain('hullkeeper_push_total{provider="docker-hub",outcome="accepted"} 1');
    expect(all).toContain("push not taken");
    expect(all).toContain("unthought of");
    for (const secret of secrets) expect(all).not.toContain(secret);
  });

  it("are not told by the page of a fault either", async () => {
    const { app, faults } = await hooksOn([WATCHED], { hooks: HOOKS });
    app.use("/hooks/*", () => {
      throw new Error("before the hook");
    });
    const late = await app.request(`${PATH}/x`, callOf("docker-hub"));
    expect(await late.text()).not.toContain(secretOf("docker-hub"));
    expect(faults.map(({ path }) => path)).toEqual(["/hooks"]);
  });
});

it("answers carry the headers of every page, and are kept by nobody", async () => {
  const { app } = await hooksOn([WATCHED], { hooks: HOOKS });
  for (const path of [PATH, "/hooks/docker-hub/wrong"]) {
    const { headers } = await app.request(path, callOf("docker-hub"));
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("content-type")).toBe("application/json");
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  }
});
