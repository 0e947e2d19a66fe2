import { describe, expect, it } from "vitest";
import { CodedError } from "../../src/errors.ts";
import { createFakeStore } from "../fakes/store.ts";
import { fillHostileStore, HOSTILE_FIELDS, HOSTILE_LINE_PATH } from "./hostile.ts";
import {
  BROKEN_CLOCK,
  failingStore,
  filled,
  pageOf,
  readyFailing,
  readySaying,
  webOn,
} from "./web-under-test.ts";

describe("headers", () => {
  it.each([
    "/",
    "/lines/docker.io/bellsoft/hardened-base:musl",
    "/nothing",
    "/style.css",
    "/healthz",
    "/readyz",
    "/metrics",
  ])("%s carries the policy and its companions", async (path) => {
    const { headers } = await webOn(await filled()).request(path);
    expect(headers.get("content-security-policy")).toBe(
      "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    );
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("x-frame-options")).toBe("DENY");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
    expect(headers.get("permissions-policy")).toContain("camera=()");
    expect(headers.get("strict-transport-security")).toBeNull();
    expect(headers.get("x-powered-by")).toBeNull();
  });

  it.each(["/", "/nothing", "/readyz", "/metrics"])("%s is not kept by anybody", async (path) => {
    expect((await webOn(await filled()).request(path)).headers.get("cache-control")).toBe("no-store");
  });

  it("keeps the style sheet for as long as its name names its content", async () => {
    const web = webOn(await filled());
    const path = /href="(\/style\.css\?v=[0-9a-f]+)"/.exec(await (await web.request("/")).text())?.[1] ?? "";
    const style = await web.request(path);
    expect(style.headers.get("content-type")).toBe("text/css; charset=utf-8");
    expect(style.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    const etag = style.headers.get("etag") ?? "";
    expect((await web.request(path, { headers: { "If-None-Match": etag } })).status).toBe(304);
    for (const other of ["/style.css", "/style.css?v=0"]) {
      expect((await web.request(other)).headers.get("cache-control")).toBe("no-cache");
    }
  });

  it("has no script and no inline style anywhere", async () => {
    const store = await filled();
    for (const path of ["/", "/lines/docker.io/bellsoft/hardened-go:1.27-musl", "/nothing"]) {
      const page = await pageOf(path, store);
      expect(page).toContain("<h1");
      expect(page).not.toMatch(/<script|<style|\sstyle=|\son\w+=|javascript:/i);
    }
  });
});

describe("hostile text", () => {
  it.each([
    ["overview", "/"],
    ["line", HOSTILE_LINE_PATH],
  ] as const)("is text on the page %s, in every field", async (page, path) => {
    const store = createFakeStore();
    await fillHostileStore(store);
    const ready = readySaying({ name: '<b id="health-name">', fault: '<b id="health-fault">' });
    const answer = await webOn(store, { ready }).request(path);
    expect(answer.status).toBe(200);
    const markup = await answer.text();
    expect(HOSTILE_FIELDS[page].length).toBeGreaterThan(10);
    for (const field of HOSTILE_FIELDS[page]) expect(markup).toContain(`&lt;b id=&quot;${field}&quot;&gt;`);
    expect(markup).not.toContain("<b id=");
    expect(markup).not.toMatch(/[\u202e\u200b]|\p{Cc}(?<!\n)/u);
    expect(markup).toContain("\\u{202e}");
  });
});

describe("faults", () => {
  it.each([
    ["/", 503],
    ["/lines/docker.io/bellsoft/hardened-base:musl", 503],
  ])("%s answers %i when the store does not", async (path, status) => {
    const told: unknown[] = [];
    const thrown = new CodedError("redis-unavailable", "reading watches: no answer <b>");
    const answer = await webOn(failingStore(thrown), { onFault: (fault) => told.push(fault) }).request(path);
    expect(answer.status).toBe(status);
    const page = await answer.text();
    expect(page).toContain("<h1>Could not ask</h1>");
    expect(page).toContain("reading watches: no answer &lt;b&gt; (redis-unavailable)");
    expect(told).toEqual([thrown]);
  });

  it("answers 500 for a record that is not what it should be", async () => {
    const answer = await webOn(failingStore(new CodedError("record-invalid", "watch: wrong shape"))).request(
      "/",
    );
    expect(answer.status).toBe(500);
    expect(await answer.text()).toContain("watch: wrong shape (record-invalid)");
  });

  it("answers 503 when the clock does not answer", async () => {
    expect((await webOn(await filled(), { clock: BROKEN_CLOCK }).request("/")).status).toBe(503);
  });

  it("shows nothing of an error that is not ours", async () => {
    const answer = await webOn(failingStore(new Error("password=hunter2"))).request("/");
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain("hunter2");
    expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
  });
});

describe("probes", () => {
  it("is alive whatever else is not", async () => {
    const ready = readyFailing("no");
    const answer = await webOn(createFakeStore(), { ready }).request("/healthz");
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ alive: true, version: "0.1.0" });
  });

  it("is ready when no part has a fault", async () => {
    const answer = await webOn(createFakeStore()).request("/readyz");
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ ready: true, faults: [], parts: ["redis"] });
  });

  it("is not ready when a part has one, and names it", async () => {
    const ready = readySaying({ name: "redis", fault: "no answer" }, { name: "queues" });
    const answer = await webOn(createFakeStore(), { ready }).request("/readyz");
    expect(answer.status).toBe(503);
    expect(await answer.json()).toEqual({
      ready: false,
      faults: [{ name: "redis", fault: "no answer" }],
      parts: ["redis", "queues"],
    });
  });

  it("is not ready when nobody can say", async () => {
    const ready = readyFailing("connect ECONNREFUSED");
    const answer = await webOn(createFakeStore(), { ready }).request("/readyz");
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      faults: [{ name: "readiness", fault: "connect ECONNREFUSED" }],
    });
  });

  it("gives the metrics as they are", async () => {
    const answer = await webOn(createFakeStore()).request("/metrics");
    expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(await answer.text()).toBe("up 1\n");
  });
});
