import { format, inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { createLog } from "../src/adapters/log/pino.ts";
import { CodedError, quote } from "../src/errors.ts";
import { Secret } from "../src/secret.ts";

const VALUE = "ghp_0123456789abcdef";
const secret = new Secret(VALUE);

describe("a secret is not seen", () => {
  test.each<{ title: string; shown: () => string }>([
    { title: "in a template", shown: () => `token ${String(secret)}` },
    { title: "joined", shown: () => [secret, secret].join() },
    { title: "as JSON", shown: () => JSON.stringify({ token: secret, nested: [secret] }) },
    { title: "inspected", shown: () => inspect({ token: secret }, { depth: null, showHidden: true }) },
    { title: "formatted", shown: () => format("%s %o %O %j", secret, secret, secret, secret) },
    {
      title: "in an error",
      shown: () => new CodedError("config-invalid", `bad: ${String(secret)}`).stack ?? "",
    },
    { title: "quoted", shown: () => quote(String(secret)) },
    {
      title: "by its keys",
      shown: () => [...Object.keys(secret), ...Object.getOwnPropertyNames(secret)].join(),
    },
    { title: "spread", shown: () => JSON.stringify(Object.assign({}, secret)) },
    { title: "cloned", shown: () => inspect(structuredClone(secret)) },
    {
      title: "logged",
      shown: () => {
        const lines: string[] = [];
        const log = createLog("info", { write: (line: string) => void lines.push(line) });
        log.info({ secret, config: { token: secret } }, "set-up");
        return lines.join("");
      },
    },
  ])("$title", ({ shown }) => {
    const text = shown();
    expect(text).not.toContain(VALUE);
    expect(text).not.toContain(VALUE.slice(4));
  });

  test("prints as what it is", () => {
    expect([String(secret), JSON.stringify(secret), inspect(secret)]).toEqual([
      "[secret]",
      '"[secret]"',
      "[secret]",
    ]);
  });
});

test("is revealed when asked", () => {
  expect(secret.reveal()).toBe(VALUE);
});
