import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Digest } from "../../../src/image/digest.ts";
import { HOUR_MS, SECOND_MS } from "../../../src/time.ts";
import type { Fault } from "../../fakes/registry/faults.ts";
import type { FakeRegistry } from "../../fakes/registry/server.ts";
import {
  clientFor,
  closeAll,
  errorOf,
  everythingIn,
  imageAt,
  lineAt,
  startFake,
  type TestClient,
} from "./stage.ts";

const HOSTILE = `\u001b[31m\u202e<script>${"x".repeat(1_000)}`;
const { signal } = new AbortController();

let fake: FakeRegistry;
let client: TestClient;
let hasty: TestClient;
let digest: Digest;

beforeAll(async () => {
  fake = await startFake();
  client = clientFor([fake]);
  hasty = clientFor([fake], { timeouts: { requestMs: 200, blobMs: 200 } });
  ({ digest } = fake.putImage("acme/base", { tag: "latest" }));
});
afterEach(() => fake.faults.clear());
afterAll(closeAll);

const everywhere = /./;
const status = (code: number, headers: Record<string, string> = {}, body = ""): Fault => ({
  kind: "status",
  status: code,
  headers,
  body,
});

describe("a manifest is not read", () => {
  test.each<{
    readonly title: string;
    readonly fault: Fault;
    readonly code: string;
    readonly retryAfterMs?: number;
  }>([
    { title: "401 without a challenge", fault: status(401), code: "registry-unauthorized" },
    { title: "403", fault: status(403), code: "registry-forbidden" },
    { title: "404", fault: status(404), code: "registry-not-found" },
    { title: "429", fault: status(429), code: "registry-rate-limited" },
    {
      title: "429 with Retry-After",
      fault: status(429, { "retry-after": "30" }),
      code: "registry-rate-limited",
      retryAfterMs: 30 * SECOND_MS,
    },
    {
      title: "429 with a Retry-After of a century",
      fault: status(429, { "retry-after": "9999999999" }),
      code: "registry-rate-limited",
      retryAfterMs: 6 * HOUR_MS,
    },
    {
      title: "429 as GHCR says it",
      fault: status(429, {}, "retry-after: 880.092us, allowed: 44000/minute"),
      code: "registry-rate-limited",
      retryAfterMs: SECOND_MS,
    },
    {
      title: "the code TOOMANYREQUESTS under another status",
      fault: status(403, {}, '{"errors":[{"code":"TOOMANYREQUESTS"}]}'),
      code: "registry-rate-limited",
    },
    { title: "408", fault: status(408), code: "registry-unavailable" },
    { title: "500", fault: status(500), code: "registry-unavailable" },
    {
      title: "502 with a page",
      fault: status(502, { "content-type": "text/html" }, "<html>"),
      code: "registry-unavailable",
    },
    {
      title: "503 with Retry-After",
      fault: status(503, { "retry-after": "5" }),
      code: "registry-unavailable",
      retryAfterMs: 5 * SECOND_MS,
    },
    { title: "400", fault: status(400), code: "registry-protocol" },
    { title: "an unasked 304", fault: status(304), code: "registry-protocol" },
    { title: "204", fault: status(204), code: "registry-protocol" },
    { title: "206", fault: status(206), code: "registry-protocol" },
    { title: "other bytes", fault: { kind: "bytes", body: "{}" }, code: "registry-integrity" },
    { title: "no bytes", fault: { kind: "bytes", body: "" }, code: "registry-integrity" },
    {
      title: "5 MiB with a Content-Length",
      fault: { kind: "oversize", megabytes: 5, framing: "length" },
      code: "registry-too-large",
    },
    {
      title: "5 MiB without one",
      fault: { kind: "oversize", megabytes: 5, framing: "chunked" },
      code: "registry-too-large",
    },
    {
      title: "4 MiB of something else",
      fault: { kind: "oversize", megabytes: 4, framing: "chunked" },
      code: "registry-integrity",
    },
    { title: "a compressed body", fault: { kind: "gzip" }, code: "registry-protocol" },
    {
      title: "10 MB of brackets",
      fault: { kind: "bytes", body: "[".repeat(10_000_000) },
      code: "registry-too-large",
    },
    {
      title: "the code UNKNOWN under a status that would be no error of the registry",
      fault: status(400, {}, '{"errors":[{"code":"UNKNOWN"}]}'),
      code: "registry-unavailable",
    },
    {
      title: "the code UNAVAILABLE under 404",
      fault: status(404, {}, '{"errors":[{"code":"UNAVAILABLE"}]}'),
      code: "registry-unavailable",
    },
    {
      title: "the code TOOMANYREQUESTS under 404",
      fault: status(404, { "retry-after": "7" }, '{"errors":[{"code":"TOOMANYREQUESTS"}]}'),
      code: "registry-rate-limited",
      retryAfterMs: 7 * SECOND_MS,
    },
    {
      title: "the code UNKNOWN under 404, which is still not there",
      fault: status(404, {}, '{"errors":[{"code":"UNKNOWN"}]}'),
      code: "registry-not-found",
    },
    { title: "504", fault: status(504), code: "registry-unavailable" },
    {
      title: "another type",
      fault: { kind: "headers", headers: { "content-type": "text/html" } },
      code: "manifest-invalid",
    },
    {
      title: "the type of an index",
      fault: { kind: "headers", headers: { "content-type": "application/vnd.oci.image.index.v1+json" } },
      code: "manifest-invalid",
    },
    {
      title: "a header block of 20 KB",
      fault: { kind: "headers", headers: { "x-long": "x".repeat(20_000) } },
      code: "registry-protocol",
    },
    {
      title: "a dropped connection",
      fault: { kind: "drop", when: "before-answer" },
      code: "registry-unavailable",
    },
    {
      title: "a connection dropped in the body",
      fault: { kind: "drop", when: "in-body" },
      code: "registry-unavailable",
    },
    { title: "a redirect without a Location", fault: status(307), code: "registry-protocol" },
    {
      title: "a redirect to itself",
      fault: { kind: "redirect", location: "?again" },
      code: "registry-protocol",
    },
    {
      title: "a redirect to a host nobody allowed plain HTTP to",
      fault: { kind: "redirect", location: "http://127.0.0.1:9/x" },
      code: "registry-refused",
    },
    {
      title: "a redirect to a private address",
      fault: { kind: "redirect", location: "https://127.0.0.1:9/x" },
      code: "registry-refused",
    },
    {
      title: "a redirect to a metadata service",
      fault: { kind: "redirect", location: "https://169.254.169.254/latest" },
      code: "registry-refused",
    },
    {
      title: "a redirect to a number that is a private address",
      fault: { kind: "redirect", location: "https://2130706433/x" },
      code: "registry-refused",
    },
    {
      title: "a redirect to IPv6 loopback",
      fault: { kind: "redirect", location: "https://[::1]:9/x" },
      code: "registry-refused",
    },
    {
      title: "a redirect to a metadata service in IPv6 clothes",
      fault: { kind: "redirect", location: "https://[::ffff:169.254.169.254]/x" },
      code: "registry-refused",
    },
  ])("$title: $code", async ({ fault, code, retryAfterMs }) => {
    fake.faults.add({ path: everywhere, fault });
    const error = await errorOf(client.manifest(imageAt(fake, digest), signal));
    expect(error).toMatchObject({ code, retryAfterMs });
  });

  test.each<{ readonly title: string; readonly fault: Fault }>([
    { title: "no answer at all", fault: { kind: "hang" } },
    { title: "a header block that never ends", fault: { kind: "header-drip" } },
    { title: "a body that never ends", fault: { kind: "drip" } },
  ])("$title: registry-timeout", async ({ fault }) => {
    fake.faults.add({ path: everywhere, fault });
    expect(await errorOf(hasty.manifest(imageAt(fake, digest), signal))).toMatchObject({
      code: "registry-timeout",
      transient: true,
    });
  });

  test("a registry that is not there: registry-unavailable", async () => {
    const gone = await startFake();
    await gone.close();
    const error = await errorOf(clientFor([gone]).manifest(imageAt(gone, digest), signal));
    expect(error).toMatchObject({ code: "registry-unavailable", transient: true });
    expect(error.message).toContain("ECONNREFUSED");
  });

  test("what somebody else aborts ends with their reason", async () => {
    fake.faults.add({ path: everywhere, fault: { kind: "hang" } });
    const controller = new AbortController();
    const reason = new Error("shutting down");
    const reading = client.manifest(imageAt(fake, digest), controller.signal);
    controller.abort(reason);
    await expect(reading).rejects.toBe(reason);
  });

  test("an abort before the start sends nothing", async () => {
    const before = fake.requests.length;
    await expect(client.manifest(imageAt(fake, digest), AbortSignal.abort(new Error("no")))).rejects.toThrow(
      "no",
    );
    expect(fake.requests).toHaveLength(before);
  });
});

