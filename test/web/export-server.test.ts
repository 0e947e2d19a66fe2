import { describe, expect, onTestFinished, test } from "vitest";
import { CodedError } from "../../src/errors.ts";
import type { Store } from "../../src/ports/store.ts";
import { serveWeb } from "../../src/web/server.ts";
import { createFakeStore } from "../fakes/store.ts";
import { MUSL, NOW, SHOP } from "../workers/bench.ts";
import { webOn } from "./web-under-test.ts";

const SECRET = "asking redis://user:hunter2@redis";
const unavailable = () => Promise.reject(new CodedError("redis-unavailable", SECRET));

async function served(change: Partial<Store> = {}): Promise<string> {
  const store = createFakeStore();
  const key = { codeRepository: SHOP, baseBranch: "main", line: MUSL };
  await store.addTargetFacts(key, [{ kind: "subscribed", at: NOW }]);
  const server = await serveWeb(webOn({ ...store, ...change }), { host: "127.0.0.1", port: 0 });
  onTestFinished(() => server.close());
  return server.url;
}

describe("an export over a connection", () => {
  test("comes whole", async () => {
    const response = await fetch(`${await served()}/obligations.json`);
    expect(await response.json()).toMatchObject({ targets: [{}], lines: [{}] });
  });

  test("that fails at its beginning is a failure, without the words of others", async () => {
    const url = await served({ targetFacts: unavailable });
    const response = await fetch(`${url}/obligations.json`);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain(SECRET);
  });

  test("that fails at its end is no whole document, and the server serves on", async () => {
    const empty = createFakeStore();
    let asked = 0;
    const url = await served({
      lineFacts: (line) => {
        asked += 1;
        return asked === 1 ? empty.lineFacts(line) : unavailable();
      },
    });
    const text = fetch(`${url}/obligations.json`).then((response) => response.text());
    await expect(text).rejects.toThrow(/failed|terminated/);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });
});
