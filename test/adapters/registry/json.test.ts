import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { askJson, type JsonPage } from "../../../src/adapters/registry/json.ts";
import type { Fault } from "../../fakes/registry/faults.ts";
import { partsFor } from "./parts.ts";
import { closeAll, errorOf, everythingIn, repositoryAt, startFake } from "./stage.ts";

const { signal } = new AbortController();
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
  await closeAll();
});

const schema = z.object({ names: z.array(z.object({ name: z.string() })) });
const json = (body: string | Uint8Array, headers: Record<string, string> = {}): Fault => ({
  kind: "status",
  status: 200,
  headers: { "content-type": "application/json", ...headers },
  body: typeof body === "string" ? body : Buffer.from(body).toString("latin1"),
});

async function ask(fault: Fault, bytesMax = 1_000): Promise<JsonPage<z.infer<typeof schema>>> {
  const fake = await startFake();
  fake.faults.add({ path: /./, fault });
  const { session, close } = partsFor([fake]);
  closing.push(close);
  const subject = { repository: repositoryAt(fake), operation: "list", asked: "the list" } as const;
  const question = { method: "GET", subject, at: "list", deadlineMs: 5_000 } as const;
  return askJson(session, question, { schema, bytesMax }, signal);
}

test("a document comes with its headers and its place", async () => {
  const page = await ask(json('{"names":[{"name":"a"}]}', { link: "<x>" }));
  expect(page.value).toEqual({ names: [{ name: "a" }] });
  expect(page.headers["link"]).toBe("<x>");
  expect(page.url.pathname).toBe("/v2/acme/base/list");
});

test("a key __proto__ changes nothing", async () => {
  const { value } = await ask(json('{"__proto__":{"names":[]},"names":[{"name":"a","__proto__":{"x":1}}]}'));
  expect(value).toEqual({ names: [{ name: "a" }] });
  expect(Object.getPrototypeOf(value.names[0])).toBe(Object.prototype);
});

test.each<{ readonly title: string; readonly fault: Fault; readonly code: string }>([
  { title: "nothing", fault: json(""), code: "registry-protocol" },
  { title: "HTML", fault: json("<html>"), code: "registry-protocol" },
  { title: "half a document", fault: json('{"names":['), code: "registry-protocol" },
  { title: "brackets", fault: json("[".repeat(999)), code: "registry-protocol" },
  { title: "another shape", fault: json('{"names":[{"name":1}]}'), code: "registry-protocol" },
  { title: "no object", fault: json("null"), code: "registry-protocol" },
  { title: "more bytes than may be", fault: json(" ".repeat(1_001)), code: "registry-too-large" },
  {
    title: "more bytes, chunked",
    fault: { kind: "oversize", megabytes: 1, framing: "chunked" },
    code: "registry-too-large",
  },
  {
    title: "chunks without an end",
    fault: { kind: "oversize", megabytes: Infinity, framing: "chunked" },
    code: "registry-too-large",
  },
  {
    title: "a compressed document",
    fault: { kind: "bomb", encoding: "br", megabytes: 50 },
    code: "registry-protocol",
  },
  { title: "204", fault: { kind: "status", status: 204 }, code: "registry-protocol" },
  { title: "404", fault: { kind: "status", status: 404 }, code: "registry-not-found" },
  { title: "503", fault: { kind: "status", status: 503 }, code: "registry-unavailable" },
])("$title is no document: $code", async ({ fault, code }) => {
  expect(await errorOf(ask(fault))).toMatchObject({ code });
});

test("an error does not repeat the document, nor a long or hostile key of it", async () => {
  const broken = await errorOf(ask(json('{"canary": "secret", }')));
  expect(everythingIn(broken)).not.toMatch(/canary|secret/);
  const key = `\u202e${"k".repeat(500)}`;
  const odd = await errorOf(ask(json(JSON.stringify({ names: { [key]: 1 } }))));
  expect(odd.message.length).toBeLessThan(400);
  expect(odd.message).not.toContain("\u202e");
});