describe("after a fault", () => {
  test("a dropped connection is tried once more at once", async () => {
    const fault = { kind: "drop", when: "before-answer" } as const;
    fake.faults.add({ path: everywhere, fault, times: 1 });
    expect(await client.manifest(imageAt(fake, digest), signal)).toMatchObject({ kind: "image" });
  });

  test("three redirects are followed, a fourth is not", async () => {
    const redirect = { kind: "redirect", location: "?again" } as const;
    fake.faults.add({ path: everywhere, fault: redirect, times: 3 });
    expect(await client.manifest(imageAt(fake, digest), signal)).toMatchObject({ kind: "image" });
    fake.faults.add({ path: everywhere, fault: redirect, times: 4 });
    expect(await errorOf(client.manifest(imageAt(fake, digest), signal))).toMatchObject({
      code: "registry-protocol",
    });
  });

  test("parameters of the Content-Type do not matter", async () => {
    const type = "Application/vnd.oci.image.manifest.v1+json; charset=utf-8";
    fake.faults.add({ path: everywhere, fault: { kind: "headers", headers: { "content-type": type } } });
    expect(await client.manifest(imageAt(fake, digest), signal)).toMatchObject({ kind: "image" });
  });

  test("without a Content-Type the document's own type counts", async () => {
    fake.faults.add({ path: everywhere, fault: { kind: "headers", headers: { "content-type": undefined } } });
    expect(await client.manifest(imageAt(fake, digest), signal)).toMatchObject({ kind: "image" });
  });
});

describe("a message", () => {
  test("says what was asked of whom and what came back", async () => {
    const body = '{"errors":[{"code":"DENIED","message":"requested access is denied"}]}';
    fake.faults.add({ path: everywhere, fault: status(403, {}, body) });
    const { message } = await errorOf(client.manifest(imageAt(fake, digest), signal));
    expect(message).toBe(
      `cannot read manifest ${digest} of ${fake.host}/acme/base: ${fake.host} answered 403 "DENIED: requested access is denied"; the login needs the right to pull`,
    );
  });

  test.each([
    { title: "a hostile text", body: HOSTILE },
    { title: "a hostile error", body: JSON.stringify({ errors: [{ code: "DENIED", message: HOSTILE }] }) },
    { title: "a hostile code", body: JSON.stringify({ errors: [{ code: HOSTILE, message: HOSTILE }] }) },
    { title: "an error without a code", body: '{"errors":[{}]}' },
    { title: "errors that are no list", body: '{"errors":{"a":1}}' },
    { title: "a megabyte", body: "y".repeat(1024 * 1024) },
  ])("holds at most 80 harmless characters of $title", async ({ body }) => {
    fake.faults.add({ path: everywhere, fault: status(500, {}, body) });
    const { message } = await errorOf(client.manifest(imageAt(fake, digest), signal));
    const [, said = ""] = /answered 500(.*); tried again/s.exec(message) ?? [];
    expect(said).toMatch(/^ ".+"$/s);
    expect(said.replaceAll(/\\u[0-9a-f]{4}/g, "?").length).toBeLessThan(100);
    expect(said).not.toMatch(/[\p{Cc}\u202e]/u);
  });

  test("does not tell the query of a redirect", async () => {
    const location = "https://127.0.0.1:9/x?X-Amz-Signature=canary";
    fake.faults.add({ path: everywhere, fault: { kind: "redirect", location } });
    const error = await errorOf(client.manifest(imageAt(fake, digest), signal));
    expect(everythingIn(error)).not.toContain("canary");
  });
});

test("every request is counted, with the answer or without", async () => {
  const counted = clientFor([fake]);
  await counted.manifest(imageAt(fake, digest), signal);
  fake.faults.add({ path: everywhere, fault: status(500), times: 1 });
  await errorOf(counted.resolve(lineAt(fake), signal));
  fake.faults.clear();
  fake.faults.add({ path: everywhere, fault: { kind: "drop", when: "before-answer" } });
  await errorOf(counted.resolve(lineAt(fake), signal));
  expect(
    counted.metrics.requests.map(({ party, host, operation, status: answer }) => [
      party,
      host,
      operation,
      answer,
    ]),
  ).toEqual([
    ["registry", fake.host, "manifest", 200],
    ["registry", fake.host, "resolve", 500],
    ["registry", fake.host, "resolve", "none"],
    ["registry", fake.host, "resolve", "none"],
  ]);
});
